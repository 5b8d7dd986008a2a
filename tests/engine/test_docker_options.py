"""What docker's own help says of the commands that a page may run."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from dext_tasks.ui.docker_commands import SPELLED

from .docker import Docker

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPTION = re.compile(r"^ +(?:(?P<short>-\w), )?(?P<long>--[\w-]+)(?: (?P<kind>\S+))? {2,}(?P<what>.*)$", re.MULTILINE)
_TELLING = re.compile(r"\b(?:files?|paths?|director(?:y|ies)|folders?|sockets?|hosts?|builder|stdin)\b", re.IGNORECASE)
_HARMLESS = frozenset({"Display total file sizes", "Display total file sizes if the type is container"})


def options(group: str, verb: str) -> Iterator[re.Match[str]]:
    """The options that a command's help lists and that are let through."""
    known = {name.removesuffix("=") for name in SPELLED[group][verb].split()}
    said = Docker().run(*group.split(), verb, "--help")
    return (found for found in _OPTION.finditer(said) if {found["long"], found["short"]} & known)


@pytest.mark.parametrize("group", SPELLED)
def test_no_option_of_a_page_reads_a_file_or_is_read_another_way(group: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        # An older compose does not know a newer command, and then shows the help of compose itself.
        verbs = [verb for verb in SPELLED[group] if (group, verb) != ("compose", "volumes")]
        listed = dict(zip(verbs, pool.map(lambda verb: list(options(group, verb)), verbs), strict=True))
    for verb, found in listed.items():
        known = SPELLED[group][verb].split()
        assert found or not known, f"docker {group} {verb} --help lists none of {known}"
        for each in found:
            told = f"docker {group} {verb} {each[0]}"
            assert each["what"] in _HARMLESS or not _TELLING.search(each["what"]), told
            # A word that is taken for a value by the one and for an option by the other would go past what is asked.
            for name in filter(None, (each["long"], each["short"])):
                assert (f"{name}=" if each["kind"] else name) in known, told
