from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.checks import catalogue
from dext_tasks.checks.rule import Severity
from dext_tasks.checks.rules.api import desktop_rules, sdk_rules
from dext_tasks.checks.selection import Selection
from dext_tasks.checks.summary import summarise
from dext_tasks.errors import VersionInvalidError
from dext_tasks.extension.labels import API_VERSION
from dext_tasks.extension.sdk import Installable
from dext_tasks.sources.facts import Document, LabelSet, Place
from dext_tasks.sources.source import NotOfferedError, Source
from tests.unit.checks.fake_source import BY_CODE, FakeSource, in_images

if TYPE_CHECKING:
    from dext_tasks.checks.rule import Rule

RULES = Selection(("api-*",)).chosen(catalogue.RULES)
CODES = [rule.code for rule in RULES]
ON_CONSTRAINTS = [code for code in CODES if code not in {"api-version-too-low", "api-member-obsolete"}]


def extension(constraint: str, *scripts: Document) -> FakeSource:
    return FakeSource(labels=in_images({API_VERSION: constraint}), scripts=scripts)


def script(content: str, **place: str) -> Document:
    return Document(content.encode(), Place(**place))  # type: ignore[arg-type] # the tests give strings only


def found(code: str, constraint: str, *scripts: Document) -> list[tuple[str, str]]:
    return [(problem.what, str(problem.place)) for problem in BY_CODE[code].ask(extension(constraint, *scripts))]


def codes(constraint: str) -> set[str]:
    return {code for code in ON_CONSTRAINTS if found(code, constraint)}


@pytest.mark.parametrize("constraint", [">= 0.2.3", ">=0.3.4", ">= 0.3.4, < 1.0", ">= 0.3", "", " "])
def test_good_constraints(constraint: str) -> None:
    assert codes(constraint) == set()


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("latest", {"api-version-invalid"}),
        ("${API}", {"api-version-invalid"}),
        (">=", {"api-version-invalid"}),
        ("9" * 10_000, {"api-version-invalid"}),
        ("^0.3.4", {"api-version-not-portable"}),
        (">= 0.3.0 < 1.0.0", {"api-version-not-portable"}),
        ("0.3", {"api-version-not-portable", "api-version-refuses-newest"}),
        ("0.4", {"api-version-not-portable"}),
        ("0.3.4", {"api-version-exact"}),
        ("0.1.0", {"api-version-exact"}),
        (">= 0.3.0-0", {"api-version-unusual"}),
        ("~0.0.0", {"api-version-not-portable", "api-version-unusual"}),
        (">= 0.2.3, < 0.4.0", {"api-version-refuses-newest"}),
        (">= 9.0.0", {"api-version-refuses-newest"}),
    ],
)
def test_constraints(constraint: str, expected: set[str]) -> None:
    assert codes(constraint) == expected


def test_each_platform_has_its_problem() -> None:
    assert found("api-version-exact", "0.3.4") == [
        ("'0.3.4' means exactly that, and no newer version", f"label {API_VERSION}, linux/amd64"),
        ("'0.3.4' means exactly that, and no newer version", f"label {API_VERSION}, linux/arm64"),
    ]


def test_an_exact_version_that_does_not_exist() -> None:
    assert (
        found("api-version-exact", "0.1.0")[0][0]
        == "'0.1.0' means exactly that, and no newer version, and is not a known one"
    )


@pytest.mark.parametrize("constraint", [">= 0.3.4, < 0.4.0", ">= 9.0.0"])
def test_the_newest_is_what_docker_checks_with(constraint: str) -> None:
    rule = BY_CODE["api-version-refuses-newest"]
    problem, _ = rule.ask(extension(constraint))
    assert rule.severity is Severity.ERROR
    assert rule.docker
    assert problem.docker == (
        f'(required) image label "com.docker.desktop.extension.api.version" ("{constraint}") is incompatible with '
        'current SDK version "0.4.2". Consider changing it to ">=0.4.2"'
    )


def test_the_version_the_libraries_disagree_on_is_named() -> None:
    assert found("api-version-not-portable", "0.3")[0][0].endswith("disagree on '0.3' for 0.3.2")


def test_a_refusal_is_told_in_the_librarys_words() -> None:
    assert "constraint" in found("api-version-invalid", "latest")[0][0].split(":", 1)[1]


USES_IMAGE = script("ddClient.a;\nddClient.extension.image", file="ui/app.ts")


