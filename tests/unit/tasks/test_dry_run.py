"""A dry run of any verb that changes anything shows what would be done, and does none of it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from invoke.config import Config
from invoke.context import Context

from dext_tasks import errors
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.tasks import namespace
from dext_tasks.tasks.verb import verb

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from invoke.tasks import Task

    from dext_tasks.project import Project
    from dext_tasks.tasks.run import Run
    from tests.unit.conftest import MakeProject
    from tests.unit.tasks.conftest import Call, Ended

CHANGING = {
    "adopt",
    "build",
    "ci.github",
    "ci.gitlab",
    "clean",
    "fix",
    "new",
    "release.abort",
    "release.release",
    "release.resume",
    "smoke",
    "upgrade",
}
# What a dry run of each must not come to.
WORK = (
    "dext_tasks.cleaning.clean.clean",
    "dext_tasks.engine.build.build_all",
    "dext_tasks.engine.engine.Engine.prefetch",
    "dext_tasks.scaffold.render.render",
    "dext_tasks.scaffold.file_replacing.replace_files",
    "dext_tasks.scaffold.upgrade.apply_upgrade",
    "dext_tasks.smoke.run.smoke_project",
    "dext_tasks.smoke.run.smoke_images",
    "dext_tasks.smoke.images.images",
)
WAYS: dict[str, Callable[..., tuple[str, ...]]] = {
    "--dry-run": lambda verb, *flags: (verb, *flags, "--dry-run"),
    "--dry after": lambda verb, *flags: (verb, *flags, "--dry"),
    "-R after": lambda verb, *flags: (verb, *flags, "-R"),
    "--dry before": lambda verb, *flags: ("--dry", verb, *flags),
    "-R before": lambda verb, *flags: ("-R", verb, *flags),
}


@pytest.fixture(autouse=True)
def project(make_project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project in the current folder that could be built, on a machine where nothing may be done."""
    made = make_project({"metadata.json": "{}", "Dockerfile": "FROM scratch\nCOPY metadata.json /\n"})
    monkeypatch.chdir(made.root)
    monkeypatch.setenv("DEXT_BUILD_ARGS", "TOKEN=sesame-7f3a,MODE=fast")

    def forbidden(*_: object, **__: object) -> None:
        pytest.fail("a dry run came to its work")

    for name in WORK:
        monkeypatch.setattr(name, forbidden)
    return made


@pytest.fixture(params=list(WAYS))
def dry(request: pytest.FixtureRequest, call: Call) -> Callable[..., Ended]:
    """Calls a verb dry, in each of the ways that mean it."""
    return lambda *argv: call(*WAYS[request.param](*argv))


def held(folder: Path) -> list[str]:
    return sorted(str(file) for file in folder.rglob("*"))


def test_of_a_build(dry: Callable[..., Ended], project: Project) -> None:
    before = held(project.root)
    flags = ("--build-target", "final", "--platform-context", "arm64=arm-box")
    ended = dry("build", "--json", *flags)
    assert ended.code == 0
    assert ended.document == {
        "dry_run": True,
        "images": [
            {
                "platform": platform,
                "context": context,
                "dockerfile": str(project.root / "Dockerfile"),
                "target": "final",
                "build_args": ["MODE", "TOKEN"],
                "reference": project.local_tag(Platform.parse(platform)),
            }
            for platform, context in (("linux/amd64", ""), ("linux/arm64", "arm-box"))
        ],
        "commit": "",
        "uncommitted": [],
    }
    assert "dry run: nothing was changed" in ended.err
    assert "sesame" not in ended.err + ended.out
    assert held(project.root) == before


def test_of_a_smoke_test(call: Call, project: Project) -> None:
    before = held(project.root)
    flags = ("--platform", "arm64", "--platform-context", "arm64=arm-box", "--report", "page.html", "--junit", "x.xml")
    ended = call("smoke", "--dry-run", "--json", *flags)
    assert ended.code == 0
    local = project.local_tag(Platform.parse("arm64"))
    assert [(each["reference"], each["context"]) for each in ended.document["build"]] == [(local, "arm-box")]
    assert "linux/arm64 in arm-box" in ended.err
    (platform,) = ended.document["platforms"]
    assert (platform["platform"], platform["context"], platform["reference"]) == ("linux/arm64", "arm-box", local)
    assert platform["probes"][0] == "architecture"
    assert platform["probes"][-1] == "uninstall"
    assert ended.document["files"] == ["page.html", "x.xml"]
    assert "Would write page.html" in ended.err
    assert held(project.root) == before


def test_of_a_smoke_test_of_what_is_built(call: Call) -> None:
    assert call("smoke", "--dry", "--json", "--no-build").document["build"] == []


def test_of_a_smoke_test_of_any_image(call: Call) -> None:
    document = call("smoke", "--dry", "--json", "--image", "acme/other:1.0.0").document
    assert document["build"] == []
    assert {each["reference"] for each in document["platforms"]} == {"acme/other:1.0.0"}


