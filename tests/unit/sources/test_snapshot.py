from __future__ import annotations

import gc
import io
import json
import tarfile
import warnings
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.engine.api import Answer, Api
from dext_tasks.engine.client import Client
from dext_tasks.engine.faults import refused
from dext_tasks.errors import DextError, EngineCommandError, EngineUnreachableError, ImageNotFoundError
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.sources.facts import FileFact, FileKind
from dext_tasks.sources.snapshot import Snapshot, take
from tests.unit.engine_api import FakeAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dext_tasks.engine.api_request import ApiRequest

ARM64 = Platform("linux", "arm64")
GIB = 1024**3


def member(name: str, kind: bytes = tarfile.REGTYPE, *, mode: int = 0o644, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.mode, made.linkname = kind, mode, link
    return made


def folder(name: str) -> tarfile.TarInfo:
    return member(name, tarfile.DIRTYPE, mode=0o755)


def archive(*members: tarfile.TarInfo | tuple[str | tarfile.TarInfo, bytes], end: bool = True) -> bytes:
    """A tar stream; a member with content is a pair, one alone is its header only, whatever size it declares."""
    out = io.BytesIO()
    tar = tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT)  # noqa: SIM115 - never closed
    for each in members:
        info, content = each if isinstance(each, tuple) else (each, None)
        made = member(info) if isinstance(info, str) else info
        if content is not None:
            made.size = len(content)
        if content is None:
            # From 3.13 on addfile wants the content of whatever has a size.
            out.write(made.tobuf(tarfile.GNU_FORMAT))
        else:
            tar.addfile(made, io.BytesIO(content))
    if end:
        out.write(bytes(2 * tarfile.BLOCKSIZE))
    return out.getvalue()


def metadata(**data: object) -> bytes:
    return archive(("metadata.json", json.dumps(data).encode()))


def ui(root: str = "/ui", src: str = "index.html") -> dict[str, object]:
    return {"dashboard-tab": {"title": "Demo", "root": root, "src": src}}


class FakeClient(Client):
    """A client whose engine holds one image with prepared archives, by the path that is asked for."""

    def __init__(self, archives: Mapping[str, bytes], failure: DextError | None = None) -> None:
        super().__init__()
        self.archives = archives
        self.failure = failure
        self.asked: list[str] = []
        self.containers: list[str] = []

        vars(self)["api"] = FakeImages(self)


class FakeImages(Api):
    """The engine of that client."""

    def __init__(self, client: FakeClient) -> None:
        super().__init__(client)
        self._of = client

    @contextmanager
    def _once(self, question: ApiRequest) -> Iterator[Answer]:
        client, of = self._of, question.path.split("/")[2]
        assert question.what
        assert question.seconds > 0
        if question.method == "POST":
            if client.failure:
                raise client.failure
            client.containers.append("c1")
            yield FakeAnswer(b'{"Id": "c1"}')
        elif question.method == "DELETE":
            client.containers.remove(of)
            yield FakeAnswer(b"")
        else:
            path = question.query["path"]
            assert of in client.containers
            client.asked.append(path)
            if path not in client.archives:
                raise refused(question.what, 404, f"Could not find the file {path} in container {of}")
            yield FakeAnswer(client.archives[path])


@pytest.fixture
def below(tmp_path: Path) -> Path:
    """The folder of the snapshot, with room around it that must stay empty."""
    made = tmp_path / "around" / "snapshot"
    made.mkdir(parents=True)
    return made


def outside(below: Path) -> list[Path]:
    around = below.parent.parent
    return [path for path in around.rglob("*") if not path.is_relative_to(below) and path != below.parent]


