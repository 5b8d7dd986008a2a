from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.checks.catalogue import RULES
from dext_tasks.checks.fixes.edit import Choice, Fix
from dext_tasks.checks.fixing import FixRequest, fix_all
from tests.unit.checks.extension_tree import TREE_FILES
from tests.unit.checks.fixes.proposals import apply, findings, fixed, options, proposals

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.project import Project
    from tests.unit.conftest import MakeProject

    Plant = Callable[..., Project]

STYLES: dict[str, Callable[[object], str]] = {
    "two spaces": lambda data: json.dumps(data, indent=2) + "\n",
    "four spaces, CRLF": lambda data: (json.dumps(data, indent=4) + "\n").replace("\n", "\r\n"),
    "tabs, no line end": lambda data: json.dumps(data, indent="\t", ensure_ascii=False),
    "one line": lambda data: json.dumps(data, separators=(",", ":")),
}
UI = {"dashboard-tab": {"title": "é", "root": "/ui", "src": "index.html", "backend": {"socket": "a.sock"}}}
TITLE = "org.opencontainers.image.title"


@pytest.fixture
def plant(make_project: MakeProject) -> Plant:
    """Makes a good tree with this metadata.json and these files."""

    def make(metadata: str | bytes, dockerfile: str = "", **settings: object) -> Project:
        files = {**TREE_FILES, "metadata.json": metadata, "Dockerfile": TREE_FILES["Dockerfile"] + dockerfile}
        return make_project(files, **settings)

    return make


def metadata_of(project: Project) -> str:
    return (project.root / "metadata.json").read_bytes().decode()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        (
            "metadata-key-obsolete",
            {"icon": "i", "vm": {"isolation": 1, "image": "x"}},
            {"icon": "i", "vm": {"image": "x"}},
        ),
        (
            "metadata-key-obsolete",
            {"vm": {"exposes": {"host-socket": "é.sock"}, "image": "x"}},
            {"vm": {"exposes": {"socket": "é.sock"}, "image": "x"}},
        ),
        (
            "metadata-key-obsolete",
            {"vm": {"exposes": {"socket": "a.sock", "named-pipe": "a.sock"}}},
            {"vm": {"exposes": {"socket": "a.sock"}}},
        ),
        (
            "metadata-key-obsolete",
            {"vm": {"exposes": {"named-pipe": "a.sock", "host-socket": "/run/guest-services/a.sock"}}},
            {"vm": {"exposes": {"socket": "a.sock"}}},
        ),
        (
            "metadata-key-obsolete",
            {"host": {"binaries": [{"darwin": [{"path": "/a", "install": True}]}]}},
            {"host": {"binaries": [{"darwin": [{"path": "/a"}]}]}},
        ),
        ("metadata-key-obsolete", {"name": "My é", "icon": "i"}, {"icon": "i"}),
        ("metadata-schema", {"name": "My é", "icon": "i"}, {"icon": "i"}),
        ("metadata-schema", {"Icon": "i", "ui": UI}, {"icon": "i", "ui": UI}),
        ("metadata-key-unknown", {"vm": {"compose-file": "c"}}, {"vm": {"composefile": "c"}}),
        ("metadata-key-unknown", {"UI": UI}, {"ui": UI}),
        (
            "metadata-key-unknown",
            {"ui": {"dashboardTab": UI["dashboard-tab"]}},
            {"ui": UI},
        ),
        (
            "metadata-key-unknown",
            {"host": {"binaries": [{"macos": [{"path": "/a"}]}]}},
            {"host": {"binaries": [{"darwin": [{"path": "/a"}]}]}},
        ),
        (
            "metadata-key-unknown",
            {"composefile": "c", "vm": {"exposes": {"socket": "a"}}},
            {"vm": {"exposes": {"socket": "a"}, "composefile": "c"}},
        ),
        (
            "metadata-value-invalid",
            {"vm": {"exposes": {"socket": "/run/guest-services/a.sock"}}},
            {"vm": {"exposes": {"socket": "a.sock"}}},
        ),
        (
            "metadata-value-invalid",
            {"vm": {"exposes": {"socket": "/a.sock"}}, "ui": UI},
            {"vm": {"exposes": {"socket": "a.sock"}}, "ui": UI},
        ),
    ],
)
def test_one_right_answer(plant: Plant, style: str, code: str, before: Any, after: Any) -> None:  # noqa: ANN401 - JSON
    write = STYLES[style]
    project = plant(write(before), f'LABEL {TITLE}="My é"\n')
    assert findings(project, code)
    assert fixed(project, code)
    assert metadata_of(project) == write(after)


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("metadata-key-obsolete", {"provider": "Nobody says it elsewhere"}),
        ("metadata-key-obsolete", {"vm": {"exposes": {"named-pipe": "\\\\.\\pipe\\a"}}}),
        ("metadata-key-obsolete", {"vm": {"exposes": {"host-socket": 5}}}),
        ("metadata-key-obsolete", {"vm": {"exposes": {"host-socket": "/var/run/docker.sock"}}}),
        ("metadata-schema", {"capabilities": []}),
        ("metadata-schema", {"icon": 5}),
        ("metadata-schema", {"ui": {"dashboard-tab": {"title": "x"}}}),
        ("metadata-key-unknown", {"ui": {"qqqq": 1}}),
        ("metadata-value-invalid", {"vm": {"exposes": {"socket": "/var/run/docker.sock"}}}),
        ("metadata-value-invalid", {"vm": {"exposes": {"socket": ""}}}),
        ("metadata-value-invalid", {"vm": {"exposes": {"socket": "a b/c"}}}),
        ("metadata-syntax", {}),
    ],
)
def test_what_nobody_can_know_is_left(plant: Plant, code: str, data: object) -> None:
    text = "[1]" if code == "metadata-syntax" else json.dumps(data, indent=2)
    project = plant(text, f'LABEL {TITLE}="My é"\n')
    assert findings(project, code)
    assert set(proposals(project, code)) == {None}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_json_with_what_json_does_not_have(plant: Plant, newline: str) -> None:
    good = '{\n\t"icon": "icon.svg",\n\t"vm": {\n\t\t"composefile": "compose.yaml"\n\t}\n}\n'
    flawed = "\ufeff" + good.replace("compose.yaml", "compose.yaml// no").replace('"\n\t}', '", // é\n\t},')
    project = plant(flawed.replace("\n", newline))
    (fix,) = proposals(project, "metadata-syntax")
    assert isinstance(fix, Fix)
    assert fix.what == "make it JSON: remove the byte order mark, remove the comments, remove trailing commas"
    assert fixed(project, "metadata-syntax")
    assert metadata_of(project) == good.replace("compose.yaml", "compose.yaml// no").replace("\n", newline)


