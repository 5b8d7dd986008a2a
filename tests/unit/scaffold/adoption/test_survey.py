from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dext_tasks.errors import ProjectNotFoundError, UsageError
from dext_tasks.scaffold.adoption.found import KnownValue, Survey, Unclear
from dext_tasks.scaffold.adoption.survey import survey, surveys
from dext_tasks.scaffold.pipelines import PipelineSystem
from tests.unit.needs import make_pipe
from tests.unit.real_git import commit, git, isolate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DOCKERFILE = """\
FROM alpine
ARG FLAVOUR=plain
ARG TAG
ARG NPM_TOKEN
LABEL com.docker.desktop.extension.api.version=">= 0.3.4"
COPY metadata.json .
"""
METADATA = '{"ui": {"dashboard-tab": {"title": "Hello", "root": "/ui", "src": "index.html"}}}'
EXTENSION = {"Dockerfile": DOCKERFILE, "metadata.json": METADATA}
MAKEFILE = """\
IMAGE?=acme/hello
TAG?=latest

BUILDER=buildx-multi-arch

build-extension: ## Build it
\tdocker build --tag=$(IMAGE):$(TAG) .

push-extension: prepare-buildx
\tdocker pull $(IMAGE):$(TAG) && echo "Failure: Tag already exists" || \\
\t\tdocker buildx build --push --builder=$(BUILDER) --platform=linux/amd64,linux/arm64 \\
\t\t--build-arg TAG=$(TAG) --tag=$(IMAGE):$(TAG) .
"""


