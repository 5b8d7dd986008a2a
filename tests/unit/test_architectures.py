"""One table of architectures; what everybody makes of it is tested with whom it is for."""

from __future__ import annotations

import ast
import re
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dext_tasks.architectures import ARCHITECTURES, BY_ALIAS
from dext_tasks.config.runners import Runner
from dext_tasks.doctor.emulator import program
from dext_tasks.formats.executable import identify
from dext_tasks.formats.oci.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).parents[2] / "dext_tasks"
EVERY = pytest.mark.parametrize("name", ARCHITECTURES)


@EVERY
def test_its_own_program_is_recognised_as_its_own(name: str) -> None:
    assert identify(program(Platform("linux", name))).architectures == (name,)


@EVERY
def test_every_name_of_it_is_a_platform_and_a_runner_s_label(name: str) -> None:
    known = ARCHITECTURES[name]
    assert {Platform.parse(alias).architecture for alias in (name, *known.aliases)} == {name}
    assert {Runner(("self-hosted", label.upper())).architecture for label in known.names} == {name}


def test_no_name_or_number_means_two() -> None:
    every = ARCHITECTURES.values()
    names = list(chain.from_iterable(each.names for each in every))
    numbers = [(each.elf.number, each.elf.bits, each.elf.order) for each in every]
    windows = list(chain.from_iterable(each.pe for each in every))
    apple = [each.macho for each in every if each.macho is not None]
    for found in (names, numbers, windows, apple):
        assert len(set(found)) == len(found)
    assert set(BY_ALIAS) <= set(names)


def test_what_a_processor_runs_besides_its_own_is_known() -> None:
    assert set().union(*(each.runs for each in ARCHITECTURES.values())) <= set(ARCHITECTURES)


@pytest.mark.parametrize(
    ("platform", "machine", "is_native"),
    [
        ("amd64", "amd64", True),
        ("386", "amd64", True),
        ("amd64", "386", False),
        ("linux/arm/v6", "arm", True),
        ("arm", "arm64", False),
        ("s390x", "amd64", False),
    ],
)
def test_what_runs_without_an_emulator(platform: str, machine: str, is_native: bool) -> None:  # noqa: FBT001 - a row
    assert Platform.parse(platform).is_native_on(Platform.parse(machine)) is is_native


# Whose business is more than one architecture, each for a reason that the table does not know.
OWN_NAMES = {
    "extension/host_binaries.py",  # which system emulates which architecture
    "formats/oci/platform.py",  # the two that Docker asks for
    "matrix.py",  # what GitHub's runner without a name of a processor has
}


def names_in_code(tree: ast.AST) -> Iterator[str]:
    """Strings of code that are the name of an architecture and nothing else; docstrings are not."""
    names = set(chain.from_iterable(each.names for each in ARCHITECTURES.values()))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (word for word in re.split(r"[|()?:,\s]+", node.value) if node.value == word and word in names)


def test_no_other_module_has_a_table_of_its_own() -> None:
    found = {
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*.py")
        if file.name != "architectures.py" and list(names_in_code(ast.parse(file.read_text(encoding="utf-8"))))
    }
    assert found == OWN_NAMES
