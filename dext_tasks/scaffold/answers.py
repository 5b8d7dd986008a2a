"""What a template is rendered with."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import yaml

from dext_tasks.config.kind import is_bool, is_true
from dext_tasks.errors import ScaffoldError
from dext_tasks.extension.labels import CATEGORY_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

# Placeholder for the part of an image name that only its publisher knows.
_ORGANISATION = "my-org"
# Docker's validator and its reviewers want neither in a title.
_SAID_ANYWAY = ("docker", "extension")
_FALLBACK_TITLE = "My Tool"
COMPONENT = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")

ANSWERS_FILE = ".copier-answers.yml"
"""Where a rendered project keeps its answers; copier's own name for it."""

YES: Final = "yes"
NO: Final = "no"
NONE: Final = "none"

CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    "category": dict.fromkeys(CATEGORY_NAMES, ""),
    "frontend": {
        "html": "HTML, CSS and JavaScript as they are, nothing to build",
        "react": "React, TypeScript and MUI in Docker's theme, built by Vite",
    },
    "backend": {
        "go": "Go, standard library only, cross-compiled",
        "python": "Python, standard library only",
        "node": "JavaScript for Node.js, its own modules only",
        NONE: "the page asks the engine",
    },
    "compose": {NO: "no second service", YES: "Valkey, which keeps a number of visits in a volume"},
    "host_binaries": {NO: "nothing runs on the host", YES: "a Go program for macOS, Linux and Windows"},
    "ci": {NONE: "no pipeline", "github": "workflows of GitHub Actions", "gitlab": "a pipeline of GitLab"},
    "license": {
        "MIT": "short and permissive",
        "Apache-2.0": "permissive, with a grant of patents",
        "BSD-3-Clause": "permissive, and nobody advertises with your name",
        "MPL-2.0": "changes of its files stay open",
        NONE: "no licence file: nobody else may use the source",
    },
    "updates": {
        NONE: "nothing proposes newer versions",
        "renovate": "Renovate, on any host",
        "dependabot": "Dependabot, on GitHub",
    },
}
"""The only possible answers of some questions, each with what it means; the first one is taken if nobody chooses.

copier.yml of the template has the same ones.
"""

# What the template made before it asked, which is what answers files of that time leave out.
_BEFORE: Final = {
    "frontend": "html",
    "backend": "go",
    "compose": NO,
    "host_binaries": NO,
    "ci": NONE,
    "license": NONE,
    "year": "",
    "updates": NONE,
    "api_version": ">= 0.3.4",
    "folder": "",
}
# What is usual where a pipeline runs.
_UPDATES: Final = {"github": "dependabot", "gitlab": "renovate"}
# Newer constraints shut out desktops in use; older ones let in desktops without what the page calls.
_API_VERSION = ">= 0.3.4"


@dataclass(frozen=True)
class Surroundings:
    """What is known of the folder that an extension is made in.

    Attributes:
        origin: Web address of the repository that it was cloned from; empty if there is none.
        license_file: Name of the licence that is in it; empty if there is none.
        folder: As of ``Answers``.
    """

    origin: str = ""
    license_file: str = ""
    folder: str = ""


