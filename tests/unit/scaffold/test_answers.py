from __future__ import annotations

from dataclasses import asdict

import pytest
import yaml

from dext_tasks.errors import ScaffoldError
from dext_tasks.scaffold.answers import Answers, derive, recorded


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("hello", "Hello"),
        ("log-viewer", "Log Viewer"),
        ("log_viewer.v2", "Log Viewer V2"),
        ("my-docker-extension", "My"),
        ("dockerhub-browser", "Browser"),
        ("docker-extension", "My Tool"),
        ("k9s", "K9s"),
    ],
)
def test_title_follows_from_the_name_without_docker_and_extension(name: str, title: str) -> None:
    assert derive(name).title == title


@pytest.mark.parametrize(
    ("image", "organisation"),
    [
        ("acme/hello", "acme"),
        ("ghcr.io/acme/hello", "acme"),
        ("ghcr.io/acme/tools/hello", "acme"),
        ("localhost:5000/acme/hello", "acme"),
        ("localhost/acme/hello", "acme"),
        ("", "my-org"),
        ("hello", "my-org"),
        ("localhost:5000/hello", "my-org"),
        ("/hello", "my-org"),
    ],
)
def test_publisher_follows_from_the_image(image: str, organisation: str) -> None:
    answers = derive("hello", image=image)
    assert answers.vendor == organisation
    assert answers.publisher_url == f"https://github.com/{organisation}"
    assert answers.repository == f"https://github.com/{organisation}/hello"


@pytest.mark.parametrize(
    ("repository", "page"),
    [
        ("https://gitlab.com/acme/hello", "https://gitlab.com/acme"),
        ("https://git.example:8443/Group/sub/b", "https://git.example:8443/Group"),
        ("https://git.example/~me/b", "https://git.example/~me"),
        ("https://git.example", "https://github.com/of-image"),
        ("nowhere", "https://github.com/of-image"),
        ("", "https://github.com/of-image"),
    ],
)
def test_publisher_s_page_is_where_the_repository_is(repository: str, page: str) -> None:
    assert derive("hello", image="of-image/hello", repository=repository).publisher_url == page
    assert derive("hello", image="of-image/hello", origin=repository).publisher_url == page


@pytest.mark.parametrize(
    ("repository", "image"),
    [
        ("https://github.com/Acme/tools", "acme/hello"),
        ("https://git.example:8443/group/sub/b", "group/hello"),
        ("https://git.example/~me/b", "my-org/hello"),
        ("", "my-org/hello"),
    ],
)
def test_image_follows_from_the_repository(repository: str, image: str) -> None:
    assert derive("hello", repository=repository).image == image
    assert derive("hello", origin=repository).image == image


def test_an_origin_is_the_repository_unless_another_is_given() -> None:
    origin = "https://github.com/acme/tools"
    assert derive("hello", origin=origin).repository == origin
    assert derive("hello", origin=origin, image="other/x").repository == origin
    assert derive("hello", origin=origin, repository="https://x.example/a/b").repository == "https://x.example/a/b"


def test_a_licence_that_is_there_is_not_joined_by_another() -> None:
    assert derive("hello").license == "MIT"
    assert derive("hello", license_file="COPYING").license == "none"
    assert derive("hello", license_file="COPYING", license="MPL-2.0").license == "MPL-2.0"


@pytest.mark.parametrize(("ci", "updates"), [("none", "none"), ("github", "dependabot"), ("gitlab", "renovate")])
def test_updates_are_proposed_by_what_is_usual_where_the_pipeline_runs(ci: str, updates: str) -> None:
    assert derive("hello", ci=ci).updates == updates
    assert derive("hello", ci=ci, updates="renovate").updates == "renovate"


def test_image_follows_from_the_name() -> None:
    assert derive("hello").image == "my-org/hello"


def test_what_was_given_is_kept() -> None:
    given = {
        "image": "acme/x",
        "title": "T",
        "description": "D",
        "vendor": "V",
        "publisher_url": "https://v.example",
        "repository": "https://git.example/v/x",
        "category": "database",
        "frontend": "react",
        "backend": "none",
        "compose": "yes",
        "host_binaries": "yes",
        "ci": "github",
        "license": "MIT",
        "year": "2026",
        "updates": "renovate",
        "api_version": ">= 0.4.0",
        "folder": "extensions/x",
    }
    assert derive("x", **given).written() == {"name": "x", **given}


def test_recorded_answers_are_read_back() -> None:
    answers = derive("hello", title="1.0", description="yes: no")
    text = yaml.safe_dump({"_template": "extension", **asdict(answers)})
    assert recorded(text) == answers


def test_recorded_numbers_are_text_again() -> None:
    text = yaml.safe_dump(asdict(derive("hello"))).replace("title: Hello", "title: 2048")
    assert recorded(text).title == "2048"


def test_answers_of_the_template_that_asked_less_are_what_it_made() -> None:
    asked = ("name", "image", "title", "description", "vendor", "publisher_url", "repository", "category")
    text = yaml.safe_dump({"_template": "minimal", **{name: getattr(derive("hello"), name) for name in asked}})
    found = recorded(text)
    assert found == derive("hello", frontend="html", backend="go", ci="none", license="none", updates="none")
    assert (found.compose, found.host_binaries, found.api_version) == (False, False, ">= 0.3.4")


@pytest.mark.parametrize("question", ["compose", "host_binaries"])
@pytest.mark.parametrize(("answer", "truth"), [(True, True), (False, False), ("yes", True), ("no", False), ("", False)])
def test_yes_and_no_are_read(question: str, answer: str | bool, truth: bool) -> None:  # noqa: FBT001 - a case
    assert getattr(derive("hello", **{question: answer}), question) is truth  # type: ignore[arg-type]  # one of the two


def test_what_is_neither_yes_nor_no_is_refused() -> None:
    text = yaml.safe_dump({**asdict(derive("hello")), "compose": "perhaps"})
    with pytest.raises(ScaffoldError) as caught:
        recorded(text)
    assert "'perhaps' is neither yes nor no" in caught.value.detail


@pytest.mark.parametrize("text", ["", "[]", "name: hello\n", "{unclosed", "just text"])
def test_a_file_without_all_answers_is_refused(text: str) -> None:
    with pytest.raises(ScaffoldError, match=r"\.copier-answers\.yml"):
        recorded(text)


def test_answers_are_immutable() -> None:
    with pytest.raises(AttributeError):
        derive("hello").name = "other"  # type: ignore[misc]


def test_every_answer_can_be_written() -> None:
    assert [name for name, answer in derive("hello").written().items() if not answer] == ["year", "folder"]
    assert set(asdict(derive("hello"))) == set(Answers.__dataclass_fields__)
