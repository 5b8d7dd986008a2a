from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from semver import Version

from dext_tasks.errors import (
    AlreadyPublishedError,
    DextError,
    DirtyTreeError,
    GitError,
    VersionInvalidError,
    VersionNotGreaterError,
    VersionOutsideLineError,
)
from dext_tasks.extension.version import as_version, parse_release
from dext_tasks.extension.version_line import VersionLine
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.release.journal import Journal
from dext_tasks.release.journal import Tested as Passed  # pytest takes a name that begins with Test for a test
from dext_tasks.release.plan import Plan, make
from dext_tasks.release.state import GitState, Intent, Published, State
from dext_tasks.release.steps import STEPS
from dext_tasks.release.steps.step import StepStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

AMD64, ARM64 = REQUIRED
IMAGE = Reference.parse("ghcr.io/acme/demo")
HEAD, OTHER = "c0ffee" + "0" * 34, "decaf" + "0" * 35
V = Version.parse("1.2.0")


def digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


OURS, THEIRS = digest("our index"), digest("their index")
IDS = {platform: digest(f"image {platform}") for platform in REQUIRED}
MANIFESTS = {platform: digest(f"manifest {platform}") for platform in REQUIRED}
ALIEN = {platform: digest(f"alien {platform}") for platform in REQUIRED}
GIT = GitState(changes=(), tags={}, tag_commit="", has_remote=True, remote_tag_commit="")
TAGGED = replace(GIT, tags={"v1.2.0": HEAD}, tag_commit=HEAD)
PUSHED = replace(TAGGED, remote_tag_commit=HEAD, remote_tags={"v1.2.0": HEAD})

TESTED = Journal("1.2.0", IMAGE.name, HEAD, {platform: Passed(IDS[platform]) for platform in REQUIRED})
ONE_PUSHED = TESTED.with_manifest(AMD64, MANIFESTS[AMD64])
BOTH_PUSHED = ONE_PUSHED.with_manifest(ARM64, MANIFESTS[ARM64])
VERIFIED = replace(BOTH_PUSHED, index=OURS)
REFUSED = replace(VERIFIED, refused={"latest": "403 Forbidden"})
BUILT = frozenset(REQUIRED)

MINE = Published(OURS, MANIFESTS, HEAD, "1.2.0")
FOREIGN = Published(THEIRS, ALIEN, OTHER, "1.2.0")


def intent(
    version: str = "1.2.0", platforms: tuple[Platform, ...] = REQUIRED, *, commit: str = HEAD, latest: bool = True
) -> Intent:
    return Intent(IMAGE, Version.parse(version), commit, platforms, f"v{version}", "origin", latest)


def state(  # noqa: PLR0913 - all that is observed
    *,
    tags: tuple[str, ...] = (),
    published: Published | None = None,
    latest: str = "",
    git: GitState = GIT,
    journal: Journal | None = None,
    built: frozenset[Platform] = frozenset(),
    staged: Mapping[Platform, str] | None = None,
) -> State:
    there = {*tags, *(("1.2.0",) if published else ()), *(("latest",) if latest else ())}
    return State(frozenset(there), published, {"latest": latest}, git, journal, built, staged or {})


# A signature only comes where it is asked for: see test_sign.
TITLES = tuple(step.title for step in STEPS if step.title != "sign")
_LETTERS = {StepStatus.TODO: "T", StepStatus.DONE: "d", StepStatus.SKIPPED: "-", StepStatus.BROKEN: "b"}


def pattern(plan: Plan) -> str:
    """One letter a step, one word a title; claims have a file of tests of their own."""
    return " ".join(
        "".join(_LETTERS[step.status] for step in plan.steps if step.title == title)
        for title in TITLES
        if title != "claim"
    )


@dataclass(frozen=True)
class Row:
    """A state, the statuses of all steps, and what stands in the way.

    The words of the pattern are: build (one letter a platform), check, smoke, push, index, verify, git tag,
    git push, latest. T: to do, d: done, -: skipped, b: broken.
    """

    name: str
    state: State
    pattern: str
    obstacles: tuple[type[DextError], ...] = ()
    intent: Intent = field(default_factory=intent)


