from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks.catalogue import RULES as EVERY
from dext_tasks.checks.report import check
from dext_tasks.checks.rule import Severity
from dext_tasks.checks.selection import Selection
from dext_tasks.config import Settings
from dext_tasks.errors import FileAccessError
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.project import Project
from dext_tasks.sources.image import ImageSource
from dext_tasks.sources.snapshot import Snapshot
from dext_tasks.sources.source import FileFact, FileKind, NotOfferedError, Place
from dext_tasks.sources.tree import TreeSource, require_sources
from tests.unit.needs import make_pipe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dext_tasks.checks.rule import Rule
    from tests.unit.conftest import MakeProject


def chosen(*patterns: str) -> tuple[Rule, ...]:
    return Selection(patterns).chosen(EVERY)


(USELESS,) = chosen("ui-entry-useless")
NOWHERE = chosen("icon-nowhere", "ui-*-nowhere", "composefile-nowhere", "binary-nowhere", "compose-side-file-absent")
OF_IMAGES = chosen(
    "icon-absent",
    "icon-format",
    "ui-*-absent",
    "composefile-absent",
    "binary-absent",
    "ui-entry-useless",
    "binary-not-executable",
    "binary-name-clash",
)
METADATA_RULES = chosen("metadata-*")
# What BuildKit refuses is told by a rule of its own.
RULES = {
    rule.code: rule
    for rule in (
        *chosen("copy-*", "build-*", "dockerignore-*", "argument-*"),
        *NOWHERE,
        *chosen("ui-script-*", "ui-picture-*", "ui-style-*"),
        *chosen(
            "compose-syntax",
            "compose-schema",
            "compose-build*",
            "compose-own-*",
            "compose-image-[fiv]*",
            "compose-external",
            "compose-variable-*",
            "compose-dependency-*",
            "compose-port-*",
            "compose-container-*",
        ),
    )
}
METADATA = json.dumps(
    {
        "icon": "icon.svg",
        "ui": {"dashboard-tab": {"title": "x", "root": "/ui", "src": "index.html"}},
        "vm": {"composefile": "compose.yaml"},
    },
    indent=1,
)
COMPOSE = "services:\n  web:\n    image: ${DESKTOP_PLUGIN_IMAGE}\n"
DOCKERFILE = "FROM scratch\nCOPY metadata.json icon.svg compose.yaml /\nCOPY ui /ui\n"
FILES = {
    "Dockerfile": DOCKERFILE,
    "metadata.json": METADATA,
    "compose.yaml": COMPOSE,
    "icon.svg": "<svg/>",
    "ui/index.html": "<script src=a.js></script>",
    "ui/a.js": "1",
}


def found(make_project: MakeProject, **changed: str | None) -> list[tuple[str, str, str]]:
    files = {**FILES, **{name.replace("__", "/").replace("_", "."): text for name, text in changed.items()}}
    project = make_project({name: text for name, text in files.items() if text is not None})
    return asked(TreeSource(project))


def asked(tree: TreeSource) -> list[tuple[str, str, str]]:
    said = []
    for code, rule in RULES.items():
        try:
            said += [(code, problem.what, str(problem.place)) for problem in rule.ask(tree)]
        except NotOfferedError:
            continue
    return said


def test_nothing_is_wrong(make_project: MakeProject) -> None:
    assert found(make_project) == []


def test_the_entry_page_of_the_tree_is_read(make_project: MakeProject) -> None:
    page = "<html>\n<script src=/assets/a.js></script>\n<script src=nope.js></script><img src=../x.png>\n"
    assert found(make_project, ui__index_html=page) == [
        (
            "ui-script-absent",
            "nope.js is neither in the source tree nor made by the build",
            "ui/index.html:3",
        ),
        ("ui-picture-absent", "../x.png is outside /ui, the folder that is installed", "ui/index.html:3"),
        ("ui-script-absolute", "/assets/a.js is an absolute address", "ui/index.html:2"),
    ]


