from __future__ import annotations

import base64
import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.client import RUN_LABEL
from dext_tasks.engine.files import image_files
from dext_tasks.errors import EngineCommandError, EngineUnreachableError, ImageNotFoundError
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.runtime.parallel import Clearing

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from dext_tasks.engine.client import Client
    from dext_tasks.engine.files import ImageFiles
    from tests.unit.engine.conftest import FakeDocker

pytestmark = pytest.mark.allow_processes

AMD64, ARM64 = REQUIRED
REMOVED = "DELETE /containers/c0ffee?force=1&v=1"
COPY = "GET /containers/c0ffee/archive?path="


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
    docker.api.reply("POST /containers/create", out={"Id": "c0ffee"})
    docker.api.reply("DELETE")
    docker.api.reply(f"{COPY}/ui", out=packed("ui/index.html"))
    return docker


def test_create_copy_remove(created: FakeDocker) -> None:
    client = created.client()
    with opened(client) as image, image.archive("/ui") as archive:
        assert archive is not None
        assert [member.name for member in archive] == ["ui/index.html"]
    name = created.api.asked[0].rpartition("&name=")[2]
    assert name.startswith(client.folder_prefix)
    assert created.api.asked == [f"POST /containers/create?platform=linux/arm64&name={name}", f"{COPY}/ui", REMOVED]
    assert created.api.bodies[0] == {
        "Image": "acme/demo:1",
        "Entrypoint": ["/"],
        "Cmd": ["never-run"],
        "Labels": {RUN_LABEL: client.mark},
        "HostConfig": {"NetworkMode": "none"},
    }


@pytest.mark.parametrize(("target", "asked"), [("/real", "/real"), ("beside", "/beside")])
def test_a_link_at_the_path_itself_is_followed(created: FakeDocker, target: str, asked: str) -> None:
    stat = base64.b64encode(json.dumps({"name": "ui", "linkTarget": target}).encode()).decode()
    created.api.reply(f"{COPY}/ui", out=packed("ui"), headers={"X-Docker-Container-Path-Stat": stat})
    created.api.reply(f"{COPY}{asked}", out=packed("followed"))
    with opened(created.client()) as image, image.archive("/ui") as archive:
        assert archive is not None
        assert [member.name for member in archive] == ["followed"]


def test_the_container_is_removed_after_a_failure(created: FakeDocker) -> None:
    with pytest.raises(ZeroDivisionError), opened(created.client()):
        raise ZeroDivisionError
    assert created.api.asked[-1] == REMOVED


def test_the_container_is_removed_beside_what_comes_next(created: FakeDocker) -> None:
    with Clearing() as clearing:
        with image_files(created.client(), "acme/demo:1", ARM64, clearing=clearing) as image, image.archive("/ui"):
            assert created.api.asked[-1] != REMOVED
        clearing.wait()
        assert created.api.asked[-1] == REMOVED


def test_an_interrupted_run_still_removes_the_container_beside_something_else(created: FakeDocker) -> None:
    client = created.client()
    with Clearing() as clearing, image_files(client, "acme/demo:1", ARM64, clearing=clearing):
        client.cancellation.cancel()
    assert created.api.asked[-1] == REMOVED


def test_the_container_is_removed_after_a_failed_copy(created: FakeDocker) -> None:
    created.api.reply(COPY, refusal="Is the docker daemon running?")
    with (
        pytest.raises(EngineUnreachableError),
        opened(created.client()) as image,
        image.archive("/ui"),
    ):
        pass
    assert created.api.asked[-1] == REMOVED


def test_the_container_is_removed_after_an_interrupt(created: FakeDocker) -> None:
    with pytest.raises(Interrupted):
        be_interrupted(created.client())
    assert [each.split()[0] for each in created.api.asked] == ["POST", "DELETE"]


def be_interrupted(client: Client) -> None:
    with opened(client) as image:
        client.cancellation.cancel()
        with image.archive("/ui"):
            pass


