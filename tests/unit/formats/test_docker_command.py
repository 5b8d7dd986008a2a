from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.docker_command import DockerCommand, DockerVerb, docker_commands
from dext_tasks.formats.gaps import Gaps


def only(text: str, **variables: str) -> DockerCommand:
    (command,) = docker_commands(text, Gaps(), variables)
    return command


def images(text: str) -> list[str]:
    gaps = Gaps()
    return [gaps.shown(image) for each in docker_commands(text, gaps) for image in each.images]


class TestBuild:
    @pytest.mark.parametrize(
        "text",
        [
            "docker build --tag=acme/hello:1 .",
            "docker build -t acme/hello:1 .",
            "docker build -tacme/hello:1 .",
            "docker image build . -t 'acme/hello:1'",
            'docker buildx build --tag "acme/hello:1" .',
            "sudo docker build -t acme/hello:1 .",
            "DOCKER_BUILDKIT=1 docker build -t acme/hello:1 .",
            "NAME=hello; docker build -t acme/$NAME:1 .",
            "export NAME=hello\ndocker build -t acme/${NAME}:1 .",
            "docker build -t acme/${NAME:-hello}:1 .",
            "docker --context other build -t acme/hello:1 .",
            "if ! docker build -t acme/hello:1 .; then exit 1; fi",
            "docker build \\\n  -t acme/hello:1 \\\n  .",
            "docker build -t acme/hello:1 . # -t acme/other",
        ],
    )
    def test_a_tag(self, text: str) -> None:
        found = only(text)
        assert (found.verb, found.images, found.context) == (DockerVerb.BUILD, ("acme/hello:1",), ".")

    def test_all_that_is_said(self) -> None:
        found = only(
            "cd sub && docker buildx build --push --builder=b --platform=linux/amd64,linux/arm64 --build-arg A=1 "
            "--build-arg B -f build/Dockerfile --target final --tag a/b:1 --tag a/b ctx"
        )
        assert found == DockerCommand(
            DockerVerb.BUILD,
            1,
            ("a/b:1", "a/b"),
            "sub",
            "ctx",
            "build/Dockerfile",
            ("linux/amd64", "linux/arm64"),
            (("A", "1"), ("B", None)),
            "final",
            is_pushed=True,
        )

    @pytest.mark.parametrize(
        ("text", "image"),
        [
            ("docker build -t a/b:$(git describe) .", "a/b:<$(git describe)>"),
            ("docker build -t a/b:`date` .", "a/b:<`date`>"),
            ("docker build -t $1 .", "<$1>"),
            ("docker build -t $ORG/b .", "<the variable ORG>/b"),
        ],
    )
    def test_what_only_a_shell_could_tell_is_a_gap(self, text: str, image: str) -> None:
        assert images(text) == [image]


class TestOthers:
    @pytest.mark.parametrize(
        ("text", "verb"),
        [
            ("docker push acme/hello:1", DockerVerb.PUSH),
            ("docker image push acme/hello:1", DockerVerb.PUSH),
            ("docker extension install -f acme/hello:1", DockerVerb.EXTENSION),
            ("docker extension validate acme/hello:1", DockerVerb.EXTENSION),
        ],
    )
    def test_named(self, text: str, verb: DockerVerb) -> None:
        found = only(text)
        assert (found.verb, found.images) == (verb, ("acme/hello:1",))

    @pytest.mark.parametrize(
        "text", ["echo docker build -t a/b .", "docker run a/b", "docker", "dockerd build .", "# docker push a/b"]
    )
    def test_nothing(self, text: str) -> None:
        assert images(text) == []

    def test_lines_are_counted(self) -> None:
        text = "set -e\n\ndocker build . \\\n -t a/b\ndocker push a/b\n"
        assert [each.line for each in docker_commands(text, Gaps())] == [3, 5]


class TestHostile:
    @given(st.text(max_size=300))
    def test_any_text_is_read(self, text: str) -> None:
        list(docker_commands(text, Gaps()))

    @given(st.text("docker builpsh$(){}`\"'\\-=;&|\n#A:", max_size=200))
    def test_anything_like_a_script_is_read(self, text: str) -> None:
        list(docker_commands(f"docker build {text}", Gaps()))

    def test_defaults_in_defaults_have_an_end(self) -> None:
        assert images("docker push " + "${A:-" * 5000)

    def test_values_that_double_have_an_end(self) -> None:
        text = "A=xxxxxxxxxx\n" + "A=$A$A\n" * 60 + "docker push $A\n"
        (image,) = images(text)
        assert len(image) <= 4096
