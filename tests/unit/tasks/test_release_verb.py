from __future__ import annotations

import errno
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dext_tasks import errors
from dext_tasks.config import Settings
from dext_tasks.config.kind import When
from dext_tasks.extension.version import parse_release
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.project import Project
from dext_tasks.release import resume, run, version
from dext_tasks.release.handover import Handover, read
from dext_tasks.release.journal import Journal, image_fingerprint
from dext_tasks.release.journal import Tested as Passed  # pytest takes a name that begins with Test for a test
from dext_tasks.release.plan import Plan, make
from dext_tasks.release.run import PlannedRelease, Released
from dext_tasks.release.state import GitState, Intent, Outlook, Published, State
from dext_tasks.runtime.lease import Lease
from dext_tasks.smoke.result import Outcome, ProbeResult, SmokeResult
from dext_tasks.smoke.run import require_passed
from dext_tasks.tasks import namespace

if TYPE_CHECKING:
    from dext_tasks.console.release_board import ReleaseBoard
    from dext_tasks.release.observe import World
    from tests.unit.conftest import MakeProject
    from tests.unit.tasks.conftest import Call, Ended

IMAGE = Reference.parse("acme/demo")
DIGEST = f"sha256:{'a' * 64}"
INTENT = Intent(IMAGE, parse_release("1.2.0"), "c0ffee", REQUIRED, "v1.2.0", "origin", move_latest=True)
GIT = GitState((), {}, "", has_remote=True, remote_tag_commit="")
NOTHING = State(frozenset(), None, {"latest": ""}, GIT, None, frozenset(), {})
MANIFESTS = {platform: f"sha256:{platform.slug}" for platform in REQUIRED}
DONE = replace(
    NOTHING,
    published=Published(DIGEST, MANIFESTS, "c0ffee", "1.2.0"),
    moving={"latest": DIGEST},
    git=replace(GIT, tag_commit="c0ffee", remote_tag_commit="c0ffee"),
)
TESTED = {platform: Passed(f"sha256:{'1' * 64}", f"sha256:{'2' * 64}") for platform in REQUIRED}
HANDOVER = Handover("acme/demo", "1.2.0", INTENT.commit, image_fingerprint(Project(Path(), Settings())), TESTED)
DIRTY = replace(NOTHING, git=replace(GIT, changes=("?? x",)))


