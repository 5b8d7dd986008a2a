from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import DockerfileMissingError
from dext_tasks.sources.subject import Document, NotOfferedError, Place
from dext_tasks.sources.tree import TreeSource

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProject

DOCKERFILE = """\
FROM scratch AS base
LABEL vendor=Acme
FROM base AS final
ARG VERSION=1
LABEL title="Demo" \\
      version=$VERSION
FROM scratch AS other
LABEL title=Other
"""


def test_labels_are_those_of_the_stage_that_is_built(make_project: MakeProject) -> None:
    (labels,) = TreeSource(make_project({"Dockerfile": DOCKERFILE}, build_target="final")).labels
    assert labels.platform is None
    assert dict(labels.values) == {"vendor": "Acme", "title": "Demo", "version": "1"}


def test_a_label_has_file_and_line(make_project: MakeProject) -> None:
    (labels,) = TreeSource(make_project({"Dockerfile": DOCKERFILE}, build_target="final")).labels
    assert labels.place == Place(file="Dockerfile", line=3)
    assert labels.places["vendor"] == Place(file="Dockerfile", line=2, label="vendor")
    assert labels.places["version"] == Place(file="Dockerfile", line=6, label="version")


def test_the_last_stage_is_built_where_none_is_named(make_project: MakeProject) -> None:
    (labels,) = TreeSource(make_project({"Dockerfile": DOCKERFILE})).labels
    assert dict(labels.values) == {"title": "Other"}
    assert labels.place == Place(file="Dockerfile", line=7)


def test_build_arguments_reach_the_labels(make_project: MakeProject) -> None:
    project = make_project({"Dockerfile": DOCKERFILE}, build_target="final", build_args=(("VERSION", "2"),))
    (labels,) = TreeSource(project).labels
    assert labels.values["version"] == "2"


def test_a_dockerfile_elsewhere_is_named_by_its_path(make_project: MakeProject) -> None:
    project = make_project({"build/x.Dockerfile": "FROM scratch\n"}, dockerfile="build/x.Dockerfile")
    (labels,) = TreeSource(project).labels
    assert str(labels.place) == "build/x.Dockerfile:1"


def test_no_dockerfile_is_an_error_not_an_absence(make_project: MakeProject) -> None:
    with pytest.raises(DockerfileMissingError):
        _ = TreeSource(make_project()).labels


@pytest.mark.parametrize("content", ["", "LABEL a=b\n", "FROM scratch\nLABEL a\n", "FROM scratch\nNONSENSE\n"])
def test_what_buildkit_refuses_is_told_once(content: str, make_project: MakeProject) -> None:
    source = TreeSource(make_project({"Dockerfile": content}))
    assert source.refusal is not None
    assert source.labels_or_unknown is None
    with pytest.raises(NotOfferedError, match="BuildKit refuses the Dockerfile"):
        _ = source.labels


def test_a_refusal_has_the_line(make_project: MakeProject) -> None:
    refusal = TreeSource(make_project({"Dockerfile": "FROM scratch\n\nLABEL a\n"})).refusal
    assert refusal is not None
    assert str(refusal.place) == "Dockerfile:3"


def test_what_buildkit_accepts_is_not_refused(make_project: MakeProject) -> None:
    assert TreeSource(make_project({"Dockerfile": "FROM scratch\n"})).refusal is None


@pytest.mark.parametrize(
    ("files", "content"), [({}, None), ({"metadata.json": "{"}, b"{"), ({"metadata.json": ""}, b"")]
)
def test_the_document_is_given_as_it_is(
    files: dict[str, str], content: bytes | None, make_project: MakeProject
) -> None:
    assert TreeSource(make_project(files)).documents == [Document(content, Place(file="metadata.json"))]


def test_a_document_outside_of_the_project_has_its_whole_path(make_project: MakeProject) -> None:
    project = make_project({}, metadata="/elsewhere/metadata.json")
    assert TreeSource(project).documents == [Document(None, Place(file="/elsewhere/metadata.json"))]


