"""Whole releases in a world in memory; see conftest."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from semver import Version

from dext_tasks.checks.catalogue import RULES, declared_in
from dext_tasks.checks.report import Report
from dext_tasks.checks.rule import Finding, Severity
from dext_tasks.checks.rules import tag as tag_rules
from dext_tasks.checks.selection import Selection
from dext_tasks.errors import (
    AlreadyPublishedError,
    BuildFailedError,
    ChecksFailedError,
    DextError,
    DirtyTreeError,
    EmulatorCrashedError,
    FileAccessError,
    GitError,
    GrantMissingError,
    LoginMissingError,
    NotConvergedError,
    PreflightError,
    RegistryResponseError,
    RegistryUnreachableError,
    ReleaseRacedError,
    SmokeFailedError,
    UsageError,
    VersionNotGreaterError,
)
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.extension.labels import CHANGELOG, RELEASE_LABELS
from dext_tasks.extension.tags import resolve, version_of
from dext_tasks.extension.version import Bump, as_version
from dext_tasks.extension.version_line import Floating
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.formats.oci.reference import Reference, is_tag
from dext_tasks.registry.repository import Repository
from dext_tasks.release import run
from dext_tasks.release.published import published_as, version_in_registry
from dext_tasks.release.run import carry_out, turn
from dext_tasks.release.steps import STEPS
from dext_tasks.release.steps.step import StepStatus
from dext_tasks.release.steps.verify import Verify
from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.runtime.lease import Lease, is_free
from dext_tasks.sources.facts import Place
from tests.unit.release.conftest import MAINTENANCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dext_tasks.checks.rule import Rule
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.release.plan import Plan
    from dext_tasks.sources.source import Source
    from tests.unit.release.conftest import Machine

TAG_RULES = declared_in(tag_rules)
DIFFERS = next(rule for rule in RULES if rule.code == "changelog-differs")
AMD64, ARM64 = REQUIRED
HEAD = "c0ffee" + "0" * 34
VERSION = "0.1.0"

# Every effect of a release, in order; those of one line may come in any order.
EFFECTS = (
    {"build linux/amd64", "build linux/arm64"},
    {"check"},
    {"smoke linux/amd64", "smoke linux/arm64"},
    {"journal tested"},
    {f"{what} linux/{name}" for what in ("tag", "push", "untag") for name in ("amd64", "arm64")},
    {"journal pushed"},
    {f"claim v{VERSION}"},
    {f"index {VERSION}"},
    {"journal verified"},
    {f"git tag v{VERSION}"},
    {f"git push v{VERSION}"},
    {"index latest"},
    {f"unclaim v{VERSION}"},
)
BOUNDARIES = [f"{when} {name}" for line in EFFECTS for name in sorted(line) for when in ("before", "after")]


def require_done(machine: Machine, version: str = VERSION) -> None:
    """Everything is as it should be in the end."""
    machine.require_rules(version)
    digest = machine.tags[version]
    assert machine.tags["latest"] == digest
    assert machine.git_tags[f"v{version}"] == machine.head
    assert machine.remote_tags.get(f"v{version}") == (machine.head if machine.remotes else None)
    assert set(machine.platforms_of(version)) == {"linux/amd64", "linux/arm64"}
    _, planned = machine.look(version)
    assert planned.plan.todo == ()
    assert planned.plan.obstacles == ()


def warning() -> Finding:
    """What some rule warns of."""
    rule = next(rule for rule in RULES if rule.severity is Severity.WARNING)
    return Finding(rule, "the source tree", "as found", Place("Dockerfile", 1))


def failing(error: type[BuildFailedError], platform: Platform, *, times: int = 99) -> Callable[[], None]:
    """A build that fails so many times."""
    left = [error(f"{platform} did not build", remedy="", detail=f"end of {platform}") for _ in range(times)]

    def fail() -> None:
        if left:
            raise left.pop()

    return fail


class TestBuilds:
    def test_every_platform_that_fails_is_told_and_named(self, machine: Machine) -> None:
        for platform in REQUIRED:
            machine.hooks[f"before build {platform}"] = failing(BuildFailedError, platform)
        world, planned = machine.look()
        silent = machine.silent()
        with pytest.raises(BuildFailedError) as caught:
            carry_out(world, planned, silent)
        assert caught.value.message == "linux/amd64 did not build; linux/arm64 did not build"
        assert caught.value.detail == "linux/amd64 | end of linux/amd64\nlinux/arm64 | end of linux/arm64"
        told = [said for said in silent.said if "failed" in said]
        assert sorted(told) == [f"{platform} failed: {platform} did not build" for platform in REQUIRED]

    def test_a_crash_of_the_emulator_is_tried_once_more(self, machine: Machine) -> None:
        machine.hooks["before build linux/arm64"] = failing(EmulatorCrashedError, REQUIRED[1], times=1)
        world, planned = machine.look()
        silent = machine.silent()
        carry_out(world, planned, silent)
        assert "linux/arm64 again: linux/arm64 did not build" in silent.said
        require_done(machine)

    def test_and_no_more_than_once(self, machine: Machine) -> None:
        machine.hooks["before build linux/arm64"] = failing(EmulatorCrashedError, REQUIRED[1])
        with pytest.raises(EmulatorCrashedError):
            machine.release()
        assert machine.boundaries.count("before build linux/arm64") == 2
        assert machine.tags == {}


class TestFromStartToEnd:
    def test_every_effect_happens_once_in_order(self, machine: Machine) -> None:
        machine.release()
        events = iter(machine.events)
        for line in EFFECTS:
            assert {next(events) for _ in line} == line
        assert list(events) == []
        require_done(machine)

    def test_the_observer_is_told_of_everything(self, machine: Machine) -> None:
        world, planned = machine.look()
        silent = machine.silent()
        carry_out(world, planned, silent)
        assert sorted(silent.steps) == sorted(f"{step.title} {step.subject}" for step in planned.plan.steps)
        told = {f"{platform} {what}" for platform in REQUIRED for what in ("pushing", "start")}
        told |= {f"{platform} building {platform}" for platform in REQUIRED}
        assert set(silent.said) == told | {"1 answered"}

    def test_what_is_released_is_named(self, machine: Machine) -> None:
        released = machine.release()
        assert str(released.reference) == f"localhost:5000/acme/demo:{VERSION}@{machine.tags[VERSION]}"
        held = {str(platform): digest for platform, digest in released.manifests.items()}
        assert held == machine.platforms_of(VERSION)

    @pytest.mark.parametrize("loaded", ["manifest", "config", "index"])
    def test_however_the_engine_names_its_images(self, machine: Machine, loaded: str) -> None:
        machine.loaded = type(machine.loaded)(loaded)
        machine.release()
        require_done(machine)

    @pytest.mark.parametrize("setting", ["build_provenance", "build_sbom"])
    def test_what_a_build_attached_is_published_with_its_image(self, machine: Machine, setting: str) -> None:
        machine.loaded = type(machine.loaded)("index")
        machine.configure(**{setting: True})
        machine.release()
        entries = json.loads(machine.blobs[machine.tags[VERSION]])["manifests"]
        said = [entry["annotations"]["vnd.docker.reference.digest"] for entry in entries if "annotations" in entry]
        assert said == [*machine.platforms_of(VERSION).values()]
        require_done(machine)

    def test_what_was_not_asked_for_is_not(self, machine: Machine) -> None:
        machine.loaded = type(machine.loaded)("index")
        machine.release()
        assert len(json.loads(machine.blobs[machine.tags[VERSION]])["manifests"]) == 2

    def test_the_images_name_version_and_commit(self, machine: Machine) -> None:
        machine.release()
        for digest in machine.platforms_of(VERSION).values():
            config = json.loads(machine.blobs[json.loads(machine.blobs[digest])["config"]["digest"]])
            assert config["config"]["Labels"] == {
                "org.opencontainers.image.created": "2026-01-31T12:00:00+01:00",
                "org.opencontainers.image.revision": HEAD,
                "org.opencontainers.image.version": VERSION,
            }

    def labels(self, machine: Machine, version: str) -> dict[str, str]:
        """Of all platforms, which are alike."""
        configs = [
            json.loads(machine.blobs[digest])["config"]["digest"] for digest in machine.platforms_of(version).values()
        ]
        found: list[dict[str, str]] = [json.loads(machine.blobs[each])["config"]["Labels"] for each in configs]
        assert all(each == found[0] for each in found)
        return found[0]

    def test_the_changelog_s_entry_is_told_by_the_images_and_the_git_tag(self, machine: Machine) -> None:
        machine.files["CHANGELOG.md"] = "# Changelog\n\n## [1.0.0] - 2026-01-31\n\n### Added\n\n- A <b>door</b>\n"
        published = machine.release("1.0.0").reference
        label = "<h3>Added</h3>\n<ul>\n<li>A &lt;b&gt;door&lt;/b&gt;</li>\n</ul>"
        assert self.labels(machine, "1.0.0")["com.docker.extension.changelog"] == label
        assert machine.git_texts["v1.0.0"] == f"v1.0.0\n\nAdded:\n\n- A <b>door</b>\n\n{published}"

    @pytest.mark.parametrize(("version", "setting"), [("1.1.0", "CHANGELOG.md"), ("1.0.0", ""), ("1.0.0", "NEWS.md")])
    def test_where_there_is_none_nothing_is_said(self, machine: Machine, version: str, setting: str) -> None:
        machine.files["CHANGELOG.md"] = "## Unreleased\n\n- a\n\n## 1.0.0\n\n- b\n"
        machine.configure(release_changelog=setting)
        published = machine.release(version).reference
        assert "com.docker.extension.changelog" not in self.labels(machine, version)
        assert machine.git_texts[f"v{version}"] == f"v{version}\n\n{published}"

    def test_what_a_release_adds_is_not_taken_for_the_base_image_s(self, machine: Machine) -> None:
        """The rule label-inherited leaves these labels out."""
        machine.release("1.0.0")
        assert self.labels(machine, "1.0.0").keys() == RELEASE_LABELS

    def test_what_no_label_can_hold_is_told_before_the_build(self, machine: Machine) -> None:
        machine.files["CHANGELOG.md"] = f"## 1.0.0\n\n{'a' * 70_000}\n"
        with pytest.raises(PreflightError, match="more than 65536 bytes"):
            machine.release("1.0.0")
        assert machine.events == []

    def test_build_arguments_say_what_is_released_where_they_are_declared_without_a_default(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "7")
        text = "ARG TAG=1\nFROM scratch\nARG VERSION CREATED\nARG TAG\nARG REVISION\nARG OTHER\n"
        (machine.project.root / "Dockerfile").write_text(text, encoding="utf-8")
        machine.commit_files()
        machine.configure(build_args=(("REVISION", "mine"),))
        machine.release("1.0.0")
        given = {"VERSION": "1.0.0", "CREATED": "2026-01-31T12:00:00+01:00", "REVISION": "mine"}
        assert machine.arguments == dict.fromkeys(REQUIRED, given)

    @pytest.mark.parametrize(
        ("variable", "args", "given"),
        [
            # 2026-01-31T12:00:00+01:00, the commit's date.
            (None, (), {"SOURCE_DATE_EPOCH": "1769857200"}),
            ("", (), {"SOURCE_DATE_EPOCH": "1769857200"}),
            ("7", (), {}),
            (None, (("SOURCE_DATE_EPOCH", "8"),), {"SOURCE_DATE_EPOCH": "8"}),
            ("7", (("SOURCE_DATE_EPOCH", "8"),), {"SOURCE_DATE_EPOCH": "8"}),
        ],
    )
    def test_the_times_in_an_image_are_the_commit_s_unless_the_user_sets_another(
        self,
        machine: Machine,
        monkeypatch: pytest.MonkeyPatch,
        variable: str | None,
        args: tuple[tuple[str, str], ...],
        given: dict[str, str],
    ) -> None:
        monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
        if variable is not None:
            monkeypatch.setenv("SOURCE_DATE_EPOCH", variable)
        machine.configure(build_args=args)
        machine.release()
        assert machine.arguments == dict.fromkeys(REQUIRED, given)

    def test_staging_names_are_taken_off_the_engine_s_images(self, machine: Machine) -> None:
        machine.release()
        assert sorted(machine.images) == ["dext-build/acme_demo:linux-amd64", "dext-build/acme_demo:linux-arm64"]

    def test_no_tag_but_the_version_reads_as_one(self, machine: Machine) -> None:
        """R5."""
        machine.release()
        assert [tag for tag in machine.tags if as_version(tag)] == [VERSION]
        assert all(not any(char.isdigit() for char in tag) for tag in machine.tags if tag != VERSION)

    def test_again_does_nothing(self, machine: Machine) -> None:
        first = machine.release()
        events = list(machine.events)
        assert machine.release() == first
        assert machine.events == events

    @pytest.mark.parametrize("has_journal", [True, False])
    def test_again_costs_two_requests_and_one_a_platform(
        self,
        machine: Machine,
        has_journal: bool,  # noqa: FBT001 - a column
    ) -> None:
        machine.release("1.0.0")
        machine.head = "b" * 40
        machine.release("1.1.0")
        if not has_journal:
            shutil.rmtree(machine.journals.folder)
        machine.requests = 0
        machine.release("1.1.0")
        assert machine.requests == 2 + len(REQUIRED)

    def test_again_without_its_journal_does_nothing(self, machine: Machine) -> None:
        first = machine.release()
        events = list(machine.events)
        (machine.journals.folder / f"{VERSION}.json").unlink()
        assert machine.release() == first
        assert machine.events == events

    def test_a_later_commit_is_a_later_version(self, machine: Machine) -> None:
        machine.release()
        first = dict(machine.tags)
        machine.head = "f" * 40
        machine.release()
        assert machine.tags[VERSION] == first[VERSION]
        assert machine.tags["latest"] == machine.tags["0.2.0"] != first["latest"]
        assert machine.git_tags == {f"v{VERSION}": HEAD, "v0.2.0": "f" * 40}

    def test_without_a_remote_the_tag_stays_here(self, machine: Machine) -> None:
        machine.remotes = ()
        machine.release()
        require_done(machine)

    def test_a_pre_release_leaves_latest_alone(self, machine: Machine) -> None:
        machine.release("1.0.0-rc.1")
        assert "1.0.0-rc.1" in machine.tags
        assert "latest" not in machine.tags
        assert "v1.0.0-rc.1" in machine.remote_tags

    def test_a_backport_leaves_latest_alone(self, machine: Machine) -> None:
        """R4: whatever line is released, latest is the greatest of all."""
        machine.publish("1.0.0")
        machine.set_tag("latest", machine.blobs[machine.publish("2.0.0")])
        latest = machine.tags["latest"]
        with pytest.raises(VersionNotGreaterError):
            machine.release("1.0.1")
        machine.configure(release_line="1.0")
        machine.release(bump=Bump.PATCH)
        assert machine.git_tags == machine.remote_tags == {"v1.0.1": HEAD}
        assert machine.tags["latest"] == latest
        assert machine.look()[1].plan.todo == ()

    def test_the_greatest_of_the_greatest_line_moves_latest(self, machine: Machine) -> None:
        machine.publish("1.0.0")
        machine.publish("2.0.0")
        machine.configure(release_line="2")
        machine.release("2.1.0")
        assert machine.tags["latest"] == machine.tags["2.1.0"]

    def test_a_stray_that_is_ignored_keeps_no_version_and_not_latest(self, machine: Machine) -> None:
        machine.publish("1.0.0")
        machine.publish("20240101.0.0")
        machine.publish("2.1.0-amd64")
        plan = machine.look("1.1.0")[1].plan
        assert [type(obstacle) for obstacle in plan.obstacles] == [VersionNotGreaterError]
        [note] = plan.notes
        assert "20240101.0.0" in note
        assert 'release.ignore-tags: ["*-amd64", "20240101.0.0"]' in note
        machine.configure(release_ignore_tags=("*-amd64", "20240101.0.0"))
        assert machine.look("1.1.0")[1].plan.notes == ()
        machine.release(bump=Bump.MINOR)
        assert machine.tags["latest"] == machine.tags["1.1.0"]

    def test_one_platform_alone_is_copied_as_it_is(self, machine: Machine) -> None:
        machine.project = replace(machine.project, settings=replace(machine.project.settings, platforms=(ARM64,)))
        machine.release()
        assert machine.tags[VERSION] == machine.tags["latest"]
        assert machine.count("build") == 1
        assert machine.look()[1].plan.todo == ()

    def test_a_dirty_tree_is_not_begun(self, machine: Machine) -> None:
        machine.changes = ("?? x",)
        with pytest.raises(DirtyTreeError):
            machine.release()
        assert machine.events == []

    def test_a_smaller_version_is_not_begun(self, machine: Machine) -> None:
        machine.publish("2.0.0")
        with pytest.raises(VersionNotGreaterError):
            machine.release("1.0.0")
        assert machine.events == []

    def test_what_did_not_pass_is_not_pushed(self, machine: Machine) -> None:
        """R2."""
        machine.smoke_fails = frozenset({ARM64})
        with pytest.raises(SmokeFailedError, match="linux/arm64"):
            machine.release()
        assert machine.tags == {}
        assert machine.journal(VERSION) is None
        machine.require_rules(VERSION)
        machine.smoke_fails = frozenset()
        machine.release()
        require_done(machine)

    def test_what_was_not_started_is_not_pushed(self, machine: Machine) -> None:
        machine.withheld = ("engine-socket",)
        with pytest.raises(GrantMissingError, match="engine-socket"):
            machine.release()
        assert machine.tags == {}
        assert machine.journal(VERSION) is None
        settings = replace(machine.project.settings, smoke_start_optional=True)
        machine.project = replace(machine.project, settings=settings)
        machine.release()
        require_done(machine)

    def test_an_interrupted_run_starts_nothing(self, machine: Machine) -> None:
        world, planned = machine.look()
        world.cancellation.cancel()
        with pytest.raises(Interrupted):
            carry_out(world, planned, machine.silent())
        assert machine.events == []


class TestStopped:
    """R3: stopped anywhere, run again: it converges."""

    def test_the_boundaries_are_those_of_a_release(self, machine: Machine) -> None:
        machine.release()
        assert sorted(machine.boundaries) == sorted(BOUNDARIES)

    @pytest.mark.parametrize("boundary", BOUNDARIES)
    def test_by_an_error(self, machine: Machine, boundary: str) -> None:
        machine.stop_at(boundary)
        with pytest.raises(Exception, match=boundary):
            machine.release()
        machine.require_rules(VERSION)
        assert [name for name in machine.images if "-run-" in name] == []
        check_rerun(machine)

    def test_by_a_kill(self, machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> None:
        """What is left at a boundary, with other threads wherever they are and no clean-up at all."""
        left: dict[str, Machine] = {}

        def keep(boundary: str) -> Callable[[], None]:
            return lambda: left.update({boundary: machine.copied(tmp_path_factory.mktemp("killed"))})

        machine.hooks = {boundary: keep(boundary) for boundary in BOUNDARIES}
        machine.release()
        assert set(left) == set(BOUNDARIES)
        for killed in left.values():
            killed.require_rules(VERSION)
            check_rerun(killed)

    @given(boundaries=st.lists(st.sampled_from(BOUNDARIES), min_size=2, max_size=5))
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
    def test_again_and_again(
        self, machine: Machine, tmp_path_factory: pytest.TempPathFactory, boundaries: list[str]
    ) -> None:
        stopped = machine.copied(tmp_path_factory.mktemp("stopped"))
        for boundary in boundaries:
            stopped.hooks = {}
            stopped.stop_at(boundary)
            if not finished(stopped):
                stopped.require_rules(VERSION)
        stopped.hooks = {}
        stopped.release()
        require_done(stopped)

    def test_what_is_left_in_the_registry_and_git_needs_no_engine(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        machine.stop_at(f"before index {VERSION}")
        assert not finished(machine)
        for question in ("require_buildx", "require_compose", "image"):
            monkeypatch.setattr(f"tests.unit.release.conftest.FakeEngine.{question}", lambda *_: pytest.fail("asked"))
        machine.release()
        require_done(machine)

    def test_after_the_tests_nothing_is_built_again(self, machine: Machine) -> None:
        for boundary in BOUNDARIES[BOUNDARIES.index("after journal tested") :]:
            machine.hooks = {}
            machine.stop_at(boundary)
            finished(machine)
        machine.hooks = {}
        machine.release()
        assert machine.count("build") == 2
        assert machine.count("smoke") == 2
        require_done(machine)

    @pytest.mark.parametrize("platform", ["linux/amd64", "linux/arm64"])
    def test_what_is_pushed_is_not_pushed_again(self, machine: Machine, platform: str) -> None:
        machine.stop_at(f"before push {platform}")
        with pytest.raises(Exception, match="before push"):
            machine.release()
        pushed = {name for name in ("linux/amd64", "linux/arm64") if machine.count(f"push {name}")}
        machine.release()
        assert all(machine.count(f"push {name}") == 1 for name in pushed | {platform})
        assert machine.count("build") == 2

    def test_a_lost_journal_costs_only_work(self, machine: Machine) -> None:
        machine.stop_at("before git tag v0.1.0")
        with pytest.raises(Exception, match="git tag"):
            machine.release()
        digest = machine.tags[VERSION]
        (machine.journals.folder / f"{VERSION}.json").unlink()
        machine.release()
        assert machine.tags[VERSION] == digest
        assert machine.count("build") == 2
        require_done(machine)

    def test_images_that_are_gone_are_made_and_tested_anew(self, machine: Machine) -> None:
        machine.stop_at("before tag linux/amd64")
        with pytest.raises(Exception, match="before tag"):
            machine.release()
        machine.images.clear()
        machine.tags.clear()
        machine.release()
        assert machine.count("build") == 4
        assert machine.count("smoke") == 4
        require_done(machine)

    def test_what_was_tested_goes_on_though_its_name_is_another_image_s(self, machine: Machine) -> None:
        machine.stop_at("after journal tested")
        with pytest.raises(Exception, match="journal tested"):
            machine.release()
        machine.rebuilt(ARM64)
        machine.release()
        assert machine.count("build") == machine.count("smoke") == 2
        require_done(machine)

    def test_a_platform_that_is_lost_before_it_is_read_back_is_no_release(self, machine: Machine) -> None:
        machine.hooks[f"after index {VERSION}"] = lambda: machine.blobs.pop(machine.platforms_of(VERSION)[str(ARM64)])
        with pytest.raises(NotConvergedError, match=r"cannot be pulled: linux/arm64"):
            machine.release()
        assert machine.claims == {}
        assert machine.git_tags == {}
        assert "latest" not in machine.tags

    @pytest.mark.parametrize("fails", [frozenset(), frozenset({ARM64})])
    def test_what_is_edited_meanwhile_is_not_built(self, machine: Machine, fails: frozenset[Platform]) -> None:
        """R2: all is made from the commit, in a folder that is gone in the end, however that is."""
        edit = partial((machine.project.root / "Dockerfile").write_text, "FROM evil\n", encoding="utf-8")
        machine.hooks |= {"before build linux/amd64": edit, "before build linux/arm64": edit}
        machine.smoke_fails = fails
        with pytest.raises(SmokeFailedError) if fails else nullcontext():
            machine.release()
        assert machine.exported == [HEAD]
        assert machine.dockerfiles == {b"FROM scratch\n"}
        (source,) = set(machine.contexts)
        assert source != machine.project.root
        assert not source.parent.exists()

    def test_what_git_was_told_not_to_look_at_is_named(self, machine: Machine) -> None:
        machine.hidden_changes = ("ui/.env", "library")
        (note,) = machine.look()[1].plan.notes
        assert note.startswith("git was told not to look at ui/.env, library, ")
        machine.release()
        assert machine.look(VERSION)[1].plan.notes == ()

    @pytest.mark.parametrize("when", ["after build linux/arm64", "after check"])
    def test_what_is_removed_from_the_files_of_the_commit_ends_it_before_anything_is_tested(
        self, machine: Machine, when: str
    ) -> None:
        (machine.project.root / "extra.txt").write_text("extra", encoding="utf-8")
        machine.commit_files()
        machine.hooks[when] = lambda: (machine.contexts[-1] / "extra.txt").unlink(missing_ok=True)
        with pytest.raises(FileAccessError, match=r"removed while the release ran: extra\.txt$"):
            machine.release()
        assert (machine.count("smoke"), machine.tags) == (0, {})
        del machine.hooks[when]
        machine.release()
        require_done(machine)

    def test_a_rehearsal_builds_and_checks_the_commit_and_changes_nothing_else(self, machine: Machine) -> None:
        world, planned = machine.look()
        machine.hooks["before build linux/amd64"] = partial(
            (machine.project.root / "Dockerfile").write_text, "FROM evil\n", encoding="utf-8"
        )
        left = run.rehearse(world, planned, machine.silent())
        assert sorted(machine.images) == ["dext-build/acme_demo:linux-amd64", "dext-build/acme_demo:linux-arm64"]
        assert sorted(machine.events) == ["build linux/amd64", "build linux/arm64", "check"]
        assert "push to the registry" in machine.asked
        assert machine.dockerfiles == {b"FROM scratch\n"}
        assert [step.title for step in left.steps] == [
            step.title for step in planned.plan.todo if step.title not in {"build", "check"}
        ]
        assert (machine.tags, machine.git_tags, machine.journal(VERSION)) == ({}, {}, None)
        assert machine.uploads == 0

    def test_a_rehearsal_ends_where_the_release_would(self, machine: Machine) -> None:
        machine.refused["committer"] = PreflightError("nobody", remedy="somebody")
        world, planned = machine.look()
        with pytest.raises(PreflightError, match="nobody"):
            run.rehearse(world, planned, machine.silent())
        assert machine.events == []

    def test_what_is_built_already_needs_no_files(self, machine: Machine) -> None:
        machine.stop_at("after journal tested")
        with pytest.raises(Exception, match="journal tested"):
            machine.release()
        machine.release()
        assert machine.exported == [HEAD]

    @pytest.mark.parametrize("boundary", BOUNDARIES)
    def test_a_commit_made_meanwhile_changes_nothing(self, machine: Machine, boundary: str) -> None:
        """R2: what is released is the commit that was planned, whatever is checked out by now."""
        machine.hooks[boundary] = lambda: setattr(machine, "head", "f" * 40)
        machine.release()
        assert machine.git_tags == machine.remote_tags == {f"v{VERSION}": HEAD}
        published = published_as(machine.world().repository, VERSION)
        assert published is not None
        assert published.revision == HEAD

    @pytest.mark.parametrize(
        "boundary",
        ["after build linux/arm64", "before smoke linux/arm64", "after journal tested", "before tag linux/arm64"],
    )
    def test_what_is_tested_is_published_whoever_moves_its_name(self, machine: Machine, boundary: str) -> None:
        """R2: at some moment somebody runs ``inv build``, or tags another image."""
        machine.hooks[boundary] = lambda: machine.rebuilt(ARM64)
        machine.release()
        assert set(machine.platforms_of(VERSION).values()) == machine.tested
        require_done(machine)

    def test_another_image_under_the_name_of_a_push_is_not_published(self, machine: Machine) -> None:
        machine.hooks["after tag linux/arm64"] = lambda: machine.move_staging(ARM64)
        with pytest.raises(NotConvergedError, match="not the tested image"):
            machine.release()
        assert VERSION not in machine.tags
        machine.hooks.clear()
        machine.release()
        require_done(machine)

    def test_a_name_that_another_run_took_away_is_given_again(self, machine: Machine) -> None:
        """Two releases that push the very same image from one engine have one name for it."""

        def take() -> None:
            del machine.hooks["after tag linux/arm64"]
            for name in machine.staging_names():
                del machine.images[name]

        machine.hooks["after tag linux/arm64"] = take
        machine.release()
        require_done(machine)

    def test_other_platforms_than_before_are_a_new_test(self, machine: Machine) -> None:
        # DEXT_PLATFORMS changes what is asked for without a commit.
        machine.stop_at("after journal pushed")
        with pytest.raises(Exception, match="journal pushed"):
            machine.release()
        machine.project = replace(machine.project, settings=replace(machine.project.settings, platforms=(ARM64,)))
        machine.release()
        held = machine.platforms_of(VERSION)
        assert set(held) == {"linux/arm64"}
        assert set(held.values()) <= machine.tested

    def test_a_staging_tag_that_holds_something_else_is_not_published(self, machine: Machine) -> None:
        """R2: tags move, and what is published is what was tested."""
        machine.stop_at("before journal pushed")
        with pytest.raises(Exception, match="journal pushed"):
            machine.release()
        staging = [tag for tag in machine.tags if tag.startswith("staging-")]
        for tag in staging:
            machine.set_tag(tag, machine.blobs[machine.tags[staging[0]]])
        machine.release()
        require_done(machine)


def finished(machine: Machine) -> bool:
    try:
        machine.release()
    except Exception:  # noqa: BLE001 - stopped, or what a stopped neighbour made of it
        return False
    return True


def check_rerun(machine: Machine) -> None:
    """Run again to the end: nothing that was kept is made anew, and nothing that was pushed is pushed anew."""
    before = Counts(machine)
    machine.hooks = {}
    machine.release()
    after = Counts(machine)
    if before.journal:
        assert after.built == before.built, "R3: what was tested is built again"
        assert after.smoked == before.smoked
    if before.published:
        assert after.pushed == before.pushed, "R3: what is published is pushed again"
    require_done(machine)


class Counts:
    """How much was done so far."""

    def __init__(self, machine: Machine) -> None:
        self.journal = machine.journal(VERSION) is not None
        self.published = VERSION in machine.tags
        self.built = machine.count("build")
        self.smoked = machine.count("smoke")
        self.pushed = machine.count("push")


class TestRace:
    """R6: one publishes, the other stops, and nothing is mixed."""

    def assert_theirs(self, machine: Machine, theirs: str) -> None:
        assert machine.tags[VERSION] == theirs
        assert machine.git_tags == {}
        assert machine.remote_tags == {}
        assert "latest" not in machine.tags

    def test_before_the_look(self, machine: Machine) -> None:
        theirs = machine.publish(VERSION)
        with pytest.raises(AlreadyPublishedError, match=theirs):
            machine.release(VERSION)
        assert machine.events == []
        self.assert_theirs(machine, theirs)

    @pytest.mark.parametrize("revision", ["somebody", HEAD])
    def test_between_plan_and_index(self, machine: Machine, revision: str) -> None:
        world, planned = machine.look()
        theirs = machine.publish(VERSION, revision)
        with pytest.raises(ReleaseRacedError) as caught:
            carry_out(world, planned, machine.silent())
        journal = machine.journal(VERSION)
        assert journal is not None
        assert [each.manifest for each in journal.tested.values() if each.manifest not in caught.value.message] == []
        assert f"as {theirs} from commit {revision};" in caught.value.message
        assert "greater version" in caught.value.remedy
        self.assert_theirs(machine, theirs)

    @pytest.mark.parametrize("boundary", BOUNDARIES[: BOUNDARIES.index(f"before index {VERSION}")])
    def test_at_any_time_before_the_index(self, machine: Machine, boundary: str) -> None:
        theirs: list[str] = []

        def publish() -> None:
            del machine.hooks[boundary]
            theirs.append(machine.publish(VERSION))

        machine.hooks[boundary] = publish
        with pytest.raises(ReleaseRacedError):
            machine.release()
        self.assert_theirs(machine, theirs[0])
        assert machine.count("index") == 0

    @pytest.mark.parametrize("revision", ["somebody", HEAD])
    def test_the_loser_s_rerun_says_so_and_names_both(self, machine: Machine, revision: str) -> None:
        world, planned = machine.look()
        theirs = machine.publish(VERSION, revision)
        with pytest.raises(ReleaseRacedError):
            carry_out(world, planned, machine.silent())
        with pytest.raises(AlreadyPublishedError, match=theirs) as caught:
            machine.release(VERSION)
        journal = machine.journal(VERSION)
        assert journal is not None
        assert all(each.manifest in caught.value.message for each in journal.tested.values())
        self.assert_theirs(machine, theirs)

    def test_at_the_very_moment_of_the_index_is_seen_when_it_is_read_back(self, machine: Machine) -> None:
        # No registry can set a tag only if it is not there; the loser notices, and marks nothing as released.
        theirs: list[str] = []
        machine.hooks[f"after index {VERSION}"] = lambda: theirs.append(machine.publish(VERSION))
        with pytest.raises(ReleaseRacedError, match=r"another release published .*:0\.1\.0 in the meantime"):
            machine.release()
        self.assert_theirs(machine, theirs[0])

    @pytest.mark.parametrize(
        ("boundary", "indexes"),
        [("after journal pushed", 0), (f"before index {VERSION}", 1), (f"after index {VERSION}", 1)],
    )
    def test_the_same_images_of_the_same_commit_are_one_release(
        self, machine: Machine, boundary: str, indexes: int
    ) -> None:
        """Two builds that give the same bytes: whoever comes second is done, too."""

        def publish() -> None:
            images = [machine.images[machine.project.local_tag(platform)] for platform in REQUIRED]
            machine.publish_images(VERSION, images)

        machine.hooks[boundary] = publish
        machine.release()
        assert machine.git_tags == machine.remote_tags == {f"v{VERSION}": HEAD}
        assert machine.count(f"index {VERSION}") == indexes

    @pytest.mark.parametrize(("where", "step"), [("git_tags", "git tag"), ("remote_tags", "git push")])
    @pytest.mark.parametrize("commit", [HEAD, "d" * 40])
    def test_a_git_tag_that_another_release_made_first(
        self, machine: Machine, where: str, step: str, commit: str
    ) -> None:
        # A tag object has its time and its maker, so that two of one commit are not the same to git.
        def come_first() -> None:
            getattr(machine, where)[f"v{VERSION}"] = commit
            raise GitError(f"tag v{VERSION} already exists", remedy="none")

        machine.hooks[f"before {step} v{VERSION}"] = come_first
        with nullcontext() if commit == HEAD else pytest.raises(GitError, match="is published, and its git tag is not"):
            machine.release()
        assert getattr(machine, where) == {f"v{VERSION}": commit}

    def test_a_greater_version_keeps_latest(self, machine: Machine) -> None:
        """R4: latest only moves forward, also if a greater version appears after the plan was made."""
        other = machine.publish("0.2.0")
        del machine.tags["0.2.0"]

        def appear() -> None:
            machine.tags["0.2.0"] = machine.tags["latest"] = other

        machine.hooks["before git push v0.1.0"] = appear
        machine.release(VERSION)
        assert machine.tags["latest"] == other
        assert machine.tags[VERSION] != other

    def test_a_slow_request_does_not_move_latest_backwards(self, machine: Machine) -> None:
        """V7: it was looked at, then a greater version was published whole, then the request took effect."""
        theirs: list[str] = []

        def overtake() -> None:
            if not theirs:
                theirs.append(machine.publish("0.2.0"))
                machine.tags["latest"] = theirs[0]

        machine.hooks["before index latest"] = overtake
        machine.release(VERSION)
        assert machine.tags["latest"] == theirs[0]
        mine = machine.tags[VERSION]
        assert [digest for tag, digest in machine.history if tag == "latest"] == [mine, *theirs]

    @pytest.fixture
    def overtaken(self, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
        """A greater version is published whole before latest is moved, and from then on it is not let be moved."""

        def overtake() -> None:
            machine.hooks.clear()
            machine.tags["latest"] = machine.publish("0.2.0")
            machine.hooks["after index latest"] = lambda: machine.statuses.update(latest=403)

        monkeypatch.setattr(Cancellation, "sleep", lambda *_: None)
        machine.hooks["before index latest"] = overtake
        return machine

    def test_one_refusal_does_not_leave_it_there(self, overtaken: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
        def sleep(*_: object) -> None:
            if "move latest" in overtaken.asked:
                overtaken.hooks.clear()
                overtaken.statuses.clear()

        monkeypatch.setattr(Cancellation, "sleep", sleep)
        assert overtaken.release(VERSION).notes == ()
        assert overtaken.asked.count("move latest") == 1
        assert overtaken.tags["latest"] == overtaken.tags["0.2.0"]

    def test_what_stays_there_is_no_success(self, overtaken: Machine) -> None:
        with pytest.raises(NotConvergedError, match=r"a greater version is published, and .* 403 \(DENIED") as caught:
            overtaken.release(VERSION)
        assert caught.value.remedy == "run the same command again"
        assert overtaken.tags["latest"] == overtaken.tags[VERSION]
        overtaken.hooks.clear()
        overtaken.statuses.clear()
        overtaken.release(VERSION)
        assert overtaken.tags["latest"] == overtaken.tags["0.2.0"]

    @pytest.mark.parametrize("when", ["before git push v0.1.0", "before index latest"])
    def test_nor_does_a_list_of_tags_that_lags_behind(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch, when: str
    ) -> None:
        """The list lacks the version that latest is at already, before this one is set or after."""
        monkeypatch.setattr(Repository, "tags", lambda _: frozenset(machine.tags.keys() - {"0.2.0"}))
        theirs: list[str] = []

        def overtake() -> None:
            if not theirs:
                theirs.append(machine.publish_recorded("0.2.0"))
                machine.tags["latest"] = theirs[0]

        machine.hooks[when] = overtake
        if when == "before index latest":
            # As when both requests were sent at once, and theirs took effect last.
            machine.hooks["after index latest"] = lambda: machine.tags.update(latest=theirs[0])
        machine.release(VERSION)
        assert machine.tags["latest"] == theirs[0]

    def test_latest_leaves_a_version_that_was_deleted(self, machine: Machine) -> None:
        machine.tags["latest"] = machine.publish_recorded("0.2.0")
        del machine.tags["0.2.0"]
        machine.release(VERSION)
        assert machine.tags["latest"] == machine.tags[VERSION]

    def test_nor_do_several(self, machine: Machine) -> None:
        """Each repair is overtaken in turn, but for the last."""
        theirs: list[str] = []

        def overtake() -> None:
            if len(theirs) < 3:
                theirs.append(machine.publish(f"0.{len(theirs) + 2}.0", nonce=str(len(theirs))))
                machine.tags["latest"] = theirs[-1]

        machine.hooks["before index latest"] = overtake
        machine.release(VERSION)
        assert len(theirs) == 3
        assert machine.tags["latest"] == theirs[-1]

    def test_a_tag_that_somebody_else_keeps_moving_ends_the_release(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Cancellation, "sleep", lambda *_: None)
        other = machine.publish("0.0.1")
        machine.hooks["after index latest"] = lambda: machine.tags.update(latest=other)
        with pytest.raises(NotConvergedError, match="latest was moved, and does not stay"):
            machine.release(VERSION)
        machine.hooks.clear()
        machine.release(VERSION)
        assert machine.tags["latest"] == machine.tags[VERSION]

    def test_a_git_tag_elsewhere_stops_before_anything_is_done(self, machine: Machine) -> None:
        machine.remote_tags[f"v{VERSION}"] = "d" * 40
        with pytest.raises(DextError, match="stands for dddddddddddd"):
            machine.release(VERSION)
        assert machine.events == []


class TestTurn:
    """Releases of one extension on one machine are one after the other: their smoke tests share names."""

    NAME = "release of acme_demo"

    def test_nobody_waits_for_nobody(self, machine: Machine) -> None:
        for _ in range(2):
            with turn(machine.world(), lambda: pytest.fail("waits")):
                assert not is_free(self.NAME)
            assert is_free(self.NAME)

    def test_another_one_is_waited_for(self, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(run, "_GLANCE", 0.0)
        other, waits = Lease(self.NAME), []
        assert other.take()

        def on_wait() -> None:
            waits.append(1)
            other.give_back()

        with turn(machine.world(), on_wait):
            assert not is_free(self.NAME)
        assert waits == [1]

    def test_but_not_for_ever(self, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(run, "TURN", 0.0)
        other = Lease(self.NAME)
        assert other.take()
        with (
            pytest.raises(ReleaseRacedError, match="localhost:5000/acme/demo has been running"),
            turn(machine.world(), lambda: None),
        ):
            pytest.fail("both are at it")
        other.give_back()

    def test_who_waits_can_be_interrupted(self, machine: Machine) -> None:
        other, world = Lease(self.NAME), machine.world()
        assert other.take()
        with pytest.raises(Interrupted), turn(world, world.cancellation.cancel):
            pytest.fail("both are at it")
        other.give_back()

    def test_whatever_happens_the_next_one_has_its_turn(self, machine: Machine) -> None:
        with pytest.raises(GitError), turn(machine.world(), lambda: None):
            raise GitError("no", remedy="none")
        assert is_free(self.NAME)


class TestRegistryOfTwoMinds:
    """Some registries give what was just written by turns, and not at all by turns."""

    def hide(self, machine: Machine, after: str, until: str) -> None:
        machine.hooks[after] = lambda: machine.hidden.add(VERSION)
        machine.hooks[until] = machine.hidden.clear

    @pytest.mark.parametrize(
        ("after", "until"),
        [
            ("after journal verified", f"before git tag v{VERSION}"),
            ("after journal verified", f"after git tag v{VERSION}"),
            (f"before git push v{VERSION}", "before index latest"),
            ("after journal verified", "after index latest"),
        ],
    )
    def test_what_was_verified_is_not_asked_again(self, machine: Machine, after: str, until: str) -> None:
        """R4: the git tag and latest stand for the digest that was read back."""
        self.hide(machine, after, until)
        machine.release()
        require_done(machine)

    def test_a_rerun_takes_the_digest_that_it_saw_when_it_began(self, machine: Machine) -> None:
        machine.stop_at(f"before git tag v{VERSION}")
        with pytest.raises(Exception, match="before git tag"):
            machine.release()
        (machine.journals.folder / f"{VERSION}.json").unlink()
        world, planned = machine.look(VERSION)
        machine.hidden.add(VERSION)
        machine.hooks = {"after index latest": machine.hidden.clear}
        carry_out(world, planned, machine.silent())
        require_done(machine)

    def test_a_version_that_is_not_there_yet_is_no_reason_for_another(self, machine: Machine) -> None:
        self.hide(machine, f"after index {VERSION}", "after nothing")
        with pytest.raises(NotConvergedError, match="was published and is not there") as caught:
            machine.release()
        assert caught.value.remedy == "run the same command again"
        machine.hidden.clear()
        machine.hooks = {}
        machine.release()
        require_done(machine)


class TestRegistryThatContradictsItself:
    """It lists a version, and says that it has no manifest of it: R1, no version is overwritten by that."""

    def test_before_the_plan(self, machine: Machine) -> None:
        published = machine.publish(VERSION)
        machine.denied.add(VERSION)
        with pytest.raises(RegistryResponseError, match=r"lists localhost:5000/acme/demo:0\.1\.0, and says"):
            machine.release(VERSION)
        assert (machine.tags[VERSION], machine.count("build")) == (published, 0)

    def test_at_the_last_look(self, machine: Machine) -> None:
        theirs: list[str] = []

        def publish() -> None:
            machine.denied.add(VERSION)
            theirs.append(machine.publish(VERSION))

        machine.hooks["before journal pushed"] = publish
        with pytest.raises(RegistryResponseError, match=r"lists localhost:5000/acme/demo:0\.1\.0, and says"):
            machine.release(VERSION)
        assert machine.tags[VERSION] == theirs[0]
        machine.denied.clear()
        machine.hooks.clear()
        with pytest.raises(AlreadyPublishedError):
            machine.release(VERSION)
        assert machine.tags[VERSION] == theirs[0]

    @pytest.mark.parametrize("question", ["GET", "GET, again"])
    def test_what_a_gateway_says_is_no_version(self, machine: Machine, question: str) -> None:
        """Neither of somebody else nor of nobody; before the plan, and at the last look."""
        before = [None] if question == "GET, again" else []
        machine.instead[f"GET manifests/{VERSION}"] = [*before, MAINTENANCE]
        with pytest.raises(RegistryResponseError, match=r"malformed manifest of 0\.1\.0: it is something else"):
            machine.release(VERSION)
        assert VERSION not in machine.tags
        machine.release(VERSION)
        require_done(machine)

    def test_what_comes_between_the_two_questions_is_there(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tags = Repository.tags
        theirs: list[str] = []

        def publish(repository: Repository) -> frozenset[str]:
            if not theirs:
                theirs.append(machine.publish(VERSION))
            return tags(repository)

        world = machine.world()
        monkeypatch.setattr(Repository, "tags", publish)
        published, _ = version_in_registry(world.repository, Reference.parse(f"localhost:5000/acme/demo:{VERSION}"))
        assert published is not None
        assert [published.digest] == theirs


class TestRegistryThatForgot:
    """It says in all its answers that a version is not there, and a release wrote down that it was read back there."""

    @pytest.fixture
    def forgetful(self, machine: Machine) -> Machine:
        machine.release(VERSION)
        del machine.tags[VERSION]
        machine.events.clear()
        return machine

    def digest(self, machine: Machine) -> str:
        return next(digest for tag, digest in machine.history if tag == VERSION)

    @pytest.mark.parametrize("known", ["journal", "git tag here", "git tag there"])
    def test_new_images_do_not_take_its_place(self, forgetful: Machine, known: str) -> None:
        """R1: the registry may have it all the same, as one of several servers that are not of one mind."""
        for tag in [tag for tag in forgetful.tags if tag.startswith("staging-")]:
            del forgetful.tags[tag]
        forgetful.images.clear()
        if known != "journal":
            shutil.rmtree(forgetful.journals.folder)
        if known == "git tag there":
            forgetful.git_tags.clear()
            forgetful.git_texts.clear()
        with pytest.raises(RegistryResponseError, match=f"was published as {self.digest(forgetful)}") as caught:
            forgetful.release(VERSION)
        assert "release a greater one" in caught.value.remedy
        assert forgetful.events == []

    def test_the_same_images_do(self, forgetful: Machine) -> None:
        """The index of them is the same, byte by byte."""
        forgetful.release(VERSION)
        assert forgetful.tags[VERSION] == self.digest(forgetful)
        assert forgetful.count("build") == 0

    @pytest.mark.parametrize(
        "text",
        ["", "Version 0.1.0", "localhost:5000/acme/demo:0.1.0", "localhost:5000/acme/demo:0.1.0@None", "x/y:0.1.0@{}"],
    )
    def test_a_git_tag_that_a_person_made_begins_a_release(self, machine: Machine, text: str) -> None:
        machine.git_tags[f"v{VERSION}"] = machine.head
        machine.git_texts[f"v{VERSION}"] = text.format("sha256:" + "a" * 64)
        machine.release(VERSION)
        assert VERSION in machine.tags


class TestRefusedInTheEnd:
    """What no dry run can tell: the version is public by then, and that is said."""

    @pytest.mark.parametrize("step", ["git tag", "git push"])
    def test_by_git(self, machine: Machine, step: str) -> None:
        def refuse() -> None:
            raise GitError(f"{step} failed", remedy="see above", detail="protected tag")

        machine.hooks[f"before {step} v{VERSION}"] = refuse
        with pytest.raises(GitError) as caught:
            machine.release()
        said = f"localhost:5000/acme/demo:{VERSION} is published, and its git tag is not: {step} failed"
        assert (caught.value.message, caught.value.detail) == (said, "protected tag")
        assert "protected tags" in caught.value.remedy
        assert "latest" not in machine.tags
        machine.hooks.clear()
        machine.release()
        require_done(machine)


# A refusal is believed once it was repeated.
MOVES = ["move latest", "move latest"]


class TestLatestThatCannotBeMoved:
    """A registry with immutable tags has `latest` once and for all; that must not fail a release each time."""

    @pytest.fixture
    def second(self, machine: Machine) -> Machine:
        """A second release, of another commit."""
        machine.release("1.0.0")
        machine.head = "b" * 40
        machine.events.clear()
        machine.statuses["latest"] = 403
        return machine

    def test_the_release_is_whole_without_it_and_says_what_to_set(self, second: Machine) -> None:
        released = second.release("1.1.0")
        assert second.tags["latest"] == second.tags["1.0.0"]
        assert (second.git_tags["v1.1.0"], second.remote_tags["v1.1.0"]) == (second.head, second.head)
        (note,) = released.notes
        assert note.startswith("localhost:5000/acme/demo:latest is not moved to 1.1.0")
        assert "403 (DENIED: it is kept)" in note
        assert "release.latest: false" in note

    def test_where_the_registry_tells_it_is_known_before_the_build(
        self, second: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Repository, "keeps", lambda _, tag: tag == "latest")
        _, planned = second.look("1.1.0")
        assert planned.plan.steps[-1].reason.endswith("its tags are immutable")
        assert [note for note in planned.plan.notes if "release.latest: false" in note]
        assert second.release("1.1.0").reference.tag == "1.1.0"
        assert "move latest" not in second.asked

    @pytest.mark.parametrize("case", ["there is none", "it is there already", "it is not to be moved"])
    def test_where_it_is_not_moved_nobody_is_asked(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch, case: str
    ) -> None:
        if case == "it is there already":
            machine.release("1.0.0")
        if case == "it is not to be moved":
            machine.publish("0.9.0")
            machine.tags["latest"] = machine.tags["0.9.0"]
            machine.project = replace(machine.project, settings=replace(machine.project.settings, release_latest=False))
        monkeypatch.setattr(Repository, "keeps", lambda *_: pytest.fail("asked"))
        machine.look("1.0.0")

    def test_it_is_told_when_it_happens(self, second: Machine) -> None:
        world, planned = second.look("1.1.0")
        silent = second.silent()
        carry_out(world, planned, silent)
        assert "latest was refused" in silent.said

    def test_a_rerun_tries_again_and_says_it_again(self, second: Machine) -> None:
        first = second.release("1.1.0")
        second.asked.clear()
        assert [step.title for step in second.look("1.1.0")[1].plan.todo] == ["latest"]
        assert second.release("1.1.0") == first
        assert second.asked == ["push to the registry", *MOVES]
        assert second.count("build") == 2

    def test_a_rerun_moves_it_where_the_registry_lets_it_by_now(self, second: Machine) -> None:
        second.release("1.1.0")
        second.statuses.clear()
        assert second.release("1.1.0").notes == ()
        assert second.tags["latest"] == second.tags["1.1.0"]
        assert second.look("1.1.0")[1].plan.todo == ()

    def test_what_is_refused_once_only_is_moved_by_the_same_run(
        self, second: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def sleep(*_: object) -> None:
            if "move latest" in second.asked:
                second.statuses.clear()

        monkeypatch.setattr(Cancellation, "sleep", sleep)
        assert second.release("1.1.0").notes == ()
        assert second.asked.count("move latest") == 1
        assert second.tags["latest"] == second.tags["1.1.0"]

    def test_what_was_refused_and_took_effect_is_moved(self, second: Machine) -> None:
        def take_effect() -> None:
            second.tags["latest"] = second.tags["1.1.0"]

        second.hooks["asked move latest"] = take_effect
        world, planned = second.look("1.1.0")
        silent = second.silent()
        assert carry_out(world, planned, silent).notes == ()
        assert "latest was refused" not in silent.said
        journal = second.journal("1.1.0")
        assert journal is not None
        assert journal.refused == {}

    def test_where_the_journal_is_lost_it_is_tried_once_more(self, second: Machine) -> None:
        first = second.release("1.1.0")
        (second.journals.folder / "1.1.0.json").unlink()
        second.asked.clear()
        assert second.release("1.1.0") == first
        assert second.asked == ["push to the registry", *MOVES]
        assert second.count("build") == 2

    def test_the_next_version_tries_again(self, second: Machine) -> None:
        second.release("1.1.0")
        second.head = "c" * 40
        second.statuses.clear()
        assert second.release("1.2.0").notes == ()
        assert second.tags["latest"] == second.tags["1.2.0"]

    def test_where_it_was_moved_by_other_means_nothing_is_said(self, second: Machine) -> None:
        second.release("1.1.0")
        second.tags["latest"] = second.tags["1.1.0"]
        assert second.look("1.1.0")[1].plan.notes == ()

    def test_where_it_is_switched_off_it_is_not_tried(self, second: Machine) -> None:
        second.project = replace(second.project, settings=replace(second.project.settings, release_latest=False))
        assert second.release("1.1.0").notes == ()
        assert "move latest" not in second.asked

    def test_the_first_one_is_not_kept_from_moving(self, machine: Machine) -> None:
        machine.statuses["latest"] = 403
        with pytest.raises(LoginMissingError, match=r"403 \(DENIED"):
            machine.release()

    @pytest.mark.parametrize("status", [400, 403, 405, 409, 412])
    def test_by_whatever_status_that_registries_say_it_by(self, second: Machine, status: int) -> None:
        second.statuses["latest"] = status
        (note,) = second.release("1.1.0").notes
        assert f"{status} (DENIED: it is kept)" in note

    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (401, LoginMissingError),
            (404, RegistryResponseError),
            (418, RegistryResponseError),
            (503, RegistryUnreachableError),
        ],
    )
    def test_another_failure_is_one(self, second: Machine, status: int, error: type[DextError]) -> None:
        second.statuses["latest"] = status
        with pytest.raises(error):
            second.release("1.1.0")
        second.statuses.clear()
        second.release("1.1.0")
        assert second.tags["latest"] == second.tags["1.1.0"]


class TestLatestThatWasMovedBackwards:
    """A request of a release that was killed took effect after all of a greater version's."""

    @pytest.fixture
    def late(self, machine: Machine) -> Machine:
        machine.release(VERSION)
        machine.publish("0.2.0")
        return machine

    def costs(self, machine: Machine) -> int:
        machine.requests = 0
        machine.release(VERSION)
        return machine.requests

    @pytest.mark.parametrize("where", ["git_tags", "remote_tags"])
    def test_the_same_command_moves_it_on_where_git_knows_the_greater_version(self, late: Machine, where: str) -> None:
        getattr(late, where)["v0.2.0"] = "d" * 40
        (step,) = late.look(VERSION)[1].plan.todo
        assert (step.title, step.reason) == ("latest", "move to 0.2.0")
        late.release(VERSION)
        assert late.tags["latest"] == late.tags["0.2.0"]
        assert late.look(VERSION)[1].plan.todo == ()

    @pytest.mark.parametrize("tag", ["v0.2.0-rc.1", "web-v0.2.0", "v0.0.9", "nonsense"])
    def test_nothing_more_is_asked_where_it_does_not(self, late: Machine, tag: str) -> None:
        late.remote_tags[tag] = "d" * 40
        assert self.costs(late) == 2 + len(REQUIRED)

    def test_a_git_tag_alone_is_no_version(self, machine: Machine) -> None:
        machine.release(VERSION)
        machine.remote_tags["v0.3.0"] = "d" * 40
        # The list of tags.
        assert self.costs(machine) == 2 + len(REQUIRED) + 1
        assert machine.tags["latest"] == machine.tags[VERSION]

    @pytest.mark.parametrize("case", ["gone", "the same"])
    def test_nor_is_what_is_listed_and_gone_or_this_version_by_another_name(self, late: Machine, case: str) -> None:
        late.remote_tags["v0.2.0"] = "d" * 40
        if case == "gone":
            late.denied.add("0.2.0")
        else:
            late.tags["0.2.0"] = late.tags[VERSION]
        late.release(VERSION)
        assert late.tags["latest"] == late.tags[VERSION]

    def test_a_pre_release_does_not_move_it(self, machine: Machine) -> None:
        machine.release("0.1.0-rc.1")
        machine.tags["latest"] = machine.tags["0.1.0-rc.1"]
        machine.publish("0.2.0")
        machine.remote_tags["v0.2.0"] = "d" * 40
        assert machine.look("0.1.0-rc.1")[1].plan.todo == ()

    def test_a_line_s_tag_is_moved_on_in_its_line(self, machine: Machine) -> None:
        machine.configure(release_floating=(Floating.MINOR,))
        machine.release("1.2.0")
        for version in ("1.2.1", "1.3.0"):
            machine.publish(version)
            machine.remote_tags[f"v{version}"] = "d" * 40
        machine.release("1.2.0")
        found = (machine.tags["latest"], machine.tags["latest-1.2"])
        assert found == (machine.tags["1.3.0"], machine.tags["1.2.1"])

    def test_where_it_is_kept_the_release_is_whole_and_says_it(self, late: Machine) -> None:
        late.remote_tags["v0.2.0"] = "d" * 40
        late.statuses["latest"] = 403
        (note,) = late.release(VERSION).notes
        assert note.startswith("localhost:5000/acme/demo:latest is not moved to 0.2.0: the registry does not let it be")
        late.statuses.clear()
        late.release(VERSION)
        assert late.tags["latest"] == late.tags["0.2.0"]


