"""Answers that are given before anything is asked: in a file, as KEY=VALUE, and by flags."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Final

import yaml

from dext_tasks.errors import ScaffoldError
from dext_tasks.limits import LARGEST_TEXT
from dext_tasks.project_files import beginning, open_file, why_unreadable
from dext_tasks.scaffold.answers import Answers, spelt
from dext_tasks.scaffold.validation import judge
from dext_tasks.wording import did_you_mean, excerpt, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_NAMES: Final = tuple(field.name for field in fields(Answers))
_SEE_LIST: Final = "see `dext new --list`"
_AS_MAPPING: Final = "write one line an answer, such as `frontend: html`, or a JSON object"


def answers_of_file(file: Path) -> dict[str, str]:
    """The answers of a file: a mapping in YAML or JSON, which may be the one that a project keeps.

    Keys that begin with an underscore are left out, as copier keeps facts of its own under these.

    Raises:
        ScaffoldError: The file cannot be read, is neither, or has an unknown key or a value that is not one word or
            line.
    """
    try:
        text = _read(file)
        document = _json(text) if file.suffix == ".json" else yaml.load(text, yaml.BaseLoader)  # noqa: S506 - of all loaders it makes the least: text, lists and mappings
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ScaffoldError(f"{file}:{line}: {error.problem or 'not YAML'}", remedy=_AS_MAPPING) from error
    except json.JSONDecodeError as error:
        raise ScaffoldError(f"{file}:{error.lineno}: not JSON: {error.msg}", remedy=_AS_MAPPING) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ScaffoldError(f"{file} is neither YAML nor JSON: {excerpt(str(error))}", remedy=_AS_MAPPING) from error
    if not isinstance(document, dict):
        raise ScaffoldError(f"{file} has no answers by their names", remedy=_AS_MAPPING)
    kept = {str(key): value for key, value in document.items() if not str(key).startswith("_")}
    return {key: _answer(key, value, str(file)) for key, value in kept.items()}


def answers_of_pairs(pairs: Iterable[str]) -> dict[str, str]:
    """The answers of KEY=VALUE, each as it was written.

    Raises:
        ScaffoldError: One is something else, has an unknown key, or is given twice.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ScaffoldError(f"--data {excerpt(pair)!r} is not KEY=VALUE", remedy="write --data KEY=VALUE")
        if key in found:
            raise ScaffoldError(f"--data gives {key} twice", remedy="give it once")
        found[key] = _answer(key, value, "--data")
    return found


def together(*given: Mapping[str, str | bool]) -> dict[str, str]:
    """Every answer that is given, with one spelling of yes and no; empty ones are not given, later ones win."""
    known = {name: answer for each in given for name, answer in each.items() if answer != ""}
    return {name: spelt(name, str(answer)) for name, answer in known.items()}


def _read(file: Path) -> str:
    why = why_unreadable(file)
    try:
        if not why:
            with open_file(file) as stream:
                content = beginning(stream, LARGEST_TEXT + 1)
            if len(content) <= LARGEST_TEXT:
                return content.decode("utf-8-sig")
            why = f"is larger than {LARGEST_TEXT >> 20} MiB"
    except UnicodeDecodeError:
        why = "is not UTF-8"
    except OSError as error:
        why = f"cannot be read: {error.strerror}"
    raise ScaffoldError(f"{file} {why}", remedy="name a YAML or JSON file of answers")


def _json(text: str) -> object:
    # Numbers stay the text that was written.
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)


def _answer(key: str, value: object, where: str) -> str:
    if key not in _NAMES:
        meant = did_you_mean(nearest(key, _NAMES))
        raise ScaffoldError(f"{where}: there is no question {excerpt(key)!r}{meant}", remedy=_SEE_LIST)
    # A licence can be without a year, which is then what a project keeps.
    if not isinstance(value, str | bool) or (value == "" and judge(key, value)):
        what = "has no answer" if value is None or value == "" else "is not answered by a single value"
        raise ScaffoldError(f"{where}: {key} {what}", remedy="give it one, or leave it out")
    return str(value)
