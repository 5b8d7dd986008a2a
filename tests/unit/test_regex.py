"""Regular expressions that are compiled on first use."""

from __future__ import annotations

import gc
import importlib
import pkgutil
import re
from typing import TYPE_CHECKING

import dext_tasks
from dext_tasks.regex import regex

if TYPE_CHECKING:
    import pytest


def test_it_is_used_as_a_compiled_one() -> None:
    words = regex(r"(?P<word>\w+)", re.ASCII)

    assert [words.sub("x", "ab cd"), words.fullmatch("ä"), words.groupindex] == ["x x", None, {"word": 1}]
    assert [found["word"] for found in words.finditer("ab cd")] == ["ab", "cd"]


def test_it_is_compiled_once_and_when_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    compile_ = re.compile

    def compiling(pattern: str, flags: int) -> re.Pattern[str]:
        compiled.append(pattern)
        return compile_(pattern, flags)

    monkeypatch.setattr(re, "compile", compiling)
    made = regex("a+")
    before = list(compiled)
    found = [made.match("aa"), made.match("b"), made.search("ba")]

    assert [bool(each) for each in found] == [True, False, True]
    assert (before, compiled) == ([], ["a+"])


def test_every_one_of_the_package_can_be_compiled() -> None:
    for each in pkgutil.walk_packages(dext_tasks.__path__, "dext_tasks."):
        if not each.name.endswith("__main__"):
            importlib.import_module(each.name)
    # Those that a test before this one has frozen, as the program does, would be left out.
    gc.unfreeze()
    patterns = [each.pattern for each in gc.get_objects() if type(each) is type(regex(""))]

    assert len(patterns) > 100
