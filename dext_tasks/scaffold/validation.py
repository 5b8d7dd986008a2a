"""Which answers a template cannot be rendered with.

copier.yml of the template has the same rules for people who run copier themselves; a test holds the two
together. The rules are about what would break a rendered file or what Docker refuses, not about taste.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.errors import ReferenceInvalidError, ScaffoldError
from dext_tasks.extension import sdk
from dext_tasks.extension.labels import MOST_CHARACTERS, OWN_NAME, claims_docker
from dext_tasks.formats import html
from dext_tasks.formats.addresses import web_fault
from dext_tasks.formats.constraint import Verdict, quirks
from dext_tasks.formats.constraint.verdict import GRAMMARS
from dext_tasks.formats.oci.reference import DOCKER_HUB, Reference
from dext_tasks.scaffold.answers import CHOICES, COMPONENT, NONE, YES
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from dext_tasks.scaffold.answers import Answers

# Control characters, line separators, surrogates, the byte order mark and non-characters, which YAML refuses;
# and bidirectional overrides, which make a line read differently from what it says (https://trojansource.codes).
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")
_AUTHORITY = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?"
_URL = re.compile(rf"https?://{_AUTHORITY}(?:[/?#][A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*)?")
_PARTS: Final = 2
# What the repository is named after the extension cannot be longer:
# https://docs.github.com/repositories/creating-and-managing-repositories/creating-a-new-repository
_LONGEST_NAME: Final = 100
# https://github.com/distribution/reference/blob/main/reference.go
_LONGEST_REFERENCE: Final = 255
# Volumes are folders of the engine's, with at most 255 characters, too. Their names begin with that of the compose
# project, such as org_name-desktop-extension-linux-arm64, which leaves 24 for the volume's own.
_LONGEST_IMAGE: Final = 200
_TOO_LONG: Final = "it is too long: write at most {} characters"
_FORM: Final = "write it as ORG/NAME or HOST[:PORT]/ORG/NAME"
_REPOSITORY = re.compile(rf"https://{_AUTHORITY}(?:/[A-Za-z0-9._~-]+)+(?<!\.git)")

# Every library that may read a constraint takes these for the same.
_RANGE = re.compile(r">= ?[0-9]+\.[0-9]+\.[0-9]+(?:, ?< ?[0-9]+\.[0-9]+\.[0-9]+)?")


def problems(answers: Answers) -> tuple[str, ...]:
    """Everything wrong with the answers, one line each, in the order of the questions."""
    written = answers.written()
    return tuple(f"{field}: {problem}" for field, problem in _judged(written, written) if problem)


def judge(field: str, answer: str, known: Mapping[str, str] | None = None) -> str:
    """What is wrong with one answer, in words; empty if nothing is.

    Args:
        field: Attribute of ``Answers``.
        answer: What was answered.
        known: Other answers, which it must not contradict; empty ones are not known yet.
    """
    given = {**(known or {}), field: answer}
    contradicting = (each.reasons[field] for each in _CONTRADICTIONS if field in each.reasons and each.is_in(given))
    return _problem(field, answer) or next(contradicting, "")


def validate(answers: Answers) -> None:
    """Stop unless the answers can be rendered.

    Raises:
        ScaffoldError: At least one answer cannot be used; the message names all of them.
    """
    written = answers.written()
    require(written, written)


def require(given: Mapping[str, str], recorded: Collection[str] = ()) -> None:
    """Stop unless the answers that are given can be used, before others are derived from them.

    Args:
        given: By attribute of ``Answers``; some of them.
        recorded: Those that only have to be rendered, as an extension has them already.

    Raises:
        ScaffoldError: At least one answer cannot be used; the message names all of them.
    """
    found = [(field, problem) for field, problem in _judged(given, recorded) if problem]
    if len(found) == 1:
        ((field, problem),) = found
        what = f"the {field.replace('_', ' ')} {excerpt(given[field])!r} cannot be used: {problem}"
        raise ScaffoldError(what, remedy="correct it and run it again")
    if found:
        raise ScaffoldError(
            f"the answers cannot be used: {'; '.join(f'{field}: {problem}' for field, problem in found)}",
            remedy="correct these answers and run it again",
        )


def _judged(given: Mapping[str, str], recorded: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    for field in _JUDGES:
        if field in given:
            yield field, _problem(field, given[field], recorded)
    # One answer of each is enough to name.
    yield from (next(iter(each.reasons.items())) for each in _CONTRADICTIONS if each.is_in(given))


def _problem(field: str, answer: str, recorded: Collection[str] = ()) -> str:
    return _JUDGES[field](answer) or ("" if field in recorded else _finding(field, answer))


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
    if len(image) > _LONGEST_REFERENCE:
        return _TOO_LONG.format(_LONGEST_IMAGE)
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


def _finding(field: str, answer: str) -> str:
    """What would be wrong on the first day with an answer that can be rendered, such as what ``dext check`` finds."""
    if field in _LONGEST:
        return _TOO_LONG.format(_LONGEST[field]) if len(answer) > _LONGEST[field] else ""
    if field in _PLAIN_TEXTS:
        if len(answer) > MOST_CHARACTERS:
            return f"no label has more than {MOST_CHARACTERS} characters"
        if field == "vendor" and claims_docker(answer):
            return OWN_NAME
        is_html = html.tags(answer) or any(each.harm is html.Harm.DANGEROUS for each in html.findings(answer))
        return "leave out HTML: it is shown as plain text" if is_html else ""
    return web_fault(answer) if field in _ADDRESSES else ""


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


def _judge_choice(question: str, answer: str) -> str:
    return "" if answer in CHOICES[question] else f"choose one of {', '.join(CHOICES[question])}"


def _judge_api_version(constraint: str) -> str:
    readings = sdk.readings(constraint)
    odd = len(readings) < len(GRAMMARS) or any(quirks(each) or each.has_prerelease for each in readings)
    newest = str(sdk.apis()[-1])
    if odd or not _RANGE.fullmatch(constraint):
        return "write it as >= X.Y.Z, or >= X.Y.Z, < A.B.C"
    if sdk.compatible(constraint, newest) is not Verdict.ALLOWED:
        what = "leave out the upper bound, or raise it" if sdk.admitted(constraint) else "lower it"
        return f"it refuses {newest}, the newest version of the API: {what}"
    return ""


def _judge_folder(folder: str) -> str:
    if _UNPRINTABLE.search(folder):
        return "it must be one line without control characters"
    if folder and not {"", ".", ".."}.isdisjoint(folder.split("/")):
        return "write it as seen from the top of the repository, such as extensions/a"
    return ""


_LONGEST: Final = {"name": _LONGEST_NAME, "image": _LONGEST_IMAGE}
_PLAIN_TEXTS: Final = frozenset({"title", "description", "vendor"})
_ADDRESSES: Final = frozenset({"publisher_url", "repository"})

_JUDGES: dict[str, Callable[[str], str]] = {
    "name": _judge_name,
    "image": _judge_image,
    "title": _judge_title,
    "description": _judge_text,
    "vendor": _judge_text,
    "publisher_url": _judge_url,
    "repository": _judge_repository,
    **{question: partial(_judge_choice, question) for question in CHOICES},
    "year": lambda year: "" if re.fullmatch("(?:[0-9]{4})?", year) else "write it with four digits",
    "api_version": _judge_api_version,
    "folder": _judge_folder,
}


class _Contradiction(NamedTuple):
    """Answers that cannot be given together.

    Attributes:
        answers: What they are, by question.
        reasons: Why each of them cannot be given after the others, in words; the first is said where nobody is asked.
    """

    answers: Mapping[str, str]
    reasons: Mapping[str, str]

    def is_in(self, given: Mapping[str, str]) -> bool:
        return all(given.get(field) == answer for field, answer in self.answers.items())


_CONTRADICTIONS: Final = (
    _Contradiction(
        {"compose": YES, "backend": NONE},
        {
            "compose": "the second service is there for a backend, and there is none",
            "backend": "the second service is there for a backend: choose one",
        },
    ),
    _Contradiction(
        {"updates": "dependabot", "ci": "gitlab"},
        {
            "updates": "Dependabot runs on GitHub only: choose renovate",
            "ci": "Dependabot runs on GitHub only: choose another pipeline, or renovate as what proposes updates",
        },
    ),
)
