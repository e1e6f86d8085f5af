# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The page of reports by mail: who gets which, and how often."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from allmende.directory.access import READS_FIGURES
from allmende.directory.administration_access import Desk, contracts_page, readers_page
from allmende.directory.municipalities import Municipality
from allmende.directory.people import Person
from allmende.fleet.reports.kinds import ReportKind
from allmende.fleet.reports.report_files import FileKind
from allmende.fleet.reports.standard_reports import OF_COST_CENTRES
from allmende.fleet.reports.subscriptions import (
    MOST,
    TRIES,
    ReportSubscription,
    Rhythm,
    mail_is_set_up,
    subscribe,
    unsubscribe,
)
from allmende.fleet.reports.words import NAMES


class SubscriptionForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("Report"), choices=[(kind.value, name) for kind, name in NAMES.items()]
    )
    rhythm = forms.ChoiceField(
        label=gettext_lazy("How often"), choices=Rhythm.choices, initial=Rhythm.MONTHLY
    )
    recipient = forms.ModelChoiceField(
        label=gettext_lazy("To whom"),
        queryset=Person.objects.none(),
        help_text=gettext_lazy(
            "People of the town with a role that reads figures, and with an e-mail address."
        ),
    )
    file_kind = forms.ChoiceField(
        label=gettext_lazy("As"),
        choices=[(FileKind.PDF.value, "PDF"), (FileKind.XLSX.value, "Excel"), (FileKind.CSV.value, "CSV")],
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=[("de", gettext_lazy("German")), ("en", gettext_lazy("English"))],
    )

    def __init__(self, *args: Any, municipality: Municipality, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["recipient"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = (
                Person.objects.filter(
                    municipality=municipality,
                    is_active=True,
                    roles__municipality=municipality,
                    roles__name__in=READS_FIGURES,
                )
                .exclude(email="")
                .distinct()
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") in OF_COST_CENTRES and data.get("rhythm") == Rhythm.WEEKLY:
            self.add_error(
                "rhythm", _("Cost centres are told apart by whole months: choose month or quarter.")
            )
        return data


@require_http_methods(["GET", "POST"])
@contracts_page
def show_subscriptions(request: HttpRequest, desk: Desk) -> HttpResponse:
    rows = ReportSubscription.objects.filter(municipality=desk.municipality)
    form = SubscriptionForm(request.POST or None, municipality=desk.municipality)
    status = 200
    if request.method == "POST":
        if rows.count() >= MOST:
            form.add_error(None, _("There are %(count)d already. Please end some first.") % {"count": MOST})
        elif form.is_valid():
            data = form.cleaned_data
            subscribe(
                desk.actor,
                data["recipient"],
                ReportKind(data["kind"]),
                Rhythm(data["rhythm"]),
                file_kind=FileKind(data["file_kind"]),
                language=data["language"],
            )
            messages.success(request, _("Saved. The first mail comes when the period is over."))
            return redirect("report_subscriptions")
        status = 422
    described = [_describe(row, desk) for row in rows.select_related("recipient").prefetch_related("mails")]
    return desk.show(
        request,
        "fleet/reports/subscriptions.html",
        form=form,
        subscriptions=described,
        mail_is_set_up=mail_is_set_up(),
        has_recipients=form.fields["recipient"].queryset.exists(),  # type: ignore[attr-defined]
        status=status,
    )


@require_POST
@readers_page
def end_subscription(request: HttpRequest, desk: Desk, subscription_id: int) -> HttpResponse:
    """Whoever gets the mails may end them, as each mail says."""
    row = get_object_or_404(ReportSubscription, pk=subscription_id, municipality=desk.municipality)
    unsubscribe(desk.actor, row)
    messages.success(request, _("Ended. No more mails come."))
    return redirect("report_subscriptions")


def _describe(row: ReportSubscription, desk: Desk) -> dict[str, Any]:
    mails = sorted(row.mails.all(), key=lambda mail: mail.since)
    last = mails[-1] if mails else None
    return {
        "row": row,
        "may_end": desk.may_keep_contracts or row.recipient_id == desk.actor.pk,
        "name": NAMES[ReportKind(row.kind)],
        "rhythm": Rhythm(row.rhythm).label,
        "sent_at": next((mail.sent_at for mail in reversed(mails) if mail.sent_at), None),
        "has_failed": last is not None and last.sent_at is None and last.tries >= TRIES,
    }