class TestWhatIsTaken:
    def test_everything_that_metadata_names(self, below: Path) -> None:
        client = FakeClient(
            {
                "/metadata.json": metadata(
                    icon="icon.svg",
                    ui=ui(),
                    vm={"composefile": "/compose/docker-compose.yaml"},
                    host={"binaries": [{"linux": [{"path": "/bin/tool"}]}]},
                ),
                "/icon.svg": archive(("icon.svg", b"<svg/>")),
                "/ui": archive(folder("ui"), ("ui/index.html", b"<html>"), folder("ui/js"), ("ui/js/a.js", b"1")),
                "/compose": archive(
                    folder("compose"), ("compose/docker-compose.yaml", b"{}"), ("compose/.env", b"A=1")
                ),
                "/bin/tool": archive((member("tool", mode=0o755), b"\x7fELF")),
            }
        )
        taken = take(client, "demo", ARM64, below)
        kinds = {path: fact.kind.value for path, fact in taken.facts.items()}
        assert kinds == {
            "/metadata.json": "file",
            "/icon.svg": "file",
            "/ui": "folder",
            "/ui/index.html": "file",
            "/ui/js": "folder",
            "/ui/js/a.js": "file",
            "/compose": "folder",
            "/compose/docker-compose.yaml": "file",
            "/compose/.env": "file",
            "/bin/tool": "file",
        }
        assert taken.facts["/bin/tool"] == FileFact(FileKind.FILE, 0o755, 4)
        assert taken.path("/ui/index.html").read_bytes() == b"<html>"
        assert (taken.platform, json.loads(taken.metadata or b"")["icon"]) == (ARM64, "icon.svg")
        assert client.containers == []

    def test_a_compose_file_at_the_root_is_taken_alone(self, below: Path) -> None:
        client = FakeClient(
            {
                "/metadata.json": metadata(vm={"composefile": "compose.yaml"}),
                "/compose.yaml": archive(("compose.yaml", b"")),
            }
        )
        assert set(take(client, "demo", ARM64, below).facts) == {"/metadata.json", "/compose.yaml"}
        assert "/" not in client.asked

    def test_what_lies_in_a_folder_that_was_taken_is_not_asked_for_again(self, below: Path) -> None:
        client = FakeClient(
            {
                "/metadata.json": metadata(icon="/ui/icon.svg", ui=ui()),
                "/ui": archive(folder("ui"), ("ui/index.html", b""), ("ui/icon.svg", b"")),
            }
        )
        take(client, "demo", ARM64, below)
        assert client.asked == ["/metadata.json", "/ui"]

    def test_what_is_absent_in_the_image_is_absent(self, below: Path) -> None:
        taken = take(FakeClient({"/metadata.json": metadata(icon="icon.svg", ui=ui())}), "demo", ARM64, below)
        assert set(taken.facts) == {"/metadata.json"}

    def test_an_image_without_metadata_has_none(self, below: Path) -> None:
        assert take(FakeClient({}), "demo", ARM64, below) == Snapshot(ARM64, below, {}, None)

    @pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff"])
    def test_metadata_that_cannot_be_read_is_given_as_it_is(self, content: bytes, below: Path) -> None:
        taken = take(FakeClient({"/metadata.json": archive(("metadata.json", content))}), "demo", ARM64, below)
        assert taken.metadata == content
        assert set(taken.facts) == {"/metadata.json"}

    def test_metadata_that_is_a_folder_is_no_document(self, below: Path) -> None:
        taken = take(FakeClient({"/metadata.json": archive(folder("metadata.json"))}), "demo", ARM64, below)
        assert taken.metadata is None
        assert taken.facts["/metadata.json"].kind is FileKind.FOLDER