def test_a_call_that_is_too_new() -> None:
    assert found("api-version-too-low", ">= 0.2.3", USES_IMAGE) == [
        ("extension.image is there since API 0.3.3; '>= 0.2.3' admits 0.2.3", "ui/app.ts:2")
    ]


@pytest.mark.parametrize("constraint", [">= 0.3.3", "0.3.4", "latest", ">= 9.0.0", ""])
def test_a_call_that_is_not_too_new(constraint: str) -> None:
    assert found("api-version-too-low", constraint, USES_IMAGE) == []


def test_a_call_in_another_script_than_the_client() -> None:
    scripts = (script("ddClient", path="/ui/a.js"), script("e.extension.image", path="/ui/b.js"))
    assert found("api-version-too-low", ">= 0.2.3", *scripts)[0][1] == "/ui/b.js"


def test_a_page_that_has_nothing_to_do_with_the_api() -> None:
    assert found("api-version-too-low", ">= 0.2.3", script("e.extension.image", path="/ui/b.js")) == []
    assert found("api-member-obsolete", ">= 0.2.3", script("e.toastError()", path="/ui/b.js")) == []


def test_a_member_is_told_once() -> None:
    assert len(found("api-version-too-low", ">= 0.2.3", USES_IMAGE, USES_IMAGE)) == 1


def test_obsolete_members() -> None:
    scripts = script("window.ddClient.toastError('x')\nwindow.ddClient.navigateToDevEnvironments()", file="ui/app.js")
    assert found("api-member-obsolete", ">= 0.2.3", scripts) == [
        ("navigateToDevEnvironments is obsolete: what it opened is gone", "ui/app.js:2"),
        ("toastError is obsolete: use desktopUI.toast.error", "ui/app.js:1"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "ddClient\n// ddClient.extension.image is there since 0.3.3",
        "ddClient\n/* extension.image */",
        "ddClient\nlist.map(extension => extension.image)",
        "ddClient\nd.desktopUI.dialog?.showOpenDialog?.({})",
        "ddClient\nif (d.navigate.viewContainerTerminal) { d.navigate.viewContainerTerminal(id) }",
        "ddClient\ntry { d.navigate.viewContainerTerminal(id) } catch (e) {}",
    ],
)
def test_what_is_no_use_of_the_api(content: str) -> None:
    assert found("api-version-too-low", ">= 0.2.2", script(content, file="a.ts")) == []


@pytest.mark.parametrize(
    "content",
    [
        "function toastError(m) { show(m) }\nthis.toastError('x')",
        "const ui = { toastError: (m) => show(m) };\nui.toastError('x')",
        "class Toasts { toastError(m) { show(m) } }\nnew Toasts().toastError('x')",
        "// ddClient.toastError('x')",
    ],
)
def test_a_function_of_the_page_is_not_the_clients(content: str) -> None:
    assert found("api-member-obsolete", ">= 0.2.3", script(f"ddClient\n{content}", file="a.ts")) == []


def test_a_function_of_the_page_in_another_script() -> None:
    own = script("export function toastError(m) {}", file="toast.ts")
    page = script("const d = createDockerDesktopClient(); api.toastError('x')", file="app.ts")
    assert found("api-member-obsolete", ">= 0.2.3", own, page) == []
    assert len(found("api-member-obsolete", ">= 0.2.3", page)) == 1


def test_the_client_has_it_whatever_the_page_has() -> None:
    content = "function toastError(m) { ddClient.toastError(m) }"
    assert len(found("api-member-obsolete", ">= 0.2.3", script(content, file="a.ts"))) == 1


def test_an_unreadable_script() -> None:
    assert found("api-version-too-low", ">= 0.2.3", Document(None, Place(file="ui/app.js"))) == []


@pytest.mark.parametrize("code", CODES)
def test_a_source_that_says_nothing(code: str) -> None:
    with pytest.raises(NotOfferedError):
        list(BY_CODE[code].ask(Source()))


@given(st.text() | st.text(alphabet="<>=~^!|, 0.3xX*-v+"), st.binary())
def test_anything_is_judged(constraint: str, content: bytes) -> None:
    for rule in RULES:
        for problem in rule.ask(extension(constraint, Document(b"ddClient" + content, Place()))):
            assert problem.what.isprintable()


def constrained(constraint: str) -> FakeSource:
    return FakeSource(labels=[LabelSet(None, {API_VERSION: constraint}, Place(), {})])


def asked_on_request(rules: tuple[Rule, ...], constraint: str) -> list[tuple[str, str]]:
    return [(rule.severity.value, each.what) for rule in rules for each in rule.ask(constrained(constraint))]


