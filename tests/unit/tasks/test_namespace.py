from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import dext_tasks
from dext_tasks import errors
from dext_tasks.cli import main, program
from dext_tasks.tasks import namespace

if TYPE_CHECKING:
    from tests.unit.tasks.conftest import Call

ROOT = Path(dext_tasks.__file__).parents[1]
VERBS = {"new", "build", "check", "smoke", "release", "release.status", "doctor", "config", "clean"}


def run(*argv: str, folder: Path) -> str:
    done = subprocess.run(  # noqa: S603 - this interpreter, with a list of fixed words
        [sys.executable, *argv], cwd=folder, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout


def listed(text: str) -> set[str]:
    """Names and other names of what `--list` lists."""
    return {name for names in re.findall(r"^  (\S+)(?: \((\S+)\))?", text, re.MULTILINE) for name in names if name}


def test_the_program_lists_every_verb(call: Call) -> None:
    ended = call("--list")
    assert ended.code == 0
    assert listed(ended.out) >= VERBS


@pytest.mark.parametrize("name", sorted(namespace.task_names))
def test_every_verb_says_what_it_is_for(name: str) -> None:
    assert (namespace[name].__doc__ or "").endswith(".")


def test_the_readme_has_a_row_for_every_verb() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = [re.findall(r"`(?:inv|dext) ([a-z.]+(?: git[a-z]+)?)", row) for row in re.findall(r"(?m)^\| .*? \|", readme)]
    assert sorted(name.replace(" ", ".") for row in rows for name in row) == sorted(
        name.replace("release.release", "release") for name in namespace.task_names
    )


@pytest.mark.parametrize("name", sorted(namespace.task_names))
def test_every_flag_says_what_it_is_for(name: str) -> None:
    task = namespace[name]
    flags = {argument.name: argument for argument in task.get_arguments()}
    assert {"path", "json"} <= set(flags)
    assert [flag for flag, argument in flags.items() if not argument.help] == []


@pytest.mark.parametrize("name", sorted(namespace.task_names))
def test_every_verb_has_help(call: Call, name: str) -> None:
    ended = call("--help", name)
    assert ended.code == 0
    assert "--json" in ended.out


def test_release_alone_is_the_release(call: Call) -> None:
    assert (namespace["release"].name, namespace["release.status"].name) == ("release", "status")
    assert "--dry-run" in call("--help", "release").out
    assert "--dry-run" not in call("--help", "release.status").out


def test_an_unknown_verb_is_wrong_usage(call: Call) -> None:
    ended = call("no-such-verb")
    assert ended.code == errors.UsageError.exit_code == 2
    assert "no-such-verb" in ended.err


def test_the_package_offers_the_same_namespace() -> None:
    assert dext_tasks.namespace is namespace
    with pytest.raises(AttributeError, match="nothing"):
        _ = dext_tasks.nothing


def test_the_program_is_called_dext(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert (program.name, program.binary) == ("dext", "dext")
    monkeypatch.setattr(sys, "argv", ["dext", "--version"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert capsys.readouterr().out.split() == ["dext", dext_tasks.__version__]


@pytest.mark.allow_processes
def test_one_line_in_tasks_py_is_enough(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text("from dext_tasks import namespace as ns\n", encoding="utf-8")
    assert listed(run("-m", "invoke", "--list", folder=tmp_path)) >= VERBS


@pytest.mark.allow_processes
def test_the_package_is_the_program(tmp_path: Path) -> None:
    assert listed(run("-m", "dext_tasks", "--list", folder=tmp_path)) >= VERBS


@pytest.mark.allow_processes
@pytest.mark.parametrize("start", ["script", "module"])
def test_ctrl_c_during_the_imports_ends_it_with_one_line(tmp_path: Path, start: str) -> None:
    """The first thing that it imports presses Ctrl-C, so that no time has to be hit."""
    (tmp_path / "invoke").mkdir()
    (tmp_path / "invoke/__init__.py").write_text(
        "import os, signal\ntry:\n    os.kill(os.getpid(), signal.SIGINT)\nexcept BaseException:\n    pass\n",
        encoding="utf-8",
    )
    entry = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]["dext"]
    module, _, function = entry.partition(":")
    code = {
        "script": f"from {module} import {function}; {function}()",
        "module": "import runpy; runpy.run_module('dext_tasks', run_name='__main__')",
    }[start]
    # Whoever runs the tests may have SIGINT ignored.
    as_usual = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    done = subprocess.run(  # noqa: S603 - this interpreter, with a list of fixed words
        [sys.executable, "-c", f"{as_usual}; {code}", "config"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))},
    )
    ended = (done.returncode, done.stdout, done.stderr)
    assert ended == (errors.InterruptedError.exit_code, "", "error: interrupted\n")


HEAVY = ("copier", "jsonschema", "nox", "plumbum", "pydantic", "python_on_whales", "rich", "urllib3")


# What verbs need once one of them runs.
LATER = (
    *("hashlib", "secrets", "tomllib"),
    *(f"dext_tasks.{name}" for name in ("api", "calls", "git", "project_files", "redaction", "workspace")),
    *(f"dext_tasks.config.{name}" for name in ("entry", "resolve", "stray")),
    *(f"dext_tasks.console.{name}" for name in ("log", "prompt", "result_file")),
    *("dext_tasks.extension.grants", "dext_tasks.formats.json_syntax"),
    *(f"dext_tasks.tasks.{name}" for name in ("check_document", "command_line", "invoked", "question", "run")),
    *(f"dext_tasks.tasks.{name}" for name in ("release_jobs", "release_text", "releasing", "smoke_reports")),
)


@pytest.mark.allow_processes
@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("dext_tasks", ("invoke", "semver", "yaml", *HEAVY)),
        # Not yaml, which invoke itself loads.
        ("dext_tasks.tasks", (*HEAVY, *LATER)),
        ("dext_tasks.cli", (*HEAVY, *LATER)),
    ],
)
def test_the_verbs_load_nothing_heavy(tmp_path: Path, module: str, heavy: tuple[str, ...]) -> None:
    code = f"import json, sys; import {module}; print(json.dumps(sorted(sys.modules)))"
    loaded = set(json.loads(run("-c", code, folder=tmp_path)))
    assert loaded & {*heavy} == set()


