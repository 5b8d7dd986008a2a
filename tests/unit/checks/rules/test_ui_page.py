from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.checks import catalogue
from dext_tasks.checks.rules.ui_page import link_fault
from dext_tasks.checks.selection import Selection
from dext_tasks.sources.facts import FileFact, FileKind, Place
from tests.unit.checks.extension_tree import TREE_DOCKERFILE, found_in_tree
from tests.unit.checks.fake_source import AMD64, BY_CODE, FakeSource, file_set

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProject

RULES = Selection(("ui-script-*", "ui-picture-*", "ui-style-*")).chosen(catalogue.RULES)
CODES = [rule.code for rule in RULES]
METADATA = json.dumps({"ui": {"dashboard-tab": {"title": "x", "root": "/ui", "src": "index.html?a=b#c"}}}).encode()
THERE = {"/ui/a.js": FileKind.FILE, "/ui/a.css": FileKind.FILE, "/ui/i.svg": FileKind.FILE, "/a.js": FileKind.FILE}


def paged(page: bytes, metadata: bytes = METADATA, more: dict[str, FileFact] | None = None) -> FakeSource:
    kinds = {**THERE, "/ui/folder": FileKind.FOLDER, "/ui/link.js": FileKind.LINK}
    facts = {path: FileFact(kind, 0o644, 1) for path, kind in kinds.items()} | (more or {})
    return FakeSource(files=[file_set(metadata, facts, {"/ui/index.html": page}, AMD64)])


def found(code: str, markup: str) -> list[str]:
    problems = list(BY_CODE[code].ask(paged(markup.encode())))
    assert all(problem.place == Place(path="/ui/index.html", platform=AMD64) for problem in problems)
    return [problem.what for problem in problems]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(
    "markup",
    [
        "",
        "<script src=./a.js?v=1></script><link rel=stylesheet href=a.css><link rel=icon href='i.svg#x'>",
        "<script src=link.js></script>",
        "<base href=./><script src=a.js></script>",
        "<script>import('/assets/later.js')</script>",
        "<img src=data:image/png;base64,AAAA>",
        "<a href=/elsewhere>x</a>",
    ],
)
def test_nothing_is_wrong(code: str, markup: str) -> None:
    assert found(code, markup) == []


@pytest.mark.parametrize(
    ("code", "markup", "what"),
    [
        ("ui-script-absent", "\n<script src=b.js></script>", "line 2: b.js is not in the image"),
        ("ui-script-absent", "<link rel=stylesheet href=b.css>", "line 1: b.css is not in the image"),
        ("ui-script-absent", "<script src=folder></script>", "line 1: folder is a folder, not a file"),
        (
            "ui-script-absent",
            "<script src=../a.js></script>",
            "line 1: ../a.js is outside /ui, the folder that is installed",
        ),
        ("ui-script-absent", "<base href=b/><script src=a.js></script>", "line 1: a.js is not in the image"),
        ("ui-script-absent", "<script src=%PUBLIC_URL%/a.js>", "line 1: %PUBLIC_URL%/a.js is not in the image"),
        ("ui-picture-absent", "<img src=b.png>", "line 1: b.png is not in the image"),
        ("ui-picture-absent", "<link rel=icon href=favicon.ico>", "line 1: favicon.ico is not in the image"),
        ("ui-picture-absent", "<link rel=modulepreload href=b.js>", "line 1: b.js is not in the image"),
        ("ui-script-absolute", "<script src=/a.js></script>", "line 1: /a.js is an absolute address"),
        ("ui-script-absolute", "<base href=/><script src=a.js></script>", "line 1: a.js is below the base address /"),
        (
            "ui-script-absolute",
            "<link rel=stylesheet href=/assets/a.css>",
            "line 1: /assets/a.css is an absolute address",
        ),
        ("ui-picture-absolute", "<link rel=icon href=/favicon.ico>", "line 1: /favicon.ico is an absolute address"),
        (
            "ui-script-external",
            "<script src=//cdn.example.com/a.js></script>",
            "line 1: //cdn.example.com/a.js is loaded from the network",
        ),
        (
            "ui-style-external",
            "<link rel=stylesheet href=https://fonts.example.com/css>",
            "line 1: https://fonts.example.com/css is loaded from the network",
        ),
    ],
)
def test_one_thing_is_wrong_and_one_rule_says_so(code: str, markup: str, what: str) -> None:
    assert found(code, markup) == [what]
    assert [other for other in CODES if found(other, markup)] == [code]


@pytest.mark.parametrize("metadata", [b"", b"{}", b"{", b'{"ui": {"dashboard-tab": {"title": "x"}}}'])
def test_without_an_entry_page_there_is_nothing_to_say(metadata: bytes) -> None:
    source = paged(b"<script src=/b.js>", metadata)
    assert [problem for rule in RULES for problem in rule.ask(source)] == []


@given(st.binary() | st.text(st.sampled_from("<>/='\" \nscriptlnkhef.:#?%")).map(str.encode))
def test_every_rule_has_an_answer_to_any_page(page: bytes) -> None:
    for rule in RULES:
        for problem in rule.ask(paged(page)):
            assert "\n" not in problem.what


@pytest.mark.parametrize(("target", "what"), [("a.js", []), ("nope.js", ["line 1: l.js is a link to /ui/nope.js, "])])
def test_a_link_is_worth_what_it_leads_to(target: str, what: list[str]) -> None:
    link = {"/ui/l.js": FileFact(FileKind.LINK, 0o777, 0, target)}
    source = paged(b"<script src=l.js></script>", more=link)
    said = [problem.what for problem in BY_CODE["ui-script-absent"].ask(source)]
    assert len(said) == len(what)
    assert all(each.startswith(start) for each, start in zip(said, what, strict=True))


