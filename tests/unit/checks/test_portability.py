from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks.catalogue import PORTABILITY, RULES
from dext_tasks.extension.desktops import Desktop
from dext_tasks.sources.facts import Document, Place
from dext_tasks.sources.source import NotOfferedError, PartNotOfferedError, Source
from tests.unit.checks.fake_source import BY_CODE, FakeSource
from tests.unit.checks.portable_extension import found_where

if TYPE_CHECKING:
    from dext_tasks.checks.rule import Rule

EVERY = tuple(rule for runtime in Desktop for rule in PORTABILITY[runtime])


class TestCatalogue:
    def test_every_runtime_has_rules(self) -> None:
        assert {runtime: PORTABILITY[runtime] for runtime in Desktop} == PORTABILITY
        assert all(PORTABILITY.values())

    def test_codes_are_unique_among_all(self) -> None:
        codes = [rule.code for rule in (*RULES, *EVERY)]
        assert len(set(codes)) == len(codes)

    @pytest.mark.parametrize("runtime", Desktop)
    def test_a_rule_says_which_runtime_it_is_about(self, runtime: Desktop) -> None:
        for rule in PORTABILITY[runtime]:
            assert rule.code.startswith(f"{runtime}-")
            assert rule.docker == ""

    @pytest.mark.parametrize("rule", EVERY, ids=[rule.code for rule in EVERY])
    def test_a_rule_says_what_why_and_how(self, rule: Rule) -> None:
        for text in (rule.title, rule.why, rule.fix):
            assert text
            assert "\n" not in text
            assert not text.endswith(".")
        assert rule.source.startswith("https://")


@pytest.mark.parametrize("code", [rule.code for rule in EVERY])
def test_what_runs_everywhere(code: str) -> None:
    assert found_where(code) == []


@pytest.mark.parametrize("code", [rule.code for rule in EVERY])
def test_what_a_source_cannot_say_is_not_run(code: str) -> None:
    with pytest.raises(NotOfferedError):
        list(BY_CODE[code].ask(Source()))


THEME_PACKAGE = b'{\n "dependencies": {\n  "@docker/docker-mui-theme": "VERSION"\n }\n}\n'


def packaged(version: str, script: bytes | None, lock: bytes = b"") -> FakeSource:
    """A source tree with the packages of its UI."""
    package = Document(THEME_PACKAGE.replace(b"VERSION", version.encode()), Place(file="ui/package.json"))
    packages = [package, Document(lock, Place(file="ui/yarn.lock"))]
    if script is None:
        return FakeSource(packages=packages)
    return FakeSource(packages=packages, scripts=[Document(script, Place(file="ui/src/main.tsx"))])


IMPORT = b"import { DockerMuiV6ThemeProvider } from '@docker/docker-mui-theme';"


@pytest.mark.parametrize("script", [IMPORT, None])
@pytest.mark.parametrize("code", ["rancher-desktop-theme", "podman-desktop-theme"])
def test_the_theme_is_found_before_there_is_a_bundle(code: str, script: bytes | None) -> None:
    (problem,) = BY_CODE[code].ask(packaged("0.0.13", script))
    assert (problem.what, str(problem.place)) == (
        "docker-mui-theme 0.0.13 takes its colours from the window",
        "ui/package.json:3",
    )


@pytest.mark.parametrize(
    ("version", "script"),
    [
        ("0.0.11", IMPORT),
        ("0.0.13", b"nothing of it"),
        ("0.0.13", IMPORT + b"\nwindow.__ddMuiV6Themes = own"),
    ],
)
def test_a_theme_that_works_everywhere(version: str, script: bytes) -> None:
    assert list(BY_CODE["rancher-desktop-theme"].ask(packaged(version, script))) == []


def test_a_range_says_nothing_without_a_lock_file() -> None:
    with pytest.raises(PartNotOfferedError, match=r"admits docker-mui-theme <0\.1\.0, and no lock file"):
        list(BY_CODE["rancher-desktop-theme"].ask(packaged("<0.1.0", IMPORT)))
    lock = b'"@docker/docker-mui-theme@<0.1.0":\n  version "0.0.VERSION"\n'
    old, new = (
        list(BY_CODE["rancher-desktop-theme"].ask(packaged("<0.1.0", IMPORT, lock.replace(b"VERSION", each))))
        for each in (b"11", b"13")
    )
    assert (len(old), len(new)) == (0, 1)
