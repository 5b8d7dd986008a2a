"""The order of the probes, and that nothing is left behind in whatever way they end."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.engine import Engine
from dext_tasks.engine.engines import Engines
from dext_tasks.engine.facts import (
    ClientFacts,
    ContainerFacts,
    ContainerProcess,
    EngineFacts,
    Health,
    HealthStatus,
    ImageFacts,
    Store,
)
from dext_tasks.errors import (
    ComposeMissingError,
    DextError,
    EngineTimeoutError,
    EngineUnreachableError,
    GrantMissingError,
    ImageNotFoundError,
    SmokeFailedError,
)
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.runtime.lease import is_free
from dext_tasks.smoke.result import Outcome, ProbeResult, SmokeResult
from dext_tasks.smoke.run import EVERY_PROBE, require_passed, require_started, smoke, smoke_project
from dext_tasks.sources.facts import FileFact, FileKind
from dext_tasks.sources.snapshot import Snapshot
from tests.unit.smoke.conftest import METADATA
from tests.unit.smoke.test_backend import Counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.engine.client import Client
    from dext_tasks.smoke.installation import Candidate, Tools
    from tests.unit.conftest import MakeImage, MakeProject
    from tests.unit.smoke.conftest import MakeCandidate, MakeTools, World

AMD64, ARM64 = REQUIRED
MAIN = "acme_demo-desktop-extension-service"
ORDER = ["architecture", "extract", "start", "answer", "requests", "binaries", "ui", "steady", "uninstall"]
NOTHING_TO_SEE = ("requests", "binaries", "ui")
PASSED, FAILED, SKIPPED, ABORTED = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED, Outcome.ABORTED
WARNING = Outcome.WARNING
TOOL = {"binaries": [{"linux": [{"path": "/tool"}]}]}
PAGE = {"dashboard-tab": {"title": "x", "root": "/ui", "src": "index.html"}}


class Told:
    """What was handed on while the test ran."""

    def __init__(self) -> None:
        self.results: list[ProbeResult] = []
        self.begun: list[str] = []
        self.tests: list[SmokeResult] = []

    def tested(self, result: SmokeResult) -> None:
        self.tests.append(result)

    def started(self, platform: Platform, probe_name: str) -> None:
        self.begun.append(f"{platform} {probe_name}")

    def probed(self, candidate: Candidate, result: ProbeResult) -> None:
        assert candidate.extension == "acme_demo"
        self.results.append(result)

    @property
    def outcomes(self) -> list[Outcome]:
        """Without those that have nothing to look at in these tests."""
        return [result.outcome for result in self.results if result.name not in NOTHING_TO_SEE]

    def of(self, name: str) -> ProbeResult:
        return next(result for result in self.results if result.name == name)


@pytest.fixture
def told() -> Told:
    return Told()


def state(status: str, exit_code: int = 0, restarts: int = 0) -> list[ContainerFacts]:
    return [ContainerFacts(MAIN, status, exit_code, restarts)]


def require_clean(world: World) -> None:
    assert not world.there
    assert not [folder for folder in world.folders if folder.exists()]


def test_all_is_well(make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate) -> None:
    result = smoke(make_tools(), make_candidate(), told)
    assert [probe.name for probe in result.probes] == ORDER
    assert set(told.outcomes) == {PASSED}
    assert told.begun == [f"linux/amd64 {name}" for name in ORDER]
    assert (result.passed, result.platform, result.image, result.emulated) == (True, AMD64, f"sha256:{'a' * 64}", False)
    assert tuple(told.results) == result.probes
    assert world.calls == ["up", "down"]
    require_clean(world)


class TestKept:
    @pytest.mark.parametrize(("keep", "answer", "kept"), [(True, 200, False), (True, None, True), (False, None, False)])
    def test_images_stay_with_what_is_kept(  # noqa: PLR0913, PLR0917 - a row, and what it is tried on
        self,
        keep: bool,  # noqa: FBT001 - of the row
        answer: int | None,
        kept: bool,  # noqa: FBT001 - of the row
        make_tools: MakeTools,
        world: World,
        told: Told,
        make_candidate: MakeCandidate,
    ) -> None:
        world.answers = [answer or ConnectionRefusedError()]
        tools = make_tools(keep=keep)
        loans = Counted(tools.engine)
        smoke(replace(tools, loans=loans), make_candidate(), told)
        assert ("keep" in loans.said) is kept


class TestWarning:
    def test_what_one_desktop_refuses_is_probed_to_the_end(
        self, make_tools: MakeTools, told: Told, make_candidate: MakeCandidate
    ) -> None:
        result = smoke(make_tools(), make_candidate({"vm": METADATA["vm"]}), told)
        assert told.outcomes == [PASSED, WARNING, PASSED, PASSED, PASSED, PASSED]
        assert told.of("extract").detail == "Rancher Desktop refuses it: metadata.json names no icon; 1 paths"
        assert result.passed
        require_passed([result])

    def test_a_service_that_ends_by_itself(
        self, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        helper = ContainerFacts("helper-1", "running", 0, 3, service="migrate")
        world.running = [[*state("running"), helper]]
        result = smoke(make_tools(), make_candidate(), told)
        assert told.of("steady").outcome is WARNING
        assert told.of("steady").detail.startswith("Rancher Desktop refuses it: service migrate ends by itself; ")
        assert result.passed

    def test_one_that_another_service_waits_for_is_none(
        self, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        world.resolved = {
            "services": {
                "main": {
                    "image": make_candidate().image.reference,
                    "depends_on": {"migrate": {"condition": "service_completed_successfully"}},
                },
                "migrate": {"image": "busybox"},
            }
        }
        world.running = [[*state("running"), ContainerFacts("helper-1", "exited", 0, 0, service="migrate")]]
        metadata = {"icon": "/icon.svg", "vm": {"composefile": "/compose.yaml"}}
        smoke(make_tools(), make_candidate(metadata, files=("/icon.svg", "/compose.yaml")), told)
        assert told.of("steady").outcome is PASSED

    def test_one_that_is_healthy_now_and_then(
        self, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        health = Health(HealthStatus.UNHEALTHY, "exit code 1", has_passed=True)
        world.running = [[replace(each, health=health) for each in state("running")]]
        assert smoke(make_tools(), make_candidate(), told).passed
        assert told.of("steady").outcome is WARNING


class TestFailure:
    def test_to_become_healthy(
        self, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        health = Health(HealthStatus.UNHEALTHY, "exit code 1", command=("false",))
        world.running = [[replace(each, health=health) for each in state("running")]]
        assert not smoke(make_tools(), make_candidate(), told).passed
        assert told.outcomes == [PASSED, PASSED, PASSED, PASSED, FAILED, PASSED]
        assert "never passed: exit code 1; Rancher Desktop refuses it" in told.of("steady").detail

    def test_of_an_emulator_that_is_taken_for_running(
        self, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        world.log = "qemu: uncaught target signal 11 (Segmentation fault) - core dumped"
        result = smoke(make_tools(), make_candidate(platform=ARM64), told)
        assert told.of("steady").outcome is Outcome.EMULATOR_CRASH
        assert result.crashes == (f"steady: the emulator crashed in {MAIN}, and nothing has been said since",)

    def test_of_an_entry_script_with_windows_line_ends(
        self, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        world.running = [[replace(each, process=ContainerProcess(("/entry.sh",))) for each in state("exited", 255)]]
        world.log, world.files = "exec /entry.sh: no such file or directory", {"/entry.sh": b"#!/bin/sh\r\n"}
        world.answers = [ConnectionRefusedError()]
        smoke(make_tools(), make_candidate(), told)
        assert r"/entry.sh has \r at the end of its first line" in told.of("answer").detail

    def test_of_the_architecture(
        self, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate, make_image: MakeImage
    ) -> None:
        smoke(make_tools(), make_candidate(platform=ARM64, image=make_image("linux/amd64")), told)
        assert told.outcomes == [FAILED, ABORTED, ABORTED, ABORTED, ABORTED, SKIPPED]
        assert told.results[0].detail == "the image built for linux/arm64 says it is for linux/amd64"
        # What is not asked does not begin.
        assert told.begun == ["linux/arm64 architecture", "linux/arm64 uninstall"]
        assert world.calls == []

    def test_of_one_file_is_none_of_what_does_not_need_it(
        self, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        result = smoke(make_tools(), make_candidate(files=()), told)
        assert told.of("extract").detail == "not in the image: /icon.svg"
        assert told.outcomes == [PASSED, FAILED, PASSED, PASSED, PASSED, PASSED]
        assert not result.passed
        assert world.calls == ["up", "down"]

    @pytest.mark.parametrize("content", [None, b"{", b"[]"])
    def test_of_the_metadata_leaves_nothing_to_be_probed(
        self, content: object, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        smoke(make_tools(), make_candidate(content), told)
        assert told.outcomes == [PASSED, FAILED, ABORTED, ABORTED, ABORTED, SKIPPED]
        assert told.of("binaries").outcome is ABORTED
        assert told.of("start").detail == "metadata.json cannot be read"
        assert world.calls == []

    def test_of_the_compose_file_aborts_the_backend_alone(
        self, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        metadata = {"icon": "/icon.svg", "vm": {"composefile": "/compose.yaml"}, "host": TOOL}
        smoke(make_tools(), make_candidate(metadata), told)
        assert told.of("start").detail == "not in the image: /compose.yaml"
        assert told.of("binaries").detail == "not in the image: /tool"
        assert told.outcomes == [PASSED, FAILED, ABORTED, ABORTED, ABORTED, SKIPPED]
        assert "up" not in world.calls

    def test_of_the_page_s_file_leaves_the_backend(
        self, make_tools: MakeTools, told: Told, make_candidate: MakeCandidate
    ) -> None:
        smoke(make_tools(), make_candidate({**METADATA, "ui": PAGE}), told)
        assert told.of("ui").outcome is ABORTED
        assert told.of("ui").detail == "not in the image: /ui, /ui/index.html"
        assert told.outcomes == [PASSED, FAILED, PASSED, PASSED, PASSED, PASSED]

    def test_of_the_start(self, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate) -> None:
        world.failures["up"] = EngineTimeoutError("it did not end in time", remedy="")
        smoke(make_tools(), make_candidate(), told)
        assert told.outcomes == [PASSED, PASSED, FAILED, ABORTED, ABORTED, PASSED]
        assert world.calls == ["up", "down"]
        require_clean(world)

    def test_of_the_answer(
        self, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        world.answers = [ConnectionRefusedError()]
        smoke(make_tools(), make_candidate(), told)
        assert told.outcomes == [PASSED, PASSED, PASSED, FAILED, ABORTED, PASSED]
        assert "listening" in told.of("answer").evidence
        require_clean(world)

    def test_to_stay_up(self, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate) -> None:
        world.running = [state("running", exit_code=1, restarts=3)]
        smoke(make_tools(), make_candidate(), told)
        assert told.outcomes == [PASSED, PASSED, PASSED, PASSED, FAILED, PASSED]
        assert told.of("steady").detail == f"{MAIN} is running, exit code 1, restarted 3 times"
        require_clean(world)

    def test_to_go_away(self, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate) -> None:
        world.survivors = ["volume data"]
        result = smoke(make_tools(), make_candidate(), told)
        assert told.outcomes[-1] is FAILED
        assert told.results[-1].detail == "left behind: volume data"
        assert not result.passed

    def test_of_the_emulator_is_told_apart(
        self, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        world.running = [state("exited", exit_code=139)]
        result = smoke(make_tools(), make_candidate(platform=ARM64), told)
        once = [PASSED, PASSED, PASSED, PASSED, Outcome.EMULATOR_CRASH, PASSED]
        assert told.outcomes == [*once, *once]
        assert (result.passed, result.emulated) == (False, True)


@pytest.mark.parametrize("metadata", [{"icon": "/icon.svg"}, {"icon": "/icon.svg", "vm": {}}])
def test_without_a_backend_the_rest_is_skipped(
    metadata: dict[str, object], make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate
) -> None:
    result = smoke(make_tools(), make_candidate(metadata), told)
    assert told.outcomes == [PASSED, PASSED, SKIPPED, SKIPPED, SKIPPED, SKIPPED]
    assert result.passed
    assert world.calls == []


class TestCrashOfTheEmulator:
    """It comes and goes, so everything is done once more."""

    def test_that_does_not_come_back_is_no_failure(
        self, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        world.running = [state("exited", exit_code=139), state("exited", exit_code=139), state("running")]
        result = smoke(make_tools(), make_candidate(platform=ARM64), told)
        assert result.passed
        assert result.crashes == (f"steady: {MAIN} is exited, exit code 139, restarted 0 times",)
        assert world.calls == ["up", "down", "up", "down"]

    def test_that_comes_back_is_the_outcome(
        self, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        world.running = [state("exited", exit_code=139)]
        result = smoke(make_tools(), make_candidate(platform=ARM64), told)
        assert not result.passed
        assert len(result.crashes) == 1
        assert [probe.outcome for probe in result.probes].count(Outcome.EMULATOR_CRASH) == 1
        assert world.calls.count("up") == 2


class TestKeep:
    def test_what_failed_stays_with_the_words_to_look_at_it(
        self, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        world.running = [state("exited", exit_code=1)]
        smoke(make_tools(keep=True), make_candidate(), told)
        assert told.outcomes[-1] is SKIPPED
        assert "docker compose -p acme_demo-desktop-extension logs" in told.of("uninstall").detail
        assert world.there
        assert "down" not in world.calls
        assert "remove guests" not in world.calls

    def test_what_is_beside_the_project_goes_as_down_would_leave_it(
        self, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        world.running = [state("exited", exit_code=1)]
        smoke(make_tools(keep=True), make_candidate(METADATA | {"host": TOOL}), told)
        assert told.outcomes[-1] is SKIPPED
        assert world.there
        assert world.calls[-1] == "remove guests"

    def test_what_passed_does_not(
        self, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        smoke(make_tools(keep=True), make_candidate(), told)
        require_clean(world)


class TestEveryWayOut:
    """An error that is not a probe's result ends the test, and what was started is removed all the same."""

    @pytest.mark.parametrize(
        "error",
        [EngineUnreachableError("the engine went away", remedy=""), KeyboardInterrupt(), RuntimeError("a defect")],
    )
    def test_an_error_while_waiting(
        self, error: BaseException, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        world.answers, world.alarm = [ConnectionRefusedError()], error
        with pytest.raises(type(error)):
            smoke(make_tools(), make_candidate(), told)
        assert len(world.sleeps) == 1
        assert world.calls == ["up", "down"]
        assert told.outcomes[-1] is PASSED
        require_clean(world)

    def test_an_engine_that_vanishes_leaves_no_folder_here(
        self, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        gone = EngineUnreachableError("the engine went away", remedy="start it")
        world.answers, world.alarm, world.failures["down"] = [ConnectionRefusedError()], gone, gone
        with pytest.raises(EngineUnreachableError) as raised:
            smoke(make_tools(), make_candidate(), told)
        assert raised.value.remedy == "start it; the next smoke test there removes what is left of this one"
        assert world.folders
        assert not [folder for folder in world.folders if folder.exists()]

    @pytest.mark.parametrize("kind", [EngineUnreachableError, EngineTimeoutError])
    def test_nothing_more_is_asked_of_an_engine_that_gives_no_sign_of_life(  # noqa: PLR0913, PLR0917 - all of the run
        self,
        kind: type[DextError],
        make_tools: MakeTools,
        world: World,
        told: Told,
        make_candidate: MakeCandidate,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        world.answers, world.alarm = [ConnectionRefusedError()], kind("no answer within 60 s", remedy="look at it")
        monkeypatch.setattr(Engine, "responds", lambda _: False)
        with pytest.raises(kind) as raised:
            smoke(make_tools(), make_candidate(), told)
        assert world.calls == ["up"]
        assert raised.value.remedy == "look at it; the next smoke test there removes what is left of this one"
        assert not [folder for folder in world.folders if folder.exists()]
        assert is_free("acme_demo-desktop-extension at HERE")

    def test_an_interruption_while_waiting(
        self, client: Client, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        world.answers = [ConnectionRefusedError()]
        candidate = make_candidate()

        class Cancelling(Told):
            def probed(self, candidate: Candidate, result: ProbeResult) -> None:
                told.probed(candidate, result)
                if result.name == "start":
                    client.cancellation.cancel()

        with pytest.raises(Interrupted):
            smoke(make_tools(), candidate, Cancelling())
        assert [result.name for result in told.results] == ["architecture", "extract", "start", "uninstall"]
        require_clean(world)

    def test_an_interruption_while_starting(
        self, make_tools: MakeTools, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        world.failures["up"] = KeyboardInterrupt()
        with pytest.raises(KeyboardInterrupt):
            smoke(make_tools(), make_candidate(), told)
        assert world.calls == ["up", "down"]
        require_clean(world)


class FakeEngine(Engine):
    """An engine with the images of these platforms."""

    def __init__(self, client: Client, images: list[ImageFacts], compose: str = "v2") -> None:
        super().__init__(client)
        self._images = {image.reference: image for image in images}
        vars(self)["facts"] = EngineFacts("26.1", "1.47", AMD64, Store.CLASSIC)
        vars(self)["client_facts"] = ClientFacts("26.1", "v1", compose)

    def image(self, reference: str) -> ImageFacts:
        if reference not in self._images:
            raise ImageNotFoundError(f"no {reference}", remedy="build it")
        return self._images[reference]


class TestProject:
    @pytest.fixture
    def taken(self, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
        folders: list[Path] = []

        def take(_client: Client, _reference: str, platform: Platform, folder: Path, *_: object) -> Snapshot:
            folders.append(folder)
            icon = {"/icon.svg": FileFact(FileKind.FILE, 0o644, 1)}
            return Snapshot(platform, folder, icon, b'{"icon": "icon.svg"}')

        monkeypatch.setattr("dext_tasks.smoke.run.take", take)
        monkeypatch.setattr("dext_tasks.smoke.run.sweep", lambda _client: [])
        return folders

    @pytest.mark.usefixtures("world")
    def test_every_platform_is_tested_in_the_order_of_the_settings(  # noqa: PLR0913, PLR0917 - all of the run
        self,
        client: Client,
        make_tools: MakeTools,
        told: Told,
        make_project: MakeProject,
        make_image: MakeImage,
        taken: list[Path],
    ) -> None:
        engine = FakeEngine(client, [make_image("linux/amd64"), make_image("linux/arm64")])
        project = make_project(image="acme/demo", platforms=(ARM64, AMD64))
        results = smoke_project(make_tools(engine), project, Engines(engine), told)
        assert [(result.platform, result.emulated, result.passed) for result in results] == [
            (ARM64, True, True),
            (AMD64, False, True),
        ]
        assert len(told.results) == 2 * len(ORDER)
        assert not [folder for folder in taken if folder.exists()]

    @pytest.mark.usefixtures("world", "taken")
    def test_each_platform_is_tested_on_its_engine(  # noqa: PLR0913, PLR0917 - as above
        self,
        client: Client,
        make_tools: MakeTools,
        told: Told,
        make_project: MakeProject,
        make_image: MakeImage,
        make_far: Callable[[Platform], Engine],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        swept: list[str] = []
        monkeypatch.setattr("dext_tasks.smoke.run.sweep", lambda client: swept.append(client.context))
        here, far = FakeEngine(client, [make_image("linux/amd64")]), make_far(ARM64)
        monkeypatch.setattr(far, "image", lambda _: make_image("linux/arm64"))
        results = smoke_project(make_tools(here), make_project(image="acme/demo"), Engines(here, {ARM64: far}), told)
        assert [(each.platform, each.emulated, each.context, each.passed) for each in results] == [
            (AMD64, False, "", True),
            (ARM64, False, "far", True),
        ]
        assert sorted(swept) == ["", "far"]

    @pytest.mark.usefixtures("world", "taken")
    def test_a_platform_is_tested_to_its_end_though_the_engine_of_another_one_failed(  # noqa: PLR0913, PLR0917 - as above
        self,
        client: Client,
        make_tools: MakeTools,
        told: Told,
        make_project: MakeProject,
        make_image: MakeImage,
        make_far: Callable[[Platform], Engine],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        has_failed = Event()

        def one(tools: Tools, candidate: Candidate, _: object) -> SmokeResult:
            if candidate.platform == ARM64:
                has_failed.set()
                raise EngineTimeoutError("no answer within 60 s", remedy="look at it")
            # No longer would pass here what ends it at once.
            assert has_failed.wait(60)
            Event().wait(0.5)
            tools.engine.client.cancellation.check()
            return SmokeResult(AMD64, "sha256:a", emulated=False, probes=())

        monkeypatch.setattr("dext_tasks.smoke.run.smoke", one)
        here, far = FakeEngine(client, [make_image("linux/amd64")]), make_far(ARM64)
        monkeypatch.setattr(far, "image", lambda _: make_image("linux/arm64"))
        with pytest.raises(EngineTimeoutError):
            smoke_project(make_tools(here), make_project(image="acme/demo"), Engines(here, {ARM64: far}), told)
        assert [each.platform for each in told.tests] == [AMD64]

    @pytest.mark.usefixtures("world", "taken")
    def test_a_platform_that_was_not_built_is_an_error(
        self, client: Client, make_tools: MakeTools, told: Told, make_project: MakeProject, make_image: MakeImage
    ) -> None:
        engine = FakeEngine(client, [make_image("linux/amd64")])
        with pytest.raises(ImageNotFoundError, match="linux-arm64"):
            smoke_project(make_tools(engine), make_project(image="acme/demo"), Engines(engine), told)

    def test_without_compose_nothing_begins(
        self, client: Client, make_tools: MakeTools, told: Told, make_project: MakeProject
    ) -> None:
        engine = FakeEngine(client, [], compose="")
        with pytest.raises(ComposeMissingError):
            smoke_project(make_tools(engine), make_project(image="acme/demo"), Engines(engine), told)


class TestRequirePassed:
    def result(self, platform: Platform, outcome: Outcome) -> SmokeResult:
        return SmokeResult(platform, "sha256:a", emulated=False, probes=(ProbeResult("start", outcome, "", 0.0),))

    def test_passed(self) -> None:
        require_passed([self.result(AMD64, PASSED), self.result(ARM64, PASSED)])

    def test_every_platform_that_failed_is_named(self) -> None:
        with pytest.raises(SmokeFailedError, match="failed on linux/amd64, linux/arm64"):
            require_passed([self.result(AMD64, FAILED), self.result(ARM64, SKIPPED)])

    @pytest.mark.parametrize(("kept", "advice"), [(False, "`inv smoke --keep`"), (True, "that was kept")])
    def test_nobody_is_told_to_keep_what_was_kept(self, advice: str, *, kept: bool) -> None:
        with pytest.raises(SmokeFailedError) as raised:
            require_passed([self.result(AMD64, FAILED)], kept=kept)
        assert advice in raised.value.remedy


def test_the_page_on_smoke_tests_says_what_each_probe_checks_in_order() -> None:
    page = (Path(__file__).parents[3] / "docs" / "smoke.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z ]+) \|", page, re.MULTILINE)
    assert rows[: len(EVERY_PROBE) + 1] == ["probe", *EVERY_PROBE]


class TestRequireStarted:
    def result(self, platform: Platform, *withheld: str) -> SmokeResult:
        probe = ProbeResult("start", SKIPPED, "", 0.0, withheld=withheld)
        return SmokeResult(platform, "sha256:a", emulated=False, probes=(probe,))

    def test_what_has_no_backend_needs_none(self) -> None:
        require_started([self.result(AMD64), self.result(ARM64)])

    def test_what_is_not_granted_is_told_with_the_setting_that_grants_it(self) -> None:
        results = [self.result(AMD64, "engine-socket"), self.result(ARM64, "engine-socket", "host-mount:/a b")]
        with pytest.raises(GrantMissingError, match="not started on linux/amd64, linux/arm64") as caught:
            require_started(results)
        assert caught.value.exit_code == 52
        assert caught.value.remedy == (
            'set smoke.allow: ["engine-socket", "host-mount:/a b"] '
            "(or give --allow engine-socket --allow 'host-mount:/a b'), "
            "or smoke.start-optional: true (--smoke-start-optional) to release it untested"
        )


def test_a_probe_that_was_not_granted_what_it_needs_says_what(
    world: World, make_tools: MakeTools, make_candidate: MakeCandidate, told: Told
) -> None:
    candidate = make_candidate({"icon": "/icon.svg", "vm": {"image": "x:$TOKEN"}})
    result = smoke(make_tools(), candidate, told)
    assert result.withheld == ("environment:TOKEN",)
    assert {probe.name: probe.outcome for probe in result.probes}["start"] is SKIPPED
    assert "up" not in world.calls


def test_no_other_run_takes_its_folder_for_a_dead_one_s(
    make_tools: MakeTools, make_candidate: MakeCandidate, world: World, told: Told
) -> None:
    world.running = [state("exited", exit_code=1)]
    tools = make_tools(keep=True)
    smoke(tools, make_candidate(), told)
    assert list(Path(tempfile.gettempdir()).glob(f"{tools.engine.client.folder_prefix}*"))
    assert not list(Path("/tmp").glob(f"{tools.engine.client.folder_prefix}*"))
