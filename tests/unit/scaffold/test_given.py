from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest
import yaml

from dext_tasks.errors import ScaffoldError
from dext_tasks.limits import LARGEST_TEXT
from dext_tasks.scaffold.answers import derive
from dext_tasks.scaffold.given import answers_of_file, answers_of_pairs, together

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yml", "name: demo\ntitle: 1.0\nvendor: No\ncompose: true\n"),
        ("a.yaml", '{"name": "demo", "title": 1.0, "vendor": "No", compose: true}'),
        ("answers", "\ufeff_template: extension\nname: 'demo'\ntitle: 1.0\nvendor: No\ncompose: true\n"),
    ],
)
def test_answers_of_yaml_are_the_text_that_was_written(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    expected = {"name": "demo", "title": "1.0", "vendor": "No", "compose": "true"}
    assert answers_of_file(tmp_path / name) == expected


def test_answers_of_json_are_the_text_that_was_written(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{\n\t"name": "demo", "title": 1.0, "compose": true}')
    found = answers_of_file(tmp_path / "a.json")
    assert found == {"name": "demo", "title": "1.0", "compose": "True"}
    assert together(found)["compose"] == "yes"


def test_what_a_project_keeps_can_be_given_again(tmp_path: Path) -> None:
    answers = derive("demo", title='"Q" \\ $HOME {{ x }} größe')
    kept = {"_template": "extension", "_template_version": "0.2.0", **asdict(answers)}
    (tmp_path / "kept.yml").write_text(yaml.safe_dump(kept, allow_unicode=True), encoding="utf-8")
    (tmp_path / "kept.json").write_text(json.dumps(kept))
    for name in ("kept.yml", "kept.json"):
        assert derive(**together(answers_of_file(tmp_path / name))) == answers


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b: c\n", "a.yml:1: mapping values are not allowed here"),
        ("name: demo\ntitle: [", "a.yml:2: "),
        ("", "a.yml has no answers by their names"),
        ("- name\n", "a.yml has no answers by their names"),
        ("just text", "a.yml has no answers by their names"),
        ("name: demo\nfrontent: html\n", "a.yml: there is no question 'frontent'; did you mean frontend?"),
        ("title:\n", "a.yml: title has no answer"),
        ("title: [a, b]\n", "a.yml: title is not answered by a single value"),
        ("title: {a: b}\n", "a.yml: title is not answered by a single value"),
        ("? [a]\n: b\n", "a.yml"),
        ("name: \x01\n", "a.yml is neither YAML nor JSON"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_clear_message(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(text)
    with pytest.raises(ScaffoldError) as caught:
        answers_of_file(tmp_path / "a.yml")
    assert message in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("text", "message"),
    [('{"name": "demo",}', "a.json:1: not JSON: "), ("[]", "no answers"), ('{"title": null}', "title has no answer")],
)
def test_json_that_cannot_be_used_is_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ScaffoldError) as caught:
        answers_of_file(tmp_path / "a.json")
    assert message in caught.value.message


@pytest.mark.parametrize(("name", "depth"), [("a.yml", 5000), ("a.json", 100_000)])
def test_a_file_that_is_nested_too_deep_is_refused(name: str, depth: int, tmp_path: Path) -> None:
    (tmp_path / name).write_text("[" * depth)
    with pytest.raises(ScaffoldError):
        answers_of_file(tmp_path / name)


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"title: gr\xf6sse\n")
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(LARGEST_TEXT + 1)
    for name, why in (
        ("nowhere", "cannot be read: No such file or directory"),
        ("latin", "is not UTF-8"),
        ("pipe", "not a file"),
        ("large", "is larger than 16 MiB"),
        ("", "is a folder"),
    ):
        with pytest.raises(ScaffoldError) as caught:
            answers_of_file(tmp_path / name)
        assert why in caught.value.message


def test_answers_of_pairs_may_hold_equals_signs() -> None:
    assert answers_of_pairs(["title=a=b", "image=acme/x"]) == {"title": "a=b", "image": "acme/x"}


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (["title"], "--data 'title' is not KEY=VALUE"),
        (["titel=x"], "--data: there is no question 'titel'; did you mean title?"),
        (["title="], "--data: title has no answer"),
        (["title=a", "title=b"], "--data gives title twice"),
    ],
)
def test_pairs_that_cannot_be_used_are_refused(pairs: list[str], message: str) -> None:
    with pytest.raises(ScaffoldError) as caught:
        answers_of_pairs(pairs)
    assert caught.value.message == message


def test_later_answers_win_and_empty_ones_are_none() -> None:
    found = together({"title": "file", "vendor": "file"}, {"title": "data"}, {"title": "", "vendor": "flag"})
    assert found == {"title": "data", "vendor": "flag"}


@pytest.mark.parametrize(
    ("given", "text"), [(True, "yes"), (False, "no"), ("on", "yes"), ("OFF", "no"), ("1", "yes"), ("maybe", "maybe")]
)
def test_yes_and_no_have_one_spelling(given: str | bool, text: str) -> None:  # noqa: FBT001 - a case
    assert together({"compose": given}) == {"compose": text}
    assert together({"title": "on"}) == {"title": "on"}
