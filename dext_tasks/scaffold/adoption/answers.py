"""What settings, flags and a person say in place of what was found out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dext_tasks.config import OPTIONS, Layers, Settings, resolve
from dext_tasks.errors import AdoptionUnclearError, DockerfileUnclearError, ImageUnclearError, ReferenceInvalidError
from dext_tasks.project import Project
from dext_tasks.scaffold.adoption.found import KnownValue, Unclear, ValueOrigin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.scaffold.adoption.found import Survey

_ANSWERABLE: Final = ("image", "dockerfile", "metadata", "build.target", "release.tag-prefix")
_BY_KEY: Final = {option.key: option for option in OPTIONS}
_DEFAULT: Final = "default"
_ERRORS: Final[Mapping[str, type[AdoptionUnclearError]]] = {
    "dockerfile": DockerfileUnclearError,
    "image": ImageUnclearError,
}
_SHOWN: Final = 10


def with_settings(survey: Survey) -> Survey:
    """A survey in which what the project's own settings say has its way.

    Raises:
        ConfigError: The settings are wrong.
    """
    known = resolve(Layers(survey.root))
    for key in _ANSWERABLE:
        if not known.origins[key].startswith(_DEFAULT):
            value = getattr(known.settings, _BY_KEY[key].name)
            survey = survey.answered(key, value, f"set in {known.origins[key]}")
    return survey


def with_flags(survey: Survey, flags: Mapping[str, object]) -> Survey:
    """A survey in which what flags say has its way.

    Args:
        survey: What was found.
        flags: As of a run.

    Raises:
        ReferenceInvalidError: The image is none.
        UsageError: A flag has a value that cannot be used.
    """
    if not flags:
        return survey
    settings = resolve(Layers(survey.root, flags=flags)).settings
    if "image" in flags:
        _require_image(settings.image)
    for key in _ANSWERABLE:
        option = _BY_KEY[key]
        if option.name in flags:
            survey = survey.answered(key, getattr(settings, option.name), option.flag)
    changes: dict[str, Any] = {}
    if "platforms" in flags:
        changes["platforms"] = _given("platforms", settings.platforms)
    if "build_args" in flags:
        changes["build_args"] = _given("build.args", dict(settings.build_args))
    if "release_ignore_tags" in flags:
        ignored = _given("release.ignore-tags", settings.release_ignore_tags)
        changes["history"] = replace(survey.history, ignored=ignored)
    return replace(survey, **changes)


def fault_of(survey: Survey, key: str, answer: str) -> str:
    """Why an answer cannot be used; empty if it can.

    Args:
        survey: What was found.
        key: Of the setting.
        answer: What somebody typed.
    """
    option = _BY_KEY[key]
    if not answer and key != "release.tag-prefix":
        return "an answer is needed"
    try:
        option.kind.read_flag(answer)
        if key == "image":
            _require_image(answer)
    except ValueError:
        return f"it must be {option.kind.expects}"
    except ReferenceInvalidError as error:
        return error.message
    if key in {"dockerfile", "metadata"} and not (survey.root / answer).is_file():
        return f"there is no file {answer} in {survey.root}"
    return ""


def require_clear(survey: Survey) -> None:
    """Require that nothing is left to be asked.

    Raises:
        DockerfileUnclearError: It is only the Dockerfile.
        ImageUnclearError: It is only the image.
        AdoptionUnclearError: It is something else, or several things.
    """
    left = survey.questions
    if not left:
        return
    flags = [_example(key, unclear) for key, unclear in left.items()]
    detail = [f"{key}: {line}" for key, unclear in left.items() for line in _told(unclear)]
    error = _ERRORS.get(next(iter(left)), AdoptionUnclearError) if len(left) == 1 else AdoptionUnclearError
    whys = "; ".join(f"{key} cannot be told: {unclear.why}" for key, unclear in left.items())
    raise error(f"{survey.root}: {whys}", remedy=f"say it with {' '.join(flags)}", detail="\n".join(detail))


def _require_image(text: str) -> None:
    _ = Project(Path(), Settings(image=text)).image


def _given(key: str, value: Any) -> KnownValue[Any]:  # noqa: ANN401 - as the setting has it
    return KnownValue(value, (ValueOrigin("", 0, _BY_KEY[key].flag),))


def _example(key: str, unclear: Unclear) -> str:
    option = _BY_KEY[key]
    return f"{option.flag} {unclear.candidates[0].value if unclear.candidates else option.kind.flag_form}"


def _told(unclear: Unclear) -> list[str]:
    """What it may be, and where that stands, a line each."""
    return [f"{each.value} ({place(each.origins[0])})" if each.origins else each.value for each in unclear.candidates][
        :_SHOWN
    ]


def place(origin: ValueOrigin) -> str:
    """Where a value was taken from, for people: ``Makefile:3, the tag of docker build``."""
    where = f"{origin.file}:{origin.line}" if origin.line else origin.file
    return ", ".join(filter(None, (where, origin.how)))