@pytest.mark.allow_processes
def test_nor_does_listing_them(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text("from dext_tasks import namespace as ns\n", encoding="utf-8")
    (tmp_path / "invoke.yaml").write_text("dext:\n  image: acme/hello\n", encoding="utf-8")
    code = (
        "import json, sys; from invoke.main import program\n"
        "try: program.run(['inv', '--list'])\n"
        "finally: print(json.dumps(sorted(sys.modules)))"
    )
    out = run("-c", code, folder=tmp_path)
    assert listed(out) >= VERBS
    assert {*json.loads(out.splitlines()[-1])} & {*HEAVY, *LATER} == set()


@pytest.mark.allow_processes
def test_a_plan_loads_nothing_that_only_its_steps_need(tmp_path: Path) -> None:
    modules = ("dext_tasks.release.run", "dext_tasks.console.release_board", "dext_tasks.console.tables")
    code = f"import json, sys, {', '.join(modules)}; print(json.dumps(sorted(sys.modules)))"
    loaded = set(json.loads(run("-c", code, folder=tmp_path)))
    needed_by_steps = ("checks.catalogue", "checks.report", "smoke.run", "sources.snapshot", "sources.tree", "ui")
    assert loaded & {*HEAVY, *(f"dext_tasks.{name}" for name in needed_by_steps)} == set()


@pytest.mark.allow_processes
def test_the_state_of_a_tree_loads_no_rules(tmp_path: Path) -> None:
    code = "import json, sys; import dext_tasks.sources.build_state; print(json.dumps(sorted(sys.modules)))"
    loaded = set(json.loads(run("-c", code, folder=tmp_path)))
    needed_by_rules = ("checks", "extension.theme", "formats.constraint", "formats.html")
    assert loaded & {*HEAVY, *(f"dext_tasks.{name}" for name in needed_by_rules)} == set()


@pytest.mark.allow_processes
def test_the_rules_load_nothing_that_only_some_checks_need(tmp_path: Path) -> None:
    code = "import json, sys; import dext_tasks.checks.run; print(json.dumps(sorted(sys.modules)))"
    loaded = set(json.loads(run("-c", code, folder=tmp_path)))
    needed_by_some = (
        "extension.grants.written",
        "formats.compose.reading",
        "formats.dockerfile.document",
        "formats.oci.layers",
        "sources.snapshot",
        "sources.tree",
        "registry",
    )
    assert loaded & {*HEAVY, *(f"dext_tasks.{name}" for name in needed_by_some)} == set()
