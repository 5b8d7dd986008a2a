"""Values of labels with their places, and what is wrong with those in JSON, as rules ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dext_tasks.checks.rule import Problem
from dext_tasks.extension.label_json import TEXT_KEYS, LabelJsonFault, parse
from dext_tasks.sources.source import PartNotOfferedError
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dext_tasks.sources.facts import LabelSet, Place
    from dext_tasks.sources.source import Source

# Codes of the rules that what a desktop finds of a required label is one fault with.
MISSING: Final = "label-missing"
EMPTY: Final = "label-empty"
# For these Docker's validator refuses a label.
BREAKING: Final = frozenset({LabelJsonFault.SYNTAX, LabelJsonFault.TYPE, LabelJsonFault.MISSING_KEY})


def values_of(source: Source, keys: Iterable[str]) -> Iterator[tuple[str, str, Place]]:
    """Key, value and place of each of these labels that says something; blank ones are another rule's finding.

    Raises:
        PartNotOfferedError: After all that are known: the value of one depends on what a build is given.
    """
    wanted = tuple(keys)
    for labels in source.labels:
        for key in wanted:
            value = labels.values.get(key, "")
            if value.strip() and key not in labels.unknown:
                yield key, value, labels.place_of(key)
    require_known(source.labels, wanted)


def require_known(found: Iterable[LabelSet], keys: Iterable[str]) -> None:
    """Require that no value of these labels depends on what a build is given.

    Raises:
        PartNotOfferedError: It does; unknown is neither empty nor fine.
    """
    wanted = tuple(keys)
    for labels in found:
        for key in wanted:
            if key in labels.unknown:
                names = " and ".join(excerpt(name, 40) for name in labels.unknown[key])
                raise PartNotOfferedError(f"label {key} takes {names}, which only the build may give a value")


def json_mistakes(source: Source, label: str, faults: frozenset[LabelJsonFault]) -> Iterator[Problem]:
    """Mistakes of these kinds in a label that is a JSON array of objects."""
    for key, value, place in values_of(source, [label]):
        for mistake in parse(value, TEXT_KEYS[key]).mistakes:
            if mistake.fault in faults:
                yield Problem(str(mistake), place, fix=mistake.fix)
