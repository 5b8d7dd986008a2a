from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.errors import (
    RegistryResponseError,
    RegistryUnreachableError,
)
from dext_tasks.extension.version import Bump, parse_release
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.registry.answers import Response
from dext_tasks.release.journal import Journal
from dext_tasks.release.journal import Tested as Passed  # pytest takes a name that begins with Test for a test
from dext_tasks.release.observe import intend, observe
from dext_tasks.release.published import manifest_of, published_as
from dext_tasks.release.state import GitState, Published
from dext_tasks.release.version import choose_version

if TYPE_CHECKING:
    from dext_tasks.registry.repository import Repository
    from tests.unit.release.conftest import Machine

AMD64, ARM64 = REQUIRED
HEAD, OTHER = "c0ffee" + "0" * 34, "decaf" + "0" * 35
NAME = "localhost:5000/acme/demo"


CHART = json.dumps(
    {
        "config": {"digest": f"sha256:{'c' * 64}", "mediaType": "application/vnd.cncf.helm.config.v1+json"},
        "layers": [],
    }
).encode()


class TestAChartAmongTheVersions:
    def test_the_next_version_is_greater_than_its_too_as_desktops_take_the_greatest(self, machine: Machine) -> None:
        machine.publish("1.0.0")
        machine.set_tag("2.0.0", CHART)
        assert str(choose_version(machine.world(), HEAD, explicit="", bump=Bump.PATCH)) == "2.0.1"

    def test_what_is_under_its_tag_is_no_version_of_the_extension(self, machine: Machine) -> None:
        machine.set_tag("2.0.0", CHART)
        world = machine.world()
        published = observe(world, intend(world, parse_release("2.0.0"), HEAD)).published
        assert published is not None
        ((fault),) = published.faults
        assert "is a Helm chart, so it is not an image" in fault


class TestIntend:
    def test_takes_the_settings(self, machine: Machine) -> None:
        changed = replace(
            machine.project.settings,
            platforms=(ARM64,),
            release_tag_prefix="web-",
            release_remote="upstream",
            release_latest=False,
        )
        machine.project = replace(machine.project, settings=changed)
        intent = intend(machine.world(), parse_release("1.2.0"), HEAD)
        assert (str(intent.target), intent.platforms) == (f"{NAME}:1.2.0", (ARM64,))
        assert (intent.git_tag, intent.remote, intent.move_latest) == ("web-1.2.0", "upstream", False)

    def test_takes_the_defaults(self, machine: Machine) -> None:
        intent = intend(machine.world(), parse_release("1.2.0"), HEAD)
        assert (intent.git_tag, intent.remote, intent.move_latest) == ("v1.2.0", "origin", True)


class TestPublishedAs:
    def test_nothing(self, machine: Machine) -> None:
        assert published_as(machine.world().repository, "1.0.0") is None

    def test_an_index(self, machine: Machine) -> None:
        digest = machine.publish("1.0.0", HEAD)
        published = published_as(machine.world().repository, "1.0.0")
        assert published is not None
        assert published.digest == digest
        assert {str(platform): each for platform, each in published.manifests.items()} == machine.platforms_of("1.0.0")
        assert (published.revision, published.version) == (HEAD, "1.0.0")

    def test_a_manifest(self, machine: Machine) -> None:
        digest = machine.publish_manifest("1.0.0", HEAD)
        published = published_as(machine.world().repository, "1.0.0")
        assert published is not None
        assert (published.digest, dict(published.manifests)) == (digest, {AMD64: digest})

    def test_images_that_differ_name_nothing(self, machine: Machine) -> None:
        # A label counts only if every platform's image has it.
        machine.publish("1.0.0", HEAD)
        machine.relabel("1.0.0", ARM64, {})
        published = published_as(machine.world().repository, "1.0.0")
        assert published is not None
        assert (published.revision, published.version) == ("", "")

    def test_an_index_of_an_index_is_no_valid_response(self, machine: Machine) -> None:
        inner = machine.publish("1.0.0", HEAD)
        with pytest.raises(RegistryResponseError, match="not a manifest"):
            manifest_of(machine.world().repository, inner)

    def test_what_is_whole_has_no_fault(self, machine: Machine) -> None:
        machine.publish("1.0.0", HEAD)
        published = published_as(machine.world().repository, "1.0.0")
        assert published is not None
        assert published.faults == ()


