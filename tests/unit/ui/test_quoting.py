from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.ui.bridge import unquoted

_PLAIN = st.text(st.characters(categories=["L", "N"]), min_size=1)


@pytest.mark.parametrize(
    ("args", "waiting", "streaming"),
    [
        (["-a"], ["-a"], ["-a"]),
        (['"{{json .}}"'], ["{{json .}}"], ["{{json .}}"]),
        (["'a b'"], ["a b"], ["a b"]),
        (["jsonpath='{.contexts}'"], ["jsonpath={.contexts}"], ["jsonpath='{.contexts}'"]),
        (["a b"], ["a", "b"], ["a b"]),
        (["it's"], ["it's"], ["it's"]),
        (['"'], ['"'], ['"']),
        (['""'], [""], [""]),
        ([r"a\ b"], ["a b"], [r"a\ b"]),
        (["# no comment"], ["#", "no", "comment"], ["# no comment"]),
        ([], [], []),
    ],
)
def test_quotes_of_pages(args: list[str], waiting: list[str], streaming: list[str]) -> None:
    assert unquoted("ps", args, streaming=False) == ("ps", *waiting)
    assert unquoted("ps", args, streaming=True) == ("ps", *streaming)


def test_a_program_may_hold_its_whole_command_line() -> None:
    assert unquoted("ls -l '/a b'", [], streaming=False) == ("ls", "-l", "/a b")


@pytest.mark.parametrize("program", ["", " "])
def test_nothing_stays_something(program: str) -> None:
    assert unquoted(program, [], streaming=False) == (program,)


@given(_PLAIN, st.lists(_PLAIN), st.booleans())
def test_plain_words_stay_as_they_are(program: str, args: list[str], streaming: bool) -> None:  # noqa: FBT001 - hypothesis
    assert unquoted(program, args, streaming=streaming) == (program, *args)


@given(st.text(), st.lists(st.text()), st.booleans())
def test_any_words_give_a_program(program: str, args: list[str], streaming: bool) -> None:  # noqa: FBT001 - as above
    assert unquoted(program, args, streaming=streaming)


@given(st.lists(st.text(st.characters(exclude_characters="\"'"))))
def test_one_pair_of_quotes_is_taken_away_while_streaming(args: list[str]) -> None:
    quoted = [f'"{arg}"' for arg in args]

    assert unquoted("x", quoted, streaming=True) == ("x", *args)


@pytest.mark.parametrize("streaming", [False, True])
def test_a_template_that_nobody_quoted_stays_one_word(streaming: bool) -> None:  # noqa: FBT001 - of the row
    args = ["--format", "{{ json . }}", "--filter={{a b}}"]
    assert unquoted("info", args, streaming=streaming) == ("info", *args)
