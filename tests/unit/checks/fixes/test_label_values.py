"""Fixes of what single labels say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks.catalogue import RULES
from dext_tasks.checks.fixing import FixRequest, fix_all
from dext_tasks.checks.selection import Selection
from tests.unit.checks.fixes.fixed import dockerfile_after, first_option

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProject

API = "com.docker.desktop.extension.api.version"
CATEGORIES = "com.docker.extension.categories"
PUBLISHER = "com.docker.extension.publisher-url"
TITLE = "org.opencontainers.image.title"


def after(make_project: MakeProject, key: str, written: str, *codes: str) -> str:
    head = f"FROM scratch\nARG X=1\nLABEL {key}="
    done = dockerfile_after(make_project, f"{head}{written}\n", *codes)
    assert done.startswith(head)
    return done[len(head) :].removesuffix("\n")


@pytest.mark.parametrize(
    ("before", "done"),
    [
        ('"0.3.4"', '">= 0.3.4"'),
        ("'0.3.4'", "'>= 0.3.4'"),
        ("0.3.4", '">= 0.3.4"'),
        ('"=0.3.4"', '">= 0.3.4"'),
        ('"v0.3.4"', '">= 0.3.4"'),
        ('"0.3.4-beta.1"', '"0.3.4-beta.1"'),
        ('"0.3.$X"', '"0.3.$X"'),
        ('"0.3.0 || 0.3.4"', '"0.3.0 || 0.3.4"'),
    ],
)
def test_an_exact_version_becomes_a_lower_bound(make_project: MakeProject, before: str, done: str) -> None:
    assert after(make_project, API, before, "api-version-exact") == done


@pytest.mark.parametrize(
    ("before", "done"),
    [
        ('"^0.3.4"', '">= 0.3.4, < 0.4.0"'),
        ('"0.3.x"', '">= 0.3.0, < 0.4.0"'),
        ('">=0.3.0 <1.0.0"', '">= 0.3.0, < 1.0.0"'),
        ('">=0.3.4 || >=0.4.0"', '">= 0.3.4"'),
        ('"0.3.0 || 0.5.x"', '"0.3.0 || 0.5.x"'),
        ('"^0.3.4-rc.1"', '"^0.3.4-rc.1"'),
        ('"~0.0.0"', '"~0.0.0"'),
        ('">= 0.3.4+build"', '">= 0.3.4"'),
    ],
)
def test_a_constraint_is_rewritten_where_it_means_the_same(make_project: MakeProject, before: str, done: str) -> None:
    assert after(make_project, API, before, "api-version-not-portable", "api-version-unusual") == done


@pytest.mark.parametrize(
    ("before", "done"),
    [
        ('"kubernetes, security"', '"kubernetes,security"'),
        ('\'["kubernetes", "security"]\'', "'kubernetes,security'"),
        ("kubernetes,,security,", "kubernetes,security"),
        ('"kubernetes,security,kubernetes"', '"kubernetes,security"'),
        ('"kubernetes, \\\n security"', '"kubernetes, \\\n security"'),
    ],
)
def test_categories_are_joined_by_commas(make_project: MakeProject, before: str, done: str) -> None:
    assert after(make_project, CATEGORIES, before, "category-list-malformed") == done


@pytest.mark.parametrize(
    ("before", "done"),
    [
        ("\"'https://a.example'\"", '"https://a.example"'),
        ('"<https://a.example>"', '"https://a.example"'),
        ('"a.example"', '"a.example"'),
        ('"https://a.example https://b.example"', '"https://a.example https://b.example"'),
    ],
)
def test_an_address_loses_what_is_around_it(make_project: MakeProject, before: str, done: str) -> None:
    assert after(make_project, PUBLISHER, before, "publisher-url-invalid") == done


@pytest.mark.parametrize(
    ("before", "offered"),
    [
        ("Acme Docker Extension", "Acme"),
        ("Docker Extension for Acme (extension)", "for Acme"),
        ("Dockerize it", ""),
        ("Docker Extension", ""),
    ],
)
def test_a_title_is_a_matter_of_choice(make_project: MakeProject, before: str, offered: str) -> None:
    project = make_project({"Dockerfile": f'FROM scratch\nLABEL {TITLE}="{before}"\n'})
    request = FixRequest(RULES, Selection(("title-word",)))
    left = fix_all(project, request)
    assert left.changes == ()
    assert [words for _, choice in left.undecided for words, _ in choice.options][:1] == ([offered] if offered else [])
    chosen = fix_all(project, request, first_option)
    assert bool(chosen.changes) is bool(offered)
    assert bool(chosen.report.findings) is not bool(offered)
