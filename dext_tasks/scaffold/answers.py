"""What a template is rendered with."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

import yaml

from dext_tasks.errors import ScaffoldError

# Placeholder for the part of an image name that only its publisher knows.
_ORGANISATION = "my-org"
# Docker's validator and its reviewers want neither in a title.
_SAID_ANYWAY = ("docker", "extension")
_FALLBACK_TITLE = "My Tool"
COMPONENT = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")

ANSWERS_FILE = ".copier-answers.yml"
"""Where a rendered project keeps its answers; copier's own name for it."""


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
    """

    name: str
    title: str
    description: str
    vendor: str
    image: str
    publisher_url: str
    repository: str
    category: str


def derive(  # noqa: PLR0913 - one keyword per answer
    name: str,
    *,
    image: str = "",
    title: str = "",
    description: str = "",
    vendor: str = "",
    publisher_url: str = "",
    repository: str = "",
    category: str = "",
    origin: str = "",
) -> Answers:
    """Complete a name, and whatever else was given, to a full set of answers.

    Nothing is judged here: ``validate`` does that, for all answers at once.

    Args:
        name: See ``Answers``, as for all others.
        image: Its organisation is the one the other answers follow from.
        title: Empty for one made of the name.
        description: Empty for that of the template.
        vendor: Empty for the organisation.
        publisher_url: Empty for the organisation's page.
        repository: The image's organisation is its, where no image is given.
        category: Empty for one that fits most.
        origin: What ``repository`` is if it is not given; empty if that is not known either.
    """
    source = repository or origin
    image = image or f"{_owner(source) or _ORGANISATION}/{name}"
    organisation = _organisation(image)
    return Answers(
        name=name,
        title=title or _title(name),
        description=description or "Shows what its backend answers: a starting point for your own idea.",
        vendor=vendor or organisation,
        image=image,
        publisher_url=publisher_url or f"https://github.com/{organisation}",
        repository=source or f"https://github.com/{organisation}/{name}",
        category=category or "utility-tools",
    )


def recorded(answers_file: str) -> Answers:
    """The answers a project was rendered with, from the text of its ``.copier-answers.yml``.

    Raises:
        ScaffoldError: The text is not such a file, or lacks an answer.
    """
    names = {each.name for each in fields(Answers)}
    try:
        document = yaml.safe_load(answers_file)
        return Answers(**{name: str(document[name]) for name in names})
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise ScaffoldError(
            f"{ANSWERS_FILE} has not all of {', '.join(sorted(names))}",
            remedy="restore the file as dext new wrote it",
            detail=str(error),
        ) from error


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


def _is_host(part: str) -> bool:
    return "." in part or ":" in part or part == "localhost"
