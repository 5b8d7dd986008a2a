from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.extension.dockerfile import parse
from dext_tasks.extension.dockerfile.copies import Copy, copies
from dext_tasks.extension.dockerfile.refusals import DockerfileRefusedError


def only(line: str) -> Copy:
    (copy,) = copies(parse(f"FROM scratch\n{line}\n").lineage())
    return copy


@pytest.mark.parametrize(
    ("line", "copy"),
    [
        ("COPY a /b", Copy(("a",), "/b", is_folder=False)),
        ("COPY a /b/", Copy(("a",), "/b")),
        ("COPY a .", Copy(("a",), "/")),
        ("COPY a ./", Copy(("a",), "/")),
        ("COPY a b", Copy(("a",), "/b", is_folder=False)),
        ("COPY a b /c", Copy(("a", "b"), "/c")),
        ('COPY ["a b", "/c/"]', Copy(("a b",), "/c")),
        ("COPY --from=x --chown=1 a /b", Copy(("a",), "/b", is_folder=False, origin="x")),
        ("ADD a /b", Copy(("a",), "/b", is_folder=False)),
        ("ADD https://acme.org/x /b", Copy(("https://acme.org/x",), "/b", is_folder=False, is_clear=False)),
        ("ADD x.tar.gz /b", Copy(("x.tar.gz",), "/b", is_folder=False, is_clear=False)),
        ("COPY $A /b", Copy(("$A",), "/b", is_folder=False, is_clear=False)),
        ("COPY --parents a /b", Copy(("a",), "/b", is_folder=False, is_clear=False)),
        ("COPY a $B", Copy((), "/", is_clear=False)),
        ("COPY <<E /b\nx\nE", Copy((), "/", is_clear=False)),
        ("RUN x", Copy((), "/", is_clear=False)),
    ],
)
def test_what_an_instruction_makes(line: str, copy: Copy) -> None:
    assert only(line) == copy


def test_destinations_are_below_the_working_directory() -> None:
    text = "FROM scratch AS base\nWORKDIR /app\nFROM base\nWORKDIR x\nCOPY a b\nWORKDIR /y\nCOPY a ..\nCOPY a /z\n"
    assert [copy.destination for copy in copies(parse(text).lineage())] == ["/app/x/b", "/", "/z"]


@pytest.mark.parametrize(
    ("line", "path", "candidates"),
    [
        ("COPY a /b", "/b", ["a"]),
        ("COPY a /b", "/b/a", ["a", "a/a"]),
        ("COPY a /b", "/b/c/d", ["a/c/d"]),
        ("COPY a/x.svg /", "/x.svg", ["a/x.svg", "a/x.svg/x.svg"]),
        ("COPY . .", "/ui/a", ["ui/a"]),
        ("COPY ui/. /ui/", "/ui/a", ["ui/a"]),
        ("COPY ../../etc /x", "/x/passwd", ["etc/passwd"]),
        ("COPY ui/*.js /ui/", "/ui/a.js", ["ui/a.js"]),
        ("COPY ui/*.js /ui/", "/ui/a.css", []),
        ("COPY ui/*.js /ui/", "/ui/a/b.js", []),
        ("COPY a /b/", "/b", []),
    ],
)
def test_what_a_file_may_be_a_copy_of(line: str, path: str, candidates: list[str]) -> None:
    copy = only(line)
    assert copy.can_make(path)
    assert list(copy.candidates(path)) == candidates


@pytest.mark.parametrize(("line", "path"), [("COPY a /b", "/bc"), ("COPY a /b/", "/c/b"), ("COPY a /b/c", "/b")])
def test_what_an_instruction_cannot_make(line: str, path: str) -> None:
    assert not only(line).can_make(path)


WORDS = st.lists(st.text(st.sampled_from("ab./*[]$\"'\\ <-?:"), max_size=6), min_size=1, max_size=4)


@given(WORDS, st.sampled_from(["COPY", "ADD", "WORKDIR", "RUN"]), st.text(st.sampled_from("ab./"), max_size=8))
def test_no_instruction_is_too_odd(words: list[str], keyword: str, path: str) -> None:
    try:
        chain = parse(f"FROM scratch\n{keyword} {' '.join(words)}\nCOPY a b\n").lineage()
    except DockerfileRefusedError:
        return
    for copy in copies(chain):
        assert copy.destination.startswith("/")
        # A name such as "..a" is a name.
        assert all(each.partition("/")[0] not in ("", "..") or not each for each in copy.candidates(f"/{path}"))
