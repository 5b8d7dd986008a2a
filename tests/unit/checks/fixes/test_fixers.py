from __future__ import annotations

import importlib
import pkgutil
from collections import Counter

import pytest

from dext_tasks.checks import fixes
from dext_tasks.checks.catalogue import RULES
from dext_tasks.checks.fixes.catalogue import FIXERS, MODULES, declared_in
from dext_tasks.checks.rule import Repair
from dext_tasks.checks.run import optional_rules

EVERY_RULE = [*RULES, *optional_rules()]


def test_a_rule_says_that_it_can_be_fixed_if_somebody_fixes_it() -> None:
    assert {rule.code for rule in EVERY_RULE if rule.repair is not Repair.BY_HAND} == FIXERS.keys()


@pytest.mark.parametrize("module", [each.name for each in pkgutil.iter_modules(fixes.__path__)])
def test_what_a_module_declares_is_known(module: str) -> None:
    found = importlib.import_module(f"{fixes.__name__}.{module}")
    assert not declared_in(found) or found in MODULES


def test_a_rule_has_one_fixer() -> None:
    codes = Counter(code for module in MODULES for fixer in declared_in(module) for code in fixer.codes)
    assert [code for code, count in codes.items() if count > 1] == []