class Core:
    """Stands in for the release core and keeps what it is asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
        self.state = NOTHING
        self.root = root
        self.asked: list[tuple[str, str]] = []
        self.pushes: list[bool] = []
        self.asks: list[bool] = []
        self.named: list[str] = []
        self.carried_out = self.prepared = 0
        self.prefetched = 0
        self.judges_last = False
        self.notes: tuple[str, ...] = ()
        self.settings = Settings()
        self.results: list[SmokeResult] = []
        monkeypatch.setattr(version, "choose_version", self._choose)
        monkeypatch.setattr(run, "look", self._look)
        monkeypatch.setattr(run, "carry_out", self._carry_out)
        monkeypatch.setattr(run, "prepare", self._prepare)
        monkeypatch.setattr("dext_tasks.engine.engine.Engine.prefetch", self._prefetch)
        monkeypatch.setattr("dext_tasks.git.Git.head", self._head)
        self.heads = 0

    def _head(self) -> str:
        self.heads += 1
        return INTENT.commit

    def _prefetch(self) -> None:
        self.prefetched += 1

    def _choose(  # noqa: PLR0913 - as the function that it stands for
        self, world: World, commit: str, *, explicit: str, bump: object, ask: object, pre: str
    ) -> object:
        assert commit == INTENT.commit
        self.asks.append(ask is not None)
        self.asked.append((explicit, str(bump or "")))
        self.named.append(pre)
        self.pushes.append(world.repository.transport.push)
        return INTENT.version

    def _look(self, *_: object, is_part: bool, judges_last: bool) -> PlannedRelease:
        self.judges_last = judges_last
        intent = replace(INTENT, is_part=is_part)
        return PlannedRelease(intent, self.state, make(intent, self.state, "v"))

    def _prepare(self, _: World, planned: PlannedRelease, __: ReleaseBoard) -> Handover:
        assert planned.intent.is_part
        self.prepared += 1
        return HANDOVER

    def _carry_out(self, world: World, _: PlannedRelease, board: ReleaseBoard) -> Released:
        self.carried_out += 1
        self.settings = world.project.settings
        if self.results:
            board.smoked(self.results)
            require_passed(self.results)
        after = replace(make(INTENT, DONE, "v"), notes=self.notes)
        return Released(INTENT.target.with_digest(DIGEST), MANIFESTS, after)


@pytest.fixture
def core(make_project: MakeProject, monkeypatch: pytest.MonkeyPatch, own_leases: None) -> Core:  # noqa: ARG001 - as it works
    project = make_project({"metadata.json": "{}", "Dockerfile": "FROM scratch\nCOPY metadata.json /\n"})
    monkeypatch.setenv("DEXT_IMAGE", "acme/demo")
    return Core(monkeypatch, project.root)


def release(call: Call, core: Core, *flags: str, verb: str = "release") -> Ended:
    return call(verb, "--path", str(core.root), *flags)


def test_yes_publishes_and_names_what_is_there(call: Call, core: Core) -> None:
    ended = release(call, core, "--yes", "--bump", "minor")
    assert (ended.code, ended.out) == (0, f"acme/demo:1.2.0@{DIGEST}\n")
    assert (core.carried_out, core.asked, core.pushes) == (1, [("", "minor")], [True])
    assert "Release of acme/demo:1.2.0" in ended.err


def said(ended: Ended) -> str:
    """All of it, on one line."""
    return " ".join((ended.out + ended.err).split())


@pytest.mark.parametrize("verb", ["release", "release.status"])
def test_a_changelog_whose_topmost_entry_is_published_needs_the_next_one(
    call: Call, core: Core, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setattr("dext_tasks.git.Git.content", lambda *_: "## 1.2.0\n\n- a\n")
    core.state = replace(NOTHING, tags=frozenset({"1.2.0"}), published=Published(DIGEST, MANIFESTS, "another", "1.2.0"))
    ended = release(call, core, "--from-changelog", verb=verb)
    assert "the topmost entry of CHANGELOG.md is 1.2.0, which is published: acme/demo:1.2.0 is already" in said(ended)
    if verb == "release":
        assert ended.code == errors.AlreadyPublishedError.exit_code
        assert "write the next version's entry, as inv release --write-changelog does it" in said(ended)
    # Another flag than the changelog's says nothing of it.
    assert "CHANGELOG.md" not in said(release(call, core, "--version", "1.2.0", verb=verb))


@pytest.mark.parametrize(
    ("verb", "flags", "asks"),
    [
        ("release", (), True),
        ("release", ("--dry-run",), True),
        ("release", ("--yes",), False),
        ("release.status", (), True),
    ],
)
@pytest.mark.parametrize("answers", [True, False])
def test_a_version_is_asked_for_only_where_somebody_answers(  # noqa: PLR0913 - a fixture or a column each
    call: Call,
    core: Core,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
    flags: tuple[str, ...],
    *,
    asks: bool,
    answers: bool,
) -> None:
    monkeypatch.setattr("dext_tasks.console.prompt.somebody_answers", lambda: answers)
    monkeypatch.setattr("sys.stdin", io.StringIO("no\n"))
    release(call, core, *flags, verb=verb)
    assert core.asks == [asks and answers]


def test_a_version_is_handed_on(call: Call, core: Core) -> None:
    release(call, core, "--yes", "--version", "1.2.0")
    assert core.asked == [("1.2.0", "")]


def test_another_release_on_this_machine_is_waited_for(call: Call, core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "TURN", 0.0)
    other = Lease("release of acme_demo")
    assert other.take()
    ended = release(call, core, "--yes", "--bump", "minor")
    assert ended.code == errors.ReleaseRacedError.exit_code
    assert "another release of acme/demo is at it on this machine: this one waits" in ended.err
    assert release(call, core, "--dry-run").code == 0
    other.give_back()
    assert (core.asked, core.carried_out) == ([("", "")], 0)
    assert release(call, core, "--yes", "--bump", "minor").code == 0


def test_json_is_one_document(call: Call, core: Core) -> None:
    document = release(call, core, "--yes", "--json").document
    assert (document["reference"], document["digest"]) == (f"acme/demo:1.2.0@{DIGEST}", DIGEST)
    assert document["platforms"] == {str(platform): digest for platform, digest in MANIFESTS.items()}
    assert [step["status"] for step in document["steps"]] == ["done"] * 13


def test_without_a_terminal_nothing_is_published_unasked(call: Call, core: Core) -> None:
    ended = release(call, core)
    assert ended.code == errors.ConfirmationNeededError.exit_code
    assert "--yes" in ended.err
    assert core.carried_out == 0


def test_a_release_that_is_done_asks_nobody(call: Call, core: Core) -> None:
    core.state = DONE
    assert release(call, core).code == 0


@pytest.mark.parametrize(
    ("version", "index", "prefetched"),
    [("1.2.0", "", 1), ("1.2.0", DIGEST, 0), ("1.2.0-rc.1", DIGEST, 1)],
    ids=["begun", "finished", "finished as another version"],
)
def test_the_engine_is_not_asked_by_a_release_that_was_finished_here(  # noqa: PLR0913, PLR0917 - a case has three parts
    call: Call, core: Core, monkeypatch: pytest.MonkeyPatch, version: str, index: str, prefetched: int
) -> None:
    core.state = DONE
    journal = Journal(version, "acme/demo", INTENT.commit, index=index)
    monkeypatch.setattr("dext_tasks.release.journal.Journals.of_commit", lambda *_: (journal,))
    assert release(call, core, "--yes", "--version", "1.2.0").code == 0
    assert core.prefetched == prefetched


@pytest.mark.parametrize(
    ("state", "index", "ended"),
    [
        (DONE, DIGEST, 0),
        (NOTHING, DIGEST, errors.MetadataMissingError.exit_code),
        (DONE, "", errors.MetadataMissingError.exit_code),
    ],
    ids=["finished", "another version of a finished commit", "not finished here"],
)
def test_a_tree_is_looked_at_where_it_may_be_built(  # noqa: PLR0913, PLR0917 - a fixture or a column each
    call: Call, core: Core, monkeypatch: pytest.MonkeyPatch, state: State, index: str, ended: int
) -> None:
    core.state = state
    (core.root / "metadata.json").unlink()
    journal = Journal("1.2.0", "acme/demo", INTENT.commit, index=index)
    monkeypatch.setattr("dext_tasks.release.journal.Journals.of_commit", lambda *_: (journal,))
    assert release(call, core, "--yes").code == ended


def test_a_dry_run_shows_the_plan_and_changes_nothing(call: Call, core: Core) -> None:
    ended = release(call, core, "--dry-run", "--json")
    assert ended.code == 0
    assert ended.document["dry_run"] is True
    assert len(ended.document["steps"]) == 13
    assert core.carried_out == 0
    assert core.pushes == [False]


@pytest.mark.parametrize("flags", [["--yes"], ["--dry-run"], []])
def test_an_obstacle_ends_it_before_anything_is_asked(call: Call, core: Core, flags: list[str]) -> None:
    core.state = DIRTY
    ended = release(call, core, *flags)
    assert ended.code == errors.DirtyTreeError.exit_code
    assert "1 file is not committed" in ended.err
    assert core.carried_out == 0


@pytest.mark.parametrize("flags", [["--yes", "--json"], ["--dry-run", "--json"]])
def test_an_obstacle_is_in_the_one_document(call: Call, core: Core, flags: list[str]) -> None:
    core.state = DIRTY
    ended = release(call, core, *flags)
    document = ended.document
    found = document["error"] if "error" in document else document["obstacles"][0]
    assert (found["exit_code"], found["message"]) == (ended.code, "1 file is not committed")


class TestJobs:
    def test_prepare_hands_over_and_asks_nobody(self, call: Call, core: Core, tmp_path: Path) -> None:
        file = tmp_path / "amd64.json"
        ended = release(call, core, "--prepare", str(file), "--bump", "minor", "--json")
        assert (ended.code, core.prepared, core.carried_out) == (0, 1, 0)
        assert read(file) == HANDOVER
        assert (ended.document["handover"], ended.document["version"]) == (str(file), "1.2.0")
        assert ended.document["platforms"] == {str(each): f"sha256:{'2' * 64}" for each in REQUIRED}
        assert {step["step"] for step in ended.document["steps"]} == {"build", "check", "smoke", "push"}
        assert {step["status"] for step in ended.document["steps"]} == {"done"}

    def test_a_dry_run_of_prepare_writes_nothing(self, call: Call, core: Core, tmp_path: Path) -> None:
        file = tmp_path / "amd64.json"
        ended = release(call, core, "--prepare", str(file), "--dry-run")
        assert (ended.code, core.prepared, file.exists()) == (0, 0, False)
        assert "Preparation of acme/demo:1.2.0" in ended.out

    @pytest.mark.parametrize("flags", [(), ("--version", "1.2.0")])
    def test_finish_takes_the_version_of_the_files(
        self, call: Call, core: Core, tmp_path: Path, flags: tuple[str, ...]
    ) -> None:
        (tmp_path / "all.json").write_text(HANDOVER.text, encoding="utf-8")
        core.state = DONE
        ended = release(call, core, "--yes", "--finish", str(tmp_path / "all.json"), *flags)
        assert (ended.code, core.asked, core.carried_out, core.prefetched) == (0, [("1.2.0", "")], 1, 0)

    def test_finish_with_another_version_is_refused(self, call: Call, core: Core, tmp_path: Path) -> None:
        (tmp_path / "all.json").write_text(HANDOVER.text, encoding="utf-8")
        ended = release(call, core, "--yes", "--finish", str(tmp_path), "--version", "1.3.0")
        assert (ended.code, core.carried_out) == (errors.HandoverError.exit_code, 0)
        assert "version 1.2.0 was prepared, and --version is 1.3.0" in ended.err

    def test_finish_builds_nothing(self, call: Call, core: Core, tmp_path: Path) -> None:
        (tmp_path / "all.json").write_text(HANDOVER.text, encoding="utf-8")
        ended = release(call, core, "--yes", "--finish", str(tmp_path))
        assert (ended.code, core.carried_out) == (errors.HandoverError.exit_code, 0)
        assert "is not in acme/demo" in ended.err

    @pytest.mark.parametrize(
        "flags",
        [("--prepare", "a", "--finish", "b"), ("--finish", "b", "--bump", "minor"), ("--finish", "b", "--pre", "rc")],
    )
    def test_what_does_not_go_together_is_wrong_usage(self, call: Call, core: Core, flags: tuple[str, ...]) -> None:
        assert release(call, core, *flags).code == errors.UsageError.exit_code
        assert core.asked == []

    def test_a_place_that_cannot_be_written_is_told_first(self, call: Call, core: Core, tmp_path: Path) -> None:
        assert release(call, core, "--prepare", str(tmp_path / "no" / "a.json")).code == errors.UsageError.exit_code
        assert core.asked == []


class TestOutputs:
    def test_a_github_job_gets_them(
        self, call: Call, core: Core, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        outputs = tmp_path / "outputs"
        outputs.write_text("before=1\n", encoding="utf-8")
        monkeypatch.setenv("GITHUB_OUTPUT", str(outputs))
        assert release(call, core, "--yes").code == 0
        assert outputs.read_text(encoding="utf-8").splitlines() == [
            "before=1",
            "version=1.2.0",
            f"reference=acme/demo:1.2.0@{DIGEST}",
            f"digest={DIGEST}",
        ]

    def test_an_artifact_of_a_gitlab_job_gets_them(
        self, call: Call, core: Core, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("GITLAB_CI", "true")
        monkeypatch.setenv("CI_PROJECT_DIR", str(tmp_path))
        assert release(call, core, "--yes").code == 0
        assert (tmp_path / "dext.env").read_text(encoding="utf-8").splitlines() == [
            "version=1.2.0",
            f"reference=acme/demo:1.2.0@{DIGEST}",
            f"digest={DIGEST}",
        ]

    def test_prepare_names_its_file(
        self, call: Call, core: Core, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
        file = str(tmp_path / "a.json")
        assert release(call, core, "--prepare", file).code == 0
        assert (tmp_path / "outputs").read_text(encoding="utf-8") == f"version=1.2.0\nhandover={file}\n"

    def test_a_file_that_cannot_be_written_is_told_when_all_is_done(
        self, call: Call, core: Core, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path))
        ended = release(call, core, "--yes")
        assert (ended.code, core.carried_out) == (errors.FileAccessError.exit_code, 1)
        assert ended.out == f"acme/demo:1.2.0@{DIGEST}\n"

    def test_they_are_there_also_where_the_notes_cannot_be_written(
        self, call: Call, core: Core, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        def full(*_: object) -> None:
            raise errors.FileAccessError("no space left", remedy="free some")

        monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
        monkeypatch.setattr("dext_tasks.git.Git.content", lambda *_: None)
        monkeypatch.setattr("dext_tasks.console.result_file.ResultFile.write", full)
        ended = release(call, core, "--yes", "--notes", str(tmp_path / "notes.md"))
        assert (ended.code, core.carried_out) == (errors.FileAccessError.exit_code, 1)
        assert f"digest={DIGEST}" in (tmp_path / "outputs").read_text(encoding="utf-8").splitlines()


def test_a_bump_that_is_none_is_wrong_usage(call: Call, core: Core) -> None:
    ended = release(call, core, "--bump", "tiny")
    assert ended.code == errors.UsageError.exit_code
    assert core.asked == []


@pytest.mark.parametrize(
    ("missing", "error"),
    [("metadata.json", errors.MetadataMissingError), ("DEXT_IMAGE", errors.ReferenceInvalidError)],
)
def test_what_is_missing_is_noticed_first(
    call: Call, core: Core, monkeypatch: pytest.MonkeyPatch, missing: str, error: type[errors.DextError]
) -> None:
    if missing == "DEXT_IMAGE":
        monkeypatch.delenv(missing)
    else:
        (core.root / missing).unlink()
    assert release(call, core, "--yes").code == error.exit_code
    assert core.carried_out == 0


@pytest.mark.parametrize(
    ("verb", "flags", "judges_last"),
    [
        ("release", ("--version", "1.2.0", "--yes"), False),
        ("release", ("--version", "1.2.0", "--dry-run"), True),
        ("release", ("--bump", "minor", "--yes"), True),
        ("release.status", ("--version", "1.2.0"), True),
    ],
)
def test_the_last_version_is_looked_at_where_it_is_shown_or_followed(
    call: Call, core: Core, verb: str, flags: tuple[str, ...], *, judges_last: bool
) -> None:
    assert release(call, core, *flags, verb=verb).code == 0
    assert core.judges_last is judges_last


BROKEN = "acme/demo:1.1.0 is published but broken: linux/arm64: gone. It cannot be made whole"


class TestNotes:
    @pytest.fixture(autouse=True)
    def _broken(self, core: Core) -> None:
        core.state = replace(NOTHING, newest=parse_release("1.1.0"), newest_faults=("linux/arm64: gone",))

    @pytest.mark.parametrize("flags", [("--dry-run",), ("--yes",)])
    def test_what_stops_nothing_is_said_once(self, call: Call, core: Core, flags: tuple[str, ...]) -> None:
        ended = release(call, core, *flags)
        assert ended.code == 0
        assert ended.err.count(BROKEN) == 1

    def test_it_is_in_the_one_document(self, call: Call, core: Core) -> None:
        for verb, flags in (("release", ("--yes",)), ("release", ("--dry-run",)), ("release.status", ())):
            (note,) = release(call, core, *flags, "--json", verb=verb).document["notes"]
            assert note.startswith(BROKEN)

    def test_what_came_of_it_is_said_after_the_end(self, call: Call, core: Core) -> None:
        core.notes = ("acme/demo:latest was not moved", *make(INTENT, core.state, "v").notes)
        ended = release(call, core, "--yes", "--json")
        assert [note.partition(" is ")[0] for note in ended.document["notes"]] == ["acme/demo:1.1.0", core.notes[0]]
        assert ended.err.count(core.notes[0]) == ended.err.count(BROKEN) == 1


class TestStatus:
    def test_shows_the_plan(self, call: Call, core: Core) -> None:
        core.state = DONE
        document = release(call, core, "--json", verb="release.status").document
        assert document["reference"] == "acme/demo:1.2.0"
        assert {step["status"] for step in document["steps"]} == {"done"}
        assert core.pushes == [False]

    def test_shows_obstacles_and_is_no_failure(self, call: Call, core: Core) -> None:
        core.state = DIRTY
        ended = release(call, core, verb="release.status")
        assert ended.code == 0
        assert "obstacle: 1 file is not committed" in ended.out
        assert core.carried_out == 0

    def test_asks_for_the_bump_as_a_release_does(self, call: Call, core: Core) -> None:
        for flags, asked in (
            ((), ("", "")),
            (("--bump", "major"), ("", "major")),
            (("--version", "2.0.0"), ("2.0.0", "")),
        ):
            for verb in ("release", "release.status"):
                core.asked.clear()
                release(call, core, *flags, verb=verb)
                assert core.asked == [asked]


@pytest.mark.parametrize("verb", ["release", "release.status"])
def test_a_version_and_a_bump_are_one_too_many(call: Call, core: Core, verb: str) -> None:
    (core.root / "metadata.json").unlink()
    ended = release(call, core, "--version", "1.2.0", "--bump", "minor", verb=verb)
    assert ended.code == errors.UsageError.exit_code
    assert (core.asked, core.carried_out) == ([], 0)


@pytest.mark.parametrize(("verb", "flags"), [("release", ["--yes"]), ("release.status", [])])
def test_a_pre_release_is_chosen_by_its_name(call: Call, core: Core, verb: str, flags: list[str]) -> None:
    assert release(call, core, "--bump", "minor", "--pre", "rc", *flags, verb=verb).code == 0
    assert (core.asked, core.named) == ([("", "minor")], ["rc"])
    assert release(call, core, "--pre", "1", *flags, verb=verb).code == errors.VersionInvalidError.exit_code
    assert len(core.asked) == 1


class TestWhereTheVersionIsRead:
    @pytest.fixture(autouse=True)
    def _files(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.files: dict[str, str] = {}
        monkeypatch.setattr(
            "dext_tasks.git.Git.content", lambda _, commit, path: self.files.get(path) if commit else None
        )

    @pytest.mark.parametrize(("verb", "flags"), [("release", ["--yes"]), ("release.status", [])])
    def test_in_the_changelog(self, call: Call, core: Core, verb: str, flags: list[str]) -> None:
        self.files["CHANGELOG.md"] = "## [1.2.0] - 2026-01-31\n\n- a\n"
        assert release(call, core, "--from-changelog", *flags, verb=verb).code == 0
        assert core.asked == [("1.2.0", "")]
        self.files.clear()
        ended = release(call, core, "--from-changelog", *flags, verb=verb)
        assert (ended.code, len(core.asked)) == (errors.ChangelogError.exit_code, 1)

    @pytest.mark.parametrize(("verb", "flags"), [("release", ["--yes"]), ("release.status", [])])
    def test_in_the_commits_without_a_question(self, call: Call, core: Core, verb: str, flags: list[str]) -> None:
        assert release(call, core, "--from-commits", *flags, verb=verb).code == 0
        assert (core.asked, core.asks) == ([("", "")], [True])

    @pytest.mark.parametrize(
        "flags", [["--version", "1.2.0"], ["--bump", "minor"], ["--from-commits"], ["--pre", "rc"]]
    )
    def test_in_one_place(self, call: Call, core: Core, flags: list[str]) -> None:
        ended = release(call, core, "--yes", "--from-changelog", *flags)
        assert (ended.code, core.asked) == (errors.UsageError.exit_code, [])
        assert "cannot be combined" in ended.err

    def test_what_changed_is_written_for_other_tools(self, call: Call, core: Core, tmp_path: Path) -> None:
        self.files["CHANGELOG.md"] = "## 1.2.0\n\n### Added\n\n- a\n"
        notes = tmp_path / "notes.md"
        assert release(call, core, "--yes", "--bump", "minor", "--notes", str(notes)).code == 0
        assert notes.read_text(encoding="utf-8") == "### Added\n\n- a\n\n`docker extension install acme/demo:1.2.0`\n"
        ended = release(call, core, "--yes", "--bump", "minor", "--notes", str(tmp_path / "missing" / "notes.md"))
        assert (ended.code, core.carried_out) == (errors.UsageError.exit_code, 1)

    def test_in_flags_that_write_it_into_the_changelog(self, call: Call, core: Core) -> None:
        file = core.root / "CHANGELOG.md"
        file.write_text("## Unreleased\n\n- a\n", encoding="utf-8")
        assert release(call, core, "--write-changelog", "--bump", "minor", "--dry-run").code == 0
        assert file.read_text(encoding="utf-8") == "## Unreleased\n\n- a\n"
        ended = release(call, core, "--write-changelog", "--bump", "minor", "--json")
        assert (ended.code, core.carried_out, ended.document["version"]) == (0, 0, "1.2.0")
        assert re.fullmatch(r"## Unreleased\n\n## 1\.2\.0 - \d{4}-\d\d-\d\d\n\n- a\n", file.read_text(encoding="utf-8"))
        assert "inv release --from-changelog" in ended.err


BEGUN = replace(NOTHING, journal=Journal("1.2.0", "acme/demo", "c0ffee"))


class TestNothingToBump:
    """A commit whose release was begun keeps its version, and whoever asked for another is told."""

    def test_what_stands_in_the_way_does_not_go_on(self, call: Call, core: Core) -> None:
        core.state = replace(BEGUN, git=replace(GIT, changes=("?? x",)))
        ended = release(call, core, "--bump", "minor", "--yes")
        assert ended.code == errors.DirtyTreeError.exit_code
        assert "was begun as 1.2.0\n" in ended.err

    @pytest.mark.parametrize(
        ("state", "said"),
        [(DONE, "this commit is released already, as 1.2.0"), (BEGUN, "was begun as 1.2.0, and goes on")],
    )
    @pytest.mark.parametrize("verb", ["release", "release.status"])
    def test_is_said(self, call: Call, core: Core, state: State, said: str, verb: str) -> None:
        core.state = state
        yes = ["--yes"] if verb == "release" else []
        ended = release(call, core, "--bump", "minor", "--json", *yes, verb=verb)
        assert ended.code == 0
        assert f"nothing is bumped: {'the release of ' if state is BEGUN else ''}this commit" in ended.err
        assert said in ended.err
        (note,) = ended.document["notes"]
        assert said in note

    @pytest.mark.parametrize(
        ("state", "flags"), [(DONE, []), (DONE, ["--version", "1.2.0"]), (NOTHING, ["--bump", "minor"])]
    )
    def test_is_not_said_where_it_is_not_so(self, call: Call, core: Core, state: State, flags: list[str]) -> None:
        core.state = state
        ended = release(call, core, "--yes", "--json", *flags)
        assert (ended.code, ended.document["notes"]) == (0, [])
        assert "bumped" not in ended.err

    def test_a_pre_release_is_told_what_promotes_it(
        self, call: Call, core: Core, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rc = parse_release("1.2.0-rc.1")
        published = Published(DIGEST, MANIFESTS, "c0ffee", str(rc))
        state = replace(DONE, published=published, tags=frozenset({str(rc)}))
        intent = replace(INTENT, version=rc, git_tag=f"v{rc}")
        monkeypatch.setattr(run, "look", lambda *_, **__: PlannedRelease(intent, state, make(intent, state, "v")))
        for flags in (["--bump", "minor"], ["--pre", "rc"]):
            (note,) = release(call, core, "--yes", "--json", *flags).document["notes"]
            assert "released already, as 1.2.0-rc.1" in note
            assert "--version 1.2.0 promotes this one" in note

    def test_a_release_that_was_there_before_is_not_called_published_now(self, call: Call, core: Core) -> None:
        core.state = DONE
        assert "Published before; nothing was left to do" in release(call, core).err.replace("\n", " ")


@pytest.mark.parametrize(
    ("state", "begun"),
    [
        (NOTHING, False),
        (BEGUN, True),
        (DONE, True),
        (replace(NOTHING, published=DONE.published), True),
        (replace(NOTHING, git=replace(GIT, tag_commit="c0ffee")), True),
        (replace(NOTHING, git=replace(GIT, tag_commit="another")), False),
        (replace(DONE, journal=None), True),
    ],
)
def test_a_commit_begun(state: State, begun: bool) -> None:  # noqa: FBT001 - what is expected
    assert Outlook(INTENT, state).begun is begun


@pytest.mark.parametrize("commit", ["", "another"])
def test_a_commit_that_something_else_was_made_from_is_not_begun(commit: str) -> None:
    assert not Outlook(replace(INTENT, commit=commit), replace(DONE, journal=None)).begun


class TestFullDryRun:
    @pytest.fixture(autouse=True)
    def _rehearsed(self, monkeypatch: pytest.MonkeyPatch, core: Core) -> None:
        def rehearse(world: World, planned: PlannedRelease, _: ReleaseBoard) -> Plan:
            core.pushes.append(world.repository.transport.push)
            return replace(planned.plan, steps=planned.plan.todo[-1:])

        monkeypatch.setattr(run, "rehearse", rehearse)

    def test_says_what_is_left(self, call: Call, core: Core) -> None:
        ended = release(call, core, "--dry-run=full", "--json", "--bump", "minor")
        assert (ended.code, core.carried_out) == (0, 0)
        assert ended.document["dry_run"] is True
        assert [each["step"] for each in ended.document["left"]] == ["latest"]
        assert len(ended.document["steps"]) > 1
        # It asks whether this login may push, as the release would.
        assert core.pushes == [True, True]

    def test_says_where_the_images_are_if_it_built_any(self, call: Call, core: Core) -> None:
        ended = release(call, core, "--dry-run=full", "--bump", "minor")
        assert "nothing was tested or published; the images are in the engine" in ended.err
        core.state = DONE
        ended = release(call, core, "--dry-run=full", "--bump", "minor")
        assert "nothing was tested or published" in ended.err
        assert "the images are in the engine" not in ended.err

    def test_anything_else_is_no_value(self, call: Call, core: Core) -> None:
        ended = release(call, core, "--dry-run=half", "--json")
        assert (ended.code, core.carried_out, core.pushes) == (errors.UsageError.exit_code, 0, [])
        assert "--dry-run=full" in ended.err

    def test_other_verbs_have_none(self, call: Call, core: Core) -> None:
        assert call("build", "--path", str(core.root), "--dry-run=full").code == errors.UsageError.exit_code


class TestFlags:
    def test_those_of_build_check_and_smoke_test_reach_it(self, call: Call, core: Core) -> None:
        flags = ["--platform", "arm64", "--build-arg", "A=1", "--build-target", "final", "--build-provenance"]
        flags += ["--build-builder", "mine", "--build-timeout", "60", "--strict", "--ignore", "label-duplicate=known"]
        flags += ["--smoke-timeout", "5", "--ui", "never", "--allow-engine-socket", "--release-latest=no"]
        assert release(call, core, "--yes", *flags).code == 0
        assert core.settings == Settings(
            image="acme/demo",
            platforms=(REQUIRED[1],),
            build_args=(("A", "1"),),
            build_target="final",
            build_provenance=True,
            build_builder="mine",
            build_timeout=60.0,
            check_strict=True,
            check_ignore=(("label-duplicate", "known"),),
            smoke_timeout=5.0,
            smoke_ui_run=When.NEVER,
            smoke_engine_socket=True,
            release_latest=False,
        )

    @pytest.mark.parametrize("name", ["build", "smoke"])
    def test_a_release_takes_every_setting_that_it_depends_on(self, name: str) -> None:
        parts = {argument.name for argument in namespace[name].get_arguments()} - {"allow_dirty", "image", "build"}
        whole = {argument.name for argument in namespace["release"].get_arguments()}
        # To be looked at, what failed must not be a release.
        assert parts - whole == ({"keep"} if name == "smoke" else set())


class TestReports:
    @pytest.fixture
    def files(self, tmp_path: Path) -> tuple[str, ...]:
        return ("--report", str(tmp_path / "page.html"), "--junit", str(tmp_path / "smoke.xml"))

    @pytest.fixture(params=[Outcome.PASSED, Outcome.FAILED])
    def outcome(self, request: pytest.FixtureRequest, core: Core) -> Outcome:
        """How the smoke test of the release ends."""
        outcome: Outcome = request.param
        probe = ProbeResult("start", outcome, "as seen", 0.5)
        core.results = [SmokeResult(platform, "sha256:aa", platform == REQUIRED[1], (probe,)) for platform in REQUIRED]
        return outcome

    @pytest.fixture
    def full(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A disk that fills up while the release runs."""

        def replace(path: Path, _: Path) -> None:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))

        monkeypatch.setattr(Path, "replace", replace)

    def test_are_written_whether_it_passed_or_not(
        self, call: Call, core: Core, files: tuple[str, ...], outcome: Outcome, tmp_path: Path
    ) -> None:
        ended = release(call, core, "--yes", *files)
        assert ended.code == (0 if outcome is Outcome.PASSED else errors.SmokeFailedError.exit_code)
        page, junit = ((tmp_path / name).read_text(encoding="utf-8") for name in ("page.html", "smoke.xml"))
        for text in ("acme/demo:1.2.0", "c0ffee", "linux/arm64"):
            assert text in page
        assert ("<failure" in junit) == (outcome is Outcome.FAILED)
        assert f"report: {tmp_path / 'page.html'}" in ended.err

    def test_that_there_is_none_is_said(self, call: Call, core: Core, files: tuple[str, ...], tmp_path: Path) -> None:
        core.state = DONE
        ended = release(call, core, "--yes", *files)
        assert (ended.code, list(tmp_path.glob("*.html"))) == (0, [])
        assert "no report: an earlier run of this release did the smoke test" in ended.err

    def test_a_place_that_is_none_is_known_first(self, call: Call, core: Core, tmp_path: Path) -> None:
        ended = release(call, core, "--yes", "--report", str(tmp_path / "none" / "page.html"))
        assert (ended.code, core.carried_out, core.asked) == (errors.UsageError.exit_code, 0, [])

    @pytest.mark.usefixtures("full")
    def test_one_that_cannot_be_written_after_all_hides_nothing(
        self, call: Call, core: Core, files: tuple[str, ...], outcome: Outcome, tmp_path: Path
    ) -> None:
        ended = release(call, core, "--yes", *files)
        assert ended.err.count(f"{tmp_path / 'page.html'} cannot be written: No space left on device") == 1
        if outcome is Outcome.PASSED:
            assert ended.code == errors.FileAccessError.exit_code
            assert ended.out.splitlines()[-1].startswith("acme/demo:1.2.0@sha256:")
        else:
            assert ended.code == errors.SmokeFailedError.exit_code

    def test_a_dry_run_names_them(self, call: Call, core: Core, files: tuple[str, ...], tmp_path: Path) -> None:
        assert f"Would write {tmp_path / 'page.html'}" in release(call, core, "--dry-run", *files).out
        assert not (tmp_path / "page.html").exists()
        core.state = DONE
        assert "Would write" not in release(call, core, "--dry-run", *files).out


