"""copier.yml serves people who run copier themselves: it must judge as dext does, and run nothing."""

from __future__ import annotations

import os
import re
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from copier import Settings, run_copy
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import FileSystemLoader
from jinja2.sandbox import SandboxedEnvironment
from plumbum import local

from dext_tasks.extension.labels import CATEGORY_NAMES
from dext_tasks.formats import html
from dext_tasks.scaffold.answers import CHOICES, NO, Answers, derive
from dext_tasks.scaffold.templates import template_path
from dext_tasks.scaffold.validation import judge, problems

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURATION: dict[str, Any] = yaml.safe_load((template_path() / "copier.yml").read_text())
QUESTIONS = {name: details for name, details in CONFIGURATION.items() if not name.startswith("_")}
ENVIRONMENT = SandboxedEnvironment(
    loader=FileSystemLoader(template_path()),
    extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
)
GOOD = derive("hello", image="acme/hello")
JUDGED = ("name", "image", "title", "description", "vendor", "publisher_url", "repository", "api_version")
VALUES = (
    "",
    " x",
    "x\n",
    "x\ny",
    "a\u2028b",
    "a\u202eb",
    "\ufeff",
    "a\ud800",
    "hello",
    "my.tool-2",
    "a--b",
    "Docker",
    "my extension",
    'größe 🐋 \\ " $ <b>',
    "acme/hello",
    "acme/hello:1",
    "ACME/hello",
    "localhost:5000/acme/hello",
    "localhost:5000/hello",
    "ghcr.io/a/b/c",
    "https://acme.example",
    "https://acme.example/a?b=c'",
    "http://acme.example/a/b",
    "https://github.com/a/b",
    "https://github.com/a/b.git",
    "https://github.com/a/b/",
    "javascript:alert(1)",
    ">= 0.3.4",
    ">= 0.3.4, < 1.0.0",
    ">=0.3.4",
    "0.3.4",
    "^0.3.4",
    ">= 0.3",
    ">= 0.3.4-rc.1",
    "docker, inc",
    "Docker Inc. and friends",
    "dockerize me",
    "by Docker  Inc.",
    "a List<String>, with a < b & c > d",
    "see <script>",
    "</p> of what <!-- <b -->",
    "<x onclick=alert(1)>",
    "<p",
    "<paragraph>",
    "https://localhost/a/b",
    "https://a.LOCALHOST:80/a",
    "https://localhost.example/a/b",
    "https://127.0.0.1/a/b",
    "https://127.0.0.1.example/a/b",
    "https://0.0.0.0:3000/a/b",
    "a" * 100,
    "a" * 101,
    f"acme/{'a' * 195}",
    f"acme/{'a' * 196}",
    f"acme/{'a' * 250}",
    f"acme/{'a' * 251}",
)
LONG = "x" * 50_001


@pytest.mark.parametrize("field", JUDGED)
@pytest.mark.parametrize("value", VALUES, ids=ascii)
def test_copier_judges_an_answer_as_dext_does(field: str, value: str) -> None:
    assert bool(_copier_s_problem(field, _changed(field, value))) == bool(judge(field, value)), (field, value)


@pytest.mark.parametrize("field", ["title", "description", "vendor"])
def test_copier_says_it_in_the_same_words(field: str) -> None:
    for value in (LONG, "a <b>c</b>", *(["Docker Inc."] if field == "vendor" else [])):
        assert _copier_s_problem(field, _changed(field, value)) == judge(field, value) != ""


@pytest.mark.parametrize(
    ("field", "value"), [("name", "a" * 101), ("image", f"acme/{'a' * 196}"), ("image", "a" * 300)]
)
def test_copier_says_in_the_same_words_that_a_name_is_too_long(field: str, value: str) -> None:
    assert _copier_s_problem(field, _changed(field, value)) == judge(field, value) != ""


@pytest.mark.parametrize("tag", sorted(html.TAGS | html.DANGEROUS_TAGS))
def test_copier_knows_every_tag(tag: str) -> None:
    for text in (f"a <{tag}>", f"<{tag.upper()} x", f"<{tag}/>", f"<{tag}"):
        assert _copier_s_problem("title", _changed("title", text)) == judge("title", text) != ""


