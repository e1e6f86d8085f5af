# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Documents behind a step of the office: resolutions, declarations, letters. Kept in the database, so that one backup has all.

Always holds: PDF, JPEG or PNG by their first bytes, whatever the file calls itself; at most `MAX_BYTES`; served as a download only.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allmende.directory.people import Person
from allmende.documents.formats import JPEG, PDF, PNG, SNIFF_BYTES, sniff_format

#: Below what a form may send in all.
MAX_BYTES: Final = 3 * 1024 * 1024
_ENDINGS: Final = {PDF: "pdf", JPEG: "jpg", PNG: "png"}


class UnreadableDocumentError(ValueError):
    """The message says what to do."""


class StoredDocument(models.Model):
    name = models.CharField(_("name"), max_length=200)
    media_type = models.CharField(max_length=40)
    content = models.BinaryField()
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField(max_length=64)
    stored_at = models.DateTimeField(auto_now_add=True)
    stored_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        verbose_name = _("document")
        verbose_name_plural = _("documents")

    def __str__(self) -> str:
        return self.name


def store_document(content: bytes, name: str, *, actor: Person | None) -> StoredDocument:
    """Raises UnreadableDocumentError."""
    media_type = check_document(content)
    return StoredDocument.objects.create(
        name=_plain_name(name, media_type),
        media_type=media_type,
        content=content,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        stored_by=actor,
    )


def check_document(content: bytes) -> str:
    """The document's media type. Raises UnreadableDocumentError."""
    if len(content) > MAX_BYTES:
        raise UnreadableDocumentError(
            gettext("The file is larger than %(most)d MB. Scan it with fewer dots per inch, or in grey.")
            % {"most": MAX_BYTES // 1024 // 1024}
        )
    media_type = sniff_format(content[:SNIFF_BYTES], None)
    if media_type not in _ENDINGS:
        raise UnreadableDocumentError(
            gettext("Only PDF, JPEG and PNG files are kept. Save the document as PDF.")
        )
    return media_type


def download(document: StoredDocument) -> HttpResponse:
    response = HttpResponse(bytes(document.content), content_type=document.media_type)
    response.headers["Content-Disposition"] = (
        f'attachment; filename="dokument-{document.pk}.{_ENDINGS[document.media_type]}"'
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


class DocumentField(forms.FileField):
    """An upload that is checked by its bytes; its cleaned value has `.read()` at the beginning."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.attrs["accept"] = ".pdf,.jpg,.jpeg,.png"

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if isinstance(file, UploadedFile):
            try:
                check_document(file.read(MAX_BYTES + 1))
            except UnreadableDocumentError as error:
                raise forms.ValidationError(str(error)) from error
            file.seek(0)
        return file


def _plain_name(name: str, media_type: str) -> str:
    stem = "".join(each for each in name.replace("\\", "/").rpartition("/")[2] if each.isprintable()).strip()
    return (stem or f"dokument.{_ENDINGS[media_type]}")[-200:]
