"""One source for the tests of rules: it offers what it is given, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack

from dext_tasks.checks.catalogue import RULES
from dext_tasks.checks.run import optional_rules
from dext_tasks.extension import labels
from dext_tasks.formats.dockerfile import document as dockerfile
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.sources.facts import (
    DockerfileFacet,
    Document,
    FileFact,
    FileKind,
    FileSet,
    LabelSet,
    Place,
    PlatformSet,
    Web,
)
from dext_tasks.sources.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dext_tasks.checks.rule import Problem
    from dext_tasks.formats.oci.reference import Reference
    from dext_tasks.sources.facts import Refusal, Sourced
    from dext_tasks.sources.origin import OriginKind

AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64")
BY_CODE: Final = {rule.code: rule for rule in (*RULES, *optional_rules())}


class Facets(TypedDict, total=False):
    """What a source can offer; see Source."""

    name: str
    silence: str
    network: Web | None
    version: str
    labels: Sequence[LabelSet]
    dockerfile: DockerfileFacet
    declared: frozenset[str]
    documents: Sequence[Document]
    files: Sequence[FileSet]
    compose: Sequence[Document]
    scripts: Sequence[Document]
    packages: Sequence[Document]
    own_image: Reference
    changelog: Document
    platforms: PlatformSet
    tag: str
    tags: frozenset[str]
    refusal: Refusal | None
    origins: Callable[[str], Sequence[Sourced]]
    absence: Callable[[str, Sourced, OriginKind], str]


class FakeSource(Source):
    """A source that offers these facets; of others it raises NotOfferedError."""

    def __init__(self, **facets: Unpack[Facets]) -> None:
        self.facets = facets

    def __getattribute__(self, name: str) -> object:
        facets = object.__getattribute__(self, "__dict__").get("facets", {})
        return facets[name] if name in facets else object.__getattribute__(self, name)


def problems(code: str, source: Source) -> list[Problem]:
    """What a rule finds."""
    return list(BY_CODE[code].ask(source))


def whats(code: str, source: Source) -> list[str]:
    """The same, in words."""
    return [problem.what for problem in problems(code, source)]


def found(code: str, source: Source) -> list[tuple[str, str]]:
    """The same, each with its place."""
    return [(problem.what, str(problem.place)) for problem in problems(code, source)]


def metadata(data: object, indent: int | None = None) -> Document:
    """A metadata.json: None for none, bytes as they are, everything else as JSON."""
    content = data if data is None or isinstance(data, bytes) else json.dumps(data, indent=indent).encode()
    return Document(content, Place(file="metadata.json"))


def compose(text: str | bytes | None) -> Document:
    """A compose file; None for none."""
    return Document(text.encode() if isinstance(text, str) else text, Place(file="compose.yaml"))


def in_dockerfile(values: Mapping[str, str], line: int = 0, **more: Any) -> LabelSet:  # noqa: ANN401 - of LabelSet
    """Labels of a Dockerfile, at this line if each has a place of its own."""
    places = {key: Place(file="Dockerfile", line=line, label=key) for key in values} if line else {}
    return LabelSet(None, values, Place(file="Dockerfile", line=1), places, **more)


def in_images(values: Mapping[str, str]) -> list[LabelSet]:
    """Labels of the image of each platform."""
    return [LabelSet(platform, values, Place(platform=platform), {}) for platform in REQUIRED]


def built_by(text: str, target: str = "") -> FakeSource:
    """A source tree with this Dockerfile, and the labels that it sets."""
    facet = DockerfileFacet(dockerfile.parse(text), target, "Dockerfile")
    set_ = facet.document.effective(target or None)
    places = {key: Place(file="Dockerfile", line=label.line, label=key) for key, label in set_.items()}
    labels = LabelSet(None, facet.document.labels(target or None), Place(file="Dockerfile"), places)
    return FakeSource(dockerfile=facet, labels=[labels], declared=frozenset(facet.document.labels()))


def file_set(
    data: object,
    facts: Mapping[str, FileFact] | None = None,
    contents: Mapping[str, bytes] | None = None,
    platform: Platform = ARM64,
) -> FileSet:
    """The files of an image; those with contents need no facts.

    Args:
        data: metadata.json, as above.
        facts: By absolute path.
        contents: Of files, by absolute path.
        platform: Of the image.
    """
    held = contents or {}
    known = {path: FileFact(FileKind.FILE, 0o755, len(content)) for path, content in held.items()} | dict(facts or {})
    return FileSet(platform, metadata(data).content, known, lambda path, most: held.get(path, b"")[:most])


def filed(
    metadata: object, facts: dict[str, FileFact] | None = None, contents: dict[str, bytes] | None = None
) -> FakeSource:
    """An image for arm64 with these files; contents are given for what is read, with facts or without."""
    return FakeSource(
        files=[replace(file_set(metadata, facts), read=lambda path, most: (contents or {}).get(path, b"")[:most])]
    )


def found_in_image(
    code: str,
    metadata: dict[str, Any],
    facts: dict[str, FileFact] | None = None,
    contents: dict[str, bytes] | None = None,
) -> list[tuple[str, str]]:
    """What is found in such an image, each with its path."""
    problems = list(BY_CODE[code].ask(filed(metadata, facts, contents)))
    assert all(problem.place == Place(path=problem.place.path, platform=ARM64) for problem in problems)
    return [(problem.what, problem.place.path) for problem in problems]


def fact(mode: int, kind: FileKind = FileKind.FILE) -> FileFact:
    """A path with this mode."""
    return FileFact(kind, mode, 1)


GOOD_LABELS = {
    labels.TITLE: "Demo",
    labels.DESCRIPTION: "Shows something.",
    labels.VENDOR: "Acme",
    labels.API_VERSION: ">= 0.3.4",
    labels.ICON: "https://example.com/icon.svg",
    labels.SCREENSHOTS: '[{"alt":"One","url":"https://example.com/1.png"}]',
    labels.ADDITIONAL_URLS: '[{"title":"Docs","url":"https://example.com/docs"}]',
    labels.DETAILED_DESCRIPTION: "  <p>More</p>  ",
    labels.PUBLISHER_URL: "https://example.com",
    labels.CHANGELOG: "<p>${not a variable} $HOME</p>",
    labels.CATEGORIES: "kubernetes,security",
    labels.ACCOUNT_INFO: "required",
}


def labelled(values: dict[str, str], text: str = "", **more: Any) -> FakeSource:  # noqa: ANN401 - of LabelSet
    """A Dockerfile with these labels in line 9, and with this text if the rules are to read it."""
    labels_ = [in_dockerfile(values, 9, **more)]
    if not text:
        return FakeSource(labels=labels_)
    return FakeSource(labels=labels_, dockerfile=DockerfileFacet(dockerfile.parse(text), "", "Dockerfile"))


def judged(code: str, **values: str) -> list[str]:
    """What is found where good labels are changed, by names in extension/labels.py."""
    changed = {getattr(labels, name): value for name, value in values.items()}
    return [problem.what for problem in BY_CODE[code].ask(labelled(GOOD_LABELS | changed))]
