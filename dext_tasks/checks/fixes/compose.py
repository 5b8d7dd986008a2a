"""What to do about findings in the compose file."""

from __future__ import annotations

import re
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, Final

from dext_tasks.checks.evidence import compose_documents
from dext_tasks.checks.fixes.documents import answer, choice, content_of, own_image
from dext_tasks.checks.fixes.edit import fixer
from dext_tasks.errors import OutsideProjectError
from dext_tasks.formats.compose import PLUGIN_IMAGE, images
from dext_tasks.formats.compose.tree import Mapping, Scalar, read
from dext_tasks.formats.editing import UneditableError
from dext_tasks.formats.yaml_editing import exchanged, removed, replaced
from dext_tasks.limits import LARGEST_DOCUMENT, LARGEST_SCRIPTS
from dext_tasks.project_files import read_inside
from dext_tasks.sources.source import NotOfferedError
from dext_tasks.sources.tree_files import TreeFiles
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dext_tasks.checks.fixes.edit import EditedTree, Proposal
    from dext_tasks.checks.rule import Finding
    from dext_tasks.formats.compose.model import ComposeText, Service
    from dext_tasks.formats.compose.tree import Value
    from dext_tasks.sources.tree import TreeSource

# In more files a name is not looked for.
_MOST_FILES: Final = 2000
_SERVICES: Final = "services"
# What of build: decides which image it makes, and is told in the settings, too.
_BUILD_KEYS: Final = frozenset({"context", "dockerfile", "target"})


def _content(finding: Finding, tree: EditedTree) -> bytes:
    return content_of(finding, tree.source.compose, tree)


def _service(finding: Finding, source: TreeSource, part: str) -> Service | None:
    """The service that a finding is about, by the line of one of its parts."""
    for service in _services_of(finding, source):
        found: ComposeText | None = getattr(service, part)
        if found and found.line == finding.place.line:
            return service
    return None


def _services_of(finding: Finding, source: TreeSource) -> Iterator[Service]:
    """Those of the compose file that a finding is in."""
    for document, compose in compose_documents(source):
        if document.place.file == finding.place.file:
            yield from compose.services


@fixer("compose-own-image-hardcoded")
def _own_image_hardcoded(finding: Finding, tree: EditedTree) -> Proposal:
    before = _content(finding, tree)
    service = _service(finding, tree.source, "image")
    reference = images.reference(service.image.value) if service and service.image else None
    if service is None or service.image is None or reference is None:
        return None
    after = before
    try:
        # Once one service runs the extension's own image, nobody asks about the others.
        for each in _services_of(finding, tree.source):
            if each.image and each.image.value == service.image.value:
                after = replaced(after, (_SERVICES, each.name, "image"), PLUGIN_IMAGE)
    except UneditableError:
        return None
    return own_image(finding, tree, reference, (before, after))


@fixer("compose-build-leftover")
def _build_leftover(finding: Finding, tree: EditedTree) -> Proposal:
    before = _content(finding, tree)
    service = _service(finding, tree.source, "build")
    if service is None:
        return None
    what = f"remove build: from {excerpt(service.name)}, which has an image"
    try:
        after = removed(before, (_SERVICES, service.name, "build"))
    except UneditableError:
        return None
    if service.image and PLUGIN_IMAGE[2:-1] in service.image.value:
        return answer(finding, what, before, after)
    if _is_own_build(_value(before, service.name, "build"), finding.place.file, tree):
        return answer(finding, what, before, after)
    # Nothing else may say how that image is built.
    image = excerpt(service.image.value) if service.image else "its image"
    return choice(
        finding, f"is {image} built without this build: of {excerpt(service.name)}?", before, {f"yes: {what}": after}
    )


@fixer("compose-build")
def _build(finding: Finding, tree: EditedTree) -> Proposal:
    """What is built of the extension's own Dockerfile is its image."""
    before = _content(finding, tree)
    service = _service(finding, tree.source, "build")
    if service is None or not _is_own_build(_value(before, service.name, "build"), finding.place.file, tree):
        return None
    what = f"write {PLUGIN_IMAGE} for what is built of the extension's own Dockerfile"
    try:
        after = exchanged(before, (_SERVICES, service.name, "build"), "image", PLUGIN_IMAGE)
    except UneditableError:
        return None
    return answer(finding, what, before, after)


def _value(content: bytes, name: str, part: str) -> Value | None:
    """A part of a service, as written."""
    found: Value | None = read(content)
    for key in (_SERVICES, name, part):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _is_own_build(build: Value | None, file: str, tree: EditedTree) -> bool:
    """Whether a service is built of what the extension's image is built of, from the same folder to the same stage."""
    texts = _texts(build)
    if texts is None or any("$" in each for each in texts.values()):
        return False
    settings = tree.project.settings
    context = normpath(join(dirname(file) or ".", texts.get("context", ".")))
    dockerfile = normpath(join(context, texts.get("dockerfile", "Dockerfile")))
    is_same_stage = texts.get("target", "") == settings.build_target
    return context == "." and is_same_stage and tree.project.root / dockerfile == tree.project.dockerfile


def _texts(build: Value | None) -> dict[str, str] | None:
    """The keys that say what is built; None if there are others, which may make another image."""
    if isinstance(build, Scalar):
        return {"context": build.text}
    if not isinstance(build, Mapping) or not _BUILD_KEYS.issuperset(build.entries):
        return None
    texts = {key: value.text for key, value in build.entries.items() if isinstance(value, Scalar)}
    return texts if len(texts) == len(build.entries) else None


@fixer("compose-container-name")
def _container_name(finding: Finding, tree: EditedTree) -> Proposal:
    """A name that nothing else in the project says is missed by nobody."""
    before = _content(finding, tree)
    service = _service(finding, tree.source, "container_name")
    written = _value(before, service.name, "container_name") if service else None
    if service is None or not isinstance(written, Scalar):
        return None
    name = written.text
    if "$" in name or _is_said_elsewhere(service, name, finding.place.file, tree):
        return None
    what = f"remove the name {excerpt(name)}, which nothing else in the project says"
    try:
        return answer(finding, what, before, removed(before, (_SERVICES, service.name, "container_name")))
    except UneditableError:
        return None


def _is_said_elsewhere(service: Service, name: str, file: str, tree: EditedTree) -> bool:
    """Whether something else in the project may mean the container by its name, or there is too much to know.

    Raises:
        NotOfferedError: A file cannot be read.
    """
    # Programs take a host behind a letter of an option, too: psql -hNAME.
    word = re.compile(rb"(?:(?<![\w.-])|(?<=[\s\"'\[,]-\w))" + re.escape(name.encode()) + rb"(?![\w-])")
    content = tree.read(file)
    # By the name of its service it is still found; once the name is the finding itself.
    is_joined = b"container:" + name.encode() in content
    if is_joined or (name != service.name and sum(1 for _ in word.finditer(content)) > 1):
        return True
    files, left = TreeFiles(tree.project.root), LARGEST_SCRIPTS
    for number, path in enumerate(files.walk()):
        text = b"" if files.relative(path) == file else _beginning(tree.project.root, path)
        left -= len(text)
        if number == _MOST_FILES or left < 0 or word.search(text):
            return True
    return False


def _beginning(root: Path, path: Path) -> bytes:
    try:
        return read_inside(root, path, LARGEST_DOCUMENT)
    except OutsideProjectError:
        return b""
    except (OSError, ValueError) as error:
        raise NotOfferedError(f"{path.name} cannot be read") from error
