from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dext_tasks.formats.commits import ConventionalCommit


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ("feat: a door", ("feat", "", "a door", "")),
        ("Feat(ui): a door", ("feat", "ui", "a door", "")),
        ("fix(ui, api)!: a door", ("fix", "ui, api", "a door", "a door")),
        ("feat: a\n\nb\n\nBREAKING CHANGE: c d\nReviewed-by: e", ("feat", "", "a", "c d")),
        ("chore!: a\n\nBREAKING-CHANGE: c\r\n", ("chore", "", "a", "c")),
        ("feat: a\n\nno BREAKING CHANGE: c", ("feat", "", "a", "")),
        ("feat: a\n\nbreaking change: c", ("feat", "", "a", "")),
        ("BREAKING CHANGE: a", ("", "", "BREAKING CHANGE: a", "")),
        ('Revert "feat: a door"', ("revert", "", 'Revert "feat: a door"', "")),
        ("feat:a", ("", "", "feat:a", "")),
        ("feat : a", ("", "", "feat : a", "")),
        ("feat(): a", ("", "", "feat(): a", "")),
        ("feat: ", ("", "", "feat:", "")),
        ("Merge branch 'x'", ("", "", "Merge branch 'x'", "")),
        ("", ("", "", "", "")),
    ],
)
def test_what_a_commit_says(message: str, parts: tuple[str, str, str, str]) -> None:
    found = ConventionalCommit.of("c0ffee", message)
    assert (found.type, found.scope, found.what, found.breaking) == parts
    assert found.id == "c0ffee"


@pytest.mark.parametrize("message", ["feat: a", "fix(b)!: a", "chore(b): a", "anything at all"])
def test_it_is_shown_as_it_is_written(message: str) -> None:
    assert str(ConventionalCommit.of("c0ffee", message)) == message


@given(st.text(alphabet=st.sampled_from('feat(): !\n\r\u2028BREKING CH-GE"<\x00')))
@example("feat: " + "a" * 100_000)
@example("feat(" * 50_000)
def test_whatever_it_is_it_is_read_as_one_line(message: str) -> None:
    found = ConventionalCommit.of("c0ffee", message)
    for text in (found.type, found.scope, found.what, found.breaking, str(found)):
        assert len(text.splitlines()) <= 1
        assert len(text) <= 900
