from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from dext_tasks.ui.page_test import ScriptResult, ScriptTest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("tests", "problem", "passed"),
    [
        ((ScriptTest("a", True, "", 1.0),), "", True),  # noqa: FBT003 - its order is plain
        ((ScriptTest("a", True, "", 1.0),), "it did not end", False),  # noqa: FBT003 - as above
        ((ScriptTest("a", False, "no", 1.0),), "", False),  # noqa: FBT003 - as above
    ],
)
def test_a_script_passes_as_a_whole(tests: tuple[ScriptTest, ...], problem: str, passed: bool) -> None:  # noqa: FBT001 - as above
    assert ScriptResult(tests, problem, "").passed is passed


@pytest.mark.parametrize(
    ("message", "passed", "disturbed"),
    [
        ("Page.goto: net::ERR_NETWORK_CHANGED at http://127.0.0.1:7/", False, True),
        ("Page.goto: net::ERR_CONNECTION_REFUSED at http://127.0.0.1:7/", False, False),
        ("net::ERR_NETWORK_CHANGED", True, False),
    ],
)
def test_a_failure_by_a_change_of_the_network_is_no_verdict(message: str, passed: bool, disturbed: bool) -> None:  # noqa: FBT001 - as above
    assert ScriptResult((ScriptTest("a", passed, message, 1.0),), "", "").is_disturbed is disturbed


@pytest.mark.allow_processes
def test_the_package_is_cheap_to_import(repository: Path) -> None:
    modules = ", ".join(f"dext_tasks.ui.{name}" for name in ("browser", "server", "page_test", "page_test_process"))
    code = f"import sys, {modules}; print('playwright' in sys.modules)"

    done = subprocess.run(  # noqa: S603 - this very Python
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=repository
    )

    assert done.stdout == "False\n"
