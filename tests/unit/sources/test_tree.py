from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest

from dext_tasks.errors import (
    DextError,
    DockerfileInvalidError,
    DockerfileMissingError,
    MetadataInvalidError,
    MetadataMissingError,
    OutsideProjectError,
)
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.sources.facts import Document, Place
from dext_tasks.sources.origin import OriginKind
from dext_tasks.sources.shipped import Shipped
from dext_tasks.sources.source import NotOfferedError
from dext_tasks.sources.tree import TreeSource, require_sources
from dext_tasks.sources.tree_files import TreeFiles
from tests.unit.needs import make_pipe

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    why = "/elsewhere/metadata.json is outside of the project"
    assert TreeSource(project).documents == [Document(None, Place(file="/elsewhere/metadata.json"), why)]


def test_what_the_build_sets_is_declared(make_project: MakeProject) -> None:
    tree = TreeSource(make_project({"Dockerfile": DOCKERFILE}, build_target="final"))
    assert tree.declared == {"vendor", "title", "version"}


AMD64, ARM64 = REQUIRED
COMPOSE = json.dumps({"vm": {"composefile": "docker-compose.yaml"}})


def tree_of(make_project: MakeProject, dockerfile: str, files: dict[str, str], **settings: object) -> TreeSource:
    return TreeSource(make_project({"Dockerfile": dockerfile, **files}, **settings))