class TestPublishedButBroken:
    """The registry lost a part, or never had an image there: that is known, and no reason to know nothing."""

    def broken(self, machine: Machine, *lost: str) -> Published:
        for digest in lost:
            del machine.blobs[digest]
        published = published_as(machine.world().repository, "1.0.0")
        assert published is not None
        assert published.digest == machine.tags["1.0.0"]
        return published

    def test_a_manifest_is_gone(self, machine: Machine) -> None:
        machine.publish("1.0.0", HEAD)
        manifests = machine.platforms_of("1.0.0")
        published = self.broken(machine, manifests["linux/arm64"])
        assert {str(platform): each for platform, each in published.manifests.items()} == manifests
        [fault] = published.faults
        assert fault.startswith("linux/arm64: ")
        assert manifests["linux/arm64"] in fault
        # What is left still tells whose it is.
        assert (published.revision, published.version) == (HEAD, "1.0.0")

    def test_every_manifest_is_gone(self, machine: Machine) -> None:
        machine.publish("1.0.0", HEAD)
        published = self.broken(machine, *machine.platforms_of("1.0.0").values())
        assert [fault.partition(":")[0] for fault in published.faults] == ["linux/amd64", "linux/arm64"]
        assert (published.revision, published.version) == ("", "")

    def test_a_configuration_is_gone(self, machine: Machine) -> None:
        machine.publish("1.0.0", HEAD)
        manifest = json.loads(machine.blobs[machine.platforms_of("1.0.0")["linux/amd64"]])
        [fault] = self.broken(machine, manifest["config"]["digest"]).faults
        assert fault.startswith("linux/amd64: ")
        assert "without its configuration" in fault

    def test_a_single_manifest_without_its_configuration(self, machine: Machine) -> None:
        manifest = json.loads(machine.blobs[machine.publish_manifest("1.0.0", HEAD)])
        published = self.broken(machine, manifest["config"]["digest"])
        assert len(published.faults) == 1
        assert published.manifests == {}

    def test_what_is_no_image(self, machine: Machine) -> None:
        # As an artifact that somebody pushed under a tag that reads as a version.
        machine.set_tag("1.0.0", b'{"mediaType": "application/vnd.oci.image.manifest.v1+json"}')
        published = self.broken(machine)
        assert len(published.faults) == 1
        assert (published.manifests, published.revision) == ({}, "")

    def test_a_child_that_is_an_index_again(self, machine: Machine) -> None:
        inner = machine.publish("1.0.0", HEAD)
        entry = {"digest": inner, "platform": {"os": "linux", "architecture": "arm64"}}
        machine.set_tag("1.0.0", json.dumps({"manifests": [entry]}).encode())
        [fault] = self.broken(machine).faults
        assert "not a manifest" in fault

    def test_what_is_no_image_and_gone_at_once_proves_nothing(self, machine: Machine) -> None:
        machine.instead["GET manifests/1.0.0"] = [Response(200, {}, b'{"mediaType": "nonsense"}')]
        with pytest.raises(RegistryResponseError, match="malformed manifest") as caught:
            published_as(machine.world().repository, "1.0.0")
        assert not caught.value.is_answer

    def test_could_not_ask_is_no_fault_of_what_is_published(self, machine: Machine) -> None:
        """R7: whichever question fails, nothing is said to be broken."""
        machine.publish("1.0.0", HEAD)
        del machine.blobs[machine.platforms_of("1.0.0")["linux/arm64"]]
        asked = machine.requests
        self.broken(machine)
        for number in range(1, machine.requests - asked + 1):
            machine.requests, machine.offline_at = 0, number
            with pytest.raises(RegistryUnreachableError):
                published_as(machine.world().repository, "1.0.0")

    def test_a_broken_version_is_nothing_to_go_on_with(self, machine: Machine) -> None:
        machine.publish("1.0.0", HEAD)
        del machine.blobs[machine.platforms_of("1.0.0")["linux/arm64"]]
        assert str(choose_version(machine.world(), HEAD, explicit="", bump=Bump.PATCH)) == "1.0.1"

    def test_a_staged_index_without_its_manifest_is_not_staged(self, machine: Machine) -> None:
        machine.loaded = type(machine.loaded)("index")
        machine.stop_at("before index 0.1.0")
        with pytest.raises(Exception, match="before index"):
            machine.release("0.1.0")
        staged = machine.look("0.1.0")[1].state.staged
        assert set(staged) == set(REQUIRED)
        del machine.blobs[staged[ARM64]]
        assert set(machine.look("0.1.0")[1].state.staged) == {AMD64}
        machine.release("0.1.0")
        assert machine.platforms_of("0.1.0")["linux/arm64"] in machine.blobs


