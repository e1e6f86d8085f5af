# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Requests: what members ask the cooperative's office, in IT and in purchasing, and what is answered.

Who sees what: the office all of it; in the member's town the administration's head, finance and IT see their town's requests, a confidential one
only who asked and the administration's head; notes within the office no member sees, and their files neither. Always holds: whose turn it is
follows from who wrote last (`OPEN` the office's, `ANSWERED` the member's) until somebody says `SOLVED`; writing to a solved request opens it again;
messages are never changed. Texts go neither into mails nor into the chain of changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allmende.cooperative.due_dates import office_land
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.member_access import ASKS_THE_OFFICE
from allmende.cooperative.members import Member
from allmende.cooperative.request_mails import tell_about
from allmende.cooperative.stored_documents import StoredDocument, store_document
from allmende.cooperative.working_days import add_working_days
from allmende.directory.access import is_cooperative_office
from allmende.directory.people import Person
from allmende.directory.roles import Role, RoleName

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

MAX_TEXT: Final = 20_000
#: Bounds for what one member can store here.
MAX_OPEN: Final = 100
MAX_MESSAGES: Final = 500
MAX_FILES: Final = 50


class Topic(models.TextChoices):
    IT = "it", gettext_lazy("Information technology")
    PURCHASING = "purchasing", gettext_lazy("Purchasing and tenders")
    MEMBERSHIP = "membership", gettext_lazy("Membership and invoices")
    OTHER = "other", gettext_lazy("Something else")


class Priority(models.TextChoices):
    URGENT = "urgent", gettext_lazy("urgent: work stands still")
    NORMAL = "normal", gettext_lazy("normal")
    LOW = "low", gettext_lazy("no hurry")


#: The office's own promise, no law: working days until the first answer.
ANSWER_DAYS: Final[Mapping[str, int]] = {Priority.URGENT: 1, Priority.NORMAL: 3, Priority.LOW: 10}


class RequestState(models.TextChoices):
    OPEN = "open", gettext_lazy("waits for the office")
    ANSWERED = "answered", gettext_lazy("answered")
    SOLVED = "solved", gettext_lazy("solved")


class RefusedRequestError(Exception):
    """The message says what to do."""


