"""Places in a file, as byte offsets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.checks.fixes.text import TextLines
from dext_tasks.formats.dockerfile.document import parse
from dext_tasks.formats.dockerfile.lines import Position


def test_a_mark_and_bytes_that_are_no_text_are_counted() -> None:
    lines = TextLines(b"\xef\xbb\xbfa\xffb\r\n\xc3\xa4c")
    assert [lines.content[lines.offset(Position(*each)) :][:1] for each in ((1, 0), (1, 2), (2, 1))] == [
        b"a",
        b"b",
        b"c",
    ]


def test_the_last_line_ends_as_the_others() -> None:
    lines = TextLines(b"a\r\nb")
    assert (lines.ending(1), lines.ending(2), lines.has_end(1), lines.has_end(2)) == (b"\r\n", b"\r\n", True, False)
    assert (lines.start(2), lines.end(2), TextLines(b"").ending(1)) == (3, 4, b"\n")


LABEL = st.text(alphabet="abäß字 ", min_size=1, max_size=5)


@given(st.lists(LABEL, min_size=1, max_size=4), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\ufeff"]))
def test_each_label_is_found_where_it_is(values: list[str], newline: str, mark: str) -> None:
    pairs = f" \\{newline}  # a comment{newline}  ".join(f'k{number}="{value}"' for number, value in enumerate(values))
    content = f"{mark}FROM scratch{newline}  LABEL {pairs}{newline}".encode()
    lines, document = TextLines(content), parse(content)
    (instruction,) = document.stages[0].instructions
    for pair, value in zip(instruction.pairs, values, strict=True):
        start = lines.offset(instruction.position_at(pair.offset))
        assert content[start:].startswith(f'{pair.key}="{value}"'.encode())
