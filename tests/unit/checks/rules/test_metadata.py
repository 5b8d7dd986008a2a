from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.checks.report import check
from dext_tasks.checks.rule import Severity
from dext_tasks.sources.facts import Place
from tests.unit.checks.extension_tree import METADATA_RULES, dockerfile_lines, tree_with
from tests.unit.checks.fake_source import BY_CODE, FakeSource, found, metadata, problems

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProject
CODES = [rule.code for rule in METADATA_RULES]
FULL: dict[str, Any] = {
    "icon": "icon.svg",
    "ui": {"dashboard-tab": {"title": "x", "root": "/ui", "src": "i.html", "backend": {"socket": "a.sock"}}},
    "vm": {"composefile": "compose.yaml", "exposes": {"socket": "a.sock"}},
}


def documented(content: bytes | None) -> FakeSource:
    return FakeSource(documents=[metadata(content)])


def wrong(code: str, data: object) -> list[str]:
    content = data if isinstance(data, bytes) or data is None else json.dumps(data).encode()
    problems = list(BY_CODE[code].ask(documented(content)))
    assert all(problem.place == Place(file="metadata.json", line=problem.place.line) for problem in problems)
    return [problem.what.removeprefix("metadata.json: ") for problem in problems]


@pytest.mark.parametrize("code", CODES)
def test_nothing_is_wrong_with_a_full_one(code: str) -> None:
    assert wrong(code, FULL) == []


@pytest.mark.parametrize("code", [code for code in CODES if code not in {"metadata-missing", "metadata-syntax"}])
@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"\xff", b"[" * 10_000])
def test_what_cannot_be_read_is_left_to_two_rules(code: str, content: bytes | None) -> None:
    assert wrong(code, content) == []


@pytest.mark.parametrize(
    ("code", "data", "what"),
    [
        ("metadata-schema", {"capabilities": 1}, "(root): Additional property capabilities is not allowed"),
        ("metadata-schema", {"name": 1}, "(root): Additional property name is not allowed"),
        ("metadata-schema", {"x-rd-install": "a"}, "(root): Additional property x-rd-install is not allowed"),
        (
            "metadata-key-obsolete",
            {"name": 1},
            "name means nothing here; its place is taken by the label org.opencontainers.image.title",
        ),
        (
            "metadata-key-obsolete",
            {"vm": {"exposes": {"named-pipe": "x"}}},
            "vm.exposes.named-pipe means nothing here; its place is taken by vm.exposes.socket",
        ),
        (
            "metadata-key-unknown",
            {"vm": {"compose-file": "x"}},
            "vm.compose-file is not a known key; did you mean composefile?",
        ),
        ("metadata-key-unknown", {"ui": {"qqqq": {}}}, "ui.qqqq is not a known key"),
        ("metadata-key-unknown", {"Icon": "x"}, "Icon is not a known key; did you mean icon?"),
        ("metadata-key-unknown", {"UI": {}}, "UI is not a known key; did you mean ui?"),
        (
            "metadata-value-invalid",
            {"vm": {"exposes": {"socket": "/run/guest-services/a.sock"}}},
            "vm.exposes.socket: expected the name of a file, given '/run/guest-services/a.sock'",
        ),
        (
            "metadata-value-invalid",
            {"ui": {"dashboard-tab": {"title": "x", "src": "y", "backend": {"socket": "/a.sock"}}}},
            "ui.dashboard-tab.backend.socket: expected the name of a file, given '/a.sock'",
        ),
        ("metadata-value-invalid", {"icon": ""}, "icon: expected a string, given none"),
        (
            "metadata-key-rancher-desktop",
            {"host": {"x-rd-install": ["a"]}},
            "host.x-rd-install is read by Rancher Desktop only",
        ),
        ("metadata-key-duplicate", b'{"vm": {"a": 1, "a": 2}}', "vm.a is there twice, the last one counts"),
        ("metadata-icon-missing", {}, "there is no icon"),
        ("metadata-backend-twice", {"vm": {"image": "a", "composefile": "b"}}, "vm has image and composefile"),
        (
            "metadata-sockets-differ",
            {"ui": FULL["ui"], "vm": {"exposes": {"socket": "b.sock"}}},
            "ui.dashboard-tab.backend.socket is a.sock, vm.exposes.socket b.sock",
        ),
        (
            "metadata-socket-unserved",
            {"ui": FULL["ui"]},
            "ui.dashboard-tab.backend.socket is a.sock, but there is no vm",
        ),
        (
            "metadata-socket-unserved",
            {"ui": FULL["ui"], "vm": {"composefile": "x"}},
            "ui.dashboard-tab.backend.socket is a.sock, but vm has no exposes.socket",
        ),
    ],
)
def test_one_thing_is_wrong(code: str, data: object, what: str) -> None:
    assert wrong(code, data) == [what]


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("metadata-key-unknown", {"name": 1}),
        ("metadata-key-unknown", {"host": {"x-rd-install": "a"}}),
        ("metadata-key-unknown", {"vm": {"isolation": 1}}),
        ("metadata-key-obsolete", {"capabilities": 1}),
        ("metadata-schema", {"vm": {"image": "a", "composefile": "b"}}),
        ("metadata-schema", {"vm": {"unknown": "a"}}),
        ("metadata-schema", {"icon": ""}),
        ("metadata-schema", {"vm": {"exposes": {"socket": "/a.sock"}}}),
        ("metadata-value-invalid", {"icon": 5, "name": "x"}),
        ("metadata-value-invalid", {"vm": {"image": "a", "composefile": "b"}}),
        ("metadata-icon-missing", {"icon": 5}),
        ("metadata-sockets-differ", {"ui": FULL["ui"]}),
        ("metadata-socket-unserved", {"ui": {"dashboard-tab": {"title": "x", "src": "y"}}}),
        ("metadata-sockets-differ", {"vm": FULL["vm"]}),
    ],
)
def test_another_rule_says_it_or_nothing_is_wrong(code: str, data: object) -> None:
    assert wrong(code, data) == []


