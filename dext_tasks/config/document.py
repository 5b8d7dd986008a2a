"""The documentation and the JSON schema of the settings, from their declarations."""

from __future__ import annotations

from typing import Any

from dext_tasks.config.settings import OPTIONS, Option

_HEAD = """# Settings

Every setting can be given in four places. The later one wins:

1. `invoke.yaml` under the key `dext:` (and anything else invoke reads, such as `ns.configure` in `tasks.py`)
2. `pyproject.toml` in the table `[tool.dext]`
3. an environment variable
4. a flag of the verbs that use it

`inv config` prints the effective values and where each came from. In files, nested keys and dotted keys mean
the same, and `_` may stand for `-`. In variables and flags, lists are separated by commas and booleans are
`true`/`false`, `yes`/`no`, `on`/`off` or `1`/`0`. Unknown keys and values of the wrong kind are errors, and all
of them are listed at once. `docs/settings.schema.json` describes the `dext:` part for editors.

| key | default | what it is | expects | variable | flag |
| --- | --- | --- | --- | --- | --- |
"""


def settings_page() -> str:
    """docs/settings.md."""
    return _HEAD + "".join(f"{_row(option)}\n" for option in OPTIONS)


def schema() -> dict[str, Any]:
    """JSON schema of the ``dext:`` part of invoke.yaml and of ``[tool.dext]``."""
    root: dict[str, Any] = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Settings of dext-tasks",
        "type": "object",
        "additionalProperties": False,
        "properties": {},
    }
    for option in OPTIONS:
        *sections, last = option.key.split(".")
        place = root
        for section in sections:
            empty = {"type": "object", "additionalProperties": False, "properties": {}}
            place = place["properties"].setdefault(section, empty)
        place["properties"][last] = {**option.kind.schema, "description": option.help, "default": _plain(option)}
    return root


def _row(option: Option) -> str:
    flag = option.flag + (" (repeated)" if option.repeated else "")
    cells = (f"`{option.key}`", _shown(option), option.help, option.kind.expects, f"`{option.env}`", f"`{flag}`")
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _shown(option: Option) -> str:
    value = _plain(option)
    if isinstance(value, list):
        return ", ".join(f"`{item}`" for item in value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{text}`" if text and value != {} else ""


def _plain(option: Option) -> object:
    value = option.default
    if option.kind.schema["type"] == "object":
        return {}
    return [str(item) for item in value] if isinstance(value, tuple) else value
