from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from dext_tasks.doctor.emulator import require_runs
from dext_tasks.doctor.examination import Patient, examine, require_well
from dext_tasks.doctor.line import Line, LineStatus
from dext_tasks.engine.client import Client
from dext_tasks.engine.engine import Engine
from dext_tasks.engine.engines import Engines
from dext_tasks.errors import (
    DextError,
    DoctorFailedError,
    EmulatorMissingError,
    EngineCommandError,
    EngineDeniedError,
    EngineTimeoutError,
    EngineTooOldError,
    EngineUnreachableError,
    GitError,
    LoginMissingError,
    PreflightError,
)
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.git import Git, RemoteRefs
from dext_tasks.registry.access import Access
from dext_tasks.registry.credentials import Login, Logins
from dext_tasks.registry.repository import Repository
from dext_tasks.registry.transport import Transport
from dext_tasks.runtime.cancellation import interrupted
from tests.unit.engine_api import FakeApi

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dext_tasks.config import Settings
    from dext_tasks.formats.oci.reference import Reference
    from dext_tasks.project import Project
    from tests.unit.conftest import MakeProject

AMD64, ARM64 = REQUIRED
COMMIT = "0123456789abcdef0123456789abcdef01234567"
UNREACHABLE = EngineUnreachableError("no Docker engine answers", remedy="start one")
TOO_OLD = EngineTooOldError("Docker 20.10 has API version 1.41", remedy="update it")
NO_EMULATOR = EngineCommandError("it failed", remedy="", detail="exec /probe: exec format error")


class FakeClient(Client):
    """An engine that is well, but for the commands that fail."""

    def __init__(  # noqa: PLR0913 - a keyword each
        self,
        *,
        plugins: tuple[str, ...] = ("buildx", "compose"),
        api: str = "1.47",
        driver_status: object = (),
        fail: Mapping[str, DextError] | None = None,
        timeout: bool = True,
        is_old: bool = False,
        context: str = "",
    ) -> None:
        super().__init__(context=context)
        self._info = {"Plugins": [{"Name": name, "Version": "v1"} for name in plugins]}
        engine = FakeApi((fail or {}).get(""))
        engine.use(self)
        engine.reply("GET /info", out={"OSType": "linux", "Architecture": "x86_64", "DriverStatus": driver_status})
        engine.reply("GET /version", out={"Version": "26.1", "ApiVersion": api})
        if is_old:
            engine.reply(
                "GET /version", refusal="client version 1.43 is too new. Maximum supported API version is 1.42"
            )
        self._fail = dict(fail or {})
        self._timeout = timeout
        self.ran: list[str] = []

    def has_timeout(self) -> bool:  # type: ignore[override]  # of this client, not of PATH
        return self._timeout

    def run(self, *args: str, what: str, seconds: float) -> bytes:
        assert what
        assert seconds > 0
        command = " ".join(args)
        self.ran.append(command)
        for part, failure in self._fail.items():
            if part in command:
                raise failure
        return json.dumps(self._info).encode() if args[0] == "info" else b"Name: x\nDriver: docker\n"


@dataclass(frozen=True)
class FakeGit(Git):
    commit: str = COMMIT
    changed: tuple[str, ...] = ()
    failure: DextError | None = None
    signs: bool = False
    remotes: tuple[str, ...] = ("origin",)
    refused: str = ""

    names: tuple[str, ...] = ()
    names_there: tuple[str, ...] = ()
    unreachable: str = ""

    def head(self) -> str:
        if self.failure:
            raise self.failure
        return self.commit

    def tags(self) -> dict[str, str]:
        return dict.fromkeys(self.names, self.commit)

    def remote_refs(self, remote: str) -> RemoteRefs:
        if self.unreachable:
            raise GitError(self.unreachable, remedy="check the network")
        return RemoteRefs(dict.fromkeys(self.names_there if remote == "origin" else (), self.commit))

    def _answer(self, question: str) -> None:
        if question == self.refused:
            raise PreflightError(f"no {question}", remedy=f"bring {question}")

    def committer(self) -> str:
        self._answer("committer")
        return "Ann <ann@example.org>"

    def signs_tags(self) -> bool:
        self._answer("setting")
        return self.signs

    def require_signature(self) -> None:
        assert self.signs
        self._answer("signature")

    def require_tag(self, name: str, commit: str) -> None:
        assert (name, commit) == ("vdext-doctor", COMMIT)
        self._answer("tag")

    def has_remote(self, remote: str) -> bool:
        return remote in self.remotes

    def require_push(self, remote: str, name: str, commit: str) -> None:
        assert (remote, name, commit) == ("origin", "vdext-doctor", COMMIT)
        self._answer("push")

    def changes(self) -> tuple[str, ...]:
        return self.changed


