from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.checks import catalogue
from dext_tasks.checks.selection import Selection
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.sources.facts import FileFact, FileKind
from dext_tasks.sources.image import ImageSource
from dext_tasks.sources.snapshot import Snapshot
from dext_tasks.sources.source import NotOfferedError
from dext_tasks.sources.tree import TreeSource
from tests.unit.checks.extension_tree import TREE_DOCKERFILE, TREE_METADATA, chosen, tree_with
from tests.unit.checks.fake_source import BY_CODE, fact, found_in_image

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dext_tasks.sources.source import Source
    from tests.unit.conftest import MakeProject


def tab(src: str, root: str = "/ui") -> dict[str, Any]:
    return {"ui": {"dashboard-tab": {"title": "x", "root": root, "src": src}}}


class TestEntry:
    @pytest.mark.parametrize("metadata", [tab("index.html"), tab("/index.html#x"), tab("ui/index.html", "/"), {}])
    def test_good(self, metadata: dict[str, Any]) -> None:
        assert found_in_image("ui-entry-useless", metadata, {"/ui/index.html": fact(0o644)}) == []

    @pytest.mark.parametrize("facts", [{}, {"/ui/index.html": fact(0o755, FileKind.FOLDER)}])
    def test_what_is_no_file_is_another_rules(self, facts: dict[str, FileFact]) -> None:
        assert found_in_image("ui-entry-useless", tab("index.html"), facts) == []

    @pytest.mark.parametrize(("src", "path"), [("../index.html", "/index.html"), ("../ui2/i.html", "/ui2/i.html")])
    def test_outside(self, src: str, path: str) -> None:
        what = f"{path} is outside /ui, the folder that is installed"
        assert found_in_image("ui-entry-useless", tab(src), {path: fact(0o644)}) == [(what, path)]

    def test_empty(self) -> None:
        facts = {"/ui/index.html": FileFact(FileKind.FILE, 0o644, 0)}
        assert found_in_image("ui-entry-useless", tab("index.html"), facts) == [
            ("/ui/index.html is empty", "/ui/index.html")
        ]

    def test_an_address_is_no_path(self) -> None:
        facts = {"/ui": fact(0o755, FileKind.FOLDER)}
        ((what, _),) = found_in_image("ui-entry-absent", tab("https://a.example/"), facts)
        assert what == (
            "metadata.json names the address https://a.example/, where the path of a file in the image is expected"
        )

    @pytest.mark.parametrize("facts", [{}, {"/ui": fact(0o644)}])
    def test_without_its_folder_it_is_missing_too_which_is_one_finding(self, facts: dict[str, FileFact]) -> None:
        assert found_in_image("ui-entry-absent", tab("index.html"), facts) == []
        assert len(found_in_image("ui-root-absent", tab("index.html"), facts)) == 1
        assert found_in_image("ui-entry-absent", tab("index.html"), {"/ui": fact(0o755, FileKind.FOLDER)})

    def test_docker_installs_an_extension_without_it(self) -> None:
        assert [BY_CODE[code].docker for code in ("ui-entry-absent", "ui-entry-useless")] == ["", ""]


FOLDER_RULES = Selection(("ui-link", "ui-node-modules")).chosen(catalogue.RULES)
FOLDER_METADATA = json.dumps({"ui": {"dashboard-tab": {"title": "x", "root": "/ui", "src": "index.html"}}})
FOLDER_DOCKERFILE = "FROM scratch\nCOPY metadata.json /\nCOPY web /ui\n"


def asked_of_folder(source: Source) -> list[tuple[str, str, str]]:
    return [(rule.code, problem.what, str(problem.place)) for rule in FOLDER_RULES for problem in rule.ask(source)]


def tree(
    make_project: MakeProject, dockerfile: str = FOLDER_DOCKERFILE, links: Mapping[str, str] | None = None, **files: str
) -> TreeSource:
    named = {name.replace("__", "/"): text for name, text in files.items()}
    project = make_project({"Dockerfile": dockerfile, "metadata.json": FOLDER_METADATA, "web/index.html": "x", **named})
    for name, target in (links or {}).items():
        (project.root / name).parent.mkdir(parents=True, exist_ok=True)
        (project.root / name).symlink_to(target)
    return TreeSource(project)


