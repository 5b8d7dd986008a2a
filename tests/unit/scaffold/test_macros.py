"""Hostile text through the template's macros and back through the parser of each format."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import FileSystemLoader
from jinja2.sandbox import SandboxedEnvironment

from dext_tasks.formats.dockerfile.document import parse
from dext_tasks.scaffold.answers import derive
from dext_tasks.scaffold.templates import template_path
from dext_tasks.scaffold.validation import problems

# As copier makes it: https://github.com/copier-org/copier/blob/master/copier/_main.py (jinja_env)
ENVIRONMENT = SandboxedEnvironment(
    loader=FileSystemLoader(template_path()),
    extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
    keep_trailing_newline=True,
)
MACROS: Any = ENVIRONMENT.get_template("macros.jinja").module


def _usable(text: str) -> bool:
    return not problems(derive("hello", description=text))


SPECIAL = st.text(alphabet="\\\"'$<>&{}[]#%`*_:-+=!|~ \tab1.)(")
LINES = st.one_of(st.text(), SPECIAL).map(lambda text: text.strip() or "x").filter(_usable)


@given(LINES)
@example("ends with a backslash \\")
@example('"quoted" and \\"escaped\\"')
@example("${HOME} $HOME $$ \\$ ${x:-y}")
@example("<<EOF # not a comment")
def test_a_label_holds_any_text(text: str) -> None:
    dockerfile = f"FROM scratch\nLABEL first={MACROS.label(text)} \\\n      second={MACROS.label('after')}\n"
    assert parse(dockerfile).labels() == {"first": text, "second": "after"}


@given(LINES)
def test_a_label_holds_json_of_any_text(text: str) -> None:
    dockerfile = f"FROM scratch\nLABEL shots={MACROS.label(MACROS.json([{'alt': text}]))}\n"
    assert json.loads(parse(dockerfile).labels()["shots"]) == [{"alt": text}]


@given(LINES)
@example("\U0001f600")
def test_json_is_read_back_by_json_and_yaml(text: str) -> None:
    assert json.loads(MACROS.json(text)) == text
    assert yaml.safe_load(f"key: {MACROS.json(text)}\n") == {"key": text}


@given(LINES)
@example("</title><script>alert(1)</script>")
@example("&lt;already escaped&gt;")
def test_html_is_read_back_as_text(text: str) -> None:
    page = _Page()
    page.feed(f"<p title='{MACROS.html(text)}'>{MACROS.html(text)}</p>")
    page.close()
    assert (page.tags, page.text, page.titles) == (["p"], text, [text])


@given(LINES)
@example("{{ year }} {% raw %}")
def test_a_licence_names_anybody(text: str) -> None:
    assert MACROS.copyright("2026", text) == f"Copyright (c) 2026 {text}"
    assert MACROS.copyright("", text) == f"Copyright (c) {text}"


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("plain words, and more.", "plain words, and more."),
        ("*bold* <b> [a](b) `c` a_b", r"\*bold\* \<b\> \[a\](b) \`c\` a\_b"),
        ("# no heading", r"\# no heading"),
        ("- no list", r"\- no list"),
        ("1. no list", r"1\. no list"),
        ("back\\slash", r"back\\slash"),
    ],
)
def test_markdown_shows_text_as_it_is(text: str, markdown: str) -> None:
    assert MACROS.markdown(text) == markdown


@pytest.mark.parametrize(
    ("repository", "address"),
    [
        ("https://github.com/acme/hello", "https://raw.githubusercontent.com/acme/hello/HEAD/icon.svg"),
        ("https://gitlab.com/acme/sub/hello", "https://gitlab.com/acme/sub/hello/-/raw/HEAD/icon.svg"),
        ("https://gitlab.acme.example/a/b", "https://gitlab.acme.example/a/b/-/raw/HEAD/icon.svg"),
        ("https://bitbucket.org/acme/hello", "https://bitbucket.org/acme/hello/raw/HEAD/icon.svg"),
    ],
)
def test_files_are_linked_where_the_host_serves_them(repository: str, address: str) -> None:
    assert MACROS.raw(repository, "icon.svg") == address


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.titles: list[str | None] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.titles.extend(value for name, value in attrs if name == "title")

    def handle_data(self, data: str) -> None:
        self.text += data