@pytest.mark.parametrize(
    ("key", "written", "code", "what"),
    [
        ("icon.svg", "data:image/svg+xml,x", "icon-nowhere", "icon is the address data:image/svg+xml,x"),
        ("icon.svg", "//cdn.acme.org/icon.svg", "icon-nowhere", "icon is the address //cdn.acme.org/icon.svg"),
        ("/ui", "https://acme.org/ui", "ui-root-nowhere", "ui.dashboard-tab.root is the address https://acme.org/ui"),
        ("index.html", "localhost:3000", "ui-entry-nowhere", "ui.dashboard-tab.src is the address localhost:3000"),
        (
            "compose.yaml",
            "git@a.org:x.git",
            "composefile-nowhere",
            "vm.composefile is the address git@a.org:x.git",
        ),
        ("compose.yaml", "c:/x/y.yaml", "composefile-nowhere", "vm.composefile is the Windows path c:/x/y.yaml"),
    ],
)
def test_what_is_no_path_is_named_as_what_it_is(
    key: str, written: str, code: str, what: str, make_project: MakeProject
) -> None:
    (said,) = asked(tree_with(make_project, {"metadata.json": METADATA.replace(f'"{key}"', f'"{written}"')}))
    assert said[0] == code
    assert said[1].startswith(f"metadata.json: {what}, where the path of a ")


def test_two_slashes_are_a_mistake_only(make_project: MakeProject) -> None:
    assert asked(tree_with(make_project, {"metadata.json": METADATA.replace("icon.svg", "//icon.svg")})) == []


BUILT = """FROM node AS client
COPY ui /ui
RUN npm run build
FROM alpine
COPY --from=client /ui/dist /ui
COPY metadata.json icon.svg compose.yaml .
"""
IN_PLACE = f"{DOCKERFILE}RUN npm run build\n"


@pytest.mark.parametrize("dockerfile", [BUILT, BUILT.replace("/ui/dist", "/ui"), IN_PLACE, "FROM acme/ui\n", "FROM"])
def test_what_a_build_makes_of_a_page_is_not_judged(dockerfile: str, make_project: MakeProject) -> None:
    page = "<script type=module src=/src/main.tsx></script><script src=nope.js></script>"
    assert found(make_project, Dockerfile=dockerfile, ui__index_html=page, ui__dist__index_html=page) == []


def test_a_built_ui_in_the_tree_is_judged(make_project: MakeProject) -> None:
    dockerfile = DOCKERFILE.replace("COPY ui /ui", "COPY ui/dist /ui")
    page = "<script src=assets/a.js></script><script src=b.js></script>"
    said = found(make_project, Dockerfile=dockerfile, ui__dist__index_html=page, ui__dist__assets__a_js="1")
    assert [(code, what.split()[0]) for code, what, _ in said] == [("ui-script-absent", "b.js")]


def test_a_bundle_may_be_made_beside_its_sources(make_project: MakeProject) -> None:
    page = "<script src=bundle.js></script><script src=/bundle.js></script>"
    assert [code for code, *_ in found(make_project, ui__index_html=page, ui__package_json="{}")] == [
        "ui-script-absolute"
    ]


def test_a_page_that_is_not_built_yet_is_not_judged(make_project: MakeProject) -> None:
    assert found(make_project, Dockerfile=DOCKERFILE.replace("COPY ui /ui", "COPY ui/dist /ui")) == []


@pytest.mark.parametrize("dockerfile", [DOCKERFILE, DOCKERFILE.replace(" icon.svg", "")])
def test_an_icon_that_nothing_has(dockerfile: str, make_project: MakeProject) -> None:
    assert found(make_project, Dockerfile=dockerfile, icon_svg=None) == [
        (
            "icon-nowhere",
            "metadata.json: icon /icon.svg is neither in the source tree nor made by the build",
            "metadata.json:2",
        )
    ]