class TestTree:
    def test_nothing_is_wrong(self, make_project: MakeProject) -> None:
        assert asked_of_folder(tree(make_project, links={"other/link": "x"}, node_modules__x="x")) == []

    def test_a_link(self, make_project: MakeProject) -> None:
        assert asked_of_folder(tree(make_project, links={"web/a/logo.svg": "../../logo.svg"})) == [
            ("ui-link", "/ui holds the symbolic link /ui/a/logo.svg", "web/a/logo.svg")
        ]

    def test_modules_and_the_links_in_them_are_told_once_each(self, make_project: MakeProject) -> None:
        links = {f"web/node_modules/.bin/{name}": f"../{name}/cli.js" for name in ("a", "b", "c")}
        said = asked_of_folder(tree(make_project, links=links, web__node_modules__a__package_json="{}"))
        assert said == [
            (
                "ui-link",
                "/ui holds the symbolic link /ui/node_modules/.bin/a, and 2 more like it",
                "web/node_modules/.bin/a",
            ),
            ("ui-node-modules", "/ui holds the folder node_modules /ui/node_modules", "web/node_modules"),
        ]

    def test_a_link_that_is_copied_by_its_name_is_a_file_in_the_image(self, make_project: MakeProject) -> None:
        dockerfile = f"{FOLDER_DOCKERFILE}COPY link /ui/link\n"
        assert asked_of_folder(tree(make_project, dockerfile, links={"link": "web/index.html"})) == []

    def test_what_dockerignore_leaves_out_is_not_copied(self, make_project: MakeProject) -> None:
        source = tree(make_project, links={"web/link": "x"}, web__node_modules__x="x")
        (source.project.root / ".dockerignore").write_text("**/node_modules\nweb/link\n", encoding="utf-8")
        assert asked_of_folder(source) == []

    @pytest.mark.parametrize(
        ("dockerfile", "where"),
        [
            ("FROM scratch\nCOPY . /\nCOPY web /ui\n", "web/link"),
            ("FROM scratch AS x\nCOPY web /y\nFROM scratch\nCOPY metadata.json /\nCOPY --from=x /y /ui\n", "web/link"),
            ("FROM scratch AS x\nCOPY web /ui\nFROM x\nCOPY metadata.json /\n", "web/link"),
        ],
    )
    def test_copy_is_followed(self, dockerfile: str, where: str, make_project: MakeProject) -> None:
        said = asked_of_folder(tree(make_project, dockerfile, links={"web/link": "x"}))
        assert [(code, place) for code, _, place in said] == [("ui-link", where)]

    def test_what_a_build_makes_of_it_is_not_judged(self, make_project: MakeProject) -> None:
        source = tree(make_project, "FROM node\nCOPY web /ui\nRUN npm ci\nCOPY metadata.json /\n", {"web/link": "x"})
        with pytest.raises(NotOfferedError, match=r"^/ui: what RUN in line 3 does"):
            asked_of_folder(source)


class TestImages:
    def test_links_and_modules(self, tmp_path: Path) -> None:
        facts = {
            "/ui": FileFact(FileKind.FOLDER, 0o755, 0),
            "/ui/index.html": FileFact(FileKind.FILE, 0o644, 1),
            "/ui/link": FileFact(FileKind.LINK, 0o777, 0, "x"),
            "/ui/node_modules": FileFact(FileKind.FOLDER, 0o755, 0),
            "/ui/node_modules/a/node_modules": FileFact(FileKind.FOLDER, 0o755, 0),
            "/uix/link": FileFact(FileKind.LINK, 0o777, 0, "x"),
        }
        platform = REQUIRED[0]
        source = ImageSource({}, {platform: Snapshot(platform, tmp_path, facts, FOLDER_METADATA.encode())})
        assert asked_of_folder(source) == [
            ("ui-link", "/ui holds the symbolic link /ui/link", "/ui/link, linux/amd64"),
            ("ui-node-modules", "/ui holds the folder node_modules /ui/node_modules", "/ui/node_modules, linux/amd64"),
        ]

    def test_without_a_ui_there_is_nothing_to_say(self, tmp_path: Path) -> None:
        assert asked_of_folder(ImageSource({}, {each: Snapshot(each, tmp_path, {}, b"{}") for each in REQUIRED})) == []


(USELESS,) = chosen("ui-entry-useless")


class TestEntryPage:
    @pytest.mark.parametrize(
        ("changed", "what"),
        [
            ({"ui/index.html": ""}, "/ui/index.html is empty"),
            (
                {"metadata.json": TREE_METADATA.replace("index.html", "../web/x.html"), "web/x.html": "x"},
                "/web/x.html is outside /ui, the folder that is installed",
            ),
        ],
    )
    def test_one_that_is_of_no_use(self, changed: dict[str, str], what: str, make_project: MakeProject) -> None:
        dockerfile = f"{TREE_DOCKERFILE}COPY web* /web\n"
        tree = tree_with(make_project, {"Dockerfile": dockerfile, **changed})
        (problem,) = USELESS.ask(tree)
        assert (problem.what, str(problem.place)) == (what, "metadata.json:7")

    @pytest.mark.parametrize(
        "changed",
        [
            {},
            {"metadata.json": TREE_METADATA.replace("index.html", "https://acme.org")},
            {"Dockerfile": f"{TREE_DOCKERFILE}RUN make\nCOPY metadata.json /\n", "ui/index.html": ""},
        ],
    )
    def test_anything_else_is_left_to_others(self, changed: dict[str, str], make_project: MakeProject) -> None:
        assert list(USELESS.ask(tree_with(make_project, changed))) == []
