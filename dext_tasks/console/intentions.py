"""What a verb would do, for a dry run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.console.table_layout import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dext_tasks.engine.build_request import BuildRequest
    from dext_tasks.formats.oci.platform import Platform

NOTHING_CHANGED = "dry run: nothing was changed"


def build_intention(requests: Sequence[BuildRequest], contexts: Mapping[Platform, str]) -> Table:
    """One row a platform that would be built, with the docker context that it has."""
    rows = [
        (
            _located(each.platform, contexts),
            each.dockerfile.name,
            each.target or "the last one",
            _names(each) or "none",
            each.tag,
        )
        for each in requests
    ]
    return Table("Would build", ("platform", "from", "stage", "build arguments", "reference"), rows)


def build_intention_data(requests: Sequence[BuildRequest], contexts: Mapping[Platform, str]) -> list[dict[str, object]]:
    """The same as data; values of build arguments are left out, as everywhere."""
    return [
        {
            "platform": str(each.platform),
            "context": contexts.get(each.platform, ""),
            "dockerfile": str(each.dockerfile),
            "target": each.target,
            "build_args": [name for name, _ in each.args],
            "reference": each.tag,
        }
        for each in requests
    ]


def _located(platform: Platform, contexts: Mapping[Platform, str]) -> str:
    return f"{platform} in {contexts[platform]}" if platform in contexts else str(platform)


def _names(each: BuildRequest) -> str:
    return ", ".join(name for name, _ in each.args)


def smoke_intention(images: Mapping[Platform, str], probes: Sequence[str], contexts: Mapping[Platform, str]) -> Table:
    """One row a platform that would be tested, with the docker context that it has."""
    rows = [(_located(platform, contexts), reference) for platform, reference in images.items()]
    return Table("Would test", ("platform", "reference"), rows, notes=[f"on each: {', '.join(probes)}"])


def smoke_intention_data(
    images: Mapping[Platform, str],
    probes: Sequence[str],
    built: Sequence[BuildRequest],
    files: Sequence[Path],
    contexts: Mapping[Platform, str],
) -> dict[str, object]:
    """The same as data, with what would be built before and written after."""
    return {
        "dry_run": True,
        "build": build_intention_data(built, contexts),
        "platforms": [
            {
                "platform": str(platform),
                "context": contexts.get(platform, ""),
                "reference": reference,
                "probes": list(probes),
            }
            for platform, reference in images.items()
        ],
        "files": [str(file) for file in files],
    }