@pytest.mark.parametrize(
    "dockerfile",
    [
        "FROM acme/base\nCOPY metadata.json compose.yaml /\nCOPY ui /ui\n",
        "FROM scratch\nCOPY metadata.json compose.yaml /\nCOPY ui /ui\nRUN wget icon.svg\n",
        "FROM scratch\nCOPY metadata.json compose.yaml /\nCOPY ui /ui\nCOPY --from=acme/icons / /\n",
        "FROM scratch\nCOPY metadata.json compose.yaml /\nCOPY ui /ui\nADD https://acme.org/icon.svg /\n",
        "FROM scratch\nCOPY metadata.json compose.yaml /\nCOPY ui /ui\nARG A\nCOPY $A /\n",
        "FROM scratch\nCOPY metadata.json compose.yaml /\nCOPY ui /ui\nCOPY <<EOF /icon.svg\n<svg/>\nEOF\n",
    ],
)
def test_an_icon_may_come_from_elsewhere(dockerfile: str, make_project: MakeProject) -> None:
    assert found(make_project, Dockerfile=dockerfile, icon_svg=None) == []


def test_an_icon_in_the_tree_that_nothing_copies(make_project: MakeProject) -> None:
    dockerfile = DOCKERFILE.replace(" icon.svg", "")
    assert found(make_project, Dockerfile=dockerfile, icon_svg=None, art__icon_svg="<svg/>") == [
        (
            "icon-nowhere",
            "metadata.json: icon /icon.svg is not in the image: nothing copies art/icon.svg there",
            "metadata.json:2",
        )
    ]


def lines(*instructions: str) -> str:
    return "".join(f"{line}\n" for line in ("FROM scratch", *instructions))


@pytest.mark.parametrize(
    ("changed", "code", "what", "place"),
    [
        (
            {"Dockerfile": lines("COPY metadata.json icon.svg /", "COPY ui /ui")},
            "composefile-nowhere",
            "vm.composefile /compose.yaml is not in the image: nothing copies compose.yaml there",
            "metadata.json:11",
        ),
        (
            {"compose.yaml": None},
            "composefile-nowhere",
            "vm.composefile /compose.yaml is neither in the source tree nor made by the build",
            "metadata.json:11",
        ),
        (
            {"Dockerfile": lines("COPY metadata.json icon.svg compose.yaml /")},
            "ui-root-nowhere",
            "ui.dashboard-tab.root /ui is not in the image: nothing copies ui there",
            "metadata.json:6",
        ),
        (
            {"Dockerfile": lines("COPY metadata.json icon.svg compose.yaml /", "COPY icon.svg /ui")},
            "ui-root-nowhere",
            "ui.dashboard-tab.root /ui is a file, not a folder",
            "metadata.json:6",
        ),
        (
            {"ui/index.html": None, "ui/main.html": "x"},
            "ui-entry-nowhere",
            "ui.dashboard-tab.src /ui/index.html is neither in the source tree nor made by the build",
            "metadata.json:7",
        ),
        (
            {"ui/index.html": None, "web/index.html": "x"},
            "ui-entry-nowhere",
            "ui.dashboard-tab.src /ui/index.html is not in the image: nothing copies web/index.html there",
            "metadata.json:7",
        ),
        (
            {"metadata.json": METADATA.replace("index.html", "https://a.org/x/")},
            "ui-entry-nowhere",
            "ui.dashboard-tab.src is the address https://a.org/x/, where the path of a file in the image is expected",
            "metadata.json:7",
        ),
        (
            {".dockerignore": "*.svg\n!a.svg\n", "Dockerfile": DOCKERFILE.replace("icon.svg", "*.svg")},
            "icon-nowhere",
            "icon /icon.svg is not in the image: nothing copies icon.svg there",
            "metadata.json:2",
        ),
        (
            {".dockerignore": "**/*.html\n"},
            "ui-entry-nowhere",
            (
                "ui.dashboard-tab.src /ui/index.html is not in the image: "
                "line 1 of .dockerignore leaves ui/index.html out of the build context"
            ),
            "metadata.json:7",
        ),
    ],
)
def test_what_the_build_does_not_put_into_the_image(
    changed: dict[str, str | None], code: str, what: str, place: str, make_project: MakeProject
) -> None:
    said = asked(tree_with(make_project, changed))
    assert said == [(code, f"metadata.json: {what}", place)]


