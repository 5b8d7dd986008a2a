from __future__ import annotations

import pytest

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
