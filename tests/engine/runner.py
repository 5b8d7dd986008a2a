"""Runners of pipelines: the shell of every job for real and in order, from a bare clone, with what images promise.

What an action does, the test does: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SECONDS: Final = 280
# How this machine reaches package registries.
_NETWORK: Final = re.compile(r"PIP_\w+|\w*(CERT|_CA_|CAINFO)\w*|(https?|no)_proxy", re.IGNORECASE)
# What the images have beside Python: of GitHub, https://github.com/actions/runner-images
_PROMISED: Final = ("bash", "docker", "git")
_NOTHING: Final = ("actions/setup-python", "docker/setup-qemu-action")
_EXPRESSION: Final = re.compile(r"\$\{\{ (.*?) \}\}")


@dataclass(frozen=True)
class Origin:
    """Where the repository is.

    Attributes:
        url: Of the git server.
        user: That may read and write.
        token: Its password.
    """

    url: str
    user: str
    token: str

    @property
    def with_login(self) -> str:
        return self.url.replace("://", f"://{self.user}:{self.token}@")


@dataclass
class Machines:
    """Fresh machines that have a Python of their own.

    Attributes:
        folder: Where they keep their files.
        wheels: Folder with the wheel of this checkout.
        origin: Where they clone from.
        commit: What they check out.
        tag: The git tag that started the pipeline; empty for none.
        shown: All that the jobs have written.
    """

    folder: Path
    wheels: Path
    origin: Origin
    commit: str
    tag: str = ""
    shown: str = ""
    count: int = 0

    def new(self) -> Path:
        """A folder for one job, with a home, a place for temporary files, and programs."""
        self.count += 1
        made = self.folder / f"job-{self.count}"
        for name in ("home", "tmp", "bin", "files"):
            (made / name).mkdir(parents=True)
        browser = shutil.which("chromium") or shutil.which("google-chrome")
        assert browser is not None
        for name in _PROMISED:
            assert shutil.which(name), name
        (made / "bin" / "google-chrome").symlink_to(browser)
        return made

    def environment(self, job: Path) -> dict[str, str]:
        """All variables of a job that its file does not name."""
        venv = self.folder / "venv"
        if not venv.exists():
            subprocess.run([sys.executable, "-m", "venv", venv], check=True, timeout=_SECONDS)
        links = f"{self.wheels} {os.environ.get('PIP_FIND_LINKS', '')}".strip()
        network = {name: value for name, value in os.environ.items() if _NETWORK.fullmatch(name)}
        path = os.pathsep.join([str(venv / "bin"), str(job / "bin"), "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"])
        return {
            **network,
            "PATH": path,
            "HOME": str(job / "home"),
            "TMPDIR": str(job / "tmp"),
            "LANG": "C.UTF-8",
            "CI": "true",
            "PIP_FIND_LINKS": links,
            "PIP_CACHE_DIR": os.environ.get("PIP_CACHE_DIR", str(Path.home() / ".cache" / "pip")),
            # So that the test is short.
            "DEXT_SMOKE_SETTLE": "0.2",
        }

    def run(self, script: str, folder: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        # https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        done = subprocess.run(
            command, cwd=folder, env=env, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        self.shown += done.stdout + done.stderr
        return done

    def check_out(self, folder: Path, remote: str) -> None:
        """As actions/checkout does: https://github.com/actions/checkout/blob/main/src/ref-helper.ts (getRefSpec)."""
        ref = f"refs/tags/{self.tag}" if self.tag else "refs/remotes/origin/main"
        for args in (
            ("init", "--quiet"),
            ("remote", "add", "origin", self.origin.url),
            ("fetch", "--quiet", "--no-tags", "--depth=1", self.origin.with_login, f"+{self.commit}:{ref}"),
            ("checkout", "--quiet", "--force", ref),
            ("remote", "set-url", "origin", remote),
        ):
            subprocess.run(["git", *args], cwd=folder, check=True, timeout=_SECONDS)


def failed(what: str, done: subprocess.CompletedProcess[str]) -> str:
    return f"{what} ended with {done.returncode}\n--- stdout\n{done.stdout}\n--- stderr\n{done.stderr}"


