"""Questions about what a UI calls that desktops answer differently; which of them fails is said by the rules."""

from __future__ import annotations

from posixpath import basename
from typing import TYPE_CHECKING

from dext_tasks.checks.evidence import client_scripts, in_script, own_functions
from dext_tasks.checks.rule import Problem
from dext_tasks.extension import api_calls, theme
from dext_tasks.formats.javascript import is_guarded, matches
from dext_tasks.regex import regex
from dext_tasks.sources.facts import Place
from dext_tasks.sources.source import NotOfferedError, PartNotOfferedError
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dext_tasks.sources.facts import Document
    from dext_tasks.sources.source import Source

_NAVIGATION = regex(
    rb"\.\s{0,9}navigate\s{0,99}!?\s{0,9}\??\.\s{0,99}(?P<name>view(?:Container|Image|Volume|DevEnvironments)\w{0,20})"
)
_CALLED = regex(rb"\s{0,99}(?:\?\.\s{0,9})?\(")
# Of the obsolete members the only one that the first client did not have.
_NAVIGATION_ONLY = "viewDevEnvironments"


def theme_globals(source: Source) -> Iterator[Problem]:
    """The UI takes its colours from globals of Docker Desktop, and does not set them itself."""
    scripts = _scripts_or_none(source)
    if any(theme.sets_colours(script.content or b"") for script in scripts or ()):
        return
    for script in scripts or ():
        offset = theme.first_read(script.content or b"")
        if offset is not None:
            what = "the script takes its colours from the window, as docker-mui-theme does from 0.0.13 on"
            yield Problem(what, in_script(script, api_calls.line_of(script.content or b"", offset)))
    yield from _theme_packages(source, scripts)


def _scripts_or_none(source: Source) -> Sequence[Document] | None:
    """The scripts; None where only the packages that they are made with are known."""
    try:
        return source.scripts
    except NotOfferedError:
        if not _packages(source):
            raise
        return None


def _packages(source: Source) -> Sequence[Document]:
    try:
        return source.packages
    except NotOfferedError:
        # A bundle shows what it was made of.
        return ()


def _theme_packages(source: Source, scripts: Sequence[Document] | None) -> Iterator[Problem]:
    """The theme among the packages that the UI is bundled with."""
    if scripts is not None and not any(theme.uses_theme(script.content or b"") for script in scripts):
        return
    files = {document.place.file: document.content or b"" for document in _packages(source)}
    unknown = ""
    for path in (each for each in files if basename(each) == theme.MANIFEST):
        found = theme.dependency(path, files)
        if found and found.colours is theme.Colours.WINDOW:
            version = found.version or found.said
            what = f"docker-mui-theme {excerpt(version, 40)} takes its colours from the window"
            yield Problem(what, Place(file=path, line=found.line))
        elif found and found.colours is theme.Colours.UNKNOWN:
            unknown = f"{path} admits docker-mui-theme {excerpt(found.said, 40)}, and no lock file has its version"
    if unknown:
        raise PartNotOfferedError(unknown)


def navigation(source: Source) -> Iterator[Problem]:
    """A script uses the navigation of Docker Desktop."""
    return _navigation(source, unguarded=False)


def unguarded_navigation(source: Source) -> Iterator[Problem]:
    """A script calls the navigation of Docker Desktop, and is not prepared for that to fail."""
    return _navigation(source, unguarded=True)


def _navigation(source: Source, *, unguarded: bool) -> Iterator[Problem]:
    for script in source.scripts:
        content = script.content or b""
        for found in matches(_NAVIGATION, content):
            # Who looks whether it is there does not call it.
            is_prepared = is_guarded(content, found.start(), found.end()) or not _CALLED.match(content, found.end())
            if not (unguarded and is_prepared):
                place = in_script(script, api_calls.line_of(content, found.start()))
                yield Problem("the script calls desktopUI.navigate", place)
                break


def first_client(source: Source, *known: str) -> Iterator[Problem]:
    """A script calls the first version of the client, of which a desktop knows these members."""
    scripts = client_scripts(source)
    own = own_functions(scripts)
    for script in scripts:
        for call in api_calls.obsolete_calls(script.content or b"", own, unguarded=True):
            if call.member.name not in {*known, _NAVIGATION_ONLY}:
                instead = f", which {call.member.replacement} replaces" if call.member.replacement else ""
                yield Problem(f"the script calls {call.member.name}{instead}", in_script(script, call.line))


def members(source: Source, *names: str) -> Iterator[Problem]:
    """A script uses one of these members."""
    for script in client_scripts(source):
        for call in api_calls.calls(script.content or b""):
            if call.member.name in names:
                yield Problem(f"the script uses {call.member.name}", in_script(script, call.line))


def object_requests(source: Source) -> Iterator[Problem]:
    """A script gives ``service.request`` data that is not a string."""
    return _each(source, api_calls.object_requests, "the script calls vm.service.request with data")


def text_bodies(source: Source) -> Iterator[Problem]:
    """A script sends the backend a string."""
    return _each(source, api_calls.text_bodies, "the script sends the backend a string as body")


def closed_streams(source: Source) -> Iterator[Problem]:
    """A script closes a process whose output is streamed."""
    return _each(source, api_calls.closed_streams, "the script calls close() on a process")


def _each(source: Source, lines: Callable[[bytes], tuple[int, ...]], what: str) -> Iterator[Problem]:
    for script in client_scripts(source):
        places = (in_script(script, line) for line in lines(script.content or b""))
        yield from (Problem(what, place) for place in dict.fromkeys(places))
