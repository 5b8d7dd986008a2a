from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.checks import catalogue
from dext_tasks.checks.selection import Selection
from dext_tasks.extension import labels
from dext_tasks.formats import dockerfile
from dext_tasks.sources.source import DockerfileFacet, NotOfferedError, PartNotOfferedError, Source
from tests.unit.checks.fake_source import FakeSource, in_dockerfile

RULES = Selection(
    (
        "screenshots-*",
        "additional-*",
        "label-json-*",
        "link-address-*",
        "icon-label-*",
        "image-*",
        "publisher-*",
        "category-*",
        "account-*",
        "label-edge-space",
        "label-too-long",
        "label-unresolved",
    )
).chosen(catalogue.RULES)
BY_CODE = {rule.code: rule for rule in RULES}
EVERY = pytest.mark.parametrize("code", BY_CODE)
GOOD = {
    labels.TITLE: "Demo",
    labels.DESCRIPTION: "Shows something.",
    labels.VENDOR: "Acme",
    labels.API_VERSION: ">= 0.3.4",
    labels.ICON: "https://example.com/icon.svg",
    labels.SCREENSHOTS: '[{"alt":"One","url":"https://example.com/1.png"}]',
    labels.ADDITIONAL_URLS: '[{"title":"Docs","url":"https://example.com/docs"}]',
    labels.DETAILED_DESCRIPTION: "  <p>More</p>  ",
    labels.PUBLISHER_URL: "https://example.com",
    labels.CHANGELOG: "<p>${not a variable} $HOME</p>",
    labels.CATEGORIES: "kubernetes,security",
    labels.ACCOUNT_INFO: "required",
}


def labelled(values: dict[str, str], text: str = "", **more: Any) -> FakeSource:  # noqa: ANN401 - of LabelSet
    labels_ = [in_dockerfile(values, 9, **more)]
    if not text:
        return FakeSource(labels=labels_)
    return FakeSource(labels=labels_, dockerfile=DockerfileFacet(dockerfile.parse(text), "", "Dockerfile"))


def found(code: str, **values: str) -> list[str]:
    changed = {getattr(labels, name): value for name, value in values.items()}
    return [problem.what for problem in BY_CODE[code].ask(labelled(GOOD | changed))]


@EVERY
def test_good_labels(code: str) -> None:
    assert found(code) == []


@EVERY
def test_no_labels(code: str) -> None:
    assert list(BY_CODE[code].ask(labelled({}))) == []


@EVERY
def test_blank_labels_are_another_rules_finding(code: str) -> None:
    assert list(BY_CODE[code].ask(labelled(dict.fromkeys(GOOD, " ")))) == []


@EVERY
def test_a_source_without_labels_cannot_say(code: str) -> None:
    with pytest.raises(NotOfferedError):
        list(BY_CODE[code].ask(Source()))


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (
            "https://example.com/1.png",
            "line 1, column 1: not JSON: a string must be in double quotes",
        ),
        ('[{"alt":"One"}]', 'line 1, column 2: the object has no "url", in [{"alt":"One"}]'),
        ('[{alt:"One"}]', "line 1, column 3: not JSON: a key must be in double quotes"),
    ],
)
def test_screenshots(value: str, what: str) -> None:
    (problem,) = found("screenshots-invalid", SCREENSHOTS=value)
    assert problem.startswith(what)


@pytest.mark.parametrize(
    ("code", "name", "value", "fix"),
    [
        ("screenshots-invalid", "SCREENSHOTS", '[{"alt":"One","url":"x"},]', "remove the comma before ]"),
        ("additional-urls-invalid", "ADDITIONAL_URLS", "[{'title':'One'}]", "write \" in place of '"),
        ("label-json-incomplete", "SCREENSHOTS", '[{"alt":"","url":"x"}]', 'give "alt" a value'),
    ],
)
def test_json_is_corrected_where_it_is_wrong(code: str, name: str, value: str, fix: str) -> None:
    (problem,) = BY_CODE[code].ask(labelled(GOOD | {getattr(labels, name): value}))
    assert problem.fix == fix


