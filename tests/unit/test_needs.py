from __future__ import annotations

import pytest

from tests.unit.needs import why_not


@pytest.mark.parametrize(
    ("room", "needs", "processes", "system", "reason"),
    [
        ("engine", (), True, "linux", ""),
        ("engine", (), True, "darwin", ""),
        ("engine", (), False, "win32", "Windows itself does not run what is in dext_tasks/engine"),
        ("checks", (), False, "win32", ""),
        ("checks", (), True, "win32", "shell scripts"),
        ("checks", ("os.open", "linux"), False, "linux", ""),
        ("checks", ("os.open", "linux"), False, "darwin", "this system lacks linux"),
        ("checks", ("os.no_such_thing",), False, "linux", "this system lacks os.no_such_thing"),
    ],
)
def test_what_is_skipped_where(room: str, needs: tuple[str, ...], processes: bool, system: str, reason: str) -> None:  # noqa: FBT001 - a case
    found = why_not(room, needs, processes=processes, system=system)
    assert bool(found) is bool(reason)
    assert reason in found
