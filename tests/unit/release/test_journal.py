from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dext_tasks.errors import JournalError
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.project_files import ROOM
from dext_tasks.release.journal import Journal, Journals
from dext_tasks.release.journal import Tested as Passed  # pytest takes a name that begins with Test for a test
from tests.unit.needs import make_pipe

if TYPE_CHECKING:
    from pathlib import Path


def digest(byte: str) -> str:
    return f"sha256:{byte * 32}"


AMD64, ARM64 = REQUIRED
IMAGE = "ghcr.io/acme/demo"
EMPTY = Journal("1.2.0", IMAGE, "c0ffee")
TESTED = replace(EMPTY, tested={AMD64: Passed(digest("aa")), ARM64: Passed(digest("bb"))})
FULL = replace(TESTED.with_manifest(AMD64, digest("cc")).with_manifest(ARM64, digest("dd")), index=digest("ee"))


@pytest.fixture
def journals(tmp_path: Path) -> Journals:
    return Journals(tmp_path / "state" / "releases")


def names(journals: Journals) -> list[str]:
    return sorted(file.name for file in journals.folder.iterdir())


REFUSED = replace(FULL, refused={"latest": "403 Forbidden"}, signed=digest("ee"))


@pytest.mark.parametrize(
    "journal", [EMPTY, TESTED, FULL, REFUSED], ids=["empty", "tested", "full", "refused to move a tag"]
)
def test_what_was_written_is_read(journals: Journals, journal: Journal) -> None:
    journals.write(journal)
    assert journals.read("1.2.0") == journal


_text = st.text(max_size=20)
_digests = st.sampled_from(["", digest("0f"), digest("aa")])