class TestFloatingTags:
    """Tags that follow a line of versions: forward only, never to a pre-release, and no desktop takes them for one."""

    @pytest.fixture
    def floating(self, machine: Machine) -> Machine:
        machine.configure(release_floating=tuple(Floating))
        return machine

    def at(self, machine: Machine, *tags: str) -> list[str]:
        """The versions that tags are at."""
        versions = {digest: tag for tag, digest in machine.tags.items() if as_version(tag)}
        return [versions[machine.tags[tag]] for tag in tags]

    def release(self, machine: Machine, version: str, **settings: Any) -> None:  # noqa: ANN401 - any setting
        machine.head = hashlib.sha1(version.encode(), usedforsecurity=False).hexdigest()
        machine.configure(**settings)
        machine.release(version)

    def test_each_line_has_its_greatest_version(self, floating: Machine) -> None:
        for version in ("1.2.0", "1.3.0", "1.3.1", "2.0.0"):
            self.release(floating, version)
        found = self.at(floating, "latest", "latest-1", "latest-1.2", "latest-1.3", "latest-2", "latest-2.0")
        assert found == ["2.0.0", "1.3.1", "1.2.0", "1.3.1", "2.0.0", "2.0.0"]

    def test_a_backport_moves_its_own_line(self, floating: Machine) -> None:
        for version in ("1.2.0", "1.3.0", "2.0.0"):
            self.release(floating, version)
        self.release(floating, "1.2.1", release_line="1.2")
        assert self.at(floating, "latest", "latest-1", "latest-1.2") == ["2.0.0", "1.3.0", "1.2.1"]
        self.release(floating, "1.3.1", release_line="1")
        assert self.at(floating, "latest", "latest-1", "latest-1.3") == ["2.0.0", "1.3.1", "1.3.1"]

    def test_a_pre_release_moves_none(self, floating: Machine) -> None:
        self.release(floating, "1.0.0-rc.1")
        assert [tag for tag in floating.tags if tag.startswith("latest")] == []

    def test_a_slow_request_does_not_move_one_backwards(self, floating: Machine) -> None:
        theirs: list[str] = []

        def overtake() -> None:
            if not theirs:
                theirs.append(floating.publish("1.2.1"))
                floating.tags["latest-1.2"] = theirs[0]

        floating.hooks["before index latest-1.2"] = overtake
        self.release(floating, "1.2.0")
        assert self.at(floating, "latest-1.2") == ["1.2.1"]

    def test_a_line_that_is_kept_from_moving_fails_no_release(self, floating: Machine) -> None:
        self.release(floating, "1.2.0")
        floating.statuses["latest-1"] = 403
        floating.head = "b" * 40
        (note,) = floating.release("1.3.0").notes
        assert note.startswith("localhost:5000/acme/demo:latest-1 is not moved to 1.3.0")
        assert note.endswith("leave out release.floating")
        assert self.at(floating, "latest", "latest-1", "latest-1.3") == ["1.3.0", "1.2.0", "1.3.0"]
        assert [step.subject.rpartition(":")[2] for step in floating.look("1.3.0")[1].plan.todo] == ["latest-1"]

    def test_again_costs_one_request_more_for_each(self, floating: Machine) -> None:
        self.release(floating, "1.2.0")
        floating.requests = 0
        floating.release("1.2.0")
        assert floating.requests == 2 + len(REQUIRED) + len(Floating)

    def test_where_none_is_wanted_there_is_no_step(self, machine: Machine) -> None:
        found = [step.subject for step in machine.look("1.2.0")[1].plan.steps if step.title == "latest"]
        assert found == [f"{machine.project.image}:latest"]

    @pytest.mark.parametrize("floating_tag", list(Floating))
    def test_nobody_takes_one_for_a_version(self, floating_tag: Floating) -> None:
        tag = floating_tag.tag(Version(1, 2, 3))
        assert is_tag(tag)
        assert version_of(tag) is None
        # hashicorp/go-version and Masterminds/semver, which are lenient, take nothing but a v in front of digits.
        assert not re.match(r"v?\d", tag)
        found = resolve({"1.2.3", tag, "latest"})
        assert found is not None
        assert found.tag == "1.2.3"


