"""Settings added to files that are there, with every byte of these kept."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.scaffold.adoption.settings_file import add_settings
from dext_tasks.scaffold.adoption.wiring import ByHand, Wired

SETTINGS: dict[str, Any] = {
    "image": "acme/demo",
    "platforms": ["linux/amd64"],
    "build": {"args": {"GO VERSION": "1.22", "ON": "yes"}},
    "release": {"tag-prefix": "", "ignore-tags": ["*-amd64"]},
}
UV = '[project]\nname = "x"\n\n[tool.uv]\ndev = true\n'


def added(files: dict[str, str], settings: dict[str, Any] | None = None) -> tuple[str, Wired | ByHand]:
    found = add_settings(
        SETTINGS if settings is None else settings, lambda name: files[name].encode() if name in files else None
    )
    assert found is not None
    return found


def written(files: dict[str, str], settings: dict[str, Any] | None = None) -> tuple[str, str]:
    name, made = added(files, settings)
    assert isinstance(made, Wired), made
    return name, made.content.decode()


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({}, "invoke.yaml"),
        ({"invoke.yml": "run:\n  echo: true\n"}, "invoke.yml"),
        ({"pyproject.toml": '[project]\nname = "x"\n'}, "invoke.yaml"),
        ({"pyproject.toml": UV}, "pyproject.toml"),
        ({"pyproject.toml": '[tool.poetry]\nname = "x"\n'}, "pyproject.toml"),
        ({"pyproject.toml": '[project]\nname = "x"\n', "uv.lock": ""}, "pyproject.toml"),
        ({"pyproject.toml": UV, "invoke.yaml": "run: {}\n"}, "invoke.yaml"),
        ({"pyproject.toml": "[tool.dext.smoke]\ntimeout = 3\n", "invoke.yaml": "run: {}\n"}, "pyproject.toml"),
    ],
)
def test_they_go_where_the_project_has_its_settings(files: dict[str, str], name: str) -> None:
    settings = {"image": "acme/demo"}
    found, text = written(files, settings)
    assert found == name
    held = tomllib.loads(text)["tool"]["dext"] if name.endswith(".toml") else yaml.safe_load(text)["dext"]
    assert held["image"] == "acme/demo"


def test_nothing_is_written_where_there_are_none() -> None:
    assert add_settings({}, lambda _: None) is None


def test_all_of_them_can_be_read_again() -> None:
    name, text = written({})
    assert text.startswith("# Settings of dext-tasks; `dext config` shows all of them.\ndext:\n  image: acme/demo\n")
    assert (name, yaml.safe_load(text)) == ("invoke.yaml", {"dext": SETTINGS})
    _, toml = written({"pyproject.toml": UV})
    assert toml.startswith(UV)
    assert tomllib.loads(toml)["tool"]["dext"] == SETTINGS


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("run:\n  echo: true\n", "run:\n  echo: true\ndext:\n  image: acme/demo\n"),
        ("run: {echo: true}", "run: {echo: true}\ndext:\n  image: acme/demo\n"),
        ("run:\r\n  echo: true\r\n", "run:\r\n  echo: true\r\ndext:\r\n  image: acme/demo\r\n"),
        ("# only this\n", "# only this\n\ndext:\n  image: acme/demo\n"),
        (
            "dext:\n    # mine\n    smoke:\n        timeout: 3\n",
            "dext:\n    # mine\n    image: acme/demo\n    smoke:\n        timeout: 3\n",
        ),
    ],
)
def test_what_is_there_stays(before: str, after: str) -> None:
    assert written({"invoke.yaml": before}, {"image": "acme/demo"})[1] == after


def test_they_go_into_a_mapping_that_is_there_at_each_depth() -> None:
    before = "dext:\n  release:\n    remote: up\n  smoke: {timeout: 3}\nrun: {}\n"
    text = written({"invoke.yaml": before})[1]
    assert yaml.safe_load(text) == {
        "dext": {**SETTINGS, "release": {**SETTINGS["release"], "remote": "up"}, "smoke": {"timeout": 3}},
        "run": {},
    }
    assert [line for line in text.splitlines() if line in before.splitlines()] == before.splitlines()
    toml = "[tool.uv]\n[tool.dext]\n# mine\nsmoke.timeout = 3\n\n[tool.x]\ny = 1\n"
    made = tomllib.loads(written({"pyproject.toml": toml})[1])
    assert made["tool"]["dext"] == {**SETTINGS, "smoke": {"timeout": 3}}


@pytest.mark.parametrize(
    "files",
    [
        {"invoke.yaml": "{run: {}}\n"},
        {"invoke.yaml": "dext: {smoke: {timeout: 3}}\n"},
        {"invoke.yaml": "a: 1\n...\n"},
        {"invoke.json": "{}"},
        {"pyproject.toml": "[tool]\ndext = {smoke = {timeout = 3}}\n"},
    ],
)
def test_where_it_is_not_certain_they_are_shown(files: dict[str, str]) -> None:
    name, made = added(files, {"image": "acme/demo"})
    assert isinstance(made, ByHand)
    assert name in files
    assert "acme/demo" in made.text


def test_aliases_that_stand_for_billions_of_values_are_not_followed() -> None:
    lines = ["a0: &a0 {x: y}", *(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]
    name, made = added({"invoke.yaml": "\n".join(lines) + "\n"}, {"image": "acme/demo"})
    assert name == "invoke.yaml"
    assert isinstance(made, ByHand)
    _, made = added({"invoke.yaml": "a: &a [1, 2]\nb: *a\n"}, {"image": "acme/demo"})
    assert isinstance(made, Wired)


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\x85\u2028\u2029"), max_size=8)
VALUES = st.fixed_dictionaries(
    {"image": TEXT}, optional={"build": st.fixed_dictionaries({"args": st.dictionaries(TEXT, TEXT, max_size=3)})}
)


@given(settings=VALUES, others=st.dictionaries(st.sampled_from("abc"), TEXT, max_size=3))
def test_whatever_they_hold_is_read_again_or_shown(settings: dict[str, Any], others: dict[str, str]) -> None:
    before = yaml.safe_dump(others) if others else ""
    _, made = added({"invoke.yaml": before}, settings)
    if isinstance(made, Wired):
        assert made.content.startswith(before.encode())
        assert yaml.safe_load(made.content.decode()) == {**others, "dext": settings}
    _, toml = added({"pyproject.toml": UV}, settings)
    if isinstance(toml, Wired):
        assert tomllib.loads(toml.content.decode())["tool"]["dext"] == settings
