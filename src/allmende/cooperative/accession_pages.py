# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pages of accessions: who is on the way, and one accession with its steps, the next of them ready to be recorded."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from allmende.cooperative.accession_forms import STEP_FORMS, AccessionForm, StepForm
from allmende.cooperative.accession_steps import (
    RefusedStepError,
    duty_rule,
    record_step,
    take_back_step,
    withdraw_accession,
)
from allmende.cooperative.accessions import (
    ORDER,
    WITHOUT_ANSWER,
    Accession,
    Answer,
    Duty,
    Ending,
    StepKind,
    fact,
    next_step,
    open_accessions,
    steps_of,
)
from allmende.cooperative.declaration import set_declaration
from allmende.cooperative.hash_chain import record_change
from allmende.cooperative.legal_rules import UnknownRuleError
from allmende.cooperative.member_change_pages import show_form
from allmende.cooperative.member_forms import ReasonForm
from allmende.cooperative.member_list import RefusedEntryError
from allmende.cooperative.money import MoneyRefusedError
from allmende.cooperative.stored_documents import store_document
from allmende.directory.administration_access import Desk, office_page
from allmende.directory.audit import record_audit

_PER_PAGE: Final = 50


@require_GET
@office_page
def list_accessions(request: HttpRequest, desk: Desk) -> HttpResponse:
    waiting = [
        {
            "accession": row,
            "next": due.label if due else "",
            "pending": due is StepKind.AUTHORITY_ANSWER,
            "last": last,
        }
        for row, due, last in open_accessions()
    ]
    ended = Accession.objects.exclude(ended_as="").order_by("-ended_on", "-pk")
    page = Paginator(ended, _PER_PAGE).get_page(request.GET.get("page"))
    return desk.show(request, "cooperative/members/accessions.html", waiting=waiting, page=page)


