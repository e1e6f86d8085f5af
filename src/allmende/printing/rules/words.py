# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""Rules in words: conditions, effects, what became of each rule, and what a rule says to the person at the device."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from allmende.directory.roles import RoleName
from allmende.printing.jobs import Job
from allmende.printing.rules.approvals import AWAITS, DECLINED, GIVEN, Answer, ApprovalRequest
from allmende.printing.rules.at_release import (
    ADVISED,
    APPROVED,
    BLACK,
    HINT,
    NEEDS_APPROVAL,
    REFUSED,
    TWO_SIDED,
    RuleAnswer,
)
from allmende.printing.rules.conditions import Between, Condition, DailyHours, OneOf, clock
from allmende.printing.rules.evaluation import Effect, Finding, Outcome, Way
from allmende.printing.rules.print_rules import PrintRule

#: More names than these are counted, not listed.
_MAX_NAMES: Final = 6

WEEKDAYS: Final[dict[int, str | Promise]] = {
    1: gettext_lazy("Monday"),
    2: gettext_lazy("Tuesday"),
    3: gettext_lazy("Wednesday"),
    4: gettext_lazy("Thursday"),
    5: gettext_lazy("Friday"),
    6: gettext_lazy("Saturday"),
    7: gettext_lazy("Sunday"),
}
FORMATS: Final[dict[str, str | Promise]] = {
    "application/pdf": "PDF",
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/pwg-raster": "PWG Raster",
    "image/urf": "Apple Raster",
    "text/plain": "Text",
    "application/postscript": "PostScript",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What row numbers are called, of one town."""

    persons: Mapping[int, str] = field(default_factory=dict)
    devices: Mapping[int, str] = field(default_factory=dict)
    sites: Mapping[int, str] = field(default_factory=dict)


def condition_words(condition: Condition, names: Names) -> str:
    """A part of a sentence: "pages: from 20"."""
    if isinstance(condition, DailyHours):
        return _("time: %(first)s to %(until)s") % {
            "first": clock(condition.first),
            "until": clock(condition.until),
        }
    if isinstance(condition, Between):
        return f"{_KIND_WORDS[condition.kind]}: {_bounds(condition)}"
    return f"{_KIND_WORDS[condition.kind]}: {_listed(condition, names)}"


def conditions_words(conditions: tuple[Condition, ...] | None, names: Names) -> list[str]:
    if conditions is None:
        return [_("These conditions can't be read. The rule does not act; please edit it.")]
    return [condition_words(condition, names) for condition in conditions] or [_("every job")]


def effect_words(row: PrintRule) -> str:
    if row.effect == Effect.ADVISE:
        device = row.advised_device
        if device is None or not device.is_active:
            return _("advise another device – but the one that was chosen is not in use any more")
        if row.asks_first:
            return _("advise %(device)s, and ask before printing") % {"device": device}
        return _("advise %(device)s") % {"device": device}
    if row.effect == Effect.APPROVE:
        return _("hold until approved by %(who)s") % {"who": approver_words(row)}
    return row.get_effect_display()


def approver_words(row: PrintRule) -> str:
    """Who approves: the person named, or the role."""
    if row.approver is not None and row.approver.is_active:
        return str(row.approver)
    if row.approver_role:
        return row.get_approver_role_display()
    return str(RoleName.IT.label)


def approval_words(job: Job) -> str:
    """What its owner is told of the approval of a held job, whole sentences; empty where none was asked for."""
    if job.reason not in {AWAITS, GIVEN, DECLINED}:
        return ""
    row = (
        ApprovalRequest.objects.filter(job_id=job.pk, municipality_id=job.municipality_id)
        .select_related("rule__approver", "answered_by")
        .order_by("-asked_at")
        .first()
    )
    if row is None:
        return ""
    facts = {
        "who": row.answered_by or approver_words(row.rule),
        "when": date_format(timezone.localtime(row.expires_at), "SHORT_DATETIME_FORMAT"),
    }
    if row.answer == Answer.DECLINED:
        text = _("%(who)s has declined it.") % facts
    elif row.expires_at <= timezone.now():
        return (
            _("Nobody answered in time. At a device you can ask again.")
            if row.answer == Answer.ASKED
            else _("The approval has ended. At a device you can ask again.")
        )
    elif row.answer == Answer.ASKED:
        return _("Waits for approval by %(who)s, until %(when)s.") % facts
    else:
        text = _("Approved by %(who)s: you can print it until %(when)s.") % facts
    return f"{text} {_('The answer: %(note)s') % {'note': _as_sentence(row.note)}}" if row.note else text


def finding_words(finding: Finding, names: Names) -> str:
    if finding.condition is not None:
        words = condition_words(finding.condition, names)
        if finding.outcome is Outcome.UNKNOWN:
            return _("does not act: not known (%(condition)s)") % {"condition": words}
        return _("does not match (%(condition)s)") % {"condition": words}
    if finding.by is not None:
        text = _OUTCOMES[finding.outcome]
        return str(text) % {"rule": finding.by.name}
    if finding.outcome is Outcome.NOTHING_TO_CHANGE and finding.rule.effect is Effect.ADVISE:
        return _("matches; this is the advised device")
    if finding.outcome is Outcome.CANNOT and finding.rule.effect is Effect.ADVISE:
        return _("matches, but the advised device is not in use any more")
    return str(_OUTCOMES[finding.outcome])


def validity_words(valid_from: date | None, valid_until: date | None) -> str:
    """Empty where the rule is valid without end."""
    first = date_format(valid_from, "SHORT_DATE_FORMAT") if valid_from else ""
    last = date_format(valid_until, "SHORT_DATE_FORMAT") if valid_until else ""
    if first and last:
        return _("from %(first)s to %(last)s") % {"first": first, "last": last}
    if first:
        return _("from %(first)s") % {"first": first}
    return _("until %(last)s") % {"last": last} if last else ""


def note_words(answer: RuleAnswer) -> str:
    """What stands beside a waiting job: what will come out of it and why, or why nothing will and the way out. Whole sentences."""
    if answer.code not in _AHEAD:
        return answer_words(answer)
    text = str(_AHEAD[answer.code]) % {"rule": answer.rule.name}
    if answer.code != REFUSED:
        return text
    reason = answer.rule.reason(get_language() or "de")
    parts = [text, _as_sentence(reason)] if reason else [text]
    parts += [way_words(way, str(device or "")) for way, device in answer.ways]
    if not answer.ways:
        parts.append(_("Please ask your town's IT, or delete it."))
    return " ".join(parts)


def answer_words(answer: RuleAnswer) -> str:
    """What the person reads: why, and the way out. Whole sentences."""
    reason = answer.rule.reason(get_language() or "de")
    parts = [_ANSWERS[answer.code](answer)]
    if reason and answer.code in _WITH_REASON:
        parts.append(_as_sentence(reason))
    if answer.code == REFUSED:
        parts += [way_words(way, str(device or "")) for way, device in answer.ways]
        parts.append(
            _("The job stays here.")
            if answer.ways
            else _("The job stays here; please ask your town's IT, or delete it.")
        )
    return " ".join(parts)


def way_words(way: Way, device: str) -> str:
    if way.kind == "black":
        return _("In black and white it can be printed: choose “Change or delete”.")
    if way.kind == "one-copy":
        return _("With one copy it can be printed: choose “Change or delete”.")
    return _("At %(device)s it can be printed.") % {"device": device}


def _refused(answer: RuleAnswer) -> str:
    return _("Not printed: rule “%(rule)s”.") % {"rule": answer.rule.name}


def _awaits(answer: RuleAnswer) -> str:
    return _("The job waits for approval by %(who)s. You can print it as soon as that is given.") % {
        "who": approver_words(answer.rule)
    }


def _declined(answer: RuleAnswer) -> str:
    note = answer.request.note if answer.request is not None else ""
    text = _("The approval was declined, so the job is not printed.")
    if note:
        text += " " + _("The answer: %(note)s") % {"note": _as_sentence(note)}
    return text + " " + _("With fewer pages or copies you can ask again, or delete the job.")


def _approved(answer: RuleAnswer) -> str:
    note = answer.request.note if answer.request is not None else ""
    text = _("Approved: it can be printed now.")
    return f"{text} {_('The answer: %(note)s') % {'note': _as_sentence(note)}}" if note else text


def _advised(answer: RuleAnswer) -> str:
    device = answer.device
    place = f" ({device.place})" if device is not None and device.place else ""
    return _("Please rather use %(device)s.") % {"device": f"{device}{place}"}


_ANSWERS: Final[dict[str, Callable[[RuleAnswer], str]]] = {
    REFUSED: _refused,
    AWAITS: _awaits,
    DECLINED: _declined,
    ADVISED: _advised,
    HINT: _advised,
    NEEDS_APPROVAL: lambda answer: (
        _("Printing it here asks for approval by %(who)s.") % {"who": approver_words(answer.rule)}
    ),
    APPROVED: _approved,
    TWO_SIDED: lambda answer: _("Is printed on both sides (rule “%(rule)s”).") % {"rule": answer.rule.name},
    BLACK: lambda answer: _("Is printed in black and white (rule “%(rule)s”).") % {"rule": answer.rule.name},
}

#: Said before release, otherwise than after it.
_AHEAD: Final[dict[str, str | Promise]] = {
    REFUSED: gettext_lazy("Is not printed here: rule “%(rule)s”."),
    TWO_SIDED: gettext_lazy("Sent one-sided, is printed on both sides: rule “%(rule)s”."),
    BLACK: gettext_lazy("Sent in colour, is printed in black and white: rule “%(rule)s”."),
}
_WITH_REASON: Final = frozenset({REFUSED, AWAITS, NEEDS_APPROVAL, ADVISED, HINT})

_KIND_WORDS: Final[dict[str, str | Promise]] = {
    "persons": gettext_lazy("person"),
    "cost_centres": gettext_lazy("cost centre"),
    "formats": gettext_lazy("format"),
    "weekdays": gettext_lazy("weekday"),
    "devices": gettext_lazy("device"),
    "sites": gettext_lazy("site"),
    "pages": gettext_lazy("pages of the document"),
    "impressions": gettext_lazy("pages with all copies"),
    "colour_impressions": gettext_lazy("pages in colour, with all copies"),
    "bytes": gettext_lazy("size in kilobytes"),
}
_OUTCOMES: Final[dict[Outcome, str | Promise]] = {
    Outcome.APPLIED: gettext_lazy("acts"),
    Outcome.NOTHING_TO_CHANGE: gettext_lazy("matches, but there is nothing to change"),
    Outcome.CANNOT: gettext_lazy("matches, but the device can't"),
    Outcome.SETTLED: gettext_lazy("matches, and is settled: approved, or the advice was read"),
    Outcome.OVERRULED: gettext_lazy("matches, but “%(rule)s” comes first"),
    Outcome.ENDED: gettext_lazy("is not asked any more: “%(rule)s” decides"),
    Outcome.NOT_MATCHED: gettext_lazy("does not match"),
    Outcome.UNKNOWN: gettext_lazy("does not act: a fact is not known"),
    Outcome.INACTIVE: gettext_lazy("is switched off"),
    Outcome.NOT_VALID: gettext_lazy("is not valid on this day"),
    Outcome.BROKEN: gettext_lazy("does not act: its conditions can't be read"),
}
#: KERN's kinds of badge.
OUTCOME_KINDS: Final[dict[Outcome, str]] = {
    Outcome.APPLIED: "success",
    Outcome.SETTLED: "success",
    Outcome.OVERRULED: "warning",
    Outcome.CANNOT: "warning",
    Outcome.BROKEN: "danger",
}


def _bounds(condition: Between) -> str:
    unit = 1000 if condition.kind == "bytes" else 1
    low = None if condition.at_least is None else condition.at_least // unit
    high = None if condition.at_most is None else condition.at_most // unit
    if low is not None and high is not None:
        return _("%(low)d to %(high)d") % {"low": low, "high": high}
    if low is not None:
        return _("at least %(low)d") % {"low": low}
    return _("at most %(high)d") % {"high": high or 0}


def _listed(condition: OneOf, names: Names) -> str:
    known: Mapping[int, str] | None = {
        "persons": names.persons,
        "devices": names.devices,
        "sites": names.sites,
    }.get(condition.kind)
    words = []
    for value in sorted(condition.values, key=str):
        if isinstance(value, int) and condition.kind == "weekdays":
            words.append(str(WEEKDAYS[value]))
        elif isinstance(value, int):
            words.append((known or {}).get(value) or _("not there any more"))
        else:
            words.append(str(FORMATS.get(value, value)))
    if condition.kind != "weekdays":
        words.sort()
    if len(words) > _MAX_NAMES:
        rest = len(words) - _MAX_NAMES
        more = ngettext("and %(count)d more", "and %(count)d more", rest) % {"count": rest}
        return ", ".join([*words[:_MAX_NAMES], more])
    return _(" or ").join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _as_sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."
