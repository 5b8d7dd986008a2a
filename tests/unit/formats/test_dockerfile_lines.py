from __future__ import annotations

import pytest

from dext_tasks.formats.dockerfile.document import parse
from dext_tasks.formats.dockerfile.lines import LineReader, LogicalLine, decoded
from dext_tasks.formats.dockerfile.refusals import DockerfileRefusedError


def logical_lines(source: str) -> list[LogicalLine]:
    reader = LineReader(source)
    found = []
    while (line := reader.logical_line()) is not None:
        found.append(line)
    return found


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("", []),
        ("\n\n", []),
        ("A", ["A"]),
        ("A\n", ["A"]),
        ("A\nB", ["A", "B"]),
        ("  A b  \n", ["A b  "]),
        ("# only\n  # comments\n", []),
        ("A\n# c\nB", ["A", "B"]),
        ("A \\\nb", ["A b"]),
        ("A\\\nb", ["Ab"]),
        ("A \\\n  b", ["A   b"]),
        ("A \\  \t\nb", ["A b"]),
        ("A \\\n\nb", ["A b"]),
        ("A \\\n# c\nb", ["A b"]),
        ("A \\\n   # c \\\n\n \\\nb", ["A  b"]),
        ("A \\", ["A "]),
        ("A \\\n# end", ["A "]),
        ("A \\\\\nB", ["A \\\\", "B"]),
        ("A \\\\\\\nB", ["A \\\\\\", "B"]),
        ("\\\nA", ["A"]),
        ("A\r\nB\r\n", ["A", "B"]),
        ("A \\\r\n  b\r\n", ["A   b"]),
        ("A \\\r\n\r\n  b\r\n", ["A   b"]),
        ("A\r\r\n", ["A"]),
        ("A\rB", ["A\rB"]),
        ("\ufeffA\nB", ["A", "B"]),
        ("\xa0\u3000A", ["A"]),
        ("A\x0bB\x1cC\u2028D", ["A\x0bB\x1cC\u2028D"]),
        ("# escape=`\nA `\nb", ["A b"]),
        ("# escape=`\nA \\\nB", ["A \\", "B"]),
        ("# escape=`\nA ``\nB", ["A ``", "B"]),
        ("A `\nB", ["A `", "B"]),
    ],
)
def test_physical_lines_become_logical_ones(source: str, texts: list[str]) -> None:
    assert [line.text for line in logical_lines(source)] == texts


def test_each_character_keeps_its_line_number() -> None:
    (line,) = logical_lines("\n# c\nA \\\n# c\n\nb \\\nc\n")
    assert line.text == "A b c"
    assert [line.number_at(offset) for offset in range(len(line.text))] == [3, 3, 6, 6, 7]


def test_a_line_that_continues_and_ends_the_file_numbers_its_end() -> None:
    (line,) = logical_lines("A \\\n\n")
    assert line.number_at(0) == 1


@pytest.mark.parametrize("source", ["LABEL " + "x" * 65529, "LABEL " + "é" * 32764, "A\nB \\\n" + "x" * 65535])
def test_the_longest_line_is_read(source: str) -> None:
    assert logical_lines(source)


@pytest.mark.parametrize(
    ("source", "number"),
    [("x" * 65536, 1), ("A\n" + "é" * 32768 + "\n", 2), ("A \\\n" + "x" * 65536, 2), ("#" + "x" * 65536, 1)],
)
def test_a_longer_line_is_refused(source: str, number: int) -> None:
    with pytest.raises(DockerfileRefusedError, match=rf"line {number}: dockerfile line greater than max.*65535"):
        logical_lines(source)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"A", "A"),
        ("é\U0001f600".encode(), "é\U0001f600"),
        (b"a\xffb", "a\ufffdb"),
        (b"\xe2\x82A", "\ufffd\ufffdA"),
        (b"\xef\xbb\xbfA", "\ufeffA"),
    ],
)
def test_bytes_are_decoded_as_go_decodes_them(data: bytes, text: str) -> None:
    assert decoded(data) == text


REST = "FROM scratch\nLABEL a=b\\ c\n"
WITH_BACKSLASH = {"a": "b c"}
WITH_BACKTICK_REFUSED = 'can\'t find = in "c"'


@pytest.mark.parametrize(
    "top",
    [
        "# escape=\\\n",
        "\n# escape=`\n",
        "# comment\n# escape=`\n",
        "# other=1\n# escape=`\n",
        "#!/usr/bin/env docker\n# escape=`\n",
        "# escape\n",
        "# escape=\n",
        "# escape =  \n",
        "FROM scratch AS x\n# escape=`\n",
    ],
)
def test_the_backslash_stays_the_escape_character(top: str) -> None:
    assert parse(top + REST).labels() == WITH_BACKSLASH


@pytest.mark.parametrize(
    "top",
    [
        "# escape=`\n",
        "#escape=`\n",
        "#  EsCaPe  =  `  \r\n",
        "   # escape=`\n",
        "\ufeff# escape=`\n",
        "# syntax=docker/dockerfile:1\n# check=skip=all\n# escape=`\n",
    ],
)
def test_the_backtick_becomes_the_escape_character(top: str) -> None:
    with pytest.raises(DockerfileRefusedError, match=WITH_BACKTICK_REFUSED):
        parse(top + REST)


def test_directives_are_kept() -> None:
    dockerfile = parse("# syntax = docker/dockerfile:1 \n# escape=`\n# not=one\n# check=error=true\nFROM scratch\n")
    assert dockerfile.directives == {"syntax": "docker/dockerfile:1", "escape": "`"}


@pytest.mark.parametrize(
    ("top", "line", "message"),
    [
        ("# escape=`\n# escape=`\n", 2, "only one escape parser directive can be used"),
        ("# syntax=a\n# SYNTAX=b\n", 2, "only one syntax parser directive can be used"),
        ("# escape=x\n", 1, "invalid escape token 'x' does not match ` or \\"),
        ("# escape=``\n", 1, "invalid escape token '``' does not match ` or \\"),
    ],
)
def test_a_wrong_directive_is_refused(top: str, line: int, message: str) -> None:
    with pytest.raises(DockerfileRefusedError) as refused:
        parse(top + REST)
    assert refused.value.message == f"Dockerfile line {line}: {message}"
    assert refused.value.line == line
    assert refused.value.remedy
