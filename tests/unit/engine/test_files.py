from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.client import RUN_LABEL
from dext_tasks.engine.files import image_files
from dext_tasks.errors import EngineCommandError, EngineUnreachableError, ImageNotFoundError
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.formats.oci.platform import REQUIRED

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from dext_tasks.engine.client import Client
    from dext_tasks.engine.files import ImageFiles
    from tests.unit.engine.conftest import FakeDocker

pytestmark = pytest.mark.allow_processes

AMD64, ARM64 = REQUIRED
REMOVED = ["rm", "--force", "--volumes", "c0ffee"]


def packed(*names: str, size: int = 3) -> bytes:
    """What docker cp writes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = size
            archive.addfile(member, io.BytesIO(b"x" * size))
    return out.getvalue()


def header(kind: bytes, size: int) -> bytes:
    made = tarfile.TarInfo("header")
    made.type, made.size = kind, size
    return made.tobuf(tarfile.GNU_FORMAT)


def opened(client: Client) -> AbstractContextManager[ImageFiles]:
    return image_files(client, "acme/demo:1", ARM64)


@pytest.fixture
def created(docker: FakeDocker) -> FakeDocker:
    docker.answer("create", out="c0ffee\n")
    docker.answer("rm", out="c0ffee\n")
    docker.answer("cp", "c0ffee:/ui", out=packed("ui/index.html"))
    return docker


def test_create_copy_remove(created: FakeDocker) -> None:
    client = created.client()
    with opened(client) as image, image.archive("/ui") as archive:
        assert archive is not None
        assert [member.name for member in archive] == ["ui/index.html"]
    create, copy, remove = created.calls
    assert create[:3] == ["create", "--pull", "never"]
    assert create[3:5] == ["--platform", "linux/arm64"]
    assert create[5:7] == ["--label", f"{RUN_LABEL}={client.mark}"]
    assert create[-3:] == ["/", "acme/demo:1", "never-run"]
    assert copy == ["cp", "--follow-link", "c0ffee:/ui", "-"]
    assert remove == REMOVED


def test_warnings_before_the_id_are_no_part_of_it(docker: FakeDocker) -> None:
    docker.answer("create", out="WARNING: odd\nc0ffee\n")
    docker.answer("rm")
    with opened(docker.client()) as image:
        assert image.container == "c0ffee"


def test_the_container_is_removed_after_a_failure(created: FakeDocker) -> None:
    with pytest.raises(ZeroDivisionError), opened(created.client()):
        raise ZeroDivisionError
    assert created.calls[-1] == REMOVED


def test_the_container_is_removed_after_a_failed_copy(created: FakeDocker) -> None:
    created.answer("cp", err="Cannot connect to the Docker daemon", code=1)
    with (
        pytest.raises(EngineUnreachableError),
        opened(created.client()) as image,
        image.archive("/ui"),
    ):
        pass
    assert created.calls[-1] == REMOVED


def test_the_container_is_removed_after_an_interrupt(created: FakeDocker) -> None:
    with pytest.raises(Interrupted):
        be_interrupted(created.client())
    assert [call[0] for call in created.calls] == ["create", "rm"]


def be_interrupted(client: Client) -> None:
    with opened(client) as image:
        client.cancellation.cancel()
        with image.archive("/ui"):
            pass


def test_the_container_is_removed_if_an_archive_is_left_early(created: FakeDocker) -> None:
    created.answer("cp", out=packed(*(f"ui/{number}" for number in range(200)), size=5000))
    with pytest.raises(ZeroDivisionError):
        leave_early(created.client())
    assert created.calls[-1] == REMOVED


def leave_early(client: Client) -> None:
    with opened(client) as image, image.archive("/ui") as archive:
        assert archive is not None
        next(iter(archive))
        raise ZeroDivisionError


def test_an_image_that_is_not_there_leaves_nothing_to_remove(docker: FakeDocker) -> None:
    docker.answer("create", err="Error response from daemon: No such image: acme/demo:1", code=1)
    with pytest.raises(ImageNotFoundError), opened(docker.client()):
        pass
    assert [call[0] for call in docker.calls] == ["create"]


@pytest.mark.parametrize("out", ["", "\n", "  \n"])
def test_a_container_without_a_name_is_an_error(docker: FakeDocker, out: str) -> None:
    docker.answer("create", out=out)
    with pytest.raises(EngineCommandError, match="named no container"), opened(docker.client()):
        pass


@pytest.mark.parametrize(
    "said",
    [
        "Error response from daemon: Could not find the file /ui in container c0ffee",
        "Error: No such container:path: c0ffee:/ui",
        "lstat /x/ui: no such file or directory",
        "lstat /x/file/ui: not a directory",
    ],
)
def test_a_path_that_is_not_there_is_none(created: FakeDocker, said: str) -> None:
    created.answer("cp", err=said, code=1)
    with opened(created.client()) as image, image.archive("/ui") as archive:
        assert archive is None


@pytest.mark.parametrize("out", [b"", b"no tar at all", packed("a")[:700]])
def test_a_copy_that_breaks_off_is_an_error_or_nothing(created: FakeDocker, out: bytes) -> None:
    created.answer("cp", out=out, err="unexpected EOF", code=1)
    with (
        pytest.raises(EngineCommandError),
        opened(created.client()) as image,
        image.archive("/ui") as archive,
    ):
        list(archive or ())
    assert created.calls[-1] == REMOVED


def test_an_archive_that_is_cut_short_is_an_error_although_docker_is_content(created: FakeDocker) -> None:
    created.answer("cp", out=packed("ui/a", size=5000)[:2000])
    with (
        pytest.raises(EngineCommandError, match="docker cp /ui gave a broken archive"),
        opened(created.client()) as image,
        image.archive("/ui") as archive,
    ):
        list(archive or ())


@pytest.mark.parametrize(
    ("out", "why"),
    [
        (b"no tar at all" * 100, "not a tar archive"),
        # What a header claims is not read at once, whatever it is.
        (header(tarfile.XHDTYPE, 2**40), "a header of 1099511627776 bytes"),
    ],
)
def test_what_is_not_a_sound_archive_is_an_error(created: FakeDocker, out: bytes, why: str) -> None:
    created.answer("cp", out=out)
    with (
        pytest.raises(EngineCommandError, match=f"docker cp /ui gave a broken archive: {why}"),
        opened(created.client()) as image,
        image.archive("/ui") as archive,
    ):
        list(archive or ())


def test_an_empty_folder_is_an_archive_of_itself(created: FakeDocker) -> None:
    created.answer("cp", out=packed("ui"))
    with opened(created.client()) as image, image.archive("/ui") as archive:
        assert archive is not None
        assert len(list(archive)) == 1


def test_the_head_of_a_file_ends_the_copy(docker: FakeDocker) -> None:
    docker.answer("create", out="c0ffee\n")
    docker.answer("rm", out="c0ffee\n")
    docker.answer("cp", "c0ffee:/service", out=packed("service", size=1000))
    with opened(docker.client()) as image:
        assert image.head("/service", 4) == b"xxxx"
        assert image.head("/service", 5000) == b"x" * 1000
    assert docker.calls[-1] == REMOVED


def test_what_is_no_file_has_no_head(created: FakeDocker) -> None:
    created.answer("cp", "c0ffee:/absent", err="Could not find the file /absent in container c0ffee", code=1)
    with opened(created.client()) as image:
        assert image.head("/absent", 4) is None