def test_the_container_is_removed_if_an_archive_is_left_early(created: FakeDocker) -> None:
    created.api.reply(COPY, out=packed(*(f"ui/{number}" for number in range(200)), size=5000))
    with pytest.raises(ZeroDivisionError):
        leave_early(created.client())
    assert created.api.asked[-1] == REMOVED


def leave_early(client: Client) -> None:
    with opened(client) as image, image.archive("/ui") as archive:
        assert archive is not None
        next(iter(archive))
        raise ZeroDivisionError


def test_an_image_that_is_not_there_leaves_nothing_to_remove(docker: FakeDocker) -> None:
    docker.api.reply("POST /containers/create", refusal="No such image: acme/demo:1")
    with pytest.raises(ImageNotFoundError), opened(docker.client()):
        pass
    assert len(docker.api.asked) == 1


def test_what_a_first_try_made_is_used(docker: FakeDocker) -> None:
    taken = {"message": 'Conflict. The container name "/dext-1-2" is already in use by container "c0ffee"'}
    docker.api.reply("POST /containers/create", out=taken)
    docker.api.reply("DELETE")
    with opened(docker.client()) as image:
        name = docker.api.asked[0].rpartition("&name=")[2]
        assert image.container == name
    assert docker.api.asked[1] == f"DELETE /containers/{name}?force=1&v=1"


@pytest.mark.parametrize("out", [b"", {}, {"Id": ""}])
def test_a_container_without_a_name_is_an_error(docker: FakeDocker, out: object) -> None:
    docker.api.reply("POST /containers/create", out=out)
    with (
        pytest.raises(EngineCommandError, match="in context far named no container"),
        opened(docker.client(context="far")),
    ):
        pass


@pytest.mark.parametrize(
    "said",
    [
        "Could not find the file /ui in container c0ffee",
        "No such container:path: c0ffee:/ui",
        "lstat /x/ui: no such file or directory",
        "lstat /x/file/ui: not a directory",
    ],
)
def test_a_path_that_is_not_there_is_none(created: FakeDocker, said: str) -> None:
    created.api.reply(COPY, refusal=said)
    with opened(created.client()) as image, image.archive("/ui") as archive:
        assert archive is None


def test_an_archive_that_is_cut_short_is_an_error(created: FakeDocker) -> None:
    created.api.reply(COPY, out=packed("ui/a", size=5000)[:2000])
    with (
        pytest.raises(EngineCommandError, match="docker cp /ui in context far gave a broken archive"),
        opened(created.client(context="far")) as image,
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
    created.api.reply(COPY, out=out)
    with (
        pytest.raises(EngineCommandError, match=f"docker cp /ui gave a broken archive: {why}"),
        opened(created.client()) as image,
        image.archive("/ui") as archive,
    ):
        list(archive or ())


def test_an_empty_folder_is_an_archive_of_itself(created: FakeDocker) -> None:
    created.api.reply(COPY, out=packed("ui"))
    with opened(created.client()) as image, image.archive("/ui") as archive:
        assert archive is not None
        assert len(list(archive)) == 1


def test_the_head_of_a_file_ends_the_copy(docker: FakeDocker) -> None:
    docker.api.reply("POST /containers/create", out={"Id": "c0ffee"})
    docker.api.reply("DELETE")
    docker.api.reply(f"{COPY}/service", out=packed("service", size=1000))
    with opened(docker.client()) as image:
        assert image.head("/service", 4) == b"xxxx"
        assert image.head("/service", 5000) == b"x" * 1000
    assert docker.api.asked[-1] == REMOVED


def test_what_is_no_file_has_no_head(created: FakeDocker) -> None:
    created.api.reply(f"{COPY}/absent", refusal="Could not find the file /absent in container c0ffee")
    with opened(created.client()) as image:
        assert image.head("/absent", 4) is None
