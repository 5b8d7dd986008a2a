from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks.report import check
from dext_tasks.config import Settings
from dext_tasks.errors import FileAccessError
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.project import Project
from dext_tasks.sources.tree import TreeSource, require_sources
from tests.unit.checks.extension_tree import (
    METADATA_RULES,
    TREE_DOCKERFILE,
    TREE_FILES,
    TREE_RULES,
    asked_of_tree,
    asked_per_platform,
    tree_with,
)
from tests.unit.checks.fake_source import AMD64, ARM64
from tests.unit.needs import make_pipe

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.conftest import MakeProject


class TestWhatTheBuildDoesNotFind:
    @pytest.mark.parametrize(
        ("dockerfile", "ignored", "what", "place"),
        [
            (
                TREE_DOCKERFILE,
                "a\nicon.svg\n",
                "it copies icon.svg, which line 2 of .dockerignore leaves out",
                "Dockerfile:2",
            ),
            (
                f"FROM scratch AS one\n{TREE_DOCKERFILE}COPY --from=one /x /x\n",
                "",
                "it copies x, which nothing puts into stage one",
                "Dockerfile:5",
            ),
        ],
    )
    def test_it_is_told_once(
        self, dockerfile: str, ignored: str, what: str, place: str, make_project: MakeProject
    ) -> None:
        tree = tree_with(make_project, {"Dockerfile": dockerfile, ".dockerignore": ignored})
        assert asked_of_tree(tree) == [("copy-source-absent", what, place)]

    def test_on_some_platforms_only(self, make_project: MakeProject) -> None:
        dockerfile = f"{TREE_DOCKERFILE}ARG TARGETARCH\nCOPY $TARGETARCH.txt /\n"
        tree = tree_with(make_project, {"Dockerfile": dockerfile, ".dockerignore": "arm64.txt\n", "amd64.txt": ""})
        assert asked_of_tree(tree) == [
            (
                "copy-source-absent",
                "it copies arm64.txt, which line 1 of .dockerignore leaves out",
                "Dockerfile:5, linux/arm64",
            )
        ]

    def test_the_dockerfiles_own_patterns_count(self, make_project: MakeProject) -> None:
        changed = {"docker/X": TREE_DOCKERFILE, "docker/X.dockerignore": "icon.svg\n", ".dockerignore": "ui\n"}
        tree = tree_with(make_project, changed, dockerfile="docker/X")
        assert [what for _, what, _ in asked_of_tree(tree)] == [
            "it copies icon.svg, which line 1 of X.dockerignore leaves out"
        ]
        assert tree.scope.files == ("docker/X", "docker/X.dockerignore", "metadata.json", "compose.yaml")

    def test_patterns_that_buildkit_refuses(self, make_project: MakeProject) -> None:
        tree = tree_with(make_project, {".dockerignore": "a\n[b\n"})
        assert asked_of_tree(tree) == [
            (
                "dockerignore-invalid",
                "the pattern '[b' is not valid: a class of characters is not closed",
                ".dockerignore:2",
            )
        ]


WITH_METADATA = [*TREE_RULES.values(), *METADATA_RULES]


def test_an_argument_from_before_the_first_from_is_repeated(make_project: MakeProject) -> None:
    dockerfile = "ARG UI=ui\n" + TREE_DOCKERFILE.replace("COPY ui", "COPY $UI")
    (found_in_tree,) = check([tree_with(make_project, {"Dockerfile": dockerfile})], WITH_METADATA).findings
    assert (found_in_tree.rule.code, found_in_tree.what) == (
        "argument-not-repeated",
        "COPY uses UI, which no ARG of its stage declares",
    )
    assert (found_in_tree.fix, str(found_in_tree.place)) == (
        "repeat ARG UI in the stage, below its FROM",
        "Dockerfile:4",
    )
    assert not check([tree_with(make_project, {"Dockerfile": dockerfile})], WITH_METADATA).is_unbuildable