def on_sdk(constraint: str, api: str) -> list[tuple[str, str]]:
    return asked_on_request(sdk_rules(api), constraint)


def on_desktop(constraint: str, desktop: str) -> list[tuple[str, str]]:
    return asked_on_request(desktop_rules(desktop), constraint)


def test_an_api_that_is_admitted() -> None:
    assert on_sdk(">= 0.2.3", "0.3.4") == []


@pytest.mark.parametrize(
    ("constraint", "what"),
    [
        (">= 0.4.0", "API 0.3.4: '>= 0.4.0' refuses API 0.3.4"),
        (">= 0.3.0, < 0.3.4", "API 0.3.4: '>= 0.3.0, < 0.3.4' refuses API 0.3.4"),
        ("latest", "API 0.3.4: 'latest' is not a version constraint, so API 0.3.4 is refused"),
    ],
)
def test_an_api_that_is_refused_for_certain(constraint: str, what: str) -> None:
    assert on_sdk(constraint, "0.3.4") == [("error", what)]


@pytest.mark.parametrize(
    ("constraint", "what"),
    [
        ("0.3.0", "API 0.3.4: '0.3.0' means exactly that, and not API 0.3.4, though Docker has let such ones pass"),
        ("0.3", "API 0.3.4: '0.3' admits or refuses API 0.3.4 depending on the library that reads it"),
        ("^0.3.4", "API 0.3.4: '^0.3.4' admits or refuses API 0.3.4 depending on the library that reads it"),
    ],
)
def test_an_api_that_may_be_refused(constraint: str, what: str) -> None:
    assert on_sdk(constraint, "0.3.4") == [("warning", what)]


def test_only_what_is_certain_counts_for_docker() -> None:
    certain, doubtful = sdk_rules("0.3.4")
    assert certain.docker
    assert not doubtful.docker
    ((problem),) = certain.ask(constrained(">= 0.4.0"))
    assert problem.docker.endswith(
        '(">= 0.4.0") is incompatible with current SDK version "0.3.4". Consider changing it to ">=0.3.4"'
    )


def test_a_desktop_whose_api_is_known() -> None:
    assert on_desktop(">= 0.3.3", "4.16") == []
    assert on_desktop(">= 0.3.4", "4.16") == [("error", "Docker Desktop 4.16: '>= 0.3.4' refuses API 0.3.3")]


EITHER = "Docker Desktop 4.40 (it has one of 0.3.4, 0.4.2)"


@pytest.mark.parametrize(
    ("constraint", "said"),
    [
        (">= 0.3.4", []),
        (">= 0.4.2", [("warning", f"{EITHER}: '>= 0.4.2' refuses API 0.3.4")]),
        (">= 0.9.0", [("error", f"{EITHER}: '>= 0.9.0' refuses API 0.3.4 and 0.4.2")]),
        (
            "0.3.4",
            [
                (
                    "warning",
                    f"{EITHER}: '0.3.4' means exactly that, and not API 0.4.2, though Docker has let such ones pass",
                )
            ],
        ),
        (
            "^0.3.4",
            [
                (
                    "warning",
                    f"{EITHER}: '^0.3.4' admits or refuses API 0.3.4 and 0.4.2 depending on the library that reads it",
                )
            ],
        ),
    ],
)
def test_a_desktop_that_may_have_one_of_two(constraint: str, said: list[tuple[str, str]]) -> None:
    assert on_desktop(constraint, "4.40") == said


@pytest.mark.parametrize("version", ["", "x", "4.2", "1.2.3.4"])
def test_no_such_desktop(version: str) -> None:
    with pytest.raises(VersionInvalidError):
        desktop_rules(version)


def test_no_such_api() -> None:
    with pytest.raises(VersionInvalidError):
        sdk_rules("newest")


@pytest.mark.parametrize(
    "constraint", ["0.3.4", "0.1.0", ">= 0.3.4", ">= 0.3.0, < 0.4.0", "^0.3.0", "latest", "0.3", "~0.4"]
)
def test_the_summary_says_of_a_desktop_what_the_rules_on_it_say(constraint: str) -> None:
    said = {"error": Installable.REFUSED, "warning": Installable.DOUBTFUL}
    for offer in summarise([constrained(constraint)]).offers:
        found = {said[severity] for severity, _ in on_desktop(constraint, str(offer.desktop.version))}
        assert found == ({offer.verdict} - {Installable.ALLOWED})