# fmt: off
MATRIX = [
    #                                                           bld c smk psh i v g p l
    Row("nothing there", state(),                               "TT T TT TT T T T T T"),
    Row("first of many", state(tags=("1.1.9", "0.9.0")),        "TT T TT TT T T T T T"),
    # Where an earlier run stopped.
    Row("tested, in the engine", state(journal=TESTED, built=BUILT),
                                                                "dd d dd TT T T T T T"),
    Row("tested, gone from the engine", state(journal=TESTED),  "TT T TT TT T T T T T"),
    Row("tested, one rebuilt since", state(journal=TESTED, built=frozenset({AMD64})),
                                                                "TT T TT TT T T T T T"),
    Row("one staged", state(journal=TESTED, built=BUILT, staged={AMD64: MANIFESTS[AMD64]}),
                                                                "dd d dd dT T T T T T"),
    Row("the other staged", state(journal=ONE_PUSHED, built=BUILT, staged={ARM64: MANIFESTS[ARM64]}),
                                                                "dd d dd Td T T T T T"),
    Row("one staged and gone from the engine",
        state(journal=TESTED, built=frozenset({ARM64}), staged={AMD64: MANIFESTS[AMD64]}),
                                                                "dd d dd dT T T T T T"),
    Row("both staged", state(journal=BOTH_PUSHED, staged=MANIFESTS),
                                                                "dd d dd dd T T T T T"),
    Row("written down as pushed, gone from the registry", state(journal=BOTH_PUSHED, built=BUILT),
                                                                "dd d dd TT T T T T T"),
    Row("a journal of other platforms",
        state(journal=replace(TESTED, tested={AMD64: Passed(IDS[AMD64])}), built=frozenset({AMD64})),
                                                                "TT T TT TT T T T T T"),
    Row("an empty journal", state(journal=replace(TESTED, tested={})),
                                                                "TT T TT TT T T T T T"),
    # Published by this release.
    Row("published, with journal", state(published=MINE, journal=BOTH_PUSHED),
                                                                "dd d dd dd d d T T T"),
    Row("published, verified", state(published=MINE, journal=VERIFIED),
                                                                "dd d dd dd d d T T T"),
    Row("published, journal lost, recognised by the labels", state(published=MINE),
                                                                "dd d dd dd d d T T T"),
    Row("published, journal without digests", state(published=MINE, journal=TESTED, built=BUILT),
                                                                "dd d dd dd d d T T T"),
    Row("published, and a platform is gone from the registry",
        state(published=replace(MINE, faults=("linux/arm64: gone",)), journal=VERIFIED),
                                                                "dd d dd dd d b T T T", (AlreadyPublishedError,)),
    Row("published, git tag here", state(published=MINE, journal=VERIFIED, git=TAGGED),
                                                                "dd d dd dd d d d T T"),
    Row("published, git tag there", state(published=MINE, git=PUSHED),
                                                                "dd d dd dd d d d d T"),
    Row("published, git tag there and not here", state(published=MINE, git=replace(GIT, remote_tag_commit=HEAD)),
                                                                "dd d dd dd d d d d T"),
    Row("done", state(published=MINE, latest=OURS, git=PUSHED, journal=VERIFIED),
                                                                "dd d dd dd d d d d d"),
    Row("done, journal lost", state(published=MINE, latest=OURS, git=PUSHED),
                                                                "dd d dd dd d d d d d"),
    # Published by somebody else: refused, whatever else is there (R1).
    Row("published elsewhere", state(published=FOREIGN),        "TT T TT TT T T T T T", (AlreadyPublishedError,)),
    Row("published elsewhere, tested here", state(published=FOREIGN, journal=TESTED, built=BUILT),
                                                                "dd d dd TT T T T T T", (AlreadyPublishedError,)),
    Row("published elsewhere, staged here", state(published=FOREIGN, journal=BOTH_PUSHED, staged=MANIFESTS),
                                                                "dd d dd dd T T T T T", (AlreadyPublishedError,)),
    Row("published elsewhere from this commit, staged here",
        state(published=replace(MINE, digest=THEIRS, manifests=ALIEN), journal=BOTH_PUSHED, staged=MANIFESTS),
                                                                "dd d dd dd T T T T T", (AlreadyPublishedError,)),
    Row("published from this commit as another version", state(published=replace(MINE, version="1.1.0")),
                                                                "TT T TT TT T T T T T", (AlreadyPublishedError,)),
    Row("published without labels", state(published=replace(MINE, revision="", version="")),
                                                                "TT T TT TT T T T T T", (AlreadyPublishedError,)),
    # An index that misses a platform, or has one too many, is not ours, whatever it says (R2).
    Row("published with one platform", state(published=replace(MINE, manifests={AMD64: MANIFESTS[AMD64]})),
                                                                "TT T TT TT T T T T T", (AlreadyPublishedError,)),
    Row("published with one platform, with journal",
        state(published=replace(MINE, manifests={AMD64: MANIFESTS[AMD64]}), journal=VERIFIED),
                                                                "TT T TT TT T T T T T", (AlreadyPublishedError,)),
    Row("published with three platforms",
        state(published=replace(MINE, manifests={**MANIFESTS, Platform("linux", "arm"): digest("arm")})),
                                                                "TT T TT TT T T T T T", (AlreadyPublishedError,)),
    Row("published with none", state(published=replace(MINE, manifests={})),
                                                                "TT T TT TT T T T T T", (AlreadyPublishedError,)),
    # Git.
    Row("dirty", state(git=replace(GIT, changes=("?? new", " M old"))),
                                                                "TT T TT TT T T T T T", (DirtyTreeError,)),
    Row("no commit", state(git=GitState((), {}, "", has_remote=False, remote_tag_commit="")),
                                                                "TT T TT TT T T T - T", (DirtyTreeError,),
        intent(commit="")),
    Row("no commit, published with empty labels",
        state(published=replace(MINE, revision="")),
                                                                "TT T TT TT T T T T T",
        (DirtyTreeError, AlreadyPublishedError), intent(commit="")),
    Row("no remote", state(git=replace(GIT, has_remote=False)), "TT T TT TT T T T - T"),
    Row("git tag here already", state(git=TAGGED),              "TT T TT TT T T d T T"),
    Row("git tag there already", state(git=PUSHED),             "TT T TT TT T T d d T"),
    Row("git tag elsewhere", state(git=replace(TAGGED, tag_commit=OTHER)),
                                                                "TT T TT TT T T T T T", (GitError,)),
    Row("git tag elsewhere on the remote", state(git=replace(TAGGED, remote_tag_commit=OTHER)),
                                                                "TT T TT TT T T d T T", (GitError,)),
    Row("git tag elsewhere twice", state(git=replace(TAGGED, tag_commit=OTHER, remote_tag_commit=OTHER)),
                                                                "TT T TT TT T T T T T", (GitError,)),
    Row("git tag elsewhere here alone, right on the remote",
        state(git=replace(TAGGED, tag_commit=OTHER, remote_tag_commit=HEAD)),
                                                                "TT T TT TT T T d d T"),
    Row("dirty, published elsewhere, tagged elsewhere",
        state(published=FOREIGN, git=replace(TAGGED, changes=("x",), tag_commit=OTHER)),
                                                                "TT T TT TT T T T T T",
        (DirtyTreeError, AlreadyPublishedError, GitError)),
    # Versions.
    Row("not greater than the registry's", state(tags=("1.2.1",)),
                                                                "TT T TT TT T T T T -", (VersionNotGreaterError,)),
    Row("not greater than git's", state(git=replace(GIT, tags={"v2.0.0": OTHER})),
                                                                "TT T TT TT T T T T T", (VersionNotGreaterError,)),
    Row("not greater than the git remote's", state(git=replace(GIT, remote_tags={"v3.0.0": OTHER})),
                                                                "TT T TT TT T T T T T", (VersionNotGreaterError,)),
    Row("a git tag of another prefix is not a version",
        state(git=replace(GIT, tags={"2.0.0": OTHER}, remote_tags={"web-v3.0.0": OTHER})),
                                                                "TT T TT TT T T T T T"),
    Row("what is not a version is not greater", state(tags=("main", "v9.0.0", "99", "staging-abc")),
                                                                "TT T TT TT T T T T T"),
    Row("greater than its own pre-release", state(tags=("1.2.0-rc.1",)),
                                                                "TT T TT TT T T T T T"),
    Row("not greater than the next one's pre-release", state(tags=("1.3.0-rc.1",)),
                                                                "TT T TT TT T T T T T", (VersionNotGreaterError,)),
    # latest.
    Row("latest is another", state(published=MINE, latest=THEIRS, git=PUSHED, tags=("1.1.0",)),
                                                                "dd d dd dd d d d d T"),
    Row("latest is off", state(), "TT T TT TT T T T T -", intent=intent(latest=False)),
    Row("a pre-release", state(),                               "TT T TT TT T T T T -", intent=intent("1.2.0-rc.1")),
    Row("a pre-release is the greatest", state(tags=("1.1.0",)),
                                                                "TT T TT TT T T T T -", intent=intent("2.0.0-rc.1")),
    Row("latest was refused to a run before", state(published=MINE, latest=THEIRS, git=PUSHED, journal=REFUSED),
                                                                "dd d dd dd d d d d T"),
    Row("latest is said to be immutable, before anything is done",
        replace(state(latest=THEIRS), latest_is_kept=True),     "TT T TT TT T T T T -"),
    Row("latest was refused and is there", state(published=MINE, latest=OURS, git=PUSHED, journal=REFUSED),
                                                                "dd d dd dd d d d d d"),
    Row("a backport that is published", state(published=MINE, git=PUSHED, tags=("1.3.0",), latest=THEIRS),
                                                                "dd d dd dd d d d d -"),
    Row("only a pre-release is greater", state(published=MINE, git=PUSHED, tags=("1.3.0-rc.1",)),
                                                                "dd d dd dd d d d d T"),
    # Other platforms.
    Row("one platform", state(),                                "T T T T T T T T T", intent=intent(platforms=(ARM64,))),
]
# fmt: on


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: row.name)
def test_matrix(row: Row) -> None:
    plan = make(row.intent, row.state, "v")
    assert pattern(plan) == row.pattern
    assert tuple(type(each) for each in plan.obstacles) == row.obstacles


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: row.name)
def test_every_step_says_why_in_one_line(row: Row) -> None:
    for step in make(row.intent, row.state, "v").steps:
        assert step.reason
        assert "\n" not in step.reason + step.subject