class TestUnreadable:
    """What is there and cannot be read is named as that, once, and neither missing nor fine."""

    @pytest.mark.timeout(120)
    @pytest.mark.parametrize(
        ("make", "why"),
        [
            (make_pipe, "is a named pipe, not a file"),
            (lambda path: path.symlink_to("/dev/zero"), "is a symbolic link that leads out of the project"),
            (lambda path: path.symlink_to(path.name), "leads through symbolic links back to itself"),
            (Path.mkdir, "is a folder, not a file"),
        ],
    )
    @pytest.mark.parametrize("name", ["metadata.json", "icon.svg", "compose.yaml", "ui/index.html"])
    def test_what_is_no_file(
        self, name: str, make: Callable[[Path], None], why: str, make_project: MakeProject
    ) -> None:
        tree = tree_with(make_project, {})
        (tree.project.root / name).unlink()
        make(tree.project.root / name)
        found_in_tree = check([tree], WITH_METADATA).findings
        assert [why in each.what for each in found_in_tree] == [True]

    @pytest.mark.timeout(120)
    @pytest.mark.parametrize("make", [make_pipe, Path.touch])
    def test_what_is_no_folder(self, make: Callable[[Path], None], make_project: MakeProject) -> None:
        tree = tree_with(make_project, {})
        shutil.rmtree(tree.project.root / "ui")
        make(tree.project.root / "ui")
        (found_in_tree,) = check([tree], WITH_METADATA).findings
        kind = "file" if make is Path.touch else "named pipe"
        assert found_in_tree.what == f"metadata.json: ui.dashboard-tab.root /ui is a {kind}, not a folder"

    @pytest.fixture
    def loaded(self, make_project: MakeProject) -> None:
        """What Python loads when it is first needed is loaded: its own files may be root's alone."""
        assert not check([tree_with(make_project, {})], WITH_METADATA).findings

    @pytest.mark.parametrize("name", [*TREE_FILES, ".dockerignore", "ui"])
    def test_what_nobody_may_read(self, name: str, loaded: None, stranger: Path) -> None:  # noqa: ARG002 - before it
        (stranger / "ui").mkdir()
        for each, content in {**TREE_FILES, ".dockerignore": "x\n"}.items():
            (stranger / each).write_text(content, encoding="utf-8")
        (stranger / name).chmod(0)
        tree = TreeSource(Project(stranger, Settings()))
        why = f"{name} cannot be read: permission denied"
        if name == "Dockerfile":
            with pytest.raises(FileAccessError, match=why):
                check([tree], WITH_METADATA)
            return
        (found_in_tree,) = check([tree], WITH_METADATA).findings
        assert (found_in_tree.rule.code, found_in_tree.what, str(found_in_tree.place)) == (
            "build-file-unreadable",
            why,
            name,
        )
        with pytest.raises(FileAccessError, match=why):
            require_sources(tree.project)

    def test_what_a_template_is_made_of(self, loaded: None, stranger: Path) -> None:  # noqa: ARG002 - as above
        """The file that the settings name, where the Dockerfile does not tell what is shipped."""
        (stranger / "Dockerfile").write_text("FROM alpine\nRUN ./fill.sh\n", encoding="utf-8")
        (stranger / "metadata.prod.json").touch(mode=0)
        tree = TreeSource(Project(stranger, Settings(metadata="metadata.prod.json")))
        (found_in_tree,) = check([tree], WITH_METADATA).findings
        assert found_in_tree.what == "metadata.prod.json cannot be read: permission denied"

    @pytest.mark.parametrize(("ignored", "whats"), [("", ["as cannot be read: permission denied"]), ("as\n", [])])
    def test_a_folder_behind_a_wildcard(
        self,
        ignored: str,
        whats: list[str],
        loaded: None,  # noqa: ARG002 - as above
        stranger: Path,
    ) -> None:
        """One finding, for the rules that look for the icon in there cannot know."""
        (stranger / "ui").mkdir()
        for name, content in TREE_FILES.items():
            (stranger / name).write_text(content.replace("icon.svg", "as/*.svg") if name == "Dockerfile" else content)
        (stranger / ".dockerignore").write_text(ignored)
        (stranger / "as").mkdir(mode=0)
        report = check([TreeSource(Project(stranger, Settings()))], WITH_METADATA)
        assert [each.what for each in report.findings if each.rule.code == "build-file-unreadable"] == whats
        assert len(report.findings) == 1

    def test_many_are_one_finding(self, loaded: None, stranger: Path) -> None:  # noqa: ARG002 - as above
        (stranger / "Dockerfile").write_text("FROM scratch\nCOPY ui /ui\n", encoding="utf-8")
        (stranger / "ui").mkdir()
        for number in range(50):
            (stranger / f"ui/{number:02}.js").touch(mode=0)
        (found_in_tree,) = check(
            [TreeSource(Project(stranger, Settings()))], [TREE_RULES["build-file-unreadable"]]
        ).findings
        assert found_in_tree.what == "ui/00.js cannot be read: permission denied, and so are 49 more"


