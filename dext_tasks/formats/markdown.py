"""Markdown as HTML that a label may hold (see ``formats.html``), and as plain lines."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import category

from dext_tasks.formats.addresses import WEB_SCHEMES, scheme

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from markdown_it.token import Token


def to_html(text: str) -> str:
    """The HTML of a text in CommonMark.

    HTML in it becomes text, comments disappear, as do pictures and the targets of links that are not addresses in the
    web: a desktop has none of the files that they are relative to.
    """
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "xhtmlOut": False})
    tokens = parser.parse(_without_comments(text))
    for token in tokens:
        if token.children is not None:
            token.children = list(_harmless(token.children))
    made: str = parser.renderer.render(tokens, parser.options, {})
    return made.strip()


def _harmless(tokens: Iterable[Token]) -> Iterator[Token]:
    """What is inside of a paragraph, without links that lead nowhere, and with the text of pictures in their place."""
    are_kept: list[bool] = []
    for token in tokens:
        if token.type == "image":
            yield from _harmless(token.children or ())
        elif token.type == "link_open":
            are_kept.append(scheme(str(token.attrGet("href") or "")) in WEB_SCHEMES)
            if are_kept[-1]:
                yield token
        elif token.type != "link_close" or are_kept.pop():
            yield token


def _without_comments(text: str) -> str:
    # Not by a pattern, which would look for the end of each comment that has none to the end of the text.
    parts = []
    rest = text
    while True:
        before, begin, behind = rest.partition("<!--")
        parts.append(before)
        _, end, rest = behind.partition("-->")
        if not end:
            return "".join([*parts, begin, behind])


def to_lines(text: str) -> str:
    """A text in Markdown for where a line that begins with # is a comment, and one with dashes ends the text.

    That is the message of a git tag: https://git-scm.com/docs/git-tag#Documentation/git-tag.txt---cleanupltmodegt, and
    git finds a signature by such a line. Control characters are left out: git ends the message at a NUL.
    """
    return "\n".join(_plain_line(line) for line in text.splitlines())


def is_control(char: str) -> bool:
    """Whether a character is neither text nor the white space of one."""
    return category(char) == "Cc" and not char.isspace()


def _plain_line(line: str) -> str:
    line = "".join(char for char in line if not is_control(char))
    if line.startswith("#"):
        title = line.strip("# \t")
        line = f"{title}:" if title else ""
    return f" {line}" if line.startswith("-----BEGIN") else line.rstrip()
