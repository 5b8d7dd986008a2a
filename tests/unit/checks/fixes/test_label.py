"""Fixes of labels: what they make of a Dockerfile, and what they leave."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.checks.fixes.fixed import dockerfile_after, fixing_of

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProject

T = "org.opencontainers.image.title"
D = "org.opencontainers.image.description"
V = "org.opencontainers.image.vendor"
API = "com.docker.desktop.extension.api.version"


class TestUnknown:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (f"LABEL a=1 \\\r\n  # mine\r\n  {T}s=x\r\n", f"LABEL a=1 \\\r\n  # mine\r\n  {T}=x\r\n"),
            (f"label '{T}s'='x'\n", f"label '{T}'='x'\n"),
            ("LABEL com.docker.extension.title x y\n", f"LABEL {T} x y\n"),
            (f"LABEL com.docker.desktop.extension.api-version={API}\n", f"LABEL {API}={API}\n"),
        ],
    )
    def test_what_can_only_have_been_meant(self, make_project: MakeProject, before: str, after: str) -> None:
        head = "FROM scratch\n"
        assert dockerfile_after(make_project, head + before, "label-unknown") == head + after

    def test_what_the_right_label_says_goes(self, make_project: MakeProject) -> None:
        before = f"FROM scratch\nLABEL com.docker.extension.title=x {T}=x\n"
        assert dockerfile_after(make_project, before, "label-unknown") == f"FROM scratch\nLABEL {T}=x\n"

    @pytest.mark.parametrize(
        "label",
        [
            "com.docker.extension.nonsense=x",
            "org.opencontainers.image.maintainer=x",
            f"{T}s=x {T}=y",
            "com.docker.extension.publisher-name=x",
        ],
    )
    def test_what_is_not_certain_is_left(self, make_project: MakeProject, label: str) -> None:
        before = f"FROM scratch\nLABEL {label}\n"
        assert dockerfile_after(make_project, before, "label-unknown") == before


class TestDuplicate:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ('LABEL a="1"\nLABEL b=2\nLABEL a=1\n', "LABEL b=2\nLABEL a=1\n"),
            ("LABEL a=1 b=2 a=1\n", "LABEL b=2 a=1\n"),
            ("LABEL b=2 a=1 a=1 c=3\n", "LABEL b=2 a=1 c=3\n"),
            ("LABEL a=1 \\\n  b=2 \\\n  a=1\n", "LABEL b=2 \\\n  a=1\n"),
            ("LABEL b=2 \\\n  a=1 \\\n  # of c\n  c=3 \\\n  a=1\n", "LABEL b=2 \\\n  # of c\n  c=3 \\\n  a=1\n"),
            ("LABEL b=2 \\\n  a='x\\\n  y' \\\n  c=3\nLABEL a='x  y'", "LABEL b=2 \\\n  c=3\nLABEL a='x  y'"),
        ],
    )
    def test_one_of_two_that_say_the_same_goes(self, make_project: MakeProject, before: str, after: str) -> None:
        head = "FROM scratch\n"
        assert dockerfile_after(make_project, head + before, "label-duplicate") == head + after

    @pytest.mark.parametrize(
        "labels",
        [
            "LABEL a=1\nLABEL a=2\n",
            "LABEL a=$X\nLABEL a=$X\n",
            "LABEL a=1 a=2 a=1\n",
            "LABEL b=2 \\\n  # why\n  a=1\nLABEL c=3 \\\n  # why not\n  a=1\n",
        ],
        ids=["different", "variable", "one of three", "commented"],
    )
    def test_what_is_not_certain_is_left(self, make_project: MakeProject, labels: str) -> None:
        before = f"FROM scratch\nARG X\n{labels}"
        assert dockerfile_after(make_project, before, "label-duplicate") == before


def test_of_two_that_say_the_same_the_one_that_shares_no_line_goes(make_project: MakeProject) -> None:
    before = "FROM scratch\nLABEL a=1 \\\n  b=2\nLABEL a=1\n"
    assert dockerfile_after(make_project, before, "label-duplicate") == "FROM scratch\nLABEL a=1 \\\n  b=2\n"


def test_of_two_that_differ_a_person_chooses(make_project: MakeProject) -> None:
    tree = {"Dockerfile": "FROM scratch\nLABEL a=1\nLABEL a=2\n"}
    fixing = fixing_of(make_project, tree, "label-duplicate")
    assert fixing.changes == ()
    ((_, choice),) = fixing.undecided
    assert [words for words, _ in choice.options] == ["2, in line 3, which the image has now", "1, in line 2"]


class TestEdgeSpace:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ('" A b "', '"A b"'),
            ("'\tA'", "'A'"),
            ('"A \\\n   " \\\n  b=1', '"A\\\n" \\\n  b=1'),
            ('" $X\\" "', '"$X\\""'),
        ],
    )
    def test_only_the_white_space_goes(self, make_project: MakeProject, before: str, after: str) -> None:
        head = "FROM scratch\nARG X=1\n"
        done = dockerfile_after(make_project, f"{head}LABEL {T}={before}\n", "label-edge-space")
        assert done == f"{head}LABEL {T}={after}\n"


class TestInOtherStage:
    def test_an_instruction_that_is_lost_moves_as_it_is(self, make_project: MakeProject) -> None:
        lost = f"LABEL {T}=x \\\r\n  # mine\r\n  {D}='y'\r\n"
        before = f"FROM alpine AS a\r\n{lost}RUN x\r\nFROM scratch\r\nCOPY --from=a /x /x\r\n"
        after = f"FROM alpine AS a\r\nRUN x\r\nFROM scratch\r\n{lost}COPY --from=a /x /x\r\n"
        assert dockerfile_after(make_project, before, "label-in-other-stage") == after

    def test_a_label_among_others_goes_behind_those_of_the_image(self, make_project: MakeProject) -> None:
        before = f"FROM alpine AS a\nLABEL b=1 {T}=x\nFROM scratch\nLABEL c=3"
        after = f"FROM alpine AS a\nLABEL b=1\nFROM scratch\nLABEL c=3\nLABEL {T}=x"
        assert dockerfile_after(make_project, before, "label-in-other-stage") == after

    @pytest.mark.parametrize(
        "first",
        [
            f"FROM alpine AS a\nARG X=1\nLABEL {T}=$X\n",
            f"FROM alpine AS a\nLABEL {T}=x\nFROM alpine AS b\nLABEL {T}=y\n",
        ],
        ids=["variable", "two that differ"],
    )
    def test_what_is_not_certain_is_left(self, make_project: MakeProject, first: str) -> None:
        before = f"{first}FROM scratch\nCOPY --from=a /x /x\n"
        assert dockerfile_after(make_project, before, "label-in-other-stage") == before


METADATA = json.dumps({"ui": {"dashboard-tab": {"title": "Acme", "root": "/ui", "src": "index.html"}}})
PACKAGE = {
    "description": "Does it.",
    "author": "Acme Ltd <a@acme.example> (https://acme.example)",
    "dependencies": {"@docker/extension-api-client": "^0.3.4"},
}


def known(make_project: MakeProject, dockerfile: str, **manifests: object) -> str:
    files = {name.replace("__", "/") + ".json": json.dumps(content) for name, content in manifests.items()}
    tree = {"Dockerfile": dockerfile, "metadata.json": METADATA, **files}
    fixing = fixing_of(make_project, tree, "label-missing", "label-empty")
    return fixing.changes[0].after.decode() if fixing.changes else dockerfile


class TestMissing:
    def test_a_value_is_taken_from_where_it_is_said(self, make_project: MakeProject) -> None:
        before = "FROM scratch\nLABEL x='1' \\\n      y='2' \\\n      # of z\n      z='3'\nCOPY metadata.json /\n"
        assert known(make_project, before, ui__package=PACKAGE) == (
            "FROM scratch\nLABEL x='1' \\\n      y='2' \\\n"
            f"      {T}='Acme' \\\n      {D}='Does it.' \\\n      {V}='Acme Ltd' \\\n      {API}='>= 0.3.4' \\\n"
            "      com.docker.extension.publisher-url='https://acme.example' \\\n"
            "      # of z\n      z='3'\nCOPY metadata.json /\n"
        )

    def test_a_stage_without_labels_gets_a_line_below_its_from(self, make_project: MakeProject) -> None:
        before = "FROM scratch\r\nCOPY metadata.json /\r\n"
        assert known(make_project, before) == f'FROM scratch\r\nLABEL {T}="Acme"\r\nCOPY metadata.json /\r\n'

    def test_the_fix_says_from_where(self, make_project: MakeProject) -> None:
        tree = {"Dockerfile": "FROM scratch\nCOPY metadata.json /\n", "metadata.json": METADATA}
        fixing = fixing_of(make_project, tree, "label-missing")
        assert [fix.what for fix in fixing.fixes] == [f"set {T} to 'Acme', as the tab's title in metadata.json says"]

    def test_where_files_disagree_it_is_asked(self, make_project: MakeProject) -> None:
        tree = {
            "Dockerfile": "FROM scratch\n",
            "package.json": json.dumps({"description": "One."}),
            "ui/package.json": json.dumps({"description": "Other."}),
        }
        fixing = fixing_of(make_project, tree, "label-missing")
        assert fixing.changes == ()
        ((_, choice),) = fixing.undecided
        assert [words for words, _ in choice.options] == [
            "One., as description in package.json says",
            "Other., as description in ui/package.json says",
        ]

    def test_a_misspelt_one_is_not_added_again(self, make_project: MakeProject) -> None:
        assert known(make_project, f"FROM scratch\nLABEL {T}s=x\n") == f"FROM scratch\nLABEL {T}=x\n"

    @pytest.mark.parametrize("manifest", [[], "x", {"author": 3, "description": ["x"]}, {"dependencies": "x"}])
    def test_nothing_is_made_of_nonsense(self, make_project: MakeProject, manifest: object) -> None:
        before = "FROM scratch\n"
        assert known(make_project, before, package=manifest) == before

    @pytest.mark.parametrize("wanted", ["*", "latest", "0.3.x", "^9.9.9", "file:../x", ">=0.3.0 <1"])
    def test_a_version_that_is_none_of_the_api_is_not_taken(self, make_project: MakeProject, wanted: str) -> None:
        before = "FROM scratch\n"
        manifest = {"dependencies": {"@docker/extension-api-client": wanted}}
        assert known(make_project, before, package=manifest) == before


def test_an_empty_label_is_filled_where_it_is(make_project: MakeProject) -> None:
    before = f"FROM scratch\nLABEL {T}='' \\\n  {D}=\"\" \\\n  {V}=\nCOPY metadata.json /\n"
    after = f'FROM scratch\nLABEL {T}=\'Acme\' \\\n  {D}="Does it." \\\n  {V}="Acme Ltd"\nCOPY metadata.json /\n'
    manifest = {"description": "Does it.", "author": {"name": "Acme Ltd"}}
    assert known(make_project, before, ui__package=manifest) == after


def test_what_is_empty_by_a_variable_is_left(make_project: MakeProject) -> None:
    before = f"FROM scratch\nARG X=\nLABEL {T}=$X\nCOPY metadata.json /\n"
    assert known(make_project, before) == before
