from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.config import Settings
from dext_tasks.errors import ScaffoldError
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.project import Project
from dext_tasks.scaffold import validation
from dext_tasks.scaffold.answers import CHOICES, derive
from dext_tasks.scaffold.validation import judge, problems, require, validate
from dext_tasks.smoke.composition import Names
from dext_tasks.wording import excerpt

GOOD = derive("hello", image="acme/hello")
NAMES = st.from_regex(r"[a-z0-9]{1,8}([._-][a-z0-9]{1,8}){0,3}", fullmatch=True)
TEXT_FIELDS = ("title", "description", "vendor")


@given(NAMES)
def test_derived_answers_can_always_be_used(name: str) -> None:
    assert problems(derive(name)) == ()


@pytest.mark.parametrize("name", ["", "Hello", "my tool", "-x", "x-", "a--b", "a/b", "..", "x\n", "größe"])
def test_names_that_are_no_directory_or_image_name_are_refused(name: str) -> None:
    assert _fields(name=name) == ["name"]


@pytest.mark.parametrize(
    "image",
    ["acme/hello", "localhost:5000/acme/hello", "ghcr.io/acme/tools/hello", "a__b/c-d.e", "box:5000/a/b"],
)
def test_images_with_an_organisation_are_accepted(image: str) -> None:
    assert _fields(image=image) == []


@pytest.mark.parametrize(
    "image",
    [
        "hello",
        "library",
        "localhost:5000/hello",
        "acme/hello:1.0.0",
        "acme/tools/hello",
        "Acme/Hello",
        "acme/hello\n",
        "acme//hello",
        f"acme/hello@sha256:{'0' * 64}",
        "",
        "acme/hello world",
    ],
)
def test_images_a_release_cannot_tag_are_refused(image: str) -> None:
    assert _fields(image=image) == ["image"]


@pytest.mark.parametrize(
    ("image", "problem"),
    [
        ("My-Org/ok", "write it in lower case: my-org/ok"),
        ("my-org/OK", "write it in lower case: my-org/ok"),
        ("ghcr.io/My-Org/ok", "write it in lower case: ghcr.io/my-org/ok"),
        ("localhost:5000/My-Org/ok", "write it in lower case: localhost:5000/my-org/ok"),
        ("acme/tools/hello", "Docker Hub has repositories ORG/NAME only; of another registry, name the host first"),
        ("hello", "write it as ORG/NAME or HOST[:PORT]/ORG/NAME"),
        ("my org/hello", "write it as ORG/NAME or HOST[:PORT]/ORG/NAME"),
        ("acme/hello:1.0", "leave out the tag: a release adds it"),
        ("https://ghcr.io/acme/hello", "leave out https://"),
        (f"acme/{'a' * 196}", "it is too long: write at most 200 characters"),
        (f"acme/{'a' * 300}", "it is too long: write at most 200 characters"),
    ],
)
def test_one_fault_of_an_image_is_one_message(image: str, problem: str) -> None:
    assert judge("image", image) == problem
    with pytest.raises(ScaffoldError) as caught:
        require({"name": "ok", "image": image})
    assert caught.value.message == f"the image {excerpt(image)!r} cannot be used: {problem}"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "it must not be empty"),
        ("Hello", "write it in lower case: hello"),
        ("My Tool", "use lower case letters and digits, with single '.', '_' or '-' between them"),
    ],
)
def test_one_fault_of_a_name_is_one_message(name: str, problem: str) -> None:
    assert judge("name", name) == problem


def test_a_name_is_as_long_as_a_repository_s_may_be() -> None:
    assert judge("name", "a" * 100) == ""
    assert judge("name", "a" * 101) == "it is too long: write at most 100 characters"
    with pytest.raises(ScaffoldError):
        require({"name": "a" * 101})
    # What an extension was made with before is no reason not to upgrade it.
    require({"name": "a" * 101}, ["name"])