@pytest.mark.parametrize("row", [row for row in MATRIX if row.obstacles], ids=lambda row: row.name)
def test_an_obstacle_is_one_line_and_says_what_to_do(row: Row) -> None:
    plan = make(row.intent, row.state, "v")
    for obstacle in plan.obstacles:
        assert "\n" not in obstacle.message
        assert obstacle.remedy
    with pytest.raises(row.obstacles[0]):
        plan.require_clear()


@pytest.mark.parametrize(
    ("wanted", "seen", "reason"),
    [
        (intent("1.2.0-rc.1"), state(), "1.2.0-rc.1 is a pre-release"),
        (intent("1.2.0-rc.1"), state(tags=("1.1.0",)), "1.2.0-rc.1 is a pre-release"),
        (intent(), state(tags=("1.3.0",)), "1.3.0 is greater"),
        (intent(latest=False), state(), "switched off by release.latest"),
    ],
)
def test_latest_is_left_alone_for_a_reason(wanted: Intent, seen: State, reason: str) -> None:
    assert make(wanted, seen, "v").steps[-1].reason == reason


def test_what_a_run_was_just_refused_is_not_left_to_do() -> None:
    seen = state(published=MINE, latest=THEIRS, git=PUSHED, journal=REFUSED)
    # What the run before was refused, the next one tries again, and does not say the contrary.
    assert [" the next one tries again: " in note for note in make(intent(), seen, "v").notes] == [True]
    plan = make(intent(), seen, "v", has_tried=True)
    assert [" is not moved to " in note for note in plan.notes] == [True]
    assert plan.todo == ()
    assert plan.steps[-1].reason.startswith("the registry does not let it be moved: ")


