"""What later steps need is asked before the first of them; see conftest for the world."""

from __future__ import annotations

from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks.catalogue import RULES
from dext_tasks.checks.report import Report
from dext_tasks.checks.rule import Finding, Severity
from dext_tasks.errors import (
    ChangelogError,
    ChecksFailedError,
    DextError,
    GitError,
    GrantMissingError,
    LoginMissingError,
    PreflightError,
    RegistryResponseError,
    RegistryUnreachableError,
)
from dext_tasks.release.run import carry_out
from dext_tasks.sources.facts import Place

if TYPE_CHECKING:
    from tests.unit.release.conftest import Machine

VERSION = "0.1.0"
QUESTIONS = ["committer", "tag v0.1.0", "push v0.1.0 to origin", "push to the registry"]
TREE = "source tree"

LOGIN = "docker's own login"


def missing(what: str) -> PreflightError:
    return PreflightError(f"{what} is missing", remedy=f"bring {what}", detail="as git says")


def refused(machine: Machine, *, kind: type[DextError] = PreflightError) -> DextError:
    with pytest.raises(kind) as caught:
        machine.release()
    return caught.value


def told(machine: Machine) -> set[str]:
    """What was asked, each once."""
    assert len(machine.asked) == len({*machine.asked})
    return {*machine.asked}


def test_a_journal_that_cannot_be_replaced_is_told_before_the_build(machine: Machine) -> None:
    (machine.journals.folder / f"{VERSION}.json").mkdir(parents=True)
    assert f"{VERSION}.json is a folder" in refused(machine).message
    assert machine.uploads == 0
    assert machine.contexts == []


class TestAsked:
    def test_all_of_it_before_anything_is_done(self, machine: Machine) -> None:
        asked: list[str] = []
        machine.hooks["before build linux/amd64"] = lambda: asked.extend(machine.asked)
        machine.release()
        assert asked == machine.asked
        assert told(machine) == {*QUESTIONS, TREE}
        assert machine.asked[-1] == TREE
        assert machine.uploads == 0

    def test_each_while_the_others_are_under_way(self, machine: Machine) -> None:
        together = Barrier(3, timeout=60)
        for question in ("committer", "push v0.1.0 to origin", "push to the registry"):
            machine.hooks[f"asked {question}"] = together.wait
        machine.release()
        assert told(machine) == {*QUESTIONS, TREE}

    def test_a_key_where_tags_are_signed(self, machine: Machine) -> None:
        machine.signs_tags = True
        machine.release()
        assert told(machine) == {"signature", *QUESTIONS, TREE}

    def test_docker_where_the_login_is_in_the_environment_alone(self, machine: Machine) -> None:
        machine.is_login_given = True
        machine.release()
        assert told(machine) == {LOGIN, *QUESTIONS, TREE}

    def test_nothing_of_a_remote_that_is_not_there(self, machine: Machine) -> None:
        machine.remotes = ()
        machine.release()
        assert told(machine) == {"committer", "tag v0.1.0", "push to the registry", TREE}

    def test_nothing_where_everything_is_done(self, machine: Machine) -> None:
        machine.release()
        machine.asked.clear()
        machine.release()
        assert machine.asked == []

    @pytest.mark.parametrize(
        ("boundary", "asked"),
        [
            ("before push linux/amd64", QUESTIONS),
            ("after index 0.1.0", QUESTIONS),
            ("after git tag v0.1.0", QUESTIONS[2:]),
            ("after git push v0.1.0", QUESTIONS[3:]),
            ("after index latest", []),
        ],
    )
    def test_only_what_the_rest_needs(self, machine: Machine, boundary: str, asked: list[str]) -> None:
        machine.stop_at(boundary)
        with pytest.raises(Exception, match=boundary):
            machine.release()
        machine.asked.clear()
        machine.release()
        assert told(machine) == {*asked}

    def test_a_look_asks_nothing(self, machine: Machine) -> None:
        machine.look()
        assert machine.asked == []

    def test_nothing_where_an_obstacle_is_known(self, machine: Machine) -> None:
        machine.changes = ("?? x",)
        with pytest.raises(DextError, match="not committed"):
            machine.release()
        assert machine.asked == []


