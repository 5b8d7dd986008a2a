from __future__ import annotations

import pytest

from dext_tasks.checks import catalogue
from dext_tasks.checks.selection import Selection
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.sources.facts import Document, Place
from dext_tasks.sources.source import NotOfferedError, Source
from tests.unit.checks.fake_source import BY_CODE, FakeSource

RULES = Selection(("ui-exec-*", "ui-link-external")).chosen(catalogue.RULES)
CODES = [rule.code for rule in RULES]
CLIENT = "const ddClient = createDockerDesktopClient();\n"
LINK = '<a href="https://example.com">x</a>'


def page(*scripts: str, place: Place = Place(file="ui/app.tsx")) -> FakeSource:  # noqa: B008 - frozen
    return FakeSource(scripts=[Document(script.encode(), place) for script in scripts])


def found(code: str, *scripts: str) -> list[tuple[str, str]]:
    return [(problem.what, str(problem.place)) for problem in BY_CODE[code].ask(page(*scripts))]


@pytest.mark.parametrize(
    ("script", "code", "what"),
    [
        (
            "ddClient.docker.cli.exec('ps', ['-a', '|', 'wc'])",
            "ui-exec-shell",
            "| is for a shell to read, and none is started",
        ),
        (
            "ddClient.extension.host.cli.exec('kubectl', ['apply', '-f', './x.yml'])",
            "ui-exec-relative-path",
            "./x.yml is a relative path, and the command is given no cwd",
        ),
        (
            "ddClient.docker.cli.exec('logs', [id])",
            "ui-exec-output",
            "logs may write any amount, and its output is not streamed",
        ),
        (LINK, "ui-link-external", "the link to https://example.com is not opened by the desktop"),
    ],
)
def test_one_thing_is_wrong_and_one_rule_says_so(script: str, code: str, what: str) -> None:
    said = {each: problems for each in CODES if (problems := found(each, CLIENT + script))}
    assert said == {code: [(what, "ui/app.tsx:2")]}


@pytest.mark.parametrize("code", CODES)
def test_a_good_page(code: str) -> None:
    script = (
        "ddClient.docker.cli.exec('ps', ['-a']);\n"
        "ddClient.docker.cli.exec('logs', ['-f', id], {stream: {onOutput() {}}});\n"
        "<a href='#/x' onClick={() => ddClient.host.openExternal('https://example.com')}>x</a>"
    )
    assert found(code, CLIENT + script) == []


@pytest.mark.parametrize("code", CODES)
def test_a_source_without_scripts_cannot_say(code: str) -> None:
    with pytest.raises(NotOfferedError):
        list(BY_CODE[code].ask(Source()))


def test_in_an_image_the_path_is_the_place() -> None:
    place = Place(path="/ui/a.js", platform=Platform("linux", "amd64"))
    (problem,) = BY_CODE["ui-exec-output"].ask(page(f"{CLIENT}ddClient.docker.cli.exec('events',[])", place=place))
    assert problem.place == place


def test_commands_count_only_where_there_is_the_client() -> None:
    assert found("ui-exec-shell", "x.docker.cli.exec('ps', ['|'])") == []


def test_a_page_that_opens_every_link_itself() -> None:
    handler = "document.addEventListener('click', e => ddClient.host.openExternal(e.target.href))"
    assert found("ui-link-external", LINK, handler) == []


def test_links_are_bounded() -> None:
    assert len(found("ui-link-external", f"{LINK}\n" * 500)) == 20
