from __future__ import annotations

import pytest

from dext_tasks.formats.dockerfile.ignored import Ignored, PatternFault


@pytest.mark.parametrize(
    ("content", "path", "line"),
    [
        ("", "a", 0),
        ("a", "a", 1),
        ("a", "a/b/c", 1),
        ("a", "b/a", 0),
        ("/a", "a", 1),
        ("./a/", "a/b", 1),
        ("  a  ", "a", 1),
        ("b/../a", "a", 1),
        ("# a\na", "a", 2),
        ("#a", "#a", 0),
        (" #a", "#a", 1),
        ("a # b", "a", 0),
        ("\ufeffa", "a", 1),
        ("a\r\nb\r\n", "b", 2),
        ("*", "a", 1),
        ("*", "a/b", 1),
        ("*.js", "ui/x.js", 0),
        ("**/*.js", "ui/x.js", 1),
        ("a/*", "a/b", 1),
        ("a/*", "a", 0),
        ("a?", "ab", 1),
        ("[ab]", "b", 1),
        ("node_modules", "ui/node_modules/x", 0),
        ("**/node_modules", "ui/node_modules/x", 1),
        ("ui/**", "ui/a/b", 1),
        ("ui/**", "ui", 0),
        # Exceptions: the last pattern that says something counts.
        ("a\n!a", "a", 0),
        ("!a\na", "a", 2),
        ("*\n!a", "a", 0),
        ("*\n!a", "a/b", 0),
        ("*\n!a", "b", 1),
        ("*\n!a/b", "a/b", 0),
        ("*\n!a/b", "a/c", 1),
        ("a\n!a/b\na/b/c", "a/b/c", 3),
        ("**/*.md\n!README.md", "README.md", 0),
        ("**/*.md\n!README.md", "docs/README.md", 1),
        ("*\n! a", "a", 0),
        ("*\n!/a/", "a/b", 0),
        ("*\n!**/x", "a/x", 0),
    ],
)
def test_what_is_left_out(content: str, path: str, line: int) -> None:
    # Each of these was tried with BuildKit 0.13, too: tests/engine/test_context.py tries as many others.
    assert Ignored(content.encode()).leaves_out(path) == line


@pytest.mark.parametrize(
    ("content", "line"),
    [("!", 1), ("a\n! ", 2), ("!/", 1), ("[", 1), ("a\n\n[a-]", 3), ("a[]]", 1), ("a\\", 1), ("[a-", 1), ("[b-a]", 1)],
)
def test_a_pattern_that_buildkit_refuses(content: str, line: int) -> None:
    fault = Ignored(content.encode()).fault
    assert fault is not None
    assert fault.line == line
    assert fault.what.startswith("the pattern '")


def test_a_range_may_be_of_one_character() -> None:
    assert Ignored(b"[a-a]\n").fault is None


def test_a_path_that_is_absolute_is_looked_up_to_its_end() -> None:
    assert Ignored(b"a\n").leaves_out("//a") == 0


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        # What `echo ui > .dockerignore` makes in Windows PowerShell 5; BuildKit takes it, and sends ui.
        (
            "\ufeffui\n".encode("utf-16-le"),
            PatternFault("the pattern '��u\\x00i\\x00' is not valid: it is not UTF-8, and leaves nothing out", 1),
        ),
        (
            "ui\n".encode("utf-16-le"),
            PatternFault(r"the pattern 'u\x00i\x00' is not valid: it has the control character \x00", 1),
        ),
        (b"a\nb\tc\n", PatternFault("the pattern 'b c' is not valid: it has the control character \\t", 2)),
        ("# \0\nü\r\n".encode(), None),
    ],
)
def test_what_is_not_text_is_a_fault(content: bytes, fault: PatternFault | None) -> None:
    ignored = Ignored(content)
    assert ignored.fault == fault
    assert ignored.leaves_out("ui") == 0


@pytest.mark.parametrize(("content", "has"), [("a", False), ("a\n!b", True), ("!b", True), ("", False)])
def test_exceptions_are_known(content: str, *, has: bool) -> None:
    assert Ignored(content.encode()).has_exceptions is has
