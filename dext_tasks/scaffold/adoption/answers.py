"""What settings, flags and a person say in place of what was found out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from dext_tasks.config import OPTIONS, Settings
from dext_tasks.config.resolve import Layers, Resolved, resolve
from dext_tasks.errors import AdoptionUnclearError, DockerfileUnclearError, ImageUnclearError, ReferenceInvalidError
from dext_tasks.project import Project
from dext_tasks.scaffold.adoption.found import KnownValue, Unclear, ValueOrigin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.scaffold.adoption.found import Survey

T = TypeVar("T")
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
        ReferenceInvalidError: Their image is none, or has a login.
    """
    known = resolve(Layers(survey.root))
    if is_set(known, "image"):
        _require_image(known.settings.image)
    said = {key: f"set in {known.origins[key]}" for key in survey.values}
    return _with(survey, known.settings, {key: how for key, how in said.items() if is_set(known, key)})


def is_set(known: Resolved, key: str) -> bool:
    """Whether a file of the project, a variable or a flag sets a setting."""
    return not known.origins[key].startswith(_DEFAULT)


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
    return _with(survey, settings, {key: option.flag for key, option in _BY_KEY.items() if option.name in flags})


def _with(survey: Survey, settings: Settings, said: Mapping[str, str]) -> Survey:
    """A survey with other values.

    Args:
        survey: What was found.
        settings: Where the values are.
        said: Keys of those that are taken, each with who says so.
    """
    for key in _ANSWERABLE:
        if key in said:
            survey = survey.answered(key, getattr(settings, _BY_KEY[key].name), said[key])

    def given(key: str, value: T, before: KnownValue[T]) -> KnownValue[T]:
        return KnownValue(value, (ValueOrigin("", 0, said[key]),)) if key in said else before

    arguments: Mapping[str, str] = dict(settings.build_args)
    history = survey.history
    return replace(
        survey,
        platforms=given("platforms", settings.platforms, survey.platforms),
        build_args=given("build.args", arguments, survey.build_args),
        history=replace(history, ignored=given("release.ignore-tags", settings.release_ignore_tags, history.ignored)),
    )


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
        return f"{answer} does not exist in {survey.root}"
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
