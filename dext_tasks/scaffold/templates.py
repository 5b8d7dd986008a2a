"""The template that comes with dext-tasks, and what it was in earlier versions."""

from __future__ import annotations

from pathlib import Path

from semver import Version

from dext_tasks.errors import ScaffoldError

_HERE = Path(__file__).resolve().parent
# The wheel carries templates/ inside the package (pyproject.toml, force-include); a checkout has it at the top.
_PLACES = (_HERE / "templates", _HERE.parents[1] / "templates")
CONFIGURATION = "copier.yml"
_NAME = "extension"
_PAST = "past"


def template_path() -> Path:
    """Directory of the template.

    Raises:
        ScaffoldError: The installation lacks it.
    """
    for place in _PLACES:
        if (place / _NAME / CONFIGURATION).is_file():
            return place / _NAME
    raise ScaffoldError("the template is not installed", remedy="reinstall dext-tasks")


def frozen_versions() -> tuple[str, ...]:
    """Versions of dext-tasks whose template is kept as it was released, from the oldest."""
    found = {each.parent.name for place in _PLACES for each in place.glob(f"{_PAST}/*/{CONFIGURATION}")}
    return tuple(sorted(found, key=Version.parse))


def frozen_template(version: str) -> Path:
    """Directory of the template of a version.

    Args:
        version: One of ``frozen_versions``.
    """
    folders = (place / _PAST / version for place in _PLACES)
    return next(folder for folder in folders if (folder / CONFIGURATION).is_file())
