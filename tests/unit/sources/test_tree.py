from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import DockerfileInvalidError, DockerfileMissingError
from dext_tasks.sources.subject import Document, NotOfferedError, Place
from dext_tasks.sources.tree import TreeSource

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProject

DOCKERFILE = """\
FROM scratch AS base
LABEL vendor=Acme
FROM base AS final
ARG VERSION=1
LABEL title="Demo" \\
      version=$VERSION
FROM scratch AS other
LABEL title=Other
"""


def test_labels_are_those_of_the_stage_that_is_built(make_project: MakeProject) -> None:
    (labels,) = TreeSource(make_project({"Dockerfile": DOCKERFILE}, build_target="final")).labels
    assert labels.platform is None
    assert dict(labels.values) == {"vendor": "Acme", "title": "Demo", "version": "1"}


def test_a_label_has_file_and_line(make_project: MakeProject) -> None:
    (labels,) = TreeSource(make_project({"Dockerfile": DOCKERFILE}, build_target="final")).labels
    assert labels.place == Place(file="Dockerfile", line=3)
    assert labels.places["vendor"] == Place(file="Dockerfile", line=2, label="vendor")
    assert labels.places["version"] == Place(file="Dockerfile", line=6, label="version")


def test_the_last_stage_is_built_where_none_is_named(make_project: MakeProject) -> None:
    (labels,) = TreeSource(make_project({"Dockerfile": DOCKERFILE})).labels
    assert dict(labels.values) == {"title": "Other"}
    assert labels.place == Place(file="Dockerfile", line=7)


def test_build_arguments_reach_the_labels(make_project: MakeProject) -> None:
    project = make_project({"Dockerfile": DOCKERFILE}, build_target="final", build_args=(("VERSION", "2"),))
    (labels,) = TreeSource(project).labels
    assert labels.values["version"] == "2"


def test_a_dockerfile_elsewhere_is_named_by_its_path(make_project: MakeProject) -> None:
    project = make_project({"build/x.Dockerfile": "FROM scratch\n"}, dockerfile="build/x.Dockerfile")
    (labels,) = TreeSource(project).labels
    assert str(labels.place) == "build/x.Dockerfile:1"


def test_no_dockerfile_is_an_error_not_an_absence(make_project: MakeProject) -> None:
    with pytest.raises(DockerfileMissingError):
        _ = TreeSource(make_project()).labels


@pytest.mark.parametrize("content", ["", "LABEL a=b\n", "FROM scratch\nLABEL a\n", "FROM scratch\nNONSENSE\n"])
def test_what_buildkit_refuses_is_an_error(content: str, make_project: MakeProject) -> None:
    with pytest.raises(DockerfileInvalidError):
        _ = TreeSource(make_project({"Dockerfile": content})).labels


@pytest.mark.parametrize(
    ("files", "content"), [({}, None), ({"metadata.json": "{"}, b"{"), ({"metadata.json": ""}, b"")]
)
def test_the_document_is_given_as_it_is(
    files: dict[str, str], content: bytes | None, make_project: MakeProject
) -> None:
    assert TreeSource(make_project(files)).documents == [Document(content, Place(file="metadata.json"))]


def test_a_document_outside_of_the_project_has_its_whole_path(make_project: MakeProject) -> None:
    project = make_project({}, metadata="/elsewhere/metadata.json")
    assert TreeSource(project).documents == [Document(None, Place(file="/elsewhere/metadata.json"))]


@pytest.mark.parametrize("facet", ["files", "platforms", "tag"])
def test_what_only_an_image_shows_is_not_offered(facet: str, make_project: MakeProject) -> None:
    with pytest.raises(NotOfferedError, match=r"."):
        getattr(TreeSource(make_project()), facet)
