"""Pipelines as they are written, and what the linters of their field say of them."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import Any, NoReturn

import pytest
import yaml

from dext_tasks._version import __version__
from dext_tasks.config import Settings
from dext_tasks.config.runners import runners_of
from dext_tasks.errors import (
    ConfigError,
    DextError,
    DirectoryNotEmptyError,
    FileAccessError,
    OutsideProjectError,
    ProjectNotFoundError,
    ReferenceInvalidError,
    ScaffoldError,
    UsageError,
)
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.project import Project
from dext_tasks.scaffold.answers import derive
from dext_tasks.scaffold.pipelines import Pipeline, PipelineSystem, pipeline
from dext_tasks.scaffold.render import render
from dext_tasks.scaffold.repository import without_git
from tests.unit.needs import make_pipe
from tests.unit.real_git import isolate

CHECK, RELEASE = ".github/workflows/extension-check.yml", ".github/workflows/extension-release.yml"
GITLAB = ".gitlab-ci.yml"
_LINT_SECONDS = 120


@dataclass(frozen=True)
class Repository:
    """A repository with extensions in some of its folders.

    Attributes:
        extensions: Settings by folder.
        emulate: Whether arm64 is emulated.
    """

    extensions: dict[str, dict[str, Any]] = field(default_factory=dict)
    emulate: bool = False

    def pipeline(self, top: Path, system: PipelineSystem) -> Pipeline:
        (top / ".git").mkdir(parents=True, exist_ok=True)
        projects = []
        for path, settings in self.extensions.items():
            (top / path).mkdir(parents=True, exist_ok=True)
            prefix = "v" if path == "." else f"{path}/v"
            projects.append(Project((top / path).resolve(), Settings(**{"release_tag_prefix": prefix, **settings})))
        return pipeline(system, projects, emulate=self.emulate)


GHCR = Repository({".": {"image": "ghcr.io/acme/one"}})
TWO = Repository({f"extensions/{name}": {"image": f"localhost:5000/acme/{name}"} for name in "ab"})
REPOSITORIES = {
    "github's registry": GHCR,
    "gitlab's registry": Repository({".": {"image": "registry.gitlab.com/acme/one"}}),
    "Docker Hub, emulated": Repository({".": {"image": "acme/one", "release_tag_prefix": ""}}, emulate=True),
    "below the top": Repository({"extensions/a": {"image": "ghcr.io/acme/a"}}),
    "two": TWO,
    "two, emulated": Repository(TWO.extensions, emulate=True),
}


@pytest.fixture(params=REPOSITORIES)
def repository(request: pytest.FixtureRequest) -> Repository:
    return REPOSITORIES[request.param]


def jobs(top: Path, repository: Repository, name: str) -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load(repository.pipeline(top, PipelineSystem.GITHUB).files[name])["jobs"]
    return made


def evaluated(text: str, context: dict[str, str]) -> str:
    """A text with its expressions as GitHub would fill them in; of those in ``||`` the first that is not empty."""

    def value(match: re.Match[str]) -> str:
        return next(filter(None, (context.get(name.strip(), "") for name in match[1].split("||"))), "")

    return re.sub(r"\$\{\{(.*?)\}\}", value, text)


def _password(key: str, helper: str, variables: dict[str, str], address: str) -> str:
    """What git would send to an address, with one setting; empty for nothing."""
    settings = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": key, "GIT_CONFIG_VALUE_0": helper}
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true"}
    done = subprocess.run(
        ["git", "credential", "fill"],  # noqa: S607 - the git of whoever runs the tests
        env={**os.environ, **settings, **variables, **quiet},
        input=f"url={address}\n\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=_LINT_SECONDS,
    )
    return next((line.removeprefix("password=") for line in done.stdout.splitlines() if "password=" in line), "")


class _Reference(list[str]):
    """``!reference [job, key]``."""


class _GitLabLoader(yaml.SafeLoader):
    pass


def _reference(loader: yaml.SafeLoader, node: yaml.Node) -> _Reference:
    assert isinstance(node, yaml.SequenceNode)
    return _Reference(loader.construct_sequence(node))


_GitLabLoader.add_constructor("!reference", _reference)


def gitlab(top: Path, repository: Repository) -> dict[str, Any]:
    text = repository.pipeline(top, PipelineSystem.GITLAB).files[GITLAB]
    return dict(yaml.load(text, Loader=_GitLabLoader))  # noqa: S506 - a SafeLoader with one more tag


class TestGitHub:
    def test_actions_are_pinned_by_commit_with_their_version(self, tmp_path: Path, repository: Repository) -> None:
        for text in repository.pipeline(tmp_path, PipelineSystem.GITHUB).files.values():
            used = re.findall(r"^ +uses: (.*)$", text, re.MULTILINE)
            assert used
            assert [each for each in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []

    def test_no_shell_has_an_expression_in_it(self, tmp_path: Path, repository: Repository) -> None:
        for name in (CHECK, RELEASE):
            for job in jobs(tmp_path, repository, name).values():
                assert [step["run"] for step in job["steps"] if "${{" in step.get("run", "")] == []

    def test_each_job_may_do_what_it_has_to_and_no_more(self, tmp_path: Path) -> None:
        read = {"contents": "read"}
        assert {name: job["permissions"] for name, job in jobs(tmp_path, GHCR, CHECK).items()} == {
            "check": {**read, "security-events": "write"},
            "plan": read,
            "smoke": read,
        }
        assert {name: job["permissions"] for name, job in jobs(tmp_path, GHCR, RELEASE).items()} == {
            "plan": read,
            "prepare": {**read, "packages": "write"},
            "publish": {"contents": "write", "packages": "write"},
        }
        elsewhere = jobs(tmp_path, TWO, RELEASE)
        assert elsewhere["prepare"]["permissions"] == read
        assert elsewhere["publish"]["permissions"] == {"contents": "write"}

    def test_folders_are_text_whatever_they_look_like(self, tmp_path: Path) -> None:
        odd = Repository(
            {name: {"image": f"acme/{name}", "release_tag_prefix": f"{name}/v"} for name in ("1.10", "null")}
        )
        made = jobs(tmp_path, odd, CHECK)["check"]
        assert made["strategy"]["matrix"]["path"] == ["1.10", "null"]
        one = Repository({"1.10": odd.extensions["1.10"]})
        assert jobs(tmp_path, one, CHECK)["check"]["env"]["EXTENSION"] == "1.10"
        assert gitlab(tmp_path, one)[".tool"]["variables"]["EXTENSION"] == "1.10"
        assert gitlab(tmp_path, odd)["check"]["parallel"]["matrix"] == [{"EXTENSION": ["1.10", "null"]}]

    def test_no_module_of_the_repository_is_run_to_install_the_tool(
        self, tmp_path: Path, repository: Repository
    ) -> None:
        texts = [*repository.pipeline(tmp_path, PipelineSystem.GITHUB).files.values()]
        texts += [*repository.pipeline(tmp_path, PipelineSystem.GITLAB).files.values()]
        texts.append((Path(__file__).parents[3] / "action.yml").read_text(encoding="utf-8"))
        started = [line for text in texts for line in text.splitlines() if re.search(r"python\"? -\w", line)]
        assert started
        assert [line for line in started if not re.search(r"python\"? -P ", line)] == []

    @pytest.mark.allow_processes
    @pytest.mark.parametrize(
        ("address", "is_given"), [("https://github.com/a/b", True), ("https://else.example/a/b", False)]
    )
    def test_the_token_is_for_its_own_server(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, *, is_given: bool
    ) -> None:
        isolate(monkeypatch)
        steps = jobs(tmp_path, GHCR, RELEASE)["publish"]["steps"]
        (env,) = (step["env"] for step in steps if "GIT_TOKEN" in step.get("env", {}))
        key = env["GIT_CONFIG_KEY_0"].replace("${{ github.server_url }}", "https://github.com")
        assert _password(key, env["GIT_CONFIG_VALUE_0"], {"GIT_TOKEN": "sesame"}, address) == (
            "sesame" if is_given else ""
        )

    def test_secrets_are_those_of_an_environment(self, tmp_path: Path, repository: Repository) -> None:
        for name, job in jobs(tmp_path, repository, RELEASE).items():
            if "secrets." in yaml.safe_dump(job):
                assert job["environment"] == "release", name
        assert "secrets." not in yaml.safe_dump(jobs(tmp_path, repository, CHECK))

    def test_several_extensions_are_checked_side_by_side(self, tmp_path: Path) -> None:
        made = jobs(tmp_path, TWO, CHECK)
        assert made["check"]["strategy"]["matrix"] == {"path": ["extensions/a", "extensions/b"]}
        (plan,) = (step for step in made["plan"]["steps"] if step.get("id") == "plan")
        assert plan["run"].endswith(" --extension extensions/a --extension extensions/b")

    def test_a_tag_starts_the_release_of_its_extension(self, tmp_path: Path) -> None:
        text = TWO.pipeline(tmp_path, PipelineSystem.GITHUB).files[RELEASE]
        # YAML 1.1 reads "on" as True.
        triggers = yaml.safe_load(text)[True]
        assert triggers["push"]["tags"] == ["extensions/a/v[0-9]*", "extensions/b/v[0-9]*"]
        assert triggers["workflow_dispatch"]["inputs"]["extension"]["options"] == ["extensions/a", "extensions/b"]
        assert "extensions/b/v[0-9]*) path=extensions/b version=${GITHUB_REF_NAME#extensions/b/v} ;;" in text

    def test_no_release_cancels_another_that_waits(self, tmp_path: Path) -> None:
        text = TWO.pipeline(tmp_path, PipelineSystem.GITHUB).files[RELEASE]
        concurrency = yaml.safe_load(text)["concurrency"]
        assert concurrency["cancel-in-progress"] is False
        pressed = {"github.ref": "refs/heads/main", "inputs.bump": "patch"}
        runs: list[dict[str, str]] = [
            {"github.ref": "refs/tags/extensions/a/v1.0.0"},
            {"github.ref": "refs/tags/extensions/a/v1.0.1"},
            {"github.ref": "refs/tags/extensions/b/v1.0.0"},
            {**pressed, "inputs.extension": "extensions/a"},
            {**pressed, "inputs.extension": "extensions/b"},
            {**pressed, "inputs.extension": "extensions/b", "inputs.bump": "minor"},
            {**pressed, "inputs.extension": "extensions/b", "inputs.version": "2.0.0"},
        ]
        groups = [evaluated(concurrency["group"], run) for run in runs]
        assert len({*groups}) == len(runs), groups
        # A second press of the same button waits for the first.
        assert evaluated(concurrency["group"], {**runs[-1], "inputs.bump": "major"}) == groups[-1]

    def test_emulation_is_a_choice(self, tmp_path: Path) -> None:
        for name in (CHECK, RELEASE):
            assert "--runs-on ubuntu-24.04" not in GHCR.pipeline(tmp_path, PipelineSystem.GITHUB).files[name]
            emulated = Repository(GHCR.extensions, emulate=True).pipeline(tmp_path, PipelineSystem.GITHUB).files[name]
            assert "--only smoke --runs-on ubuntu-24.04" in emulated

    def test_the_tool_is_the_one_that_wrote_it(self, tmp_path: Path) -> None:
        text = GHCR.pipeline(tmp_path, PipelineSystem.GITHUB).files[CHECK]
        assert yaml.safe_load(text)["env"] == {"PACKAGE": f"dext-tasks[ui]=={__version__}"}


class TestGitLab:
    def test_each_platform_has_a_native_runner(self, tmp_path: Path) -> None:
        made = gitlab(tmp_path, GHCR)
        expected = [
            {"PLATFORM": "linux/amd64", "RUNNER": "saas-linux-small-amd64"},
            {"PLATFORM": "linux/arm64", "RUNNER": "saas-linux-small-arm64"},
        ]
        assert made["smoke"]["parallel"]["matrix"] == made["prepare"]["parallel"]["matrix"] == expected
        assert "binfmt" not in str(made)

    def test_or_an_emulator(self, tmp_path: Path) -> None:
        made = gitlab(tmp_path, REPOSITORIES["Docker Hub, emulated"])
        assert {each["RUNNER"] for each in made["smoke"]["parallel"]["matrix"]} == {"saas-linux-small-amd64"}
        assert made[".engine"]["before_script"][-1].endswith('--install "arm64"')

    def test_a_tag_of_a_runner_is_text(self, tmp_path: Path) -> None:
        tag = "a: b # 'c' \"d\" ${{ e }}"
        odd = Repository({".": {"image": "acme/one", "matrix_runs_on": runners_of([tag])}})
        assert {each["RUNNER"] for each in gitlab(tmp_path, odd)["smoke"]["parallel"]["matrix"]} == {tag}

    def test_or_one_that_the_settings_name(self, tmp_path: Path) -> None:
        runs_on = runners_of({"linux/arm64": "our-arm", "default": "ours"})
        own = Repository({".": {"image": "acme/one", "matrix_runs_on": runs_on}})
        assert [each["RUNNER"] for each in gitlab(tmp_path, own)["smoke"]["parallel"]["matrix"]] == ["ours", "our-arm"]

    def test_a_platform_without_a_runner_is_emulated(self, tmp_path: Path) -> None:
        odd = Repository({".": {"image": "acme/one", "platforms": (Platform.parse("linux/riscv64"),)}})
        made = gitlab(tmp_path, odd)
        assert made["smoke"]["parallel"]["matrix"] == [
            {"PLATFORM": "linux/riscv64", "RUNNER": "saas-linux-small-amd64"}
        ]
        assert made[".engine"]["before_script"][-1].endswith('--install "riscv64"')

    def test_several_extensions_have_a_job_each(self, tmp_path: Path) -> None:
        made = gitlab(tmp_path, TWO)
        assert made["check"]["parallel"]["matrix"] == [{"EXTENSION": ["extensions/a", "extensions/b"]}]
        assert [(each["EXTENSION"], each["PLATFORM"]) for each in made["smoke"]["parallel"]["matrix"]] == [
            (f"extensions/{name}", platform) for name in "ab" for platform in ("linux/amd64", "linux/arm64")
        ]
        assert made[".on-release"]["rules"][0] == {
            "if": r"$CI_COMMIT_TAG =~ /^extensions\/b\/v[0-9]/",
            "variables": {"RELEASE_EXTENSION": "extensions/b"},
        }

    def test_no_push_cancels_a_release_that_waits(self, tmp_path: Path, repository: Repository) -> None:
        made = gitlab(tmp_path, repository)
        assert made["workflow"]["auto_cancel"] == {"on_new_commit": "interruptible"}
        can_be_cancelled = {}
        for name in ("check", "smoke", "prepare", "publish"):
            extended = made[name]["extends"]
            parents = [made[each] for each in ([extended] if isinstance(extended, str) else extended)]
            # GitLab merges them in order: https://docs.gitlab.com/ci/yaml/#extends
            merged = {key: value for each in (made[".tool"], *parents, made[name]) for key, value in each.items()}
            can_be_cancelled[name] = merged["interruptible"]
        assert can_be_cancelled == {"check": True, "smoke": True, "prepare": False, "publish": False}

    def test_the_token_is_for_git_to_read_and_not_written_out(self, tmp_path: Path) -> None:
        helper = gitlab(tmp_path, GHCR)[".on-release"]["variables"]["GIT_CONFIG_VALUE_0"]
        assert helper["expand"] is False
        assert "$RELEASE_TOKEN" in helper["value"]

    @pytest.mark.allow_processes
    @pytest.mark.parametrize(
        ("address", "is_given"),
        [
            ("https://gitlab.example/a/b.git", True),
            ("https://else.example/a", False),
            ("http://gitlab.example/a", False),
        ],
    )
    def test_the_token_is_for_its_own_server(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, *, is_given: bool
    ) -> None:
        isolate(monkeypatch)
        variables = gitlab(tmp_path, GHCR)[".on-release"]["variables"]
        server = {"CI_SERVER_PROTOCOL": "https", "CI_SERVER_HOST": "gitlab.example", "CI_SERVER_PORT": "443"}
        key = Template(variables["GIT_CONFIG_KEY_0"]).substitute(server)
        value = variables["GIT_CONFIG_VALUE_0"]["value"]
        assert _password(key, value, {"RELEASE_TOKEN": "sesame"}, address) == ("sesame" if is_given else "")

    def test_gitlabs_own_registry_needs_no_login_of_yours(self, tmp_path: Path) -> None:
        own = gitlab(tmp_path, REPOSITORIES["gitlab's registry"])[".on-release"]["variables"]
        assert (own["REGISTRY_USERNAME"], own["REGISTRY_PASSWORD"]) == ("$CI_REGISTRY_USER", "$CI_REGISTRY_PASSWORD")
        assert "REGISTRY_PASSWORD" not in gitlab(tmp_path, GHCR)[".on-release"]["variables"]


@pytest.mark.allow_processes  # copier asks `uname -p` once in a process
@pytest.mark.parametrize("system", PipelineSystem)
@pytest.mark.parametrize("image", ["ghcr.io/acme/one", "acme/one", "docker.io/acme/one", "localhost:5000/acme/one"])
def test_a_new_extension_has_the_very_same_files(system: PipelineSystem, image: str, tmp_path: Path) -> None:
    made = render(derive("one", image=image, ci=system), tmp_path / "one", git=without_git)
    written = Repository({".": {"image": image}}).pipeline(made.path, system).files
    assert {name: (made.path / name).read_text(encoding="utf-8") for name in written} == written
    files = {each.as_posix() for each in made.files}
    assert {each for each in files if each.startswith((".github/workflows/", ".gitlab-ci"))} == {*written}


@pytest.mark.parametrize(
    ("origin", "ci"),
    [
        ("https://github.com/acme/one", "github"),
        ("https://gitlab.com/acme/one", "gitlab"),
        ("https://gitlab.acme.example/acme/one", "gitlab"),
        ("https://git.acme.example/github.com/one", "none"),
        ("", "none"),
    ],
)
def test_a_clone_gets_the_pipeline_of_its_host(origin: str, ci: str) -> None:
    assert derive("one", origin=origin).ci == ci
    assert derive("one", origin=origin, ci="none").ci == "none"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every pipeline, each in a repository of its own."""
    top = tmp_path_factory.mktemp("pipelines")
    for number, repository in enumerate(REPOSITORIES.values()):
        for system in PipelineSystem:
            repository.pipeline(top / str(number), system).write()
    return top


