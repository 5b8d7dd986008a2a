"""What invoke's own configuration says of ``dext``.

invoke merges its levels before a task sees them, and only two of them can be read by whoever calls the verbs in
another way: the project's file, which is read apart, and a file that is named on the command line. The others are
distinguished by the attributes that invoke keeps them in, for which it has no other names:
https://github.com/pyinvoke/invoke/blob/main/invoke/config.py (Config.merge)
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dext_tasks.config.kind import is_bool, is_true
from dext_tasks.config.resolve import NamedFile
from dext_tasks.config.stray import CONFIGURED, Stray

if TYPE_CHECKING:
    from pathlib import Path

    from invoke.context import Context

_KEY = "dext"
_DRY = "INVOKE_RUN_DRY"
_LEVELS = {
    "_system": "/etc/invoke.*",
    "_user": "~/.invoke.*",
    "_collection": CONFIGURED,
    "_overrides": "the configuration of the program",
    "_modifications": "the configuration of the calling task",
}


def named_file(c: Context) -> NamedFile | None:
    """The file that was named with invoke's ``-f``, if it says anything of ``dext``."""
    level = _level(c, "_runtime")
    path = str(getattr(c.config, "_runtime_path", None) or "the file of -f")
    return NamedFile(path, _plain(level[_KEY])) if _KEY in level else None


def is_dry(c: Context, env: Mapping[str, str]) -> bool:
    """Whether invoke was told to run nothing: ``inv --dry``, INVOKE_RUN_DRY, or ``run.dry`` in its configuration.

    https://docs.pyinvoke.org/en/stable/concepts/configuration.html#default-configuration-values
    """
    if any(_says_dry(_level(c, name)) for name in ("_overrides", "_modifications")):
        return True
    told = env.get(_DRY, "")
    # invoke takes the word "false" for true: https://github.com/pyinvoke/invoke/issues/844
    return is_true(told) if is_bool(told) else _says_dry(c.config)


def is_dry_project(root: Path) -> bool:
    """Whether the project's own file for invoke says ``run.dry``, which ``dext`` does not load as ``inv`` does."""
    import yaml

    for name in ("invoke.yaml", "invoke.yml", "invoke.json"):
        try:
            return _says_dry(yaml.safe_load((root / name).read_text(encoding="utf-8")))
        except FileNotFoundError:
            continue
        except (OSError, ValueError, yaml.YAMLError):
            # Whoever reads the settings in it says what is wrong.
            return False
    return False


def _says_dry(data: Any) -> bool:  # noqa: ANN401 - whatever a file holds, or invoke's DataProxy
    run: Any = data.get("run") if hasattr(data, "get") else None
    return hasattr(run, "get") and bool(run.get("dry"))


def strays(c: Context) -> tuple[Stray, ...]:
    """Settings at levels that reach ``inv`` alone."""
    return tuple(_strays(c))


def _strays(c: Context) -> Iterator[Stray]:
    for level, where in _LEVELS.items():
        if _KEY in _level(c, level):
            path = getattr(c.config, f"{level}_path", None)
            yield Stray(_shown(path) if path else where, "sets `dext`, which reaches `inv` alone")


def _level(c: Context, name: str) -> Mapping[str, Any]:
    found = getattr(c.config, name, None)
    return found if isinstance(found, Mapping) else {}


def _shown(path: str) -> str:
    # As invoke finds the file itself; a user without a home has none there.
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.expanduser raises where there is no home
    return f"~{path.removeprefix(home)}" if path.startswith(f"{home}/") else path


def _plain(data: object) -> object:
    return {str(key): _plain(value) for key, value in data.items()} if isinstance(data, Mapping) else data
