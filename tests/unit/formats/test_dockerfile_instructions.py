from __future__ import annotations

import pytest

from dext_tasks.formats.dockerfile.instructions import Instruction, read
from dext_tasks.formats.dockerfile.lines import LineReader


def instructions(source: str) -> list[Instruction]:
    return list(read(LineReader(source)))


@pytest.mark.parametrize(
    ("line", "keyword", "flags", "text"),
    [
        ("FROM scratch", "FROM", (), "scratch"),
        ("from\tscratch", "FROM", (), "scratch"),
        ("  LaBeL   a=b  ", "LABEL", (), "a=b"),
        ("LABEL", "LABEL", (), ""),
        ("LABEL \xa0", "LABEL", (), ""),
        ("LABEL\xa0", "LABEL", (), ""),
        ("LABEL\xa0a=b", "LABEL\xa0A=B", (), ""),
        ("LABEL\u3000 a=b", "LABEL\u3000", (), "a=b"),
        ("LABEL \xa0a=b\xa0", "LABEL", (), "a=b"),
        ("FROM --platform=$X scratch AS y", "FROM", ("--platform=$X",), "scratch AS y"),
        ("COPY --from=a --chown=1:1 a b", "COPY", ("--from=a", "--chown=1:1"), "a b"),
        ('RUN --mount=type="x y" ls', "RUN", ("--mount=type=x y",), "ls"),
        ("RUN --a\\ b ls", "RUN", ("--a b",), "ls"),
        ("RUN --a -- --b ls", "RUN", ("--a",), "--b ls"),
        ("RUN -x --y", "RUN", (), "-x --y"),
        ("RUN --x", "RUN", ("--x",), ""),
        ("RUN --", "RUN", (), ""),
        ('RUN --x="open a', "RUN", ("--x=open a",), ""),
        ("RUN ls --all", "RUN", (), "ls --all"),
    ],
)
def test_a_line_is_taken_apart(line: str, keyword: str, flags: tuple[str, ...], text: str) -> None:
    (instruction,) = instructions(line)
    assert (instruction.keyword, instruction.flags, instruction.text) == (keyword, flags, text)


def test_lines_are_counted_from_one() -> None:
    source = "# c\nFROM scratch\n\nLABEL a=b \\\n  c=d\nRUN <<E\nx\nE\n"
    assert [(entry.line, entry.end_line) for entry in instructions(source)] == [(2, 2), (4, 5), (6, 8)]


def test_a_continuation_before_the_keyword_counts() -> None:
    (instruction,) = instructions("\\\nLABEL a=b")
    assert (instruction.line, instruction.keyword, instruction.line_at(0)) == (1, "LABEL", 2)


def test_offsets_lead_to_physical_lines() -> None:
    (instruction,) = instructions("  LABEL \\\n# c\n  a=b \\\n\n  c=d")
    assert [instruction.line_at(instruction.text.index(key)) for key in ("a=b", "c=d")] == [3, 5]


def test_offsets_lead_to_physical_lines_behind_flags() -> None:
    (instruction,) = instructions("COPY --from=x \\\n  a \\\n  b")
    assert [instruction.line_at(instruction.text.index(word)) for word in "ab"] == [2, 3]


def test_a_flag_is_found_by_name() -> None:
    (instruction,) = instructions("COPY --from=x --chown=1 --chown=2 a b")
    assert [instruction.flag(name) for name in ("from", "chown", "chmod")] == ["x", "1", ""]


def test_the_trigger_of_an_onbuild() -> None:
    (instruction,) = instructions("# escape=`\nONBUILD `\n  LABEL a=b `\n c=d")
    trigger = instruction.trigger
    assert (trigger.keyword, trigger.text, trigger.escape) == ("LABEL", "a=b  c=d", "\\")
    assert (trigger.line, trigger.end_line, trigger.line_at(trigger.text.index("c"))) == (3, 4, 4)


def test_a_character_is_found_in_the_file() -> None:
    (instruction,) = instructions("  LABEL a=1 \\\r\n# mine\n   b=2")
    assert instruction.position_at(0) == (1, 8)
    assert instruction.position_at(instruction.text.index("b")) == (3, 3)
    assert instruction.position_at(-1) == (1, 7)


@pytest.mark.parametrize(
    ("line", "span"),
    [
        ("FROM --platform=$X scratch", "--platform=$X"),
        ("FROM \t--platform='a b'\tscratch AS --platform=y", "--platform='a b'"),
        ("COPY --from=a --platform=b /x /y", "--platform=b"),
        ("FROM scratch --platform=x", None),
        ("FROM --platform scratch", None),
    ],
)
def test_a_flag_is_found_where_it_is_written(line: str, span: str | None) -> None:
    (instruction,) = instructions(line)
    found = instruction.flag_span("platform")
    written = None
    if found:
        written = line[instruction.position_at(found[0]).column : instruction.position_at(found[1]).column]
    assert written == span