@dataclass
class GitHubRun:
    """One run of a workflow.

    Attributes:
        machines: What its jobs run on.
        text: The workflow.
        context: What expressions find, by dotted name.
        artifacts: What jobs have uploaded.
        jobs: Names of the jobs that ran.
    """

    machines: Machines
    text: str
    context: dict[str, str]
    artifacts: dict[str, Path] = field(default_factory=dict)
    jobs: list[str] = field(default_factory=list)

    def run(self, *only: str) -> None:
        """Run its jobs in the order of the file, which is that of their needs; or some of them."""
        workflow = yaml.safe_load(self.text)
        for name, job in workflow["jobs"].items():
            if only and name not in only:
                continue
            for index, row in enumerate(self._rows(job)):
                known = {**self.context, **row, "strategy.job-index": str(index)}
                outputs = self._job(name, job, known, workflow.get("env", {}))
                self.context |= {f"needs.{name}.outputs.{key}": value for key, value in outputs.items()}
            self.jobs.append(name)

    def _rows(self, job: Mapping[str, Any]) -> Iterator[dict[str, str]]:
        matrix = job.get("strategy", {}).get("matrix", {})
        if isinstance(matrix, str):
            inner = matrix.removeprefix("${{ fromJSON(").removesuffix(") }}")
            rows = json.loads(self.context[inner])["include"]
        else:
            ((key, values),) = matrix.items() if matrix else [("", [""])]
            rows = [{key: value} for value in values]
        for row in rows:
            yield {f"matrix.{key}": str(value) for key, value in row.items()}

    def _job(self, name: str, job: Mapping[str, Any], known: dict[str, str], env: Mapping[str, str]) -> dict[str, str]:
        machine = self.machines.new()
        known = {**known, "runner.temp": str(machine / "tmp")}
        shared = self._filled({**env, **job.get("env", {})}, known)
        problem = ""
        for step in job["steps"]:
            if problem and not step.get("if", "").startswith("${{ !cancelled()"):
                continue
            if "uses" in step:
                self._use(step, machine, known)
                continue
            variables = {**self._own(machine), **shared, **self._filled(step.get("env", {}), known)}
            done = self.machines.run(step["run"], machine / "files", variables)
            problem = problem or (failed(f"{name}: {step['name']}", done) if done.returncode else "")
            known |= {f"steps.{step.get('id')}.outputs.{key}": value for key, value in _outputs(machine).items()}
            (machine / "outputs").unlink(missing_ok=True)
        assert not problem, problem
        return self._filled(job.get("outputs", {}), known)

    def use(self, action: Path, given: Mapping[str, str], project: Path) -> tuple[int, dict[str, str]]:
        """Run a composite action's steps in a project: how the last one ended, and the action's outputs."""
        document = yaml.safe_load((action / "action.yml").read_text(encoding="utf-8"))
        machine, code = self.machines.new(), 0
        defaults = {name: each.get("default", "") for name, each in document["inputs"].items()}
        known = {f"inputs.{name}": value for name, value in {**defaults, **given}.items()}
        known |= {**self.context, "github.action_path": str(action)}
        for step in document["runs"]["steps"]:
            if "uses" in step:
                self._use(step, machine, known)
                continue
            env = {**self._own(machine), **self._filled(step["env"], known)}
            code = self.machines.run(step["run"], project, env).returncode
            known |= {f"steps.{step.get('id')}.outputs.{key}": value for key, value in _outputs(machine).items()}
        return code, self._filled({name: each["value"] for name, each in document["outputs"].items()}, known)

    def _own(self, machine: Path) -> dict[str, str]:
        """https://docs.github.com/actions/reference/workflows-and-actions/variables#default-environment-variables."""
        return {
            **self.machines.environment(machine),
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": self.context["github.event_name"],
            "GITHUB_REF_NAME": self.machines.tag or "main",
            "GITHUB_WORKSPACE": str(machine / "files"),
            "GITHUB_OUTPUT": str(machine / "outputs"),
            "GITHUB_ENV": str(machine / "env"),
            "GITHUB_STEP_SUMMARY": str(machine / "summary"),
            "RUNNER_TEMP": str(machine / "tmp"),
        }

    @staticmethod
    def _filled(values: Mapping[str, object], known: Mapping[str, str]) -> dict[str, str]:
        """Values with their expressions replaced; what is not there is empty, as on GitHub."""
        return {
            name: _EXPRESSION.sub(lambda found: known.get(found[1], ""), str(value)) for name, value in values.items()
        }

    def _use(self, step: Mapping[str, Any], machine: Path, known: Mapping[str, str]) -> None:
        action, given = step["uses"].partition("@")[0], self._filled(step.get("with", {}), known)
        if action == "actions/checkout":
            assert step["with"] == {"persist-credentials": False}
            self.machines.check_out(machine / "files", self.machines.origin.url)
        elif action == "actions/upload-artifact":
            assert given["name"] not in self.artifacts
            self.artifacts[given["name"]] = Path(given["path"])
            assert any(Path(given["path"]).iterdir()), f"nothing to keep as {given['name']}"
        elif action == "actions/download-artifact":
            assert given["merge-multiple"] == "True"
            for name, folder in self.artifacts.items():
                if name.startswith(given["pattern"].removesuffix("*")):
                    shutil.copytree(folder, given["path"], dirs_exist_ok=True)
        elif action == "github/codeql-action/upload-sarif":
            report = json.loads(Path(given["sarif_file"]).read_text(encoding="utf-8"))
            assert report["version"] == "2.1.0"
        else:
            assert action in _NOTHING, f"nobody does what {action} does"