@dataclass
class FakeRepository(Repository):
    names: frozenset[str] = field(default_factory=frozenset)
    failure: DextError | None = None
    refusal: DextError | None = None
    immutable: bool = False

    def keeps(self, tag: str) -> bool:
        assert tag == "latest"
        return self.immutable

    def tags(self) -> frozenset[str]:
        if self.failure:
            raise self.failure
        return self.names

    def require_push(self) -> None:
        if self.refusal:
            raise self.refusal


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> FakeRepository:
    """The registry that answers, and how."""
    from dext_tasks.formats.oci.reference import Reference

    made = FakeRepository(Reference.parse("acme/demo"), Transport("docker.io", "acme/demo", None))

    def opened(_reference: Reference, _access: Access, *, push: bool = False) -> Repository:
        assert push
        return made

    monkeypatch.setattr(Repository, "open", opened)
    return made


@pytest.fixture(autouse=True)
def _no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    # A process of its own; see test_browser.py.
    monkeypatch.setattr("dext_tasks.doctor.examination.page_lines", lambda _: iter(()))


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return make_project(image="acme/demo")


def lines(client: Client, project: Project | None, git: Git | None, home: Path) -> dict[str, Line]:
    patient = Patient(Engines(Engine(client)), project, git, REQUIRED, Access(Logins(home / ".docker")))
    return {line.name: line for line in examine(patient)}


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("text", "status", "found"),
    [
        ("{image: acme/b}", "OK", "git tags begin with 'v', those of b do not"),
        ("{image: acme/demo}", "FAIL", "the extension in b is published as acme/demo, too"),
        ("{image: acme/b, release: {tag-prefix: v}}", "FAIL", "a version of one would be taken for the other's"),
    ],
)
def test_another_extension_of_the_repository_is_looked_at(
    project: Project, monkeypatch: pytest.MonkeyPatch, text: str, status: str, found: str
) -> None:
    other = project.root / "b" / "invoke.yaml"
    other.parent.mkdir()
    other.write_text(f"dext: {text}\n", encoding="utf-8")
    (project.root / ".git").mkdir()
    monkeypatch.setattr(FakeGit, "files_named", lambda *_: (other,))
    line = lines(FakeClient(), project, FakeGit(project.root), project.root)["versions"]
    assert (line.status.value, found in line.found) == (status, True)


@pytest.mark.parametrize("ignored", [(), ("*-amd64",)])
def test_tags_that_look_like_no_versions_are_named_with_what_ignores_them(
    make_project: MakeProject, registry: FakeRepository, ignored: tuple[str, ...]
) -> None:
    project = make_project(image="acme/demo", release_ignore_tags=ignored)
    registry.names = frozenset({"1.0.0", "2.1.0-amd64"})
    line = lines(FakeClient(), project, FakeGit(project.root, names=("v20240101.0.0", "20250101.0.0")), project.root)
    versions = line["versions"]
    assert (versions.status, "2.1.0-amd64" in versions.found) == (LineStatus.WARN, not ignored)
    assert "20240101.0.0 (a date)" in versions.found
    assert 'release.ignore-tags: ["*-amd64", "20240101.0.0"]' in versions.remedy


@pytest.mark.usefixtures("registry")
def test_tags_that_no_release_can_be_of_are_named(make_project: MakeProject) -> None:
    project = make_project(image="acme/demo")
    line = lines(FakeClient(), project, FakeGit(project.root, names=("v1.8.1+build",)), project.root)["versions"]
    assert line.status is LineStatus.OK
    assert "; tags that are semver and do not count as versions: 1.8.1+build (with build metadata" in line.found


