"""A smoke test for people and programs: a row a probe, a column a platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.console.table_layout import Table
from dext_tasks.console.tables import how_run
from dext_tasks.smoke.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dext_tasks.smoke.result import Attachment, ProbeResult, SmokeResult

_MOST_NAMED = 4
_Told = tuple[Outcome, str]
# Told by sign and word, never by colour alone; the second sign is for streams that hold ASCII only.
SIGNS = {
    Outcome.PASSED: ("✓", "+"),
    Outcome.WARNING: ("!", "!"),
    Outcome.SKIPPED: ("–", "-"),  # noqa: RUF001 - a dash that is as wide as the other signs
    Outcome.ABORTED: ("·", "."),
    Outcome.FAILED: ("✗", "x"),
    Outcome.EMULATOR_CRASH: ("✗", "x"),
}


def runs(result: SmokeResult) -> str:
    """Whether the engine ran the platform itself."""
    return how_run(emulated=result.emulated)


def where(result: SmokeResult) -> str:
    """The same, and in which context, if it is not the current one."""
    return how_run(emulated=result.emulated, context=result.context)


def probe_names(results: Sequence[SmokeResult]) -> tuple[str, ...]:
    """Every probe once; the order is that of the platform with most of them."""
    longest_first = sorted(results, key=lambda result: -len(result.probes))
    return tuple(dict.fromkeys(probe.name for result in longest_first for probe in result.probes))


def smoke_table(results: Sequence[SmokeResult]) -> Table:
    """One row a probe, one column a platform; below it, why a probe did not pass."""
    columns = [_column(result, probe_names(results)) for result in results]
    heads = (f"{result.platform} {where(result)}" for result in results)
    rows = list(zip(probe_names(results), *columns, strict=True))
    return Table(headline(results), ("probe", *heads), rows, notes=(*_reasons(results), *_crashes(results)))


def headline(results: Sequence[SmokeResult]) -> str:
    """What it is, and whether a part of it was left out because a grant is missing."""
    return ", ".join(filter(None, ("Smoke test", unstarted(results))))


def unstarted(results: Sequence[SmokeResult]) -> str:
    """Where the backend was not started because a grant is missing, with what it asks for; empty if nowhere."""
    where = ", ".join(str(result.platform) for result in results if result.withheld)
    names = [*dict.fromkeys(name for result in results for name in result.withheld)]
    more = f" and {len(names) - _MOST_NAMED} more" if names[_MOST_NAMED:] else ""
    return f"backend NOT STARTED on {where}: not granted {', '.join(names[:_MOST_NAMED])}{more}" if where else ""


def _column(result: SmokeResult, names: Sequence[str]) -> list[str]:
    found = {probe.name: probe for probe in result.probes}
    outcome_width = max((len(probe.outcome) for probe in result.probes), default=0)
    seconds_width = max((len(f"{probe.seconds:.1f}") for probe in result.probes), default=0)

    def cell(probe: ProbeResult) -> str:
        if probe.outcome is Outcome.ABORTED:
            return probe.outcome.value
        # Two spaces at least: what precedes them is a status, and shown in its colour. No space before the unit,
        # where a narrow terminal would break the line.
        return f"{probe.outcome.value:<{outcome_width}}  {probe.seconds:>{seconds_width}.1f}s"

    return [cell(found[name]) if name in found else "" for name in names]


def _reasons(results: Sequence[SmokeResult]) -> list[str]:
    """A line for what did not pass; probes and platforms that say the same share it."""
    platforms: dict[tuple[str, _Told], list[str]] = {}
    for result in results:
        for told, names in _unpassed(result).items():
            platforms.setdefault((", ".join(names), told), []).append(str(result.platform))
    return [
        f"{', '.join(where)} | {names}: {outcome.value}, {detail}"
        for (names, (outcome, detail)), where in platforms.items()
    ]


def _unpassed(result: SmokeResult) -> dict[_Told, list[str]]:
    names: dict[_Told, list[str]] = {}
    for probe in result.probes:
        if probe.outcome is not Outcome.PASSED:
            names.setdefault((probe.outcome, probe.detail), []).append(probe.name)
    return names


def _crashes(results: Sequence[SmokeResult]) -> list[str]:
    return [f"{result.platform} | {line}" for result in results for line in crash_lines(result)]


def crash_lines(result: SmokeResult) -> list[str]:
    """What the emulator did to a platform, and what was done about it."""
    return [
        *(f"{line}; it was built once more" for line in result.build_crashes),
        *(f"the emulator crashed, and everything was run once more: {line}" for line in result.crashes),
    ]


def smoke_data(results: Sequence[SmokeResult]) -> dict[str, object]:
    """The same as data, with the evidence of failures and all text that probes saw."""
    return {
        "passed": bool(results) and all(result.passed for result in results),
        "platforms": [
            {
                "platform": str(result.platform),
                "runs": runs(result),
                "context": result.context,
                "image": result.image,
                "passed": result.passed,
                "seconds": round(result.seconds, 3),
                "build_crashes": list(result.build_crashes),
                "crashes": list(result.crashes),
                "withheld": list(result.withheld),
                "probes": [_probe_data(probe) for probe in result.probes],
            }
            for result in results
        ],
    }


def _probe_data(probe: ProbeResult) -> dict[str, object]:
    return {
        "name": probe.name,
        "outcome": probe.outcome.value,
        "seconds": round(probe.seconds, 3),
        "detail": probe.detail,
        "evidence": probe.evidence,
        "attachments": [_attachment_data(each) for each in probe.attachments],
    }


def _attachment_data(attachment: Attachment) -> dict[str, object]:
    about: dict[str, object] = {
        "name": attachment.name,
        "media_type": attachment.media_type,
        "size": len(attachment.content),
    }
    # Pictures are in the HTML report; here they would drown everything else.
    return about if is_picture(attachment) else {**about, "text": attachment.text}


def is_picture(attachment: Attachment) -> bool:
    """Whether it is to be looked at, not read."""
    return attachment.media_type.startswith("image/")