@pytest.mark.allow_processes  # copier asks `uname -p` once in a process
def test_of_a_new_extension(call: Call, project: Project) -> None:
    before = held(project.root)
    ended = call("--dry", "new", "demo", "--image", "acme/demo", "--json")
    assert ended.code == 0
    assert ended.document["path"] == str(project.root / "demo")
    assert {"Dockerfile", "metadata.json", "tasks.py"} <= set(ended.document["files"])
    assert held(project.root) == before


@pytest.mark.parametrize(
    ("argv", "error"),
    [
        (("build", "--dockerfile", "other"), errors.DockerfileMissingError),
        (("smoke", "--image", "No Reference"), errors.ReferenceInvalidError),
        (("smoke", "--report", "none/page.html"), errors.UsageError),
        (("new", "ui"), errors.DirectoryNotEmptyError),
        (("new", "Dockerfile"), errors.ScaffoldError),
        (("new", "ok", "--path", "none"), errors.ScaffoldError),
        (("new", "Upper"), errors.ScaffoldError),
    ],
)
def test_says_what_would_stand_in_the_way(
    call: Call, project: Project, argv: tuple[str, ...], error: type[errors.DextError]
) -> None:
    (project.root / "ui").mkdir()
    (project.root / "ui" / "index.html").touch()
    ended = call(*argv, "--dry-run")
    assert ended.code == error.exit_code
    assert "nothing was changed" not in ended.err


@pytest.mark.allow_processes
@pytest.mark.parametrize("name", ["build", "smoke"])
def test_says_that_something_is_not_committed(
    call: Call, project: Project, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=project.root, check=True)  # noqa: S607 - whoever's git
    ended = call(name, "--dry-run")
    assert ended.code == 0
    assert "uncommitted: 2 files" in ended.err
    monkeypatch.setenv("DEXT_ALLOW_DIRTY", "no")
    assert call(name, "--dry-run").code == errors.DirtyTreeError.exit_code


@pytest.fixture
def seen() -> list[bool]:
    return []


@pytest.fixture
def changing(seen: list[bool]) -> Task[Any]:
    @verb(changes=True)
    def change(run: Run) -> None:
        """Keep whether it may change anything."""
        seen.append(run.dry_run)

    return change


@pytest.mark.parametrize(
    ("configured", "dry"), [({}, False), ({"run": {"dry": True}}, True), ({"run": {"dry": False}}, False)]
)
def test_is_a_matter_of_invoke_s_configuration_too(
    changing: Task[Any], seen: list[bool], configured: dict[str, Any], *, dry: bool
) -> None:
    context = Context(Config(overrides=configured))
    changing(context)
    changing(context, path=".")
    assert seen == [dry, dry]


def test_is_a_matter_of_the_caller_too(changing: Task[Any], seen: list[bool]) -> None:
    changing(Context(), dry_run=True)
    assert seen == [True]


def test_is_a_matter_of_invoke_s_variable_too(
    call: Call, changing: Task[Any], seen: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("1", "true", "", "0", "false", "no"):
        monkeypatch.setenv("INVOKE_RUN_DRY", variable)
        assert call("change", task=changing).code == 0
    assert seen == [True, True, False, False, False, False]
    # What is said nearer to the call goes before it.
    assert call("change", "--dry", task=changing).code == 0
    context = Context(Config())
    context.config.run.dry = True
    changing(context)
    assert seen[-2:] == [True, True]


FILES = [
    ("invoke.yaml", "run: {dry: true}", True),
    ("invoke.yml", "run: {dry: true}", True),
    ("invoke.json", '{"run": {"dry": true}}', True),
    ("invoke.yaml", "run: {dry: false}", False),
    ("invoke.yaml", "run: [dry]", False),
    ("invoke.yaml", "[run]", False),
    ("invoke.yaml", "run: {", False),
    ("invoke.yaml", "", False),
]


@pytest.mark.parametrize("file", FILES)
def test_is_a_matter_of_the_project_s_own_file_too(
    call: Call, changing: Task[Any], seen: list[bool], project: Project, file: tuple[str, str, bool]
) -> None:
    """`inv` has read it by itself, `dext` has not."""
    name, text, dry = file
    (project.root / name).write_text(text, encoding="utf-8")
    assert call("change", task=changing).code == 0
    assert call("change", "--path", str(project.root), task=changing).code == 0
    assert seen == [dry, dry]


def test_is_nothing_to_a_verb_that_changes_nothing(seen: list[bool]) -> None:
    @verb()
    def look(run: Run) -> None:
        """Keep whether it may change anything."""
        seen.append(run.dry_run)

    look(Context(Config(overrides={"run": {"dry": True}})))
    assert seen == [False]


def test_every_verb_that_changes_anything_has_one() -> None:
    names = namespace.task_names
    flags = {name: {argument.name for argument in namespace[name].get_arguments()} for name in names}
    assert {name for name in names if "dry_run" in flags[name]} == CHANGING