@pytest.mark.usefixtures("registry")
def test_tags_on_the_git_remote_count_in_a_clone_without_tags(project: Project) -> None:
    git = FakeGit(project.root, names_there=("v20240101.0.0",))
    line = lines(FakeClient(), project, git, project.root)["versions"]
    assert (line.status, "20240101.0.0 (a date)" in line.found) == (LineStatus.WARN, True)


def test_a_git_remote_that_cannot_be_asked_is_said_beside_the_tags_that_are_known(
    project: Project, registry: FakeRepository
) -> None:
    registry.names = frozenset({"2.1.0-amd64"})
    git = FakeGit(project.root, unreachable="git ls-remote failed for the git remote origin: no route to host")
    line = lines(FakeClient(), project, git, project.root)["versions"]
    assert line.status is LineStatus.WARN
    assert "git remote are not known: git ls-remote failed for the git remote origin: no route to host" in line.found
    assert "2.1.0-amd64" in line.found
    assert line.remedy.startswith("check the network; delete them")


@pytest.mark.usefixtures("registry")
def test_a_machine_that_is_well(project: Project, home: Path) -> None:
    found = lines(FakeClient(), project, FakeGit(project.root), home)
    assert {name: (line.status.value, line.found) for name, line in found.items()} == {
        "engine": ("OK", "26.1, API 1.47, linux/amd64"),
        "time limits": ("OK", "docker commands end at their bound, by coreutils' timeout"),
        "image store": ("OK", "classic (one platform a tag)"),
        "buildx": ("OK", "v1, driver docker"),
        "compose": ("OK", "v1"),
        "backend": (
            "OK",
            (
                "the engine is on this machine (unix:///run/docker.sock); backends are reached at their own sockets, "
                "tried in 0.2 s"
            ),
        ),
        "runs linux/amd64": ("OK", "a program ran natively"),
        "runs linux/arm64": ("OK", "a program ran by an emulator"),
        "registry": ("OK", "docker.io answers without login, 0 tags in acme/demo"),
        "push": ("OK", "docker.io takes images for acme/demo"),
        "journal": ("OK", "a release can keep what it has done in .dext"),
        "git": ("OK", "clean at 0123456789ab"),
        "git tag": ("OK", "made by Ann <ann@example.org>"),
        "git remote": ("OK", "origin lets this account push; its own rules are asked when a tag comes"),
        "versions": ("OK", "git tags begin with 'v'"),
    }
    assert [line.remedy for line in found.values()] == [""] * len(found)
    require_well(list(found.values()))


@pytest.mark.usefixtures("registry")
def test_every_engine_is_asked(project: Project, home: Path) -> None:
    engines = Engines(Engine(FakeClient()), {ARM64: Engine(FakeClient(api="1.52", context="far"))})
    patient = Patient(engines, project, FakeGit(project.root), REQUIRED, Access(Logins(home / ".docker")))
    found = {line.name: line.found for line in examine(patient) if "registry" not in line.name}
    assert [name for name in found if "in context" in name] == [
        "engine in context far",
        "image store in context far",
        "buildx in context far",
        "compose in context far",
        "backend in context far",
        "runs linux/arm64 in context far",
    ]
    assert found["engine in context far"] == "26.1, API 1.52, linux/amd64"
    assert "runs linux/amd64" in found
    assert "runs linux/arm64" not in found


@pytest.mark.parametrize("question", ["", "buildx inspect"])
def test_the_end_of_the_run_is_no_fault_of_an_engine(question: str, home: Path) -> None:
    with pytest.raises(Interrupted):
        lines(FakeClient(fail={question: interrupted()}), None, None, home)


def test_the_end_of_the_run_is_no_fault_of_git(project: Project, home: Path) -> None:
    with pytest.raises(Interrupted):
        lines(FakeClient(), None, FakeGit(project.root, failure=interrupted()), home)


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("failure", [UNREACHABLE, TOO_OLD])
def test_one_of_no_use_is_named_and_the_others_are_asked(project: Project, home: Path, failure: DextError) -> None:
    gone = FakeClient(fail={"": failure}, context="far")
    patient = Patient(
        Engines(Engine(FakeClient()), {ARM64: Engine(gone)}),
        project,
        FakeGit(project.root),
        REQUIRED,
        Access(Logins(home / ".docker")),
    )
    found = {line.name: line.status for line in examine(patient)}
    assert [name for name, status in found.items() if status is LineStatus.FAIL] == ["engine in context far"]
    assert "runs linux/amd64" in found