@pytest.mark.parametrize(
    ("wanted", "seen", "said"),
    [
        (intent(), state(), 0),
        (intent(), replace(state(tags=("1.1.0",)), newest=parse_release("1.1.0")), 0),
        (intent(), replace(state(), newest=parse_release("1.1.0"), newest_faults=("linux/arm64: gone",)), 1),
        (intent(), state(published=MINE, latest=THEIRS, git=PUSHED, journal=REFUSED), 1),
        (intent(), state(published=MINE, latest=OURS, git=PUSHED, journal=REFUSED), 0),
        (intent(latest=False), state(published=MINE, latest=THEIRS, git=PUSHED, journal=REFUSED), 0),
        (intent(), replace(state(latest=THEIRS), latest_is_kept=True), 1),
        (intent("1.2.0-rc.1"), replace(state(latest=THEIRS), latest_is_kept=True), 0),
        (intent(), state(published=MINE, latest=THEIRS, git=PUSHED, journal=REFUSED, tags=("1.3.0",)), 0),
        (
            intent(),
            replace(
                state(published=MINE, latest=THEIRS, git=PUSHED, journal=REFUSED),
                newest=parse_release("1.1.0"),
                newest_faults=("gone",),
            ),
            2,
        ),
    ],
)
def test_notes_stop_nothing(wanted: Intent, seen: State, said: int) -> None:
    plan = make(wanted, seen, "v")
    assert (len(plan.notes), plan.obstacles) == (said, ())
    assert all("\n" not in note for note in plan.notes)


