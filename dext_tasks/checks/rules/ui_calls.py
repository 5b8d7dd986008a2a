"""Rules on what the scripts of the UI do that no desktop does for them: shells, paths, browsers and large outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.evidence import client_scripts, in_script
from dext_tasks.checks.rule import Problem, Severity, rule
from dext_tasks.extension import exec_calls, external_links
from dext_tasks.extension.api_calls import line_of
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.extension.exec_calls import ExecCall
    from dext_tasks.sources.source import Source

_SHOWN = 40
_MOST_OF_A_SCRIPT = 20


@rule(
    code="ui-exec-shell",
    title="commands of the UI do without a shell",
    severity=Severity.WARNING,
    why="pipes, redirections, variables and patterns reach the command as arguments, and it fails",
    fix="run one command after the other and hand on what it wrote, or start a shell: sh with -c",
    source="https://docs.docker.com/extensions/extensions-sdk/dev/api/docker/",
)
def _exec_shell(source: Source) -> Iterator[Problem]:
    return _commands(source, exec_calls.shell_syntax, "is for a shell to read, and none is started")


@rule(
    code="ui-exec-relative-path",
    title="commands of the UI have no relative paths",
    severity=Severity.WARNING,
    why="the folder that a command starts in differs between systems, and is not that of the extension",
    fix="give the command a cwd, or ask the user with showOpenDialog and pass the whole path",
    source="https://github.com/docker/docs/issues/21443",
)
def _exec_relative_path(source: Source) -> Iterator[Problem]:
    return _commands(source, exec_calls.relative_path, "is a relative path, and the command is given no cwd")


@rule(
    code="ui-exec-output",
    title="output without a bound is streamed",
    severity=Severity.WARNING,
    why="a desktop keeps the output of a command as a whole, and the call fails when there is too much of it",
    fix="give exec a stream option, or bound the output: --tail, --no-stream, --until, --output",
    source="https://github.com/loopDelicious/docker-extension/pull/15",
)
def _exec_output(source: Source) -> Iterator[Problem]:
    return _commands(source, exec_calls.unbounded_output, "may write any amount, and its output is not streamed")


def _commands(source: Source, ask: Callable[[ExecCall], str], what: str) -> Iterator[Problem]:
    for script in client_scripts(source):
        for call in exec_calls.exec_calls(script.content or b""):
            if found := ask(call):
                yield Problem(f"{excerpt(found, _SHOWN)} {what}", in_script(script, call.line))


@rule(
    code="ui-link-external",
    title="links to web pages are opened by the desktop",
    severity=Severity.WARNING,
    why="a dashboard has no browser: the page replaces the extension in its tab, or nothing happens",
    fix="open it with ddClient.host.openExternal when it is clicked, and prevent what the link does by itself",
    source="https://github.com/localstack/localstack-docker-extension/pull/80",
)
def _link_external(source: Source) -> Iterator[Problem]:
    scripts = source.scripts
    if any(external_links.handles_links(script.content or b"") for script in scripts):
        return
    for script in scripts:
        content = script.content or b""
        for link in external_links.external_links(content)[:_MOST_OF_A_SCRIPT]:
            what = f"the link to {excerpt(link.address)} is not opened by the desktop"
            yield Problem(what, in_script(script, line_of(content, link.offset)))