@pytest.mark.parametrize(
    "failure",
    [
        UNREACHABLE,
        EngineDeniedError("this user may not", remedy="become one who may"),
        TOO_OLD,
        EngineTimeoutError("docker version did not end within 60 s", remedy="look there"),
    ],
)
def test_without_an_engine_one_line_says_so_and_the_others_are_told(failure: DextError, home: Path) -> None:
    found = lines(FakeClient(fail={"": failure}), None, None, home)
    assert list(found) == ["engine", "time limits", "registry", "git"]
    assert [line for line in found.values() if line.status is LineStatus.FAIL] == [
        Line("engine", LineStatus.FAIL, failure.message, failure.remedy)
    ]


def test_an_engine_that_answers_wrongly_is_asked_on(home: Path) -> None:
    found = lines(FakeClient(fail={"": EngineCommandError("oops", remedy="see docker version")}), None, None, home)
    assert found["engine"].status is LineStatus.FAIL
    assert {"image store", "buildx", "compose", "runs linux/amd64", "runs linux/arm64"} <= set(found)


@pytest.mark.parametrize(
    ("client", "name", "status", "found"),
    [
        (FakeClient(is_old=True), "engine", "FAIL", "do not speak the same API version"),
        (FakeClient(), "time limits", "OK", "end at their bound, by coreutils' timeout"),
        (FakeClient(timeout=False), "time limits", "OK", "end at their bound, by a watchdog of our own"),
        (
            FakeClient(driver_status=[["driver-type", "io.containerd.snapshotter.v1"]]),
            "image store",
            "OK",
            "containerd",
        ),
        (FakeClient(plugins=("compose",)), "buildx", "FAIL", "no buildx plugin"),
        (FakeClient(plugins=("buildx",)), "compose", "FAIL", "no compose plugin"),
        (
            FakeClient(fail={"linux/arm64 dext-build": NO_EMULATOR}),
            "runs linux/arm64",
            "FAIL",
            "cannot run linux/arm64",
        ),
        (FakeClient(fail={"linux/arm64 dext-build": NO_EMULATOR}), "runs linux/amd64", "OK", "natively"),
    ],
)
def test_a_line_of_the_engine(client: Client, name: str, status: str, found: str, home: Path) -> None:
    line = lines(client, None, None, home)[name]
    assert line.status.value == status
    assert found in line.found
    assert bool(line.remedy) == (status != "OK")


@dataclass
class Way:
    """How backends are reached.

    Attributes:
        is_here: Whether the engine is on this machine.
        is_helped: Whether it takes a helper container.
        has_image: Whether its image is there.
        failure: What comes of trying it.
    """

    is_here: bool = True
    is_helped: bool = False
    has_image: bool = True
    failure: DextError | None = None

    def tried(self, _engine: Engine, settings: Settings) -> float:
        assert self.has_image
        assert settings.smoke_proxy_image
        if self.failure:
            raise self.failure
        return 0.2


@pytest.fixture(autouse=True)
def way(monkeypatch: pytest.MonkeyPatch) -> Way:
    made = Way()
    monkeypatch.setattr("dext_tasks.engine.api.endpoint", lambda _client: "unix:///run/docker.sock")
    monkeypatch.setattr("dext_tasks.engine.engine.is_here", lambda *_: made.is_here)
    for name, answer in {
        "is_helped": lambda *_: made.is_helped,
        "has_helper": lambda *_: made.has_image,
        "seconds_to_answer": made.tried,
    }.items():
        monkeypatch.setattr(f"dext_tasks.doctor.examination.{name}", answer)
    return made