@pytest.mark.parametrize(
    ("version", "here", "there", "promoted"),
    [
        ("1.2.0", {"v1.2.0-rc.1": HEAD, "v1.2.0-rc.2": HEAD}, {}, "1.2.0-rc.2"),
        ("1.2.0", {}, {"v1.2.0-rc.1": HEAD}, "1.2.0-rc.1"),
        ("1.2.0", {"v1.2.0-rc.1": OTHER, "v1.1.0-rc.1": HEAD, "1.2.0-rc.1": HEAD}, {}, ""),
        ("1.2.0-rc.2", {"v1.2.0-rc.1": HEAD}, {}, ""),
    ],
)
def test_a_promoted_pre_release_is_built_anew_and_that_is_said(
    version: str, here: dict[str, str], there: dict[str, str], promoted: str
) -> None:
    notes = make(intent(version), state(git=replace(GIT, tags=here, remote_tags=there)), "v").notes
    told = [note for note in notes if "built and tested anew" in note]
    assert [f"the same commit as {promoted}," in note for note in told] == ([True] if promoted else [])


@pytest.mark.parametrize(
    ("line", "ignored", "tags", "error"),
    [
        ("", (), ("2.0.0",), VersionNotGreaterError),
        ("1.2", (), ("2.0.0",), None),
        ("1", (), ("2.0.0", "1.3.0"), VersionNotGreaterError),
        ("2", (), (), VersionOutsideLineError),
        ("", ("2.*",), ("2.0.0",), None),
        ("", ("1.2.*",), (), VersionInvalidError),
    ],
)
def test_a_version_has_to_be_the_next_of_its_line(
    line: str, ignored: tuple[str, ...], tags: tuple[str, ...], error: type[DextError] | None
) -> None:
    wanted = replace(intent(), line=VersionLine.parse(line) if line else None, ignored=ignored)
    for seen in (state(tags=tags), state(git=replace(GIT, tags={f"v{tag}": OTHER for tag in tags}))):
        assert [type(each) for each in make(wanted, seen, "v").obstacles] == ([error] if error else [])
    # What is published stays as it is.
    assert make(wanted, state(tags=tags, published=MINE, git=PUSHED), "v").obstacles == ()


ONE_TESTED = replace(TESTED, tested={AMD64: Passed(IDS[AMD64])})


