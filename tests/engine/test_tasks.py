from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .extension import Extension


def test_inv_has_the_same_verbs_in_a_scaffolded_extension(extension: Extension) -> None:
    inv = replace(extension.dext, name="inv")
    listed = inv("--list")
    assert listed.code == 0, listed
    assert [verb for verb in ("build", "check", "smoke", "release") if verb not in listed.out] == []
    assert inv("build").code == 0
    assert inv("check").code == 0
    smoked = inv("smoke", "--no-build", "--platform", "linux/amd64", "--smoke-settle", "0.2")
    assert smoked.code == 0, smoked
