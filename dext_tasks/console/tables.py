"""Tables and JSON documents of every feature's results: how they look, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.config.runners import Runners
from dext_tasks.config.settings import OPTIONS
from dext_tasks.console.table_layout import Table
from dext_tasks.extension.desktops import desktop_link
from dext_tasks.extension.exchange import Exchange
from dext_tasks.formats.oci.reference import short
from dext_tasks.redaction import masked, without_logins
from dext_tasks.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dext_tasks.config.resolve import Resolved
    from dext_tasks.config.settings import Option
    from dext_tasks.doctor.line import Line
    from dext_tasks.engine.build import Built
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.release.handover import Handover
    from dext_tasks.release.listing import Listing
    from dext_tasks.release.plan import Plan
    from dext_tasks.release.proof import Proven
    from dext_tasks.release.run import PlannedRelease, Released
    from dext_tasks.release.steps.step import Step

_KIBI = 1024
# As git abbreviates a commit in a small repository: https://git-scm.com/docs/git-config, core.abbrev
_COMMIT = 7


def size(count: float) -> str:
    """Bytes as people read them."""
    for unit in ("B", "KiB", "MiB"):
        if count < _KIBI:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= _KIBI
    return f"{count:.1f} GiB"


def how_run(*, emulated: bool, context: str = "") -> str:
    """Whether an engine runs a platform itself, and in which context, if it is not the current one."""
    how = "emulated" if emulated else "native"
    return f"{how} in {context}" if context else how


def build_table(built: Mapping[Platform, Built]) -> Table:
    """One row a platform that was built."""
    rows = [
        (
            str(platform),
            how_run(emulated=each.emulated, context=each.context),
            short(each.image.id),
            size(each.image.size),
            f"{each.seconds:.1f}",
        )
        for platform, each in built.items()
    ]
    notes = [f"{platform} is loaded as {each.image.reference}" for platform, each in built.items()]
    notes += [f"{crash}; it was built once more" for each in built.values() for crash in each.crashes]
    return Table("Built", ("platform", "runs", "digest", "size", "seconds"), rows, notes)


def build_data(built: Mapping[Platform, Built]) -> dict[str, object]:
    """The same as data."""
    return {
        "images": [
            {
                "platform": str(platform),
                "runs": how_run(emulated=each.emulated),
                "context": each.context,
                "digest": each.image.id,
                "size": each.image.size,
                "seconds": round(each.seconds, 3),
                "reference": each.image.reference,
                "crashes": list(each.crashes),
            }
            for platform, each in built.items()
        ]
    }


def plan_table(plan: Plan, title: str) -> Table:
    """One row a step."""
    rows = [(step.title, step.subject, step.status.value, step.reason) for step in plan.steps]
    return Table(title, ("step", "of", "status", "why"), rows)


def plan_data(plan: Plan) -> dict[str, object]:
    """Steps and obstacles as data."""
    return {
        "steps": [_step_data(step) for step in plan.steps],
        "obstacles": [
            {"message": each.message, "remedy": each.remedy, "exit_code": each.exit_code} for each in plan.obstacles
        ],
    }


def _step_data(step: Step) -> dict[str, object]:
    return {"step": step.title, "subject": step.subject, "status": step.status.value, "reason": step.reason}


def released_data(planned: PlannedRelease, released: Released) -> dict[str, object]:
    """A release that is there, with its steps and the seconds that this run took for each."""
    seconds = {step: round(taken, 1) for step, taken in released.took.items()}
    return {
        "reference": str(released.reference),
        "version": str(planned.intent.version),
        "digest": released.reference.digest,
        "platforms": {str(platform): digest for platform, digest in released.manifests.items()},
        "git_tag": planned.intent.git_tag,
        "desktop_link": desktop_link(released.reference),
        "seconds": round(released.seconds, 1),
        **plan_data(released.plan),
        "steps": [
            {**_step_data(step), "seconds": seconds.get((step.title, step.subject))} for step in released.plan.steps
        ],
    }


def prepared_table(handover: Handover) -> Table:
    """What waits in the registry, by platform."""
    rows = [(str(platform), short(tested.manifest)) for platform, tested in sorted(handover.tested.items())]
    return Table(f"Prepared for {handover.version}", ("platform", "digest"), rows)


def prepared_data(planned: PlannedRelease, handover: Handover, file: str) -> dict[str, object]:
    """The same as data, with the plan that led to it and the file that hands it over."""
    return {
        "handover": file,
        "version": handover.version,
        "commit": handover.commit,
        "platforms": {str(platform): tested.manifest for platform, tested in sorted(handover.tested.items())},
        **plan_data(planned.plan.ended),
    }


def proven_table(proven: Proven) -> Table:
    """One row a proof."""
    rows = [(proof.what, proof.verdict.value, proof.found) for proof in proven.proofs]
    return Table(f"Release {proven.content.reference}", ("what", "verdict", "found"), rows)


def proven_data(proven: Proven) -> dict[str, object]:
    """The same as data."""
    content = proven.content
    return {
        "reference": str(content.reference),
        "version": content.version,
        "digest": content.reference.digest,
        "commit": content.revision,
        "platforms": {str(platform): digest for platform, digest in sorted(content.manifests.items())},
        "proofs": [
            {"what": proof.what, "verdict": proof.verdict.value, "found": proof.found} for proof in proven.proofs
        ],
    }


def listing_table(listing: Listing) -> Table:
    """One row a version; why it is not complete stands below, so that the columns stay narrow."""
    rows = [
        (
            entry.known.version,
            entry.date,
            short(entry.known.digest),
            # Extensions are for Linux; whatever else is there is shown in full.
            ", ".join(str(platform).removeprefix("linux/") for platform in sorted(entry.known.manifests)),
            entry.known.tagged[:_COMMIT],
            entry.status.value,
        )
        for entry in listing.entries
    ]
    notes = [f"{entry.known.version} is {entry.status}: {entry.why}" for entry in listing.entries if entry.why]
    older = [f"{counted(listing.older, 'older version')} not shown: add --all"] if listing.older else []
    columns = ("version", "date", "digest", "platforms", "git tag", "state")
    return Table(f"Versions of {listing.image}", columns, rows, [*notes, *older, *listing.notes])


def listing_data(listing: Listing) -> dict[str, object]:
    """The same as data."""
    return {
        "image": listing.image,
        "versions": [
            {
                "version": entry.known.version,
                "date": entry.date,
                "digest": entry.known.digest,
                "commit": entry.known.published.revision if entry.known.published else "",
                "platforms": {str(platform): digest for platform, digest in sorted(entry.known.manifests.items())},
                "git_tag": entry.known.git_tag if entry.known.tagged else "",
                "git_tag_commit": entry.known.tagged,
                "state": entry.status.value,
                "why": entry.why,
            }
            for entry in listing.entries
        ],
        "older": listing.older,
        "notes": list(listing.notes),
    }


def doctor_table(lines: Sequence[Line]) -> Table:
    """One row a line of the doctor's report."""
    rows = [(line.name, line.status.value, line.found, line.remedy) for line in lines]
    return Table("Doctor", ("what", "status", "found", "remedy"), rows)