@pytest.mark.allow_processes
@pytest.mark.skipif(not find_spec("check_jsonschema"), reason="linters come with the group dev")
class TestLinters:
    """All variants at once, as each of the linters takes a second to start."""

    def test_zizmor(self, written: Path) -> None:
        lint("zizmor", "--offline", "--no-progress", "--persona", "pedantic", str(written))

    def test_the_schema_of_github(self, written: Path) -> None:
        files = map(str, written.glob("*/.github/workflows/*.yml"))
        lint("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files)

    def test_the_schema_of_gitlab(self, written: Path) -> None:
        files = map(str, written.glob("*/.gitlab-ci.yml"))
        transform = ("--data-transform", "gitlab-ci")
        lint("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", *transform, *files)


def lint(name: str, *args: str) -> None:
    program = Path(sys.executable).parent / name
    done = subprocess.run(  # noqa: S603 - of this environment
        [program, *args], capture_output=True, text=True, timeout=_LINT_SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.allow_processes
@pytest.mark.needs("linux")
class TestWhichVersion:
    """The shell that decides it, with a dext that only tells its arguments."""

    @pytest.mark.parametrize(
        ("event", "chosen", "version", "outputs"),
        [
            ("push", "", "", ["path=extensions/b", "version=1.2.0-rc.1"]),
            ("workflow_dispatch", "extensions/a", "3.0.0", ["path=extensions/a", "version=3.0.0"]),
            ("workflow_dispatch", "extensions/a", "", ["path=extensions/a", "version="]),
        ],
    )
    def test_on_github(self, tmp_path: Path, event: str, chosen: str, version: str, outputs: list[str]) -> None:
        (step,) = (each for each in jobs(tmp_path, TWO, RELEASE)["plan"]["steps"] if each.get("id") == "plan")
        file = tmp_path / "outputs"
        env = {"GITHUB_EVENT_NAME": event, "GITHUB_REF_NAME": "extensions/b/v1.2.0-rc.1", "GITHUB_OUTPUT": str(file)}
        told = shell(step["run"], tmp_path, {**env, "CHOSEN": chosen, "VERSION": version})
        assert file.read_text(encoding="utf-8").splitlines() == outputs
        assert told == f"ci.matrix --only smoke --path {chosen or 'extensions/b'}\n"

    @pytest.mark.parametrize("order", [(".", "v1"), ("v1", ".")])
    @pytest.mark.parametrize(
        ("top", "tag", "path"),
        [("v", "v1/v2.0.0", "v1"), ("v", "v2.0.0", "."), ("", "1/v2.0.0", "v1"), ("", "2.0.0", ".")],
    )
    def test_a_prefix_that_begins_as_another_is_not_taken_for_it(
        self, tmp_path: Path, order: tuple[str, str], top: str, tag: str, path: str
    ) -> None:
        settings = {
            ".": {"image": "acme/top", "release_tag_prefix": top},
            "v1": {"image": "acme/a", "release_tag_prefix": "v1/v" if top else "1/v"},
        }
        repository = Repository({name: settings[name] for name in order})
        (step,) = (each for each in jobs(tmp_path, repository, RELEASE)["plan"]["steps"] if each.get("id") == "plan")
        file = tmp_path / "outputs"
        env = {"GITHUB_EVENT_NAME": "push", "GITHUB_REF_NAME": tag, "GITHUB_OUTPUT": str(file)}
        shell(step["run"], tmp_path, {**env, "CHOSEN": "", "VERSION": ""})
        assert file.read_text(encoding="utf-8").splitlines() == [f"path={path}", "version=2.0.0"]

        made = gitlab(tmp_path, repository)
        patterns = [(re.search("/(.*)/$", each["if"]), each["variables"]) for each in made[".on-release"]["rules"][:2]]
        first = next(variables for found, variables in patterns if found and re.search(found[1], tag))
        assert first == {"RELEASE_EXTENSION": path}
        env = {"CI_COMMIT_TAG": tag, "RELEASE_VERSION": "", "RELEASE_BUMP": "", "EXTENSION": path}
        told = shell(made["prepare"]["script"][-1], tmp_path, {**env, "PLATFORM": "linux/arm64"})
        assert f"release --path {path} --version 2.0.0 " in told

    @pytest.mark.parametrize(
        ("tag", "version", "bump", "flags"),
        [
            ("extensions/b/v1.2.0-rc.1", "", "", "--version 1.2.0-rc.1"),
            ("", "3.0.0", "minor", "--version 3.0.0"),
            ("", "", "minor", "--bump minor"),
        ],
    )
    def test_on_gitlab(self, tmp_path: Path, tag: str, version: str, bump: str, flags: str) -> None:
        script = gitlab(tmp_path, TWO)["prepare"]["script"][-1]
        env = {"CI_COMMIT_TAG": tag, "RELEASE_VERSION": version, "RELEASE_BUMP": bump}
        told = shell(script, tmp_path, {**env, "EXTENSION": "extensions/b", "PLATFORM": "linux/arm64"})
        assert told == (
            f"release --path extensions/b {flags} --platform linux/arm64 --ui always"
            " --prepare handover/linux-arm64.json\n"
        )


def shell(script: str, folder: Path, env: dict[str, str]) -> str:
    """What a script writes, run as a runner does."""
    (folder / "dext").write_text('#!/bin/sh\necho "$@"\n', encoding="utf-8")
    (folder / "dext").chmod(0o755)
    path = f"{folder}:/usr/bin:/bin"
    done = subprocess.run(  # noqa: S603 - of a pipeline that was just made
        ["/bin/bash", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={**env, "PATH": path},
        capture_output=True,
        text=True,
        timeout=_LINT_SECONDS,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("system", PipelineSystem)
class TestRefused:
    @pytest.mark.parametrize(
        ("extensions", "error"),
        [
            ({".": {"image": ""}}, ReferenceInvalidError),
            ({"a b": {"image": "acme/a", "release_tag_prefix": "v"}}, UsageError),
            ({"$(id)": {"image": "acme/a", "release_tag_prefix": "v"}}, UsageError),
            ({".": {"image": "acme/a", "release_tag_prefix": "${{x}}"}}, UsageError),
            ({"a": {"image": "acme/a"}, "b": {"image": "ghcr.io/acme/b"}}, UsageError),
            ({"a": {"image": "acme/a"}, "b": {"image": "acme/a"}}, ConfigError),
            (
                {
                    "a": {"image": "acme/a", "release_tag_prefix": "v"},
                    "b": {"image": "acme/b", "release_tag_prefix": "v"},
                },
                ConfigError,
            ),
        ],
    )
    def test_by_what_is_in_them(
        self, system: PipelineSystem, extensions: dict[str, dict[str, Any]], error: type[DextError], tmp_path: Path
    ) -> None:
        with pytest.raises(error):
            Repository(extensions).pipeline(tmp_path, system)
        assert [path.name for path in tmp_path.rglob("*.yml")] == []

    def test_outside_of_a_repository(self, system: PipelineSystem, tmp_path: Path) -> None:
        with pytest.raises(ProjectNotFoundError, match="not in one git repository"):
            pipeline(system, [Project(tmp_path, Settings(image="acme/a"))])

    def test_over_other_files(self, system: PipelineSystem, tmp_path: Path) -> None:
        made = GHCR.pipeline(tmp_path, system)
        made.require_absent()
        made.write()
        made.require_absent()
        first = tmp_path / next(iter(made.files))
        first.write_text("mine\n", encoding="utf-8")
        assert made.present == (next(iter(made.files)),)
        with pytest.raises(DirectoryNotEmptyError, match=re.escape(made.present[0])):
            made.require_absent()
        made.write()
        made.require_absent()

    @pytest.mark.needs("os.symlink")
    def test_through_a_link(self, system: PipelineSystem, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        made = GHCR.pipeline(tmp_path / "top", system)
        name = Path(next(iter(made.files))).parts[0]
        (tmp_path / "top" / name).symlink_to(tmp_path / "elsewhere", target_is_directory=True)
        with pytest.raises((OutsideProjectError, ScaffoldError)):
            made.write()
        assert list((tmp_path / "elsewhere").iterdir()) == []

    @pytest.mark.needs("os.symlink", "/dev/zero")
    @pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
    def test_over_what_is_no_file(self, system: PipelineSystem, kind: str, tmp_path: Path) -> None:
        made = GHCR.pipeline(tmp_path, system)
        place = tmp_path / next(iter(made.files))
        place.parent.mkdir(parents=True, exist_ok=True)
        if kind == "pipe":
            make_pipe(place)
        elif kind == "device":
            # Reading it never ends.
            place.symlink_to("/dev/zero")
        else:
            place.mkdir()
        assert made.present == (next(iter(made.files)),)
        with pytest.raises((OutsideProjectError, ScaffoldError), match=re.escape(place.name)):
            made.write()
        assert [path for path in tmp_path.rglob("*.yml") if path != place] == []

    def test_on_a_full_disk(self, system: PipelineSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        made = GHCR.pipeline(tmp_path, system)
        last = tmp_path / list(made.files)[-1]
        last.parent.mkdir(parents=True, exist_ok=True)
        last.write_text("mine\n", encoding="utf-8")

        def full(path: Path, _content: bytes) -> NoReturn:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

        monkeypatch.setattr(Path, "write_bytes", full)
        with pytest.raises(FileAccessError, match=re.escape(os.strerror(errno.ENOSPC))):
            made.write()
        assert [path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file()] == ["mine\n"]


def test_gitlab_takes_one_tag_a_runner(tmp_path: Path) -> None:
    labels = Repository({".": {"image": "acme/a", "matrix_runs_on": runners_of(["self-hosted", "arm64"])}})
    with pytest.raises(UsageError, match="one tag"):
        labels.pipeline(tmp_path, PipelineSystem.GITLAB)
