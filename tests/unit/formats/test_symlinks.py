"""Where symbolic links lead within a root of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.formats.symlinks import follow
from dext_tasks.limits import LONGEST_PATH, MOST_LINKS

if TYPE_CHECKING:
    from pathlib import Path

LINKS = {"/a": "b/c", "/b": "/d", "/d/up": "../../../e", "/loop": "loop", "/dot": "./d/.", "/d/here": ""}


@pytest.mark.parametrize(
    ("path", "end"),
    [
        ("/", "/"),
        ("", "/"),
        ("d//x/", "/d/x"),
        ("/a", "/d/c"),
        ("/a/x", "/d/c/x"),
        ("/b/../x", "/x"),
        ("/../b", "/d"),
        ("/d/up/x", "/e/x"),
        ("/dot/here", "/d/here"),
        ("/loop", None),
        ("/loop/x", None),
    ],
)
def test_a_path_leads_where_the_kernel_goes(path: str, end: str | None) -> None:
    assert follow(path, LINKS.get) == end


def test_as_many_links_are_followed_as_on_linux() -> None:
    links = {f"/{number}": str(number + 1) for number in range(MOST_LINKS + 1)}
    assert follow("/1", links.get) == f"/{MOST_LINKS + 1}"
    assert follow("/0", links.get) is None


def test_a_link_longer_than_any_leads_nowhere() -> None:
    assert follow("/x", {"/x": "y" * LONGEST_PATH}.get) == f"/{'y' * LONGEST_PATH}"
    assert follow("/x", {"/x": "y" * (LONGEST_PATH + 1)}.get) is None


def test_real_links_lead_there_too(tmp_path: Path) -> None:
    (tmp_path / "d" / "e").mkdir(parents=True)
    (tmp_path / "l").symlink_to("d/e")
    (tmp_path / "d" / "e" / "back").symlink_to("../../l/../f")

    def target_of(path: str) -> str | None:
        file = tmp_path / path[1:]
        return str(file.readlink()) if file.is_symlink() else None

    assert follow("/l/back", target_of) == "/d/f"
    assert (tmp_path / "l" / "back").resolve() == tmp_path.resolve() / "d" / "f"