def plant(root: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def known(value: KnownValue[str] | Unclear) -> str:
    assert not isinstance(value, Unclear), value
    return value.value


def unclear(value: KnownValue[str] | Unclear) -> Unclear:
    assert isinstance(value, Unclear), value
    return value


def names(value: KnownValue[str] | Unclear) -> list[str]:
    return [each.value for each in unclear(value).candidates]


def found(root: Path, files: Mapping[str, str | bytes]) -> Survey:
    return survey(plant(root, {**EXTENSION, **files}))


class TestMakefile:
    def test_the_usual_one(self, tmp_path: Path) -> None:
        survey_ = found(tmp_path, {"Makefile": MAKEFILE})
        assert known(survey_.image) == "acme/hello"
        assert (known(survey_.dockerfile), survey_.metadata.value) == ("Dockerfile", "metadata.json")
        assert survey_.settings() == {"image": "acme/hello"}
        assert isinstance(survey_.image, KnownValue)
        assert [(each.file, each.line) for each in survey_.image.origins] == [("Makefile", 11), ("Makefile", 7)]
        # What changes with each version is none of the settings.
        assert survey_.build_args.value == {}

    @pytest.mark.parametrize("name", ["$(shell git config user.name)/hello", "$(ORG)/hello", "$(call name,hello)"])
    def test_a_computed_name_is_asked_for(self, name: str, tmp_path: Path) -> None:
        survey_ = found(tmp_path, {"Makefile": MAKEFILE.replace("acme/hello", name)})
        assert unclear(survey_.image).why.startswith("Makefile:11 names it …")

    def test_a_computed_name_that_is_written_elsewhere_is_known(self, tmp_path: Path) -> None:
        makefile = MAKEFILE.replace("acme/hello", "$(ORG)/hello")
        survey_ = found(tmp_path, {"Makefile": makefile, "README.md": "`docker extension install acme/hello:1.0`\n"})
        assert known(survey_.image) == "acme/hello"

    def test_one_that_is_written_otherwise_elsewhere_is_asked_for(self, tmp_path: Path) -> None:
        survey_ = found(tmp_path, {"Makefile": MAKEFILE, "README.md": "docker extension install other/hello\n"})
        assert names(survey_.image) == ["acme/hello", "other/hello"]

    def test_names_for_development_and_production_are_asked_for(self, tmp_path: Path) -> None:
        makefile = "dev:\n\tdocker build -t acme/hello-dev .\nprod:\n\tdocker build -t acme/hello .\n"
        survey_ = found(tmp_path, {"Makefile": makefile})
        assert names(survey_.image) == ["acme/hello-dev", "acme/hello"]

    def test_a_name_of_this_machine_is_asked_for(self, tmp_path: Path) -> None:
        survey_ = found(tmp_path, {"Makefile": "b:\n\tdocker build -t hello .\n"})
        assert names(survey_.image) == ["hello"]
        assert "without the organisation" in unclear(survey_.image).why

    def test_images_of_other_dockerfiles_are_not_the_extension_s(self, tmp_path: Path) -> None:
        makefile = f"{MAKEFILE}\nservice:\n\tdocker build -t acme/service service\n\tdocker push acme/service\n"
        survey_ = found(tmp_path, {"Makefile": makefile, "service/Dockerfile": "FROM alpine\n"})
        assert known(survey_.image) == "acme/hello"

    def test_a_file_that_is_included(self, tmp_path: Path) -> None:
        makefile = "include config.mk\nb:\n\tdocker build -t $(IMAGE) .\n"
        assert known(found(tmp_path, {"Makefile": makefile, "config.mk": "IMAGE=acme/hello"}).image) == "acme/hello"

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        survey_ = found(tmp_path, {"Makefile": "-include .env\nb:\n\tdocker build -t $(IMAGE) .\n"})
        assert "another file that is included" in unclear(survey_.image).why


class TestPlatformsAndArguments:
    def build(self, options: str, root: Path) -> Survey:
        return found(root, {"build.sh": f"docker buildx build {options} -t acme/hello:1.2.3 .\n"})

    def test_platforms(self, tmp_path: Path) -> None:
        survey_ = self.build("--platform linux/arm64", tmp_path)
        assert survey_.settings() == {"image": "acme/hello", "platforms": ["linux/arm64"]}

    @pytest.mark.parametrize("platform", ["$PLATFORM", "windows/amd64"])
    def test_platforms_that_cannot_be_taken_over(self, platform: str, tmp_path: Path) -> None:
        survey_ = self.build(f"--platform linux/amd64,{platform}", tmp_path)
        assert "platforms" not in survey_.settings()
        (note,) = survey_.notes
        assert note.startswith("the platform ")

    def test_arguments_of_the_dockerfile(self, tmp_path: Path) -> None:
        survey_ = self.build("--build-arg FLAVOUR=rich --build-arg OTHER=1 --target final", tmp_path)
        assert survey_.build_args.value == {"FLAVOUR": "rich"}
        assert survey_.build_target.value == "final"

    @pytest.mark.parametrize(
        ("argument", "why"),
        [
            ("NPM_TOKEN=abc", "may be a secret"),
            ("TAG=1.2.3", "changes with each version"),
            ("TAG=$(git describe)", "is known only when that is run: $(git describe)"),
            ("TAG", "is taken from the environment"),
        ],
    )
    def test_arguments_that_cannot_be_taken_over(self, argument: str, why: str, tmp_path: Path) -> None:
        survey_ = self.build(f"--build-arg {argument}", tmp_path)
        assert survey_.build_args.value == {}
        assert why in survey_.notes[0]


class TestDockerfiles:
    def test_one_for_each_architecture_is_asked_for(self, tmp_path: Path) -> None:
        files = {"Dockerfile.amd64": DOCKERFILE, "Dockerfile.arm64": DOCKERFILE, "metadata.json": METADATA}
        survey_ = survey(plant(tmp_path, files))
        assert names(survey_.dockerfile) == ["Dockerfile.amd64", "Dockerfile.arm64"]
        assert unclear(survey_.dockerfile).why == "Dockerfile.amd64 and Dockerfile.arm64 have equal claim"

    def test_the_one_that_is_built_is_taken(self, tmp_path: Path) -> None:
        files = {"Dockerfile.ext": DOCKERFILE, "Makefile": "b:\n\tdocker build -f Dockerfile.ext -t acme/hello .\n"}
        survey_ = found(tmp_path, files)
        assert survey_.settings() == {"image": "acme/hello", "dockerfile": "Dockerfile.ext"}

    def test_metadata_in_a_folder(self, tmp_path: Path) -> None:
        dockerfile = DOCKERFILE.replace("COPY metadata.json .", "COPY extension/ /")
        survey_ = survey(plant(tmp_path, {"Dockerfile": dockerfile, "extension/metadata.json": METADATA}))
        assert survey_.metadata.value == "extension/metadata.json"

    def test_metadata_by_way_of_another_stage(self, tmp_path: Path) -> None:
        dockerfile = (
            "FROM node AS ui\nCOPY docs/metadata.json /made/\nFROM scratch\nCOPY --from=ui /made/metadata.json /\n"
        )
        survey_ = survey(plant(tmp_path, {"Dockerfile": dockerfile, "docs/metadata.json": METADATA}))
        assert survey_.metadata.value == "docs/metadata.json"

    def test_what_buildkit_refuses_is_an_extension_by_its_labels(self, tmp_path: Path) -> None:
        survey_ = found(tmp_path, {"Dockerfile": f"{DOCKERFILE}NONSENSE\n"})
        assert known(survey_.dockerfile) == "Dockerfile"

    def test_no_extension(self, tmp_path: Path) -> None:
        plant(tmp_path, {"Dockerfile": "FROM alpine\n", "node_modules/a/Dockerfile": DOCKERFILE})
        with pytest.raises(ProjectNotFoundError, match="looked at Dockerfile;"):
            survey(tmp_path)

    def test_no_dockerfile(self, tmp_path: Path) -> None:
        with pytest.raises(ProjectNotFoundError, match="no Dockerfile among 1 files"):
            survey(plant(tmp_path, {"metadata.json": METADATA}))

    def test_metadata_goes_with_the_dockerfile_that_is_chosen(self, tmp_path: Path) -> None:
        both = {
            "Dockerfile.dev": DOCKERFILE,
            "Dockerfile.prod": DOCKERFILE.replace("COPY metadata.json .", "COPY prod/metadata.json ."),
            "metadata.json": METADATA,
            "prod/metadata.json": METADATA,
        }
        survey_ = survey(plant(tmp_path, both))
        assert survey_.metadata.value == "metadata.json"
        answered = survey_.answered("dockerfile", "Dockerfile.prod")
        assert (answered.metadata.value, answered.metadata.origins[0].file) == ("prod/metadata.json", "Dockerfile.prod")
        said = survey_.answered("metadata", "prod/metadata.json").answered("dockerfile", "Dockerfile.dev")
        assert said.metadata.value == "prod/metadata.json"

    def test_where_the_dockerfile_shows_itself_is_said_of_its_line(self, tmp_path: Path) -> None:
        dockerfile = found(tmp_path, {}).dockerfile
        assert isinstance(dockerfile, KnownValue)
        assert [(each.line, each.how) for each in dockerfile.origins] == [(6, "COPY of metadata.json")]


class TestSeveralExtensions:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        files = {f"{each}/{name}": content for each in ("one", "two") for name, content in EXTENSION.items()}
        makefiles = {f"{each}/Makefile": MAKEFILE.replace("hello", each) for each in ("one", "two")}
        return plant(tmp_path, {**files, **makefiles})

    def test_each_has_its_own_image(self, root: Path) -> None:
        assert [(each.root.name, known(each.image)) for each in surveys(root)] == [
            ("one", "acme/one"),
            ("two", "acme/two"),
        ]

    def test_one_is_named_by_its_folder(self, root: Path) -> None:
        assert known(survey(root / "two").image) == "acme/two"

    def test_none_is_taken_for_the_other(self, root: Path) -> None:
        with pytest.raises(UsageError, match="several extensions: one, two"):
            survey(root)

    def test_a_matrix_of_a_workflow(self, root: Path) -> None:
        workflow = """\
jobs:
  push:
    strategy:
      matrix:
        extension: [one, two]
    steps:
      - uses: docker/build-push-action@v6
        with:
          context: ./${{ matrix.extension }}
          push: true
          tags: acme/${{ matrix.extension }}:${{ github.ref_name }}
"""
        plant(root, {".github/workflows/push.yml": workflow, "one/Makefile": "", "two/Makefile": ""})
        assert [known(each.image) for each in surveys(root)] == ["acme/one", "acme/two"]


WORKFLOW = """\
name: Release
on: {push: {tags: ['*']}}
env:
  IMAGE: acme/hello
jobs:
  push:
    runs-on: ubuntu-latest
    steps:
      - uses: docker/metadata-action@v5
        id: meta
        with:
          images: |
            ${{ env.IMAGE }}
      - uses: docker/build-push-action@v6
        with:
          push: true
          file: ./Dockerfile
          platforms: linux/amd64,linux/arm64
          build-args: |
            FLAVOUR=rich
            NPM_TOKEN=${{ secrets.NPM_TOKEN }}
          tags: ${{ steps.meta.outputs.tags }}
"""


class TestPipelines:
    def test_a_workflow(self, tmp_path: Path) -> None:
        survey_ = found(tmp_path, {".github/workflows/release.yml": WORKFLOW})
        assert known(survey_.image) == "acme/hello"
        assert survey_.build_args.value == {"FLAVOUR": "rich"}
        assert survey_.pipeline is PipelineSystem.GITHUB
        assert any("NPM_TOKEN" in note for note in survey_.notes)

    def test_a_name_of_secrets_is_asked_for(self, tmp_path: Path) -> None:
        workflow = WORKFLOW.replace("acme/hello", "${{ secrets.USER }}/hello")
        survey_ = found(tmp_path, {".github/workflows/release.yml": workflow})
        assert unclear(survey_.image).why == (
            ".github/workflows/release.yml:22 names it …/hello, which depends on secrets.USER"
        )

    def test_commands_of_a_workflow(self, tmp_path: Path) -> None:
        workflow = """\
jobs:
  push:
    steps:
      - env: {NAME: hello}
        run: |
          echo building
          docker buildx build --push -t "acme/$NAME:${GITHUB_REF_NAME}" .
"""
        survey_ = found(tmp_path, {".github/workflows/release.yaml": workflow})
        assert isinstance(survey_.image, KnownValue)
        assert survey_.image.value == "acme/hello"
        assert survey_.image.origins[0][:2] == (".github/workflows/release.yaml", 7)

    def test_gitlab(self, tmp_path: Path) -> None:
        pipeline = """\
variables:
  ORG: acme
  IMAGE: $ORG/hello
build:
  script:
    - docker build -t $IMAGE:$CI_COMMIT_TAG .
    - docker push $IMAGE:$CI_COMMIT_TAG
"""
        survey_ = found(tmp_path, {".gitlab-ci.yml": pipeline})
        assert isinstance(survey_.image, KnownValue)
        assert survey_.image.value == "acme/hello"
        assert [each.line for each in survey_.image.origins] == [6, 7]
        assert survey_.pipeline is PipelineSystem.GITLAB

    @pytest.mark.parametrize(
        ("steps", "line"),
        [
            ("- uses: docker/build-push-action@v6\n        with: {push: true, tags: acme/hello:1.0.0}", 6),
            ("- run: docker build -t acme/hello:1.0.0 .\n      - run: docker push acme/hello:1.0.0", 6),
            ("- uses: docker/build-push-action@v6\n        with: {push: false, tags: acme/hello:1.0.0}", 0),
            ("- run: docker build -t acme/hello:1.0.0 .\n      - run: docker push acme/other:1.0.0", 0),
        ],
    )
    def test_what_pushes_the_image_already_is_known(self, steps: str, line: int, tmp_path: Path) -> None:
        workflow = f"on: push\njobs:\n  a:\n    steps:\n      {steps}\n"
        survey_ = found(tmp_path, {".github/workflows/a.yml": workflow, "Makefile": MAKEFILE})
        pushed = [(each.file, each.line) for each in survey_.publishing]
        assert pushed == ([(".github/workflows/a.yml", line)] if line else [])


class TestOtherFiles:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("scripts/build.sh", 'IMAGE=acme/hello\ncd "$(dirname "$0")/.."\ndocker build -t $IMAGE .\n'),
            ("build.sh", "docker build -t ${IMAGE:-acme/hello}:1 .\n"),
            ("package.json", '{"name": "hello", "scripts": {"build": "docker build -t acme/$npm_package_name ."}}'),
            ("README.md", "Run\n```\n$ docker extension install acme/hello:1.0.0\n```\n"),
        ],
    )
    def test_a_name(self, name: str, content: str, tmp_path: Path) -> None:
        assert known(found(tmp_path, {name: content}).image) == "acme/hello"

    def test_a_placeholder_is_none(self, tmp_path: Path) -> None:
        survey_ = found(tmp_path, {"README.md": "docker extension install <your-org>/hello\n"})
        assert unclear(survey_.image).why == "nothing in the repository names it"


