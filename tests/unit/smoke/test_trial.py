from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.config import Settings
from dext_tasks.engine.facts import ContainerFacts
from dext_tasks.errors import EmulatorMissingError, EngineCommandError
from dext_tasks.extension.platform import REQUIRED
from dext_tasks.smoke.trial import Candidate, Patience, Trial
from dext_tasks.smoke.watch import ProbeFailedError, ProbeSkippedError

if TYPE_CHECKING:
    from pathlib import Path

    from dext_tasks.engine.client import Client
    from tests.unit.conftest import MakeImage
    from tests.unit.smoke.conftest import MakeCandidate, World

AMD64, ARM64 = REQUIRED
COMPOSE = {
    "icon": "/icon.svg",
    "vm": {"composefile": "/compose/docker-compose.yaml", "exposes": {"socket": "demo.sock"}},
}
REFUSED = EngineCommandError("docker compose up failed", remedy="", detail="no such network")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "trial"
    made.mkdir()
    return made


def trial(client: Client, candidate: Candidate, folder: Path, **patience: Any) -> Trial:  # noqa: ANN401 - of Patience
    return Trial(client, candidate, Patience(**{"answer": 30.0, "settle": 0.0, **patience}), folder)


@pytest.mark.parametrize(("emulated", "answer"), [(False, 30.0), (True, 120.0)])
def test_an_emulated_backend_has_more_time_to_answer(emulated: bool, answer: float) -> None:  # noqa: FBT001 - a row
    assert Patience.of(Settings(smoke_settle=3.0), emulated=emulated) == Patience(answer, 3.0)


class TestExtract:
    def test_everything_named_is_there(self, client: Client, folder: Path, make_candidate: MakeCandidate) -> None:
        assert trial(client, make_candidate(), folder).extract() == "1 paths"

    def test_everything_absent_is_named_once(self, client: Client, folder: Path, make_candidate: MakeCandidate) -> None:
        metadata = {
            "icon": "/icon.svg",
            "ui": {"dashboard-tab": {"title": "x", "root": "/ui", "src": "index.html"}},
            "vm": {"composefile": "/compose.yaml"},
            "host": {"binaries": [{"darwin": [{"path": "/tool"}], "linux": [{"path": "/tool"}]}]},
        }
        with pytest.raises(
            ProbeFailedError, match=r"^not in the image: /icon.svg, /tool, /ui, /ui/index.html, /compose.yaml$"
        ):
            trial(client, make_candidate(metadata, files=()), folder).extract()

    @pytest.mark.parametrize(
        ("content", "why"), [(None, "no /metadata.json"), (b"{", "line 1"), (b"", "line 1"), (b"[]", "not an object")]
    )
    def test_metadata_that_cannot_be_read(
        self, content: bytes | None, why: str, client: Client, folder: Path, make_candidate: MakeCandidate
    ) -> None:
        with pytest.raises(ProbeFailedError, match=why):
            trial(client, make_candidate(content), folder).extract()