def test_additional_urls() -> None:
    (problem,) = found("additional-urls-invalid", ADDITIONAL_URLS='[{"alt":"x","url":"https://example.com"}]')
    assert problem.startswith('line 1, column 2: the object has no "title"')


def test_the_place_is_the_labels() -> None:
    (problem,) = BY_CODE["screenshots-invalid"].ask(labelled({labels.SCREENSHOTS: "x"}))
    assert str(problem.place) == f"Dockerfile:9, label {labels.SCREENSHOTS}"


@pytest.mark.parametrize(
    ("value", "count"),
    [("[]", 1), ('[{"alt":"","url":"u"}]', 1), ('[{"alt":"a","url":"u","x":1,"url":"v"}]', 2), ("{", 0)],
)
def test_incomplete_screenshots(value: str, count: int) -> None:
    assert len(found("label-json-incomplete", SCREENSHOTS=value)) == count


def test_no_additional_urls_are_fine() -> None:
    assert found("label-json-incomplete", ADDITIONAL_URLS="[]") == []


@pytest.mark.parametrize("url", ["images/1.png", "javascript:alert(1)", "ftp://example.com/1.png"])
def test_link_addresses(url: str) -> None:
    assert found("link-address-invalid", SCREENSHOTS=f'[{{"alt":"a","url":"{url}"}}]')
    assert found("link-address-invalid", ADDITIONAL_URLS=f'[{{"title":"a","url":"{url}"}}]')


def test_links_may_lead_to_what_the_extension_serves() -> None:
    link = "http://localhost:8080"
    assert found("link-address-invalid", ADDITIONAL_URLS=f'[{{"title":"a","url":"{link}"}}]') == []
    assert found("link-address-invalid", SCREENSHOTS=f'[{{"alt":"a","url":"{link}"}}]') == [
        f"{link}: localhost is the machine of whoever reads it"
    ]


def test_a_link_without_text_is_not_lost_behind_unknown_keys() -> None:
    harmless = ['{"title":"a","url":"https://example.com","x":1}'] * 25
    elements = ",".join([*harmless, '{"url":"https://example.com"}'])
    (problem,) = found("additional-urls-invalid", ADDITIONAL_URLS=f"[{elements}]")
    assert 'the object has no "title"' in problem


@pytest.mark.parametrize("icon", ["docker.svg", "/icons/a.svg", "data:image/svg+xml,<svg/>", "javascript:alert(1)"])
def test_icon(icon: str) -> None:
    assert len(found("icon-label-invalid", ICON=icon)) == 1
    assert found("icon-label-format", ICON=icon) == []


@pytest.mark.parametrize(
    ("icon", "is_fine"),
    [
        ("https://example.com/icon.jpeg", True),
        ("https://example.com/u/123?v=4", True),
        ("https://example.com/v1.2", True),
        ("https://example.com/favicon.ico", False),
        ("https://example.com/icon.gif?x=.png", False),
    ],
)
def test_icon_format(icon: str, is_fine: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert (found("icon-label-format", ICON=icon) == []) is is_fine


PAGE = "https://github.com/someone/thing/blob/main/icon.svg"


def test_pages_about_images() -> None:
    assert len(found("image-address-is-page", ICON=PAGE, SCREENSHOTS=f'[{{"alt":"a","url":"{PAGE}"}}]')) == 2


@pytest.mark.parametrize(
    "url",
    [
        '[{"title":"GitHub","url":"https://example.com"}]',
        "example.com",
        "https://a.example,https:// b",
        "https://a.example,https://b.example",
    ],
)
def test_publisher_url(url: str) -> None:
    assert len(found("publisher-url-invalid", PUBLISHER_URL=url)) == 1


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("Databases", ["there is no category 'Databases', probably database"]),
        ("kubernetes,utility", ["there is no category 'utility', probably utility-tools"]),
        ("kubernetes, security", []),
        (",kubernetes,,", []),
        ("x,x", ["there is no category 'x': choose from ci-cd, "]),
        ("database;kubernetes", ["there is no category 'database;kubernetes': names are joined by commas"]),
        ("kubernetes security", ["there is no category 'kubernetes security': names are joined by commas"]),
        ("utility tools", ["there is no category 'utility tools', probably utility-tools"]),
    ],
)
def test_unknown_categories(value: str, what: list[str]) -> None:
    problems = found("category-unknown", CATEGORIES=value)
    assert len(problems) == len(what)
    assert all(problem.startswith(start) for problem, start in zip(problems, what, strict=True))


