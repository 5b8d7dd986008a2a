"""Which image an extension is published as, from all that names one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dext_tasks.formats.docker_command import DockerVerb
from dext_tasks.formats.oci.reference import DOCKER_HUB, Reference
from dext_tasks.scaffold.adoption.found import KnownValue, Unclear

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dext_tasks.scaffold.adoption.evidence import Evidence
    from dext_tasks.scaffold.adoption.found import ValueOrigin

_QUESTION: Final = "Which image is the extension published as?"


def image_of(builds: Sequence[Evidence], named: Sequence[Evidence]) -> KnownValue[str] | Unclear:
    """The image that everything names, or what is named.

    Args:
        builds: What builds the extension.
        named: Whatever may name its image.
    """
    found: dict[str, list[ValueOrigin]] = {}
    computed: dict[str, ValueOrigin] = {}
    for each in _ordered(builds, named):
        for name, reasons in each.images():
            if reasons:
                computed.setdefault(f"{each.origin.file}:{each.origin.line} names it {name}", each.origin)
            elif each.origin not in found.setdefault(name, []):
                found[name].append(each.origin)
    full = {name: origins for name, origins in found.items() if _is_published(name)}
    candidates = tuple(KnownValue(name, tuple(origins)) for name, origins in (full or found).items())
    if len(full) == 1 and not computed:
        return candidates[0]
    return Unclear(_QUESTION, candidates, _why(full, found, tuple(computed)))


def _why(full: dict[str, list[ValueOrigin]], found: dict[str, list[ValueOrigin]], computed: tuple[str, ...]) -> str:
    if computed:
        return f"{computed[0]}, which only running it would show"
    if full:
        return f"{len(full)} images are named, and nothing prefers one"
    if found:
        return f"{next(iter(found))} names no organisation, and is an image of this machine"
    return "nothing in the repository names one"


def _ordered(builds: Sequence[Evidence], named: Iterable[Evidence]) -> list[Evidence]:
    """What counts, the most telling first: builds that push, other builds, and the rest."""
    others = [each for each in named if each.command.verb is not DockerVerb.BUILD]
    return [*sorted(builds, key=lambda each: not each.command.is_pushed), *others]


def _is_published(name: str) -> bool:
    reference = Reference.parse(name)
    return reference.registry != DOCKER_HUB or not reference.repository.startswith("library/")
