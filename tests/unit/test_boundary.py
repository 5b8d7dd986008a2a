from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.boundary import leads_out, read_inside, require_inside, require_unlinked, why_outside
from dext_tasks.errors import OutsideProjectError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "project"
    (made / "real").mkdir(parents=True)
    (made / "real" / "file").write_text("inside", encoding="utf-8")
    (tmp_path / "secret").write_text("outside", encoding="utf-8")
    for name, target in {
        "relative": "../secret",
        "absolute": str(tmp_path / "secret"),
        "nowhere": "../nothing",
        "chain": "relative",
        "folder": "..",
        "within": "real/file",
        "around": "../project/real/file",
        "loop": "loop",
        "dangling": "nothing",
    }.items():
        (made / name).symlink_to(target)
    return made


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("relative", "relative"),
        ("absolute", "absolute"),
        ("nowhere", "nowhere"),
        ("chain", "chain"),
        ("folder/secret", "folder"),
    ],
)
def test_a_link_that_leads_out_is_named_and_its_end_is_not(path: str, link: str, root: Path) -> None:
    assert why_outside(root, root / path) == f"{link} is a symbolic link that leads out of the project"
    with pytest.raises(OutsideProjectError, match=f"^{link} is a symbolic link") as caught:
        read_inside(root, root / path, 100)
    assert "put the file itself" in caught.value.remedy
    with pytest.raises(OutsideProjectError):
        require_unlinked(root, root / path)


@pytest.mark.parametrize("path", ["real/file", "within", "around", "real/../within", "folder/project/real/file"])
def test_what_ends_inside_is_read(path: str, root: Path) -> None:
    require_unlinked(root, root / path)
    assert read_inside(root, root / path, 3) == b"ins"


@pytest.mark.parametrize("path", ["loop", "dangling", "a\0b", "x" * 300, "loop/x"])
def test_what_is_nowhere_is_not_outside(path: str, root: Path) -> None:
    assert not leads_out(root, root / path)
    require_inside(root, root / path)
    require_unlinked(root, root / path)


def test_a_path_may_be_named_elsewhere_where_that_is_allowed(root: Path) -> None:
    require_unlinked(root, root / "../secret")
    require_unlinked(root, root.parent / "secret")
    with pytest.raises(OutsideProjectError, match="secret is outside of the project"):
        require_inside(root, root / "../secret")
