"""Questions about what a UI calls that desktops answer differently; which of them fails is said by the rules."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from dext_tasks.checks.evidence import client_scripts, in_script
from dext_tasks.checks.rule import Problem
from dext_tasks.extension import api_calls, backend_calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.sources.subject import Subject

    Question = Callable[[Subject], Iterator[Problem]]

_THEME_GLOBAL = b"__ddMuiV6Themes"
_NAVIGATION = re.compile(rb"\.navigate\s*\??\.\s*view(?:Container|Image|Volume|DevEnvironments)")
# Of the obsolete members the only one that the first client did not have.
_NAVIGATION_ONLY = "viewDevEnvironments"


def theme_globals(subject: Subject) -> Iterator[Problem]:
    """The UI holds a theme that takes its colours from globals of Docker Desktop."""
    for document in subject.scripts:
        if document.content and _THEME_GLOBAL in document.content:
            yield Problem("the bundle holds docker-mui-theme 0.0.13 or later", document.place)


def navigation(subject: Subject) -> Iterator[Problem]:
    """A script calls the navigation of Docker Desktop."""
    for document in subject.scripts:
        if document.content and _NAVIGATION.search(document.content):
            yield Problem("the script calls desktopUI.navigate", document.place)


def first_client(*known: str) -> Question:
    """A script calls the first version of the client, of which a desktop knows these members."""
    return partial(_first_client, frozenset({*known, _NAVIGATION_ONLY}))


def _first_client(known: frozenset[str], subject: Subject) -> Iterator[Problem]:
    for script in client_scripts(subject):
        for call in api_calls.obsolete_calls(script.content or b""):
            if call.member.name not in known:
                instead = f", which {call.member.replacement} replaces" if call.member.replacement else ""
                yield Problem(f"the script calls {call.member.name}{instead}", in_script(script, call.line))


def members(*names: str) -> Question:
    """A script uses one of these members."""
    return partial(_members, frozenset(names))


def _members(names: frozenset[str], subject: Subject) -> Iterator[Problem]:
    for script in client_scripts(subject):
        for call in api_calls.calls(script.content or b""):
            if call.member.name in names:
                yield Problem(f"the script uses {call.member.name}", in_script(script, call.line))


def object_requests(subject: Subject) -> Iterator[Problem]:
    """A script gives ``service.request`` data that is no text."""
    return _each(subject, backend_calls.object_requests, "the script calls vm.service.request with data")


def text_bodies(subject: Subject) -> Iterator[Problem]:
    """A script sends the backend a text."""
    return _each(subject, backend_calls.text_bodies, "the script sends the backend a text as body")


def closed_streams(subject: Subject) -> Iterator[Problem]:
    """A script closes a process whose output is streamed."""
    return _each(subject, backend_calls.closed_streams, "the script calls close() on a process")


def _each(subject: Subject, lines: Callable[[bytes], tuple[int, ...]], what: str) -> Iterator[Problem]:
    for script in client_scripts(subject):
        places = (in_script(script, line) for line in lines(script.content or b""))
        yield from (Problem(what, place) for place in dict.fromkeys(places))