def test_the_longest_image_can_be_built_and_started() -> None:
    longest = f"acme/{'a' * 195}"
    assert judge("image", longest) == ""
    assert judge("image", f"{longest}a")
    # What an extension was made with before is no reason not to upgrade it.
    require({"image": f"{longest}a"}, ["image"])
    project = Project(Path.cwd(), Settings(image=longest))
    assert str(Reference.parse(project.local_repository)) == project.local_repository
    amd64, arm64 = (Platform.parse(f"linux/{each}") for each in ("amd64", "arm64"))
    names = Names.of(project.image.extension, arm64, amd64)
    # A volume is a folder, whose name has at most 255 characters.
    assert len(f"{names.project}_dext-guest-services") <= 255


def test_the_case_of_a_registry_s_host_does_not_matter() -> None:
    assert judge("image", "GHCR.io/acme/hello") == ""


@pytest.mark.parametrize("field", TEXT_FIELDS)
@pytest.mark.parametrize(
    "text", ['"; rm -rf $HOME', "back\\slash\\", "<script>", "größe 家 🐋", "a: b # c", "'", "{{ x }}"]
)
def test_any_printable_line_is_accepted(field: str, text: str) -> None:
    assert _fields(**{field: text}) == []


@pytest.mark.parametrize("field", TEXT_FIELDS)
@pytest.mark.parametrize(
    "text",
    ["", "  ", " x", "x ", "x\ny", "x\ry", "\x00", "a\x85b", "a\u2028b", "a\u202eb", "\ufeffx", "a\ud800", "a\uffff"],
    ids=ascii,
)
def test_text_that_is_not_one_plain_line_is_refused(field: str, text: str) -> None:
    assert _fields(**{field: text}) == [field]


@pytest.mark.parametrize(
    ("field", "answer", "problem"),
    [
        ("title", "a <b>x</b>", "leave out HTML: it is shown as plain text"),
        ("description", "see <script>", "leave out HTML: it is shown as plain text"),
        ("vendor", "<i>me</i>", "leave out HTML: it is shown as plain text"),
        ("description", "a List<String>, with a < b & c > d", ""),
        ("vendor", "Docker Inc.", "write your own name or that of your organisation"),
        ("vendor", "docker", "write your own name or that of your organisation"),
        ("vendor", "Dockerites", ""),
        ("title", "x" * 50_001, "no label has more than 50000 characters"),
        ("title", "x" * 50_000, ""),
        ("publisher_url", "https://localhost/x", "localhost is the machine of whoever reads it"),
        ("repository", "https://127.0.0.1:3000/a/b", "127.0.0.1 is the machine of whoever reads it"),
        ("repository", "https://git.example:3000/a/b", ""),
    ],
)
def test_what_a_check_would_find_is_refused_when_it_is_asked(field: str, answer: str, problem: str) -> None:
    assert judge(field, answer) == problem
    if problem:
        with pytest.raises(ScaffoldError):
            require({field: answer})
    # What an extension was made with before is no reason not to upgrade it.
    require({field: answer}, [field])
    assert _fields(**{field: answer}) == []


@pytest.mark.parametrize("title", ["Docker Tool", "My Extension", "dockerize", "EXTENSIONS"])
def test_titles_docker_refuses_are_refused(title: str) -> None:
    assert _fields(title=title) == ["title"]


@pytest.mark.parametrize("url", ["https://acme.example", "http://acme.example:8080/a?b=c&d='e'#f", "https://x/(y)"])
def test_web_addresses_are_accepted(url: str) -> None:
    assert _fields(publisher_url=url) == []


@pytest.mark.parametrize(
    "url",
    ["", "acme.example", "javascript:alert(1)", "https://", "https:///x", 'https://x/"', "https://x/\n", "https://x y"],
)
def test_anything_but_a_web_address_is_refused(url: str) -> None:
    assert _fields(publisher_url=url) == ["publisher_url"]


