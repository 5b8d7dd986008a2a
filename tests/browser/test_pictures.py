"""The pictures of README.md, drawn by a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from documents import pictures

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.usefixtures("browser")
def test_the_report_is_drawn_in_light_and_dark(tmp_path: Path) -> None:
    pictures.draw(tmp_path, ["smoke-report-light.webp", "smoke-report-dark.webp"])
    drawn = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert set(drawn) == {"smoke-report-light.webp", "smoke-report-dark.webp"}
    # https://developers.google.com/speed/webp/docs/riff_container
    assert all(content.startswith(b"RIFF") and content[8:12] == b"WEBP" for content in drawn.values())
    assert len(set(drawn.values())) == 2