class TestAfterABrokenVersion:
    """A clean-up job removed a manifest of the newest version: it stays broken, and releases go on."""

    @pytest.fixture
    def broken(self, machine: Machine) -> Machine:
        machine.release("1.0.0")
        del machine.blobs[machine.platforms_of("1.0.0")["linux/arm64"]]
        return machine

    def test_the_next_one_is_released_and_the_broken_one_named(self, broken: Machine) -> None:
        broken.head = "b" * 40
        _, planned = broken.look(bump=Bump.MINOR)
        (note,) = planned.plan.notes
        assert note.startswith("localhost:5000/acme/demo:1.0.0 is published but broken: linux/arm64: ")
        assert "is gone from the registry" in note
        assert broken.release(bump=Bump.MINOR).reference.tag == "1.1.0"
        assert broken.tags["latest"] == broken.tags["1.1.0"]

    def test_the_same_commit_may_be_released_anew(self, broken: Machine) -> None:
        assert broken.release(bump=Bump.PATCH).reference.tag == "1.0.1"
        assert broken.git_tags == {"v1.0.0": HEAD, "v1.0.1": HEAD}

    def test_itself_is_shown_as_broken_and_not_released_again(self, broken: Machine) -> None:
        _, planned = broken.look("1.0.0")
        verify = next(step for step in planned.plan.steps if step.title == "verify")
        assert (verify.status, planned.plan.todo) == (StepStatus.BROKEN, ())
        assert "linux/arm64" in verify.reason
        with pytest.raises(AlreadyPublishedError, match="but broken") as caught:
            broken.release("1.0.0")
        assert "greater version" in caught.value.remedy

    def test_what_somebody_pushed_as_the_newest_does_not_stop_it(self, machine: Machine) -> None:
        machine.set_tag("1.0.0", b'{"mediaType": "application/vnd.oci.image.manifest.v1+json"}')
        _, planned = machine.look(bump=Bump.MINOR)
        assert len(planned.plan.notes) == 1
        assert machine.release(bump=Bump.MINOR).reference.tag == "1.1.0"