class TestChangedSinceItWasBegun:
    """What a resumed release does not take from the begun one is said."""

    @pytest.mark.parametrize(
        ("published", "then"),
        [(None, "every platform is built and tested anew"), (MINE, "a published version stays as it is")],
    )
    def test_settings_of_the_build(self, published: Published | None, then: str) -> None:
        seen = state(published=published, latest=OURS, git=PUSHED if published else GIT, journal=VERIFIED)
        assert make(intent(), seen, "v").notes == ()
        (note,) = make(intent(), replace(seen, build_changed=True), "v").notes
        assert "build.args" in note
        assert note.endswith(f"are not those that 1.2.0 was begun with: {then}")

    @pytest.mark.parametrize(
        ("platforms", "journal", "was", "now"),
        [
            (REQUIRED, ONE_TESTED, "linux/amd64", "linux/amd64, linux/arm64"),
            ((ARM64,), TESTED, "linux/amd64, linux/arm64", "linux/arm64"),
        ],
    )
    def test_platforms(self, platforms: tuple[Platform, ...], journal: Journal, was: str, now: str) -> None:
        (note,) = make(intent(platforms=platforms), state(journal=journal, built=BUILT), "v").notes
        assert note == (
            f"1.2.0 was begun for {was}, and is now configured for {now}: every platform is built and tested anew"
        )

    @pytest.mark.parametrize(
        ("platforms", "there", "flags"),
        [
            (REQUIRED, (ARM64,), "with --platform linux/arm64 to"),
            ((AMD64,), REQUIRED, "with --platform linux/amd64 --platform linux/arm64 to"),
        ],
    )
    @pytest.mark.parametrize("journal", [None, VERIFIED])
    def test_platforms_of_what_is_published(
        self,
        *,
        platforms: tuple[Platform, ...],
        there: tuple[Platform, ...],
        flags: str,
        journal: Journal | None,
    ) -> None:
        published = replace(MINE, manifests={platform: MANIFESTS[platform] for platform in there})
        plan = make(intent(platforms=platforms), state(published=published, journal=journal), "v")
        (found,) = plan.obstacles
        assert isinstance(found, AlreadyPublishedError)
        assert f"from this commit for {', '.join(map(str, there))}, as {OURS};" in found.message
        assert found.message.endswith(f"is configured for {', '.join(map(str, platforms))}")
        assert flags in found.remedy
        assert plan.notes == ()


def test_a_plan_without_obstacles_is_clear() -> None:
    make(intent(), state(), "v").require_clear()


class TestAlreadyPublished:
    """R1: a refusal names what is there and what this release has."""

    def obstacle(self, seen: State) -> str:
        (found,) = make(intent(), seen, "v").obstacles
        return found.message

    def test_names_both_indexes(self) -> None:
        message = self.obstacle(state(published=FOREIGN, journal=VERIFIED))
        assert f"ghcr.io/acme/demo:1.2.0 is already published as {THEIRS}" in message
        assert OURS in message

    @pytest.mark.parametrize("journal", [BOTH_PUSHED, ONE_PUSHED])
    def test_names_what_was_pushed_where_there_is_no_index_yet(self, journal: Journal) -> None:
        message = self.obstacle(state(published=FOREIGN, journal=journal))
        assert THEIRS in message
        assert MANIFESTS[AMD64] in message

    def test_names_what_was_tested_where_nothing_was_pushed(self) -> None:
        message = self.obstacle(state(published=FOREIGN, journal=TESTED))
        assert THEIRS in message
        assert IDS[AMD64] in message
        assert IDS[ARM64] in message

    def test_names_both_commits_where_nothing_is_known(self) -> None:
        message = self.obstacle(state(published=FOREIGN))
        assert OTHER in message
        assert HEAD in message

    def test_names_the_platforms_that_are_there(self) -> None:
        message = self.obstacle(state(published=replace(FOREIGN, manifests={ARM64: ALIEN[ARM64]})))
        assert "linux/arm64" in message
        assert "linux/amd64" not in message


