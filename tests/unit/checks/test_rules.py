"""Rules on what is there: each with a source that passes and one that fails."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks.catalogue import RULES
from dext_tasks.extension.labels import REQUIRED as LABELS
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.sources.source import (
    FileFact,
    FileKind,
    FileSet,
    LabelSet,
    NotOfferedError,
    PartNotOfferedError,
    Place,
    PlatformSet,
)
from tests.unit.checks.fake_source import FakeSource, found, metadata, problems

if TYPE_CHECKING:
    from collections.abc import Mapping

AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64")
BY_CODE = {rule.code: rule for rule in RULES}
FILE = Place(file="metadata.json")
FULL = {
    "icon": "icon.svg",
    "ui": {"dashboard-tab": {"title": "Demo", "root": "/ui", "src": "index.html#/?a=b"}},
    "vm": {"composefile": "compose.yaml"},
    "host": {"binaries": [{"darwin": [{"path": "/bin/tool"}], "linux": [{"path": "/bin/tool"}]}]},
}
COMPLETE = {
    "/icon.svg": FileKind.FILE,
    "/ui": FileKind.FOLDER,
    "/ui/index.html": FileKind.FILE,
    "/compose.yaml": FileKind.FILE,
    "/bin/tool": FileKind.FILE,
}


def labelled(**changes: str | None) -> LabelSet:
    values = dict.fromkeys(LABELS, "set") | {key.replace("__", "."): value for key, value in changes.items()}
    kept = {key: value for key, value in values.items() if value is not None}
    return LabelSet(
        None, kept, Place(file="Dockerfile", line=1), {key: Place(file="Dockerfile", line=9, label=key) for key in kept}
    )


class TestLabels:
    @pytest.mark.parametrize("code", ["label-missing", "label-empty"])
    def test_all_set(self, code: str) -> None:
        assert found(code, FakeSource(labels=[labelled()])) == []

    @pytest.mark.parametrize("key", LABELS)
    def test_missing(self, key: str) -> None:
        labels = labelled(**{key.replace(".", "__"): None})
        assert found("label-missing", FakeSource(labels=[labels])) == [
            (f"label {key} is missing", f"Dockerfile:1, label {key}")
        ]
        assert found("label-empty", FakeSource(labels=[labels])) == []

    @pytest.mark.parametrize("key", LABELS)
    @pytest.mark.parametrize("value", ["", " ", "\t\n"])
    def test_empty(self, key: str, value: str) -> None:
        labels = labelled(**{key.replace(".", "__"): value})
        assert found("label-empty", FakeSource(labels=[labels])) == [
            (f"label {key} is empty", f"Dockerfile:9, label {key}")
        ]
        assert found("label-missing", FakeSource(labels=[labels])) == []

    @pytest.mark.parametrize("key", LABELS)
    def test_unknown_is_neither_empty_nor_fine(self, key: str) -> None:
        unknown = replace(labelled(**{key.replace(".", "__"): ""}), unknown={key: ("NOTES",)})
        assert found("label-missing", FakeSource(labels=[unknown])) == []
        with pytest.raises(
            PartNotOfferedError, match=f"label {key} takes NOTES, which only the build may give a value"
        ):
            found("label-empty", FakeSource(labels=[unknown]))

    def test_what_is_empty_is_found_beside_what_is_unknown(self) -> None:
        one, other = LABELS[:2]
        values = replace(labelled(**{each.replace(".", "__"): "" for each in (one, other)}), unknown={one: ("NOTES",)})
        problems = iter(BY_CODE["label-empty"].ask(FakeSource(labels=[values])))
        assert next(problems).what == f"label {other} is empty"
        with pytest.raises(PartNotOfferedError):
            next(problems)

    def test_a_label_without_a_place_of_its_own_is_at_the_place_of_all(self) -> None:
        labels = LabelSet(AMD64, {LABELS[0]: ""}, Place(platform=AMD64), {})
        assert found("label-empty", FakeSource(labels=[labels])) == [
            (f"label {LABELS[0]} is empty", f"label {LABELS[0]}, linux/amd64")
        ]


def said(code: str, source: FakeSource) -> list[str]:
    """What Docker's validator says of it."""
    return [problem.docker for problem in problems(code, source)]


class TestDocker:
    """Rules whose words of the validator are known give them with the value of each problem."""

    def test_a_label(self) -> None:
        key = LABELS[0].replace(".", "__")
        assert said("label-missing", FakeSource(labels=[labelled(**{key: None})])) == [
            f'(required) image label "{LABELS[0]}" is missing'
        ]
        assert said("label-empty", FakeSource(labels=[labelled(**{key: ""})])) == [
            f'(required) image label "{LABELS[0]}" is set to empty string in the Dockerfile'
        ]

    def test_a_platform(self) -> None:
        assert said("platform-missing", FakeSource(platforms=PlatformSet({AMD64: AMD64}))) == [
            'the image for platform "linux/arm64" is not pushed to DockerHub'
        ]

    def test_metadata(self) -> None:
        assert said("metadata-schema", FakeSource(documents=[metadata(b'{"name": "x"}')])) == [
            "metadata.json: (root): Additional property name is not allowed"
        ]


