"""The difference between two states of files."""

from __future__ import annotations

import pytest

from dext_tasks.checks.fixing import Change
from dext_tasks.console.diff import diff_lines


def shown(before: bytes, after: bytes, width: int = 0) -> list[str]:
    return [line.text for line in diff_lines([Change("a b", before, after)], width)][3:]


def test_what_differs_has_colours() -> None:
    lines = list(diff_lines([Change("x", b"1\n2\n", b"1\n3\n")]))
    assert [(line.text, line.style) for line in lines] == [
        ("diff --git a/x b/x", "dim"),
        ("--- a/x", "dim"),
        ("+++ b/x", "dim"),
        ("@@ -1,2 +1,2 @@", "cyan"),
        (" 1", ""),
        ("-2", "red"),
        ("+3", "green"),
    ]


def test_a_file_that_is_made_executable() -> None:
    assert [line.text for line in diff_lines([Change("x", b"1\n", b"1\n", runs=True)])] == [
        "diff --git a/x b/x",
        "old mode 100644",
        "new mode 100755",
    ]


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (b"1\r\n2\r\n", b"1\r\n3\r\n", [" 1", "-2", "+3"]),
        (b"1\r\n", b"1\n", ["-1^M", "+1"]),
        (b"1", b"1\n", ["-1", "\\ No newline at end of file", "+1"]),
        (b"-- x\n", b"++ x\n", ["--- x", "+++ x"]),
        (b"a\x0cb\n", b"a\x0cc\n", ["-a\x0cb", "+a\x0cc"]),
        (b"\xff\n", b"\xfe\n", ["-\\xff", "+\\xfe"]),
    ],
)
def test_lines_end_with_a_line_feed_alone(before: bytes, after: bytes, lines: list[str]) -> None:
    assert shown(before, after)[1:] == lines


def test_a_long_line_is_cut_around_what_differs() -> None:
    before, after = (b"x" * 300 + each + b"y" * 300 for each in (b"one", b"two"))
    removed, no_end, added, _ = shown(before, after, 80)[1:]
    assert no_end == "\\ No newline at end of file"
    assert removed.startswith("-…xxx")
    assert "one" in removed
    assert "two" in added
    assert {len(removed), len(added)} == {80}


def test_what_is_long_and_does_not_differ_is_cut_at_its_end() -> None:
    assert shown(b"x" * 300 + b"\n1\n", b"x" * 300 + b"\n2\n", 80)[1] == " " + "x" * 78 + "…"