class TestDocuments:
    """metadata.json is the one that the Dockerfile puts at the root of the image."""

    @pytest.mark.parametrize(
        ("dockerfile", "file"),
        [
            ("FROM scratch\nCOPY metadata.json /\n", "metadata.json"),
            ("FROM scratch\nCOPY metadata.prod.json /metadata.json\n", "metadata.prod.json"),
            ("FROM scratch\nCOPY ext/metadata.json /\n", "ext/metadata.json"),
            ("FROM scratch\nCOPY ext /\n", "ext/metadata.json"),
            ("FROM scratch\nCOPY . /\nCOPY metadata.prod.json /metadata.json\n", "metadata.prod.json"),
            ("FROM alpine\nWORKDIR /\nCOPY ext/metadata.json .\nRUN apk add curl\n", "ext/metadata.json"),
            ("FROM scratch AS x\nCOPY ext /y\nFROM scratch\nCOPY --from=x /y/metadata.json /\n", "ext/metadata.json"),
        ],
    )
    def test_copy_is_followed(self, dockerfile: str, file: str, make_project: MakeProject) -> None:
        names = ("metadata.json", "metadata.prod.json", "ext/metadata.json")
        tree = tree_of(make_project, dockerfile, {name: f"of {name}" for name in names})
        assert tree.documents == [Document(f"of {file}".encode(), Place(file=file))]
        assert file in tree.scope.files

    @pytest.mark.parametrize(
        ("dockerfile", "why"),
        [
            ("FROM alpine\nCOPY metadata.json /\nRUN sed -i s/A/B/ /metadata.json\n", "what RUN in line 3 does to it"),
            ("FROM alpine\nCOPY metadata.json /metadata.tmpl\nRUN envsubst < /metadata.tmpl > /metadata.json\n", "RUN"),
            ("FROM scratch\nCOPY dist/metadata.json /\n", "line 2 copies dist/metadata.json, which is not in"),
            ("FROM acme/base\n", "the base image acme/base may hold it"),
            ("FROM scratch\nARG V\nCOPY metadata.$V.json /metadata.json\n", "what line 3 copies depends on $V"),
            ("FROM scratch\nADD https://acme.org/metadata.json /\n", "line 2 downloads it"),
            ("FROM scratch\nCOPY <<E /metadata.json\n{$V}\nE\n", "what line 3 makes it say depends on $V"),
            ("FROM node AS b\nRUN make\nFROM scratch\nCOPY --from=b /out/metadata.json /\n", "what RUN in line 2"),
            ("LABEL a=b\n", "BuildKit refuses the Dockerfile"),
        ],
    )
    def test_what_a_build_makes_is_not_judged(self, dockerfile: str, why: str, make_project: MakeProject) -> None:
        tree = tree_of(make_project, dockerfile, {"metadata.json": "{"})
        with pytest.raises(NotOfferedError) as silence:
            _ = tree.documents
        assert why in str(silence.value)

    @pytest.mark.parametrize(
        ("dockerfile", "why"),
        [
            ("FROM scratch\n", "/metadata.json is not in the image: nothing copies metadata.json there"),
            ("FROM scratch\nCOPY ui /ui\n", "/metadata.json is not in the image: nothing copies metadata.json there"),
            ("FROM scratch\nWORKDIR /metadata.json\n", "/metadata.json is a folder, not a file"),
            (
                "FROM scratch\nCOPY ui ./\nWORKDIR /app\nCOPY metadata.json .\n",
                "/metadata.json is not in the image: metadata.json is copied to /app/metadata.json",
            ),
            (
                "FROM scratch AS base\nCOPY . /app\nFROM base\n",
                "/metadata.json is not in the image: metadata.json is copied to /app/metadata.json",
            ),
            (
                "FROM scratch\nCOPY meta*.json /app/m.json\n",
                "/metadata.json is not in the image: metadata.json is copied to /app/m.json",
            ),
            # What is in another stage, or is replaced, is nowhere.
            (
                "FROM scratch AS base\nCOPY metadata.json /app/\nFROM scratch\nWORKDIR /app\n",
                "/metadata.json is not in the image: nothing copies metadata.json there",
            ),
            (
                "FROM scratch\nCOPY metadata.json /app/\nCOPY ui/other.json /app/metadata.json\n",
                "/metadata.json is not in the image: nothing copies metadata.json there",
            ),
        ],
    )
    def test_one_that_is_never_copied_is_absent(self, dockerfile: str, why: str, make_project: MakeProject) -> None:
        tree = tree_of(make_project, dockerfile, {"metadata.json": "{", "ui/other.json": "{"})
        (document,) = tree.documents
        assert (document.content, document.why, document.place.file) == (None, why, "Dockerfile")

    def test_one_that_is_nowhere_is_absent(self, make_project: MakeProject) -> None:
        (document,) = tree_of(make_project, "FROM scratch\nCOPY metadata.json /\n", {}).documents
        assert document.why == "/metadata.json is neither in the source tree nor made by the build"

    def test_a_heredoc_counts_lines_as_the_dockerfile_does(self, make_project: MakeProject) -> None:
        tree = tree_of(make_project, 'FROM scratch\nCOPY <<E /metadata.json\n{"icon": 1}\nE\n', {})
        assert tree.documents == [Document(b'\n\n{"icon": 1}\n', Place(file="Dockerfile"))]

    def test_it_may_be_another_on_each_platform(self, make_project: MakeProject) -> None:
        text = "FROM scratch\nARG TARGETARCH\nCOPY m.$TARGETARCH.json /metadata.json\n"
        tree = tree_of(make_project, text, {"m.amd64.json": "1", "m.arm64.json": "2"})
        assert tree.documents == [
            Document(b"1", Place(file="m.amd64.json", platform=AMD64)),
            Document(b"2", Place(file="m.arm64.json", platform=ARM64)),
        ]

    def test_the_same_on_all_platforms_is_told_once(self, make_project: MakeProject) -> None:
        text = "FROM scratch\nARG TARGETARCH\nCOPY x.$TARGETARCH /x\nCOPY metadata.json /\n"
        tree = tree_of(make_project, text, {"metadata.json": "{}"})
        assert tree.documents == [Document(b"{}", Place(file="metadata.json"))]

    def test_only_platforms_that_are_built_count(self, make_project: MakeProject) -> None:
        text = "FROM scratch\nARG TARGETARCH\nCOPY m.$TARGETARCH.json /metadata.json\n"
        tree = tree_of(make_project, text, {"m.arm64.json": "2"}, platforms=(ARM64,))
        assert tree.documents == [Document(b"2", Place(file="m.arm64.json"))]

    @pytest.mark.parametrize(
        ("dockerfile", "file", "note"),
        [
            ("FROM alpine\nCOPY metadata.json /\nRUN make\n", "made/metadata.json", ""),
            ("FROM", "made/metadata.json", ""),
            (
                "FROM scratch\nCOPY metadata.json /\n",
                "metadata.json",
                "the image gets metadata.json, not made/metadata.json, which the settings name",
            ),
        ],
    )
    def test_the_setting_counts_where_the_dockerfile_does_not_tell(
        self, dockerfile: str, file: str, note: str, make_project: MakeProject
    ) -> None:
        files = {name: f"of {name}" for name in ("metadata.json", "made/metadata.json")}
        tree = tree_of(make_project, dockerfile, files, metadata="made/metadata.json")
        assert tree.documents == [Document(f"of {file}".encode(), Place(file=file))]
        assert tree.note == note