class TestRulesAsked:
    """Inside a release everything is known of where and as what it will be published."""

    def image(self, machine: Machine) -> Source:
        machine.release("1.1.0")
        return machine.checked[1]

    def test_no_rule_on_tags_goes_unasked(self, machine: Machine) -> None:
        machine.publish("1.0.0")
        image = self.image(machine)
        assert [problem for rule in TAG_RULES for problem in rule.ask(image)] == []
        assert (image.version, str(image.own_image)) == ("1.1.0", "localhost:5000/acme/demo")
        assert "1.0.0" in image.tags

    def test_a_stray_tag_that_reads_as_a_greater_version_is_found(self, machine: Machine) -> None:
        # Not semver, so no version of ours; Docker's validator takes it for one.
        machine.publish("v2.0.0")
        found = [problem.what for rule in TAG_RULES for problem in rule.ask(self.image(machine))]
        assert found == ["'v2.0.0' is the greatest tag of the repository, not '1.1.0'"]

    @pytest.mark.parametrize(
        ("stray", "settings"),
        [
            ("20240101.0.0", {"release_ignore_tags": ("20240101.*",)}),
            ("v2.0.0", {"release_ignore_tags": ("v*",)}),
            ("2.0.0", {"release_line": "1"}),
        ],
    )
    def test_it_is_not_compared_with_what_is_ignored_or_of_another_line(
        self, machine: Machine, stray: str, settings: dict[str, Any]
    ) -> None:
        machine.publish("1.0.0")
        machine.publish(stray)
        machine.configure(**settings)
        image = self.image(machine)
        assert [problem for rule in TAG_RULES for problem in rule.ask(image)] == []
        assert image.tags == {"1.0.0"}

    @pytest.mark.parametrize(("version", "problems"), [("1.1.0", 0), ("1.2.0", 1)])
    def test_the_changelog_label_counts_as_it_is_published(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch, version: str, problems: int
    ) -> None:
        seen: list[tuple[str, int]] = []

        def check(sources: Sequence[Source], *_: object) -> Report:
            seen.append((sources[0].labels[0].values[CHANGELOG], len(list(DIFFERS.ask(sources[0])))))
            return machine.source_report

        monkeypatch.setattr("dext_tasks.checks.report.check", check)
        changelog = "## 1.1.0\n\n- A door\n\n## 1.0.0\n\n- A house\n"
        machine.files["CHANGELOG.md"] = changelog
        machine.project.root.joinpath("CHANGELOG.md").write_text(changelog, encoding="utf-8")
        dockerfile = f'FROM scratch\nLABEL {CHANGELOG}="A house"\n'
        machine.project.root.joinpath("Dockerfile").write_text(dockerfile, encoding="utf-8")
        machine.commit_files()
        machine.release(version)
        # Where the changelog has no entry, the Dockerfile's is what users read. Asked before and after the build.
        told = "A house" if problems else "<ul>\n<li>A door</li>\n</ul>"
        assert seen == [(told, problems)] * 2


