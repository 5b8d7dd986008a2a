"""What Python programs do with releases, by dext_tasks.api, in a world in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dext_tasks import api
from dext_tasks.errors import (
    AlreadyPublishedError,
    ChangelogError,
    GitError,
    HandoverError,
    ImageNotFoundError,
    NothingToReleaseError,
    ReleaseUnprovenError,
    UsageError,
    VersionInvalidError,
)
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.registry.repository import Repository
from tests.unit.release.conftest import HEAD, IMAGE

if TYPE_CHECKING:
    from pathlib import Path

    from dext_tasks.release.observe import World
    from tests.unit.release.conftest import Machine

CHANGELOG = "CHANGELOG.md"
INSTALL = "`docker extension install {}:{}`\n"


@pytest.fixture
def pushes(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each world that is asked for, whether it may push."""
    asked: list[bool] = []

    def world(_: api.Workspace, *, push: bool) -> World:
        asked.append(push)
        return machine.world()

    monkeypatch.setattr(api.Workspace, "world", world)
    monkeypatch.setattr(api.Workspace, "require_buildable", lambda _: None)
    return asked


@pytest.fixture
def extension(machine: Machine, pushes: list[bool]) -> api.Workspace:  # noqa: ARG001 - as it works
    return api.Workspace(folder=machine.project.root, flags={"image": IMAGE})


class TestChangelog:
    def test_its_topmost_entry_is_planned(self, machine: Machine, extension: api.Workspace, pushes: list[bool]) -> None:
        machine.files[CHANGELOG] = "## 1.1.0\n\n- faster\n\n## 1.0.0\n\n- first\n"
        machine.publish("1.0.0")
        planned = extension.plan_from_changelog()
        assert (str(planned.intent.version), planned.plan.obstacles, pushes) == ("1.1.0", (), [False])
        assert extension.release_notes(planned) == f"- faster\n\n{INSTALL.format(IMAGE, '1.1.0')}"

    def test_one_that_is_published_says_to_write_the_next(self, machine: Machine, extension: api.Workspace) -> None:
        machine.files[CHANGELOG] = "## 1.0.0\n\n- first\n"
        machine.publish("1.0.0")
        with pytest.raises(AlreadyPublishedError, match=r"the topmost entry of CHANGELOG\.md is 1\.0\.0") as caught:
            extension.plan_from_changelog().plan.require_clear()
        assert "write the next version's entry" in caught.value.remedy

    def test_without_one(self, extension: api.Workspace) -> None:
        with pytest.raises(ChangelogError, match="not in the commit"):
            extension.plan_from_changelog()


class TestCommits:
    def test_they_decide_and_say_why(self, machine: Machine, extension: api.Workspace) -> None:
        machine.publish("1.0.0", revision="b" * 40)
        machine.said = ("feat: a switch", "docs: b")
        planned = extension.plan_from_commits()
        assert str(planned.intent.version) == "1.1.0"
        assert planned.reasons[0] == "minor, for 1 commit since 1.0.0:"
        told, _, installed = extension.release_notes(planned).rpartition("\n\n")
        assert told.startswith("### Added\n\n- a switch (")
        assert installed == INSTALL.format(IMAGE, "1.1.0")

    def test_the_changelog_goes_before_them_where_it_has_an_entry(
        self, machine: Machine, extension: api.Workspace
    ) -> None:
        machine.files[CHANGELOG] = "## 1.1.0\n\n- faster\n"
        machine.publish("1.0.0", revision="b" * 40)
        machine.said = ("feat: a switch",)
        assert extension.release_notes(extension.plan_from_commits()).startswith("- faster\n")

    def test_a_pre_release_is_numbered(self, machine: Machine, extension: api.Workspace) -> None:
        machine.publish("1.0.0", revision="b" * 40)
        machine.said = ("fix: a",)
        assert str(extension.plan_from_commits(pre="rc").intent.version) == "1.0.1-rc.1"
        with pytest.raises(VersionInvalidError):
            extension.plan_from_commits(pre="rc.")

    def test_no_reason_is_an_error_and_a_first_version_needs_none(
        self, machine: Machine, extension: api.Workspace
    ) -> None:
        machine.said = ("docs: a",)
        first = extension.plan_from_commits()
        assert (str(first.intent.version), first.reasons, first.commits) == ("0.1.0", (), "")
        machine.publish("1.0.0", revision="b" * 40)
        with pytest.raises(NothingToReleaseError):
            extension.plan_from_commits()


