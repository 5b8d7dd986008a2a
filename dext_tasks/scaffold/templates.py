"""The templates that come with dext-tasks."""

from __future__ import annotations

from pathlib import Path

from dext_tasks.errors import ScaffoldError

DEFAULT = "minimal"
_HERE = Path(__file__).resolve().parent
# The wheel carries templates/ inside the package (pyproject.toml, force-include); a checkout has it at the top.
_PLACES = (_HERE / "templates", _HERE.parents[1] / "templates")
CONFIGURATION = "copier.yml"


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