def test_what_the_build_sets_is_declared(make_project: MakeProject) -> None:
    tree = TreeSource(make_project({"Dockerfile": DOCKERFILE}, build_target="final"))
    assert tree.declared == {"vendor", "title", "version"}


def compose_project(make_project: MakeProject, composefile: str, *files: str) -> TreeSource:
    metadata = json.dumps({"vm": {"composefile": composefile}})
    return TreeSource(make_project({"metadata.json": metadata, **{file: file for file in files}}))


class TestCompose:
    @pytest.mark.parametrize(
        ("files", "found"),
        [
            (["compose/demo.yaml", "demo.yaml"], "compose/demo.yaml"),
            (["demo.yaml", "other/demo.yaml"], "demo.yaml"),
            (["deploy/demo.yaml"], "deploy/demo.yaml"),
            (["deploy/demo.yaml", "node_modules/x/demo.yaml", ".git/demo.yaml"], "deploy/demo.yaml"),
        ],
    )
    def test_it_is_looked_for_by_path_and_then_by_name(
        self, files: list[str], found: str, make_project: MakeProject
    ) -> None:
        tree = compose_project(make_project, "/compose/demo.yaml", *files)
        assert tree.compose == [Document(found.encode(), Place(file=found))]

    @pytest.mark.parametrize("files", [[], ["a/demo.yaml", "b/demo.yaml"], ["node_modules/demo.yaml"]])
    def test_where_it_is_not_clear_nothing_is_said(self, files: list[str], make_project: MakeProject) -> None:
        with pytest.raises(NotOfferedError, match=r"demo\.yaml is not at one place"):
            _ = compose_project(make_project, "/compose/demo.yaml", *files).compose

    @pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 300, "/", "../../etc/passwd"])
    def test_a_name_that_no_file_has_is_not_found(self, name: str, make_project: MakeProject) -> None:
        with pytest.raises(NotOfferedError):
            _ = compose_project(make_project, name).compose

    @pytest.mark.parametrize("metadata", ["{}", '{"vm": {}}', "{", "[]"])
    def test_without_one_there_is_none(self, metadata: str, make_project: MakeProject) -> None:
        assert TreeSource(make_project({"metadata.json": metadata})).compose == []
        assert TreeSource(make_project({"metadata.json": metadata})).documents[0].content == metadata.encode()


class TestOwnImage:
    def test_it_is_the_one_of_the_settings(self, make_project: MakeProject) -> None:
        assert TreeSource(make_project(image="acme/demo")).own_image.name == "acme/demo"

    @pytest.mark.parametrize("image", ["", "acme/demo:1", "ACME"])
    def test_without_a_sound_setting_it_is_not_known(self, image: str, make_project: MakeProject) -> None:
        with pytest.raises(NotOfferedError, match="image"):
            _ = TreeSource(make_project(image=image)).own_image


class TestEntryPage:
    METADATA = json.dumps({"ui": {"dashboard-tab": {"title": "x", "root": "/ui", "src": "index.html?x"}}})

    def test_it_is_the_one_that_is_copied(self, make_project: MakeProject) -> None:
        files = {"Dockerfile": "FROM scratch\nCOPY web /ui\n", "metadata.json": self.METADATA, "web/index.html": "<p>"}
        page = TreeSource(make_project(files)).entry_page
        assert (page.document, page.path, page.root) == (
            Document(b"<p>", Place(file="web/index.html")),
            "/ui/index.html",
            "/ui",
        )
        assert page.lacks("/ui/a.js")
        assert not page.lacks("/ui/index.html")

    @pytest.mark.parametrize(
        "changed",
        [
            {"metadata.json": "{}"},
            {"metadata.json": "{"},
            {"Dockerfile": "FROM"},
            {"Dockerfile": "FROM scratch\nCOPY other /ui\n"},
            {"Dockerfile": "FROM scratch\nCOPY web /ui\nRUN build\n"},
        ],
    )
    def test_where_it_is_not_certain_nothing_is_said(self, changed: dict[str, str], make_project: MakeProject) -> None:
        files = {"Dockerfile": "FROM scratch\nCOPY web /ui\n", "metadata.json": self.METADATA, "web/index.html": "<p>"}
        with pytest.raises(NotOfferedError, match="entry page"):
            _ = TreeSource(make_project({**files, **changed})).entry_page

    def test_without_a_dockerfile_nothing_is_certain(self, make_project: MakeProject) -> None:
        tree = TreeSource(make_project({"metadata.json": self.METADATA}))
        with pytest.raises(NotOfferedError):
            _ = tree.entry_page
        with pytest.raises(NotOfferedError):
            tree.lacks("/icon.svg")