NOWHERE: Final = Surroundings()
"""What is known of a folder that is not there yet."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """One answer for each question of a template.

    Attributes:
        name: Directory and repository name of the extension.
        title: What people see in Docker Desktop.
        description: What the extension does, in one line.
        vendor: Person or organisation that publishes it.
        image: ``[HOST[:PORT]/]ORG/NAME`` without a tag.
        publisher_url: The vendor's web page.
        repository: Address of the source, without ``.git``; the labels link to files there.
        category: One of ``CATEGORY_NAMES`` of ``dext_tasks.extension.labels``.
        frontend: What the page is made of; one of ``CHOICES``, as for all others without a description of their own.
        backend: What answers the page.
        compose: Whether there is a second service, with a volume, beside the backend.
        host_binaries: Whether a program for the host is part of it.
        ci: Whose pipeline it has.
        license: SPDX identifier, or ``none``.
        year: Of the copyright notice; empty for a notice without one.
        updates: What proposes newer versions of what is pinned.
        api_version: Constraint on the version of the extension API, for
            ``com.docker.desktop.extension.api.version``.
        folder: Where it is in a repository that holds more, such as ``extensions/a``; empty at the top. Nothing asks
            for it: it is where the extension is made.
    """

    name: str
    title: str
    description: str
    vendor: str
    image: str
    publisher_url: str
    repository: str
    category: str
    frontend: str
    backend: str
    compose: bool
    host_binaries: bool
    ci: str
    license: str
    year: str
    updates: str
    api_version: str
    folder: str

    def written(self) -> dict[str, str]:
        """Each answer as a person would write it."""
        return {name: _written(answer) for name, answer in asdict(self).items()}


def derive(name: str, *, origin: str = "", license_file: str = "", **given: str | bool) -> Answers:
    """Complete a name, and whatever else was given, to a full set of answers.

    Nothing is judged here: ``validate`` does that, for all answers at once. Most follow from the organisation of the
    image, and the others are the first of ``CHOICES``, where there are some.

    Args:
        name: See ``Answers``.
        origin: What ``repository`` is if it is not given; empty if that is unknown, too. Its host decides on ``ci``.
        license_file: The licence that there is already, and that is not joined by another; empty for none.
        given: Attributes of ``Answers``; an empty one counts as not given.

    Raises:
        TypeError: There is no such attribute.
        ValueError: What can be yes or no only is neither.
    """
    known = {attribute: answer for attribute, answer in given.items() if answer != ""}
    source = str(known.get("repository", origin))
    image = str(known.get("image", f"{_owner(source) or _ORGANISATION}/{name}"))
    organisation = _organisation(image)
    ci = str(known.get("ci", _ci_of(origin)))
    answers: dict[str, Any] = {
        "title": _title(name),
        "description": "A starting point for your own idea.",
        "vendor": organisation,
        "image": image,
        "publisher_url": _owner_s_page(source) or f"https://github.com/{organisation}",
        "repository": source or f"https://github.com/{organisation}/{name}",
        "category": "utility-tools",
        "frontend": _first("frontend"),
        "backend": _first("backend"),
        "compose": False,
        "host_binaries": False,
        "ci": ci,
        "license": NONE if license_file else _first("license"),
        "year": "",
        # Both read their settings at the top alone, where they are for all that the repository holds.
        "updates": NONE if known.get("folder") else _UPDATES.get(ci, NONE),
        "api_version": _API_VERSION,
        "folder": "",
        **known,
    }
    return Answers(name=name, **{**answers, **{each: _truth(answers[each]) for each in ("compose", "host_binaries")}})


def recorded(answers_file: str) -> Answers:
    """The answers a project was rendered with, from the text of its ``.copier-answers.yml``.

    Raises:
        ScaffoldError: The text is not such a file, or lacks an answer.
    """
    names = [each.name for each in fields(Answers)]
    try:
        said = answers_text(answers_file)
        return derive(
            **_BEFORE | {name: spelt(name, said[name]) for name in names if name not in _BEFORE or name in said}
        )
    except (KeyError, ValueError) as error:
        raise ScaffoldError(
            f"{ANSWERS_FILE} has not all of {', '.join(sorted(set(names) - _BEFORE.keys()))}",
            remedy="restore the file as dext new wrote it",
            detail=str(error),
        ) from error


def answers_text(answers_file: str) -> dict[str, str]:
    """What an answers file says, by key, as it is written there; lists and mappings are left out.

    Whoever sends a repository wrote it: a value that is short there can be endless once it is made, and dates and
    numbers need not be any.

    Raises:
        ValueError: It is not a mapping in YAML.
    """
    try:
        document = yaml.load(answers_file, yaml.BaseLoader)  # noqa: S506 - of all loaders it makes the least
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(str(error) or "it is nested too deeply") from error
    if not isinstance(document, dict):
        raise ValueError("it has nothing by a name")  # noqa: TRY004 - whatever is wrong with the text
    return {key: value for key, value in document.items() if isinstance(key, str) and isinstance(value, str)}


def spelt(name: str, answer: str) -> str:
    """An answer with one spelling of yes and no, where it can be nothing else."""
    if NO in CHOICES.get(name, ()) and is_bool(answer):
        return YES if is_true(answer) else NO
    return answer


def _ci_of(origin: str) -> str:
    host = origin.partition("://")[2].partition("/")[0]
    return "github" if host == "github.com" else "gitlab" if host.startswith("gitlab.") else _first("ci")


def _first(question: str) -> str:
    return next(iter(CHOICES[question]))


def _truth(answer: object) -> bool:
    if answer not in {YES, NO, "", True, False}:
        raise ValueError(f"{answer!r} is neither yes nor no")
    return answer in {YES, True}


def _written(answer: object) -> str:
    return {True: YES, False: NO}[answer] if isinstance(answer, bool) else str(answer)


def _title(name: str) -> str:
    words = re.split(r"[._-]+", name)
    telling = [word for word in words if word and not any(said in word.lower() for said in _SAID_ANYWAY)]
    return " ".join(word[0].upper() + word[1:] for word in telling) or _FALLBACK_TITLE


def _organisation(image: str) -> str:
    parts = image.split("/")
    if len(parts) > 1 and _is_host(parts[0]):
        parts = parts[1:]
    return parts[0] if len(parts) > 1 and parts[0] else _ORGANISATION


def _owner(repository: str) -> str:
    """The first part of a repository's path, as an image's organisation could be called; empty if it cannot."""
    _, _, path = repository.partition("://")[2].partition("/")
    owner = path.partition("/")[0].lower()
    return owner if COMPONENT.fullmatch(owner) else ""


def _owner_s_page(repository: str) -> str:
    """Where hosts of repositories show an owner: the address up to the first part of the path; empty without one."""
    scheme, _, rest = repository.partition("://")
    host, _, path = rest.partition("/")
    owner = path.partition("/")[0]
    return f"{scheme}://{host}/{owner}" if host and owner else ""


def _is_host(part: str) -> bool:
    return "." in part or ":" in part or part == "localhost"
