"""From layers of entries to effective settings, with every problem named at once."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dext_tasks.config.entry import Entry, Source, flatten, from_toml, from_yaml
from dext_tasks.config.settings import OPTIONS, Option, Settings
from dext_tasks.errors import ConfigError, DextError, UnknownPlatformError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_BY_KEY = {option.key: option for option in OPTIONS}
_KNOWN = frozenset(_BY_KEY)
# Variables of the same prefix that are not settings.
_NOT_SETTINGS = frozenset({"DEXT_DEBUG", "DEXT_CORPUS"})


@dataclass(frozen=True)
class Layers:
    """What is known before defaults: every place a setting can come from.

    Attributes:
        root: The project's folder, with ``invoke.yaml`` and ``pyproject.toml`` if there are any.
        invoke: The ``dext`` part of invoke's configuration, an overlay; ``{}`` if there is none.
        env: The process environment.
        flags: Options given on the command line or by a Python caller, by attribute name; as ``Kind.read_flag`` takes
            them.
    """

    root: Path
    invoke: Mapping[str, object] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Resolved:
    """Effective settings, and where each value came from.

    Attributes:
        settings: The values.
        origins: File and line, variable or flag of each option, by key; "default" where nothing set it.
    """

    settings: Settings
    origins: Mapping[str, str]


def resolve(layers: Layers) -> Resolved:
    """Merge the layers: default, invoke.yaml, invoke's configuration, pyproject.toml, environment, flags.

    Raises:
        ConfigError: Unknown keys or wrong values; the detail lists all of them.
        UnknownPlatformError: A platform is unknown, and nothing else is wrong.
    """
    values: dict[str, object] = {}
    origins = {option.key: "default" for option in OPTIONS}
    problems: list[DextError] = []
    for entry in sorted(_entries(layers), key=lambda each: each.source):
        option = _BY_KEY.get(entry.key)
        if option is None:
            problems.append(_problem(f"{entry.where}: {_unknown(entry.key)}"))
            continue
        try:
            values[option.name] = _value(option, entry)
        except UnknownPlatformError as error:
            problems.append(UnknownPlatformError(f"{entry.where}: {error.message}", remedy=error.remedy))
        except ValueError:
            problems.append(_problem(f"{entry.where}: {_label(option, entry)} must be {_expected(option, entry)}"))
        else:
            origins[option.key] = entry.where
    if problems:
        raise _all(problems)
    # The kinds have checked every value against the field it is for.
    checked: dict[str, Any] = values
    return Resolved(Settings(**checked), origins)


def _entries(layers: Layers) -> list[Entry]:
    files = _yaml_entries(layers.root) + _toml_entries(layers.root)
    return files + _invoke_entries(layers.invoke, files) + _env_entries(layers.env) + _flag_entries(layers.flags)


def _yaml_entries(root: Path) -> list[Entry]:
    return [
        entry
        for name in ("invoke.yaml", "invoke.yml")
        if (root / name).is_file()
        for entry in from_yaml(_read(root / name), name, _KNOWN)
    ]


def _toml_entries(root: Path) -> list[Entry]:
    file = root / "pyproject.toml"
    return from_toml(_read(file), file.name, _KNOWN) if file.is_file() else []


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file.name} cannot be read: {error}", remedy="mend or remove the file") from error


def _invoke_entries(overlay: Mapping[str, object], files: list[Entry]) -> list[Entry]:
    # invoke has already merged invoke.yaml into its configuration; only what differs was set elsewhere.
    written = [(entry.key, entry.value) for entry in files if entry.source is Source.INVOKE_YAML]
    return [
        Entry(key, value, Source.INVOKE, "invoke configuration")
        for key, value in flatten(overlay, _KNOWN)
        if key and (key, value) not in written
    ]


def _env_entries(env: Mapping[str, str]) -> list[Entry]:
    by_env = {option.env: option.key for option in OPTIONS}
    return [
        Entry(by_env.get(name, name), value, Source.ENVIRONMENT, name)
        for name, value in sorted(env.items())
        if name.startswith("DEXT_") and name not in _NOT_SETTINGS
    ]


def _flag_entries(flags: Mapping[str, object]) -> list[Entry]:
    by_name = {option.name: option for option in OPTIONS}
    return [Entry(by_name[name].key, value, Source.FLAG, by_name[name].flag) for name, value in sorted(flags.items())]


def _value(option: Option, entry: Entry) -> object:
    if entry.source is Source.FLAG:
        return option.kind.read_flag(entry.value)
    if entry.source is Source.ENVIRONMENT:
        return option.kind.from_text(str(entry.value))
    return option.kind.from_data(entry.value)


def _expected(option: Option, entry: Entry) -> str:
    form = {Source.ENVIRONMENT: option.kind.text_form, Source.FLAG: option.kind.flag_form}.get(entry.source, "")
    if form and entry.source is Source.FLAG:
        return f"{form}, and is given again for another"
    return f"{option.kind.expects}, written as {form}" if form else option.kind.expects


def _label(option: Option, entry: Entry) -> str:
    return "it" if entry.source in (Source.ENVIRONMENT, Source.FLAG) else repr(option.key)


def _unknown(key: str) -> str:
    return f"unknown key {key!r}{_nearest(key)}" if key else "`dext` is not a mapping of keys to values"


def _nearest(key: str) -> str:
    names = {
        **{option.key: option.key for option in OPTIONS},
        **{option.env: option.env for option in OPTIONS},
    }
    close = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def _problem(what: str) -> ConfigError:
    return ConfigError(what, remedy="mend it; docs/settings.md lists all settings")


def _all(problems: list[DextError]) -> DextError:
    """The only problem, or one error that lists them."""
    if len(problems) == 1:
        return problems[0]
    return ConfigError(
        f"{len(problems)} problems in the settings",
        remedy="mend what is listed above; docs/settings.md lists all settings",
        detail="\n".join(problem.message for problem in problems),
    )
