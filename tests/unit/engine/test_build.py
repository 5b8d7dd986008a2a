from __future__ import annotations

import re
import traceback
import uuid
from contextlib import nullcontext
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.engine.build import Built, build_all, fingerprint, request, require_attestations, together
from dext_tasks.engine.build_history import BuildOrigin, Builds
from dext_tasks.engine.build_log import BuildLog
from dext_tasks.engine.build_request import BuildRequest
from dext_tasks.engine.engine import Engine
from dext_tasks.engine.engines import Engines
from dext_tasks.engine.facts import EngineFacts, Store
from dext_tasks.errors import (
    BuildFailedError,
    BuildxMissingError,
    DextError,
    DockerfileMissingError,
    EmulatorCrashedError,
    EmulatorMissingError,
    EngineTimeoutError,
    EngineUnreachableError,
    FileAccessError,
    PreflightError,
)
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.runtime.lease import is_free

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.unit import conftest
    from tests.unit.conftest import MakeProject
    from tests.unit.engine.conftest import FakeDocker

pytestmark = pytest.mark.allow_processes

AMD64, ARM64 = REQUIRED
WORD = "sesame-7f3a"
FILES = {"Dockerfile": "FROM scratch\n", "metadata.json": "{}"}


@pytest.fixture
def wanted(tmp_path: Path) -> BuildRequest:
    return BuildRequest(tmp_path, tmp_path / "Dockerfile", ARM64, "dext-build/demo:linux-arm64")


@pytest.fixture
def builds(docker: FakeDocker) -> FakeDocker:
    docker.answer("buildx", "build", err="#1 done\n")
    docker.image("dext-build/demo:linux-arm64", "linux/arm64")
    return docker


def silent(_: str) -> None:
    """Who hears of no line."""


def options_of(call: list[str]) -> dict[str, list[str]]:
    """Values of each option, in order; a flag has an empty one, what is not an option stands under the empty name."""
    found: dict[str, list[str]] = {}
    words = iter(call)
    for word in words:
        name, equals, value = word.partition("=")
        if not name.startswith("--"):
            found.setdefault("", []).append(word)
        elif equals or name in ("--load", "--push", "--pull"):
            found.setdefault(name, []).append(value)
        else:
            found.setdefault(name, []).append(next(words))
    return found


def argv_of(docker: FakeDocker, wanted: BuildRequest) -> list[str]:
    docker.engine().build(wanted, silent)
    (call,) = docker.called("buildx", "build")
    return call


def test_the_smallest_build(builds: FakeDocker, wanted: BuildRequest, tmp_path: Path) -> None:
    found = options_of(argv_of(builds, wanted))
    assert len(found.pop("--metadata-file")) == 1
    assert found == {
        "": ["buildx", "build", str(tmp_path)],
        "--file": [str(tmp_path / "Dockerfile")],
        "--platform": ["linux/arm64"],
        "--tag": ["dext-build/demo:linux-arm64"],
        "--load": [""],
        "--progress": ["plain"],
        "--provenance": ["false"],
    }


# What each field adds to the smallest build; the test below fails if one is forgotten.
ADDED: Mapping[str, tuple[Any, Mapping[str, list[str]]]] = {
    "args": ((("A", "1"), ("B", "x y=$z"), ("NO_PROXY", "a,b")), {"--build-arg": ["A", "B", "NO_PROXY=a,b"]}),
    "labels": ((("k", "v"), ("é", "")), {"--label": ["k=v", "é="]}),
    "target": ("final", {"--target": ["final"]}),
    "builder": ("mine", {"--builder": ["mine"]}),
    "provenance": (True, {"--provenance": ["mode=min"]}),
    "sbom": ("acme/scanner:1", {"--sbom": ["generator=acme/scanner:1"]}),
    "platform": (Platform("linux", "arm", "v6"), {"--platform": ["linux/arm/v6"]}),
}
EVERYWHERE = {"context", "dockerfile", "tag", "timeout"}
# What is remembered of it.
NOWHERE = {"state", "folder"}