class TestLinks:
    def test_a_link_is_followed_where_it_is_asked_for_by_name(self, below: Path) -> None:
        client = FakeClient(
            {
                "/metadata.json": metadata(icon="/ui/icon.svg", ui=ui()),
                "/ui": archive(
                    folder("ui"), member("ui/icon.svg", tarfile.SYMTYPE, link="../logo.svg"), ("ui/index.html", b"")
                ),
                "/ui/icon.svg": archive(("logo.svg", b"<svg/>")),
            }
        )
        taken = take(client, "demo", ARM64, below)
        assert taken.facts["/ui/icon.svg"] == FileFact(FileKind.FILE, 0o644, 6)
        assert taken.path("/ui/icon.svg").read_bytes() == b"<svg/>"

    def test_a_link_that_leads_nowhere_stays_one(self, below: Path) -> None:
        entry = member("ui/index.html", tarfile.SYMTYPE, mode=0o777, link="absent.html")
        client = FakeClient({"/metadata.json": metadata(ui=ui()), "/ui": archive(folder("ui"), entry)})
        assert take(client, "demo", ARM64, below).facts["/ui/index.html"].kind is FileKind.LINK

    def test_a_link_is_never_made(self, below: Path) -> None:
        client = FakeClient(
            {
                "/metadata.json": metadata(ui=ui()),
                "/ui": archive(
                    folder("ui"),
                    member("ui/up", tarfile.SYMTYPE, link="../../.."),
                    ("ui/up/escaped", b"x"),
                    member("ui/hosts", tarfile.SYMTYPE, link="/etc/hosts"),
                ),
            }
        )
        taken = take(client, "demo", ARM64, below)
        assert taken.facts["/ui/hosts"].kind is FileKind.LINK
        assert not any(path.is_symlink() for path in below.rglob("*"))
        assert outside(below) == []

    def test_a_hard_link_is_the_file_it_names(self, below: Path) -> None:
        client = FakeClient(
            {
                "/metadata.json": metadata(ui=ui()),
                "/ui": archive(
                    folder("ui"), ("ui/a.html", b"<html>"), member("ui/index.html", tarfile.LNKTYPE, link="ui/a.html")
                ),
            }
        )
        taken = take(client, "demo", ARM64, below)
        assert taken.facts["/ui/index.html"] == FileFact(FileKind.FILE, 0o644, 6)
        assert taken.path("/ui/index.html").read_bytes() == b"<html>"

    @pytest.mark.parametrize("link", ["ui/absent", "../../../etc/hosts", "/etc/hosts", "ui/index.html", ""])
    def test_a_hard_link_to_elsewhere_is_no_file(self, link: str, below: Path) -> None:
        linked = member("ui/index.html", tarfile.LNKTYPE, link=link)
        client = FakeClient({"/metadata.json": metadata(ui=ui()), "/ui": archive(folder("ui"), linked)})
        taken = take(client, "demo", ARM64, below)
        assert taken.facts["/ui/index.html"].kind in (FileKind.OTHER, FileKind.FOLDER)
        assert not taken.path("/ui/index.html").is_file()