def tree_with(make_project: MakeProject, changed: Mapping[str, str | None], **settings: object) -> TreeSource:
    files = {name: text for name, text in {**FILES, **changed}.items() if text is not None}
    return TreeSource(make_project(files, **settings))


BINARIES = METADATA[:-2] + (
    ',\n "host": {"binaries": [\n  {"linux": [{"path": "/bin/tool"}],\n   "darwin": [{"path": "/mac/tool"}]}]}\n}'
)


@pytest.mark.parametrize(
    ("lines_of_copy", "files", "said"),
    [
        ("COPY bin /bin\nCOPY mac /mac\n", {"bin/tool": "", "mac/tool": ""}, []),
        # They are made before the image is built.
        ("COPY bin /bin\nCOPY mac/tool /mac/\n", {"bin/tool": ""}, []),
        (
            "COPY bin /bin\n",
            {"bin/tool": "", "mac/tool": ""},
            ["host.binaries.0.darwin.0.path /mac/tool is not in the image: nothing copies mac/tool there"],
        ),
        (
            "COPY bin /bin\nCOPY mac /mac\n",
            {"bin/other": "", "mac/tool/x": ""},
            [
                "host.binaries.0.darwin.0.path /mac/tool is a folder, not a file",
                "host.binaries.0.linux.0.path /bin/tool is neither in the source tree nor made by the build",
            ],
        ),
    ],
)
def test_host_binaries(lines_of_copy: str, files: dict[str, str], said: list[str], make_project: MakeProject) -> None:
    changed = {"Dockerfile": DOCKERFILE + lines_of_copy, "metadata.json": BINARIES, **files}
    found = asked(tree_with(make_project, changed))
    assert sorted(what.removeprefix("metadata.json: ") for code, what, _ in found if code == "binary-nowhere") == said
    assert {place for *_, place in found} <= {"metadata.json:14", "metadata.json:15"}


def test_what_is_missing_on_one_platform_is_told_of_that_one(make_project: MakeProject) -> None:
    dockerfile = DOCKERFILE.replace(" compose.yaml", "") + "ARG TARGETARCH\nCOPY c.$TARGETARCH.yaml /compose.yaml\n"
    tree = tree_with(make_project, {"Dockerfile": dockerfile, "c.amd64.yaml": COMPOSE})
    assert asked(tree) == [
        (
            "composefile-nowhere",
            "metadata.json: vm.composefile /compose.yaml is not in the image: nothing copies compose.yaml there",
            "metadata.json:11, linux/arm64",
        )
    ]


def test_what_only_the_build_knows_is_not_checked_and_why(make_project: MakeProject) -> None:
    dockerfile = DOCKERFILE.replace("COPY ui /ui", "RUN make") + "COPY metadata.json compose.yaml /\n"
    tree = tree_with(make_project, {"Dockerfile": dockerfile})
    for code, path in (
        ("icon-nowhere", "/icon.svg"),
        ("ui-root-nowhere", "/ui"),
        ("ui-entry-nowhere", "/ui/index.html"),
    ):
        with pytest.raises(NotOfferedError, match=rf"^{path}: what RUN in line 3 does"):
            list(RULES[code].ask(tree))
    assert list(RULES["composefile-nowhere"].ask(tree)) == []


def test_a_metadata_that_nothing_copies(make_project: MakeProject) -> None:
    tree = tree_with(make_project, {"Dockerfile": lines("COPY ui /ui"), "metadata.json": "{"})
    report = check([tree])
    said = [(each.rule.code, each.what, str(each.place)) for each in report.findings if "metadata" in each.rule.code]
    assert said == [
        ("metadata-missing", "/metadata.json is not in the image: nothing copies metadata.json there", "Dockerfile:1")
    ]


