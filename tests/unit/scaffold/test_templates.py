from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import ScaffoldError
from dext_tasks.scaffold import templates

if TYPE_CHECKING:
    from pathlib import Path


def test_the_template_is_there() -> None:
    assert (templates.template_path() / "copier.yml").is_file()


def test_the_wheel_s_place_is_preferred_to_the_checkout_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel, checkout = (_template(tmp_path / place) for place in ("wheel", "checkout"))
    monkeypatch.setattr(templates, "_PLACES", (wheel.parent, checkout.parent))
    assert templates.template_path() == wheel
    (wheel / "copier.yml").unlink()
    assert templates.template_path() == checkout


def test_a_missing_installation_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "_PLACES", (tmp_path,))
    with pytest.raises(ScaffoldError) as caught:
        templates.template_path()
    assert "reinstall" in caught.value.remedy


def test_no_template_has_a_python_file_that_pip_would_compile_in_place() -> None:
    assert list(templates.template_path().rglob("*.py")) == []


def _template(place: Path) -> Path:
    (place / "extension").mkdir(parents=True)
    (place / "extension" / "copier.yml").write_text("")
    return place / "extension"