class TestSourceTree:
    """What its files decide is not found out by a build."""

    def test_an_error_in_it_ends_the_release_before_the_build(self, machine: Machine) -> None:
        rule = next(rule for rule in RULES if rule.severity is Severity.ERROR)
        found = Finding(rule, "source tree", "it is wrong", Place())
        machine.source_report = Report((found,), (), answered=1, sources=1)
        world, planned = machine.look()
        silent = machine.silent()
        with pytest.raises(ChecksFailedError):
            carry_out(world, planned, silent)
        assert (machine.events, silent.steps, silent.said) == ([], [], ["1 answered"])

    def test_what_is_no_error_is_told_once_with_the_rest(self, machine: Machine) -> None:
        rule = next(rule for rule in RULES if rule.severity is Severity.WARNING)
        machine.source_report = Report((Finding(rule, "source tree", "hm", Place()),), (), answered=1, sources=1)
        world, planned = machine.look()
        silent = machine.silent()
        carry_out(world, planned, silent)
        assert silent.said.count("1 answered") == 1

    def test_what_is_built_already_is_not_asked_again(self, machine: Machine) -> None:
        machine.stop_at("after journal tested")
        with pytest.raises(Exception, match="journal tested"):
            machine.release()
        machine.asked.clear()
        machine.release()
        assert TREE not in machine.asked


class TestMissing:
    @pytest.mark.parametrize("question", [*QUESTIONS, "signature", LOGIN])
    def test_each_stops_it_before_anything_is_done(self, machine: Machine, question: str) -> None:
        machine.signs_tags = machine.is_login_given = True
        machine.refused[question] = missing(question)
        error = refused(machine)
        assert (error.exit_code, error.message, error.detail) == (48, f"{question} is missing", "as git says")
        assert machine.events == []
        assert machine.tags == machine.git_tags == {}
        assert not machine.project.state.exists()
        assert machine.uploads == 0

    def test_all_that_is_missing_is_named_at_once(self, machine: Machine) -> None:
        for question in QUESTIONS:
            machine.refused[question] = missing(question)
        error = refused(machine)
        assert error.message.startswith("4 things")
        each = (f"{question} is missing\n  as git says\n  bring {question}" for question in QUESTIONS)
        assert error.detail == "\n".join(each)

    def test_a_grant_is_missed_before_the_build(self, machine: Machine) -> None:
        (machine.project.root / "metadata.json").write_text('{"vm": {"image": "a:$TOKEN"}}', encoding="utf-8")
        (machine.project.root / "Dockerfile").write_text("FROM scratch\nCOPY metadata.json /\n", encoding="utf-8")
        machine.commit_files()
        error = refused(machine, kind=GrantMissingError)
        assert "environment:TOKEN" in error.message
        assert machine.events == []
        machine.refused["committer"] = missing("committer")
        error = refused(machine)
        assert error.message.startswith("2 things")
        assert "environment:TOKEN" in error.detail
        del machine.refused["committer"]
        machine.configure(smoke_allow=("environment:TOKEN",))
        assert machine.release().reference.tag == VERSION

    def test_a_journal_that_cannot_be_written(self, machine: Machine) -> None:
        machine.project.state.touch()
        error = refused(machine)
        assert "where a release keeps what it has done: Not a directory" in error.message
        assert (machine.events, told(machine)) == ([], {*QUESTIONS})

    @pytest.mark.parametrize("kind", [LoginMissingError, RegistryResponseError])
    def test_a_registry_that_takes_no_push(self, machine: Machine, kind: type[DextError]) -> None:
        machine.refused["push to the registry"] = kind("it does not let you", remedy="log in")
        error = refused(machine)
        assert error.message.endswith("it does not let you")
        assert error.remedy
        assert error.exit_code == PreflightError.exit_code

    @pytest.mark.parametrize(
        ("question", "kind"),
        [("push to the registry", RegistryUnreachableError), ("push v0.1.0 to origin", GitError)],
    )
    def test_could_not_ask_is_not_missing(self, machine: Machine, question: str, kind: type[DextError]) -> None:
        machine.refused[question] = kind("no answer", remedy="wait")
        assert refused(machine, kind=kind).message == "no answer"
        assert machine.events == []

    @pytest.mark.parametrize(("char", "shown"), [("\0", "\\x00"), ("\x1b", "\\x1b")])
    def test_notes_that_no_tag_can_have(self, machine: Machine, char: str, shown: str) -> None:
        machine.files["CHANGELOG.md"] = f"## [{VERSION}] - 2026-01-31\n\n- a {char}nul\n"
        error = refused(machine, kind=ChangelogError)
        assert error.message == f"the changelog's entry has a control character in the line - a {shown}nul"
        assert (error.exit_code, machine.events, machine.tags) == (55, [], {})

    def test_notes_that_became_so_stop_no_release_that_is_published(self, machine: Machine) -> None:
        machine.stop_at(f"before git tag v{VERSION}")
        with pytest.raises(Exception, match="git tag"):
            machine.release()
        machine.files["CHANGELOG.md"] = f"## [{VERSION}] - 2026-01-31\n\n- a \0nul\n"
        machine.release()
        assert "\n\n- a nul\n\n" in machine.git_texts[f"v{VERSION}"]

    def test_when_it_is_there_the_same_command_releases(self, machine: Machine) -> None:
        machine.refused["committer"] = missing("committer")
        refused(machine)
        del machine.refused["committer"]
        assert machine.release().reference.tag == VERSION
