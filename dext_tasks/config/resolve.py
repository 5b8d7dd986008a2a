"""From layers of entries to effective settings, with every problem named at once."""

from __future__ import annotations

import itertools
import logging
import os
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dext_tasks.config import stray
from dext_tasks.config.entry import RawSetting, SettingSource, flatten, from_json, from_toml, from_yaml, sections
from dext_tasks.config.repository import folder_in_repository
from dext_tasks.config.settings import OPTIONS, Option, Settings
from dext_tasks.config.stray import Stray
from dext_tasks.errors import ConfigError, DextError, UnknownPlatformError, UsageError
from dext_tasks.project_files import DENIED, open_file, why_unreadable
from dext_tasks.wording import counted, did_you_mean, excerpt, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from dext_tasks.config.entry import Section
    from dext_tasks.config.kind import OptionKind

_LOG = logging.getLogger(__name__)
_BY_KEY = {option.key: option for option in OPTIONS}
_KNOWN = frozenset(_BY_KEY)
# Variables of the same prefix that are not settings.
_NOT_SETTINGS = frozenset({"DEXT_DEBUG", "DEXT_CORPUS", "DEXT_PIPELINE"})
# In the order in which invoke looks for them; it reads the first that is there, and no other:
# https://docs.pyinvoke.org/en/stable/concepts/configuration.html#config-files
_INVOKE_FILES: Mapping[str, Callable[[str, str, frozenset[str]], list[RawSetting]]] = {
    "invoke.yaml": from_yaml,
    "invoke.yml": from_yaml,
    "invoke.json": from_json,
}
SETTINGS_FILES = (*_INVOKE_FILES, "pyproject.toml")
"""Names of the files that settings are read from."""

# Less than elsewhere: nothing else can be meant at this place.
_SIMILAR = 0.5


@dataclass(frozen=True)
class NamedFile:
    """A file of settings that was named on the command line, with invoke's ``-f``.

    Attributes:
        name: As it was named.
        data: Its ``dext`` part.
    """

    name: str
    data: object


@dataclass(frozen=True)
class Layers:
    """What is known before defaults: every place a setting can come from.

    Attributes:
        root: The project's folder, with ``invoke.yaml`` and ``pyproject.toml`` if there are any.
        env: The process environment.
        flags: Options given on the command line or by a Python caller, by attribute name; as
            ``OptionKind.read_flag`` takes them.
        named: A file of settings named on the command line; None if there is none.
        strays: Settings found where they do not belong, besides those that the root shows.
    """

    root: Path
    env: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, object] = field(default_factory=dict)
    named: NamedFile | None = None
    strays: Sequence[Stray] = ()


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
    """Merge the layers: default, invoke.yaml, pyproject.toml, environment, a named file, flags.

    Raises:
        UsageError: Values of flags are wrong, and nothing else is; the detail lists them.
        ConfigError: Unknown keys, wrong values, or settings at a place that not every way of calling reads; the
            detail lists all of them.
        UnknownPlatformError: A platform is unknown, and nothing else is wrong.
    """
    values: dict[str, object] = {}
    origins = {option.key: "default" for option in OPTIONS}
    given: dict[str, RawSetting] = {}
    layered: defaultdict[str, dict[SettingSource, object]] = defaultdict(dict)
    problems: list[tuple[SettingSource | None, DextError]] = []
    for entry in sorted(_entries(layers), key=lambda each: each.source):
        option = _BY_KEY.get(entry.key)
        if option is None:
            problems.append((entry.source, _problem(f"{entry.where}: {_unknown(entry.key)}")))
            continue
        try:
            values[option.name] = _value(option, entry)
        except UnknownPlatformError as error:
            problems.append(
                (entry.source, UnknownPlatformError(f"{entry.where}: {error.message}", remedy=error.remedy))
            )
        except ValueError:
            problems.append((entry.source, _unusable(option, entry)))
        else:
            origins[option.key], given[option.name] = entry.where, entry
            layered[option.name][entry.source] = values[option.name]
    problems.extend(_unused_contexts(values, given.get("contexts"), layered["platforms"]))
    problems.extend((None, _misplaced(found)) for found in _strays(layers))
    if problems:
        raise _all(problems)
    for option in OPTIONS:
        if option.default_in and option.name not in values:
            _give_default_in(layers.root, option, values, origins)
    # The kinds have checked every value against the field it is for.
    checked: dict[str, Any] = values
    resolved = Resolved(Settings(**checked), origins)
    if _LOG.isEnabledFor(logging.DEBUG):
        _tell(resolved)
    return resolved


def _tell(resolved: Resolved) -> None:
    from dext_tasks import calls

    for option in OPTIONS:
        where = resolved.origins[option.key]
        if where != "default":
            calls.decided(_LOG, "setting %s is %s, from %s", option.key, _told(option, resolved.settings), where)
    calls.decided(_LOG, "every other setting has its default")