@given(
    st.builds(
        Journal,
        version=st.sampled_from(["1.0.0", "2.1.0-rc.1"]),
        image=_text,
        commit=_text,
        tested=st.dictionaries(
            st.sampled_from([*REQUIRED, Platform("linux", "arm", "v6")]),
            st.builds(Passed, image=_digests, manifest=_digests),
        ),
        index=_digests,
        refused=st.dictionaries(_text, _text, max_size=2),
        signed=_digests,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_journal_comes_back(journals: Journals, journal: Journal) -> None:
    journals.write(journal)
    assert journals.read(journal.version) == journal


def test_a_manifest_is_added_to_its_platform_alone() -> None:
    pushed = TESTED.with_manifest(ARM64, digest("dd"))
    assert pushed.tested == {AMD64: Passed(digest("aa")), ARM64: Passed(digest("bb"), digest("dd"))}
    assert TESTED.tested[ARM64].manifest == ""


def test_there_is_none_at_first(journals: Journals) -> None:
    assert journals.read("1.2.0") is None
    assert journals.of_commit("c0ffee", IMAGE) == ()


def test_each_version_has_its_own(journals: Journals) -> None:
    journals.write(TESTED)
    journals.write(replace(FULL, version="1.3.0"))
    assert journals.read("1.2.0") == TESTED
    assert journals.read("1.4.0") is None


def test_journals_are_found_by_commit_and_image(journals: Journals) -> None:
    journals.write(FULL)
    journals.write(replace(FULL, version="1.3.0"))
    journals.write(replace(FULL, version="1.4.0", commit="x"))
    journals.write(replace(FULL, version="1.5.0", image="x"))
    assert [each.version for each in journals.of_commit("c0ffee", IMAGE)] == ["1.2.0", "1.3.0"]


@pytest.mark.parametrize("version", ["", "1.2.0"], ids=["any", "this"])
@pytest.mark.parametrize(("index", "is_published"), [("", False), (digest("ee"), True)])
def test_what_was_read_back_is_published(journals: Journals, index: str, is_published: bool, version: str) -> None:  # noqa: FBT001 - what is expected
    journals.write(replace(FULL, index=index))
    journals.write(replace(FULL, version="1.4.0", commit="x", index=digest("ee")))
    assert journals.is_published("c0ffee", IMAGE, version) is is_published


def test_a_commit_that_is_published_as_one_version_is_not_published_as_another(journals: Journals) -> None:
    journals.write(replace(FULL, version="1.2.0-rc.1", index=digest("ee")))
    assert not journals.is_published("c0ffee", IMAGE, "1.2.0")


def _valid() -> dict[str, Any]:
    return {
        "format": 1,
        "version": "1.2.0",
        "image": IMAGE,
        "commit": "c0ffee",
        "tested": {"linux/amd64": {"image": digest("aa"), "manifest": ""}},
        "index": "",
    }


def test_the_format_stays_readable(journals: Journals) -> None:
    journals.folder.mkdir(parents=True)
    (journals.folder / "1.2.0.json").write_text(json.dumps(_valid()), encoding="utf-8")
    assert journals.read("1.2.0") == replace(EMPTY, tested={AMD64: Passed(digest("aa"))})


BROKEN: dict[str, object] = {
    "empty": "",
    "half": '{"format": 1, "version": "1.2.0"',
    "list": [],
    "number": 7,
    "null": None,
    "text": "text",
    "another format": {**_valid(), "format": 2},
    "no format": {key: value for key, value in _valid().items() if key != "format"},
    "no commit": {key: value for key, value in _valid().items() if key != "commit"},
    "tested is a list": {**_valid(), "tested": []},
    "tested is null": {**_valid(), "tested": None},
    "a platform that is not one": {**_valid(), "tested": {"windows/amd64": {"image": "a", "manifest": "b"}}},
    "an image that is not one": {**_valid(), "tested": {"linux/amd64": digest("aa")}},
    "no manifest": {**_valid(), "tested": {"linux/amd64": {"image": digest("aa")}}},
    "digests that are numbers": {**_valid(), "tested": {"linux/amd64": {"image": 7, "manifest": 8}}},
    "a commit that is a number": {**_valid(), "commit": 7},
    "an image that docker takes for a flag": {
        **_valid(),
        "tested": {"linux/amd64": {"image": "--help", "manifest": ""}},
    },
    "a manifest that is a name": {**_valid(), "tested": {"linux/amd64": {"image": digest("aa"), "manifest": "latest"}}},
    "an index that is a flag": {**_valid(), "index": "--help"},
    "a signature of a name": {**_valid(), "signed": "latest"},
    "an index that is null": {**_valid(), "index": None},
    "of another version": {**_valid(), "version": "1.2.1"},
    "of a path": {**_valid(), "version": "../../../../esc"},
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_journal_is_none(journals: Journals, content: object) -> None:
    journals.folder.mkdir(parents=True)
    text = content if isinstance(content, str) else json.dumps(content)
    (journals.folder / "1.2.0.json").write_text(text, encoding="utf-8")
    assert journals.read("1.2.0") is None
    assert journals.of_commit("c0ffee", IMAGE) == ()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x00" * 100, b"[" * 100_000])
def test_a_journal_that_is_no_text_is_none(journals: Journals, content: bytes) -> None:
    journals.folder.mkdir(parents=True)
    (journals.folder / "1.2.0.json").write_bytes(content)
    assert journals.read("1.2.0") is None


def test_a_journal_that_cannot_be_opened_is_none(journals: Journals) -> None:
    (journals.folder / "1.2.0.json").mkdir(parents=True)
    assert journals.read("1.2.0") is None


@pytest.mark.timeout(60)
def test_a_pipe_is_not_waited_for(journals: Journals) -> None:
    journals.folder.mkdir(parents=True)
    make_pipe(journals.folder / "1.2.0.json")
    assert journals.read("1.2.0") is None
    assert journals.every() == ()


def test_a_folder_in_its_place_cannot_be_replaced(journals: Journals) -> None:
    (journals.folder / "1.2.0.json").mkdir(parents=True)
    with pytest.raises(JournalError, match=r"1\.2\.0\.json is a folder") as caught:
        journals.require_replaceable("1.2.0")
    assert caught.value.remedy == "remove that folder, then run the same command again"


def test_what_can_be_replaced_stays_as_it_is(journals: Journals) -> None:
    journals.require_replaceable("1.2.0")
    assert not journals.folder.exists()
    journals.write(FULL)
    journals.require_replaceable("1.2.0")
    assert journals.read("1.2.0") == FULL


def test_a_broken_journal_is_replaced(journals: Journals) -> None:
    journals.folder.mkdir(parents=True)
    (journals.folder / "1.2.0.json").write_text("{", encoding="utf-8")
    journals.write(TESTED)
    assert journals.read("1.2.0") == TESTED


def test_nothing_but_journals_is_left(journals: Journals) -> None:
    for journal in (EMPTY, TESTED, FULL):
        journals.write(journal)
    assert [name for name in names(journals) if not name.startswith(".")] == ["1.2.0.json"]


@pytest.mark.parametrize("where", ["json.dump", "os.fsync", "pathlib.Path.replace"])
def test_a_write_that_fails_keeps_the_old_journal_and_leaves_nothing(
    journals: Journals, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    journals.write(TESTED)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(where, full)
    with pytest.raises(JournalError, match="no space") as caught:
        journals.write(FULL)
    assert str(journals.folder) in caught.value.message
    monkeypatch.undo()
    assert journals.read("1.2.0") == TESTED
    assert not [name for name in names(journals) if name.endswith(".part")]


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_room_that_is_kept_is_used_where_there_is_no_other(
    journals: Journals, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    def fail(_: int) -> None:
        if list(journals.folder.glob("*.room")) or error == errno.EROFS:
            raise OSError(error, os.strerror(error))

    with journals.room("1.2.0"):
        monkeypatch.setattr("os.fsync", fail)
        if error == errno.EROFS:
            with pytest.raises(JournalError, match="read-only"):
                journals.write(FULL)
        else:
            journals.write(FULL)
            assert journals.read("1.2.0") == FULL


def test_a_link_in_the_place_of_its_room_is_not_written_through(journals: Journals, tmp_path: Path) -> None:
    (precious := tmp_path / "precious").write_text("precious", encoding="utf-8")
    journals.write(TESTED)
    (journals.folder / "1.2.0.room").symlink_to(precious)
    with journals.room("1.2.0"):
        assert (journals.folder / "1.2.0.room").stat().st_size == ROOM
    assert precious.read_text(encoding="utf-8") == "precious"


def test_a_reader_never_sees_half_a_journal(journals: Journals, monkeypatch: pytest.MonkeyPatch) -> None:
    journals.write(TESTED)
    seen: list[Journal | None] = []
    original = os.fsync

    def look(descriptor: int) -> None:
        seen.append(journals.read("1.2.0"))
        original(descriptor)

    monkeypatch.setattr("os.fsync", look)
    journals.write(FULL)
    assert seen == [TESTED]
    assert journals.read("1.2.0") == FULL


def test_what_a_killed_run_left_is_no_journal(journals: Journals) -> None:
    journals.write(TESTED)
    (journals.folder / "abc.part").write_text("{", encoding="utf-8")
    assert journals.of_commit("c0ffee", IMAGE) == (TESTED,)