@pytest.mark.parametrize("value", VALUES, ids=ascii)
@pytest.mark.parametrize("field", JUDGED)
def test_of_what_dext_renders_copier_asks_only_whether_it_can_be(field: str, value: str) -> None:
    changed = _changed(field, value)
    assert bool(_copier_s_problem(field, changed, template_version="0.2.0")) == bool(problems(changed))


@given(
    st.text() | st.text("<b/ =>!-&;oncliks"),
    st.sampled_from(["title", "description", "vendor", "name", "publisher_url", "repository", "api_version"]),
)
def test_copier_judges_any_text_as_dext_does(value: str, field: str) -> None:
    refused = bool(_copier_s_problem(field, _changed(field, value)))
    # Copier has no parser of HTML: it refuses a tag that is none, too, if it has attributes.
    may_differ = "<" in value and "=" in value
    assert refused == bool(judge(field, value)) or (refused and may_differ)


def test_categories_are_those_of_the_marketplace() -> None:
    assert tuple(QUESTIONS["category"]["choices"]) == CATEGORY_NAMES


def test_both_have_the_same_choices() -> None:
    listed = {name: details["choices"] for name, details in QUESTIONS.items() if "choices" in details}
    assert listed == {name: [*choices] for name, choices in CHOICES.items() if NO not in choices}


@pytest.mark.parametrize("field", [name for name, choices in CHOICES.items() if NO in choices])
def test_copier_judges_yes_and_no_as_dext_does(field: str) -> None:
    assert QUESTIONS[field]["type"] == "bool"
    for answer in (True, False):
        changed = _changed(field, answer)
        assert bool(_copier_s_problem(field, changed)) == bool(problems(changed)), answer


def test_every_answer_has_a_question() -> None:
    asked = {name for name, details in QUESTIONS.items() if details.get("when", True)}
    assert asked == set(asdict(GOOD)) - {"year", "folder"}


def test_the_proposals_of_both_are_the_same_for_a_plain_name() -> None:
    answers = derive("log-viewer", image="acme/log-viewer")
    known = asdict(answers)
    rendered = {
        name: ENVIRONMENT.from_string(str(details["default"])).render(known)
        for name, details in QUESTIONS.items()
        if "default" in details and name in known and name != "image"
    }
    assert rendered == {name: str(known[name]) for name in rendered}


@pytest.mark.parametrize("key", ["_tasks", "_migrations", "_jinja_extensions"])
def test_nothing_that_copier_calls_unsafe_is_used(key: str) -> None:
    assert key not in CONFIGURATION


@pytest.mark.parametrize(
    ("earlier", "later"),
    [({"backend": "none"}, {"compose": "yes"}), ({"ci": "gitlab"}, {"updates": "dependabot"})],
)
def test_copier_refuses_the_same_contradictions(earlier: dict[str, str], later: dict[str, str], tmp_path: Path) -> None:
    ((first, choice),), ((last, other),) = earlier.items(), later.items()
    # In the order of the questions.
    problem = _copier_s_problem(last, derive("hello", **earlier, **later))
    assert problem == judge(last, other, earlier)
    # Given before anything is asked; one that is to be asked again is known from the update before, and says nothing.
    problem = _copier_s_problem(first, derive("hello", **earlier, **later), _copier_conf={"data": later})
    assert problem == judge(first, choice, later) != ""
    assert _copier_s_problem(first, derive("hello", **earlier, **later)) == ""
    given = {"name": "hello", **later, **earlier}
    # Without git it starts no process.
    with local.env(PATH=os.devnull), pytest.raises(ValueError, match=f"'{first}': {re.escape(problem)}"):
        run_copy(str(template_path()), tmp_path, data=given, defaults=True, quiet=True, settings=Settings())


def _copier_s_problem(field: str, answers: Answers, template_version: str = "", **more: object) -> str:
    validator = ENVIRONMENT.from_string(QUESTIONS[field].get("validator", ""))
    return validator.render(asdict(answers), template_version=template_version, **more).strip()


def _changed(field: str, answer: object) -> Answers:
    changes: dict[str, Any] = {field: answer}
    return replace(GOOD, **changes)