class TestFinalStage:
    @pytest.mark.parametrize(
        ("dockerfile", "written", "fixed", "place"),
        [
            ("FROM --platform=$BUILDPLATFORM alpine", "$BUILDPLATFORM", "linux/amd64", "1, linux/arm64"),
            ("FROM --platform=linux/amd64 alpine", "linux/amd64", "linux/amd64", "1, linux/arm64"),
            ("FROM --platform=arm64 alpine", "arm64", "linux/arm64", "1, linux/amd64"),
            ("ARG P=$BUILDPLATFORM\nFROM --platform=$P alpine", "$P", "linux/amd64", "2, linux/arm64"),
            ("FROM --platform=amd64 alpine AS base\nFROM base", "amd64", "linux/amd64", "1, linux/arm64"),
            ("FROM scratch\nFROM --platform=linux/arm64/v8 a", "linux/arm64/v8", "linux/arm64", "2, linux/amd64"),
        ],
    )
    def test_a_fixed_platform(
        self, dockerfile: str, written: str, fixed: str, place: str, make_project: MakeProject
    ) -> None:
        what = f"the final stage begins with FROM --platform={written}: {fixed}, whatever is built"
        assert asked_per_platform(make_project, dockerfile) == [("final-stage-platform", what, f"Dockerfile:{place}")]

    def test_one_that_is_neither_is_one_fault_on_both(self, make_project: MakeProject) -> None:
        said = asked_per_platform(make_project, "FROM --platform=linux/s390x alpine")
        assert [place for _, _, place in said] == ["Dockerfile:1, linux/amd64", "Dockerfile:1, linux/arm64"]
        assert len({what for _, what, _ in said}) == 1

    @pytest.mark.parametrize(
        ("dockerfile", "platforms"),
        [
            ("FROM alpine", REQUIRED),
            ("FROM --platform=$TARGETPLATFORM alpine", REQUIRED),
            ("FROM --platform=linux/$TARGETARCH alpine", REQUIRED),
            ("FROM --platform=$BUILDPLATFORM node AS ui\nFROM alpine\nCOPY --from=ui /a /a", REQUIRED),
            ("FROM --platform=linux/amd64 alpine", (AMD64,)),
            # Alone, it may be built on a machine of its own platform.
            ("FROM --platform=$BUILDPLATFORM alpine", (ARM64,)),
        ],
    )
    def test_what_follows_the_target(
        self, dockerfile: str, platforms: tuple[object, ...], make_project: MakeProject
    ) -> None:
        assert asked_per_platform(make_project, dockerfile, platforms=platforms) == []

    def test_a_fixed_one_for_the_only_other_platform(self, make_project: MakeProject) -> None:
        said = asked_per_platform(make_project, "FROM --platform=linux/amd64 alpine", platforms=(ARM64,))
        assert [code for code, *_ in said] == ["final-stage-platform"]

    @pytest.mark.parametrize("platform", ["$BUILDPLATFORM", "linux/amd64"])
    def test_from_scratch_it_is_only_odd(self, platform: str, make_project: MakeProject) -> None:
        said = asked_per_platform(make_project, f"FROM --platform={platform} scratch")
        assert [code for code, *_ in said] == ["final-stage-platform-scratch"]