def test_every_field_is_tested() -> None:
    assert {field.name for field in fields(BuildRequest)} == {*ADDED, *EVERYWHERE, *NOWHERE}


@pytest.mark.parametrize("field", ADDED)
def test_a_field_adds_its_options_and_nothing_else(builds: FakeDocker, wanted: BuildRequest, field: str) -> None:
    value, added = ADDED[field]
    plain = options_of(argv_of(builds, wanted))
    (builds.folder / "calls.jsonl").unlink()
    changed = options_of(argv_of(builds, replace(wanted, **{field: value})))
    for found in (plain, changed):
        found.pop("--metadata-file")
    assert changed == {**plain, **added}


def test_the_timeout_is_the_command_s_bound(docker: FakeDocker, wanted: BuildRequest) -> None:
    docker.answer("buildx", "build", seconds=30)
    with pytest.raises(EngineTimeoutError):
        docker.engine().build(replace(wanted, timeout=0.3), silent)


def test_the_same_request_gives_the_same_arguments(builds: FakeDocker, wanted: BuildRequest) -> None:
    full = replace(wanted, args=(("B", "2"), ("A", "1")), labels=(("z", "1"), ("a", "2")))
    for _ in range(3):
        builds.engine().build(full, silent)
    calls = [
        [word for before, word in zip(["", *call], call, strict=False) if before != "--metadata-file"]
        for call in builds.called("buildx", "build")
    ]
    assert calls[0] == calls[1] == calls[2]


def test_what_was_loaded_comes_back(builds: FakeDocker, wanted: BuildRequest) -> None:
    builds.image(wanted.tag, "linux/arm64", Config={"Labels": {"k": "v"}}, Variant="v8")
    facts = builds.engine().build(wanted, silent)
    assert (facts.reference, facts.id) == (wanted.tag, f"sha256:{'a' * 64}")
    assert (facts.platform, dict(facts.labels), facts.size) == (ARM64, {"k": "v"}, 7)


@pytest.mark.parametrize("key", ["containerimage.digest", "containerimage.config.digest"])
def test_what_was_loaded_is_what_the_builder_says_whoever_moves_its_name(
    builds: FakeDocker, wanted: BuildRequest, key: str
) -> None:
    """A store names an image by its manifest, another one by its configuration."""
    made, unknown = f"sha256:{'b' * 64}", f"sha256:{'c' * 64}"
    builds.image(made, "linux/arm64", Id=made)
    builds.api.reply("GET /images/", f"{unknown}/json", refusal="No such image")
    builds.made(**{"containerimage.digest": unknown, key: made})
    facts = builds.engine().build(wanted, silent)
    assert (facts.reference, facts.id) == (wanted.tag, made)
    assert facts.pinned.reference == made


def test_what_was_built_is_remembered_and_used_until_the_end(
    builds: FakeDocker, wanted: BuildRequest, tmp_path: Path
) -> None:
    remembered = Builds(tmp_path / "state" / "builds")
    name = f"dext-build/demo-{uuid.uuid4().hex[:8]}"
    builds.image(f"{name}:linux-arm64", "linux/arm64")
    Engine(builds.client(), remembered).build(replace(wanted, tag=f"{name}:linux-arm64"), silent)
    image = f"sha256:{'a' * 64}"
    assert remembered.images(name) == {image}
    assert not remembered.origins(image)
    made = replace(wanted, tag=f"{name}:linux-arm64", state="0" * 64)
    Engine(builds.client(), remembered).build(made, silent)
    assert remembered.origins(image) == (BuildOrigin(str(wanted.context), "0" * 64),)
    # Another process would be told.
    assert not is_free(f"builds {name}#0")


def test_the_log_is_handed_on_line_by_line(builds: FakeDocker, wanted: BuildRequest) -> None:
    builds.answer("buildx", "build", err="#1 one\n#2 two  \n\n#3 ö\xff\n".encode("latin-1"))
    lines: list[str] = []
    builds.engine().build(wanted, lines.append)
    assert lines == ["#1 one", "#2 two", "", "#3 \ufffd\ufffd"]