def _told(option: Option, settings: Settings) -> str:
    """A value without what may be a secret, as those of build arguments and of requests."""
    from dext_tasks.redaction import masked

    value = getattr(settings, option.name)
    if option.kind.hidden_as:
        return counted(len(value), option.kind.hidden_as)
    if not isinstance(value, tuple):
        return str(value)
    pairs = masked(value) if option.is_secret else value
    return ", ".join("=".join(map(str, each)) if isinstance(each, tuple) else str(each) for each in pairs)


def _give_default_in(root: Path, option: Option, values: dict[str, object], origins: dict[str, str]) -> None:
    """Give an option the default that it has in a folder, and record that if it differs from the general one."""
    general = str(option.default)
    found = option.default_in(root, general) if option.default_in else general
    if found != general:
        values[option.name], origins[option.key] = found, f"default in {folder_in_repository(root)}"


def _unused_contexts(
    values: Mapping[str, object], contexts: RawSetting | None, platforms: Mapping[SettingSource, object]
) -> Iterator[tuple[SettingSource | None, DextError]]:
    """Contexts of platforms that are not configured.

    Args:
        values: What the settings are.
        contexts: The contexts as they are written, if they are.
        platforms: Those of each layer. Who names fewer of them for one run, as every nox session does, need not name
            fewer contexts, whether by a file or by a flag.
    """
    if contexts is None:
        return
    in_files = any(source <= SettingSource.PYPROJECT for source in platforms)
    layers: Any = [*platforms.values(), () if in_files else _BY_KEY["platforms"].default]
    known = set(itertools.chain(*layers))
    named: Any = values["contexts"]
    for platform in (each for each, _ in named if each not in known):
        what = f"{contexts.where}: no context is needed for {platform}, which is not among the platforms"
        remedy = f"add {platform} to `platforms` (--platform), or leave out its context"
        is_flag = contexts.source is SettingSource.FLAG
        yield contexts.source, UsageError(what, remedy=remedy) if is_flag else ConfigError(what, remedy=remedy)


def _entries(layers: Layers) -> list[RawSetting]:
    files = [*_invoke_file(layers.root), *_toml_entries(layers.root)]
    return files + _env_entries(layers.env) + _named_entries(layers.named) + _flag_entries(layers.flags)


def _invoke_file(root: Path) -> list[RawSetting]:
    found = [name for name in _INVOKE_FILES if os.path.lexists(root / name)]
    return _read_invoke_file(root, found[0]) if found else []


def require_readable(root: Path) -> None:
    """Require that the file of a folder which invoke reads, too, can be read, whatever it says.

    Raises:
        ConfigError: It is not a file, is not a string, or has a syntax error.
    """
    _invoke_file(root)


def _read_invoke_file(root: Path, name: str) -> list[RawSetting]:
    return _INVOKE_FILES[name](_read(root / name), name, _KNOWN)


def _toml_entries(root: Path) -> list[RawSetting]:
    file = root / "pyproject.toml"
    return from_toml(_read(file), file.name, _KNOWN) if os.path.lexists(file) else []


def _read(file: Path) -> str:
    remedy = "correct or remove the file"
    if why := why_unreadable(file):
        raise ConfigError(f"{file.name} {why}", remedy=remedy)
    try:
        with open_file(file) as stream:
            return stream.read().decode()
    except OSError as error:
        raise ConfigError(f"{file.name} {DENIED}{error.strerror}", remedy=remedy) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{file.name}:{line}: the file is not UTF-8", remedy=remedy) from error


def _strays(layers: Layers) -> Iterator[Stray]:
    root = layers.root
    yield from _unread_files(root)
    yield from stray.of_sections(root, _sections(root), _is_setting)
    yield from stray.of_invoke_py(root)
    in_tasks = list(stray.of_tasks(root))
    yield from in_tasks
    yield from stray.of_variables(layers.env)
    for folder in list(stray.folders(root))[1:]:
        if not stray.is_extension(folder):
            yield from _of_nobody(folder, root)
    # What was read in tasks.py is seen again by whoever runs it.
    yield from (each for each in layers.strays if not (in_tasks and each.where == stray.CONFIGURED))


def _sections(root: Path) -> list[Section]:
    """The parts of the files that settings are read from."""
    there = [name for name in SETTINGS_FILES if os.path.lexists(root / name)]
    # Of those for invoke, another one is not read.
    read = [name for name in there if name in {there[0], "pyproject.toml"}]
    return [section for name in read for section in sections(_read(root / name), name)]


def _is_setting(key: str, value: object) -> bool:
    if key not in _KNOWN:
        return False
    try:
        _BY_KEY[key].kind.from_data(value)
    except (ValueError, UnknownPlatformError):
        return False
    return True


def _unread_files(root: Path) -> Iterator[Stray]:
    """Settings in an invoke.yml beside an invoke.yaml, and the like."""
    first, *others = [name for name in _INVOKE_FILES if os.path.lexists(root / name)] or [""]
    for name in others:
        for entry in _read_invoke_file(root, name):
            yield Stray(entry.where, f"is not read where there is an {first}; write it there")


