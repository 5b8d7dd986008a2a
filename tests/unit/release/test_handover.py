from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.errors import AlreadyPublishedError, HandoverError
from dext_tasks.extension.labels import REVISION
from dext_tasks.extension.labels import VERSION as LABEL_VERSION
from dext_tasks.extension.version import parse_release
from dext_tasks.formats.oci.manifest import Index, digest_of, parse
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.release.handover import HandedOver, Handover, files_in, read, require_staged, together
from dext_tasks.release.journal import Tested as Passed  # pytest takes a name that begins with Test for a test
from dext_tasks.release.record import Recorded, read_record
from dext_tasks.release.run import PlannedRelease, Released, carry_out, look, prepare
from dext_tasks.release.staging import staging_reference
from dext_tasks.sources.image import ImageSource
from dext_tasks.sources.registry_image import StagedSource
from tests.unit.needs import make_pipe

from .conftest import HEAD, Local, Machine, Silent, StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dext_tasks.release.observe import World

AMD64, ARM64 = REQUIRED
VERSION = "1.0.0"


@dataclass
class Jobs:
    """Three machines with a clone each, and one registry."""

    amd64: Machine
    arm64: Machine
    last: Machine
    folder: Path

    def prepare(self, machine: Machine, version: str = VERSION) -> Path:
        world = machine.world()
        planned = look(world, parse_release(version), machine.head, is_part=True)
        handover = prepare(world, planned, Silent())
        (platform,) = machine.project.settings.platforms
        file = self.folder / f"{platform.slug}.json"
        file.write_text(handover.text, encoding="utf-8")
        return file

    def planned(self, *files: Path) -> tuple[World, PlannedRelease]:
        world = self.last.world()
        handover = together([(file, read(file)) for file in files], self.last.project, self.last.head)
        world = replace(world, journals=HandedOver(world.journals.folder, handover.journal))
        planned = look(world, parse_release(handover.version), self.last.head)
        require_staged(planned.intent, planned.state)
        return world, planned

    def finish(self, *files: Path) -> Released:
        return carry_out(*self.planned(*files), Silent())