class TestFailure:
    def test_shows_the_end_of_the_log(self, docker: FakeDocker, wanted: BuildRequest) -> None:
        docker.answer("buildx", "build", err="#1 begins\n#2 ERROR: exit code: 1\n", code=1)
        with pytest.raises(BuildFailedError, match=r"the build for linux/arm64 failed") as caught:
            docker.engine().build(wanted, silent)
        assert caught.value.detail == "#1 begins\n#2 ERROR: exit code: 1"

    @pytest.mark.parametrize(
        ("sbom", "missing", "is_named"),
        [
            ("localhost:1/acme/scanner:1", "localhost:1/acme/scanner:1", True),
            ("acme/scanner:1", "docker.io/acme/scanner:1", True),
            ("acme/scanner:1", "docker.io/library/node:20", False),
            ("", "docker.io/acme/scanner:1", False),
        ],
    )
    def test_names_the_image_that_makes_the_sbom_where_that_cannot_be_fetched(
        self, docker: FakeDocker, wanted: BuildRequest, sbom: str, missing: str, *, is_named: bool
    ) -> None:
        # As Docker 26.1 says it.
        said = (
            f"#2 resolve image config for docker-image://{missing}\n#2 ERROR: {missing}: not found\n------\n"
            f"ERROR: failed to solve: failed to resolve source metadata for {missing}: {missing}: not found\n"
        )
        docker.answer("buildx", "build", err=said, code=1)
        with pytest.raises(BuildFailedError) as caught:
            docker.engine().build(replace(wanted, sbom=sbom), silent)
        named = f": the image that makes the SBOM, {sbom}, cannot be fetched" if is_named else ""
        assert caught.value.message == f"the build for linux/arm64 failed{named}"
        assert ("build.sbom-generator" in caught.value.remedy) is is_named

    def test_has_all_of_the_log(self, docker: FakeDocker, wanted: BuildRequest) -> None:
        lines = [f"#{number} step" for number in range(300)]
        docker.answer("buildx", "build", err="\n".join(lines), code=1)
        with pytest.raises(BuildFailedError) as caught:
            docker.engine().build(wanted, silent)
        assert caught.value.log.splitlines() == lines
        assert caught.value.detail.splitlines() == lines[-40:]

    def test_that_is_no_text_is_a_failed_build(self, docker: FakeDocker, wanted: BuildRequest) -> None:
        docker.answer("buildx", "build", err=b"#1 \xff\xfe\n#2 ERROR\n", code=1)
        with pytest.raises(BuildFailedError) as caught:
            docker.engine().build(wanted, silent)
        assert "#2 ERROR" in caught.value.detail

    @pytest.mark.parametrize(
        "said",
        [
            "curl: (7) Failed to connect: Connection refused",
            "npm ERR! 401 Unauthorized",
            "pull access denied for acme/none",
            "cp: No such image: x",
            "ERROR: mkdir /root/.docker: permission denied",
        ],
    )
    def test_of_a_step_is_not_mistaken_for_one_of_engine_or_registry(
        self, docker: FakeDocker, wanted: BuildRequest, said: str
    ) -> None:
        docker.answer("buildx", "build", err=f"#5 {said}\n", code=1)
        with pytest.raises(BuildFailedError) as caught:
            docker.engine().build(wanted, silent)
        assert said in caught.value.detail

    @pytest.mark.parametrize(
        ("said", "error"),
        [
            ("Cannot connect to the Docker daemon at unix:///x", EngineUnreachableError),
            ("docker: 'buildx' is not a docker command.", BuildxMissingError),
            ("exec /bin/sh: exec format error", EmulatorMissingError),
            ("ERROR: mkdir /home/ada/.docker: permission denied", FileAccessError),
        ],
    )
    def test_that_is_not_the_build_s_keeps_its_class(
        self, docker: FakeDocker, wanted: BuildRequest, said: str, error: type[DextError]
    ) -> None:
        docker.answer("buildx", "build", err=f"{said}\n", code=1)
        with pytest.raises(error):
            docker.engine().build(wanted, silent)

    def test_never_shows_the_value_of_a_build_argument(self, docker: FakeDocker, wanted: BuildRequest) -> None:
        docker.answer("buildx", "build", err=f"#5 fetching https://{WORD}@host\n#5 ERROR: {WORD}\n", code=1)
        engine = docker.engine(secrets=[WORD])
        with pytest.raises(BuildFailedError) as caught:
            engine.build(replace(wanted, args=(("TOKEN", WORD),)), silent)
        error = caught.value
        assert error.detail == "#5 fetching https://***@host\n#5 ERROR: ***"
        for face in (str(error), repr(error), error.remedy, *traceback.format_exception(error)):
            assert WORD not in face

    def test_never_shows_it_where_docker_gives_no_log(self, docker: FakeDocker, wanted: BuildRequest) -> None:
        docker.answer("buildx", "build", code=1)
        with pytest.raises(BuildFailedError) as caught:
            docker.engine(secrets=[WORD]).build(replace(wanted, args=(("TOKEN", WORD),)), silent)
        for face in (str(caught.value), caught.value.detail, *traceback.format_exception(caught.value)):
            assert WORD not in face

    def test_leaves_no_folder_behind(
        self, docker: FakeDocker, wanted: BuildRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        temporary = tmp_path / "temporary"
        temporary.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(temporary))
        docker.answer("buildx", "build", code=1)
        with pytest.raises(BuildFailedError):
            docker.engine().build(wanted, silent)
        assert list(temporary.iterdir()) == []


