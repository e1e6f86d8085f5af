# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The HTTP API, `/api/v1/`: for readers, panels and other programs in front of a device.

A device token (`Authorization: Bearer …`) names the device; a tap opens a visit, and its token (`Allmende-Visit: …`) names the person
for what follows at this device. Nothing here has a session or a cookie. The OpenAPI document is at `/api/v1/openapi.json`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, TypeVar

from django.http import HttpRequest, HttpResponse
from ninja import Header, NinjaAPI, Status
from ninja.security import HttpBearer

from allmende.devices.device_tokens import DeviceToken, find_device_token
from allmende.printing.http_api.errors import NotThereError, WrongDeviceError, add_refusals
from allmende.printing.http_api.schemas import (
    ChipView,
    ClaimableView,
    ClaimBody,
    ClaimView,
    CostCentreView,
    EnrolmentBody,
    ErrorBody,
    FurtherChipBody,
    JobsBody,
    JobView,
    OutcomeView,
    ReleaseBody,
    SettlementBody,
    TakeOverBody,
    TapAnswer,
    TapBody,
    VisitView,
    claimable_view,
    fresh_key_message,
    job_view,
    outcome_views,
)
from allmende.printing.job_states import TERMINAL
from allmende.printing.visit.bearers import (
    choose_bearer,
    current_bearer,
    favourite_cost_centres,
    find_cost_centres,
)
from allmende.printing.visit.claims import ClaimableJob, claim_job, claimable_jobs
from allmende.printing.visit.release import (
    ReleaseOutcome,
    cancel_jobs,
    release_jobs,
    settle_uncertain,
    stop_jobs,
    take_over_jobs,
)
from allmende.printing.visit.visit_jobs import VisitJob, list_visit_jobs, read_preview
from allmende.printing.visit.visits import (
    OpenVisit,
    begin_visit,
    collect_visit,
    end_visit,
    enrol_at_device,
    enrol_further_at_device,
    resume_visit,
)

T = TypeVar("T")
VisitToken = Annotated[str, Header(alias="Allmende-Visit")]
Errors = frozenset({401, 403, 404, 409, 410, 422, 429, 503})


@dataclass(frozen=True, slots=True)
class DeviceAuth:
    row: DeviceToken
    clear: str = field(repr=False)


class DeviceBearer(HttpBearer):
    openapi_description: ClassVar[str] = "The token of a reader or a panel, shown once when it is issued."

    def authenticate(self, request: HttpRequest, token: str) -> DeviceAuth | None:
        del request
        row = find_device_token(token)
        return DeviceAuth(row, token) if row is not None else None


api = NinjaAPI(
    title="Allmende: printing by chip",
    version="1",
    description=__doc__ or "",
    docs_url=None,
    auth=DeviceBearer(),
    urls_namespace="printing-api",
)
add_refusals(api)


def _answers(success: Any) -> dict[Any, Any]:
    return {200: success, Errors: ErrorBody}


@api.post("/devices/{device}/taps", response=_answers(TapAnswer), tags=["visit"])
def tap(request: HttpRequest, device: str, body: TapBody) -> TapAnswer:
    """A chip was held to the reader: who it is, what waits, and a token for this visit."""
    auth = _auth(request, device)
    return _tap_answer(_tap(auth, body))


@api.post("/devices/{device}/enrolments", response=_answers(TapAnswer), tags=["visit"])
def enrol(request: HttpRequest, device: str, body: EnrolmentBody) -> TapAnswer:
    """Enrol an unknown chip with a one-time code; it opens a visit like a tap."""
    auth = _auth(request, device)
    seen, fresh_key = _enrol(auth, body)
    answer = _tap_answer(seen)
    if fresh_key:
        answer.messages.append(fresh_key_message())
    return answer


@api.get("/devices/{device}/visit", response={204: None, **_answers(TapAnswer)}, tags=["visit"])
def collect(request: HttpRequest, device: str) -> Any:
    """For a panel: the visit that a tap at the reader of its device has opened, handed over once; 204 where there is none."""
    auth = _auth(request, device)
    seen = _collect(auth)
    return Status(204, None) if seen is None else _tap_answer(seen)


