"""Every released template is kept as it was: `scripts/freeze-template` is part of a release."""

from __future__ import annotations

import re
from pathlib import Path

import frozen
import pytest

from dext_tasks._version import __version__
from dext_tasks.formats.changelog import UNRELEASED, entries
from dext_tasks.scaffold.templates import frozen_template, frozen_versions, template_path

CHANGELOG = (Path(__file__).parents[3] / "CHANGELOG.md").read_text(encoding="utf-8")


def released(changelog: str) -> set[str]:
    """The versions that a changelog says are released."""
    return {entry.version for entry in entries(changelog)} - {UNRELEASED}


def unkept(changelog: str, version: str, digests: dict[str, str], now: str) -> list[str]:
    """What a release has forgotten, in words.

    Args:
        changelog: Text of CHANGELOG.md.
        version: What the checkout is.
        digests: Of each frozen version.
        now: Digest of the template.
    """
    done = released(changelog)
    found = [f"run scripts/freeze-template at {each}" for each in sorted(done - digests.keys())]
    if version in done and digests.get(version, now) != now:
        found.append(f"{version} is released with another template: raise the version in dext_tasks/_version.py")
    return found


def test_every_released_template_is_kept() -> None:
    now = frozen.digest(template_path())
    assert unkept(CHANGELOG, __version__, frozen.recorded(), now) == []


def test_no_kept_template_was_changed() -> None:
    there = {folder.name: frozen.digest(folder) for folder in frozen.PAST.iterdir() if folder.is_dir()}
    assert there == frozen.recorded()
    assert "0.1.0" in there


def test_the_script_freezes_what_is_rendered() -> None:
    assert template_path() == frozen.TEMPLATE
    assert tuple(frozen.recorded()) == frozen_versions()
    assert frozen_template("0.1.0") == frozen.PAST / "0.1.0"


@pytest.mark.parametrize(
    ("headings", "digests", "says"),
    [
        ("## Unreleased", {}, []),
        ("## [0.2.0] - 2026-01-31", {"0.2.0": "now"}, []),
        ("## Unreleased\n\n## [0.2.0] - 2026-01-31", {"0.1.0": "then"}, ["run scripts/freeze-template at 0.2.0"]),
        ("## [0.1.9] - 2026-01-31", {}, ["run scripts/freeze-template at 0.1.9"]),
        ("## [0.1.9] - 2026-01-31", {"0.1.9": "then"}, []),
        ("## [0.2.0] - 2026-01-31", {"0.2.0": "then"}, ["0.2.0 is released with another template: raise"]),
    ],
)
def test_what_is_forgotten_is_said(headings: str, digests: dict[str, str], says: list[str]) -> None:
    told = unkept(f"# Changelog\n\n{headings}\n\n- Something.\n", "0.2.0", digests, "now")
    assert [re.match(re.escape(part), line) is not None for part, line in zip(says, told, strict=True)] == [True] * len(
        says
    )


def test_a_version_is_frozen_once(tmp_path: Path) -> None:
    template, past = tmp_path / "template", tmp_path / "past"
    (template / "project").mkdir(parents=True)
    (template / "project/{{ name }}.jinja").write_text("one")
    past.mkdir()
    (past / "digests.txt").write_text("0.1.0 abc\n")
    assert frozen.freeze("0.2.0", template, past)
    assert (past / "0.2.0/project/{{ name }}.jinja").read_text() == "one"
    assert frozen.recorded(past / "digests.txt") == {"0.1.0": "abc", "0.2.0": frozen.digest(past / "0.2.0")}
    assert not frozen.freeze("0.2.0", template, past)
    (template / "project/{{ name }}.jinja").write_text("two")
    with pytest.raises(ValueError, match="raise the version"):
        frozen.freeze("0.2.0", template, past)
    assert (past / "0.2.0/project/{{ name }}.jinja").read_text() == "one"


def test_a_digest_tells_names_and_contents_apart(tmp_path: Path) -> None:
    seen = set()
    for number, files in enumerate([{"a": "bc"}, {"ab": "c"}, {"a": "b", "c": ""}, {"d/a": "bc"}]):
        for name, text in files.items():
            (tmp_path / str(number) / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / str(number) / name).write_text(text)
        seen.add(frozen.digest(tmp_path / str(number)))
    assert len(seen) == 4
