"""The file that a finding is in, where it is a file of the project as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.fixes.edit import Choice
from dext_tasks.checks.fixes.rewriting import rewritten
from dext_tasks.formats.compose import PLUGIN_IMAGE
from dext_tasks.sources.source import NotOfferedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dext_tasks.checks.fixes.edit import EditedTree, Fix, Proposal
    from dext_tasks.checks.rule import Finding
    from dext_tasks.formats.oci.reference import Reference
    from dext_tasks.sources.facts import Document

# What somebody still reads before choosing.
_MOST_OPTIONS = 9


def content_of(finding: Finding, documents: Iterable[Document], tree: EditedTree) -> bytes:
    """What the document says that a finding is in.

    Raises:
        NotOfferedError: The content is not a file of the project, for example a heredoc in the Dockerfile.
    """
    for document in documents:
        if document.place.file == finding.place.file and document.content is not None:
            content = tree.read(finding.place.file)
            if content == document.content:
                return content
    raise NotOfferedError("the content is not a file of the project")


def answer(finding: Finding, what: str, before: bytes, after: bytes) -> Fix | None:
    """The one right answer: the finding's file as it is to be; None if it is that already."""
    return rewritten(finding.rule.code, what, finding.place.file, (before, after))


def choice(finding: Finding, question: str, before: bytes, options: Mapping[str, bytes]) -> Choice | None:
    """Answers, each with the words that it is chosen by; None if there is none, or too many to choose from."""
    fixes = [(what, fix) for what, after in options.items() if (fix := answer(finding, what, before, after))]
    return Choice(finding.rule.code, question, tuple(fixes)) if 0 < len(fixes) <= _MOST_OPTIONS else None


def own_image(finding: Finding, tree: EditedTree, reference: Reference, contents: tuple[bytes, bytes]) -> Proposal:
    """The variable for the extension's own image; what only looks like that may be another one.

    Args:
        finding: What names the image.
        tree: The project.
        reference: The image.
        contents: Before and after.
    """
    what = f"write {PLUGIN_IMAGE} for the extension's own image"
    try:
        is_own = reference.name == tree.source.own_image.name
    except NotOfferedError:
        is_own = False
    if is_own:
        return answer(finding, what, *contents)
    return choice(finding, f"is {reference} the extension's own image?", contents[0], {f"yes: {what}": contents[1]})
