"""What real extensions ask for, and that each gets through with the grants it names."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from dext_tasks.extension.grants.kinds import Granted, withheld
from dext_tasks.extension.grants.machine import GUEST_SERVICES
from dext_tasks.extension.grants.written import as_written
from tests.corpus.grants import END, MARK, PAGE, Judged, judge_all, table
from tests.corpus.trees import extensions

pytestmark = [
    pytest.mark.skipif("DEXT_CORPUS" not in os.environ, reason="DEXT_CORPUS is not set"),
    pytest.mark.skipif(shutil.which("docker") is None, reason="docker is not on PATH"),
]


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    return judge_all(Path(os.environ["DEXT_CORPUS"]))


def test_the_table_is_current(judged: list[Judged]) -> None:
    written = PAGE.read_text(encoding="utf-8").partition(MARK)[2].partition(END)[0]
    assert written == f"\n{table(judged)}\n"


def test_each_gets_through_with_the_grants_it_names(judged: list[Judged]) -> None:
    for each in judged:
        assert withheld(each.asked, Granted(each.names, each.machine)) == ()
        if each.asked:
            # One grant may be asked for twice.
            others = [name for name in each.names if name != each.names[0]]
            assert withheld(each.asked, Granted(others, each.machine))


def test_what_is_known_to_be_harmless_is_not_asked_for(judged: list[Judged]) -> None:
    odd = {each.name: each.names for each in judged if any(name.startswith("unknown:") for name in each.names)}
    assert odd == {}


def test_check_tells_what_smoke_grants(judged: list[Judged]) -> None:
    by_name = {each.name: each for each in judged}
    for extension in extensions(Path(os.environ["DEXT_CORPUS"])):
        compose = extension / "compose.json"
        if not compose.is_file():
            continue
        home = os.environ.get("HOME", "")
        names = by_name[extension.name].names
        resolved = {_at(home, name) for name in names if not name.startswith(f"host-mount:{GUEST_SERVICES}/")}
        written = {_at(home, str(found.grant)) for found, _ in as_written(compose.read_bytes())}
        assert written == resolved, extension.name


def _at(home: str, name: str) -> str:
    """The name of a grant where the home is known, as it is on the machine alone."""
    return name.replace("${HOME}", home).replace(":~/", f":{home}/")