@pytest.mark.parametrize(
    ("text", "line"), [('COPY <<E /metadata.json\n{\n"name": "x"}\nE', 4), ("COPY m.json /metadata.json", 1)]
)
def test_a_fault_in_what_is_shipped_is_found_where_it_is(text: str, line: int, make_project: MakeProject) -> None:
    tree = tree_with(make_project, {"Dockerfile": lines(text), "metadata.json": "{}", "m.json": '{"name": "x"}'})
    (finding,) = [each for each in check([tree]).findings if each.rule.code == "metadata-schema"]
    assert finding.place == Place(file="m.json" if "m.json" in text else "Dockerfile", line=line)


class TestWhatTheBuildDoesNotFind:
    @pytest.mark.parametrize(
        ("dockerfile", "ignored", "what", "place"),
        [
            (
                DOCKERFILE,
                "a\nicon.svg\n",
                "it copies icon.svg, which line 2 of .dockerignore leaves out",
                "Dockerfile:2",
            ),
            (
                f"FROM scratch AS one\n{DOCKERFILE}COPY --from=one /x /x\n",
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
        assert asked(tree) == [("copy-source-absent", what, place)]

    def test_on_some_platforms_only(self, make_project: MakeProject) -> None:
        dockerfile = f"{DOCKERFILE}ARG TARGETARCH\nCOPY $TARGETARCH.txt /\n"
        tree = tree_with(make_project, {"Dockerfile": dockerfile, ".dockerignore": "arm64.txt\n", "amd64.txt": ""})
        assert asked(tree) == [
            (
                "copy-source-absent",
                "it copies arm64.txt, which line 1 of .dockerignore leaves out",
                "Dockerfile:5, linux/arm64",
            )
        ]

    def test_the_dockerfiles_own_patterns_count(self, make_project: MakeProject) -> None:
        changed = {"docker/X": DOCKERFILE, "docker/X.dockerignore": "icon.svg\n", ".dockerignore": "ui\n"}
        tree = tree_with(make_project, changed, dockerfile="docker/X")
        assert [what for _, what, _ in asked(tree)] == ["it copies icon.svg, which line 1 of X.dockerignore leaves out"]
        assert tree.scope.files == ("docker/X", "docker/X.dockerignore", "metadata.json", "compose.yaml")

    def test_patterns_that_buildkit_refuses(self, make_project: MakeProject) -> None:
        tree = tree_with(make_project, {".dockerignore": "a\n[b\n"})
        assert asked(tree) == [
            (
                "dockerignore-invalid",
                "the pattern '[b' is not valid: a class of characters is not closed",
                ".dockerignore:2",
            )
        ]


WITH_METADATA = [*RULES.values(), *METADATA_RULES]


def test_an_argument_from_before_the_first_from_is_repeated(make_project: MakeProject) -> None:
    dockerfile = "ARG UI=ui\n" + DOCKERFILE.replace("COPY ui", "COPY $UI")
    (found,) = check([tree_with(make_project, {"Dockerfile": dockerfile})], WITH_METADATA).findings
    assert (found.rule.code, found.what) == (
        "argument-not-repeated",
        "COPY uses UI, which no ARG of its stage declares",
    )
    assert (found.fix, str(found.place)) == ("repeat ARG UI in the stage, below its FROM", "Dockerfile:4")
    assert not check([tree_with(make_project, {"Dockerfile": dockerfile})], WITH_METADATA).is_unbuildable


class TestUnreadable:
    """What is there and cannot be read is named as that, once, and neither missing nor fine."""

    @pytest.mark.timeout(60)
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
        found = check([tree], WITH_METADATA).findings
        assert [why in each.what for each in found] == [True]

    @pytest.mark.timeout(60)
    @pytest.mark.parametrize("make", [make_pipe, Path.touch])
    def test_what_is_no_folder(self, make: Callable[[Path], None], make_project: MakeProject) -> None:
        tree = tree_with(make_project, {})
        shutil.rmtree(tree.project.root / "ui")
        make(tree.project.root / "ui")
        (found,) = check([tree], WITH_METADATA).findings
        kind = "file" if make is Path.touch else "named pipe"
        assert found.what == f"metadata.json: ui.dashboard-tab.root /ui is a {kind}, not a folder"

    @pytest.fixture
    def loaded(self, make_project: MakeProject) -> None:
        """What Python loads when it is first needed is loaded: its own files may be root's alone."""
        assert not check([tree_with(make_project, {})], WITH_METADATA).findings

    @pytest.mark.parametrize("name", [*FILES, ".dockerignore", "ui"])
    def test_what_nobody_may_read(self, name: str, loaded: None, stranger: Path) -> None:  # noqa: ARG002 - before it
        (stranger / "ui").mkdir()
        for each, content in {**FILES, ".dockerignore": "x\n"}.items():
            (stranger / each).write_text(content, encoding="utf-8")
        (stranger / name).chmod(0)
        tree = TreeSource(Project(stranger, Settings()))
        why = f"{name} cannot be read: permission denied"
        if name == "Dockerfile":
            with pytest.raises(FileAccessError, match=why):
                check([tree], WITH_METADATA)
            return
        (found,) = check([tree], WITH_METADATA).findings
        assert (found.rule.code, found.what, str(found.place)) == ("build-file-unreadable", why, name)
        with pytest.raises(FileAccessError, match=why):
            require_sources(tree.project)

    def test_what_a_template_is_made_of(self, loaded: None, stranger: Path) -> None:  # noqa: ARG002 - as above
        """The file that the settings name, where the Dockerfile does not tell what is shipped."""
        (stranger / "Dockerfile").write_text("FROM alpine\nRUN ./fill.sh\n", encoding="utf-8")
        (stranger / "metadata.prod.json").touch(mode=0)
        tree = TreeSource(Project(stranger, Settings(metadata="metadata.prod.json")))
        (found,) = check([tree], WITH_METADATA).findings
        assert found.what == "metadata.prod.json cannot be read: permission denied"

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
        for name, content in FILES.items():
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
        (found,) = check([TreeSource(Project(stranger, Settings()))], [RULES["build-file-unreadable"]]).findings
        assert found.what == "ui/00.js cannot be read: permission denied, and so are 49 more"


class TestEntryPage:
    @pytest.mark.parametrize(
        ("changed", "what"),
        [
            ({"ui/index.html": ""}, "/ui/index.html is empty"),
            (
                {"metadata.json": METADATA.replace("index.html", "../web/x.html"), "web/x.html": "x"},
                "/web/x.html is outside /ui, the folder that is installed",
            ),
        ],
    )
    def test_one_that_is_of_no_use(self, changed: dict[str, str], what: str, make_project: MakeProject) -> None:
        dockerfile = f"{DOCKERFILE}COPY web* /web\n"
        tree = tree_with(make_project, {"Dockerfile": dockerfile, **changed})
        (problem,) = USELESS.ask(tree)
        assert (problem.what, str(problem.place)) == (what, "metadata.json:7")

    @pytest.mark.parametrize(
        "changed",
        [
            {},
            {"metadata.json": METADATA.replace("index.html", "https://acme.org")},
            {"Dockerfile": f"{DOCKERFILE}RUN make\nCOPY metadata.json /\n", "ui/index.html": ""},
        ],
    )
    def test_anything_else_is_left_to_others(self, changed: dict[str, str], make_project: MakeProject) -> None:
        assert list(USELESS.ask(tree_with(make_project, changed))) == []


class TestOneFault:
    """What the source tree and the images lack is one fault, whatever each says of it."""

    def test_of_the_tree_and_the_images(self, make_project: MakeProject, tmp_path: Path) -> None:
        tree = tree_with(make_project, {"Dockerfile": lines("COPY metadata.json compose.yaml /", "COPY ui /ui")})
        content = METADATA.encode()
        facts = {
            "/ui": FileFact(FileKind.FOLDER, 0o755, 0),
            "/ui/index.html": FileFact(FileKind.FILE, 0o644, 1),
            "/compose.yaml": FileFact(FileKind.FILE, 0o644, 1),
        }
        images = ImageSource({}, {each: Snapshot(each, tmp_path, facts, content) for each in REQUIRED})
        report = check([tree, images], [*RULES.values(), *OF_IMAGES])
        faults = [fault for fault in report.faults if fault.rule.code.startswith("icon")]
        assert [(fault.rule.code, len(fault.findings)) for fault in faults] == [("icon-nowhere", 3)]

    @pytest.mark.parametrize("key", ["rooot", "Root"])
    def test_a_misspelt_folder_of_the_page(self, key: str, make_project: MakeProject, tmp_path: Path) -> None:
        """The key is unknown, and so the page is looked for at the wrong place."""
        metadata = METADATA.replace('"root"', f'"{key}"')
        facts = {"/ui/index.html": FileFact(FileKind.FILE, 0o644, 1), "/": FileFact(FileKind.FOLDER, 0o755, 0)}
        facts |= {f"/{name}": FileFact(FileKind.FILE, 0o644, 1) for name in ("icon.svg", "compose.yaml")}
        images = ImageSource({}, {each: Snapshot(each, tmp_path, facts, metadata.encode()) for each in REQUIRED})
        rules = [*NOWHERE, *OF_IMAGES, *METADATA_RULES]
        tree = tree_with(make_project, {"metadata.json": metadata})
        for sources in ([images], [tree, images]):
            report = check(sources, [rule for rule in rules if rule.code != "icon-format"])
            (fault,) = report.faults
            assert {each.rule.code for each in fault.findings} >= {"metadata-key-unknown", "ui-entry-absent"}
            assert (fault.rule.severity, fault.fix) == (Severity.ERROR, f"rename {key} to root")

    def test_what_an_image_answered_need_not_be_known_of_the_tree(
        self, make_project: MakeProject, tmp_path: Path
    ) -> None:
        tree = tree_with(make_project, {"Dockerfile": f"{DOCKERFILE}RUN make\nCOPY metadata.json /\n"})
        images = ImageSource({}, {each: Snapshot(each, tmp_path, {}, b"{}") for each in REQUIRED})
        rules = [RULES["icon-nowhere"], *chosen("icon-absent")]
        assert check([tree], rules).docker_silent == ("icon-nowhere", "icon-absent")
        assert check([tree, images], rules).docker_silent == ()


def test_files_that_the_compose_file_needs(make_project: MakeProject) -> None:
    lines = "    env_file: [.env, there.env, {path: may.env, required: false}, /etc/x, '${X}']\n    secrets: [s]\n"
    compose = f"{COMPOSE}{lines}secrets: {{s: {{file: ./s.txt}}}}\nconfigs: {{c: {{file: there.env}}}}\n"
    dockerfile = DOCKERFILE.replace("compose.yaml", "compose.yaml there.env")
    assert found(make_project, Dockerfile=dockerfile, compose_yaml=compose, there_env="A=1") == [
        ("compose-side-file-absent", "./s.txt is neither in the source tree nor made by the build", "compose.yaml:6"),
        ("compose-side-file-absent", ".env is neither in the source tree nor made by the build", "compose.yaml:4"),
    ]


def test_the_compose_file_is_the_one_that_is_copied(make_project: MakeProject) -> None:
    metadata = METADATA.replace("compose.yaml", "docker-compose.yaml")
    dockerfile = DOCKERFILE.replace(" compose.yaml", "") + "COPY vm/docker-compose.yaml /\n"
    good, development = COMPOSE, "services:\n  web:\n    build: .\n"
    changed = {"Dockerfile": dockerfile, "metadata_json": metadata, "vm__docker-compose_yaml": good}
    assert found(make_project, **changed, **{"docker-compose_yaml": development}) == []


def test_the_own_image_is_the_one_of_the_settings(make_project: MakeProject) -> None:
    compose = f"{COMPOSE}  old:\n    image: docker.io/acme/x:1.0\n"
    tree = TreeSource(make_project({**FILES, "compose.yaml": compose}, image="acme/x"))
    assert asked(tree) == [
        ("compose-own-image-hardcoded", "service old runs acme/x:1.0, the extension's own image", "compose.yaml:5")
    ]