LINES = b"""{
  "name": "x",
  "icon":
    5,
  "vm": {"image": "a", "composefile": "b",
    "isolation": true, "exposes": {
      "socket": "/b.sock"}},
  "ui": {"dashboard-tab": {"title": "x", "src": "y", "backend": {
    "socket": "a.sock"}}},
  "host": {"x-rd-install": "x", "binaries": [{}, {
    "linux": [{"paths": "x",
      "path": "a", "path": "b"}]}]}
}
"""


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("metadata-schema", [2, 3]),
        ("metadata-value-invalid", [7]),
        ("metadata-key-obsolete", [2, 6]),
        ("metadata-key-unknown", [11]),
        ("metadata-key-rancher-desktop", [10]),
        ("metadata-key-duplicate", [12]),
        ("metadata-backend-twice", [5]),
        ("metadata-sockets-differ", [9]),
    ],
)
def test_a_finding_has_its_line(code: str, lines: list[int]) -> None:
    assert [problem.place.line for problem in BY_CODE[code].ask(documented(LINES))] == lines


def test_only_what_docker_refuses_is_an_error() -> None:
    assert {rule.code for rule in METADATA_RULES if rule.severity is Severity.ERROR} == {
        rule.code for rule in METADATA_RULES if rule.docker
    }