class TestHostile:
    FILES = ("Makefile", "Dockerfile", ".github/workflows/a.yml", ".gitlab-ci.yml", "package.json", "a.sh", "README.md")

    @given(name=st.sampled_from(FILES), content=st.binary(max_size=200))
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_any_bytes_in_any_file(self, name: str, content: bytes, tmp_path: Path) -> None:
        plant(tmp_path, {**EXTENSION, "Dockerfile.ext": DOCKERFILE, name: content})
        assert survey(tmp_path).root == tmp_path.resolve()

    def test_a_huge_makefile(self, tmp_path: Path) -> None:
        found(tmp_path, {"Makefile": b"A=$(B)\n" * 400_000 + MAKEFILE.encode()})

    def test_links_that_lead_out_are_not_followed(self, tmp_path: Path) -> None:
        outside = plant(tmp_path / "outside", {"Makefile": MAKEFILE})
        root = plant(tmp_path / "root", EXTENSION)
        (root / "Makefile").symlink_to(outside / "Makefile")
        (root / "inner").symlink_to(outside, target_is_directory=True)
        assert unclear(survey(root).image).candidates == ()

    def test_pipes_are_not_waited_for(self, tmp_path: Path) -> None:
        plant(tmp_path, EXTENSION)
        make_pipe(tmp_path / "Makefile")
        make_pipe(tmp_path / "Dockerfile.ext")
        assert known(survey(tmp_path).dockerfile) == "Dockerfile"