class TestRequest:
    def test_takes_the_settings(self, make_project: MakeProject) -> None:
        project = make_project(
            {"deep/Dockerfile": "FROM scratch\n"},
            image="acme/demo",
            dockerfile="deep/Dockerfile",
            build_args=(("A", "1"),),
            build_target="final",
            build_builder="mine",
            build_provenance=True,
            build_sbom=True,
            build_sbom_generator="acme/scanner:1",
            build_timeout=7.0,
        )
        assert request(project, AMD64, (("k", "v"),)) == BuildRequest(
            context=project.root,
            dockerfile=project.root / "deep/Dockerfile",
            platform=AMD64,
            tag="dext-build/acme_demo:linux-amd64",
            args=(("A", "1"),),
            labels=(("k", "v"),),
            target="final",
            builder="mine",
            provenance=True,
            sbom="acme/scanner:1",
            timeout=7.0,
        )

    def test_attestations_are_off_by_default(self, make_project: MakeProject) -> None:
        made = request(make_project(FILES, build_sbom_generator="acme/scanner:1"), AMD64)
        assert (made.provenance, made.sbom) == (False, "")


class TestFingerprint:
    """Anything that makes another image of the same commit makes another fingerprint."""

    @pytest.mark.parametrize("name", ["BUILDX_BUILDER", "SOURCE_DATE_EPOCH"])
    def test_of_what_buildx_reads_of_the_environment(
        self, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        monkeypatch.delenv(name, raising=False)
        project = make_project(FILES)
        before = fingerprint(project)
        monkeypatch.setenv(name, "1")
        assert fingerprint(project) != before

    def test_not_of_what_the_commit_holds(self, make_project: MakeProject) -> None:
        project = make_project(FILES)
        before = fingerprint(project)
        project.dockerfile.write_text("FROM busybox\n", encoding="utf-8")
        assert fingerprint(project) == before


class TestAttestations:
    @pytest.mark.parametrize("asked", [{"build_provenance": True}, {"build_sbom": True}, {}])
    @pytest.mark.parametrize("store", Store)
    def test_are_refused_before_the_build_where_they_could_not_be_loaded(
        self, docker: FakeDocker, make_project: MakeProject, asked: dict[str, Any], store: Store
    ) -> None:
        engine = docker.engine()
        vars(engine)["facts"] = EngineFacts("29.0.0", "1.52", AMD64, store)
        engines, project = Engines(engine), make_project(FILES, **asked)
        is_refused = bool(asked) and store is Store.CLASSIC
        with pytest.raises(PreflightError, match="classic image store") if is_refused else nullcontext():
            require_attestations(engines, project)

    def test_needs_a_dockerfile(self, make_project: MakeProject) -> None:
        with pytest.raises(DockerfileMissingError):
            request(make_project(), AMD64)


VERSION = {"Version": "29.0.1", "ApiVersion": "1.52"}
INFO = {"OSType": "linux", "Architecture": "x86_64"}
CLIENT = {"Plugins": [{"Name": "buildx", "Version": "v0.29"}]}


class TestBuildAll:
    @pytest.fixture
    def ready(self, docker: FakeDocker) -> FakeDocker:
        docker.engine_says(VERSION, INFO, CLIENT)
        docker.answer("buildx", "build", err="#1 done\n")
        for platform in REQUIRED:
            docker.image(f"dext-build/acme_demo:{platform.slug}", str(platform))
        return docker

    def test_builds_every_platform_in_the_order_of_the_settings(
        self, ready: FakeDocker, make_project: MakeProject
    ) -> None:
        told = Told()
        project = make_project(FILES, image="acme/demo", platforms=(ARM64, AMD64))
        built = build_all(Engines(ready.engine()), project, told)
        assert [(platform, each.image.platform) for platform, each in built.items()] == [(ARM64, ARM64), (AMD64, AMD64)]
        assert sorted(told.lines) == [(AMD64, "#1 done"), (ARM64, "#1 done")]
        assert told.ended == dict(built)
        assert all(each.seconds > 0 for each in built.values())
        assert not any(each.crashes for each in built.values())

    def test_builds_each_platform_on_its_engine(
        self, ready: FakeDocker, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        far = ready.engine(context="far")
        native = replace(far.facts, platform=ARM64)
        monkeypatch.setitem(vars(far), "facts", native)
        engines = Engines(ready.engine(), {ARM64: far})
        built = build_all(engines, make_project(FILES, image="acme/demo"), Told())
        assert {platform: (each.emulated, each.context) for platform, each in built.items()} == {
            AMD64: (False, ""),
            ARM64: (False, "far"),
        }
        assert {
            options_of(call)["--platform"][0]: options_of(call).get("--context")
            for call in ready.called("buildx", "build")
        } == {"linux/amd64": None, "linux/arm64": ["far"]}

    def test_begins_nothing_if_one_engine_does_not_answer(self, ready: FakeDocker, make_project: MakeProject) -> None:
        ready.answer("--context", "far", "info", err='context "far": context not found: open /x: no such file', code=1)
        engines = Engines(ready.engine(), {ARM64: ready.engine(context="far")})
        with pytest.raises(EngineUnreachableError) as caught:
            build_all(engines, make_project(FILES, image="acme/demo"), Told())
        assert caught.value.message == "docker info in context far: docker has no context far"
        assert "docker context create" in caught.value.remedy
        assert ready.called("buildx", "build") == []

    def test_begins_nothing_if_a_file_is_missing(self, ready: FakeDocker, make_project: MakeProject) -> None:
        with pytest.raises(DockerfileMissingError):
            build_all(Engines(ready.engine()), make_project({"metadata.json": "{}"}, image="acme/demo"), Told())
        assert ready.calls == []

    def test_needs_buildx(self, ready: FakeDocker, make_project: MakeProject) -> None:
        ready.engine_says(VERSION, INFO, {})
        with pytest.raises(BuildxMissingError):
            build_all(Engines(ready.engine()), make_project(FILES, image="acme/demo"), Told())

    def test_one_failure_ends_the_other_builds(
        self, ready: FakeDocker, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dext_tasks.engine.build.BUILD_GRACE", 0.1)
        ready.answer("buildx", "build", seconds=30)
        ready.answer("buildx", "build", "linux/arm64", err="#1 ERROR\n", code=1)
        told = Told()
        with pytest.raises(BuildFailedError, match="linux/arm64"):
            build_all(Engines(ready.engine()), make_project(FILES, image="acme/demo"), told)
        assert list(told.failed) == [ARM64]

    def test_others_may_fail_soon_after_and_all_are_named(self, ready: FakeDocker, make_project: MakeProject) -> None:
        ready.answer("buildx", "build", "linux/amd64", err="#1 ERROR of amd64\n", code=1)
        ready.answer("buildx", "build", "linux/arm64", err="#1 ERROR of arm64\n", code=1, seconds=0.5)
        told = Told()
        with pytest.raises(BuildFailedError) as caught:
            build_all(Engines(ready.engine()), make_project(FILES, image="acme/demo"), told)
        assert caught.value.message == "the build for linux/amd64 failed; the build for linux/arm64 failed"
        assert caught.value.detail == "linux/amd64 | #1 ERROR of amd64\nlinux/arm64 | #1 ERROR of arm64"
        assert {platform: error.log for platform, error in told.failed.items()} == {
            AMD64: "#1 ERROR of amd64",
            ARM64: "#1 ERROR of arm64",
        }

    def test_nothing_is_built_after_an_interrupt(self, ready: FakeDocker, make_project: MakeProject) -> None:
        engine = ready.engine()
        engine.require_buildx()
        engine.client.cancellation.cancel()
        with pytest.raises(Interrupted):
            build_all(Engines(engine), make_project(FILES, image="acme/demo"), Told())
        assert ready.called("buildx", "build") == []


class Told:
    """Who hears of everything."""

    def __init__(self) -> None:
        self.lines: list[tuple[Platform, str]] = []
        self.repeated: list[tuple[Platform, str]] = []
        self.ended: dict[Platform, Built] = {}
        self.failed: dict[Platform, BuildFailedError] = {}

    def line(self, platform: Platform, text: str) -> None:
        self.lines.append((platform, text))

    def build_repeated(self, platform: Platform, error: EmulatorCrashedError) -> None:
        self.repeated.append((platform, error.message))

    def built(self, platform: Platform, built: Built) -> None:
        self.ended[platform] = built

    def build_failed(self, platform: Platform, error: BuildFailedError) -> None:
        assert platform not in self.failed
        self.failed[platform] = error


CRASH = '#7 ERROR: process "/bin/sh -c make" did not complete successfully: exit code: 139\n'


class TestEmulatorCrash:
    @pytest.fixture
    def ready(self, docker: FakeDocker) -> FakeDocker:
        docker.engine_says(VERSION, INFO, CLIENT)
        for platform in REQUIRED:
            docker.image(f"dext-build/acme_demo:{platform.slug}", str(platform))
        return docker

    def test_is_its_own_failure_after_one_more_attempt(self, ready: FakeDocker, make_project: MakeProject) -> None:
        ready.answer("buildx", "build", err=CRASH, code=1)
        told = Told()
        with pytest.raises(EmulatorCrashedError, match="in the build for linux/arm64: exit code 139"):
            build_all(Engines(ready.engine()), make_project(FILES, image="acme/demo", platforms=(ARM64,)), told)
        assert len(ready.called("buildx", "build")) == 2
        assert [platform for platform, _ in told.repeated] == list(told.failed) == [ARM64]
        assert told.failed[ARM64].log == CRASH.rstrip()

    def test_that_goes_away_is_kept_in_the_result(
        self, ready: FakeDocker, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ready.answer("buildx", "build", err=CRASH, code=1)
        told = Told()
        # The crash is over when it is told of.
        monkeypatch.setattr(told, "build_repeated", lambda *_: ready.answer("buildx", "build", err="#1 done\n"))
        built = build_all(Engines(ready.engine()), make_project(FILES, image="acme/demo", platforms=(ARM64,)), told)
        assert built[ARM64].crashes == ("the emulator crashed in the build for linux/arm64: exit code 139",)
        assert told.failed == {}

    @pytest.mark.parametrize("native", [AMD64, Platform("linux", "386")], ids=str)
    def test_is_none_where_nothing_is_emulated(
        self, ready: FakeDocker, make_project: MakeProject, native: Platform
    ) -> None:
        ready.answer("buildx", "build", err=CRASH, code=1)
        with pytest.raises(BuildFailedError) as caught:
            build_all(Engines(ready.engine()), make_project(FILES, image="acme/demo", platforms=(native,)), Told())
        assert type(caught.value) is BuildFailedError
        assert len(ready.called("buildx", "build")) == 1

    def test_that_leaves_the_build_hanging_ends_it(
        self, ready: FakeDocker, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dext_tasks.engine.build_log.BUILD_SILENCE", 0.2)
        said = "qemu: uncaught target signal 11 (Segmentation fault) - core dumped"
        ready.answer("buildx", "build", err=f"#7 [1/1] RUN npm ci\n#7 1.5 {said}\n", seconds=60)
        with pytest.raises(EmulatorCrashedError, match=re.escape(f"in the build for linux/arm64: {said}")):
            build_all(Engines(ready.engine()), make_project(FILES, image="acme/demo", platforms=(ARM64,)), Told())
        assert len(ready.called("buildx", "build")) == 2

    @pytest.mark.parametrize("more", ["#7 1.6 Segmentation fault", "#7 ERROR: exit code: 1", "#7 DONE 2.0s"])
    def test_that_a_step_survives_ends_nothing(self, more: str) -> None:
        ended, waits = [], []
        said = "#7 1.5 qemu: uncaught target signal 11 (Segmentation fault) - core dumped"
        with BuildLog(silent, lambda: ended.append("")) as log:
            for line in (said, "#8 1.5 another step", more):
                log.hear(line)
                waits.append(log.waits)
        assert waits == [True, True, False]
        assert (ended, log.hang) == ([], "")

    def test_of_a_build_that_has_ended_is_not_waited_for(self) -> None:
        with BuildLog(silent, lambda: None) as log:
            log.hear("#7 1.5 qemu: uncaught target signal 4 (Illegal instruction) - core dumped")
        assert not log.waits

    def test_weighs_less_than_a_failing_step(self) -> None:
        crash = EmulatorCrashedError("crashed", remedy="again", detail="a", log="A")
        failure = BuildFailedError("failed", remedy="fix it", detail="b\nc", log="B")
        both = together({AMD64: crash, ARM64: failure})
        marked = "linux/arm64 | b\nlinux/arm64 | c\nlinux/amd64 | a"
        assert type(both) is BuildFailedError
        assert (both.message, both.remedy, both.detail, both.log) == ("failed; crashed", "fix it", marked, "B\nA")
        assert together({ARM64: crash}) is crash
        assert type(together({AMD64: crash, ARM64: crash})) is EmulatorCrashedError


def test_an_engine_that_lost_something_for_a_moment_builds_once_more(
    builds: FakeDocker, wanted: BuildRequest, told: conftest.Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dext_tasks.engine.client.ENGINE_PAUSE", 0.0)
    lost = "ERROR: failed to solve: parent snapshot sha256:4f does not exist: not found"
    real = builds.program.rename(builds.folder / "passes")
    flag = builds.folder / "failed"
    builds.program.write_text(
        f'#!/bin/sh\n[ -e {flag} ] && exec {real} "$@"\ntouch {flag}\necho "{lost}" >&2\nexit 1\n', encoding="utf-8"
    )
    builds.program.chmod(0o755)
    lines: list[str] = []
    builds.engine().build(wanted, lines.append)
    assert lines == [lost, "#1 done"]
    said = "docker build for linux/arm64: the engine lost a parent snapshot for a moment; trying once more"
    assert said in told.lines
