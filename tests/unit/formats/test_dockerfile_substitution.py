from __future__ import annotations

import pytest

from dext_tasks.formats.dockerfile.refusals import RefusalError
from dext_tasks.formats.dockerfile.shellwords import ShellLexer
from dext_tasks.formats.dockerfile.substitution import LONGEST_VALUE, Expansion, Variable, replaced


def test_expansions_add_up() -> None:
    assert Expansion("a", ("X",)) + Expansion("b", ("Y",)) == Expansion("ab", ("X", "Y"))


@pytest.mark.parametrize(
    ("value", "plain"),
    [(None, Expansion("", ("NAME",))), (Expansion("v", ("OTHER",)), Expansion("v", ("OTHER",)))],
)
def test_a_variable_stands_for(value: Expansion | None, plain: Expansion) -> None:
    assert Variable("NAME", value).plain == plain


@pytest.mark.timeout(20)
def test_a_replacement_that_multiplies_is_stopped() -> None:
    big = Expansion("x" * (LONGEST_VALUE - 1))
    with pytest.raises(RefusalError, match="expand to more than"):
        replaced(Variable("X", big), Expansion("x"), big, everywhere=True)


@pytest.mark.timeout(20)
def test_variables_that_repeat_themselves_are_stopped() -> None:
    value = Expansion("x" * LONGEST_VALUE)
    assert len(ShellLexer().expand("$X", lambda _: value).text) == LONGEST_VALUE
    with pytest.raises(RefusalError, match="expand to more than"):
        ShellLexer().expand("$X" * 10_000, lambda _: value)