@pytest.mark.parametrize(
    ("value", "count"),
    [("kubernetes", 0), ("kubernetes, security", 1), ("kubernetes,", 1), ("volumes,volumes", 1), (" , ", 1)],
)
def test_category_lists(value: str, count: int) -> None:
    assert len(found("category-list-malformed", CATEGORIES=value)) == count


@pytest.mark.parametrize(
    ("value", "what", "fix"),
    [
        ('["kubernetes","security"]', "a JSON array, where", "write kubernetes,security"),
        ('[ "kubernetes" ]', "a JSON array, where", "write kubernetes"),
        ('["kubernetes"', "a JSON array, where", "write kubernetes"),
        ("['kubernetes', 'security']", "a JSON array, where", "write kubernetes,security"),
        ("[]", "a JSON array, where", ""),
        ('"kubernetes","security"', "names in quotes, where", "write kubernetes,security"),
    ],
)
def test_categories_as_json(value: str, what: str, fix: str) -> None:
    (problem,) = BY_CODE["category-list-malformed"].ask(labelled({labels.CATEGORIES: value}))
    assert problem.what.startswith(what)
    assert problem.fix == fix
    assert found("category-unknown", CATEGORIES=value) == []


def test_an_unknown_category_in_an_array_is_still_one() -> None:
    assert found("category-unknown", CATEGORIES='["databases","security"]') == [
        "there is no category 'databases', probably database"
    ]


def test_account_info() -> None:
    assert found("account-info-invalid", ACCOUNT_INFO="true") == ["'true' is not 'required'"]


@pytest.mark.parametrize("name", ["TITLE", "VENDOR", "ICON", "CATEGORIES", "API_VERSION"])
def test_edge_space(name: str) -> None:
    assert len(found("label-edge-space", **{name: " x"})) == 1
    assert len(found("label-edge-space", **{name: "x\n"})) == 1


@pytest.mark.parametrize("value", ["v${VERSION}", "${VERSION:-1}", "${A}${B}"])
def test_variables_left_as_text(value: str) -> None:
    assert len(found("label-unresolved", CHANGELOG=value)) == 1


@pytest.mark.parametrize("name", ["TITLE", "ICON", "VENDOR", "PUBLISHER_URL", "API_VERSION"])
@pytest.mark.parametrize("value", ["$NAME", "https://example.com/$VERSION/icon.svg"])
def test_variables_without_braces_left_as_text(name: str, value: str) -> None:
    assert len(found("label-unresolved", **{name: value})) == 1


@pytest.mark.parametrize("value", ["Only $5", "US$", "$$NAME", r"\$NAME", "a$NAME", "$a"])
def test_dollars_that_are_no_variables(value: str) -> None:
    assert found("label-unresolved", DESCRIPTION=value) == []


@pytest.mark.parametrize("name", ["DESCRIPTION", "CHANGELOG", "SCREENSHOTS", "TITLE"])
@pytest.mark.parametrize("value", ["keeps it in ${HOME}/.demo", "see $KUBECONFIG", "looks through $PATH"])
def test_a_text_may_tell_readers_of_their_own_variables(name: str, value: str) -> None:
    assert found("label-unresolved", **{name: value}) == []


