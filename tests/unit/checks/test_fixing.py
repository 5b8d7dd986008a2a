"""Rounds of fixes: what is gone, what came, and what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks.catalogue import RULES
from dext_tasks.checks.fixes import catalogue
from dext_tasks.checks.fixes.edit import Choice, Edit, EditedTree, Fix, Fixer, Mode, Proposal
from dext_tasks.checks.fixing import Change, DraftTree, FixRequest, fix_all
from dext_tasks.checks.selection import Selection
from dext_tasks.sources.source import NotOfferedError

if TYPE_CHECKING:
    from dext_tasks.checks.rule import Finding
    from tests.unit.conftest import MakeProject

DOCKERFILE = 'FROM scratch\nLABEL org.opencontainers.image.title=" A "\nCOPY metadata.json /\n'
METADATA = '{"ui": {"dashboard-tab": {"title": "A", "root": "/ui", "src": "index.html"}}}'
REQUEST = FixRequest(RULES, Selection(("label-edge-space", "label-unknown")))


def with_fixer(monkeypatch: pytest.MonkeyPatch, propose: object) -> None:
    monkeypatch.setitem(catalogue.FIXERS, "label-edge-space", Fixer(("label-edge-space",), propose))  # type: ignore[arg-type]


def title(tree: EditedTree, value: bytes) -> Edit:
    content = tree.read("Dockerfile")
    start = content.index(b'"')
    return Edit("Dockerfile", start, content.index(b'"', start + 1) + 1, value)


def test_a_finding_that_is_gone_is_fixed_and_nothing_is_written(make_project: MakeProject) -> None:
    project = make_project({"Dockerfile": DOCKERFILE, "metadata.json": METADATA})
    fixing = fix_all(project, REQUEST)
    after = DOCKERFILE.replace('" A "', '"A"').encode()
    assert fixing.changes == (Change("Dockerfile", DOCKERFILE.encode(), after),)
    assert [each.finding.rule.code for each in fixing.applied] == ["label-edge-space"]
    assert fixing.report.findings == ()
    assert (project.root / "Dockerfile").read_text(encoding="utf-8") == DOCKERFILE


@pytest.mark.parametrize(
    "value",
    [
        b'" B "',
        b'"A" com.docker.extension.nonsense="x"',
        b'"A',
        b'"A" "B"',
    ],
    ids=["still there", "another came", "no Dockerfile any more", "refused"],
)
def test_a_fix_that_does_no_good_is_dropped(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch, value: bytes
) -> None:
    def propose(finding: Finding, tree: EditedTree) -> Proposal:
        return Fix(finding.rule.code, "do it", (title(tree, value),))

    with_fixer(monkeypatch, propose)
    fixing = fix_all(make_project({"Dockerfile": DOCKERFILE}), REQUEST)
    assert (fixing.changes, fixing.applied) == ((), ())
    assert [each.rule.code for each in fixing.report.findings] == ["label-edge-space"]


def test_what_was_hidden_before_is_no_other_finding(make_project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    def propose(finding: Finding, tree: EditedTree) -> Proposal:
        return Fix(finding.rule.code, "do it", (title(tree, b'"A" com.docker.extension.nonsense="x"'),))

    fixer = Fixer(("label-edge-space",), propose, reveals=("label-unk*",))
    monkeypatch.setitem(catalogue.FIXERS, "label-edge-space", fixer)
    fixing = fix_all(make_project({"Dockerfile": DOCKERFILE}), REQUEST)
    assert [each.rule.code for each in fixing.report.findings] == ["label-unknown"]


class TestChoices:
    @staticmethod
    def propose(finding: Finding, tree: EditedTree) -> Proposal:
        options = [(words, Fix(finding.rule.code, words, (title(tree, f'"{words}"'.encode()),))) for words in "AB"]
        return Choice(finding.rule.code, "Which?", tuple(options))

    def test_nothing_is_guessed(self, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
        with_fixer(monkeypatch, self.propose)
        fixing = fix_all(make_project({"Dockerfile": DOCKERFILE}), REQUEST)
        assert fixing.changes == ()
        assert [each.choice.question for each in fixing.undecided] == ["Which?"]

    def test_what_is_chosen_is_done_and_asked_once(
        self, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with_fixer(monkeypatch, self.propose)
        asked: list[str] = []

        def decide(finding: Finding, choice: Choice) -> Fix | None:
            asked.append(finding.what)
            return choice.options[1][1]

        fixing = fix_all(make_project({"Dockerfile": DOCKERFILE}), REQUEST, decide)
        assert [each.after for each in fixing.changes] == [DOCKERFILE.replace('" A "', '"B"').encode()]
        assert (len(asked), fixing.undecided) == (1, ())

    def test_what_two_rules_ask_is_asked_once(self, make_project: MakeProject) -> None:
        metadata = '{"icon": "a.svg",\n "provider": "z"}\n'
        tree = {
            "Dockerfile": "FROM scratch\nLABEL org.opencontainers.image.vendor=A\nCOPY metadata.json /\n",
            "metadata.json": metadata,
        }
        asked: list[str] = []

        def refuse(finding: Finding, choice: Choice) -> None:
            asked.append(f"{finding.rule.code}: {choice.question}")

        request = FixRequest(RULES, Selection(("metadata-schema", "metadata-key-obsolete")))
        found = {each.rule.code for each in request.check(DraftTree(make_project(tree))).findings}
        assert found == {"metadata-schema", "metadata-key-obsolete"}
        fixing = fix_all(make_project(tree), request, refuse)
        assert (len(asked), len(fixing.undecided)) == (1, 1)

    def test_an_answer_counts_for_each_place_that_asks_the_same(self, make_project: MakeProject) -> None:
        service = "    image: me/own-extension:1\n"
        tree = {
            "Dockerfile": "FROM scratch\nCOPY metadata.json compose.yaml /\n",
            "metadata.json": '{"vm": {"composefile": "compose.yaml"}}',
            "compose.yaml": f"services:\n  a:\n{service}  b:\n{service}",
        }
        asked: list[str] = []

        def agree(finding: Finding, choice: Choice) -> Fix:
            asked.append(finding.what)
            return choice.options[0][1]

        request = FixRequest(RULES, Selection(("compose-own-image-hardcoded",)))
        fixing = fix_all(make_project(tree), request, agree)
        assert len(asked) == 1
        (change,) = fixing.changes
        assert change.after.count(b"${DESKTOP_PLUGIN_IMAGE}") == len("ab")


def test_only_what_is_asked_for_is_fixed(make_project: MakeProject) -> None:
    project = make_project({"Dockerfile": DOCKERFILE})
    request = FixRequest(RULES, REQUEST.selection, frozenset({"label-unknown"}))
    assert fix_all(project, request).changes == ()


def test_what_the_settings_accept_is_left(make_project: MakeProject) -> None:
    project = make_project({"Dockerfile": DOCKERFILE})
    request = FixRequest(RULES, Selection(REQUEST.selection.select, {"label-edge-space": "on purpose"}))
    assert fix_all(project, request).changes == ()


class TestDrafts:
    def test_edits_of_one_file_through_a_link_are_of_one_file(self, make_project: MakeProject) -> None:
        project = make_project({"a": "one two"})
        (project.root / "b").symlink_to("a")
        tree = DraftTree(project).after([Fix("x", "", (Edit("a", 0, 3, b"1"), Edit("b", 4, 7, b"2")))])
        assert (tree.read("a"), tree.read("b")) == (b"1 2", b"1 2")
        assert tree.changes == (Change("a", b"one two", b"1 2"),)

    def test_a_file_that_is_made_executable_is_a_change(self, make_project: MakeProject) -> None:
        tree = DraftTree(make_project({"a": "x"})).after([Fix("x", "", (Mode("a"),))])
        assert tree.changes == (Change("a", b"x", b"x", runs=True),)

    @pytest.mark.parametrize("file", ["absent", "/etc/hostname", "../other", "out", "folder", "\0"])
    def test_what_is_not_of_the_project_is_not_read(self, make_project: MakeProject, file: str) -> None:
        project = make_project({"folder/x": ""})
        (project.root / "out").symlink_to("/etc/hostname")
        with pytest.raises(NotOfferedError):
            DraftTree(project).read(file)
