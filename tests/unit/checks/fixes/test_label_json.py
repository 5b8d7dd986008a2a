"""Repairs of labels that are a JSON array of links."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.checks.fixes.label_json import repaired
from dext_tasks.formats.dockerfile.document import parse
from tests.unit.checks.fixes.fixed import dockerfile_after

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProject

KEY = "com.docker.extension.additional-urls"
U = "https://a.example/x"
RIGHT = [{"title": "T", "url": U}]


def after(make_project: MakeProject, written: str) -> str:
    head, tail = f"FROM scratch\nLABEL a=1 \\\n  {KEY}=", " \\\n  b=2\n"
    done = dockerfile_after(make_project, f"{head}{written}{tail}", "additional-urls-invalid")
    assert done.startswith(head)
    assert done.endswith(tail)
    return done[len(head) : -len(tail)]


@pytest.mark.parametrize(
    ("before", "repaired"),
    [
        (rf"""'[{{\"title\":\"T\",\"url\":\"{U}\"}}]'""", f"""'[{{"title":"T","url":"{U}"}}]'"""),
        (
            rf'''"[{{\\\"title\\\":\\\"T\\\",\\\"url\\\":\\\"{U}\\\"}}]"''',
            rf'''"[{{\"title\":\"T\",\"url\":\"{U}\"}}]"''',
        ),
        (f'''"[{{"title":"T","url":"{U}"}}]"''', f"""'[{{"title":"T","url":"{U}"}}]'"""),
        (f"""[{{"title":"T","url":"{U}"}}]""", f"""'[{{"title":"T","url":"{U}"}}]'"""),
        (f'''"[{{'title':'T','url':'{U}'}}]"''', rf'''"[{{\"title\":\"T\",\"url\":\"{U}\"}}]"'''),
        (f"""'[{{"title":"T","url":"{U}"}},]'""", f"""'[{{"title":"T","url":"{U}"}}]'"""),
        (f"""'[{{"title":"T","url":"{U}",}}]'""", f"""'[{{"title":"T","url":"{U}"}}]'"""),
        (f"""'{{"title":"T","url":"{U}"}}'""", f"""'[{{"title":"T","url":"{U}"}}]'"""),
        (f"""'[{{"title":"T","url":"{U}"}}'""", f"""'[{{"title":"T","url":"{U}"}}]'"""),
        (f"""'[{{"title":"T","url":"{U}"'""", f"""'[{{"title":"T","url":"{U}"}}]'"""),
        (f"""'[{{"title":"T","url":"{U}""}}]'""", f"""'[{{"title":"T","url":"{U}"}}]'"""),
        (f"""'[{{"title":"T","url":"{U}}}]'""", f"""'[{{"title":"T","url":"{U}"}}]'"""),
        (f"""'[{{"name":"T","link":"{U}"}}]'""", f"""'[{{"name":"T","link":"{U}"}}]'"""),
        (f"""'[{{"title":"T","link":"{U}"}}]'""", f"""'[{{"title":"T","url":"{U}"}}]'"""),
        (
            f"""'[ \\\n    {{"title":"T",\\\n"url":"{U}"}}, \\\n  ]'""",
            f"""'[ \\\n    {{"title":"T",\\\n"url":"{U}"}} \\\n  ]'""",
        ),
    ],
)
def test_what_has_one_repair_gets_it(make_project: MakeProject, before: str, repaired: str) -> None:
    assert after(make_project, before) == repaired


@pytest.mark.parametrize("end", ["\n", "\r\n", " \\\n  b=2\n", ""])
def test_quotes_that_end_the_value_too_early(make_project: MakeProject, end: str) -> None:
    links = f'[{{"title":"T and more","url":"{U}"}}, \\\n  {{"title":"U [x]","url":"{U}"}}]'
    before = f'FROM scratch\nLABEL {KEY}="{links}"{end}'
    after = f"FROM scratch\nLABEL {KEY}='{links}'{end}"
    assert dockerfile_after(make_project, before, "dockerfile-invalid") == after


@pytest.mark.parametrize("links", ['[{"title":"T\'s and more"}]', '[{"title":"T and more}]', "[x y]"])
def test_a_line_that_is_refused_for_other_reasons_is_left(make_project: MakeProject, links: str) -> None:
    before = f'FROM scratch\nLABEL {KEY}="{links}" and\n'
    assert dockerfile_after(make_project, before, "dockerfile-invalid") == before


def test_objects_without_a_comma_between_them(make_project: MakeProject) -> None:
    one = f'{{"title":"T","url":"{U}"}}'
    assert after(make_project, f"'[{one} {one}{one}]'") == f"'[{one}, {one},{one}]'"


@pytest.mark.parametrize(
    "written",
    [
        f'"{U}"',
        "'[]'",
        """'[{"title":"T"}]'""",
        """'[{"title":"T,"url":"U"}]'""",
        f"""'[{{"title":"a \\"b\\", c","url":"{U}"}}'x""",
        f"""'[{{"title":"T","url":"{U}","link":"x"'y""",
        f"""'[{{"title":"'$X'","url":"{U}"}},]'""",
        "'{}'",
        "'nonsense'",
    ],
)
def test_what_is_not_certain_is_left(make_project: MakeProject, written: str) -> None:
    assert after(make_project, written) == written


def test_a_comma_in_a_text_is_none_of_the_json() -> None:
    text = f'[{{"title":"a,] b,}} c","url":"{U}"}},]'
    assert repaired(text, "title") == f'[{{"title":"a,] b,}} c","url":"{U}"}}]'


@pytest.mark.parametrize(
    "part", ['{"a":"b",},', "[", '"', '\\"', ",", '"https://a', "{'a'}", '{"title":"T","link":"U"}', '""}', "} {"]
)
def test_what_is_long_and_odd_is_read_to_its_end(part: str) -> None:
    done = repaired(part * (20_000 // len(part)), "title")
    assert done is None or all(each == {"title": "T", "url": "U"} for each in json.loads(done))


def test_a_dockerfile_of_nothing_but_beginnings_is_read_once(make_project: MakeProject) -> None:
    before = "FROM scratch\nLABEL " + f'{KEY}="[' * 9000 + " x\n"
    assert dockerfile_after(make_project, before, "dockerfile-invalid") == before


@given(st.text(alphabet="[]{}\",:\\'aurlti e", max_size=40))
def test_what_comes_of_it_is_right_or_nothing(text: str) -> None:
    done = repaired(text, "title")
    if done is not None:
        assert all({"title", "url"} <= each.keys() for each in json.loads(done))


@given(st.lists(st.fixed_dictionaries({"title": st.text(min_size=1), "url": st.just(U)}), min_size=1, max_size=3))
def test_what_is_right_stays_as_it_is(links: list[dict[str, str]]) -> None:
    text = json.dumps(links)
    assert repaired(text, "title") in {text, None}


def test_a_dockerfile_with_another_escape_character(make_project: MakeProject) -> None:
    before = f'# escape=`\nFROM scratch\nLABEL {KEY}="[{{`"title`":`"T`",`"url`":`"{U}`"}},]"\n'
    done = dockerfile_after(make_project, before, "additional-urls-invalid")
    assert done == before.replace(",]", "]")
    assert json.loads(parse(done).labels()[KEY]) == RIGHT