class TestBackend:
    def line(self, home: Path) -> Line:
        return lines(FakeClient(), None, None, home)["backend"]

    def test_through_a_helper_container(self, way: Way, home: Path) -> None:
        way.is_here, way.is_helped = False, True
        assert self.line(home) == Line(
            "backend",
            LineStatus.OK,
            "the engine is taken to be elsewhere (unix:///run/docker.sock); backends are reached through a helper "
            "container, tried in 0.2 s",
        )

    @pytest.mark.parametrize(("helped", "status"), [(False, LineStatus.OK), (True, LineStatus.WARN)])
    def test_without_its_image_nothing_is_tried(
        self,
        helped: bool,  # noqa: FBT001 - a row
        status: LineStatus,
        way: Way,
        home: Path,
    ) -> None:
        way.is_helped, way.has_image = helped, False
        line = self.line(home)
        assert (line.status, "tried" in line.found) == (status, False)
        assert ("alpine/socat:1.8.0.3 is not there" in line.found) == helped
        assert ("smoke.proxy-image" in line.remedy) == helped

    def test_that_does_not_answer(self, way: Way, home: Path) -> None:
        way.failure = EngineCommandError("no answer over a socket", remedy="look at it")
        assert self.line(home) == Line("backend", LineStatus.FAIL, "no answer over a socket", "look at it")


class TestRegistry:
    def line(self, project: Project | None, home: Path) -> Line:
        return lines(FakeClient(), project, None, home)["registry"]

    def test_outside_of_a_project_it_is_not_asked(self, home: Path) -> None:
        assert self.line(None, home).status is LineStatus.WARN

    def test_without_image_it_is_not_asked(self, make_project: MakeProject, home: Path) -> None:
        assert self.line(make_project(), home).found == "no image is set"

    def test_a_login_is_told(self, project: Project, registry: FakeRepository, home: Path) -> None:
        registry.transport = Transport("docker.io", "acme/demo", Login("ada", "geheim"))
        registry.names = frozenset({"1.0.0", "latest"})
        line = self.line(project, home)
        assert line.found == "docker.io answers with a login, 2 tags in acme/demo"
        assert "geheim" not in repr(line)

    def test_a_refusal_has_its_own_remedy(self, project: Project, registry: FakeRepository, home: Path) -> None:
        registry.failure = LoginMissingError("refused", remedy="docker login")
        assert self.line(project, home) == Line("registry", LineStatus.FAIL, "refused", "docker login")

    def test_an_image_that_is_none_is_told(self, make_project: MakeProject, home: Path) -> None:
        assert self.line(make_project(image="Acme/Demo"), home).status is LineStatus.FAIL


class TestGit:
    @pytest.mark.parametrize(
        ("changes", "status", "found"),
        [
            ({"commit": ""}, "WARN", "no commit"),
            ({"changed": ("?? a",)}, "WARN", "1 file not committed"),
            ({"changed": ("?? a", " M b")}, "WARN", "2 files not committed"),
            ({"failure": GitError("git is not on PATH", remedy="install git")}, "FAIL", "git is not on PATH"),
        ],
    )
    def test_a_line(self, changes: dict[str, object], status: str, found: str, tmp_path: Path, home: Path) -> None:
        line = lines(FakeClient(), None, FakeGit(tmp_path, **changes), home)["git"]  # type: ignore[arg-type]  # a row
        assert (line.status.value, line.found) == (status, found)
        assert line.remedy

    def test_outside_of_a_project_there_is_none(self, home: Path) -> None:
        assert lines(FakeClient(), None, None, home)["git"].status is LineStatus.WARN


class TestPush:
    def line(self, project: Project | None, home: Path) -> Line:
        return lines(FakeClient(), project, None, home)["push"]

    def test_a_login_that_may_not_push_is_told(self, project: Project, registry: FakeRepository, home: Path) -> None:
        registry.refusal = LoginMissingError("it does not let you push", remedy="docker login")
        assert self.line(project, home) == Line("push", LineStatus.FAIL, "it does not let you push", "docker login")
        assert lines(FakeClient(), project, None, home)["registry"].status is LineStatus.OK

    @pytest.mark.parametrize(("moves", "status"), [(True, LineStatus.WARN), (False, LineStatus.OK)])
    def test_a_registry_with_immutable_tags_is_told_where_latest_is_to_be_moved(
        self, make_project: MakeProject, registry: FakeRepository, home: Path, *, moves: bool, status: LineStatus
    ) -> None:
        registry.immutable = True
        line = self.line(make_project(image="acme/demo", release_latest=moves), home)
        assert (line.status, "release.latest: false" in line.remedy) == (status, moves)

    def test_outside_of_a_project_and_without_image_it_is_not_asked(
        self, make_project: MakeProject, home: Path
    ) -> None:
        for project in (None, make_project()):
            assert "push" not in lines(FakeClient(), project, None, home)