class TestStart:
    def test_an_image_is_started_as_docker_desktop_would(
        self, client: Client, world: World, folder: Path, make_candidate: MakeCandidate, make_image: MakeImage
    ) -> None:
        image = make_image(labels={"org.opencontainers.image.title": "Demo"})
        assert trial(client, make_candidate(image=image), folder).start() == "project acme_demo-desktop-extension"
        service = world.started["services"]["service"]
        assert (service["image"], service["platform"]) == (image.reference, "linux/amd64")
        assert service["labels"]["com.docker.desktop.extension.name"] == "Demo"
        assert service["volumes"] == [
            {"type": "bind", "source": str(folder / "guest"), "target": "/run/guest-services"},
        ]
        assert (folder / "guest").is_dir()

    def test_a_compose_file_is_resolved_first(
        self, client: Client, world: World, folder: Path, make_candidate: MakeCandidate
    ) -> None:
        candidate = make_candidate(COMPOSE)
        world.resolved = {"services": {"backend": {"image": candidate.image.reference}}}
        trial(client, candidate, folder).start()
        assert world.calls == ["resolve", "up"]
        compose, variables = world.folders[:2]
        assert compose == candidate.snapshot.folder / "compose" / "docker-compose.yaml"
        assert variables.read_text(encoding="utf-8") == f"DESKTOP_PLUGIN_IMAGE={candidate.image.reference}\n"
        assert list(world.started["services"]) == ["backend"]

    def test_variables_beside_the_compose_file_count(
        self, client: Client, world: World, folder: Path, make_candidate: MakeCandidate
    ) -> None:
        candidate = make_candidate(COMPOSE)
        beside = candidate.snapshot.folder / "compose" / ".env"
        beside.parent.mkdir(parents=True)
        beside.write_text("TAG=1\n", encoding="utf-8")
        trial(client, candidate, folder).start()
        assert world.folders[1:3] == [beside, folder / "variables.env"]

    def test_a_compose_file_that_is_refused(
        self, client: Client, world: World, folder: Path, make_candidate: MakeCandidate
    ) -> None:
        world.failures["resolve"] = EngineCommandError("docker compose config failed", remedy="", detail="yaml: line 3")
        with pytest.raises(ProbeFailedError) as raised:
            trial(client, make_candidate(COMPOSE), folder).start()
        assert raised.value.evidence == "yaml: line 3"
        assert "up" not in world.calls

    def test_what_an_earlier_run_left_is_swept(
        self, client: Client, world: World, folder: Path, make_candidate: MakeCandidate
    ) -> None:
        world.there = True
        trial(client, make_candidate(), folder).start()
        assert world.calls == ["down", "up"]

    def test_a_real_installation_is_left_alone(
        self, client: Client, world: World, folder: Path, make_candidate: MakeCandidate
    ) -> None:
        world.there, world.foreign = True, ["c1"]
        attempt = trial(client, make_candidate(), folder)
        with pytest.raises(ProbeFailedError, match="is installed already"):
            attempt.start()
        with pytest.raises(ProbeSkippedError):
            attempt.uninstall()
        assert world.calls == []

    @pytest.mark.parametrize("allowed", [False, True])
    def test_the_engines_socket_is_given_only_where_it_is_allowed(
        self,
        allowed: bool,  # noqa: FBT001 - a row
        client: Client,
        world: World,
        folder: Path,
        make_candidate: MakeCandidate,
    ) -> None:
        candidate = make_candidate(COMPOSE)
        volume = {"type": "bind", "source": "/var/run/docker.sock.raw", "target": "/var/run/docker.sock"}
        world.resolved = {"services": {"backend": {"image": candidate.image.reference, "volumes": [volume]}}}
        attempt = trial(client, candidate, folder, engine_socket=allowed)
        if allowed:
            attempt.start()
            assert world.started["services"]["backend"]["volumes"][0]["source"] == "/var/run/docker.sock"
        else:
            with pytest.raises(ProbeSkippedError, match=r"smoke\.engine-socket"):
                attempt.start()
            assert "up" not in world.calls

    def test_a_start_that_fails_shows_state_and_logs(
        self, client: Client, world: World, folder: Path, make_candidate: MakeCandidate
    ) -> None:
        world.failures["up"] = REFUSED
        world.running = [[ContainerFacts("backend", "created", 127, 0)]]
        with pytest.raises(ProbeFailedError) as raised:
            trial(client, make_candidate(), folder).start()
        assert raised.value.evidence.splitlines() == [
            "no such network",
            "backend is created, exit code 127, restarted 0 times",
            "listening",
        ]

    def test_a_missing_emulator_keeps_its_own_error(
        self, client: Client, world: World, folder: Path, make_candidate: MakeCandidate
    ) -> None:
        world.failures["up"] = EmulatorMissingError("the engine cannot run them", remedy="install one")
        with pytest.raises(EmulatorMissingError):
            trial(client, make_candidate(platform=ARM64), folder).start()


class TestAnswer:
    def started(self, client: Client, candidate: Candidate, folder: Path) -> Trial:
        made = trial(client, candidate, folder)
        made.start()
        return made

    @pytest.mark.parametrize("status", [200, 404, 500])
    def test_any_status_is_an_answer(
        self, status: int, client: Client, world: World, folder: Path, make_candidate: MakeCandidate
    ) -> None:
        world.answers = [FileNotFoundError(), status]
        said = self.started(client, make_candidate(), folder).answer()
        assert said.startswith(f"GET / over demo.sock answered {status} after ")

    @pytest.mark.usefixtures("world")
    def test_without_a_socket_there_is_nothing_to_ask(
        self, client: Client, folder: Path, make_candidate: MakeCandidate
    ) -> None:
        candidate = make_candidate({"vm": {"image": "${DESKTOP_PLUGIN_IMAGE}"}})
        with pytest.raises(ProbeSkippedError, match="exposes no socket"):
            self.started(client, candidate, folder).answer()

    @pytest.mark.usefixtures("world")
    @pytest.mark.parametrize("name", ["/var/run/docker.sock", "../docker.sock", "..", "a/b", "a\0b", "\ud800"])
    def test_a_socket_of_this_machine_is_never_asked(
        self, name: str, client: Client, folder: Path, make_candidate: MakeCandidate
    ) -> None:
        candidate = make_candidate({"vm": {"image": "${DESKTOP_PLUGIN_IMAGE}", "exposes": {"socket": name}}})
        with pytest.raises(ProbeFailedError, match="not the name of a file"):
            self.started(client, candidate, folder).answer()


class TestUninstall:
    def test_nothing_is_left(self, client: Client, world: World, folder: Path, make_candidate: MakeCandidate) -> None:
        attempt = trial(client, make_candidate(), folder)
        attempt.start()
        assert attempt.uninstall() == "nothing left behind"
        assert not world.there

    def test_what_comes_up_after_an_interruption_is_removed_too(
        self,
        client: Client,
        world: World,
        folder: Path,
        make_candidate: MakeCandidate,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        attempt = trial(client, make_candidate(), folder)
        attempt.start()
        client.cancellation.cancel()

        def sleep(seconds: float) -> None:
            # The engine finishes what the client asked for before it was ended.
            world.there = world.there or not world.sleeps
            world.sleeps.append(seconds)
            world.now += seconds

        monkeypatch.setattr(client.cancellation, "sleep", sleep)
        with client.cancellation.shielded():
            assert attempt.uninstall() == "nothing left behind"
        assert not world.there
        assert world.calls.count("down") == 2

    def test_what_was_never_started_is_not_removed(
        self, client: Client, world: World, folder: Path, make_candidate: MakeCandidate
    ) -> None:
        with pytest.raises(ProbeSkippedError, match="no backend was started"):
            trial(client, make_candidate(), folder).uninstall()
        assert world.calls == []
