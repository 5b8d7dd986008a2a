"""docs/settings.md and docs/settings.schema.json, from the declarations of the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dext_tasks.config.runners import Runners
from dext_tasks.config.settings import OPTIONS
from documents.headings import anchor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dext_tasks.config.settings import Option

_HEAD = """# Settings

Only a release needs a setting, [`image`](#image). `inv config` prints the effective values and where each came from.

## Where settings are read

Every setting can be given in four places. The later one wins:

1. `invoke.yaml` (or `invoke.yml`, or `invoke.json`) in the extension's folder, under the key `dext:`
2. `pyproject.toml` in that folder, in the table `[tool.dext]`
3. an environment variable
4. a flag of the verbs that use it

`inv`, `dext` and nox sessions read these places and no others, so a setting means the same by hand and in CI.

`inv` and `dext` take a file of settings for one call with invoke's `-f FILE`. It wins over variables, and flags win
over it. [monorepo.md](monorepo.md) describes a repository with several extensions.

A setting in a place that is not read is never ignored. It is an error that says where to write it instead:

- `ns.configure({"dext": …})` in `tasks.py`, or `dext = …` in `invoke.py`
- `~/.invoke.yaml`, `/etc/invoke.yaml`, and variables named `INVOKE_DEXT_…`
- an `invoke.yml` beside an `invoke.yaml`
- a file in a folder above the extension, if that folder is not an extension itself
- a section with a similar name, such as `dext-tasks:` or `[tool.dext-tasks]`
- a setting at the top of `invoke.yaml`, such as `image:`, if there is a metadata.json and neither `dext:` nor
  `[tool.dext]`. If the setting belongs to another tool, add an empty `dext: {}`

invoke itself reads more places. nox and `dext` could know of those only by running the repository's `tasks.py`.

## How values are written

Unknown keys, values of the wrong type, and a key that `invoke.yaml` gives twice are errors. All of them are listed at
once. [settings.schema.json](settings.schema.json) describes the `dext:` part for editors;
`dext manual settings.schema` prints it.

In files, nested keys and dotted keys mean the same, and `_` may replace `-`. Lists and mappings are written as in any
YAML or TOML.

Booleans in variables and flags are `true`/`false`, `yes`/`no`, `on`/`off` or `1`/`0`.

Flags that take a list or a mapping are repeated, once per value:

- A value is taken as it is: `--build-arg A=1 --build-arg 'MSG=one, two'`. The name is what precedes the first `=`.
- Names that cannot contain a comma (platforms, rules, desktops) can be combined: `--platform linux/amd64,linux/arm64`.
- If a name is given twice, the last value wins.
- Flags replace the values of files and variables; they do not add to them.
- The plural works, too: `--build-args`, `--platforms`. A task that calls a verb as a function uses the flag's own
  name: `platform=[…]`, `build_arg={…}`.

Variables that hold a list or a mapping are written in one of three ways:

- separated by commas (`check.ignore`: by semicolons);
- one value per line, if there are two lines or more;
- as JSON, if a value contains a separator: `DEXT_BUILD_ARGS='{"LABELS": "env=prod,team=x"}'`.

`inv config` shows a build argument as `***` if its name suggests a secret or its value has eight characters or more.
"""


def settings_page() -> str:
    """docs/settings.md."""
    groups: dict[str, list[Option]] = {}
    for option in OPTIONS:
        groups.setdefault(option.group.title, []).append(option)
    contents = "".join(_contents(title, options) for title, options in groups.items())
    return f"{_HEAD}\n## All settings\n\n{contents}" + "".join(
        f"\n## {title}\n{''.join(map(_section, options))}" for title, options in groups.items()
    )


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


def _contents(title: str, options: Sequence[Option]) -> str:
    links = ", ".join(f"[`{option.key}`](#{anchor(option.key)})" for option in options)
    return f"- {title}: {links}\n"


def _section(option: Option) -> str:
    kind = option.kind
    lines = [
        f"- Value: {kind.expects}",
        f"- Default: {_shown(option) or 'empty'}",
        f"- Flag: `{option.flag} {kind.flag_form}`" + (", may be repeated" if option.repeated else ""),
        f"- Variable: `{option.env}`" + (f", as {kind.text_form}" if kind.text_form else ""),
    ]
    note = f"{option.note}\n\n" if option.note else ""
    text = f"{option.help[:1].upper()}{option.help[1:]}."
    return f"\n### `{option.key}`\n\n{text}\n\n{note}{chr(10).join(lines)}\n"


def _shown(option: Option) -> str:
    value = _plain(option)
    if isinstance(value, list):
        return ", ".join(f"`{item}`" for item in value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{text}`" if text and value != {} else ""


def _plain(option: Option) -> object:
    value = option.default
    if isinstance(value, Runners):
        return value.data
    if option.kind.schema["type"] == "object":
        return {}
    return [str(item) for item in value] if isinstance(value, tuple) else value
