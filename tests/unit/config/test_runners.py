from __future__ import annotations

import json

import pytest

from dext_tasks.config.runners import Runner, Runners, runners_of, runners_of_flags, runners_of_text
from dext_tasks.errors import UnknownPlatformError
from dext_tasks.formats.oci.platform import REQUIRED

AMD64, ARM64 = REQUIRED
BOX, ARM_BOX = Runner(("box",)), Runner(("self-hosted", "arm64"))


@pytest.mark.parametrize(
    ("data", "runners"),
    [
        ("box", Runners(BOX)),
        (["self-hosted", "arm64"], Runners(ARM_BOX)),
        ({"group": "big"}, Runners(Runner((), "big"))),
        ({"group": "big", "labels": "box"}, Runners(Runner(("box",), "big"))),
        ({"default": "box"}, Runners(BOX)),
        ({"linux/arm64": ["self-hosted", "arm64"]}, Runners(None, ((ARM64, ARM_BOX),))),
        ({"arm64": {"group": "arm"}, "default": "box"}, Runners(BOX, ((ARM64, Runner((), "arm")),))),
        ({"x86_64": "box", "arm64": "a"}, Runners(None, ((AMD64, BOX), (ARM64, Runner(("a",)))))),
        ({}, Runners()),
    ],
)
def test_of_data_and_json(data: object, runners: Runners) -> None:
    assert runners_of(data) == runners
    if not isinstance(data, str):
        assert runners_of_text(json.dumps(data)) == runners
    # What is shown is what can be written.
    assert runners_of(runners.data) == runners


@pytest.mark.parametrize(
    "data", ["", " ", [], [1], [""], 7, None, {"default": ""}, {"group": ""}, {"group": "x", "os": "y"}, {1: "box"}]
)
def test_what_is_no_runner_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        runners_of(data)


@pytest.mark.parametrize("data", [{"linux/vax": "box"}, {"checks": "box"}])
def test_an_unknown_platform_is_named(data: object) -> None:
    with pytest.raises(UnknownPlatformError):
        runners_of(data)


@pytest.mark.parametrize(
    ("text", "runners"),
    [
        ("box", Runners(BOX)),
        ("default=box", Runners(BOX)),
        ("linux/arm64=a, box", Runners(BOX, ((ARM64, Runner(("a",))),))),
        ("linux/arm64=a\namd64=box", Runners(None, ((AMD64, BOX), (ARM64, Runner(("a",)))))),
    ],
)
def test_of_variables(text: str, runners: Runners) -> None:
    assert runners_of_text(text) == runners


@pytest.mark.parametrize(
    ("values", "runners"),
    [
        (["box"], Runners(BOX)),
        (["old", "box"], Runners(BOX)),
        (["linux/arm64=x", "arm64=self-hosted"], Runners(None, ((ARM64, Runner(("self-hosted",))),))),
        (['linux/arm64=["self-hosted", "arm64"]', "box"], Runners(BOX, ((ARM64, ARM_BOX),))),
        (['["self-hosted", "arm64"]'], Runners(ARM_BOX)),
        (['{"group": "big"}'], Runners(Runner((), "big"))),
    ],
)
def test_of_flags(values: list[str], runners: Runners) -> None:
    assert runners_of_flags(values) == runners


@pytest.mark.parametrize("values", [[], [""], ["linux/arm64="], ["linux/arm64=[]"], ["{"]])
def test_what_is_empty_is_refused(values: list[str]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own for the last one
        runners_of_flags(values)


@pytest.mark.parametrize(
    ("labels", "architecture"),
    [
        (("ubuntu-24.04",), "amd64"),
        (("ubuntu-latest",), "amd64"),
        (("ubuntu-24.04-arm",), "arm64"),
        (("windows-11-arm",), "arm64"),
        (("self-hosted", "Linux", "X64"), "amd64"),
        (("self-hosted", "ARM64"), "arm64"),
        (("self-hosted", "ARM"), "arm"),
        (("my-box",), ""),
        ((), ""),
    ],
)
def test_labels_may_say_what_a_processor_is(labels: tuple[str, ...], architecture: str) -> None:
    assert Runner(labels).architecture == architecture


def test_people_read_one_line() -> None:
    assert str(Runners(Runner(("box",), "big"), ((ARM64, ARM_BOX),))) == (
        "default=group big box, linux/arm64=self-hosted arm64"
    )
