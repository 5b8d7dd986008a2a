"""Readers of the files by which people build and publish: Makefiles, scripts, package.json and the README."""

from __future__ import annotations

from functools import partial
from itertools import chain, islice
from posixpath import basename, dirname, join
from typing import TYPE_CHECKING, Final

from dext_tasks.errors import DextError
from dext_tasks.formats import json_places, json_syntax
from dext_tasks.formats.docker_command import DockerVerb, docker_commands
from dext_tasks.formats.gaps import Gaps, without_private
from dext_tasks.formats.makefile import read as read_makefile
from dext_tasks.regex import regex
from dext_tasks.scaffold.adoption.evidence import Evidence, inside
from dext_tasks.scaffold.adoption.found import ValueOrigin
from dext_tasks.scaffold.adoption.listing import MAKEFILES, SCRIPTS
from dext_tasks.scaffold.adoption.workflows import of_gitlab, of_workflows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dext_tasks.scaffold.adoption.listing import RepositoryFiles

_MOST: Final = 100
_MOST_EVIDENCE: Final = 1000
_MOST_LINES: Final = 5000
_INSTALL = regex(r"docker extension (?:install|update)\b[^`\n]{0,300}")


def gather(files: RepositoryFiles, repository: str) -> tuple[Evidence, ...]:
    """All that the files of a repository say.

    Args:
        files: The files.
        repository: Where it is hosted, as ``https://github.com/acme/hello``; empty if that is not known.
    """
    found = chain(
        _of_makefiles(files),
        of_workflows(files, repository),
        of_gitlab(files, repository),
        _of_packages(files),
        _of_scripts(files),
        _of_readme(files),
    )
    return tuple(islice(found, _MOST_EVIDENCE))


def _of_makefiles(files: RepositoryFiles) -> Iterator[Evidence]:
    for name in files.matching(MAKEFILES.__contains__, _MOST):
        makefile = read_makefile(files.read(name), included=partial(_included, files, dirname(name)))
        for recipe in makefile.recipes:
            for script in makefile.expand(recipe.text, recipe.target):
                for command in docker_commands(script, makefile.gaps):
                    line = recipe.line + command.line - 1
                    origin = ValueOrigin(name, line, f"{command.verb} of target {recipe.target}")
                    yield Evidence(command, origin, (dirname(name),), makefile.gaps)


def _included(files: RepositoryFiles, folder: str, written: str) -> bytes | None:
    name = inside(join(folder, written))
    return files.read(name) if name is not None and name in files.known else None


def _of_scripts(files: RepositoryFiles) -> Iterator[Evidence]:
    for name in files.matching(lambda name: name.endswith(SCRIPTS), _MOST):
        gaps = Gaps()
        text = without_private(files.read(name).decode("utf-8", "replace"))
        for command in docker_commands(text, gaps):
            # A script is called from the top as often as from its own folder.
            folders = tuple(dict.fromkeys((dirname(name), *_above(dirname(name)), "")))
            yield Evidence(command, ValueOrigin(name, command.line, command.verb), folders, gaps)


def _above(folder: str) -> tuple[str, ...]:
    return (dirname(folder),) if folder else ()


def _of_packages(files: RepositoryFiles) -> Iterator[Evidence]:
    for name in files.matching(lambda name: name == "package.json", _MOST):
        content = files.read(name)
        gaps = Gaps()
        for script, text in _scripts(content).items():
            line = 0
            for command in docker_commands(without_private(text), gaps, _package_variables(content)):
                line = line or json_places.line(content, ("scripts", script))
                origin = ValueOrigin(name, line, f"{command.verb} of script {script}")
                yield Evidence(command, origin, (dirname(name),), gaps)


def _scripts(content: bytes) -> Mapping[str, str]:
    if b"docker" not in content:
        return {}
    return _strings(_member(content, "scripts"))


def _package_variables(content: bytes) -> Mapping[str, str]:
    """What npm sets: https://docs.npmjs.com/cli/v11/using-npm/scripts#packagejson-vars."""
    whole = {"name": _member(content, "name"), "version": _member(content, "version")}
    known = {f"npm_package_{name}": value for name, value in _strings(whole).items()}
    return {
        **known,
        **{f"npm_package_config_{name}": value for name, value in _strings(_member(content, "config")).items()},
    }


def _member(content: bytes, key: str) -> object:
    try:
        document = json_syntax.loads_bytes(content)
    except (ValueError, DextError):
        return None
    return document.get(key) if isinstance(document, dict) else None


def _strings(value: object) -> dict[str, str]:
    found = value.items() if isinstance(value, dict) else ()
    return {str(key): text for key, text in found if isinstance(text, str)}


def _of_readme(files: RepositoryFiles) -> Iterator[Evidence]:
    for name in files.matching(lambda name: name.lower() in {"readme.md", "readme", "readme.rst", "readme.txt"}, _MOST):
        gaps = Gaps()
        text = without_private(files.read(name).decode("utf-8", "replace"))
        for number, line in enumerate(text.split("\n")[:_MOST_LINES], 1):
            for found in _INSTALL.finditer(line) if "docker extension" in line else ():
                for command in docker_commands(found[0], gaps):
                    if command.verb is DockerVerb.EXTENSION:
                        origin = ValueOrigin(name, number, f"docker extension install in {basename(name)}")
                        yield Evidence(command, origin, (dirname(name),), gaps)