def doctor_data(lines: Sequence[Line]) -> dict[str, object]:
    """The same as data."""
    return {
        "lines": [
            {"name": line.name, "status": line.status.value, "found": line.found, "remedy": line.remedy}
            for line in lines
        ]
    }


def released_table(released: Released, *, before: bool = False) -> Table:
    """The published index and its manifests, whether by this run or before it."""
    rows = [("index", short(released.reference.digest))]
    rows += [(str(platform), short(digest)) for platform, digest in released.manifests.items()]
    if not before:
        rows.append(("took", f"{released.seconds:.1f} s"))
    return Table("Published before; nothing was left to do" if before else "Published", ("what", "digest"), rows)


def config_table(resolved: Resolved) -> Table:
    """One row an option."""
    rows = [(option.key, _value(resolved, option), resolved.origins[option.key]) for option in OPTIONS]
    return Table("Settings", ("key", "value", "from"), rows)


def config_data(resolved: Resolved) -> dict[str, object]:
    """The same as data, each value in the form that a settings file takes."""
    return {
        option.key: {
            "value": _plain(_shown(resolved, option), is_mapping=option.kind.schema["type"] == "object"),
            "from": resolved.origins[option.key],
        }
        for option in OPTIONS
    }


def _plain(value: object, *, is_mapping: bool) -> object:
    if isinstance(value, tuple):
        return (
            {str(key): each for key, each in value}
            if is_mapping
            else [_plain(each, is_mapping=False) for each in value]
        )
    if isinstance(value, Runners):
        return value.data
    if isinstance(value, Exchange):
        return value.data
    # A platform and a choice are strings there.
    return value if isinstance(value, bool | int | float) else str(value)


def _shown(resolved: Resolved, option: Option) -> object:
    """The value of an option without secrets."""
    value = getattr(resolved.settings, option.name)
    if isinstance(value, str):
        return without_logins(value)
    return masked(value) if option.is_secret else value


def _value(resolved: Resolved, option: Option) -> str:
    value = _shown(resolved, option)
    if isinstance(value, tuple):
        return ", ".join("=".join(map(str, each)) if isinstance(each, tuple) else str(each) for each in value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).lower() if isinstance(value, bool) else str(value)