@pytest.mark.parametrize("name", ["ICON", "PUBLISHER_URL", "API_VERSION"])
def test_an_address_has_no_use_for_them(name: str) -> None:
    assert len(found("label-unresolved", **{name: "https://example.com/$USER"})) == 1


def test_a_second_variable_is_found_behind_one_that_is_meant() -> None:
    assert found("label-unresolved", TITLE="$HOME of $NAME") == [f"label {labels.TITLE} has $NAME in it"]


def test_what_is_escaped_in_the_dockerfile_is_meant() -> None:
    escaped = {labels.DESCRIPTION: frozenset({"ANSWER"})}
    source = labelled({labels.DESCRIPTION: "set $ANSWER and $OTHER", labels.TITLE: "${ANSWER}"}, escaped=escaped)
    assert [problem.what for problem in BY_CODE["label-unresolved"].ask(source)] == [
        f"label {labels.DESCRIPTION} has $OTHER in it",
        f"label {labels.TITLE} has ${{ANSWER}} in it",
    ]


def test_a_value_that_only_the_build_knows_is_not_judged() -> None:
    for rule in RULES:
        if rule.code not in {"label-unresolved", "label-too-long"}:
            source = labelled({labels.ICON: "x", labels.TITLE: " "}, unknown=dict.fromkeys(GOOD, ("V",)))
            with pytest.raises(PartNotOfferedError, match="takes V, which only the build may give a value"):
                list(rule.ask(source))


def test_a_label_is_no_place_for_files() -> None:
    assert found("label-too-long", TITLE="x" * 50_000) == []
    assert found("label-too-long", TITLE="x" * 50_001) == [f"label {labels.TITLE} has 50001 characters"]


def test_foreign_labels_may_have_variables() -> None:
    assert list(BY_CODE["label-unresolved"].ask(labelled({"com.example.x": "${A}"}))) == []


def test_arguments_without_a_value() -> None:
    dockerfile = (
        f'FROM scratch\nARG VERSION\nARG SET=1\nLABEL {labels.TITLE}="a ${{VERSION}} ${{SET}}" com.example.x=$VERSION\n'
    )
    source = labelled({labels.TITLE: "a  1", "com.example.x": ""}, dockerfile)
    assert [problem.what for problem in BY_CODE["label-unresolved"].ask(source)] == [
        f"label {labels.TITLE} uses VERSION, which has no value unless the build or the base image gives one"
    ]


@pytest.mark.parametrize(
    ("source", "what", "fix"),
    [
        (
            f"FROM scratch\nLABEL {labels.TITLE}=$VERSION\n",
            "which nothing sets: there is no ARG of that name before it in its stage",
            "give VERSION a value by ARG or ENV before it in its stage",
        ),
        *(
            (
                f"ARG VERSION{value}\nFROM {base}\nLABEL {labels.TITLE}=$VERSION\n",
                "which no ARG of its stage declares",
                "repeat ARG VERSION in the stage, below its FROM",
            )
            for value in ("", "=1")
            for base in ("scratch", "alpine")
        ),
    ],
)
def test_a_variable_that_nothing_can_set(source: str, what: str, fix: str) -> None:
    (problem,) = BY_CODE["label-unresolved"].ask(labelled({labels.TITLE: ""}, source))
    assert (problem.what, problem.fix) == (f"label {labels.TITLE} uses VERSION, {what}", fix)


def test_the_white_space_around_a_variable_without_a_value_is_no_fault_of_its_own() -> None:
    source = f'ARG V=1\nFROM scratch\nLABEL {labels.TITLE}="Demo $V"\n'
    assert list(BY_CODE["label-edge-space"].ask(labelled({labels.TITLE: "Demo "}, source))) == []
    assert list(BY_CODE["label-edge-space"].ask(labelled({labels.TITLE: "Demo "})))


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), st.text() | st.text(alphabet='[]{}",:$alturl/htps.')))
def test_anything_is_judged(values: dict[str, str]) -> None:
    for rule in RULES:
        for problem in rule.ask(labelled(values)):
            assert problem.what.isprintable()
