from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .extension import Extension
    from .program import Program


@pytest.fixture
def nox(extension: Extension) -> Program:
    return replace(extension.dext, name="nox")


def test_sessions_are_listed_for_a_ci_matrix(nox: Program) -> None:
    done = nox("--list", "--json")
    assert done.code == 0, done
    sessions = {each["session"] for each in done.json}
    assert {"check", "smoke(linux/amd64)", "smoke(linux/arm64)", "ui(linux/amd64)", "ui(linux/arm64)"} <= sessions


def test_the_matrix_of_ci_has_the_sessions_that_nox_has(extension: Extension, nox: Program) -> None:
    matrix = extension.dext("ci.matrix").json["include"]
    assert [each["session"] for each in matrix] == [each["session"] for each in nox("--list", "--json").json]


def test_sessions_pass_on_a_scaffolded_extension(extension: Extension, nox: Program) -> None:
    assert extension.dext("build").code == 0
    checked = nox("--session", "check")
    assert checked.code == 0, checked
    done = nox("--session", "smoke(linux/arm64)", "--", "--smoke-settle", "0.2")
    assert done.code == 0, done
    assert "linux/arm64 | uninstall: passed" in done.out
    assert "linux/amd64 |" not in done.out


def test_both_platforms_run_at_once(extension: Extension, nox: Program) -> None:
    assert extension.dext("build").code == 0
    done = nox("--parallel", "2", "--session", "smoke", "--", "--smoke-settle", "0.2")
    assert done.code == 0, done
    for platform in ("linux/amd64", "linux/arm64"):
        assert f"{platform} | uninstall: passed" in done.out + done.err


def test_a_session_fails_with_its_verb(extension: Extension, nox: Program) -> None:
    extension.edit("Dockerfile", 'org.opencontainers.image.title="Scaffold"', 'org.opencontainers.image.title=""')
    done = nox("--session", "check")
    assert done.code != 0, done
    assert "label-empty" in done.out