class TestResume:
    @pytest.fixture(autouse=True)
    def found(self, core: Core, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, bool]]:
        """Stands in for what finds the release that was begun; commit, version and part that it is asked for."""
        asked: list[tuple[str, str, bool]] = []

        def begun(_: World, commit: str, *, named: str, is_part: bool) -> PlannedRelease:
            asked.append((commit, named, is_part))
            intent = replace(INTENT, is_part=is_part)
            return PlannedRelease(intent, core.state, make(intent, core.state, "v"))

        monkeypatch.setattr(resume, "begun", begun)
        return asked

    def test_goes_on_and_says_as_which_version(
        self, call: Call, core: Core, found: list[tuple[str, str, bool]]
    ) -> None:
        core.state = BEGUN
        ended = release(call, core, "--yes", "--json", verb="release.resume")
        assert (ended.code, core.carried_out, core.asked) == (0, 1, [])
        assert found == [(INTENT.commit, "", False)]
        assert ended.document["reference"] == f"acme/demo:1.2.0@{DIGEST}"
        assert ended.document["notes"] == ["the release of this commit was begun as 1.2.0, and goes on"]

    def test_is_asked_for_as_a_release_is(self, call: Call, core: Core) -> None:
        ended = release(call, core, verb="release.resume")
        assert (ended.code, core.carried_out) == (errors.ConfirmationNeededError.exit_code, 0)

    def test_a_dry_run_changes_nothing(self, call: Call, core: Core) -> None:
        ended = release(call, core, "--dry-run", "--json", verb="release.resume")
        assert (ended.code, core.carried_out, ended.document["dry_run"]) == (0, 0, True)
        assert len(ended.document["steps"]) == 13

    def test_what_is_done_already_is_no_failure(self, call: Call, core: Core) -> None:
        core.state = DONE
        ended = release(call, core, "--json", verb="release.resume")
        assert (ended.code, ended.document["notes"]) == (0, [])

    def test_a_part_goes_on_as_a_part(
        self, call: Call, core: Core, found: list[tuple[str, str, bool]], tmp_path: Path
    ) -> None:
        ended = release(call, core, "--prepare", str(tmp_path / "a.json"), verb="release.resume")
        assert (ended.code, core.prepared, core.carried_out) == (0, 1, 0)
        assert found == [(INTENT.commit, "", True)]

    def test_what_was_prepared_says_the_version(
        self, call: Call, core: Core, found: list[tuple[str, str, bool]], tmp_path: Path
    ) -> None:
        (tmp_path / "all.json").write_text(HANDOVER.text, encoding="utf-8")
        core.state = DONE
        ended = release(call, core, "--yes", "--finish", str(tmp_path), verb="release.resume")
        assert (ended.code, core.carried_out) == (0, 1)
        assert found == [(INTENT.commit, "1.2.0", False)]

    @pytest.mark.parametrize("flag", ["--version", "--bump", "--pre"])
    def test_takes_no_version(self, call: Call, core: Core, flag: str) -> None:
        assert release(call, core, flag, "1.2.0", "--yes", verb="release.resume").code == errors.UsageError.exit_code
        assert core.carried_out == 0

    def test_takes_every_other_flag_of_a_release(self) -> None:
        of_release, of_resume = (
            {argument.name for argument in namespace[name].get_arguments()} for name in ("release", "release.resume")
        )
        version = {"version", "bump", "pre", "from_changelog", "from_commits", "write_changelog"}
        assert of_release - of_resume == version
        assert of_resume <= of_release


@pytest.mark.parametrize(
    "words",
    [
        ("release", "--bump", "minor", "--yes"),
        ("release", "--bump", "minor", "--dry-run"),
        ("release.status", "--bump", "minor"),
    ],
    ids=" ".join,
)
def test_head_is_read_once(core: Core, call: Call, words: tuple[str, ...]) -> None:
    """A commit made while the verb runs is never mixed with the one that it began with."""
    assert call(*words, "--path", str(core.root)).code == 0
    assert core.heads == 1