class SupportRequest(models.Model):
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="requests")
    topic = models.CharField(gettext_lazy("subject"), max_length=20, choices=Topic.choices)
    title = models.CharField(gettext_lazy("in one line"), max_length=200)
    priority = models.CharField(
        gettext_lazy("priority"), max_length=10, choices=Priority.choices, default=Priority.NORMAL
    )
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.OPEN)
    is_confidential = models.BooleanField(gettext_lazy("confidential"), default=False)
    asked_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    #: Since when it is the turn of whom the state names.
    turn_at = models.DateTimeField()
    carer = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-turn_at"]
        verbose_name = gettext_lazy("request")
        verbose_name_plural = gettext_lazy("requests")
        indexes = [
            models.Index(fields=["state", "turn_at"], name="request_by_state"),
            models.Index(fields=["member", "-turn_at"], name="request_by_member"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def answer_due(self) -> date | None:
        """The office's promised day; None while it is not its turn."""
        if self.state != RequestState.OPEN:
            return None
        return add_working_days(timezone.localdate(self.turn_at), ANSWER_DAYS[self.priority], office_land())


class RequestMessage(models.Model):
    request = models.ForeignKey(SupportRequest, on_delete=models.CASCADE, related_name="messages")
    author = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    text = models.TextField(gettext_lazy("text"), max_length=MAX_TEXT)
    is_of_office = models.BooleanField(default=False)
    #: A note within the office.
    is_internal = models.BooleanField(default=False)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.request_id} {self.at:%Y-%m-%d %H:%M}"


class RequestFile(models.Model):
    message = models.ForeignKey(RequestMessage, on_delete=models.CASCADE, related_name="files")
    document = models.OneToOneField(StoredDocument, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return str(self.document)


@dataclass(frozen=True, slots=True)
class NewRequest:
    topic: str
    title: str
    text: str
    priority: str = Priority.NORMAL
    is_confidential: bool = False


def requests_for(actor: Person, member: Member) -> models.QuerySet[SupportRequest]:
    """What this person sees of this member's requests."""
    rows = SupportRequest.objects.filter(member=member)
    if is_cooperative_office(actor):
        return rows
    roles = _town_roles(actor, member)
    if roles.isdisjoint(ASKS_THE_OFFICE):
        return rows.none()
    if RoleName.MANAGEMENT in roles:
        return rows
    return rows.filter(models.Q(is_confidential=False) | models.Q(asked_by=actor))


def messages_for(actor: Person, request: SupportRequest) -> models.QuerySet[RequestMessage]:
    """Oldest first; notes within the office for the office alone."""
    rows = request.messages.select_related("author").prefetch_related("files__document")
    return rows if is_cooperative_office(actor) else rows.filter(is_internal=False)


def file_for(actor: Person, request: SupportRequest, file_id: int) -> StoredDocument | None:
    found = RequestFile.objects.filter(pk=file_id, message__in=messages_for(actor, request)).select_related(
        "document"
    )
    row = found.first()
    return row.document if row else None


def ask_office(
    actor: Person, member: Member, new: NewRequest, file: UploadedFile[Any] | None = None
) -> SupportRequest:
    """Raises PermissionDenied, RefusedRequestError, UnreadableDocumentError."""
    if _town_roles(actor, member).isdisjoint(ASKS_THE_OFFICE):
        raise PermissionDenied
    with transaction.atomic():
        open_ones = SupportRequest.objects.filter(member=member).exclude(state=RequestState.SOLVED)
        if open_ones.count() >= MAX_OPEN:
            raise RefusedRequestError(_("Too many requests are open. Mark those as solved that are."))
        now = timezone.now()
        request = SupportRequest.objects.create(
            member=member,
            topic=new.topic,
            title=new.title,
            priority=new.priority,
            is_confidential=new.is_confidential,
            asked_by=actor,
            asked_at=now,
            turn_at=now,
        )
        _write(request, actor, new.text, file, is_of_office=False, is_internal=False)
        record_change(actor, "request", request.pk, "asked", {"topic": new.topic, "priority": new.priority})
    tell_about(request, by_office=False, is_new=True)
    return request


def write_message(
    actor: Person,
    request: SupportRequest,
    text: str,
    file: UploadedFile[Any] | None = None,
    *,
    is_internal: bool = False,
) -> RequestMessage:
    """An answer, a further question or a note. Raises PermissionDenied, RefusedRequestError, UnreadableDocumentError."""
    is_office = is_cooperative_office(actor)
    if not requests_for(actor, request.member).filter(pk=request.pk).exists() or (
        is_internal and not is_office
    ):
        raise PermissionDenied
    with transaction.atomic():
        locked = SupportRequest.objects.select_for_update().get(pk=request.pk)
        message = _write(locked, actor, text, file, is_of_office=is_office, is_internal=is_internal)
        if not is_internal:
            wanted = RequestState.ANSWERED if is_office else RequestState.OPEN
            # A second question before the answer does not begin the office's time anew.
            if locked.state != wanted:
                locked.state, locked.turn_at = wanted, message.at
            if is_office and locked.carer is None:
                locked.carer = actor
            locked.save(update_fields=["state", "turn_at", "carer"])
        what = "noted" if is_internal else "answered" if is_office else "asked_again"
        record_change(actor, "request", request.pk, what)
    request.refresh_from_db()
    if not is_internal:
        tell_about(request, by_office=is_office, is_new=False)
    return message


def solve_request(actor: Person, request: SupportRequest) -> None:
    """Raises PermissionDenied."""
    if not requests_for(actor, request.member).filter(pk=request.pk).exists():
        raise PermissionDenied
    with transaction.atomic():
        changed = (
            SupportRequest.objects.filter(pk=request.pk)
            .exclude(state=RequestState.SOLVED)
            .update(state=RequestState.SOLVED, turn_at=timezone.now())
        )
        if changed:
            record_change(actor, "request", request.pk, "solved")
    request.refresh_from_db()


def sort_request(actor: Person, request: SupportRequest, *, priority: str, carer: Person | None) -> None:
    """The office sets what comes first and who takes care. Raises PermissionDenied, also for a carer outside of the office."""
    if not is_cooperative_office(actor) or (carer is not None and not is_cooperative_office(carer)):
        raise PermissionDenied
    with transaction.atomic():
        request.priority, request.carer = priority, carer
        request.save(update_fields=["priority", "carer"])
        record_change(
            actor,
            "request",
            request.pk,
            "sorted",
            {"priority": priority},
            personal={"carer": carer.pk if carer else None},
        )


def _write(
    request: SupportRequest,
    actor: Person,
    text: str,
    file: UploadedFile[Any] | None,
    *,
    is_of_office: bool,
    is_internal: bool,
) -> RequestMessage:
    if request.messages.count() >= MAX_MESSAGES:
        raise RefusedRequestError(_("This request has grown too long. Ask anew and name this one."))
    if file is not None and RequestFile.objects.filter(message__request=request).count() >= MAX_FILES:
        raise RefusedRequestError(_("This request has too many files. Ask anew and name this one."))
    message = RequestMessage.objects.create(
        request=request,
        author=actor,
        at=timezone.now(),
        text=text,
        is_of_office=is_of_office,
        is_internal=is_internal,
    )
    if file is not None:
        document = store_document(file.read(), file.name or "", actor=actor)
        RequestFile.objects.create(message=message, document=document)
    return message


def _town_roles(actor: Person, member: Member) -> frozenset[str]:
    if (
        not actor.is_active
        or member.municipality_id is None
        or actor.municipality_id != member.municipality_id
    ):
        return frozenset()
    rows = Role.objects.filter(person=actor, municipality_id=member.municipality_id)
    return frozenset(rows.values_list("name", flat=True))