@require_http_methods(["GET", "POST"])
@office_page
def add_accession(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = AccessionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            accession: Any = form.save()
            record_change(desk.actor, "accession", accession.pk, "begun", {"name": accession.name})
            record_audit(desk.municipality, desk.actor, "accession.begun", accession.name)
        return redirect("accession", accession.pk)
    return show_form(
        request, desk, form, title=_("New accession"), back=reverse("accessions"), submit=_("Begin")
    )


@require_http_methods(["GET", "POST"])
@office_page
def edit_accession(request: HttpRequest, desk: Desk, accession_id: int) -> HttpResponse:
    accession = get_object_or_404(Accession, pk=accession_id, ended_as="")
    back = reverse("accession", args=[accession_id])
    if StepKind.ENTRY in steps_of(accession):
        messages.error(request, _("The body is in the list. Its details are changed on the member's page."))
        return redirect(back)
    form = AccessionForm(request.POST or None, instance=accession)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            record_change(desk.actor, "accession", accession.pk, "changed", {"name": accession.name})
            record_audit(desk.municipality, desk.actor, "accession.changed", accession.name)
        messages.success(request, _("Saved."))
        return redirect(back)
    return show_form(request, desk, form, title=accession.name, back=back)


@require_http_methods(["GET", "POST"])
@office_page
def show_accession(request: HttpRequest, desk: Desk, accession_id: int) -> HttpResponse:
    """The way with its steps; posting records the step that is next."""
    accession = get_object_or_404(Accession.objects.select_related("member"), pk=accession_id)
    due = next_step(accession)
    form = None
    if due is not None:
        form = STEP_FORMS.get(due, StepForm)(request.POST or None, request.FILES or None, accession=accession)
        if request.method == "POST" and request.POST.get("step") != due:
            # The page was open while somebody else recorded this step, or it was sent twice.
            messages.warning(request, _("This accession has moved on meanwhile: here is its present state."))
            return redirect("accession", accession_id)
        if request.method == "POST" and form.is_valid() and _recorded(request, desk, accession, due, form):
            return redirect("accession", accession_id)
    return desk.show(
        request,
        "cooperative/members/accession.html",
        status=422 if form is not None and form.errors else 200,
        accession=accession,
        rows=_rows(accession, due),
        due=due,
        form=form,
        lead=_lead(accession, due),
        can_end=not accession.ended_as and StepKind.ENTRY not in steps_of(accession),
        is_declaring=due is StepKind.DECLARATION,
        taken_back=accession.steps.filter(taken_back_at__isnull=False),
        charged_from=fact(steps_of(accession).get(StepKind.ADMISSION), "effective_on"),
        is_refused=fact(steps_of(accession).get(StepKind.AUTHORITY_ANSWER), "answer") == Answer.REFUSED,
    )


def _recorded(request: HttpRequest, desk: Desk, accession: Accession, due: StepKind, form: StepForm) -> bool:
    file = form.cleaned_data["document"]
    try:
        with transaction.atomic():
            document = store_document(file.read(), file.name, actor=desk.actor) if file else None
            record_step(
                accession,
                due,
                form.cleaned_data["day"],
                actor=desk.actor,
                facts=form.facts,
                document=document,
                note=form.cleaned_data["note"],
            )
    except RefusedStepError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return False
    except (RefusedEntryError, UnknownRuleError, MoneyRefusedError) as error:
        form.add_error(None, str(error.args[0]))
        return False
    messages.success(request, _("Recorded: %(step)s.") % {"step": due.label})
    return True


@require_http_methods(["GET", "POST"])
@office_page
def take_back(request: HttpRequest, desk: Desk, accession_id: int) -> HttpResponse:
    accession = get_object_or_404(Accession, pk=accession_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            take_back_step(accession, actor=desk.actor, note=form.cleaned_data["note"])
        except RefusedStepError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The step is taken back. Record it anew."))
            return redirect("accession", accession_id)
    steps = list(steps_of(accession).values())
    title = _("Take back “%(step)s”?") % {"step": steps[-1].get_kind_display() if steps else "–"}
    back = reverse("accession", args=[accession_id])
    return show_form(request, desk, form, title=title, back=back, submit=_("Take back"))


@require_http_methods(["GET", "POST"])
@office_page
def withdraw(request: HttpRequest, desk: Desk, accession_id: int) -> HttpResponse:
    accession = get_object_or_404(Accession, pk=accession_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_accession(
                accession, timezone.localdate(), actor=desk.actor, note=form.cleaned_data["note"]
            )
        except RefusedStepError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The accession has ended."))
            return redirect("accession", accession_id)
    title = _("End the accession of %(name)s?") % {"name": accession.name}
    lead = _("A declaration that was handed in is deleted.")
    back = reverse("accession", args=[accession_id])
    return show_form(request, desk, form, title=title, back=back, lead=lead, submit=_("End the accession"))


@require_GET
@office_page
def show_declaration(request: HttpRequest, desk: Desk, accession_id: int) -> HttpResponse:
    """The declaration to be signed, made from data."""
    accession = get_object_or_404(Accession, pk=accession_id, ended_as="")
    text = request.GET.get("anteile", "")
    count = int(text) if text.isdecimal() and 0 < len(text) < 6 else 1
    try:
        body = set_declaration(accession, desk.municipality, timezone.localdate(), share_count=max(count, 1))
    except UnknownRuleError as error:
        messages.error(request, str(error.args[0]))
        return redirect("accession", accession_id)
    response = HttpResponse(body, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="beitrittserklaerung-{accession.pk}.pdf"'
    return response


def _rows(accession: Accession, due: StepKind | None) -> list[dict[str, Any]]:
    steps = steps_of(accession)
    found = []
    for kind in ORDER:
        step = steps.get(kind)
        skipped = step is None and (
            (
                kind is StepKind.AUTHORITY_ANSWER
                and fact(steps.get(StepKind.AUTHORITY_NOTICE), "duty") in WITHOUT_ANSWER
            )
            or (kind is StepKind.ENTRY and fact(steps.get(StepKind.ADMISSION), "admitted") is False)
        )
        if skipped or (step is None and accession.ended_as):
            continue
        found.append({"label": kind.label, "step": step, "is_due": kind is due, "words": _fact_words(step)})
    return found


def _fact_words(step: Any) -> list[str]:
    """A step's facts as a person reads them."""
    if step is None:
        return []
    if step.erased_at is not None:
        return [_("The data was deleted after the refusal (§ 15 GenG).")]
    facts, words = step.facts, []
    if facts.get("yes") is not None:
        words.append(_("%(yes)d yes, %(no)d no, %(abstain)d abstentions") % facts)
    if facts.get("representative"):
        words.append(_("Voting representative: %(name)s") % {"name": facts["representative"]})
    if facts.get("deputy"):
        words.append(_("Deputy: %(name)s") % {"name": facts["deputy"]})
    if facts.get("duty"):
        told = (str(Duty(facts["duty"]).label), facts.get("authority"), facts.get("source"))
        words.append(", ".join(part for part in told if part))
    if facts.get("waits_until"):
        words.append(_("The period runs until %(day)s.") % {"day": _day(facts["waits_until"])})
    if facts.get("answer"):
        words.append(str(Answer(facts["answer"]).label))
    if facts.get("share_count"):
        words.append(_("Shares: %(count)d") % {"count": facts["share_count"]})
    if facts.get("signed_by"):
        words.append(_("Declared by %(name)s") % {"name": facts["signed_by"]})
    if "admitted" in facts:
        words.append(_("admitted") if facts["admitted"] else _("refused"))
    if facts.get("effective_on"):
        words.append(_("Member from %(day)s") % {"day": _day(facts["effective_on"])})
    if facts.get("decided_by"):
        words.append(str(facts["decided_by"]))
    return words


def _day(text: str) -> str:
    return date_format(date.fromisoformat(text), "SHORT_DATE_FORMAT")


def _lead(accession: Accession, due: StepKind | None) -> str:
    """What the office does at this step, in a sentence."""
    if due is None:
        return str(Ending(accession.ended_as).label) if accession.ended_as else ""
    if due is StepKind.AUTHORITY_NOTICE:
        rule = duty_rule(accession, timezone.localdate())
        if rule is not None and not rule.is_checked:
            return _("The rule of this Land was not compared with the text of the law: %(source)s.") % {
                "source": rule.source
            }
    texts = {
        StepKind.INTEREST: _("Who asked, and when?"),
        StepKind.STATUTES: _(
            "The statutes are handed over, or their address is named and a copy is offered (§ 15 Abs. 1 GenG)."
        ),
        StepKind.RESOLUTION: _(
            "The council's resolution, with the votes and who is to vote in the general meeting."
        ),
        StepKind.AUTHORITY_NOTICE: _("The resolution goes to the supervisory authority."),
        StepKind.AUTHORITY_ANSWER: _(
            "The authority's answer is outstanding. Until it is there, nothing goes on."
        ),
        StepKind.DECLARATION: _("Send the prepared declaration; record it here when it is back."),
        StepKind.ADMISSION: _("The board admits or refuses."),
        StepKind.ENTRY: _(
            "Enter the member without delay (§ 15 Abs. 2 GenG): this writes the row and its member number."
        ),
        StepKind.TOLD: _(
            "Tell the applicant without delay. After a refusal the declaration's data is then deleted."
        ),
    }
    return texts[due]