class TestJobs:
    def prepared(self, machine: Machine, extension: api.Workspace, *platforms: api.Platform) -> api.Handover:
        machine.configure(platforms=platforms)
        planned = extension.plan_release(version="1.0.0")
        handover = extension.prepare_release(planned)
        machine.configure(platforms=tuple(REQUIRED))
        return handover

    def test_one_publishes_what_others_have_prepared(
        self, machine: Machine, extension: api.Workspace, tmp_path: Path
    ) -> None:
        files = tmp_path / "handed-over"
        files.mkdir()
        for platform in REQUIRED:
            handover = self.prepared(machine, extension, platform)
            assert set(handover.tested) == {platform}
            (files / f"{platform.slug}.json").write_text(handover.text, encoding="utf-8")
        assert not machine.count("index")
        machine.journals.remove("1.0.0")
        builds = machine.count("build")
        released = extension.finish_release([files])
        assert str(released.reference).startswith(f"{IMAGE}:1.0.0@sha256:")
        assert (set(released.manifests), machine.count("build")) == (set(REQUIRED), builds)
        machine.require_rules("1.0.0")

    def test_a_platform_that_nobody_has_prepared_is_named(
        self, machine: Machine, extension: api.Workspace, tmp_path: Path
    ) -> None:
        file = tmp_path / "one.json"
        file.write_text(self.prepared(machine, extension, REQUIRED[0]).text, encoding="utf-8")
        with pytest.raises(HandoverError, match=f"{REQUIRED[1]} was not prepared"):
            extension.finish_release([str(file)])
        assert not machine.count("index")


class TestAbort:
    def test_what_was_stopped_is_found_and_taken_away(
        self, machine: Machine, extension: api.Workspace, pushes: list[bool]
    ) -> None:
        machine.stop_at("before index 0.1.0")
        with pytest.raises(Exception, match="before index"):
            machine.release()
        left = extension.left_behind("0.1.0")
        assert (left.claim is not None, len(left.staged), left.journal) == (True, 2, True)
        assert not any(each.refused for each in extension.abort_release(left))
        assert pushes == [False, True]
        assert extension.left_behind("0.1.0").is_nothing

    def test_a_claim_that_the_remote_keeps_is_an_error(self, machine: Machine, extension: api.Workspace) -> None:
        machine.stop_at("before index 0.1.0")
        with pytest.raises(Exception, match="before index"):
            machine.release()
        machine.claim_refusal = "pre-receive hook declined"
        with pytest.raises(GitError, match="was not removed: pre-receive hook declined"):
            extension.abort_release(extension.left_behind("0.1.0"))

    def test_what_is_no_version_is_refused(self, extension: api.Workspace) -> None:
        with pytest.raises(VersionInvalidError):
            extension.left_behind("1.0")


class TestVerify:
    @pytest.fixture(autouse=True)
    def registry(self, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Repository, "open", lambda *_: machine.world().repository)
        monkeypatch.setattr("dext_tasks.release.verification.Git", lambda _: machine.world().git)
        monkeypatch.setattr("dext_tasks.git.Git.is_repository", lambda _: True)

    @pytest.mark.parametrize("named", ["0.1.0", f"{IMAGE}:0.1.0"])
    def test_what_was_released_is_whole(self, machine: Machine, extension: api.Workspace, named: str) -> None:
        machine.release()
        proven = extension.verify_release(named)
        proven.require_whole()
        assert {each.what for each in proven.proofs} >= {
            "index",
            "commit",
            "git tag",
            *(f"smoke {p}" for p in REQUIRED),
        }
        assert proven.content.revision == HEAD

    def test_what_another_tool_has_published_is_not_proven(self, machine: Machine, extension: api.Workspace) -> None:
        machine.publish("0.1.0")
        proven = extension.verify_release("0.1.0")
        failed = [each.what for each in proven.proofs if each.verdict is api.ProofVerdict.FAILED]
        assert f"smoke {REQUIRED[0]}" in failed
        with pytest.raises(ReleaseUnprovenError):
            proven.require_whole()

    def test_of_somebody_else_nothing_is_known_of_git(self, machine: Machine, extension: api.Workspace) -> None:
        machine.publish_recorded("0.1.0")
        other = replace(extension, flags={"image": "acme/other"})
        (tag,) = (each for each in other.verify_release(f"{IMAGE}:0.1.0").proofs if each.what == "git tag")
        assert tag.verdict is api.ProofVerdict.SKIPPED

    @pytest.mark.parametrize(
        ("named", "error"), [("", UsageError), ("acme/demo", UsageError), ("9.9.9", ImageNotFoundError)]
    )
    def test_what_is_not_there(self, extension: api.Workspace, named: str, error: type[api.DextError]) -> None:
        with pytest.raises(error):
            extension.verify_release(named)