class TestRequiredMetadata:
    """What is known before a build begins."""

    @pytest.mark.parametrize(
        ("dockerfile", "files"),
        [
            ("FROM scratch\nCOPY metadata.json /\n", {"metadata.json": "{}"}),
            ("FROM scratch\nCOPY src/metadata.json /\n", {"src/metadata.json": "{}"}),
            ("FROM scratch\nCOPY <<E /metadata.json\n{}\nE\n", {}),
            # The build tells.
            ("FROM alpine\nCOPY . /\nRUN make\n", {"metadata.json": "{"}),
            ("FROM acme/base\n", {}),
            ("FROM", {}),
        ],
    )
    def test_an_object_or_no_certainty_is_enough(
        self, dockerfile: str, files: dict[str, str], make_project: MakeProject
    ) -> None:
        require_sources(tree_of(make_project, dockerfile, files).project)

    @pytest.mark.parametrize(
        ("dockerfile", "files", "error", "message"),
        [
            ("FROM scratch\nCOPY metadata.json /\n", {}, MetadataMissingError, "neither in the source tree nor made"),
            ("FROM scratch\n", {"metadata.json": "{}"}, MetadataMissingError, "nothing copies metadata.json there"),
            ("FROM scratch\nCOPY metadata.json /\n", {"metadata.json": "{"}, MetadataInvalidError, "line 1"),
            ("FROM scratch\nCOPY metadata.json /\n", {"metadata.json": ""}, MetadataInvalidError, "line 1"),
            (
                "FROM scratch\nCOPY m.json /metadata.json\n",
                {"metadata.json": "{}", "m.json": "[]"},
                MetadataInvalidError,
                "not an object",
            ),
            ("FROM scratch\nCOPY <<E /metadata.json\n{\nE\n", {}, MetadataInvalidError, "line 4"),
        ],
    )
    def test_anything_else_is_refused(
        self, dockerfile: str, files: dict[str, str], error: type[DextError], message: str, make_project: MakeProject
    ) -> None:
        with pytest.raises(error, match=message):
            require_sources(tree_of(make_project, dockerfile, files).project)

    def test_without_a_dockerfile_the_setting_counts(self, make_project: MakeProject) -> None:
        require_sources(make_project({"src/metadata.json": "{}"}, metadata="src/metadata.json"))
        with pytest.raises(MetadataMissingError, match=r"no metadata\.json in"):
            require_sources(make_project({}))


