"""The documentation and the JSON schema of the settings, from their declarations."""

from __future__ import annotations

from typing import Any

from dext_tasks.config.runners import Runners
from dext_tasks.config.settings import OPTIONS, Option

_HEAD = """# Settings

Every setting can be given in four places. The later one wins:

1. `invoke.yaml` (or `invoke.yml`, or `invoke.json`) of the extension's folder, under the key `dext:`
2. `pyproject.toml` of that folder, in the table `[tool.dext]`
3. an environment variable
4. a flag of the verbs that use it

`inv`, nox sessions and `dext` all read these, and nothing else: what `inv` does by hand is what nox does in CI. invoke
itself takes configuration from more places, which nox and `dext` could know of only by running the repository's
`tasks.py`. A `dext` key at one of those, or a setting where nothing reads it, is an error that says where to write it
instead, whichever of the three is called; it is never ignored:

- `ns.configure({"dext": …})` in `tasks.py`, `dext = …` in `invoke.py`
- `~/.invoke.yaml`, `/etc/invoke.yaml`, variables named `INVOKE_DEXT_…`
- an `invoke.yml` beside an `invoke.yaml`, and a file in a folder above the extension that is no extension itself
- a section whose name is nearly ours, such as `dext-tasks:` or `[tool.dext-tasks]`
- a setting at the top of `invoke.yaml`, such as `image:`, where there is a metadata.json and neither `dext:` nor
  `[tool.dext]`. If it is another tool's, an empty `dext: {}` beside it says so

`inv` and `dext` take a file of settings for one call with invoke's `-f FILE`; it wins over variables, and flags win
over it. [monorepo.md](monorepo.md) tells of several extensions in one repository.

`inv config` prints the effective values and where each came from; a build argument that may be a secret (by its name,
or with a value of eight characters or more) is shown as `***`. In files, nested keys and dotted keys mean
the same, and `_` may stand for `-`. In variables and flags, booleans are `true`/`false`, `yes`/`no`, `on`/`off` or
`1`/`0`. Unknown keys and values of the wrong kind are errors, and all
of them are listed at once. A key that `invoke.yaml` gives twice is one, too. `docs/settings.schema.json` describes
the `dext:` part for editors; `dext manual settings.schema` prints it.

A list or a mapping is written

- in a file as YAML and TOML write it;
- as a flag that is given once a value, which is taken as it is: `--build-arg A=1 --build-arg 'MSG=one, two'`. What
  precedes the first `=` is the name. Names that cannot hold a comma (platforms, rules, desktops) may also be given
  several at once: `--platform linux/amd64,linux/arm64`. A later value of one name wins, and flags replace what files
  and variables say, they do not add to it;
- in a variable in one of three ways: separated by commas (`check.ignore`: by semicolons); a line each, as soon as
  there are two lines; or, for whatever a separator in a value would break, as JSON:
  `DEXT_BUILD_ARGS='{"LABELS": "env=prod,team=x"}'`.

A flag that is called after one of its values is also known by their plural: `--build-args`, `--platforms`. Where a
task calls a verb as a function, an argument has the flag's own name alone: `platform=[…]`, `build_arg={…}`.

Below the top of a git repository the default of `release.tag-prefix` begins with the folder: `extensions/a/v`.

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
    kind = option.kind
    expects = f"{kind.expects}; as a variable {kind.text_form}" if kind.text_form else kind.expects
    flag = f"{option.flag} {kind.flag_form}"
    cells = (f"`{option.key}`", _shown(option), option.help, expects, f"`{option.env}`", f"`{flag}`")
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


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
