"""Which answers a template cannot be rendered with.

copier.yml of each template has the same rules for people who run copier themselves; a test holds the two
together. The rules are about what would break a rendered file or what Docker refuses, not about taste.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from dext_tasks.errors import ReferenceInvalidError, ScaffoldError
from dext_tasks.extension.labels import CATEGORY_NAMES
from dext_tasks.formats.oci.reference import DOCKER_HUB, Reference
from dext_tasks.scaffold.answers import COMPONENT
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dext_tasks.scaffold.answers import Answers

# Control characters, line separators, surrogates, the byte order mark and non-characters, which YAML refuses;
# and bidirectional overrides, which make a line read differently from what it says (https://trojansource.codes).
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")
_AUTHORITY = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?"
_URL = re.compile(rf"https?://{_AUTHORITY}(?:[/?#][A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*)?")
_PARTS: Final = 2
_FORM: Final = "write it as ORG/NAME or HOST[:PORT]/ORG/NAME"
_REPOSITORY = re.compile(rf"https://{_AUTHORITY}(?:/[A-Za-z0-9._~-]+)+(?<!\.git)")


def problems(answers: Answers) -> tuple[str, ...]:
    """Everything wrong with the answers, one line each, in the order of the questions."""
    return tuple(f"{field}: {problem}" for field, problem in _judged(asdict(answers)) if problem)


def judge(field: str, answer: str) -> str:
    """What is wrong with one answer, in words; empty if nothing is.

    Args:
        field: Attribute of ``Answers``.
        answer: What was answered.
    """
    return _JUDGES[field](answer)


def validate(answers: Answers) -> None:
    """Stop unless the answers can be rendered.

    Raises:
        ScaffoldError: At least one answer cannot be used; the message names all of them.
    """
    require(asdict(answers))


def require(given: Mapping[str, str]) -> None:
    """Stop unless the answers that are given can be used, before others are derived from them.

    Args:
        given: By attribute of ``Answers``; some of them.

    Raises:
        ScaffoldError: At least one answer cannot be used; the message names all of them.
    """
    found = [(field, problem) for field, problem in _judged(given) if problem]
    if len(found) == 1:
        ((field, problem),) = found
        what = f"the {field.replace('_', ' ')} {excerpt(given[field])!r} cannot be used: {problem}"
        raise ScaffoldError(what, remedy="correct it and run it again")
    if found:
        raise ScaffoldError(
            f"the answers cannot be used: {'; '.join(f'{field}: {problem}' for field, problem in found)}",
            remedy="correct these answers and run it again",
        )


def _judged(given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for field, judges in _JUDGES.items():
        if field in given:
            yield field, judges(given[field])


def _judge_name(name: str) -> str:
    if COMPONENT.fullmatch(name):
        return ""
    if not name:
        return "it must not be empty"
    if COMPONENT.fullmatch(name.lower()):
        return f"write it in lower case: {name.lower()}"
    return "use lower case letters and digits, with single '.', '_' or '-' between them"


def _judge_image(image: str) -> str:
    if "://" in image:
        return f"leave out {image.partition('://')[0]}://"
    # Docker takes a first part with upper case for a registry's host, which is not meant by My-Org/my-tool.
    host, _, path = image.partition("/")
    lower = f"{host}/{path.lower()}" if "." in host or ":" in host or host == "localhost" else image.lower()
    if lower != image and not _image_fault(lower):
        return f"write it in lower case: {lower}"
    return _image_fault(image)


def _image_fault(image: str) -> str:
    try:
        reference = Reference.parse(image)
    except ReferenceInvalidError:
        return _FORM
    if reference.tag or reference.digest:
        return "leave out the tag: a release adds it"
    parts = reference.repository.count("/") + 1
    if reference.registry == DOCKER_HUB and parts > _PARTS:
        return "Docker Hub has repositories ORG/NAME only; of another registry, name the host first"
    # "library" is where docker looks for a bare NAME.
    return "" if parts >= _PARTS and "/" in image else _FORM


def _judge_text(text: str) -> str:
    if not text.strip():
        return "it must not be empty"
    if text != text.strip():
        return "it must not start or end with a space"
    if _UNPRINTABLE.search(text):
        return "it must be one line without control characters"
    return ""


def _judge_title(title: str) -> str:
    if re.search("docker|extension", title, re.IGNORECASE):
        return 'leave out "Docker" and "extension": the marketplace says both already'
    return _judge_text(title)


def _judge_url(url: str) -> str:
    return "" if _URL.fullmatch(url) else "write a full address that starts with https:// or http://"


def _judge_repository(url: str) -> str:
    if _REPOSITORY.fullmatch(url):
        return ""
    return "write it as https://HOST/ORG/NAME, without .git and without a slash at the end"


def _judge_category(category: str) -> str:
    return "" if category in CATEGORY_NAMES else f"choose one of {', '.join(CATEGORY_NAMES)}"


_JUDGES: dict[str, Callable[[str], str]] = {
    "name": _judge_name,
    "image": _judge_image,
    "title": _judge_title,
    "description": _judge_text,
    "vendor": _judge_text,
    "publisher_url": _judge_url,
    "repository": _judge_repository,
    "category": _judge_category,
}
