"""Fixes of FROM and ARG."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.checks.fixes.fixed import dockerfile_after

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProject

PLATFORM = ("final-stage-*", "platform-argument-*")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("FROM --platform=$BUILDPLATFORM alpine\n", "FROM alpine\n"),
        ("FROM   --platform=linux/arm64   scratch AS x\r\n", "FROM   scratch AS x\r\n"),
        ("FROM --platform=arm64 a AS a\nFROM a\n", "FROM a AS a\nFROM a\n"),
        (
            "FROM --platform=$BUILDPLATFORM n AS b\nFROM --platform=linux/amd64 a\nCOPY --from=b /x /x\n",
            "FROM --platform=$BUILDPLATFORM n AS b\nFROM a\nCOPY --from=b /x /x\n",
        ),
        (
            "FROM --platform=amd64 a\nARG TARGETARCH\nRUN case $TARGETARCH in amd64) x;; arm64) y;; esac\n",
            "FROM a\nARG TARGETARCH\nRUN case $TARGETARCH in amd64) x;; arm64) y;; esac\n",
        ),
    ],
)
def test_the_final_stage_loses_its_platform(make_project: MakeProject, before: str, after: str) -> None:
    assert dockerfile_after(make_project, before, *PLATFORM) == after


@pytest.mark.parametrize(
    "before",
    [
        "FROM --platform=$BUILDPLATFORM a AS a\nFROM a AS b\nRUN x\nFROM a\nCOPY --from=b /x /x\n",
        "FROM --platform=$BUILDPLATFORM \\\n  alpine\n",
        "FROM --platform=linux/amd64 go AS b\nRUN x\nFROM --platform=linux/amd64 alpine\nCOPY --from=b /x /x\n",
        "FROM go AS b\nRUN GOARCH=amd64 go build\nFROM --platform=linux/amd64 alpine\nCOPY --from=b /x /x\n",
        "FROM --platform=linux/amd64 alpine\nRUN wget https://example.com/x-linux-x86_64.tgz\n",
        "FROM --platform=linux/amd64 alpine\nRUN <<E\nwget https://example.com/x-linux-x86_64.tgz\nE\n",
        "FROM --platform=linux/amd64 amd64/alpine\n",
        f"FROM --platform=linux/amd64 alpine@sha256:{'a' * 64}\n",
    ],
    ids=[
        "a stage that compiles needs it",
        "over two lines",
        "another stage has one, too",
        "it is compiled for one",
        "what it downloads is for one",
        "what a heredoc downloads is for one",
        "its base is for one",
        "its base may be for one",
    ],
)
def test_a_platform_that_others_need_is_left(make_project: MakeProject, before: str) -> None:
    assert dockerfile_after(make_project, before, *PLATFORM) == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "ARG TARGETARCH\nFROM alpine\nARG TARGETARCH\nRUN echo $TARGETARCH\n",
            "FROM alpine\nARG TARGETARCH\nRUN echo $TARGETARCH\n",
        ),
        (
            "ARG A=1 TARGETARCH B\nFROM alpine\nARG TARGETARCH\nRUN echo $TARGETARCH\n",
            "ARG A=1 B\nFROM alpine\nARG TARGETARCH\nRUN echo $TARGETARCH\n",
        ),
        (
            "ARG A=1 TARGETARCH\nFROM alpine\nARG TARGETARCH\nRUN echo $TARGETARCH\n",
            "ARG A=1\nFROM alpine\nARG TARGETARCH\nRUN echo $TARGETARCH\n",
        ),
        (
            'FROM alpine\nARG TARGETARCH="amd64" # no comment\nRUN echo $TARGETARCH\n',
            "FROM alpine\nARG TARGETARCH # no comment\nRUN echo $TARGETARCH\n",
        ),
        (
            "ARG TARGETARCH=amd64\nFROM acme/x-$TARGETARCH\n",
            "FROM acme/x-$TARGETARCH\n",
        ),
        (
            "FROM alpine\nENV TARGETARCH=amd64\nRUN echo $TARGETARCH\n",
            "FROM alpine\nENV TARGETARCH=amd64\nRUN echo $TARGETARCH\n",
        ),
    ],
)
def test_arguments_are_what_buildkit_sets(make_project: MakeProject, before: str, after: str) -> None:
    assert dockerfile_after(make_project, before, *PLATFORM) == after


def test_an_argument_is_repeated_below_the_from_of_each_stage(make_project: MakeProject) -> None:
    before = "ARG V=1\r\nFROM a AS a\r\nRUN x $V\r\nRUN y $V $TARGETARCH\r\nFROM scratch\r\nCOPY --from=a x$V /\r\n"
    after = (
        "ARG V=1\r\nFROM a AS a\r\nARG TARGETARCH\r\nARG V\r\nRUN x $V\r\nRUN y $V $TARGETARCH\r\n"
        "FROM scratch\r\nARG V\r\nCOPY --from=a x$V /\r\n"
    )
    assert dockerfile_after(make_project, before, "argument-not-repeated") == after


def test_an_argument_in_a_file_without_a_last_line_end(make_project: MakeProject) -> None:
    before = "ARG V=1\nFROM scratch\nENV X=$V"
    after = "ARG V=1\nFROM scratch\nARG V\nENV X=$V"
    assert dockerfile_after(make_project, before, "argument-not-repeated") == after
