"""-v and -vv on a real engine: each call with its duration, and no secret; tests of releases are in test_secrets.py."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .extension import Extension
    from .program import Done

NATIVE = "linux/amd64"
WORD = "canary-argument-5d20"
TOOK = r"\d+\.\d{3} s"


def _require_lines(done: Done, *lines: str) -> None:
    for line in lines:
        assert re.search(f"^{line}$", done.err, re.MULTILINE), f"no line {line} in\n{done}"


def test_every_verb_shows_its_calls_beside_one_document(extension: Extension) -> None:
    extension.use_busybox("sleep 60")
    extension.edit("Dockerfile", "FROM", "ARG API_TOKEN\nFROM")
    extension.commit("Take a token")
    env = {"DEXT_BUILD_ARGS": f"API_TOKEN={WORD}", "DEXT_SMOKE_UI_RUN": "never"}
    built = extension.dext("build", "-v", "--json", "--platform", NATIVE, **env)
    assert built.code == 0, built
    _require_lines(
        built,
        rf"GET \S+/v1\.\d+/version: 200, \d+ bytes, {TOOK}",
        rf"docker buildx build --load --platform {NATIVE} .* --build-arg 'API_TOKEN=\*\*\*' .*: exit code 0, {TOOK}",
        rf"git rev-parse --verify --quiet 'HEAD\^\{{commit\}}': exit code 0, {TOOK}",
    )
    assert "from DEXT_BUILD_ARGS" not in built.err
    checked = extension.dext("check", "-vv", "--json", "--platform", NATIVE, **env)
    _require_lines(
        checked,
        rf"GET \S+/v1\.\d+/images/\S+/json: 200, .*, {TOOK}",
        rf"GET \S+/v1\.\d+/containers/\S+/archive\?\*\*\*: 200, .*, {TOOK}",
        r"setting build.args is API_TOKEN=\*\*\*, from DEXT_BUILD_ARGS",
        r"the built images to check: \S+.*",
    )
    smoked = extension.dext("smoke", "-v", "--json", "--no-build", "--platform", NATIVE, **env)
    _require_lines(
        smoked,
        rf"docker compose --file \S+ --project-name \S+ up .*: exit code 0, {TOOK}",
        rf"docker compose --project-name \S+ down .*: exit code 0, {TOOK}",
    )
    for done in (built, checked, smoked):
        assert isinstance(done.json, dict)
        assert WORD not in f"{done.out}{done.err}"


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_without_it_no_call_is_shown(extension: Extension, flags: tuple[str, ...]) -> None:
    assert not re.search(TOOK, extension.dext("check", *flags).err)