class TestMetadata:
    @pytest.mark.parametrize("code", ["metadata-missing", "metadata-syntax", "metadata-schema"])
    @pytest.mark.parametrize("content", [b"{}", json.dumps(FULL).encode(), b"{ }\n"])
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


def files(changes: Mapping[str, FileKind | None] | None = None, metadata: bytes | None = None) -> FileSet:
    kinds = {**COMPLETE, **(changes or {})}
    facts = {path: FileFact(kind, 0o755, 1) for path, kind in kinds.items() if kind}
    return FileSet(ARM64, json.dumps(FULL).encode() if metadata is None else metadata, facts, lambda _path, _most: b"")


FILE_RULES = {
    "icon-absent": ("/icon.svg", FileKind.FOLDER),
    "ui-root-absent": ("/ui", FileKind.FILE),
    "ui-entry-absent": ("/ui/index.html", FileKind.FOLDER),
    "composefile-absent": ("/compose.yaml", FileKind.OTHER),
    "binary-absent": ("/bin/tool", FileKind.LINK),
}


class TestFiles:
    @pytest.mark.parametrize("code", FILE_RULES)
    def test_there(self, code: str) -> None:
        assert found(code, FakeSource(files=[files()])) == []

    @pytest.mark.parametrize("code", FILE_RULES)
    def test_absent(self, code: str) -> None:
        path, _ = FILE_RULES[code]
        assert found(code, FakeSource(files=[files({path: None})])) == [
            (f"{path} is not in the image", f"{path}, linux/arm64")
        ]

    @pytest.mark.parametrize("code", FILE_RULES)
    def test_of_another_kind(self, code: str) -> None:
        path, kind = FILE_RULES[code]
        ((what, place),) = found(code, FakeSource(files=[files({path: kind})]))
        said = "a device, a pipe or a socket" if kind is FileKind.OTHER else f"a {kind}"
        assert what == f"{path} is {said}, not a {COMPLETE[path]}"
        assert place == f"{path}, linux/arm64"

    @pytest.mark.parametrize("code", FILE_RULES)
    @pytest.mark.parametrize(
        "metadata", [b"{}", b"", b"not json", b'{"ui": {"dashboard-tab": {}}, "vm": {}, "host": 5}']
    )
    def test_nothing_is_wanted_of_what_metadata_does_not_name(self, code: str, metadata: bytes) -> None:
        wanted = [what for what, _ in found(code, FakeSource(files=[files({"/": FileKind.FOLDER}, metadata)]))]
        assert wanted == []


class TestPlatforms:
    def test_both(self) -> None:
        assert found("platform-missing", FakeSource(platforms=PlatformSet({AMD64: AMD64, ARM64: ARM64}))) == []

    def test_an_image_for_newer_processors_only_is_told(self) -> None:
        newer = Platform.parse("linux/amd64/v2")
        ((what, _),) = found("platform-missing", FakeSource(platforms=PlatformSet({newer: newer, ARM64: ARM64})))
        assert what == "there is no image for linux/amd64, only for linux/amd64/v2, which older processors do not run"

    @pytest.mark.parametrize(
        ("platforms", "missing"),
        [([AMD64], [ARM64]), ([ARM64], [AMD64]), ([], [AMD64, ARM64]), ([Platform("linux", "s390x")], [AMD64, ARM64])],
    )
    def test_missing(self, platforms: list[Platform], missing: list[Platform]) -> None:
        said = {platform: platform for platform in platforms}
        assert found("platform-missing", FakeSource(platforms=PlatformSet(said))) == [
            (f"there is no image for {platform}", str(platform)) for platform in missing
        ]

    def test_what_was_not_built_yet_is_not_missing(self) -> None:
        rule = BY_CODE["platform-missing"]
        with pytest.raises(NotOfferedError, match="linux/arm64 was not built yet"):
            list(rule.ask(FakeSource(platforms=PlatformSet({AMD64: AMD64}, unbuilt=frozenset({ARM64})))))
        # What nobody is going to build is missing all the same.
        s390x = Platform("linux", "s390x")
        found = list(rule.ask(FakeSource(platforms=PlatformSet({AMD64: AMD64}, unbuilt=frozenset({s390x})))))
        assert [each.what for each in found] == ["there is no image for linux/arm64"]

    def test_as_it_says(self) -> None:
        assert found("platform-mismatch", FakeSource(platforms=PlatformSet({AMD64: AMD64, ARM64: ARM64}))) == []

    def test_another_than_it_says(self) -> None:
        assert found("platform-mismatch", FakeSource(platforms=PlatformSet({AMD64: AMD64, ARM64: AMD64}))) == [
            ("the image for linux/arm64 says it is for linux/amd64", "linux/arm64")
        ]


class TestTag:
    @pytest.mark.parametrize("tag", ["1.2.3", "0.0.1", "1.0.0-rc.1"])
    def test_a_version(self, tag: str) -> None:
        assert found("tag-not-semver", FakeSource(tag=tag)) == []

    @pytest.mark.parametrize("tag", ["latest", "linux-amd64", "1.2", ""])
    def test_no_version(self, tag: str) -> None:
        ((what, _),) = found("tag-not-semver", FakeSource(tag=tag))
        assert repr(tag) in what
