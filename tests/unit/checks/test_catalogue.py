from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks import rules
from dext_tasks.checks.catalogue import RULES, declared_in
from dext_tasks.checks.rule import EVERY_DESKTOP, Bearing, DockerStep
from dext_tasks.checks.run import optional_rules

if TYPE_CHECKING:
    from dext_tasks.checks.rule import Rule

EVERY = pytest.mark.parametrize("rule", RULES, ids=[rule.code for rule in RULES])

MODULES = [each.name for each in pkgutil.iter_modules(rules.__path__)]
# A code as it is declared.
CODE = re.compile(r'^    code="([a-z0-9-]+)",$', re.MULTILINE)


def test_codes_are_unique() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)


@EVERY
def test_a_code_is_short_and_stable(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.code)


@EVERY
def test_a_rule_says_what_why_and_how(rule: Rule) -> None:
    for text in (rule.title, rule.why, rule.fix):
        assert text
        assert "\n" not in text
        assert not text.endswith(".")


@EVERY
def test_a_rule_has_a_source(rule: Rule) -> None:
    assert rule.source.startswith("https://")


@pytest.mark.parametrize("module", MODULES)
def test_a_family_has_its_tests_under_its_name(module: str) -> None:
    assert (Path(__file__).parent / "rules" / f"test_{module}.py").is_file()


@pytest.mark.parametrize("module", MODULES)
def test_what_a_family_declares_is_known(module: str) -> None:
    family = importlib.import_module(f"{rules.__name__}.{module}")
    written = CODE.findall(Path(str(family.__file__)).read_text(encoding="utf-8"))
    assert written
    assert [rule.code for rule in declared_in(family)] == written
    assert set(written) <= {rule.code for rule in (*RULES, *optional_rules())}


@EVERY
def test_what_docker_says_is_of_a_step(rule: Rule) -> None:
    assert bool(rule.docker) is (rule.step is not None)


@EVERY
def test_what_stops_an_installation_stops_it_in_every_desktop(rule: Rule) -> None:
    assert rule.step is not DockerStep.INSTALLATION or rule.desktops == EVERY_DESKTOP


@EVERY
def test_a_twin_is_a_rule(rule: Rule) -> None:
    assert rule.twin in {"", *(each.code for each in RULES)}


def test_rules_say_what_they_mean_for_a_report() -> None:
    assert {rule.code for rule in RULES if rule.stops_build} == {
        *("dockerfile-invalid", "copy-source-absent", "build-file-unreadable", "dockerignore-invalid")
    }
    assert [rule.code for rule in RULES if rule.images_decide] == ["label-missing"]
    bearings = {rule.code: rule.bearing for rule in (*RULES, *optional_rules())}
    assert {code: bearing for code, bearing in bearings.items() if bearing is not Bearing.DECIDES} == {
        "program-nowhere": Bearing.REFUTES,
        "rancher-desktop-service-ends": Bearing.SUSPECTS,
    }


def test_codes_that_begin_alike_are_in_one_place() -> None:
    homes: dict[str, set[str]] = {}
    for module in MODULES:
        for rule in declared_in(importlib.import_module(f"{rules.__name__}.{module}")):
            homes.setdefault(rule.code.partition("-")[0], set()).add(module.partition("_")[0])
    assert {word: places for word, places in homes.items() if len(places) > 1} == {}
    # A family that is named after what its codes begin with is where they are.
    assert {word: places for word, places in homes.items() if word in MODULES and places != {word}} == {}
