"""The pages of docs/, which ship with the package so that a message can name one."""

from __future__ import annotations

from pathlib import Path

from dext_tasks.errors import UsageError
from dext_tasks.wording import did_you_mean, nearest

_HERE = Path(__file__).resolve().parent.parent
# The wheel carries docs/ inside the package (pyproject.toml, force-include); a checkout has it at the top.
_PACKAGED, _CHECKOUT = _HERE / "docs", _HERE.parent / "docs"
_PAGE = ".md"
_SCHEMA = ".json"
_INDEX = "/README"


def pages() -> dict[str, str]:
    """What each page is about, by its name.

    The name is the path below docs/ without ``.md``: ``settings``, ``rules/labels``. A folder stands for its
    README.md, and ``settings.schema`` for the schema.
    """
    return {name: _title(file) for name, file in _files().items()}


def page(name: str) -> str:
    """The text of a page.

    Raises:
        UsageError: There is no page of that name.
    """
    files = _files()
    known = name.removeprefix("docs/").removesuffix(_PAGE).removesuffix(_SCHEMA).removesuffix(_INDEX)
    if known not in files:
        raise UsageError(
            f"there is no page {name!r}{did_you_mean(nearest(known, files))}",
            remedy=f"choose one of {', '.join(files)}",
        )
    return files[known].read_text(encoding="utf-8")


def _files() -> dict[str, Path]:
    folder = _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT
    found = sorted(file for file in folder.rglob("*") if file.suffix in (_PAGE, _SCHEMA))
    return {file.relative_to(folder).with_suffix("").as_posix().removesuffix(_INDEX): file for file in found}


def _title(file: Path) -> str:
    if file.suffix == _SCHEMA:
        return "JSON schema of the settings, for editors"
    with file.open(encoding="utf-8") as lines:
        return next(lines, "").removeprefix("#").strip()
