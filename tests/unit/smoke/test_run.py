"""The order of the probes, and that nothing is left behind in whatever way they end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.engine import Engine
from dext_tasks.engine.facts import ContainerFacts, EngineFacts, ImageFacts, Store
from dext_tasks.errors import (
    ComposeMissingError,
    EngineTimeoutError,
    EngineUnreachableError,
    ImageNotFoundError,
    SmokeFailedError,
)
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.extension.platform import REQUIRED, Platform
from dext_tasks.smoke.result import Outcome, ProbeResult, SmokeResult
from dext_tasks.smoke.run import require_passed, smoke, smoke_project
from dext_tasks.smoke.trial import Candidate, Patience
from dext_tasks.sources.snapshot import Snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from dext_tasks.engine.client import Client
    from tests.unit.conftest import MakeImage, MakeProject
    from tests.unit.smoke.conftest import MakeCandidate, World

AMD64, ARM64 = REQUIRED
MAIN = "acme_demo-desktop-extension-service"
PATIENCE = Patience(answer=30.0, settle=0.0)
ORDER = ["architecture", "extract", "start", "answer", "steady", "uninstall"]
PASSED, FAILED, SKIPPED, ABORTED = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED, Outcome.ABORTED


class Told:
    """What was handed on while the test ran."""

    def __init__(self) -> None:
        self.results: list[ProbeResult] = []

    def __call__(self, candidate: Candidate, result: ProbeResult) -> None:
        assert candidate.extension == "acme_demo"
        self.results.append(result)

    @property
    def outcomes(self) -> list[Outcome]:
        return [result.outcome for result in self.results]


@pytest.fixture
def told() -> Told:
    return Told()


def state(status: str, exit_code: int = 0, restarts: int = 0) -> list[ContainerFacts]:
    return [ContainerFacts(MAIN, status, exit_code, restarts)]


def require_clean(world: World) -> None:
    assert not world.there
    assert not [folder for folder in world.folders if folder.exists()]


def test_all_is_well(client: Client, world: World, told: Told, make_candidate: MakeCandidate) -> None:
    result = smoke(client, make_candidate(), PATIENCE, told)
    assert [probe.name for probe in result.probes] == ORDER
    assert {probe.outcome for probe in result.probes} == {PASSED}
    assert (result.passed, result.platform, result.image, result.emulated) == (True, AMD64, f"sha256:{'a' * 64}", False)
    assert tuple(told.results) == result.probes
    assert world.calls == ["up", "down"]
    require_clean(world)


class TestFailure:
    def test_of_the_architecture(
        self, client: Client, world: World, told: Told, make_candidate: MakeCandidate, make_image: MakeImage
    ) -> None:
        smoke(client, make_candidate(platform=ARM64, image=make_image("linux/amd64")), PATIENCE, told)
        assert told.outcomes == [FAILED, ABORTED, ABORTED, ABORTED, ABORTED, SKIPPED]
        assert told.results[0].detail == "the image built for linux/arm64 says it is for linux/amd64"
        assert world.calls == []

    def test_of_the_files(self, client: Client, world: World, told: Told, make_candidate: MakeCandidate) -> None:
        smoke(client, make_candidate(files=()), PATIENCE, told)
        assert told.outcomes == [PASSED, FAILED, ABORTED, ABORTED, ABORTED, SKIPPED]
        assert world.calls == []

    def test_of_the_start(self, client: Client, world: World, told: Told, make_candidate: MakeCandidate) -> None:
        world.failures["up"] = EngineTimeoutError("it did not end in time", remedy="")
        smoke(client, make_candidate(), PATIENCE, told)
        assert told.outcomes == [PASSED, PASSED, FAILED, ABORTED, ABORTED, PASSED]
        assert world.calls == ["up", "down"]
        require_clean(world)

    def test_of_the_answer(self, client: Client, world: World, told: Told, make_candidate: MakeCandidate) -> None:
        world.answers = [ConnectionRefusedError()]
        smoke(client, make_candidate(), PATIENCE, told)
        assert told.outcomes == [PASSED, PASSED, PASSED, FAILED, ABORTED, PASSED]
        assert "listening" in told.results[3].evidence
        require_clean(world)

    def test_to_stay_up(self, client: Client, world: World, told: Told, make_candidate: MakeCandidate) -> None:
        world.running = [state("running", exit_code=1, restarts=3)]
        smoke(client, make_candidate(), PATIENCE, told)
        assert told.outcomes == [PASSED, PASSED, PASSED, PASSED, FAILED, PASSED]
        assert told.results[4].detail == f"{MAIN} is running, exit code 1, restarted 3 times"
        require_clean(world)

    def test_to_go_away(self, client: Client, world: World, told: Told, make_candidate: MakeCandidate) -> None:
        world.survivors = ["volume data"]
        result = smoke(client, make_candidate(), PATIENCE, told)
        assert told.outcomes[-1] is FAILED
        assert told.results[-1].detail == "left behind: volume data"
        assert not result.passed

    def test_of_the_emulator_is_told_apart(
        self, client: Client, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        world.running = [state("exited", exit_code=139)]
        result = smoke(client, make_candidate(platform=ARM64), PATIENCE, told)
        assert told.outcomes == [PASSED, PASSED, PASSED, PASSED, Outcome.EMULATOR_CRASH, PASSED]
        assert (result.passed, result.emulated) == (False, True)


@pytest.mark.parametrize("metadata", [{"icon": "/icon.svg"}, {"icon": "/icon.svg", "vm": {}}])
def test_without_a_backend_the_rest_is_skipped(
    metadata: dict[str, object], client: Client, world: World, told: Told, make_candidate: MakeCandidate
) -> None:
    result = smoke(client, make_candidate(metadata), PATIENCE, told)
    assert told.outcomes == [PASSED, PASSED, SKIPPED, SKIPPED, SKIPPED, SKIPPED]
    assert result.passed
    assert world.calls == []


class TestEveryWayOut:
    """An error that is no probe's result ends the test, and what was started is removed all the same."""

    @pytest.mark.parametrize(
        "error",
        [EngineUnreachableError("the engine went away", remedy=""), KeyboardInterrupt(), RuntimeError("a defect")],
    )
    def test_an_error_while_waiting(
        self, error: BaseException, client: Client, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        world.answers, world.alarm = [ConnectionRefusedError()], error
        with pytest.raises(type(error)):
            smoke(client, make_candidate(), PATIENCE, told)
        assert len(world.sleeps) == 1
        assert world.calls == ["up", "down"]
        assert told.outcomes[-1] is PASSED
        require_clean(world)

    def test_an_interruption_while_waiting(
        self, client: Client, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        world.answers = [ConnectionRefusedError()]
        candidate = make_candidate()

        def cancel_after_start(candidate: Candidate, result: ProbeResult) -> None:
            told(candidate, result)
            if result.name == "start":
                client.cancellation.cancel()

        with pytest.raises(Interrupted):
            smoke(client, candidate, PATIENCE, cancel_after_start)
        assert [result.name for result in told.results] == ["architecture", "extract", "start", "uninstall"]
        require_clean(world)

    def test_an_interruption_while_starting(
        self, client: Client, world: World, told: Told, make_candidate: MakeCandidate
    ) -> None:
        world.failures["up"] = KeyboardInterrupt()
        with pytest.raises(KeyboardInterrupt):
            smoke(client, make_candidate(), PATIENCE, told)
        assert world.calls == ["up", "down"]
        require_clean(world)


class FakeEngine(Engine):
    """An engine with the images of these platforms."""

    def __init__(self, client: Client, images: list[ImageFacts], compose: str = "v2") -> None:
        super().__init__(client)
        self._images = {image.reference: image for image in images}
        vars(self)["facts"] = EngineFacts("26.1", "1.47", AMD64, Store.CLASSIC, "v1", compose)

    def image(self, reference: str) -> ImageFacts:
        if reference not in self._images:
            raise ImageNotFoundError(f"no {reference}", remedy="build it")
        return self._images[reference]


class TestProject:
    @pytest.fixture
    def taken(self, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
        folders: list[Path] = []

        def take(_client: Client, _reference: str, platform: Platform, folder: Path) -> Snapshot:
            folders.append(folder)
            return Snapshot(platform, folder, {}, b"{}")

        monkeypatch.setattr("dext_tasks.smoke.run.take", take)
        return folders

    @pytest.mark.usefixtures("world")
    def test_every_platform_is_tested_in_the_order_of_the_settings(
        self, client: Client, told: Told, make_project: MakeProject, make_image: MakeImage, taken: list[Path]
    ) -> None:
        engine = FakeEngine(client, [make_image("linux/amd64"), make_image("linux/arm64")])
        results = smoke_project(engine, make_project(image="acme/demo", platforms=(ARM64, AMD64)), told)
        assert [(result.platform, result.emulated, result.passed) for result in results] == [
            (ARM64, True, True),
            (AMD64, False, True),
        ]
        assert len(told.results) == 2 * len(ORDER)
        assert not [folder for folder in taken if folder.exists()]

    @pytest.mark.usefixtures("world", "taken")
    def test_a_platform_that_was_not_built_is_an_error(
        self, client: Client, told: Told, make_project: MakeProject, make_image: MakeImage
    ) -> None:
        with pytest.raises(ImageNotFoundError, match="linux-arm64"):
            smoke_project(FakeEngine(client, [make_image("linux/amd64")]), make_project(image="acme/demo"), told)

    def test_without_compose_nothing_begins(self, client: Client, told: Told, make_project: MakeProject) -> None:
        with pytest.raises(ComposeMissingError):
            smoke_project(FakeEngine(client, [], compose=""), make_project(image="acme/demo"), told)


class TestRequirePassed:
    def result(self, platform: Platform, outcome: Outcome) -> SmokeResult:
        return SmokeResult(platform, "sha256:a", emulated=False, probes=(ProbeResult("start", outcome, "", 0.0),))

    def test_passed(self) -> None:
        require_passed([self.result(AMD64, PASSED), self.result(ARM64, PASSED)])

    def test_every_platform_that_failed_is_named(self) -> None:
        with pytest.raises(SmokeFailedError, match="failed on linux/amd64, linux/arm64"):
            require_passed([self.result(AMD64, FAILED), self.result(ARM64, SKIPPED)])