class TestCompose:
    """The compose file is the one that the Dockerfile puts where metadata.json names it."""

    SHIPPED = "FROM scratch\nCOPY metadata.json /\n"

    @pytest.mark.parametrize(
        ("copy", "file"),
        [
            ("COPY docker-compose.yaml /", "docker-compose.yaml"),
            ("COPY deploy/docker-compose.yaml /", "deploy/docker-compose.yaml"),
            ("COPY deploy/compose.yaml /docker-compose.yaml", "deploy/compose.yaml"),
            ("COPY deploy/ .", "deploy/docker-compose.yaml"),
            ("COPY deploy/*.yaml /", "deploy/docker-compose.yaml"),
        ],
    )
    def test_copy_is_followed(self, copy: str, file: str, make_project: MakeProject) -> None:
        names = ("docker-compose.yaml", "deploy/docker-compose.yaml", "deploy/compose.yaml")
        files = {"metadata.json": COMPOSE, **{name: name for name in names}}
        tree = tree_of(make_project, f"{self.SHIPPED}{copy}\n", files)
        assert tree.compose == [Document(file.encode(), Place(file=file))]

    def test_each_platform_has_its_own(self, make_project: MakeProject) -> None:
        text = f"{self.SHIPPED}ARG TARGETARCH\nCOPY compose_${{TARGETARCH}}.yaml /docker-compose.yaml\n"
        names = ("docker-compose.yaml", "compose_amd64.yaml", "compose_arm64.yaml")
        tree = tree_of(make_project, text, {"metadata.json": COMPOSE, **{name: name for name in names}})
        assert tree.compose == [
            Document(b"compose_amd64.yaml", Place(file="compose_amd64.yaml", platform=AMD64)),
            Document(b"compose_arm64.yaml", Place(file="compose_arm64.yaml", platform=ARM64)),
        ]

    def test_it_may_be_missing_on_one_of_them(self, make_project: MakeProject) -> None:
        text = f"{self.SHIPPED}ARG TARGETARCH\nCOPY compose_${{TARGETARCH}}.yaml /docker-compose.yaml\n"
        files = {"metadata.json": COMPOSE, "docker-compose.yaml": "x", "compose_amd64.yaml": "a"}
        first, second = tree_of(make_project, text, files).compose
        assert first == Document(b"a", Place(file="compose_amd64.yaml", platform=AMD64))
        assert (second.content, second.place.platform) == (None, ARM64)

    def test_a_heredoc_is_read(self, make_project: MakeProject) -> None:
        text = f"{self.SHIPPED}COPY <<EOF /docker-compose.yaml\nservices: {{}}\nEOF\n"
        tree = tree_of(make_project, text, {"metadata.json": COMPOSE, "docker-compose.yaml": "development"})
        assert tree.compose == [Document(b"\n\n\nservices: {}\n", Place(file="Dockerfile"))]

    @pytest.mark.parametrize(
        "lines",
        [
            "RUN make\n",
            "ARG V\nCOPY compose.$V.yaml /docker-compose.yaml\n",
            "COPY --from=acme/x / /\n",
            "COPY --from=builder /docker-compose.yaml /\n",
        ],
    )
    def test_another_file_of_that_name_is_never_judged(self, lines: str, make_project: MakeProject) -> None:
        text = f"FROM alpine AS builder\nRUN make\nFROM alpine\n{lines}COPY metadata.json /\n"
        files = {"metadata.json": COMPOSE, "docker-compose.yaml": "x", "deploy/docker-compose.yaml": "y"}
        with pytest.raises(NotOfferedError, match=r"^/docker-compose\.yaml: "):
            _ = tree_of(make_project, text, files).compose

    def test_one_that_nothing_copies_is_absent(self, make_project: MakeProject) -> None:
        tree = tree_of(make_project, self.SHIPPED, {"metadata.json": COMPOSE, "docker-compose.yaml": "x"})
        (document,) = tree.compose
        assert document.content is None
        assert document.why == "/docker-compose.yaml is not in the image: nothing copies docker-compose.yaml there"

    @pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 300, "/", "../../etc/passwd"])
    def test_a_name_that_no_file_has_is_not_found(self, name: str, make_project: MakeProject) -> None:
        metadata = json.dumps({"vm": {"composefile": name}})
        tree = tree_of(make_project, "FROM scratch\nCOPY . /\n", {"metadata.json": metadata})
        assert [document.content for document in tree.compose] == [None]

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
    FILES: ClassVar = {
        "Dockerfile": "FROM scratch\nCOPY web /ui\nCOPY metadata.json /\n",
        "metadata.json": METADATA,
        "web/index.html": "<p>",
    }

    def test_it_is_the_one_that_is_copied(self, make_project: MakeProject) -> None:
        page = TreeSource(make_project(self.FILES)).entry_page
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
            {"Dockerfile": "FROM scratch\nCOPY other /ui\nCOPY metadata.json /\n"},
            {"Dockerfile": "FROM scratch\nCOPY web /ui\nRUN build\nCOPY metadata.json /\n"},
            {"Dockerfile": "FROM scratch\nARG TARGETARCH\nCOPY web/$TARGETARCH /ui\nCOPY metadata.json /\n"},
        ],
    )
    def test_where_it_is_not_certain_nothing_is_said(self, changed: dict[str, str], make_project: MakeProject) -> None:
        tree = TreeSource(make_project({**self.FILES, "web/amd64/index.html": "<p>", **changed}))
        with pytest.raises(NotOfferedError, match=r"entry page|/ui/index\.html|BuildKit refuses"):
            _ = tree.entry_page

    def test_without_a_dockerfile_nothing_is_certain(self, make_project: MakeProject) -> None:
        tree = TreeSource(make_project({"metadata.json": self.METADATA}))
        with pytest.raises(NotOfferedError):
            _ = tree.entry_page
        with pytest.raises(NotOfferedError):
            tree.origins("/icon.svg")


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
        why = "index.html is a symbolic link to what is not there"
        assert TreeSource(project).scripts == [Document(None, Place(file="index.html"), why)]


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


