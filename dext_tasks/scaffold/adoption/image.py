"""Which image an extension is published as, from all that names one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dext_tasks.formats.docker_command import DockerVerb
from dext_tasks.formats.oci.reference import DOCKER_HUB, Reference
from dext_tasks.redaction import without_secrets
from dext_tasks.scaffold.adoption.found import KnownValue, Unclear, ValueOrigin

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dext_tasks.scaffold.adoption.evidence import Evidence, NamedImage

_QUESTION: Final = "Which image is the extension published as?"


class ImageNames:
    """The images that are named for one extension.

    Args:
        builds: What builds the extension.
        named: What else may name its image.
        foreign: Images that are built from something else.
    """

    def __init__(self, builds: Sequence[Evidence], named: Iterable[Evidence], foreign: frozenset[str]) -> None:
        self._found: dict[str, list[ValueOrigin]] = {}
        self._computed: list[tuple[NamedImage, ValueOrigin]] = []
        pushed_first = sorted(builds, key=lambda each: not each.command.is_pushed)
        for each in (*pushed_first, *(one for one in named if one.command.verb is not DockerVerb.BUILD)):
            for image in each.images():
                if image.reasons:
                    self._computed.append((image, each.origin))
                elif image.name not in foreign:
                    origins = self._found.setdefault(image.name, [])
                    origins += [] if each.origin in origins else [each.origin]

    def chosen(self, repository: str) -> KnownValue[str] | Unclear:
        """The one image that all agree on, or what to ask.

        Args:
            repository: Where the repository is hosted; empty if that is not known.
        """
        full = {name: origins for name, origins in self._found.items() if _is_published(name)}
        names = tuple(KnownValue(name, tuple(origins)) for name, origins in full.items())
        # What is computed may well be what is written elsewhere.
        others = [each for each in self._computed if not any(each[0].may_be(name) for name in full)]
        if len(full) == 1 and not others:
            return names[0]
        if not names:
            names = tuple(KnownValue(name, tuple(origins)) for name, origins in self._found.items())
        hosted = _hosted(repository, full, [each[0] for each in others])
        return Unclear(_QUESTION, (*names, *hosted), self._why(full, others))

    def _why(self, full: dict[str, list[ValueOrigin]], others: list[tuple[NamedImage, ValueOrigin]]) -> str:
        if others:
            image, origin = others[0]
            reason = without_secrets(image.reasons[0])
            return f"{origin.file}:{origin.line} names it {image.name}, which depends on {reason}"
        if full:
            places = " and ".join(f"{name} by {origins[0].file}:{origins[0].line}" for name, origins in full.items())
            return f"different images are named: {places}"
        if self._found:
            name, origins = next(iter(self._found.items()))
            return f"{origins[0].file}:{origins[0].line} names it {name}, without the organisation that publishes it"
        return "nothing in the repository names it"


def _is_published(name: str) -> bool:
    reference = Reference.parse(name)
    return reference.registry not in {DOCKER_HUB, "localhost"} or not reference.repository.startswith("library/")


def _fits(image: NamedImage, name: str) -> bool:
    """Whether what is known of a computed name speaks for a name, or nothing is known of it."""
    return not image.name.strip("…") or image.may_be(name)


def _hosted(repository: str, known: Iterable[str], computed: Sequence[NamedImage]) -> tuple[KnownValue[str], ...]:
    """An image of the repository's own name, as many are called so, in the registry that what is computed names."""
    name = "/".join(repository.lower().split("/")[-2:]) if repository.count("/") > 3 else ""  # noqa: PLR2004 - https://host/owner/name
    registry = computed[0].name.partition("/")[0] if computed else ""
    if name and "." in registry and "…" not in registry:
        name = f"{registry}/{name}"
    if not name or name in known or not all(_fits(each, name) for each in computed):
        return ()
    return (KnownValue(name, (ValueOrigin("", 0, f"the repository {repository}"),)),)