@pytest.mark.parametrize(
    "url", ["https://github.com/a/b", "https://git.example:8443/group/sub/b", "https://x.example/~me/b"]
)
def test_repositories_are_accepted(url: str) -> None:
    assert _fields(repository=url) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/a/b.git",
        "https://github.com/a/b/",
        "git@github.com:a/b",
        "http://x.example/a/b",
        "https://x.example",
        "",
    ],
)
def test_repositories_files_cannot_be_linked_in_are_refused(url: str) -> None:
    assert _fields(repository=url) == ["repository"]


def test_unknown_category_is_refused_with_the_list() -> None:
    (problem,) = problems(replace(GOOD, category="tools"))
    assert problem.startswith("category: choose one of ")
    assert "utility-tools" in problem


@pytest.mark.parametrize("constraint", [">= 0.3.4", ">=0.2.0", ">= 0.3.4, < 99.0.0"])
def test_constraints_that_admit_the_newest_desktop_are_accepted(constraint: str) -> None:
    assert judge("api_version", constraint) == ""


@pytest.mark.parametrize(
    ("constraint", "problem"),
    [
        ("", "write it as >= X.Y.Z, or >= X.Y.Z, < A.B.C"),
        ("newest", "write it as >= X.Y.Z, or >= X.Y.Z, < A.B.C"),
        ("0.3.4", "write it as >= X.Y.Z, or >= X.Y.Z, < A.B.C"),
        ("^0.3.4", "write it as >= X.Y.Z, or >= X.Y.Z, < A.B.C"),
        (">= 0.3.4-rc.1", "write it as >= X.Y.Z, or >= X.Y.Z, < A.B.C"),
        (
            ">= 0.3.4, < 0.4.0",
            "it refuses 0.4.2, the newest version of the API: leave out the upper bound, or raise it",
        ),
        (">= 99.0.0", "it refuses 0.4.2, the newest version of the API: lower it"),
    ],
)
def test_constraints_that_a_check_would_find_fault_with_are_refused(constraint: str, problem: str) -> None:
    assert judge("api_version", constraint) == problem


@pytest.mark.parametrize("year", ["26", "2026-2027", "MMXXVI", "2026\n"])
def test_a_year_has_four_digits_or_is_left_out(year: str) -> None:
    assert judge("year", year) == "write it with four digits"
    assert judge("year", "2026") == judge("year", "") == ""


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"compose": "yes", "backend": "none"}, "the second service is there for a backend, and there is none"),
        ({"ci": "gitlab", "updates": "dependabot"}, "Dependabot runs on GitHub only: choose renovate"),
    ],
)
def test_answers_that_contradict_each_other_are_refused(
    given: dict[str, str], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "CHOICES", {name: {**CHOICES[name], given[name]: ""} for name in given})
    with pytest.raises(ScaffoldError) as caught:
        require(given)
    assert caught.value.message.endswith(f"cannot be used: {problem}")
    for name, answer in given.items():
        require({name: answer})
        # Whichever is answered last.
        assert judge(name, answer, given)
        assert judge(name, answer, {**given, **dict.fromkeys(given.keys() - {name}, "")}) == ""


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ScaffoldError) as caught:
        validate(replace(GOOD, name="My Tool", title="", repository="x"))
    assert [part.split(":")[0] for part in caught.value.message.split(": ", 1)[1].split("; ")] == [
        "name",
        "title",
        "repository",
    ]
    assert "\n" not in caught.value.message
    assert caught.value.remedy


def test_good_answers_pass() -> None:
    validate(GOOD)


def _fields(**changed: str) -> list[str]:
    changes: dict[str, Any] = {**changed}
    return [problem.split(":")[0] for problem in problems(replace(GOOD, **changes))]


@pytest.mark.parametrize("folder", ["/a", "a/", "a//b", ".", "../a", "a/..", "a\n", "a\u202e"])
def test_a_folder_is_seen_from_the_top(folder: str) -> None:
    assert judge("folder", folder)


@pytest.mark.parametrize("folder", ["", "a", "extensions/a", "My Apps/ö", "a..b/.c"])
def test_a_folder_may_have_any_name(folder: str) -> None:
    assert judge("folder", folder) == ""