@pytest.mark.allow_processes
class TestGit:
    @pytest.fixture
    def root(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        isolate(monkeypatch)
        plant(
            tmp_path, {**EXTENSION, "Makefile": MAKEFILE, ".gitignore": "ignored\n", "ignored/Dockerfile": DOCKERFILE}
        )
        git(tmp_path, "init", "--quiet")
        return tmp_path

    def test_ignored_files_do_not_count(self, root: Path) -> None:
        (found_,) = surveys(root)
        assert (found_.root, known(found_.image)) == (root.resolve(), "acme/hello")

    def test_tags_and_remote(self, root: Path) -> None:
        commit(root)
        git(root, "tag", "1.4.0")
        git(root, "remote", "add", "origin", "https://github.com/Acme/Hello-Extension.git")
        found_ = survey(root)
        assert known(found_.history.prefix) == ""
        assert found_.history.last is not None
        assert found_.history.last.value == "1.4.0"
        assert found_.pipeline is PipelineSystem.GITHUB
        assert found_.settings() == {"image": "acme/hello", "release": {"tag-prefix": ""}}

    def test_the_name_of_the_repository_is_a_candidate(self, root: Path) -> None:
        (root / "Makefile").unlink()
        git(root, "remote", "add", "origin", "git@github.com:Acme/Hello.git")
        assert names(survey(root).image) == ["acme/hello"]

    @pytest.mark.parametrize(
        ("image", "candidates"),
        [
            ("ghcr.io/acme/$(shell basename .)", ["ghcr.io/acme/hello"]),
            ("$(shell basename .)/hello", ["acme/hello"]),
            ("$(shell cat image)", ["acme/hello"]),
            ("ghcr.io/others/$(shell basename .)", []),
        ],
    )
    def test_it_is_none_where_a_computed_name_speaks_against_it(
        self, image: str, candidates: list[str], root: Path
    ) -> None:
        plant(root, {"Makefile": MAKEFILE.replace("acme/hello", image)})
        git(root, "remote", "add", "origin", "git@github.com:Acme/Hello.git")
        assert names(survey(root).image) == candidates

    def test_a_context_above_the_dockerfile(self, root: Path) -> None:
        (root / "docker").mkdir()
        (root / "Dockerfile").rename(root / "docker" / "Dockerfile")
        found_ = survey(root / "docker")
        assert (found_.root, known(found_.dockerfile)) == (root.resolve(), "docker/Dockerfile")

    def test_a_version_without_a_tag_is_said(self, root: Path) -> None:
        plant(root, {"Makefile": MAKEFILE.replace("latest", "1.2.3")})
        (doubt,) = survey(root).history.doubts
        assert doubt == "Makefile:11 builds 1.2.3, and no git tag holds that version"

    def test_a_shallow_clone_may_lack_tags(self, root: Path) -> None:
        (root / ".git" / "shallow").write_text("", encoding="utf-8")
        (doubt,) = survey(root).history.doubts
        assert "git fetch --tags" in doubt


def test_no_password_in_a_command_that_computes_the_image_is_shown(tmp_path: Path) -> None:
    makefile = "N = $(shell curl -u bob:hunter22 https://example.com/n)\n\nbuild:\n\tdocker build -t $(N):1 .\n"
    found = unclear(survey(plant(tmp_path, {**EXTENSION, "Makefile": makefile})).image)
    assert "curl -u bob:***" in found.why
    assert "hunter22" not in found.why