@api.get("/visits/current", response=_answers(VisitView), tags=["visit"])
def show_visit(request: HttpRequest, allmende_visit: VisitToken = "") -> VisitView:
    return _in_visit(request, allmende_visit, _visit_view)


@api.delete("/visits/current", response={204: None, Errors: ErrorBody}, tags=["visit"])
def leave(request: HttpRequest, allmende_visit: VisitToken = "") -> Any:
    """End the visit: its token opens nothing any more. What was released goes on."""
    _in_visit(request, allmende_visit, end_visit)
    return Status(204, None)


@api.get("/visits/current/jobs", response=_answers(list[JobView]), tags=["jobs"])
def list_jobs(request: HttpRequest, finished: bool = False, allmende_visit: VisitToken = "") -> list[JobView]:
    """What waits, prints or is uncertain, newest first; with `finished` also what ended since the tap."""
    jobs = _in_visit(request, allmende_visit, list_visit_jobs)
    return [job_view(job) for job in jobs if finished or job.state not in TERMINAL]


@api.get("/visits/current/jobs/{int:job_id}/preview", tags=["jobs"], response={Errors: ErrorBody})
def preview(request: HttpRequest, job_id: int, allmende_visit: VisitToken = "") -> HttpResponse:
    """Page one as PNG."""
    png = _in_visit(request, allmende_visit, lambda visit: read_preview(visit, job_id))
    if png is None:
        raise NotThereError
    return HttpResponse(png, content_type="image/png", headers={"Cache-Control": "no-store"})


@api.delete("/visits/current/jobs/{int:job_id}", response=_answers(OutcomeView), tags=["jobs"])
def cancel(request: HttpRequest, job_id: int, allmende_visit: VisitToken = "") -> OutcomeView:
    """Throw the document away; one that prints is stopped."""
    outcomes = _in_visit(request, allmende_visit, lambda visit: cancel_jobs(visit, [job_id]))
    return _one(outcomes)


@api.post("/visits/current/releases", response=_answers(list[OutcomeView]), tags=["jobs"])
def release(request: HttpRequest, body: ReleaseBody, allmende_visit: VisitToken = "") -> list[OutcomeView]:
    """Print here; answers per job when the release is durable."""

    def work(visit: OpenVisit) -> list[ReleaseOutcome]:
        if body.cost_centre is not None:
            choose_bearer(visit, number=body.cost_centre)
        return release_jobs(visit, body.job_ids(), body.ticket_changes(), body.anyway)

    return outcome_views(_in_visit(request, allmende_visit, work))


@api.get("/visits/current/cost-centres", response=_answers(list[CostCentreView]), tags=["visit"])
def list_cost_centres(
    request: HttpRequest, q: str = "", allmende_visit: VisitToken = ""
) -> list[CostCentreView]:
    """What can bear the cost: those used last, or with `q` at most 30 that have its words in number or name."""

    def work(visit: OpenVisit) -> list[CostCentreView]:
        rows = find_cost_centres(visit, q)[0] if q else favourite_cost_centres(visit)
        current = current_bearer(visit)
        return [
            CostCentreView(number=row.number, name=row.name, kind=row.kind, chosen=row == current)
            for row in rows
        ]

    return _in_visit(request, allmende_visit, work)


@api.post("/visits/current/take-overs", response=_answers(list[OutcomeView]), tags=["jobs"])
def take_over(request: HttpRequest, body: TakeOverBody, allmende_visit: VisitToken = "") -> list[OutcomeView]:
    """Print here what waits for its turn at another device."""

    def work(visit: OpenVisit) -> list[ReleaseOutcome]:
        return take_over_jobs(visit, body.jobs, anyway=body.anyway)

    return outcome_views(_in_visit(request, allmende_visit, work))


@api.post("/visits/current/stops", response=_answers(list[OutcomeView]), tags=["jobs"])
def stop(request: HttpRequest, body: JobsBody, allmende_visit: VisitToken = "") -> list[OutcomeView]:
    """Stop what doesn't go on at its device: held again if nothing came out, else uncertain."""
    return outcome_views(_in_visit(request, allmende_visit, lambda visit: stop_jobs(visit, body.jobs)))


