"""The templates that come with dext-tasks."""

from __future__ import annotations

from pathlib import Path

from semver import Version

from dext_tasks.errors import ScaffoldError

DEFAULT = "extension"
_HERE = Path(__file__).resolve().parent
# The wheel carries templates/ inside the package (pyproject.toml, force-include); a checkout has it at the top.
_PLACES = (_HERE / "templates", _HERE.parents[1] / "templates")
CONFIGURATION = "copier.yml"
_PAST = "past"


def available() -> tuple[str, ...]:
    """Names of the templates, sorted."""
    found = {each.parent.name for place in _PLACES for each in place.glob(f"*/{CONFIGURATION}")}
    return tuple(sorted(found))


def template_path(name: str = DEFAULT) -> Path:
    """Directory of a template.

    Raises:
        ScaffoldError: There is no template of that name.
    """
    if name not in available():
        raise ScaffoldError(
            f"there is no template {name!r}",
            remedy=f"choose one of: {', '.join(available()) or 'none is installed, so reinstall dext-tasks'}",
        )
    return next(place / name for place in _PLACES if (place / name / CONFIGURATION).is_file())


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
