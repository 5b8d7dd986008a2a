from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.smoke.upload import Upload, packed
from tests.unit.needs import make_pipe

if TYPE_CHECKING:
    from pathlib import Path


def bind(source: Path | str, target: str, **more: object) -> dict[str, Any]:
    return {"type": "bind", "source": str(source), "target": target, **more}


def part(path: str, target: str, **more: object) -> dict[str, Any]:
    volume = {"nocopy": True, "subpath": path}
    return {"type": "volume", "source": "dext-files", "target": target, "volume": volume, **more}


def mounts(upload: Upload, *volumes: dict[str, Any], **more: object) -> list[dict[str, Any]]:
    made = upload.document({"services": {"a": {"image": "x", "volumes": [*volumes]}}, **more})
    found: list[dict[str, Any]] = made["services"]["a"]["volumes"]
    return found


@pytest.fixture
def upload(tmp_path: Path) -> Upload:
    return Upload(tmp_path)


def test_own_files_and_folders_are_parts_of_one_volume(upload: Upload, tmp_path: Path) -> None:
    found = mounts(
        upload, bind(tmp_path / "a.conf", "/a", read_only=True), bind(tmp_path / "d/e", "/e"), bind(tmp_path, "/all")
    )
    assert found == [part("project/a.conf", "/a", read_only=True), part("project/d/e", "/e"), part("project", "/all")]
    assert upload.needed == {tmp_path / "a.conf", tmp_path / "d/e", tmp_path}


def test_what_is_not_its_own_stays_as_it_is(upload: Upload, tmp_path: Path) -> None:
    volumes = [bind("/srv", "/srv"), bind(f"{tmp_path}x", "/x"), {"type": "volume", "source": "kept", "target": "/k"}]
    document = {
        "services": {"a": {"volumes": volumes, "secrets": [{"source": "s"}]}, "b": {"image": "y"}},
        "secrets": {"s": {"file": "/etc/key"}, "t": {"environment": "T"}},
        "volumes": {"kept": None},
    }
    assert upload.document(document) == document
    assert not upload.needed


@pytest.mark.parametrize(
    ("key", "entry", "target"),
    [
        ("configs", {"source": "c"}, "/c"),
        ("configs", {"source": "c", "target": "/etc/c"}, "/etc/c"),
        ("configs", {"source": "c", "target": "d"}, "/d"),
        ("secrets", {"source": "c"}, "/run/secrets/c"),
        ("secrets", {"source": "c", "target": "d"}, "/run/secrets/d"),
        ("secrets", {"source": "c", "target": "/d"}, "/d"),
    ],
)
def test_configs_and_secrets_are_where_compose_puts_them(
    key: str, entry: dict[str, str], target: str, upload: Upload, tmp_path: Path
) -> None:
    given = {"environment": "D"}
    document = {
        "services": {"a": {key: [entry, {"source": "given"}]}},
        key: {"c": {"name": "x_c", "file": str(tmp_path / "f")}, "given": given},
    }
    made = upload.document(document)
    assert made["services"]["a"] == {
        key: [{"source": "given"}],
        "volumes": [part("project/f", target, read_only=True)],
    }
    assert (made[key], made["volumes"]) == ({"given": given}, {"dext-files": {}})


def test_a_path_with_a_dollar_sign_stays_escaped(upload: Upload, tmp_path: Path) -> None:
    assert mounts(upload, bind(f"{tmp_path}/$$a", "/a")) == [part("project/$$a", "/a")]
    assert upload.needed == {tmp_path / "$a"}


def names(upload: Upload) -> dict[str, tarfile.TarInfo]:
    with upload.archive() as archive, tarfile.open(fileobj=archive) as found:
        return {member.name: member for member in found}


def test_the_volume_holds_the_folder(upload: Upload, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_bytes(b"abc")
    (tmp_path / "d" / "f").chmod(0o750)
    found = names(upload)
    assert set(found) == {"project", "project/d", "project/d/f"}
    assert (found["project/d/f"].size, found["project/d/f"].mode) == (3, 0o750)


@pytest.mark.parametrize(("creates", "expected"), [(True, {"project", "project/new"}), (False, {"project"})])
def test_a_missing_folder_is_made_if_the_engine_would_make_it(
    creates: bool,  # noqa: FBT001 - a parameter of the test
    expected: set[str],
    upload: Upload,
    tmp_path: Path,
) -> None:
    mounts(upload, bind(tmp_path / "new", "/new", bind={"create_host_path": creates}))
    assert set(names(upload)) == expected


def test_nothing_beside_the_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to("../secret")
    make_pipe(folder / "pipe")
    with packed({"x": folder}) as archive, tarfile.open(fileobj=archive) as found:
        members = {member.name: member for member in found}
        assert set(members) == {"x", "x/link"}
        assert (members["x/link"].issym(), members["x/link"].linkname) == (True, "../secret")
        archive.seek(0)
        assert b"secret\0" not in archive.read().replace(b"../secret\0", b"")