def _outputs(machine: Path) -> dict[str, str]:
    """https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#multiline-strings."""
    file, found = machine / "outputs", {}
    lines = iter(file.read_text(encoding="utf-8").splitlines() if file.exists() else [])
    for line in lines:
        name, several, end = line.partition("<<")
        if several and "=" not in name:
            found[name] = "\n".join(iter(lines.__next__, end))
        else:
            name, _, found[name] = line.partition("=")
    return found


class _GitLabLoader(yaml.SafeLoader):
    """Reads ``!reference [job, key]`` as a mapping of this one key."""


def _reference(loader: yaml.SafeLoader, node: yaml.Node) -> dict[str, list[str]]:
    assert isinstance(node, yaml.SequenceNode)
    return {"!reference": loader.construct_sequence(node)}


_GitLabLoader.add_constructor("!reference", _reference)


@dataclass
class GitLabRun:
    """One pipeline of GitLab.

    Attributes:
        machines: What its jobs run on.
        text: The pipeline's file.
        variables: Of the project, and those that GitLab sets.
        installed: Names of packages that jobs wanted of Debian.
        left: Files of artifacts, by their paths in the project.
    """

    machines: Machines
    text: str
    variables: dict[str, str]
    installed: set[str] = field(default_factory=set)
    left: dict[str, Path] = field(default_factory=dict)

    def run(self, *names: str) -> None:
        """Run these jobs in this order."""
        file: dict[str, Any] = yaml.load(self.text, Loader=_GitLabLoader)  # noqa: S506 - a SafeLoader with one more tag
        for name in names:
            job = self._extended(file, name)
            for row in job.get("parallel", {}).get("matrix", [{}]):
                self._job(file, name, job, row)

    def _extended(self, file: Mapping[str, Any], name: str) -> dict[str, Any]:
        job = file[name]
        bases = job.get("extends", [])
        made: dict[str, Any] = {}
        for base in [bases] if isinstance(bases, str) else bases:
            made = _merged(made, self._extended(file, base))
        return _merged(made, job)

    def _job(self, file: Mapping[str, Any], name: str, job: Mapping[str, Any], row: Mapping[str, str]) -> None:
        machine = self.machines.new()
        files = machine / "files"
        # With a token of the job's own in it, which may not write.
        self.machines.check_out(files, self.machines.origin.url.replace("://", "://gitlab-ci-token:of-the-job@"))
        for path, kept in self.left.items():
            (files / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(kept, files / path)
        # Debian's packages are on this machine already, and its engine takes the place of the service.
        packages = machine / "packages"
        self._program(machine / "bin" / "apt-get", f'printf "%s\\n" "$@" >>"{packages}"')
        env = {**self.machines.environment(machine), "GITLAB_CI": "true", "CI_PROJECT_DIR": str(files)}
        own = {**file.get("variables", {}), **job.get("variables", {}), **row}
        env |= _expanded({**own, **self.variables})
        for variable in ("DOCKER_HOST", "DOCKER_TLS_CERTDIR", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
            env.pop(variable, None)
        lines = [*_lines(file, job["before_script"]), *_lines(file, job["script"])]
        done = self.machines.run("\n".join(lines), files, env)
        assert done.returncode == 0, failed(name, done)
        wanted = packages.read_text(encoding="utf-8").split() if packages.exists() else []
        self.installed |= {word for word in wanted if not word.startswith("-")} - {"install", "update"}
        self._keep(files, job.get("artifacts", {}))

    @staticmethod
    def _program(path: Path, script: str) -> None:
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    def _keep(self, files: Path, artifacts: Mapping[str, Any]) -> None:
        for path in [*artifacts.get("paths", []), *artifacts.get("reports", {}).values()]:
            assert (files / path).exists(), f"there is no artifact {path}"
            found = [files / path] if (files / path).is_file() else (files / path).rglob("*")
            self.left |= {str(each.relative_to(files)): each for each in found if each.is_file()}


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings are merged, all else is replaced: https://docs.gitlab.com/ci/yaml/yaml_optimization/#merge-details."""
    both = {
        key: _merged(below[key], above[key])
        for key in below.keys() & above.keys()
        if isinstance(below[key], dict) and isinstance(above[key], dict)
    }
    return {**below, **above, **both}


def _lines(file: Mapping[str, Any], script: list[Any]) -> Iterator[str]:
    for line in script:
        if isinstance(line, str):
            yield line
            continue
        inner: Any = file
        for key in line["!reference"]:
            inner = inner[key]
        yield from _lines(file, inner)


def _expanded(variables: Mapping[str, Any]) -> dict[str, str]:
    """Variables with others in them: https://docs.gitlab.com/ci/variables/where_variables_can_be_used/."""
    values = {name: each.get("value", "") if isinstance(each, dict) else each for name, each in variables.items()}
    fixed = {name for name, each in variables.items() if isinstance(each, dict) and each.get("expand") is False}
    once = {name: value if name in fixed else Template(value).safe_substitute(values) for name, value in values.items()}
    return {name: value if name in fixed else Template(value).safe_substitute(values) for name, value in once.items()}
