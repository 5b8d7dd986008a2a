from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .extension import PLATFORMS

if TYPE_CHECKING:
    from pathlib import Path

    from .extension import Extension
    from .registry import Registry

HANDOVER = 58
UNPROVEN = 49


def _clone(extension: Extension, folder: Path) -> Extension:
    extension.git("clone", "--quiet", str(extension.folder), str(folder))
    clone = replace(extension, folder=folder, dext=replace(extension.dext, folder=folder))
    clone.git("remote", "remove", "origin")
    return clone


def test_what_two_clones_prepared_a_third_one_publishes(
    extension: Extension, registry: Registry, tmp_path: Path
) -> None:
    name = extension.repository
    clones = {platform: _clone(extension, tmp_path / platform.replace("/", "-")) for platform in PLATFORMS}
    files = {platform: clone.folder / "handover.json" for platform, clone in clones.items()}
    for platform, clone in clones.items():
        flags = ("--prepare", str(files[platform]), "--platform", platform, "--version", "1.0.0", "--json")
        done = clone.dext("release", *flags)
        assert done.code == 0, done
        assert list(done.json["platforms"]) == [platform]
    assert registry.versions(name) == set()

    last = _clone(extension, tmp_path / "last")
    alone = last.dext("release", "--yes", "--finish", str(files[PLATFORMS[0]]))
    assert alone.code == HANDOVER, alone
    assert "linux/arm64 was not prepared" in alone.err
    # Built here, the images would be others.
    before = extension.built()
    finish = ("release", "--yes", "--json", *(word for file in files.values() for word in ("--finish", str(file))))
    done = last.dext(*finish, GITHUB_OUTPUT=str(tmp_path / "outputs"))
    assert done.code == 0, done
    assert "-> build" not in done.err
    assert extension.built() == before
    assert done.json["digest"] == registry.digest(name, "1.0.0") == registry.digest(name, "latest")
    assert f"digest={done.json['digest']}" in (tmp_path / "outputs").read_text(encoding="utf-8")
    assert last.git("tag", "--list") == "v1.0.0"
    assert last.dext(*finish).json["digest"] == done.json["digest"]

    proven = last.dext("release.verify", "1.0.0", "--json")
    assert proven.code == 0, proven
    assert {proof["verdict"] for proof in proven.json["proofs"]} == {"ok"}
    assert proven.json["platforms"] == done.json["platforms"]
    last.git("tag", "--delete", "v1.0.0")
    assert last.dext("release.verify", "1.0.0").code == UNPROVEN
