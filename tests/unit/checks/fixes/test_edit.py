from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.checks.fixes.edit import Edit, Fix, Fixer, Mode, edited, fixer


def edit(start: int, end: int, new: bytes) -> Edit:
    return Edit("Dockerfile", start, end, new)


def test_edits_are_of_the_content_as_it_is() -> None:
    assert edited(b"0123456789", [edit(8, 10, b"end"), edit(0, 1, b""), edit(5, 5, b"-")]) == b"1234-567end"


def test_what_is_put_at_one_place_stays_in_order() -> None:
    assert edited(b"ab", [edit(1, 1, b"1"), edit(1, 1, b"2"), edit(1, 2, b"B")]) == b"a12B"


@pytest.mark.parametrize("wrong", [[edit(0, 2, b""), edit(1, 3, b"")], [edit(2, 4, b"")], [edit(2, 1, b"")]])
def test_edits_that_overlap_or_lie_outside_are_refused(wrong: list[Edit]) -> None:
    with pytest.raises(ValueError, match="an edit of Dockerfile from"):
        edited(b"abc", wrong)


@given(st.binary(max_size=40), st.data())
def test_what_no_edit_names_stays(content: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content)))
    new = data.draw(st.binary(max_size=10))
    assert edited(content, [edit(start, end, new)]) == content[:start] + new + content[end:]


def test_a_fix_names_each_file_once() -> None:
    assert Fix("a-rule", "do it", (edit(0, 1, b""), Mode("run.sh"), edit(2, 2, b"x"))).files == ("Dockerfile", "run.sh")


def test_a_fixer_takes_the_place_of_its_function() -> None:
    def propose(finding: object, tree: object) -> None:
        del finding, tree

    assert fixer("a-rule", "b-rule")(propose) == Fixer(("a-rule", "b-rule"), propose)