def test_the_entry_page_of_the_tree_is_read(make_project: MakeProject) -> None:
    page = "<html>\n<script src=/assets/a.js></script>\n<script src=nope.js></script><img src=../x.png>\n"
    assert found_in_tree(make_project, ui__index_html=page) == [
        (
            "ui-script-absent",
            "nope.js is neither in the source tree nor made by the build",
            "ui/index.html:3",
        ),
        ("ui-picture-absent", "../x.png is outside /ui, the folder that is installed", "ui/index.html:3"),
        ("ui-script-absolute", "/assets/a.js is an absolute address", "ui/index.html:2"),
    ]


BUILT = """FROM node AS client
COPY ui /ui
RUN npm run build
FROM alpine
COPY --from=client /ui/dist /ui
COPY metadata.json icon.svg compose.yaml .
"""
IN_PLACE = f"{TREE_DOCKERFILE}RUN npm run build\n"


@pytest.mark.parametrize("dockerfile", [BUILT, BUILT.replace("/ui/dist", "/ui"), IN_PLACE, "FROM acme/ui\n", "FROM"])
def test_what_a_build_makes_of_a_page_is_not_judged(dockerfile: str, make_project: MakeProject) -> None:
    page = "<script type=module src=/src/main.tsx></script><script src=nope.js></script>"
    assert found_in_tree(make_project, Dockerfile=dockerfile, ui__index_html=page, ui__dist__index_html=page) == []


def test_a_built_ui_in_the_tree_is_judged(make_project: MakeProject) -> None:
    dockerfile = TREE_DOCKERFILE.replace("COPY ui /ui", "COPY ui/dist /ui")
    page = "<script src=assets/a.js></script><script src=b.js></script>"
    said = found_in_tree(make_project, Dockerfile=dockerfile, ui__dist__index_html=page, ui__dist__assets__a_js="1")
    assert [(code, what.split()[0]) for code, what, _ in said] == [("ui-script-absent", "b.js")]


def test_a_bundle_may_be_made_beside_its_sources(make_project: MakeProject) -> None:
    page = "<script src=bundle.js></script><script src=/bundle.js></script>"
    assert [code for code, *_ in found_in_tree(make_project, ui__index_html=page, ui__package_json="{}")] == [
        "ui-script-absolute"
    ]


def test_a_page_that_is_not_built_yet_is_not_judged(make_project: MakeProject) -> None:
    assert found_in_tree(make_project, Dockerfile=TREE_DOCKERFILE.replace("COPY ui /ui", "COPY ui/dist /ui")) == []


FILE, FOLDER = FileFact(FileKind.FILE, 0o644, 1), FileFact(FileKind.FOLDER, 0o755, 0)


def link_to(target: str) -> FileFact:
    return FileFact(FileKind.LINK, 0o777, 0, target)


def link_faults(**links: str) -> str:
    """Of ui/a.js, with these links beside the file ui/b.js and the folder ui/d."""
    made = {f"/ui/{name.replace('_', '.')}": link_to(target) for name, target in links.items()}
    return link_fault("/ui/a.js", "/ui", {"/ui": FOLDER, "/ui/b.js": FILE, "/ui/d": FOLDER, **made})


@pytest.mark.parametrize(
    "links",
    [
        {"a_js": "b.js"},
        {"a_js": "/ui/b.js"},
        {"a_js": "d/../b.js"},
        {"a_js": "c.js", "c_js": "b.js"},
        {"a_js": "e/b.js", "e": "."},
        # What is outside the folder, or not told, is not known.
        {"a_js": "/elsewhere/b.js"},
        {"a_js": "../b.js"},
        {"a_js": ""},
    ],
)
def test_nothing_is_wrong_with_a_link(links: dict[str, str]) -> None:
    assert link_faults(**links) == ""


@pytest.mark.parametrize(
    ("links", "what"),
    [
        ({"a_js": "nope.js"}, "is a link to /ui/nope.js, which is not in the image"),
        ({"a_js": "../ui/d/nope.js"}, "is a link to /ui/d/nope.js, which is not in the image"),
        ({"a_js": "c.js", "c_js": "nope.js"}, "is a link to /ui/nope.js, which is not in the image"),
        ({"a_js": "e/nope.js", "e": "d"}, "is a link to /ui/d/nope.js, which is not in the image"),
        ({"a_js": "a.js"}, "is a link that leads nowhere"),
        ({"a_js": "c.js", "c_js": "a.js"}, "is a link that leads nowhere"),
        ({"a_js": "a.js/x"}, "is a link that leads nowhere"),
        ({"a_js": "x" * 5000}, "is a link that leads nowhere"),
    ],
)
def test_a_link_that_leads_to_nothing(links: dict[str, str], what: str) -> None:
    assert link_faults(**links) == what


def test_what_is_no_link_is_another_rules() -> None:
    assert link_fault("/ui/b.js", "/ui", {"/ui/b.js": FILE}) == ""


NAMES = st.text(alphabet="ab./", max_size=8)


@given(st.dictionaries(NAMES.map(lambda name: f"/{name}"), NAMES.map(link_to)), NAMES.map(lambda name: f"/{name}"))
def test_any_links_have_an_answer(facts: dict[str, FileFact], path: str) -> None:
    assert "\n" not in link_fault(path, "/a", facts)