def test_of_two_that_say_the_same_one_stays(plant: Plant) -> None:
    project = plant('{\n  "icon": "i",\n  "vm": {"image": "x"},\n  "icon": "i"\n}')
    assert fixed(project, "metadata-key-duplicate")
    assert metadata_of(project) == '{\n  "icon": "i",\n  "vm": {"image": "x"}\n}'


def chosen(project: Project, code: str) -> dict[str, str]:
    """What metadata.json is after each of the answers."""
    before = metadata_of(project)
    (proposal,) = proposals(project, code)
    assert isinstance(proposal, Choice)
    assert proposal.question.endswith("?")
    found = {}
    for words, fix in options(proposal).items():
        apply(project, fix)
        assert not findings(project, code)
        found[words] = metadata_of(project)
        (project.root / "metadata.json").write_bytes(before.encode())
    return found


def test_of_two_that_differ_somebody_chooses(plant: Plant) -> None:
    project = plant('{"icon": "i", "vm": {"image": "x"}, "icon": "j"}')
    assert chosen(project, "metadata-key-duplicate") == {
        'keep "i"': '{"icon": "i", "vm": {"image": "x"}}',
        'keep "j"': '{"vm": {"image": "x"}, "icon": "j"}',
    }


def test_which_socket_it_is(plant: Plant) -> None:
    data = {"ui": UI, "vm": {"image": "x", "exposes": {"socket": "b.sock"}}}
    text = json.dumps(data, indent=4)
    assert chosen(plant(text), "metadata-sockets-differ") == {
        "b.sock, as vm.exposes.socket says": text.replace("a.sock", "b.sock"),
        "a.sock, as ui.dashboard-tab.backend.socket says": text.replace("b.sock", "a.sock"),
    }