@pytest.mark.usefixtures("registry")
class TestGitOfARelease:
    @pytest.mark.parametrize(
        ("changes", "name", "status", "found"),
        [
            ({"refused": "committer"}, "git tag", "FAIL", "no committer"),
            ({"refused": "setting"}, "git tag", "FAIL", "no setting"),
            ({"refused": "signature", "signs": True}, "git tag", "FAIL", "no signature"),
            ({"signs": True}, "git tag", "OK", "made by Ann <ann@example.org>, signed"),
            ({"refused": "tag"}, "git tag", "FAIL", "no tag"),
            ({"refused": "push"}, "git remote", "FAIL", "no push"),
            ({"refused": "push"}, "git tag", "OK", "made by Ann <ann@example.org>"),
            ({"remotes": ()}, "git remote", "WARN", "there is no origin; a tag stays here"),
            ({"failure": GitError("not trusted", remedy="trust it")}, "git", "FAIL", "not trusted"),
        ],
    )
    def test_a_line(  # noqa: PLR0913, PLR0917 - a row
        self, changes: dict[str, object], name: str, status: str, found: str, project: Project, home: Path
    ) -> None:
        git = FakeGit(project.root, **changes)  # type: ignore[arg-type]  # a row
        line = lines(FakeClient(), project, git, home)[name]
        assert line.status.value == status
        assert found in line.found
        assert bool(line.remedy) == (status != "OK")

    def test_a_login_in_the_name_of_a_remote_is_not_shown(self, project: Project, home: Path) -> None:
        address = "https://me:sesame-7f3a@host/x.git"
        named = replace(project, settings=replace(project.settings, release_remote=address))
        line = lines(FakeClient(), named, FakeGit(project.root, remotes=()), home)["git remote"]
        assert line.found == "there is no https://***@host/x.git; a tag stays here"
        assert "sesame" not in line.remedy

    @pytest.mark.parametrize("changes", [{"commit": ""}, {"failure": GitError("not trusted", remedy="trust it")}])
    def test_without_a_commit_there_is_nothing_to_tag(
        self, changes: dict[str, object], project: Project, home: Path
    ) -> None:
        found = lines(FakeClient(), project, FakeGit(project.root, **changes), home)  # type: ignore[arg-type]  # a row
        assert {"git tag", "git remote"}.isdisjoint(found)
        assert found["git"].status is not LineStatus.OK


class TestRequireWell:
    def test_warnings_are_well(self) -> None:
        require_well([Line("a", LineStatus.OK, ""), Line("b", LineStatus.WARN, "")])

    def test_all_that_failed_is_named(self) -> None:
        with pytest.raises(DoctorFailedError, match="checks failed: a, c"):
            require_well([Line("a", LineStatus.FAIL, ""), Line("b", LineStatus.OK, ""), Line("c", LineStatus.FAIL, "")])


class TestEmulator:
    def test_the_probe_runs_without_network_and_is_removed(self) -> None:
        client = FakeClient()
        require_runs(client, ARM64)
        imported, ran, removed = client.ran
        assert imported.startswith("import --platform linux/arm64 ")
        assert ran == (
            "run --rm --pull never --network none --platform linux/arm64 dext-build/emulator-probe:linux-arm64 /probe"
        )
        assert removed == "image rm --force dext-build/emulator-probe:linux-arm64"

    @pytest.mark.parametrize("failure", [NO_EMULATOR, UNREACHABLE])
    def test_it_is_removed_when_it_fails(self, failure: DextError) -> None:
        client = FakeClient(fail={"run --rm": failure})
        with pytest.raises((EmulatorMissingError, EngineUnreachableError)):
            require_runs(client, ARM64)
        assert client.ran[-1].startswith("image rm")

    def test_a_platform_without_a_program_says_so(self) -> None:
        with pytest.raises(EmulatorMissingError, match="no probe program for linux/vax"):
            require_runs(FakeClient(), Platform("linux", "vax"))