class TestSettingsOfChecks:
    """What a check accepts or refuses by its settings, a release does, too."""

    @pytest.fixture
    def asked(self, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> list[tuple[set[str], Selection]]:
        """Which rules are asked, and what of them is accepted."""
        seen: list[tuple[set[str], Selection]] = []

        def check(_: object, rules: Iterable[Rule], selection: Selection) -> Report:
            seen.append(({rule.code for rule in rules}, selection))
            return machine.source_report

        monkeypatch.setattr("dext_tasks.checks.report.check", check)
        return seen

    def test_reach_it(self, machine: Machine, asked: list[tuple[set[str], Selection]]) -> None:
        machine.configure(
            check_ignore=(("label-missing", "known"),),
            check_select=("tag-*",),
            check_runtimes=("rancher-desktop",),
        )
        machine.release()
        # Of the source tree alone, and of both.
        assert len(asked) == 2
        for codes, selection in asked:
            assert selection == Selection(("tag-*",), {"label-missing": "known"})
            assert {"label-missing", "rancher-desktop-theme"} <= codes

    def test_rules_that_are_left_out_are_named_before_and_not_once_it_is_done(self, machine: Machine) -> None:
        machine.configure(check_select=("label-*", "platform-missing"))
        _, planned = machine.look()
        (note,) = planned.plan.notes
        assert note.startswith("check.select leaves out rules: ")
        named = set(note.removeprefix("check.select leaves out rules: ").split(", "))
        assert {"tag-*", "platform-mismatch"} <= named
        assert named.isdisjoint({"label-*", "platform-missing", "platform-*"})
        assert machine.release().notes == ()

    def test_rules_that_only_images_answer_are_asked_of_these(self, machine: Machine) -> None:
        machine.source_report = Report((), (), answered=0, sources=1)
        machine.configure(check_select=("platform-mismatch",))
        machine.release()
        require_done(machine)

    def test_strictness_stops_it_at_a_warning(self, machine: Machine) -> None:
        machine.source_report = Report((warning(),), (), answered=1, sources=1)
        machine.configure(check_strict=True)
        world, planned = machine.look()
        silent = machine.silent()
        with pytest.raises(ChecksFailedError):
            carry_out(world, planned, silent)
        assert (machine.count("build"), silent.said) == (0, ["1 answered"])
        machine.configure(check_strict=False)
        machine.release()

    def test_a_rule_that_is_none_is_told_before_anything_is_built(self, machine: Machine) -> None:
        machine.configure(check_ignore=(("label-mising", "known"),))
        with pytest.raises(UsageError, match="did you mean label-missing"):
            machine.release()
        assert machine.count("build") == 0


class TestOtherBuild:
    """What was tested with other settings of the build is another image."""

    @pytest.mark.parametrize(
        "settings",
        [
            {"build_args": (("A", "2"),)},
            {"dockerfile": "other/Dockerfile"},
            {"build_provenance": True},
            {"build_sbom": True},
            {"build_builder": "other"},
            # It decides a label.
            {"release_changelog": "docs/CHANGES.md"},
        ],
    )
    @pytest.mark.parametrize("boundary", ["after journal tested", f"before index {VERSION}"])
    def test_is_built_and_tested_anew(self, machine: Machine, boundary: str, settings: dict[str, Any]) -> None:
        machine.configure(build_args=(("A", "1"),))
        machine.stop_at(boundary)
        with pytest.raises(Exception, match=boundary):
            machine.release()
        (machine.project.root / "other").mkdir()
        shutil.copy(machine.project.root / "Dockerfile", machine.project.root / "other" / "Dockerfile")
        machine.commit_files()
        machine.configure(**settings)
        (note,) = machine.look()[1].plan.notes
        assert note.endswith("was begun with: every platform is built and tested anew")
        machine.release()
        assert (machine.count("build"), machine.count("smoke")) == (4, 4)
        require_done(machine)

    def test_settings_that_do_not_change_it_do_not(self, machine: Machine) -> None:
        machine.stop_at("after journal tested")
        with pytest.raises(Exception, match="after journal tested"):
            machine.release()
        machine.configure(build_timeout=60.0, smoke_timeout=1.0)
        machine.release()
        assert machine.count("build") == 2

    def test_what_is_published_stays_as_it_is(self, machine: Machine) -> None:
        machine.release()
        machine.configure(build_args=(("A", "2"),))
        (note,) = machine.release().notes
        assert note.endswith("was begun with: a published version stays as it is")
        assert machine.count("build") == 2
        require_done(machine)


class TestSmokeResults:
    @pytest.mark.parametrize("fails", [frozenset(), frozenset(REQUIRED[:1])])
    def test_are_told_whether_they_are_good_or_not(self, machine: Machine, fails: frozenset[Platform]) -> None:
        machine.smoke_fails = fails
        world, planned = machine.look()
        silent = machine.silent()
        with pytest.raises(SmokeFailedError) if fails else nullcontext():
            carry_out(world, planned, silent)
        assert [(each.platform, each.passed) for each in silent.smoke_results] == [
            (platform, platform not in fails) for platform in REQUIRED
        ]

    def test_say_that_the_emulator_crashed_in_the_build(self, machine: Machine) -> None:
        machine.hooks["before build linux/arm64"] = failing(EmulatorCrashedError, REQUIRED[1], times=1)
        world, planned = machine.look()
        silent = machine.silent()
        carry_out(world, planned, silent)
        assert [each.build_crashes for each in silent.smoke_results] == [(), ("linux/arm64 did not build",)]


class TestNotConverged:
    def test_labels_that_say_otherwise_are_noticed(self, machine: Machine) -> None:
        """An image that sets the labels by other means could not be told to be this release's."""
        machine.overridden = {"org.opencontainers.image.revision": "somebody"}
        with pytest.raises(NotConvergedError, match=r"image\.revision = 'somebody'"):
            machine.release()
        assert machine.git_tags == {}
        assert machine.tags == {}

    @pytest.mark.parametrize(
        ("head", "label"), [(HEAD, "version = '0.1.0', not '0.2.0'"), ("decaf" + "0" * 35, "revision = 'c0ffee")]
    )
    def test_a_journal_that_names_images_of_another_release_publishes_none_of_them(
        self, machine: Machine, head: str, label: str
    ) -> None:
        machine.release("0.1.0")
        found = machine.journals.read("0.1.0")
        assert found
        machine.head = head
        machine.journals.write(replace(found, version="0.2.0", commit=head, index=""))
        with pytest.raises(NotConvergedError, match=re.escape(label)) as caught:
            machine.release("0.2.0")
        assert "inv release.abort --version 0.2.0" in caught.value.remedy
        assert "0.2.0" not in machine.tags
        assert (machine.claims, machine.git_tags) == ({}, {"v0.1.0": HEAD})
        machine.journals.remove("0.2.0")
        machine.release("0.2.0")
        made = published_as(machine.world().repository, "0.2.0", by_labels=True)
        assert made
        assert made.revision == head
        assert machine.git_tags["v0.2.0"] == head

    @pytest.mark.parametrize("digest", ["", "None", "sha256:"])
    def test_no_git_tag_names_anything_but_a_digest(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch, digest: str
    ) -> None:
        monkeypatch.setattr(Verify, "run", lambda _, run, __: setattr(run, "digest", digest))
        with pytest.raises(NotConvergedError, match="was not read back"):
            machine.release()
        assert machine.git_tags == {}

    def test_an_index_that_vanishes_is_noticed(self, machine: Machine) -> None:
        machine.hooks[f"after index {VERSION}"] = lambda: machine.tags.pop(VERSION)
        with pytest.raises(NotConvergedError):
            machine.release()
        assert machine.git_tags == {}

    def test_a_push_that_did_not_arrive_is_noticed(self, machine: Machine) -> None:
        def lose() -> None:
            for tag in [tag for tag in machine.tags if tag.startswith("staging-")]:
                del machine.tags[tag]

        machine.hooks["after push linux/arm64"] = lose
        with pytest.raises(NotConvergedError, match="was pushed and is not there"):
            machine.release()
        assert VERSION not in machine.tags
        machine.hooks = {}
        machine.release()
        require_done(machine)

    def test_a_push_that_is_overwritten_is_noticed(self, machine: Machine) -> None:
        """R2: somebody else sets the staging tag before it is read back."""
        machine.publish("9.0.0-their-image")
        theirs = machine.blobs[machine.platforms_of("9.0.0-their-image")["linux/arm64"]]
        del machine.tags["9.0.0-their-image"]

        def overwrite() -> None:
            for tag in [tag for tag in machine.tags if tag.startswith("staging-")]:
                machine.set_tag(tag, theirs)

        machine.hooks["after untag linux/arm64"] = overwrite
        with pytest.raises(NotConvergedError, match="which is not the tested image"):
            machine.release()
        assert VERSION not in machine.tags

    def test_a_version_that_is_replaced_in_the_end_is_noticed(self, machine: Machine) -> None:
        theirs: list[str] = []
        machine.hooks["after index latest"] = lambda: theirs.append(machine.publish(VERSION))
        with pytest.raises(AlreadyPublishedError) as caught:
            machine.release()
        assert theirs[0] in caught.value.message

    def test_an_end_that_is_not_what_was_planned_is_no_success(self, machine: Machine) -> None:
        machine.hooks["after index latest"] = machine.remote_tags.clear
        with pytest.raises(NotConvergedError, match="is not done: git push"):
            machine.release()
        machine.hooks = {}
        machine.release()
        require_done(machine)


def test_the_plan_of_a_finished_release_has_nothing_to_do(machine: Machine) -> None:
    machine.release()
    _, planned = machine.look()
    assert statuses(planned.plan) == {StepStatus.DONE}


def statuses(plan: Plan) -> set[StepStatus]:
    assert {step.title for step in plan.steps} == {step.title for step in STEPS} - {"sign"}
    return {step.status for step in plan.steps}


def test_bumps_lead_from_release_to_release(machine: Machine) -> None:
    for number, (bump, version) in enumerate(
        [(Bump.PATCH, "0.1.0"), (Bump.PATCH, "0.1.1"), (Bump.MINOR, "0.2.0"), (Bump.MAJOR, "1.0.0")]
    ):
        machine.head = f"{number:040d}"
        assert machine.release(bump=bump).reference.tag == version
        assert machine.tags["latest"] == machine.tags[version]


class TestLog:
    def test_says_which_version_and_what_becomes_of_each_step(
        self, machine: Machine, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, "dext_tasks.release")
        machine.release("0.1.0")
        caplog.clear()
        _, planned = machine.look()
        said = [each.message for each in caplog.records]
        assert said[0] == "version 0.1.0: the release of this commit was begun or finished as it"
        assert said[1:] == [
            f"step {each.title} {each.subject} is {each.status}: {each.reason}" for each in planned.plan.steps
        ]
        assert "step build linux/amd64 is done: published" in said

    def test_says_what_stands_in_the_way(self, machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
        machine.release("0.2.0")
        machine.head = "f" * 40
        caplog.set_level(logging.DEBUG, "dext_tasks.release")
        _, planned = machine.look("0.1.0")
        said = [each.message for each in caplog.records if each.message.startswith("obstacle")]
        assert said == [f"obstacle: {each.message}" for each in planned.plan.obstacles] != []