@api.post("/visits/current/jobs/{int:job_id}/settlement", response=_answers(OutcomeView), tags=["jobs"])
def settle(
    request: HttpRequest, job_id: int, body: SettlementBody, allmende_visit: VisitToken = ""
) -> OutcomeView:
    """Say what became of an uncertain job."""
    outcome = _in_visit(request, allmende_visit, lambda visit: settle_uncertain(visit, job_id, body.came_out))
    return _one([outcome])


@api.get("/visits/current/claimable-jobs", response=_answers(list[ClaimableView]), tags=["jobs"])
def list_claimable(request: HttpRequest, allmende_visit: VisitToken = "") -> list[ClaimableView]:
    """Jobs that came under the person's name, but nobody vouched for it."""
    jobs = _in_visit(request, allmende_visit, claimable_jobs)
    return [claimable_view(job) for job in jobs]


@api.post("/visits/current/claims", response=_answers(ClaimView), tags=["jobs"])
def claim(request: HttpRequest, body: ClaimBody, allmende_visit: VisitToken = "") -> ClaimView:
    """Claim a job by its number and the user name of the computer that sent it."""
    job_id = _in_visit(request, allmende_visit, lambda visit: claim_job(visit, body.job, body.claimed_name))
    return ClaimView(job=job_id)


@api.post("/visits/current/chips", response=_answers(ChipView), tags=["visit"])
def enrol_further(request: HttpRequest, body: FurtherChipBody, allmende_visit: VisitToken = "") -> ChipView:
    """Enrol another chip for the person of this visit."""
    auth = _auth(request)

    def work(visit: OpenVisit) -> ChipView:
        chip = enrol_further_at_device(visit, auth.row, body.chip, label=body.label, pin=body.pin)
        return ChipView(id=chip.pk, label=chip.label)

    return _in_visit(request, allmende_visit, work)


@dataclass(frozen=True, slots=True)
class _Seen:
    visit: OpenVisit
    jobs: list[VisitJob]
    claimable: list[ClaimableJob]
    released: list[ReleaseOutcome]


def _tap(auth: DeviceAuth, body: TapBody) -> _Seen:
    visit = begin_visit(auth.row, body.chip, body.pin)
    wants_all = body.release == "all" or auth.row.device.release_on_tap
    return _see(visit, release_jobs(visit) if wants_all else [])


def _enrol(auth: DeviceAuth, body: EnrolmentBody) -> tuple[_Seen, bool]:
    visit, enrolment = enrol_at_device(
        auth.row, body.chip, body.code, label=body.label, pin=body.pin, chips_lost=body.chips_lost
    )
    return _see(visit, []), enrolment.fresh_key


def _collect(auth: DeviceAuth) -> _Seen | None:
    visit = collect_visit(auth.row, auth.clear)
    return _see(visit, []) if visit is not None else None


def _see(visit: OpenVisit, released: list[ReleaseOutcome]) -> _Seen:
    return _Seen(visit, list_visit_jobs(visit), claimable_jobs(visit), released)


def _tap_answer(seen: _Seen) -> TapAnswer:
    """In the request's own context, because it speaks the client's language."""
    view = _visit_view(seen.visit)
    return TapAnswer(
        **view.dict(),
        visit_token=seen.visit.token,
        jobs=[job_view(job) for job in seen.jobs],
        claimable=[claimable_view(job) for job in seen.claimable],
        released=outcome_views(seen.released),
        messages=[],
    )


def _visit_view(visit: OpenVisit) -> VisitView:
    return VisitView(person=str(visit.person), device=visit.device.name, expires_at=visit.visit.expires_at)


def _one(outcomes: list[ReleaseOutcome]) -> OutcomeView:
    (outcome,) = outcomes
    if outcome.code in {"not-found", "not-uncertain"}:
        raise NotThereError
    return outcome_views([outcome])[0]


def _in_visit(request: HttpRequest, visit_token: str, work: Callable[[OpenVisit], T]) -> T:
    return work(resume_visit(_auth(request).row, visit_token))


def _auth(request: HttpRequest, device: str | None = None) -> DeviceAuth:
    auth = getattr(request, "auth", None)
    if not isinstance(auth, DeviceAuth) or (device is not None and auth.row.device.slug != device):
        raise WrongDeviceError
    return auth
