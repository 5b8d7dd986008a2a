"""The example of docs/api.md, run on a real engine and registry."""

from __future__ import annotations

import re
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .program import Program

if TYPE_CHECKING:
    from .extension import Extension

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
INTERRUPTED = """
import os
import sys
from dext_tasks import api

class Probes(api.SilentSmoke):
    def started(self, platform: api.Platform, probe_name: str) -> None:
        print(probe_name, "started", file=sys.stderr, flush=True)

try:
    with api.load(".", environment=os.environ) as extension:
        extension.build()
        extension.smoke(Probes())
except (KeyboardInterrupt, api.DextError) as error:
    print("ended by", type(error).__name__)
"""
CALLS = """
print("working", is_working("."))
print("would release", release(".", for_real=False))
print("released", release(".", for_real=True))
print("again", release(".", for_real=True))
"""


def test_its_example_builds_tests_and_releases(extension: Extension, tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    script = tmp_path / "example.py"
    script.write_text(f"{example}{CALLS}", encoding="utf-8")
    env = {**extension.dext.env, "DEXT_SMOKE_SETTLE": "0.2"}
    done = Program(extension.folder, env, sys.executable)(str(script))
    assert (done.code, done.err) == (0, ""), done
    lines = done.out.splitlines()
    for platform in ("linux/amd64", "linux/arm64"):
        assert f"{platform} answer: passed" in lines
        assert any(re.fullmatch(rf"{platform} was built in \d+ s: sha256:[0-9a-f]{{64}}", line) for line in lines)
    assert "working True" in lines
    assert f"would release {extension.image}:0.1.0" in lines
    assert "todo: git tag v0.1.0, annotated, at" in done.out
    (released, again) = re.findall(r"^(?:released|again) (.*)$", done.out, re.MULTILINE)
    assert re.fullmatch(rf"{extension.image}:0\.1\.0@sha256:[0-9a-f]{{64}}", released)
    assert again == released


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_program_that_is_interrupted_cleans_up(extension: Extension, tmp_path: Path, number: signal.Signals) -> None:
    # The sandbox asserts that no container, network, volume, process or file is left.
    script = tmp_path / "interrupted.py"
    script.write_text(INTERRUPTED, encoding="utf-8")
    env = {**extension.dext.env, "DEXT_SMOKE_SETTLE": "60"}
    with Program(extension.folder, env, sys.executable).start(str(script)) as running:
        running.wait_for("steady started")
        running.send(number)
        done = running.end(60)
    assert done.code == 0, done
    assert "Traceback" not in done.err, done
    assert re.search(r"^ended by (?:KeyboardInterrupt|InterruptedError)$", done.out, re.MULTILINE), done
