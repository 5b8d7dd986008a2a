"""No secret of whoever builds, tests and releases reaches a process list, a log, or a file."""

from __future__ import annotations

import base64
import json
import re
import socket
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .broken import BASE, BrokenContext
from .build_context import PAGE, SCRIPT
from .checked_images import CheckedImages
from .docker import Docker
from .git_server import git_server
from .registry import PASSWORD, USER
from .requirement import require_browser
from .smoked import smoke

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .extension import Extension
    from .program import Program
    from .registry import Registry
    from .sandbox import Sandbox

NATIVE = "linux/amd64"
VARIABLE = "canary-variable-30b7"
ARGUMENT = "canary-argument-c1d5"
GIT_PASSWORD = "canary-git-8e26"  # noqa: S105 - of a server that lives as long as one test
SECRETS = (
    *(VARIABLE, ARGUMENT, GIT_PASSWORD, PASSWORD),
    *(base64.b64encode(f"{user}:{word}".encode()).decode() for user, word in ((USER, PASSWORD), ("me", GIT_PASSWORD))),
)
# How long a process may live without being seen, seconds.
_PAUSE = 0.01


@contextmanager
def _process_list() -> Iterator[set[str]]:
    """The command lines of all processes of this machine, as they come and go."""
    seen: set[str] = set()
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(_PAUSE):
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:
                    # It is gone.
                    continue

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def _shown(texts: Iterator[str] | set[str] | list[str]) -> list[str]:
    return [f"{secret} in {text}" for text in texts for secret in SECRETS if secret in text]


def test_a_release_shows_none(extension: Extension, locked_registry: Registry, tmp_path: Path) -> None:
    image = f"{locked_registry.address}/{extension.repository}"
    extension.edit("invoke.yaml", extension.image, image)
    asking = 'ARG SECRET_TOKEN\nRUN test -n "$SECRET_TOKEN" && echo "the token is $SECRET_TOKEN"\n'
    extension.edit("Dockerfile", "FROM scratch\n", f"{asking}\nFROM scratch\n")
    extension.commit("Take a token")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.json").write_text(locked_registry.docker_config, encoding="utf-8")
    extension.git("init", "--quiet", "--bare", str(tmp_path / "remotes" / "demo.git"))
    reports = (extension.folder / "smoke.html", extension.folder / "smoke.xml")
    env = {
        "SECRET_TOKEN_OF_THE_CALLER": VARIABLE,
        "DEXT_BUILD_ARGS": f"SECRET_TOKEN={ARGUMENT}",
        "DOCKER_CONFIG": str(tmp_path / "home"),
        "GIT_TERMINAL_PROMPT": "0",
    }
    with git_server(tmp_path / "remotes", "me", GIT_PASSWORD) as address:
        extension.git("remote", "add", "origin", f"http://me:{GIT_PASSWORD}@{address}/demo.git")
        with _process_list() as seen:
            done = extension.release("-vv", "--report", str(reports[0]), "--junit", str(reports[1]), **env)
    assert done.code == 0, done
    tags = subprocess.run(
        ["git", "-C", tmp_path / "remotes" / "demo.git", "tag"], capture_output=True, check=True, text=True
    )
    assert tags.stdout.strip() == "v0.1.0"
    assert set(locked_registry.versions(extension.repository)) == {"0.1.0"}
    # Otherwise nothing was looked at.
    assert [name for name in ("buildx", "git-remote-http", "dext") if not any(name in line for line in seen)] == []
    assert "the token is" in done.err
    for line in (
        r"setting build.args is SECRET_TOKEN=\*\*\*, from DEXT_BUILD_ARGS",
        r"docker buildx build .*--build-arg 'SECRET_TOKEN=\*\*\*' .*: exit code 0, \d+\.\d{3} s",
        rf"docker push {image}:\S+: exit code 0, \d+\.\d{{3}} s",
        rf"GET http://{image.replace('/', '/v2/', 1)}/manifests/\S+: 200, \d+ bytes, \d+\.\d{{3}} s",
        r"git push --quiet --no-follow-tags origin refs/tags/v0\.1\.0:\S+: exit code 0, \d+\.\d{3} s",
        rf"registry {locked_registry.address} is asked with the login that docker has",
        r"version 0\.1\.0: the minor one after none",
        r"step smoke linux/amd64 is todo: .*",
    ):
        assert re.search(f"^{line}$", done.err, re.MULTILINE), line
    files = [*reports, *(file for file in (extension.folder / ".dext").rglob("*") if file.is_file())]
    assert _shown(seen) == []
    assert _shown([done.out, done.err, *(file.read_text(encoding="utf-8") for file in files)]) == []


@pytest.mark.usefixtures("_base_images")
def test_nobody_asks_what_listens_on_this_machine(dext: Program, sandbox: Sandbox, tmp_path: Path) -> None:
    require_browser()
    heard: list[bytes] = []
    with _listener(heard) as port:
        image = f"dext-build/{sandbox.slug}:1.0.0"
        CheckedImages(Docker(), tmp_path).build({image: _asking(port)}, (NATIVE,))
        smoked = smoke(dext, "--image", image, "--platform", NATIVE, DEXT_SMOKE_UI_RUN="always")
        probes = smoked.probes(NATIVE)
        assert probes["answer"].outcome == "passed", smoked.done
        # The page did ask, and was told what would open the way.
        assert f"smoke.ui.allow-hosts opens 127.0.0.1:{port}" in json.dumps([each.__dict__ for each in probes.values()])
    assert heard == []


@contextmanager
def _listener(heard: list[bytes]) -> Iterator[int]:
    """Notes whatever connects to 127.0.0.1, and answers nobody."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    heard.append(b"connected")

        threading.Thread(target=accept, daemon=True).start()
        port: int = server.getsockname()[1]
        yield port
        server.shutdown(socket.SHUT_RDWR)


def _asking(port: int) -> BrokenContext:
    """An extension whose page and backend ask this machine."""
    url = f"http://127.0.0.1:{port}/"
    context = BrokenContext(base=BASE)
    tab = {"title": "Demo", "root": "/ui", "src": "index.html"}
    vm = {"image": "${DESKTOP_PLUGIN_IMAGE}", "exposes": {"socket": "demo.sock"}}
    context.metadata = {"icon": "icon.svg", "ui": {"dashboard-tab": tab}, "vm": vm}
    context.files[PAGE] = (
        '<!doctype html>\n<title>Demo</title>\n<script src="app.js"></script>\n<h1>What there is</h1>\n'
    )
    context.files[SCRIPT] = f"""
fetch("{url}fetch").catch(() => {{}});
window.ddClient.extension.vm.service.get("{url}service").catch(() => {{}});
new Image().src = "{url}image";
"""
    context.files["/answer.sh"] = f"""end=$(printf '\\r')
while read -r line && [ "$line" != "$end" ]; do :; done
wget -q -T 2 -O - {url}backend
printf 'HTTP/1.0 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nok\\n'
"""
    command = ["socat", "UNIX-LISTEN:/run/guest-services/demo.sock,fork,unlink-early", "EXEC:sh /answer.sh"]
    context.instructions = f"ENTRYPOINT {json.dumps(command)}\n"
    return context
