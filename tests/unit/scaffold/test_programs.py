from __future__ import annotations

import pytest

from tests.unit.scaffold.programs import program


@pytest.mark.parametrize("name", ["go", "gofmt"])
def test_a_missing_go_fails_in_ci_and_is_skipped_elsewhere(name: str) -> None:
    with pytest.raises(pytest.fail.Exception, match=f"{name} is not installed"):
        program(name, "", is_ci=True)
    with pytest.raises(pytest.skip.Exception):
        program(name, "", is_ci=False)


def test_what_the_development_tools_lack_is_skipped_in_ci() -> None:
    with pytest.raises(pytest.skip.Exception):
        program("node", "", is_ci=True)