@pytest.mark.timeout(120)
def test_a_pipe_is_not_waited_for(make_project: MakeProject) -> None:
    project = make_project({"Dockerfile": "FROM scratch\nCOPY script.js /\n"}, metadata="pipe.json")
    make_pipe(project.root / "pipe.json")
    make_pipe(project.root / "script.js")
    source = TreeSource(project)
    files = TreeFiles(project.root)
    (document,) = Shipped(source.views, files).documents("/script.js")
    assert document == Document(None, Place(file="script.js"), "script.js is a named pipe, not a file")
    assert files.document(project.root / "pipe.json").why == "pipe.json is a named pipe, not a file"
    assert [document.content for document in source.scripts] == [None]


@pytest.mark.parametrize("name", ["CHANGELOG.md", "index.html"])
def test_nothing_outside_of_the_tree_is_read_through_a_link(name: str, make_project: MakeProject) -> None:
    project = make_project()
    (project.root.parent / "secret").write_text("secret", encoding="utf-8")
    (project.root / name).symlink_to("../secret")
    tree = TreeSource(project)
    assert (tree.changelog if name == "CHANGELOG.md" else tree.scripts[0]).content is None


class TestBoundary:
    """What a pull request may name, and a CI machine must not show."""

    LINE = "root:$6$hash:19000"

    @pytest.fixture
    def secret(self, tmp_path: Path) -> Path:
        file = tmp_path / "secret"
        file.write_text(f"{self.LINE}\n", encoding="utf-8")
        return file

    def test_a_dockerfile_is_not_followed_out(self, secret: Path, make_project: MakeProject) -> None:
        project = make_project()
        (project.root / "Dockerfile").symlink_to(secret)
        with pytest.raises(OutsideProjectError, match=r"^Dockerfile is a symbolic link that leads out") as caught:
            _ = TreeSource(project).refusal
        assert "secret" not in caught.value.message
        with pytest.raises(OutsideProjectError):
            require_sources(project)

    def test_of_a_dockerfile_elsewhere_no_refused_line_is_shown(self, secret: Path, make_project: MakeProject) -> None:
        project = make_project(dockerfile="../secret")
        refusal = TreeSource(project).refusal
        assert refusal is not None
        assert self.LINE not in refusal.what
        assert refusal.place.line == 1
        with pytest.raises(DockerfileInvalidError, match="outside of the project") as caught:
            require_sources(project)
        assert self.LINE not in caught.value.message
        assert secret.exists()

    def test_a_dockerfile_elsewhere_is_read(self, tmp_path: Path, make_project: MakeProject) -> None:
        (tmp_path / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
        (labels,) = TreeSource(make_project(dockerfile="../Dockerfile")).labels
        assert dict(labels.values) == {"title": "Other"}

    @pytest.mark.parametrize("name", [".dockerignore", "Dockerfile.dockerignore"])
    def test_patterns_are_not_followed_out(self, name: str, secret: Path, make_project: MakeProject) -> None:
        project = make_project({"Dockerfile": "FROM scratch\nCOPY ui /ui\n"})
        (project.root / name).symlink_to(secret)
        with pytest.raises(OutsideProjectError, match=f"^{name} is a symbolic link"):
            _ = TreeSource(project).ignore_fault

    @pytest.mark.parametrize("setting", ["../secret", "link", "folder/secret"])
    def test_metadata_is_not_read_elsewhere(self, setting: str, secret: Path, make_project: MakeProject) -> None:
        project = make_project(metadata=setting)
        (project.root / "link").symlink_to(secret)
        (project.root / "folder").symlink_to(secret.parent)
        (document,) = TreeSource(project).documents
        assert document.content is None
        assert "out" in document.why
        with pytest.raises(MetadataMissingError, match="of the project"):
            require_sources(project)

    def test_a_link_that_is_copied_is_named(self, secret: Path, make_project: MakeProject) -> None:
        project = make_project({"Dockerfile": "FROM scratch\nCOPY metadata.json /\n"})
        (project.root / "metadata.json").symlink_to(secret)
        source = TreeSource(project)
        why = "metadata.json is a symbolic link that leads out of the project"
        # One finding says so.
        with pytest.raises(NotOfferedError, match=why):
            _ = source.documents
        assert [each.what for each in source.unsent] == [f"metadata.json, but {why}"]

    def test_links_within_the_project_are_followed(self, make_project: MakeProject) -> None:
        files = {"real/Dockerfile": "FROM scratch\nCOPY metadata.json /\n", "real/metadata.json": "{}"}
        project = make_project(files)
        (project.root / "Dockerfile").symlink_to("real/Dockerfile")
        (project.root / "metadata.json").symlink_to("real/metadata.json")
        assert [each.content for each in TreeSource(project).documents] == [b"{}"]


class TestDepth:
    @pytest.fixture
    def deep(self, make_project: MakeProject) -> Iterator[Path]:
        """1500 folders, each in the one before; removed one by one, for shutil calls itself for each."""
        root = make_project({"Dockerfile": "FROM scratch\nCOPY ui /ui\nCOPY u*/*/x /y/\n", "metadata.json": "{}"}).root
        made = [root / "ui"]
        made[0].mkdir()
        for _ in range(1500):
            made.append(made[-1] / "d")
            made[-1].mkdir()
        (made[-1] / "a.js").touch()
        yield root
        (made[-1] / "a.js").unlink()
        for folder in reversed(made):
            folder.rmdir()

    @pytest.mark.parametrize("patterns", ["", "ui\n!ui/**/a.js\n"])
    def test_it_has_no_bound(self, patterns: str, deep: Path, make_project: MakeProject) -> None:
        source = TreeSource(make_project({".dockerignore": patterns}))
        assert [each.place.file for each in source.scripts] == [f"ui/{'d/' * 1500}a.js"]
        assert source.entries("/ui") == []
        assert source.absence("/x/a.js", source.origins("/x/a.js")[0], OriginKind.FILE).startswith(
            "is not in the image"
        )
        assert source.packages == []
        assert deep.exists()

    def test_what_is_too_long_for_the_system_is_not_gone_into(
        self, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project = make_project({"a.js": "", "ui/b.js": ""})
        name = Path("x" * 200)
        monkeypatch.chdir(project.root)
        # Step by step, for the whole path is longer than any call takes.
        for _ in range(25):
            name.mkdir()
            os.chdir(name)
        assert [str(each.place) for each in TreeSource(project).scripts] == ["a.js", "ui/b.js"]
        for _ in range(25):
            os.chdir("..")
            name.rmdir()