def test_a_login_in_the_name_of_a_remote_is_not_shown() -> None:
    named = replace(intent(), remote="https://me:sesame-7f3a@host/x.git")
    reasons = [step.reason for step in make(named, state(git=replace(GIT, has_remote=False)), "v").steps]
    assert "there is no remote 'https://***@host/x.git'; the tag stays local" in reasons
    assert "sesame" not in str(reasons)


def test_a_dirty_tree_lists_what_is_dirty() -> None:
    (one,) = make(intent(), state(git=replace(GIT, changes=("?? new",))), "v").obstacles
    (two,) = make(intent(), state(git=replace(GIT, changes=("?? new", " M old"))), "v").obstacles
    assert one.message == "1 file is not committed"
    assert (two.message, two.detail) == ("2 files are not committed", "?? new\n M old")


def test_versions_that_are_tagged_elsewhere_than_on_the_remote_are_told() -> None:
    here = {"v1.0.0": HEAD, "v1.1.0": HEAD, "next": HEAD, "web-v1.0.0": HEAD, "v1.1.1": HEAD}
    there = {"v1.0.0": OTHER, "v1.1.0": HEAD, "next": OTHER, "web-v1.0.0": OTHER, "v1.1.2": OTHER}
    (note,) = make(intent(), state(git=replace(GIT, tags=here, remote_tags=there)), "v").notes
    assert note == (
        "git tag v1.0.0 stands for c0ffee000000 here and for decaf0000000 on origin, which counts; "
        "git fetch origin +refs/tags/v1.0.0:refs/tags/v1.0.0 makes both the same"
    )


def test_the_last_version_decides_what_is_greater() -> None:
    seen = state(tags=("1.3.0", "1.10.0", "0.1.0"), git=replace(GIT, tags={"v1.9.0": OTHER}))
    (obstacle,) = make(intent(), seen, "v").obstacles
    assert "1.10.0" in obstacle.message


# Properties of any plan.

_versions = st.builds(
    lambda major, minor, patch, pre: str(Version(major, minor, patch, pre)),
    *(st.integers(0, 3) for _ in range(3)),
    st.none() | st.sampled_from(["rc.1", "beta", "0"]),
)
_digests = st.binary(max_size=2).map(lambda seed: f"sha256:{hashlib.sha256(seed).hexdigest()}")
_commits = st.sampled_from(["", HEAD, OTHER])
_per_platform = st.dictionaries(st.sampled_from([*REQUIRED, Platform("linux", "s390x")]), _digests, max_size=3)
_tags = st.dictionaries(_versions.map("v{}".format), st.sampled_from([HEAD, OTHER]), max_size=3)
_git = st.builds(
    GitState,
    changes=st.sampled_from([(), ("?? x",)]),
    tags=_tags,
    tag_commit=_commits,
    has_remote=st.booleans(),
    remote_tag_commit=_commits,
    remote_tags=_tags,
)
_journals = st.builds(
    Journal,
    version=_versions,
    image=st.just(IMAGE.name),
    commit=_commits,
    tested=st.dictionaries(
        st.sampled_from(REQUIRED), st.builds(Passed, image=_digests, manifest=st.just("") | _digests), max_size=2
    ),
    index=st.just("") | _digests,
)
_states = st.builds(
    State,
    tags=st.frozensets(_versions | st.sampled_from(["latest", "staging-abc", "main"]), max_size=5),
    published=st.sampled_from([None, MINE, FOREIGN])
    | st.builds(Published, digest=_digests, manifests=_per_platform, revision=_commits, version=_versions),
    moving=st.fixed_dictionaries({"latest": st.just("") | _digests}),
    git=_git,
    journal=st.sampled_from([None, TESTED, ONE_PUSHED, BOTH_PUSHED, VERIFIED]) | _journals,
    built=st.frozensets(st.sampled_from(REQUIRED)),
    staged=st.just(MANIFESTS) | _per_platform,
)
_intents = st.builds(
    lambda version, platforms, commit, latest: intent(version, tuple(platforms), commit=commit, latest=latest),
    st.just("1.2.0") | _versions,
    st.just(list(REQUIRED)) | st.lists(st.sampled_from(REQUIRED), min_size=1, unique=True),
    st.just(HEAD) | _commits,
    st.booleans(),
)