KEYS = st.sampled_from(["icon", "ui", "dashboard-tab", "backend", "socket", "vm", "exposes", "host", "name", "", "x\n"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(KEYS, VALUES, max_size=4).map(lambda data: json.dumps(data).encode()) | st.binary())
def test_every_rule_has_an_answer_to_anything(content: bytes) -> None:
    for code in CODES:
        for what in wrong(code, content):
            assert what
            assert "\n" not in what


class TestOneFault:
    """A key in the place of another one is one fault, by however many of its signs it is wrong."""

    @staticmethod
    def changed(**changes: object) -> dict[str, Any]:
        tab = {key: value for key, value in {**FULL["ui"]["dashboard-tab"], **changes}.items() if value is not None}
        return {**FULL, "ui": {"dashboard-tab": tab}}

    @pytest.mark.parametrize(
        ("data", "code", "fix"),
        [
            (changed(src=None, href="i.html"), "metadata-schema", "rename href to src"),
            (changed(title=None, tittle="x"), "metadata-schema", "rename tittle to title"),
            (changed(root=None, Root="x"), "metadata-key-unknown", "rename Root to root"),
            (changed(src=None), "metadata-schema", "add src"),
            (changed(src=1), "metadata-schema", "write a string in double quotes there"),
            ({**{key: FULL[key] for key in ("ui", "vm")}, "ikon": "i.svg"}, "metadata-schema", "rename ikon to icon"),
            ({**FULL, "socket": "x"}, "metadata-schema", "move it to ui.dashboard-tab.backend or vm.exposes"),
            (
                {**FULL, "name": "x"},
                "metadata-schema",
                "move the value to the label org.opencontainers.image.title, and remove the key",
            ),
            ({**FULL, "vm": {**FULL["vm"], "isolation": 1}}, "metadata-key-obsolete", "remove the key"),
            (
                {**FULL, "host": {"binaries": [{"linux": [{"file": "/x"}]}]}},
                "metadata-schema",
                "rename file to path",
            ),
        ],
    )
    def test_of_one_key(self, data: dict[str, Any], code: str, fix: str) -> None:
        (fault,) = check([documented(json.dumps(data).encode())], METADATA_RULES).faults
        assert (fault.rule.code, fault.fix) == (code, fix)

    def test_two_keys_are_two(self) -> None:
        data = self.changed(src=None, href="x", title=None, name="x")
        fixes = [fault.fix for fault in check([documented(json.dumps(data).encode())], METADATA_RULES).faults]
        unknown = "correct the spelling, or remove the key"
        assert sorted(fixes) == ["add src", "add title", unknown, unknown]


class TestBounds:
    """What no desktop is ever given ends in one finding, whatever it costs to look at it."""

    @pytest.mark.parametrize(
        ("content", "what"),
        [
            (b'{"icon": "x"}' + b" " * (1 << 20), "is larger than 1 MiB"),
            (json.dumps({f"k{number}": 1 for number in range(2001)}).encode(), "has more than 2000 values"),
            (json.dumps({"icon": [[]] * 2001}).encode(), "has more than 2000 values"),
            (json.dumps({"x": {"linux": [{}] * 2001}}).encode(), "has more than 2000 values"),
            (
                json.dumps({"host": {"binaries": [{"linux": [{"path": str(n)} for n in range(301)]}]}}).encode(),
                "names 301 host binaries, more than 300",
            ),
        ],
    )
    def test_what_is_too_large_is_one_finding(self, content: bytes, what: str) -> None:
        (finding,) = check([documented(content)], METADATA_RULES).findings
        assert (finding.rule.code, finding.what) == ("metadata-syntax", f"metadata.json {what}")

    @pytest.mark.parametrize("count", [60, 300])
    def test_many_of_a_kind_are_told_with_a_number(self, count: int) -> None:
        data = {**FULL, "host": {"binaries": [{"linux": [{} for _ in range(count)]}]}}
        report = check([documented(json.dumps(data).encode())], METADATA_RULES)
        *told, others = [fault.what for fault in report.faults]
        assert len(told) == 50
        assert others == f"and {count - 50} more like these"
        assert report.count(Severity.ERROR) == 51


FULL_PLAIN = {
    "icon": "icon.svg",
    "ui": {"dashboard-tab": {"title": "Demo", "root": "/ui", "src": "index.html#/?a=b"}},
    "vm": {"composefile": "compose.yaml"},
    "host": {"binaries": [{"darwin": [{"path": "/bin/tool"}], "linux": [{"path": "/bin/tool"}]}]},
}


class TestMetadata:
    @pytest.mark.parametrize("code", ["metadata-missing", "metadata-syntax", "metadata-schema"])
    @pytest.mark.parametrize("content", [b"{}", json.dumps(FULL_PLAIN).encode(), b"{ }\n"])
    def test_good(self, code: str, content: bytes) -> None:
        assert found(code, FakeSource(documents=[metadata(content)])) == []

    def test_missing_is_told_once(self) -> None:
        assert found("metadata-missing", FakeSource(documents=[metadata(None)])) == [
            ("metadata.json is missing", "metadata.json")
        ]
        assert found("metadata-syntax", FakeSource(documents=[metadata(None)])) == []
        assert found("metadata-schema", FakeSource(documents=[metadata(None)])) == []

    @pytest.mark.parametrize(
        "content",
        [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}", b"\xef\xbb\xbf{}", b'{"a": NaN}'],
    )
    def test_broken_is_told_once(self, content: bytes) -> None:
        ((what, place),) = found("metadata-syntax", FakeSource(documents=[metadata(content)]))
        assert what.startswith("metadata.json: ")
        assert place in {"metadata.json", "metadata.json:1"}
        assert found("metadata-missing", FakeSource(documents=[metadata(content)])) == []
        assert found("metadata-schema", FakeSource(documents=[metadata(content)])) == []

    def test_broken_is_told_with_its_line(self) -> None:
        ((what, place),) = found("metadata-syntax", FakeSource(documents=[metadata(b'{\n"icon": NaN}')]))
        assert (what, place) == ("metadata.json: line 2, column 9: NaN is not valid JSON", "metadata.json:2")

    def test_against_the_schema(self) -> None:
        content = b'{"name": "x", "icon": 5}'
        assert [what for what, _ in found("metadata-schema", FakeSource(documents=[metadata(content)]))] == [
            "metadata.json: (root): Additional property name is not allowed",
            "metadata.json: icon: expected string, given integer",
        ]


def test_a_metadata_that_nothing_copies(make_project: MakeProject) -> None:
    tree = tree_with(make_project, {"Dockerfile": dockerfile_lines("COPY ui /ui"), "metadata.json": "{"})
    report = check([tree])
    said = [(each.rule.code, each.what, str(each.place)) for each in report.findings if "metadata" in each.rule.code]
    assert said == [
        ("metadata-missing", "/metadata.json is not in the image: nothing copies metadata.json there", "Dockerfile:1")
    ]


@pytest.mark.parametrize(
    ("text", "line"), [('COPY <<E /metadata.json\n{\n"name": "x"}\nE', 4), ("COPY m.json /metadata.json", 1)]
)
def test_a_fault_in_what_is_shipped_is_found_where_it_is(text: str, line: int, make_project: MakeProject) -> None:
    tree = tree_with(
        make_project, {"Dockerfile": dockerfile_lines(text), "metadata.json": "{}", "m.json": '{"name": "x"}'}
    )
    (finding,) = [each for each in check([tree]).findings if each.rule.code == "metadata-schema"]
    assert finding.place == Place(file="m.json" if "m.json" in text else "Dockerfile", line=line)


def test_docker_says_which_key() -> None:
    (problem,) = problems("metadata-schema", FakeSource(documents=[metadata(b'{"name": "x"}')]))
    assert problem.docker == "metadata.json: (root): Additional property name is not allowed"
