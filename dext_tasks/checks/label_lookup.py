"""Values of labels with their places, as rules ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dext_tasks.sources.subject import Place, Subject


def values_of(subject: Subject, keys: Iterable[str]) -> Iterator[tuple[str, str, Place]]:
    """Key, value and place of each of these labels that says something; blank ones are another rule's finding."""
    wanted = tuple(keys)
    for labels in subject.labels:
        for key in wanted:
            value = labels.values.get(key, "")
            if value.strip():
                yield key, value, labels.places.get(key, labels.place)