class TestScripts:
    def test_pages_and_scripts_of_the_author_are_read(self, make_project: MakeProject) -> None:
        mine = ["index.html", "ui/src/App.tsx", "ui/src/main.JS"]
        others = ["ui/node_modules/x/index.js", ".nox/x.js", "vendor/x.js", "ui/style.css", "README.md"]
        others += ["ui/src/App.test.tsx", "docs/index.html", "ui/src/__mocks__/client.ts"]
        tree = TreeSource(make_project(dict.fromkeys((*mine, *others), "x")))
        assert [str(script.place) for script in tree.scripts] == mine

    def test_without_any_nothing_is_known_of_a_ui(self, make_project: MakeProject) -> None:
        metadata = '{"ui": {"dashboard-tab": {"title": "x", "root": "/ui", "src": "index.html"}}}'
        with pytest.raises(NotOfferedError, match="no page and no script of the UI"):
            _ = TreeSource(make_project({"metadata.json": metadata, "docs/index.html": "x"})).scripts
        assert TreeSource(make_project({"metadata.json": "{}"})).scripts == []

    def test_packages_are_those_of_the_author(self, make_project: MakeProject) -> None:
        names = ["ui/package.json", "ui/yarn.lock", "ui/node_modules/x/package.json", "ui/tsconfig.json"]
        found = TreeSource(make_project(dict.fromkeys(names, "{}"))).packages
        assert [str(each.place) for each in found] == ["ui/package.json", "ui/yarn.lock"]

    def test_what_cannot_be_read_is_absent(self, make_project: MakeProject) -> None:
        project = make_project()
        (project.root / "index.html").symlink_to("nowhere")
        assert TreeSource(project).scripts == [Document(None, Place(file="index.html"))]


class TestChangelog:
    @pytest.mark.parametrize("name", ["CHANGELOG.md", "changelog.md", "docs/CHANGELOG.md"])
    def test_it_is_found(self, name: str, make_project: MakeProject) -> None:
        assert TreeSource(make_project({name: "# 1.0.0"})).changelog == Document(b"# 1.0.0", Place(file=name))

    def test_without_one_nothing_is_said(self, make_project: MakeProject) -> None:
        with pytest.raises(NotOfferedError, match=r"no CHANGELOG\.md"):
            _ = TreeSource(make_project()).changelog


@pytest.mark.parametrize("facet", ["files", "platforms", "tag", "tags", "web"])
def test_what_only_an_image_shows_is_not_offered(facet: str, make_project: MakeProject) -> None:
    with pytest.raises(NotOfferedError, match=r"."):
        getattr(TreeSource(make_project()), facet)


@pytest.mark.timeout(20)
def test_a_pipe_is_not_waited_for(make_project: MakeProject) -> None:
    project = make_project({"Dockerfile": "FROM scratch\n"})
    os.mkfifo(project.root / "metadata.json")
    os.mkfifo(project.root / "script.js")
    source = TreeSource(project)
    assert source.documents == [Document(None, Place(file="metadata.json"))]
    assert [document.content for document in source.scripts] == [None]
