from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.checks import catalogue
from dext_tasks.checks.selection import Selection
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.sources.source import FileFact, FileKind, Place
from tests.unit.checks.fake_source import FakeSource, file_set

RULES = Selection(("ui-script-*", "ui-picture-*", "ui-style-*")).chosen(catalogue.RULES)
BY_CODE = {rule.code: rule for rule in RULES}
AMD64 = Platform("linux", "amd64")
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


@pytest.mark.parametrize("code", BY_CODE)
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
    assert [other for other in BY_CODE if found(other, markup)] == [code]


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
