from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import yaml

from dext_tasks.config.resolve import Layers, resolve
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.scaffold.adoption.found import KnownValue, Survey, TagHistory, Unclear, ValueOrigin

if TYPE_CHECKING:
    from pathlib import Path

MAKEFILE = (ValueOrigin("Makefile", 1, "IMAGE"),)
WHICH = Unclear("Which image is it published as?", (KnownValue("acme/hello", MAKEFILE),), "nothing names it")


def found(root: Path) -> Survey:
    """A survey in which all is as dext-tasks has it by default."""
    return Survey(
        root=root,
        top=root,
        image=WHICH,
        platforms=KnownValue(REQUIRED),
        dockerfile=KnownValue("Dockerfile"),
        metadata=KnownValue("metadata.json"),
        build_args=KnownValue({}),
        build_target=KnownValue(""),
        history=TagHistory(KnownValue("v")),
    )


class TestSettings:
    def test_defaults_need_none(self, tmp_path: Path) -> None:
        assert found(tmp_path).settings() == {}

    def test_what_differs_reads_as_settings(self, tmp_path: Path) -> None:
        survey = replace(
            found(tmp_path),
            image=KnownValue("acme/hello", MAKEFILE),
            platforms=KnownValue((Platform("linux", "amd64"),)),
            dockerfile=KnownValue("build/Dockerfile"),
            metadata=KnownValue("ui/metadata.json"),
            build_args=KnownValue({"VERSION": "1"}),
            build_target=KnownValue("final"),
            history=TagHistory(KnownValue(""), ignored=KnownValue(("*-amd64",))),
        )
        (tmp_path / "invoke.yaml").write_text(yaml.safe_dump({"dext": dict(survey.settings())}), encoding="utf-8")
        settings = resolve(Layers(tmp_path)).settings
        assert (settings.image, settings.platforms) == ("acme/hello", (Platform("linux", "amd64"),))
        assert (settings.dockerfile, settings.metadata) == ("build/Dockerfile", "ui/metadata.json")
        assert (settings.build_args, settings.build_target) == ((("VERSION", "1"),), "final")
        assert (settings.release_tag_prefix, settings.release_ignore_tags) == ("", ("*-amd64",))

    def test_below_the_top_of_a_repository_v_is_not_the_default_prefix(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        (tmp_path / "hello").mkdir()
        inner = replace(found(tmp_path / "hello"), top=tmp_path)
        assert inner.settings() == {"release": {"tag-prefix": "v"}}
        assert replace(inner, history=TagHistory(KnownValue("hello/v"))).settings() == {}


class TestQuestions:
    def test_only_the_unclear_is_asked(self, tmp_path: Path) -> None:
        assert found(tmp_path).questions == {"image": WHICH}

    @pytest.mark.parametrize("key", ["image", "dockerfile", "metadata", "build.target", "release.tag-prefix"])
    def test_an_answer_is_known(self, key: str, tmp_path: Path) -> None:
        answered = found(tmp_path).answered(key, "acme/other", "--flag")
        assert answered.values[key] == KnownValue("acme/other", (ValueOrigin("", 0, "--flag"),))

    def test_an_answer_to_what_nobody_asks_is_none(self, tmp_path: Path) -> None:
        with pytest.raises(KeyError):
            found(tmp_path).answered("release.remote", "origin")