@pytest.fixture
def jobs(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Jobs:
    machines = []
    for platform in REQUIRED:
        made = machine.copied(tmp_path_factory.mktemp("clone"))
        made.blobs, made.tags, made.history = machine.blobs, machine.tags, machine.history
        made.tested, made.lock = machine.tested, machine.lock
        made.configure(platforms=(platform,))
        machines.append(made)
    return Jobs(machines[0], machines[1], machine, tmp_path_factory.mktemp("files"))


@pytest.fixture
def files(jobs: Jobs) -> list[Path]:
    return [jobs.prepare(jobs.amd64), jobs.prepare(jobs.arm64)]


class TestPrepare:
    def test_it_is_the_plan_up_to_the_push(self, jobs: Jobs) -> None:
        planned = look(jobs.amd64.world(), parse_release(VERSION), HEAD, is_part=True)
        assert [(step.title, step.subject) for step in planned.plan.steps] == [
            (title, "linux/amd64") for title in ("build", "check", "smoke", "push")
        ]
        jobs.prepare(jobs.amd64)
        assert jobs.amd64.events[-1] == "journal pushed"
        assert not jobs.amd64.git_tags
        assert [tag for tag in jobs.last.tags if not tag.startswith("staging-")] == []

    def test_what_only_one_platform_can_be_asked_is_asked(self, jobs: Jobs) -> None:
        jobs.prepare(jobs.amd64)
        source = jobs.amd64.checked[1]
        assert isinstance(source, ImageSource)
        assert set(source.platforms.found) == {AMD64}
        assert source.platforms.unbuilt == {ARM64}

    def test_it_hands_over_what_was_tested(self, jobs: Jobs) -> None:
        found = read(jobs.prepare(jobs.amd64))
        assert (found.image, found.version, found.commit) == ("localhost:5000/acme/demo", VERSION, HEAD)
        assert [each.manifest for each in found.tested.values()] == list(jobs.last.tested)

    def test_again_it_does_nothing_twice(self, jobs: Jobs) -> None:
        first = jobs.prepare(jobs.amd64).read_bytes()
        events = list(jobs.amd64.events)
        assert (jobs.prepare(jobs.amd64).read_bytes(), jobs.amd64.events) == (first, events)

    def test_in_a_fresh_clone_after_all_is_published_it_hands_that_over(self, jobs: Jobs, files: list[Path]) -> None:
        jobs.finish(*files)
        before = dict(jobs.last.tags)
        jobs.arm64.journals.folder.joinpath(f"{VERSION}.json").unlink()
        again = read(jobs.prepare(jobs.arm64))
        assert again.tested[ARM64].manifest == jobs.last.platforms_of(VERSION)[str(ARM64)]
        assert jobs.last.tags == before
        assert jobs.finish(files[0], jobs.folder / "linux-arm64.json").reference.tag == VERSION

    def test_a_version_of_somebody_elses_is_refused(self, jobs: Jobs) -> None:
        jobs.last.publish(VERSION)
        with pytest.raises(AlreadyPublishedError):
            jobs.prepare(jobs.amd64)


class TestFinish:
    def test_it_publishes_exactly_what_was_prepared(self, jobs: Jobs, files: list[Path]) -> None:
        released = jobs.finish(*files)
        prepared = {platform: each.manifest for file in files for platform, each in read(file).tested.items()}
        index = parse(jobs.last.blobs[jobs.last.tags[VERSION]])
        assert isinstance(index, Index)
        assert dict(released.manifests) == dict(index.platforms) == prepared
        assert read_record(index.annotations) == {
            platform: Recorded("passed", digest) for platform, digest in prepared.items()
        }
        assert [kind for kind in ("build", "smoke", "push") if jobs.last.count(kind)] == []
        assert jobs.last.git_tags == jobs.last.remote_tags == {f"v{VERSION}": HEAD}
        assert jobs.last.tags["latest"] == jobs.last.tags[VERSION]

    def test_it_checks_what_compares_platforms_before_it_publishes(self, jobs: Jobs, files: list[Path]) -> None:
        jobs.finish(*files)
        events = jobs.last.events
        assert events.index("check") < events.index(f"index {VERSION}")
        source = jobs.last.checked[1]
        assert isinstance(source, StagedSource)
        assert {each.platform for each in source.labels} == set(source.platforms.found) == set(REQUIRED)
        assert (source.tag, str(source.reference)) == (VERSION, f"localhost:5000/acme/demo:{VERSION}")

    @pytest.mark.parametrize("boundary", ["after check", f"before index {VERSION}", f"after git tag v{VERSION}"])
    def test_again_after_a_kill_it_converges_with_or_without_the_files(
        self, jobs: Jobs, files: list[Path], boundary: str
    ) -> None:
        jobs.last.stop_at(boundary)
        with pytest.raises(StoppedError):
            jobs.finish(*files)
        digest = jobs.finish(*files).reference.digest
        assert jobs.finish(*files).reference.digest == digest == jobs.last.tags[VERSION]
        assert [tag for tag, _ in jobs.last.history if tag == VERSION] == [VERSION]
        assert jobs.last.release(VERSION).reference.digest == digest

    def test_what_was_checked_is_not_checked_again(self, jobs: Jobs, files: list[Path]) -> None:
        jobs.last.stop_at(f"before index {VERSION}")
        with pytest.raises(StoppedError):
            jobs.finish(*files)
        jobs.finish(*files)
        assert jobs.last.count("check") == 1

    def test_looking_changes_nothing(self, jobs: Jobs, files: list[Path]) -> None:
        _, planned = jobs.planned(*files)
        assert [step.title for step in planned.plan.todo] == [
            *("check", "claim", "index", "verify", "git tag", "git push", "latest")
        ]
        assert jobs.last.events == []
        assert jobs.last.journal(VERSION) is None

    def test_an_image_that_is_gone_is_refused_and_nothing_is_built(self, jobs: Jobs, files: list[Path]) -> None:
        gone = read(files[1]).tested[ARM64].manifest
        del jobs.last.blobs[gone]
        with pytest.raises(HandoverError, match="the image for linux/arm64 that was handed over is not in"):
            jobs.finish(*files)
        assert jobs.last.events == []

    def test_a_folder_stands_for_its_files(self, jobs: Jobs, files: list[Path]) -> None:
        assert files_in([str(jobs.folder)]) == sorted(files)
        (jobs.folder / "empty").mkdir()
        with pytest.raises(HandoverError, match="no handover file"):
            files_in([str(jobs.folder / "empty")])


def changed(file: Path, change: Callable[[dict[str, Any]], object], *, signed: bool = False) -> Path:
    document = json.loads(file.read_text(encoding="utf-8"))
    change(document)
    if signed:
        said = json.dumps(document["content"], sort_keys=True, separators=(",", ":"))
        document["digest"] = digest_of(said.encode())
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


class TestRefusal:
    def test_a_file_that_was_changed(self, files: list[Path]) -> None:
        changed(files[0], lambda it: it["content"].update(version="6.6.6"))
        with pytest.raises(HandoverError, match="was changed after it was written"):
            read(files[0])

    @pytest.mark.parametrize("text", ["", "[]", "{}", "nonsense", '{"made_by": "somebody"}', "[" * 100_000])
    def test_a_file_of_something_else(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "x.json").write_text(text, encoding="utf-8")
        with pytest.raises(HandoverError, match="is not a file that --prepare wrote"):
            read(tmp_path / "x.json")

    @pytest.mark.timeout(60)
    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        make_pipe(tmp_path / "x.json")
        with pytest.raises(HandoverError, match=r"x\.json is a named pipe, not a file"):
            read(tmp_path / "x.json")

    def test_a_file_of_another_format(self, files: list[Path]) -> None:
        changed(files[0], lambda it: it.update(format=2))
        with pytest.raises(HandoverError, match="another release of dext-tasks"):
            read(files[0])

    @pytest.mark.parametrize(
        "change",
        [
            lambda it: it["content"].update(tested={}),
            lambda it: it["content"].update(tested={"plan9": {}}),
            lambda it: it["content"].update(commit=None),
            lambda it: it["content"].update(version=f"1.0.{'9' * 5000}"),
            lambda it: it["content"]["tested"]["linux/amd64"].update(manifest="latest"),
            lambda it: it["content"]["tested"]["linux/amd64"].update(smoke="failed"),
            lambda it: it.update(content=[]),
        ],
    )
    def test_a_file_that_says_something_else(
        self, files: list[Path], change: Callable[[dict[str, Any]], object]
    ) -> None:
        changed(files[0], change, signed=True)
        with pytest.raises(HandoverError, match="does not say what --prepare says"):
            read(files[0])

    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("image", "acme/other", "is of acme/other, not of"),
            ("commit", "b" * 40, f"was prepared from commit {'b' * 12}, and this is c0ffee000000"),
            ("build", "0" * 64, "was prepared with other settings"),
            ("version", "1.0.1", r"is of version 1\.0\.1, and .* of 1\.0\.0"),
        ],
    )
    def test_a_file_of_another_release(
        self, jobs: Jobs, files: list[Path], name: str, value: str, message: str
    ) -> None:
        changed(files[1], lambda it: it["content"].update({name: value}), signed=True)
        with pytest.raises(HandoverError, match=message):
            jobs.finish(*files)
        assert jobs.last.events == []

    def test_a_platform_that_is_missing(self, jobs: Jobs, files: list[Path]) -> None:
        with pytest.raises(HandoverError, match="linux/arm64 was not prepared") as caught:
            jobs.finish(files[0])
        assert "--platform linux/arm64" in caught.value.remedy

    def test_a_platform_too_many(self, jobs: Jobs, files: list[Path]) -> None:
        jobs.last.configure(platforms=(AMD64,))
        with pytest.raises(HandoverError, match="of linux/arm64, too"):
            jobs.finish(*files)

    def test_two_images_for_one_platform(self, jobs: Jobs, files: list[Path]) -> None:
        other = jobs.folder / "other.json"
        other.write_bytes(files[0].read_bytes())
        digest = f"sha256:{'e' * 64}"
        changed(other, lambda it: it["content"]["tested"]["linux/amd64"].update(manifest=digest), signed=True)
        with pytest.raises(HandoverError, match="different images for linux/amd64"):
            jobs.finish(*files, other)

    def test_one_file_twice_is_one_file(self, jobs: Jobs, files: list[Path]) -> None:
        assert jobs.finish(*files, files[0]).reference.tag == VERSION

    @pytest.mark.parametrize("part", ["image", "manifest"])
    def test_a_digest_that_the_registry_has_under_no_such_name(self, jobs: Jobs, files: list[Path], part: str) -> None:
        other = {part: f"sha256:{'d' * 64}"}
        changed(files[0], lambda it: it["content"]["tested"]["linux/amd64"].update(other), signed=True)
        with pytest.raises(HandoverError, match="is not in"):
            jobs.finish(*files)

    @pytest.mark.parametrize(("key", "value"), [(REVISION, "b" * 40), (LABEL_VERSION, "2.0.0")])
    def test_another_image_of_the_registry(self, jobs: Jobs, files: list[Path], key: str, value: str) -> None:
        """Who can write a file and its digest cannot have another commit published under this one's name."""
        other = Local.made(AMD64, {REVISION: HEAD, LABEL_VERSION: VERSION, key: value}, "other")
        jobs.last.upload(other)
        digest = digest_of(other.manifest)
        reference = staging_reference(jobs.last.project.image, digest)
        jobs.last.set_tag(reference.tag, other.manifest)
        said = {"image": digest, "manifest": digest}
        changed(files[0], lambda it: it["content"]["tested"]["linux/amd64"].update(said), signed=True)
        with pytest.raises(HandoverError, match=f"has label {key}"):
            jobs.finish(*files)
        assert VERSION not in jobs.last.tags


def test_platforms_of_a_variant_are_handed_over(tmp_path: Path) -> None:
    arm = Platform("linux", "arm", "v6")
    made = Handover("acme/demo", VERSION, HEAD, "b", {arm: Passed(f"sha256:{'1' * 64}", f"sha256:{'2' * 64}")})
    (tmp_path / "x").write_text(made.text, encoding="utf-8")
    assert read(tmp_path / "x") == made