def statuses(plan: Plan, title: str) -> set[StepStatus]:
    return {step.status for step in plan.steps if step.title == title}


@given(_intents, _states)
def test_the_same_input_gives_the_same_plan(wanted: Intent, seen: State) -> None:
    first, second = make(wanted, seen, "v"), make(wanted, seen, "v")
    assert first.steps == second.steps
    assert [str(each) for each in first.obstacles] == [str(each) for each in second.obstacles]


@given(_intents, _states)
def test_every_step_comes_in_the_same_order_once_a_platform(wanted: Intent, seen: State) -> None:
    titles = [step.title for step in make(wanted, seen, "v").steps]
    per_platform = {"build", "smoke", "push"}
    assert titles == [title for title in TITLES for _ in (wanted.platforms if title in per_platform else (None,))]


@given(_intents, _states)
def test_latest_never_moves_to_a_pre_release_or_backwards(wanted: Intent, seen: State) -> None:
    plan = make(wanted, seen, "v")
    versions = [version for tag in seen.tags if (version := as_version(tag)) and not version.prerelease]
    if wanted.version.prerelease or any(version > wanted.version for version in versions) or not wanted.move_latest:
        assert statuses(plan, "latest") == {StepStatus.SKIPPED}


@given(_intents, _states)
def test_nothing_is_published_over_what_is_published(wanted: Intent, seen: State) -> None:
    plan = make(wanted, seen, "v")
    if seen.published:
        ours = statuses(plan, "index") == {StepStatus.DONE}
        assert ours or any(isinstance(each, AlreadyPublishedError) for each in plan.obstacles)
        assert not (ours and any(isinstance(each, AlreadyPublishedError) for each in plan.obstacles))
    else:
        assert statuses(plan, "index") == {StepStatus.TODO}


@given(_intents, _states)
def test_ours_is_only_what_has_exactly_the_platforms(wanted: Intent, seen: State) -> None:
    if statuses(make(wanted, seen, "v"), "index") == {StepStatus.DONE}:
        assert seen.published is not None
        assert set(seen.published.manifests) == set(wanted.platforms)


@given(_intents, _states)
def test_what_was_tested_is_kept_or_made_anew_as_a_whole(wanted: Intent, seen: State) -> None:
    plan = make(wanted, seen, "v")
    made = [statuses(plan, title) for title in ("build", "check", "smoke")]
    assert made in ([{StepStatus.TODO}] * 3, [{StepStatus.DONE}] * 3)
    if made[0] == {StepStatus.TODO}:
        assert statuses(plan, "push") == {StepStatus.TODO}


@given(_intents, _states)
def test_a_git_tag_is_never_moved(wanted: Intent, seen: State) -> None:
    plan = make(wanted, seen, "v")
    counts = seen.git.remote_tag_commit or seen.git.tag_commit
    if counts and counts != wanted.commit:
        assert any(isinstance(each, GitError) for each in plan.obstacles)


@given(_intents, _states)
def test_a_release_is_of_a_clean_commit(wanted: Intent, seen: State) -> None:
    if not wanted.commit or seen.git.changes:
        assert isinstance(make(wanted, seen, "v").obstacles[0], DirtyTreeError)


@pytest.mark.parametrize(("platforms", "counted"), [(REQUIRED, "2 platforms"), ((AMD64,), "1 platform")])
def test_platforms_are_counted_in_english(platforms: tuple[Platform, ...], counted: str) -> None:
    manifests = {platform: MANIFESTS[platform] for platform in platforms}
    theirs = Published(OURS, manifests, HEAD, "1.2.0")
    wanted = intent(platforms=platforms)
    fresh = {step.title: step.reason for step in make(wanted, state(), "v1.2.0").steps}
    again = {step.title: step.reason for step in make(wanted, state(published=theirs), "v1.2.0").steps}
    assert fresh["index"] == f"one index of {counted}"
    assert again["verify"] == f"read back with {counted}"