class TestHostileImages:
    @pytest.mark.parametrize(
        "name",
        [
            "ui/../../escaped",
            "../escaped",
            "ui/../../../around/escaped",
            "/escaped",
            "//escaped",
            "ui//../../escaped",
            "ui/./../../../escaped",
        ],
    )
    def test_nothing_is_written_outside_of_the_folder(self, name: str, below: Path) -> None:
        client = FakeClient({"/metadata.json": metadata(ui=ui()), "/ui": archive(folder("ui"), (name, b"x"))})
        take(client, "demo", ARM64, below)
        assert outside(below) == []

    def test_an_absolute_name_means_a_place_below_the_folder(self, below: Path) -> None:
        target = below.parent / "escaped"
        client = FakeClient({"/metadata.json": metadata(ui=ui()), "/ui": archive((str(target), b"x"))})
        take(client, "demo", ARM64, below)
        assert not target.exists()

    @pytest.mark.parametrize("path", ["/../../../escaped", "../escaped", "/ui/../../escaped"])
    def test_metadata_names_no_place_outside(self, path: str, below: Path) -> None:
        client = FakeClient({"/metadata.json": metadata(icon=path), "/escaped": archive(("escaped", b"x"))})
        assert take(client, "demo", ARM64, below).path("/escaped").read_bytes() == b"x"
        assert outside(below) == []

    @pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
    def test_a_device_is_told_and_not_made(self, kind: bytes, below: Path) -> None:
        client = FakeClient(
            {"/metadata.json": metadata(icon="icon.svg"), "/icon.svg": archive(member("icon.svg", kind))}
        )
        taken = take(client, "demo", ARM64, below)
        assert taken.facts["/icon.svg"].kind is FileKind.OTHER
        assert not taken.path("/icon.svg").exists()

    def test_special_permissions_are_told_and_not_given(self, below: Path) -> None:
        tool = member("tool", mode=0o4755)
        names = {"binaries": [{"linux": [{"path": "/tool"}]}]}
        taken = take(
            FakeClient({"/metadata.json": metadata(host=names), "/tool": archive((tool, b""))}), "demo", ARM64, below
        )
        assert taken.facts["/tool"].mode == 0o4755
        assert taken.path("/tool").stat().st_mode & 0o7777 == 0o755

    @pytest.mark.parametrize("size", [4 * GIB + 1, 2**62])
    def test_a_huge_size_is_refused_before_it_is_read(self, size: int, below: Path) -> None:
        huge = member("icon.svg")
        huge.size = size
        client = FakeClient({"/metadata.json": metadata(icon="icon.svg"), "/icon.svg": archive(huge, end=False)})
        with pytest.raises(EngineCommandError, match="larger than 4 GiB"):
            take(client, "demo", ARM64, below)
        assert client.containers == []

    def test_hard_links_do_not_get_around_the_bound(self, below: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("dext_tasks.sources.snapshot.LARGEST_SNAPSHOT", 1000)
        links = [member(f"ui/{number}", tarfile.LNKTYPE, link="ui/a") for number in range(3)]
        client = FakeClient({"/metadata.json": metadata(ui=ui()), "/ui": archive(("ui/a", bytes(400)), *links)})
        with pytest.raises(EngineCommandError, match="larger than"):
            take(client, "demo", ARM64, below)

    def test_the_bound_is_for_all_files_together(self, below: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("dext_tasks.sources.snapshot.LARGEST_SNAPSHOT", 1000)
        client = FakeClient(
            {
                "/metadata.json": metadata(icon="icon.svg", ui=ui()),
                "/icon.svg": archive(("icon.svg", bytes(500))),
                "/ui": archive(("ui/a", bytes(500))),
            }
        )
        with pytest.raises(EngineCommandError, match="/ui still to come"):
            take(client, "demo", ARM64, below)

    @pytest.mark.parametrize("path", ["a\0b", "\ud800", "x" * 256, "x/" * 3000])
    def test_a_path_that_no_image_can_have_is_never_asked_for(self, path: str, below: Path) -> None:
        client = FakeClient({"/metadata.json": metadata(icon=path)})
        assert set(take(client, "demo", ARM64, below).facts) == {"/metadata.json"}
        assert client.asked == ["/metadata.json"]

    @pytest.mark.parametrize("count", [300, 301])
    def test_more_names_than_can_be_looked_at_are_not_looked_for(self, count: int, below: Path) -> None:
        named = [{"path": f"/{number}"} for number in range(count)]
        client = FakeClient({"/metadata.json": metadata(host={"binaries": [{"linux": named}]})})
        snapshot = take(client, "demo", ARM64, below)
        assert len(client.asked) == (301 if count == 300 else 1)
        assert (snapshot.parsed is None) == (count > 300)
        assert snapshot.metadata is not None

    def test_a_file_where_a_folder_was_is_an_error(self, below: Path) -> None:
        client = FakeClient({"/metadata.json": metadata(ui=ui()), "/ui": archive(("ui/a", b""), ("ui/a/b", b""))})
        with pytest.raises(EngineCommandError, match="/ui cannot be copied out of the image"):
            take(client, "demo", ARM64, below)
        assert client.containers == []

    @pytest.mark.parametrize("name", ["ui/b/c", "ui/" + "n" * 300, "ui/d"])
    def test_a_link_that_cannot_be_made_leaves_no_file_open(self, name: str, below: Path) -> None:
        link = member(name, tarfile.LNKTYPE, link="ui/a")
        members = archive(("ui/a", b"x"), ("ui/b", b"y"), folder("ui/d"), link)
        client = FakeClient({"/metadata.json": metadata(ui=ui()), "/ui": members})
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            with pytest.raises(EngineCommandError):
                take(client, "demo", ARM64, below)
            gc.collect()
        assert [str(each.message) for each in warned] == []

    def test_a_link_to_itself_keeps_what_is_there(self, below: Path) -> None:
        link = member("ui/a", tarfile.LNKTYPE, link="ui/a")
        client = FakeClient({"/metadata.json": metadata(ui=ui()), "/ui": archive(("ui/a", b"x"), link)})
        assert take(client, "demo", ARM64, below).read("/ui/a", 100) == b"x"

    def test_a_stream_that_breaks_off_is_an_error(self, below: Path) -> None:
        whole = archive(("ui/a", bytes(5000)))
        client = FakeClient({"/metadata.json": metadata(ui=ui()), "/ui": whole[:2000]})
        with pytest.raises(EngineCommandError):
            take(client, "demo", ARM64, below)
        assert client.containers == []


@pytest.mark.parametrize("failure", [ImageNotFoundError, EngineUnreachableError])
def test_an_image_that_cannot_be_opened_is_an_error(failure: type[DextError], below: Path) -> None:
    with pytest.raises(failure):
        take(FakeClient({}, failure("no", remedy="")), "demo", ARM64, below)


class TestReading:
    @pytest.fixture
    def taken(self, below: Path) -> Snapshot:
        client = FakeClient(
            {"/metadata.json": metadata(ui=ui()), "/ui": archive(folder("ui"), ("ui/index.html", b"<html>"))}
        )
        return take(client, "demo", ARM64, below)

    @pytest.mark.parametrize(
        ("path", "most", "content"),
        [("/ui/index.html", 100, b"<html>"), ("/ui/index.html", 3, b"<ht"), ("/ui", 100, b""), ("/absent", 100, b"")],
    )
    def test_the_first_bytes_of_a_file_are_given(self, taken: Snapshot, path: str, most: int, content: bytes) -> None:
        assert taken.read(path, most) == content

    @pytest.mark.parametrize(("path", "content"), [("/ui/index.html", b"<html>"), ("/ui", None), ("/absent", None)])
    def test_only_a_file_has_content(self, taken: Snapshot, path: str, content: bytes | None) -> None:
        assert taken.content(path) == content


PARTS = st.sampled_from(
    ["ui", "..", ".", "", "a", "b", "metadata.json", "index.html", "é", "a\0b", "\udcff", "n" * 300]
)
NAMES = st.lists(PARTS, min_size=1, max_size=6).map("/".join)
TYPES = st.sampled_from([tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE])
OTHER_TYPES = st.sampled_from(
    [tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.CONTTYPE, tarfile.GNUTYPE_SPARSE, b"V", b"\xff"]
)


@st.composite
def members(draw: st.DrawFn) -> tuple[tarfile.TarInfo, bytes]:
    made = member(draw(NAMES), draw(TYPES | OTHER_TYPES), mode=draw(st.integers(0, 0o7777)), link=draw(NAMES))
    return made, draw(st.binary(max_size=20))


@given(st.lists(members(), max_size=6), st.lists(members(), max_size=2))
def test_whatever_an_image_holds_nothing_is_written_outside(
    below_ui: list[tuple[tarfile.TarInfo, bytes]], icon: list[tuple[tarfile.TarInfo, bytes]]
) -> None:
    with TemporaryDirectory() as around:
        below = Path(around) / "around" / "snapshot"
        below.mkdir(parents=True)
        client = FakeClient(
            {
                "/metadata.json": metadata(icon="icon.svg", ui=ui()),
                "/ui": archive(*below_ui),
                "/icon.svg": archive(*icon),
            }
        )
        try:
            taken = take(client, "demo", ARM64, below)
        except DextError:
            taken = None
        assert outside(below) == []
        assert client.containers == []
        assert not any(path.is_symlink() for path in below.rglob("*"))
        for path, fact in taken.facts.items() if taken else ():
            assert path.startswith("/")
            assert ".." not in path.split("/")
            assert fact.kind is not FileKind.FILE or taken is None or taken.path(path).is_file()


@given(st.binary(max_size=2000), st.integers(0, 1100), st.binary(min_size=1, max_size=8))
def test_whatever_the_engine_sends_is_read_or_refused(content: bytes, at: int, patch: bytes) -> None:
    whole = archive(folder("ui"), ("ui/index.html", b"<html>"))
    patched = whole[:at] + patch + whole[at + len(patch) :]
    for stream in (content, patched, whole[:at]):
        with TemporaryDirectory() as below:
            client = FakeClient({"/metadata.json": metadata(ui=ui()), "/ui": stream})
            try:
                take(client, "demo", ARM64, Path(below))
            except DextError:
                continue


class TestPrograms:
    """The beginning of what the image runs, and of its shell."""

    def test_the_first_place_where_the_program_is_counts(self, below: Path) -> None:
        files = {"/usr/bin/node": archive(("node", b"\x7fELF two")), "/bin/node": archive(("node", b"\x7fELF three"))}
        client = FakeClient({**files, "/bin/sh": archive(("sh", b"\x7fELF shell"))})
        taken = take(client, "demo", ARM64, below, ["/usr/local/bin/node", "/usr/bin/node", "/bin/node"])
        assert taken.programs == {"/usr/bin/node": b"\x7fELF two", "/bin/sh": b"\x7fELF shell"}
        assert "/bin/node" not in client.asked

    def test_an_image_that_runs_nothing_is_not_looked_into(self, below: Path) -> None:
        client = FakeClient({"/bin/sh": archive(("sh", b"shell"))})
        assert take(client, "demo", ARM64, below).programs == {}
        assert "/bin/sh" not in client.asked

    @pytest.mark.parametrize("content", [archive(folder("service")), archive(("service", b"")), b""])
    def test_what_is_no_program_is_none(self, content: bytes, below: Path) -> None:
        assert take(FakeClient({"/service": content}), "demo", ARM64, below, ["/service"]).programs == {}


class TestWhole:
    """Content by a path that may lead over links, as the kernel would follow them in the image."""

    @pytest.fixture
    def snapshot(self, below: Path) -> Snapshot:
        content = archive(
            folder("ui"),
            ("ui/real.js", b"real"),
            member("ui/beside.js", tarfile.SYMTYPE, link="real.js"),
            member("ui/absolute.js", tarfile.SYMTYPE, link="/ui/real.js"),
            member("ui/twice.js", tarfile.SYMTYPE, link="beside.js"),
            member("ui/self", tarfile.SYMTYPE, link="."),
            member("ui/out.js", tarfile.SYMTYPE, link="../../../../etc/hostname"),
            member("ui/loop", tarfile.SYMTYPE, link="loop"),
            member("ui/dangling", tarfile.SYMTYPE, link="absent"),
        )
        return take(FakeClient({"/metadata.json": metadata(ui=ui()), "/ui": content}), "demo", ARM64, below)

    @pytest.mark.parametrize(
        "path",
        [
            "/ui/real.js",
            "/ui/beside.js",
            "/ui/absolute.js",
            "/ui/twice.js",
            "/ui/self/real.js",
            "/ui/self/self/beside.js",
            "//ui/./real.js",
            "/ui/../ui/real.js",
        ],
    )
    def test_leads_to_the_file(self, path: str, snapshot: Snapshot) -> None:
        assert snapshot.whole(path) == b"real"

    @pytest.mark.parametrize(
        "path",
        ["/ui/out.js", "/ui/loop", "/ui/loop/real.js", "/ui/dangling", "/ui", "/", "", "/etc/hostname", "/ui/a\0b"],
    )
    def test_leads_nowhere(self, path: str, snapshot: Snapshot) -> None:
        assert snapshot.whole(path) is None