class TestObserve:
    def seen(self, machine: Machine, version: str = "0.1.0") -> Any:  # noqa: ANN401 - the state, whose fields are read
        world = machine.world()
        return observe(world, intend(world, parse_release(version), HEAD))

    def test_nothing(self, machine: Machine) -> None:
        seen = self.seen(machine)
        assert (seen.tags, seen.published, seen.moving, seen.journal) == (frozenset(), None, {}, None)
        assert (seen.built, seen.staged) == (frozenset(), {})
        assert seen.git == GitState((), {}, "", has_remote=True, remote_tag_commit="")

    def test_a_new_version_costs_two_requests_and_three_more_where_the_last_one_is_judged(
        self, machine: Machine
    ) -> None:
        machine.release("0.1.0")
        costs = []
        for judges_last in (False, True):
            world, machine.requests = machine.world(), 0
            observe(world, intend(world, parse_release("0.2.0"), HEAD), judges_last=judges_last)
            costs.append(machine.requests)
        assert costs == [2, 3 + len(REQUIRED)]

    def test_the_registry_answers_while_git_does(self, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
        world, asked = machine.world(), threading.Event()
        repository, git = type(world.repository), type(world.git)
        tags, local = repository.tags, git.tags

        def asked_tags(self: Repository) -> frozenset[str]:
            asked.set()
            return tags(self)

        monkeypatch.setattr(repository, "tags", asked_tags)
        machine.git_tags = {"v0.0.1": HEAD}
        monkeypatch.setattr(git, "tags", lambda self: local(self) if asked.wait(60) else {})
        assert observe(world, intend(world, parse_release("0.1.0"), HEAD)).git.tags == {"v0.0.1": HEAD}

    def test_no_commit_asks_nothing_more_of_git(self, machine: Machine) -> None:
        world = machine.world()
        seen = observe(world, intend(world, parse_release("0.1.0"), ""))
        assert seen.git == GitState((), {}, "", has_remote=False, remote_tag_commit="")

    def test_without_a_remote_it_is_not_asked(self, machine: Machine) -> None:
        machine.remotes = ()
        assert not self.seen(machine).git.has_remote

    def test_what_is_there(self, machine: Machine) -> None:
        machine.release("0.1.0")
        machine.changes = ("?? x",)
        seen = self.seen(machine)
        assert seen.published.digest == seen.moving["latest"] == machine.tags["0.1.0"]
        assert {"0.1.0", "latest"} == seen.tags
        assert (seen.git.tag_commit, seen.git.remote_tag_commit, seen.git.changes) == (HEAD, HEAD, ("?? x",))

    @pytest.mark.parametrize(("image", "commit"), [(NAME, OTHER), ("localhost:5000/acme/other", HEAD)])
    def test_a_journal_of_another_commit_or_image_is_none(self, machine: Machine, image: str, commit: str) -> None:
        machine.journals.write(Journal("0.1.0", image, commit))
        assert self.seen(machine).journal is None

    def test_a_journal_of_this_commit_is_read(self, machine: Machine) -> None:
        journal = Journal("0.1.0", NAME, HEAD, {AMD64: Passed(f"sha256:{'a' * 64}")})
        machine.journals.write(journal)
        assert self.seen(machine).journal == journal

    def test_not_there_and_could_not_ask_differ(self, machine: Machine) -> None:
        """R7: whichever question of a look fails, there is no plan."""
        machine.release("0.1.0")
        machine.requests = 0
        machine.look()
        asked = machine.requests
        assert asked > 5
        for number in range(1, asked + 1):
            machine.requests, machine.offline_at = 0, number
            with pytest.raises(RegistryUnreachableError):
                machine.look()