def test_which_of_an_old_and_a_new_socket_it_is(plant: Plant) -> None:
    project = plant('{"vm": {"exposes": {"socket": "a.sock", "host-socket": "b.sock"}}}')
    assert list(chosen(project, "metadata-key-obsolete").values()) == [
        '{"vm": {"exposes": {"socket": "a.sock"}}}',
        '{"vm": {"exposes": {"socket": "b.sock"}}}',
    ]


def test_which_backend_it_is(plant: Plant) -> None:
    project = plant('{"vm": {"image": "x", "composefile": "compose.yaml"}}')
    assert list(chosen(project, "metadata-backend-twice").values()) == [
        '{"vm": {"composefile": "compose.yaml"}}',
        '{"vm": {"image": "x"}}',
    ]


def test_a_key_that_only_may_be_another(plant: Plant) -> None:
    project = plant('{"ui": {"dashboard-tab": {"title": "x", "page": "y"}}}')
    assert list(chosen(project, "metadata-key-unknown").values()) == [
        '{"ui": {"dashboard-tab": {"title": "x", "src": "y"}}}',
        '{"ui": {"dashboard-tab": {"title": "x"}}}',
    ]


def test_where_a_key_belongs_that_has_two_places(plant: Plant) -> None:
    project = plant('{"ui": {"dashboard-tab": {"title": "x", "src": "y"}}, "vm": {"image": "x"}, "socket": "a.sock"}')
    (proposal,) = proposals(project, "metadata-key-unknown")
    assert [words for words, _ in options(proposal).items()] == [
        "move it to ui.dashboard-tab.backend",
        "move it to vm.exposes",
    ]


def test_the_extension_s_own_image_is_written_as_its_variable(plant: Plant) -> None:
    project = plant('{\r\n\t"vm" : { "image" : "me/mine-extension:1.0" }\r\n}', image="me/mine-extension")
    assert fixed(project, "backend-image-hardcoded")
    assert metadata_of(project) == '{\r\n\t"vm" : { "image" : "${DESKTOP_PLUGIN_IMAGE}" }\r\n}'


def test_what_only_looks_like_the_own_image_is_asked(plant: Plant) -> None:
    project = plant('{"vm": {"image": "you/your-extension:1.0"}}', image="me/mine-extension")
    assert list(chosen(project, "backend-image-hardcoded").values()) == ['{"vm": {"image": "${DESKTOP_PLUGIN_IMAGE}"}}']


@pytest.mark.parametrize("value", ['"Another"', "7"])
def test_whether_a_label_that_says_something_else_is_right(plant: Plant, value: str) -> None:
    project = plant(f'{{"name": {value}, "icon": "i"}}', f'LABEL {TITLE}="My é"\n')
    (proposal,) = proposals(project, "metadata-key-obsolete")
    assert isinstance(proposal, Choice)
    assert proposal.question == f"the label {TITLE} says My é, and name {value}: is the label right?"
    assert chosen(project, "metadata-key-obsolete") == {"yes: remove name": '{"icon": "i"}'}


def test_whether_a_version_that_desktops_do_not_read_is_needed(plant: Plant) -> None:
    project = plant('{"version": "1.0.0", "icon": "i"}')
    assert chosen(project, "metadata-key-obsolete") == {"yes: remove version": '{"icon": "i"}'}


def test_a_heredoc_of_the_dockerfile_is_no_file_of_its_own(make_project: MakeProject) -> None:
    dockerfile = 'FROM scratch\nCOPY <<EOF /metadata.json\n{"vm": {"isolation": 1}}\nEOF\n'
    project = make_project({"Dockerfile": dockerfile})
    assert findings(project, "metadata-key-obsolete")
    assert proposals(project, "metadata-key-obsolete") == [None]


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ('\ufeff{"icon": "icon.svg", "isolation": 1, "ui": {"dashboard-tab": {"title": "x"}}}', "metadata-syntax"),
        ('{"icon": "icon.svg", "UI": {"dashboard-tab": {"root": "/none", "src": "x.html"}}}', "metadata-key-unknown"),
    ],
)
def test_what_could_not_be_asked_before_does_not_undo_a_fix(plant: Plant, metadata: str, code: str) -> None:
    fixing = fix_all(plant(metadata), FixRequest(RULES, codes=frozenset({code})))
    assert [each.finding.rule.code for each in fixing.applied] == [code]
    assert code not in {finding.rule.code for finding in fixing.report.findings}
    assert fixing.report.findings
