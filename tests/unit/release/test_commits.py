from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import HistoryMissingError, NothingToReleaseError, RegistryResponseError, VersionOutsideLineError
from dext_tasks.extension.version import Bump, parse_release
from dext_tasks.formats import html
from dext_tasks.formats.markdown import to_html
from dext_tasks.release.commits import CommitsSince
from dext_tasks.release.version import choose_version
from dext_tasks.tasks.question import FROM_COMMITS, wanted_version
from dext_tasks.tasks.release_text import read
from tests.unit.release.conftest import HEAD, LAGGING

if TYPE_CHECKING:
    from tests.unit.release.conftest import Machine

OTHER = "decaf" + "0" * 35


@pytest.mark.parametrize(
    ("last", "said", "bump"),
    [
        ("1.0.0", ("fix: a",), Bump.PATCH),
        ("1.0.0", ("fix: a", "feat: b", "docs: c"), Bump.MINOR),
        ("1.0.0", ("feat: b", "chore!: a"), Bump.MAJOR),
        ("1.0.0", ("docs: b\n\nBREAKING CHANGE: a", "c"), Bump.MAJOR),
        ("0.3.0", ("feat!: a",), Bump.MINOR),
        ("0.3.0", ("perf: a",), Bump.PATCH),
        ("1.0.0", ('Revert "feat: a"',), Bump.PATCH),
    ],
)
def test_the_greatest_change_decides(machine: Machine, last: str, said: tuple[str, ...], bump: Bump) -> None:
    machine.git_tags = {f"v{last}": OTHER}
    machine.said = said
    asked = CommitsSince(machine.world(), HEAD)
    assert asked(parse_release(last)) is bump
    assert asked.reasons[0].startswith(f"{bump}, for ")
    assert f"since {last}" in asked.reasons[0]


def test_why_is_said(machine: Machine) -> None:
    machine.git_tags = {"v1.0.0": OTHER}
    machine.said = ("feat(ui): a *b* <script>", "ci: c", "fix!: d", "fix: e")
    asked = CommitsSince(machine.world(), HEAD)
    asked(parse_release("1.0.0"))
    assert asked.reasons == [
        "major, for 3 commits since 1.0.0:",
        "  000000000000 feat(ui): a *b* <script>",
        "  000000000000 fix!: d",
        "  000000000000 fix: e",
    ]
    assert asked.notes.split("\n\n") == [
        "### Breaking changes",
        "- d (000000000000)",
        "### Added",
        r"- **ui**: a \*b\* \<script\> (000000000000)",
        "### Fixed",
        "- e (000000000000)",
    ]
    assert html.findings(to_html(asked.notes)) == ()


@pytest.mark.parametrize("said", [(), ("docs: a", "chore: b", "c")])
def test_without_a_reason_nothing_is_released(machine: Machine, said: tuple[str, ...]) -> None:
    machine.git_tags = {"v1.0.0": OTHER}
    machine.said = said
    with pytest.raises(NothingToReleaseError) as raised:
        CommitsSince(machine.world(), HEAD)(parse_release("1.0.0"))
    begin = f"none of {len(said)} commits since 1.0.0" if said else "no commit since 1.0.0"
    assert raised.value.message.startswith(f"{begin} that changes a file of the extension is a reason for a release: ")
    assert raised.value.message.endswith("a commit that touches none of its files does not count")
    assert len(raised.value.detail.splitlines()) == len(said)


def test_many_commits_are_not_all_listed(machine: Machine) -> None:
    machine.git_tags = {"v1.0.0": OTHER}
    machine.said = ("fix: a",) * 30
    asked = CommitsSince(machine.world(), HEAD)
    asked(parse_release("1.0.0"))
    assert (len(asked.reasons), asked.reasons[-1]) == (22, "  and 10 more")


def test_a_version_of_the_registry_alone_is_of_the_commit_that_its_images_name(machine: Machine) -> None:
    machine.publish("1.0.0", OTHER)
    machine.said = ("fix: a",)
    assert CommitsSince(machine.world(), HEAD)(parse_release("1.0.0")) is Bump.PATCH
    machine.missing = (OTHER,)
    with pytest.raises(HistoryMissingError, match="not all in this clone") as raised:
        CommitsSince(machine.world(), HEAD)(parse_release("1.0.0"))
    assert "--unshallow" in raised.value.remedy
    with pytest.raises(HistoryMissingError, match=r"nobody knows of which commit 2\.0\.0 is"):
        CommitsSince(machine.world(), HEAD)(parse_release("2.0.0"))


def test_a_server_that_lags_behind_is_asked_again(machine: Machine) -> None:
    machine.publish("1.0.0", OTHER)
    machine.said = ("fix: a",)
    machine.instead["GET manifests/1.0.0"] = [LAGGING]
    assert CommitsSince(machine.world(), HEAD)(parse_release("1.0.0")) is Bump.PATCH
    machine.denied.add("1.0.0")
    with pytest.raises(RegistryResponseError, match=r"lists localhost:5000/acme/demo:1\.0\.0, and says"):
        CommitsSince(machine.world(), HEAD)(parse_release("1.0.0"))


def test_the_version_that_follows_is_of_the_line(machine: Machine) -> None:
    machine.git_tags = {"v1.0.0": OTHER, "v2.0.0": OTHER}
    machine.said = ("fix: a",)
    machine.configure(release_line="1.0")
    world = machine.world()
    assert str(choose_version(world, HEAD, explicit="", bump=None, ask=CommitsSince(world, HEAD))) == "1.0.1"
    machine.said = ("feat: a",)
    with pytest.raises(VersionOutsideLineError):
        choose_version(world, HEAD, explicit="", bump=None, ask=CommitsSince(world, HEAD))


def test_a_verb_is_told_why(machine: Machine) -> None:
    machine.git_tags = {"v1.0.0": OTHER}
    machine.said = ("fix: a",)
    world = machine.world()
    wanted = read(world, replace(wanted_version("", "", sources=[FROM_COMMITS]), commit=HEAD))
    assert wanted.reasons == []
    assert str(choose_version(world, HEAD, explicit="", bump=None, ask=wanted.ask)) == "1.0.1"
    assert wanted.reasons == ["patch, for 1 commit since 1.0.0:", "  000000000000 fix: a"]