def _of_nobody(folder: Path, root: Path) -> Iterator[Stray]:
    """Settings of a folder above the extension that is not an extension itself: nothing inherits them."""
    try:
        entries = [*_invoke_file(folder), *_toml_entries(folder)]
    except ConfigError:
        # Somebody else's file.
        return
    if any(entry.key in _KNOWN and _BY_KEY[entry.key].marks_extension for entry in entries):
        return
    for entry in entries:
        file, _, line = entry.where.partition(":")
        where = f"{stray.shown(folder / file, root)}{f':{line}' if line else ''}"
        yield Stray(where, "is above the extension, which reads only its own folder's settings")


def _named_entries(named: NamedFile | None) -> list[RawSetting]:
    if named is None:
        return []
    return [RawSetting(key, value, SettingSource.NAMED_FILE, named.name) for key, value in flatten(named.data, _KNOWN)]


def _env_entries(env: Mapping[str, str]) -> list[RawSetting]:
    by_env = {option.env: option.key for option in OPTIONS}
    return [
        RawSetting(by_env.get(name, name), value, SettingSource.ENVIRONMENT, name)
        for name, value in sorted(env.items())
        if name.startswith("DEXT_") and name not in _NOT_SETTINGS
    ]


def _flag_entries(flags: Mapping[str, object]) -> list[RawSetting]:
    by_name = {option.name: option for option in OPTIONS}
    return [
        RawSetting(by_name[name].key, value, SettingSource.FLAG, by_name[name].flag)
        for name, value in sorted(flags.items())
    ]


def _value(option: Option, entry: RawSetting) -> object:
    if entry.source is SettingSource.FLAG:
        return option.kind.read_flag(entry.value)
    if entry.source is SettingSource.ENVIRONMENT:
        return option.kind.from_text(str(entry.value))
    return option.kind.from_data(entry.value)


def _unusable(option: Option, entry: RawSetting) -> DextError:
    if entry.source is SettingSource.FLAG:
        return _unusable_flag(option, entry.value)
    kind = option.kind
    if entry.source is SettingSource.ENVIRONMENT:
        form = f", written as {kind.text_form}" if kind.text_form else ""
        return _problem(f"{entry.where}: it must be {kind.expects}{form}")
    return _problem(f"{entry.where}: {option.key!r} must be {kind.expects}")


def _unusable_flag(option: Option, given: object) -> UsageError:
    kind = option.kind
    wrong = _first_wrong(kind, given)
    name, form = (wrong.strip() if isinstance(wrong, str) else ""), kind.flag_form
    if "=" in form and name and "=" not in name:
        form = f"{name}={form.partition('=')[2]}"
    return UsageError(
        f"{option.flag} cannot be {_shown_value(kind, wrong)}: it takes {kind.expects}",
        remedy=f"write {option.flag} {form}{', once for each' if option.repeated else ''}",
    )


def _first_wrong(kind: OptionKind[Any], given: object) -> object:
    """The value of a flag that cannot be used, where the flag is given once a value."""
    for each in given if isinstance(given, list | tuple) else ():
        try:
            kind.read_flag([each])
        except (ValueError, DextError):
            return each
    return given


def _shown_value(kind: OptionKind[Any], value: object) -> str:
    """A value that cannot be used, without what may be a secret: the text that a name gets, and requests."""
    if kind.hidden_as:
        return "this text"
    if isinstance(value, str) and "=" in kind.flag_form:
        name, equals, text = value.partition("=")
        return repr(excerpt(f"{name}{equals}{'…' if text else ''}"))
    return repr(excerpt(value)) if isinstance(value, str) else excerpt(repr(value))


def _unknown(key: str) -> str:
    return f"unknown key {key!r}{_near(key)}" if key else "`dext` is not a mapping of keys to values"


def _near(key: str) -> str:
    names = [*(option.key for option in OPTIONS), *(option.env for option in OPTIONS)]
    near = nearest(key, names, _SIMILAR)
    return did_you_mean(repr(near) if near else "")


def _problem(what: str) -> ConfigError:
    return ConfigError(what, remedy="fix it; `dext manual settings` shows docs/settings.md, which lists all settings")


def _misplaced(found: Stray) -> ConfigError:
    return ConfigError(
        f"{found.where} {found.why}",
        remedy="write it under `dext:` in the extension's own invoke.yaml, which inv, nox and dext read alike",
    )


def _all(problems: Sequence[tuple[SettingSource | None, DextError]]) -> DextError:
    """The only problem, or one error that lists them."""
    if len(problems) == 1:
        return problems[0][1]
    detail = "\n".join(problem.message for _, problem in problems)
    if all(source is SettingSource.FLAG for source, _ in problems):
        remedies = "; ".join(problem.remedy for _, problem in problems)
        return UsageError(f"{len(problems)} flags cannot be used as they are", remedy=remedies, detail=detail)
    return ConfigError(
        f"{len(problems)} problems in the settings",
        remedy="fix what is listed above; `dext manual settings` shows docs/settings.md, which lists all settings",
        detail=detail,
    )
