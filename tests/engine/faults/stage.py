"""Where one release is disturbed: a repository with one version in the registry, a clone, a git remote, a login."""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

from ..docker import Docker
from ..extension import REGISTRY
from ..program import Program, environment
from ..registry import ACCEPT, PASSWORD, USER, Registry
from ..sandbox import ORGANISATION
from .gate import LOGIN, Gate
from .outsider import LATEST, Outsider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..program import Done, Running

OLD, NEW = "0.1.0", "0.2.0"
# Of the rerun of a release; a first run waits as long as the disturbance lasts.
BOUND = 600.0
INTERNAL = 70
_DOCKERFILE = r"""
FROM scratch
LABEL org.opencontainers.image.title="Tiny" \
      org.opencontainers.image.description="A page." \
      org.opencontainers.image.vendor="Tests" \
      com.docker.desktop.extension.api.version=">= 0.3.4" \
      com.docker.extension.detailed-description="<p>A page.</p>" \
      com.docker.desktop.extension.icon="https://example.com/icon.svg" \
      com.docker.extension.screenshots="[{\"alt\": \"A page\", \"url\": \"https://example.com/page.png\"}]" \
      com.docker.extension.publisher-url="https://example.com" \
      com.docker.extension.categories="utility-tools" \
      com.docker.extension.changelog="<ul><li>A page.</li></ul>"
COPY metadata.json icon.svg /
COPY ui /ui
"""
_METADATA = {"icon": "icon.svg", "ui": {"dashboard-tab": {"title": "Tiny", "root": "/ui", "src": "index.html"}}}
_ICON = '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><circle cx="32" cy="32" r="32"/></svg>\n'
_SETTINGS = "dext:\n  image: localhost:1/set-by/a-flag\n  smoke: {settle: 0, ui: {run: never}}\n"


@dataclass(frozen=True)
class Template:
    """An extension of two commits, the first of which is released; every stage begins as a copy of it.

    Attributes:
        folder: With the clone and the bare repository it pushes to.
        repository: In the registry.
    """

    folder: Path
    repository: str

    @classmethod
    @contextmanager
    def prepared(cls, folder: Path) -> Iterator[Template]:
        """One of which nothing is left afterwards, in the registry and in the engine."""
        slug = f"f{uuid.uuid4().hex[:10]}"
        template = cls(folder, f"{ORGANISATION}/{slug}")
        try:
            template._make()
            yield template
        finally:
            Registry(REGISTRY).clear(template.repository)
            remove_images(slug)

    def _make(self) -> None:
        folder, clone = self.folder, self.folder / "clone"
        (clone / "ui").mkdir(parents=True)
        files = {
            "Dockerfile": _DOCKERFILE,
            "metadata.json": json.dumps(_METADATA),
            "icon.svg": _ICON,
            "invoke.yaml": _SETTINGS,
            ".gitignore": ".dext/\n",
            "tasks.py": "from dext_tasks import namespace as ns  # noqa: F401\n",
        }
        for name, text in files.items():
            (clone / name).write_text(text, encoding="utf-8")
        git = Program(clone, environment(folder), "git")
        for command in (("init", "--quiet"), ("init", "--quiet", "--bare", str(folder / "remote.git"))):
            assert git(*command).code == 0
        # What git makes has no path of this folder, so that a copy is a clone of the copied remote.
        assert git("remote", "add", "origin", "../remote.git").code == 0
        write_commit(clone, git, "one")
        dext = Program(clone, {**environment(folder), "DEXT_SMOKE_UI_RUN": "never"})
        done = dext("release", "--yes", "--version", OLD, "--image", f"{REGISTRY}/{self.repository}")
        assert done.code == 0, done
        write_commit(clone, git, "two")

    def seed(self, registry: Registry, repository: str) -> None:
        """Give another repository what this one's has, without sending a byte of it."""
        index = registry.manifest(self.repository, OLD)
        for each in index["manifests"]:
            manifest = registry.manifest(self.repository, each["digest"])
            for blob in (manifest["config"], *manifest["layers"]):
                path = f"/v2/{repository}/blobs/uploads/?mount={blob['digest']}&from={self.repository}"
                assert _sent("POST", path) == 201
            _copy(self.repository, repository, each["digest"], each["digest"])
        for tag in (OLD, LATEST):
            _copy(self.repository, repository, OLD, tag)


def write_commit(clone: Path, git: Program, what: str, *, push: bool = True) -> None:
    """A commit whose page says which one it is."""
    page = f"<!doctype html><html lang='en'><title>Tiny</title><p>commit {what}</p></html>\n"
    (clone / "ui" / "index.html").write_text(page, encoding="utf-8")
    pushed = [("push", "--quiet", "origin", "HEAD")] if push else []
    for command in (("add", "--all"), ("commit", "--quiet", "--message", what), *pushed):
        done = git(*command)
        assert done.code == 0, done


@dataclass
class Stage:
    """The place of one case.

    Attributes:
        folder: Of everything; short, as unix sockets are made below it.
        repository: In the registry.
        image: The same, with the gate's address.
        gate: What everybody asks in the registry's place.
        outsider: Who watches.
        dext: The console script in the clone.
        violations: What else must not be.
    """

    folder: Path
    repository: str
    image: str
    gate: Gate
    outsider: Outsider
    dext: Program
    violations: list[str] = field(default_factory=list)

    @property
    def clone(self) -> Path:
        return self.folder / "clone"

    @property
    def bare(self) -> Path:
        return self.outsider.bare

    @property
    def registry(self) -> Registry:
        return Registry(REGISTRY)

    def git(self, *args: str) -> str:
        done = Program(self.clone, self.dext.env, "git")(*args)
        assert done.code == 0, done
        return done.out.strip()

    @contextmanager
    def release(self, version: str = "") -> Iterator[Running]:
        """The release under way, as a process of its own; of the next minor version unless told otherwise."""
        which = ("--version", version) if version else ("--bump", "minor")
        with self.dext.start("release", "--yes", *which, "--image", self.image) as running:
            yield running

    def released(self, version: str = "") -> Done:
        with self.release(version) as running:
            return running.end(BOUND)

    def judge(self, done: Done) -> None:
        """What has to be so after any run, however it ended."""
        said = done.out + done.err
        if done.code == INTERNAL or "Traceback" in said:
            self.say(f"a run ended with an internal error: {said[-600:]}")
        if [secret for secret in (PASSWORD, LOGIN) if secret in said + self._written()]:
            self.say("R8: the password is in an output or in the state folder")
        if done.code == 0 and (open_ends := self.open_ends()):
            self.say(f"R3: ended with 0 although {'; '.join(open_ends)}")

    def open_ends(self) -> list[str]:
        """What is still to be done before the release is whole."""
        sight = self.outsider.look()
        digest = sight.tags.get(NEW)
        if not digest:
            return [f"{NEW} is not published"]
        tag = f"v{NEW}"
        found = []
        if sight.tags.get(LATEST) != digest:
            found.append(f"latest is {sight.tags.get(LATEST)}, and {NEW} is {digest}")
        if tag not in sight.remote:
            found.append(f"the git tag {tag} is not pushed")
        else:
            found += self._wrong_tag(tag, digest)
        # It stays only where nobody knows what became of the index; by now it is published.
        found += [f"the claim of {name} is left on the git remote" for name in sight.claims]
        return found + self._wrong_images(digest)

    def _wrong_tag(self, tag: str, digest: str) -> list[str]:
        bare = Program(self.bare, self.dext.env, "git")
        shown = bare("cat-file", "-p", f"refs/tags/{tag}").out
        head = self.git("rev-parse", "HEAD")
        found = [] if f"object {head}" in shown else [f"the git tag {tag} is no annotated one on {head}"]
        return found + ([] if digest in shown else [f"the message of {tag} does not name {digest}: {shown[-300:]}"])

    def published_from(self) -> str:
        """The commit that the images of the new version name; empty if it is not published, or mixed."""
        digest = self.outsider.look().tags.get(NEW)
        platforms = self.registry.platforms(self.repository, digest).values() if digest else ()
        labels = [self.registry.config(self.repository, each)["config"]["Labels"] for each in platforms]
        revisions = {each.get("org.opencontainers.image.revision", "") for each in labels}
        if len(revisions) > 1:
            self.say(f"R6: {NEW} has images of {', '.join(sorted(revisions))}")
        return revisions.pop() if len(revisions) == 1 else ""

    def _wrong_images(self, digest: str) -> list[str]:
        head = self.git("rev-parse", "HEAD")
        found = []
        for platform, manifest in self.registry.platforms(self.repository, digest).items():
            config = self.registry.config(self.repository, manifest)
            labels = config["config"]["Labels"]
            named = f"{config['os']}/{config['architecture']}"
            revision = labels.get("org.opencontainers.image.revision")
            if (named, revision) != (platform, head):
                found.append(f"{manifest} for {platform} is {named} of commit {revision}, and the commit is {head}")
            if self.git("show", f"{head}:ui/index.html") not in self._page(manifest):
                found.append(f"{manifest} for {platform} has files of another commit than {head}")
        return found

    def _page(self, manifest: str) -> str:
        """The page in an image, as the registry has it."""
        for layer in self.registry.manifest(self.repository, manifest)["layers"]:
            content = self.registry.blob(self.repository, layer["digest"])
            with tarfile.open(fileobj=io.BytesIO(content)) as archive:
                if "ui/index.html" in archive.getnames() and (file := archive.extractfile("ui/index.html")):
                    return file.read().decode()
        return ""

    def say(self, what: str) -> None:
        if what not in self.violations:
            self.violations.append(what)

    def _written(self) -> str:
        files = (file for file in (self.clone / ".dext").rglob("*") if file.is_file())
        return "".join(file.read_text(encoding="utf-8", errors="replace") for file in files)


@contextmanager
def staged(template: Template) -> Iterator[Stage]:
    """A stage of one case, of which nothing is left afterwards."""
    slug = f"f{uuid.uuid4().hex[:10]}"
    repository = f"{ORGANISATION}/{slug}"
    folder = Path(tempfile.mkdtemp(prefix="dxf-"))
    registry = Registry(REGISTRY)
    template.seed(registry, repository)
    for name in ("clone", "remote.git"):
        shutil.copytree(template.folder / name, folder / name, symlinks=True, ignore=shutil.ignore_patterns(".dext"))
    gate = Gate(REGISTRY, stale=(template.repository, repository))
    outsider = Outsider(registry, repository, folder / "remote.git", frozenset({OLD, NEW}))
    try:
        with gate.open():
            env = {**environment(made(folder / "t")), "DOCKER_CONFIG": str(_login(folder / "docker", gate.address))}
            dext = Program(folder / "clone", {**env, "DEXT_SMOKE_UI_RUN": "never"})
            gate.watch = outsider.witness
            outsider.look()
            thread = outsider.watch()
            try:
                yield Stage(folder, repository, f"{gate.address}/{repository}", gate, outsider, dext)
            finally:
                outsider.stop(thread)
    finally:
        registry.clear(repository)
        remove_images(slug)
        shutil.rmtree(folder, ignore_errors=True)


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _login(folder: Path, address: str) -> Path:
    auth = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    made(folder)
    (folder / "config.json").write_text(json.dumps({"auths": {address: {"auth": auth}}}), encoding="utf-8")
    return folder


def remove_images(slug: str) -> None:
    """Remove the images with this in their name, all at once.

    The containerd store collects garbage before it answers, and does so once for all that wait:
    https://github.com/containerd/containerd/blob/main/docs/garbage-collection.md (synchronous removal)
    """
    names = Docker().references(slug)
    with ThreadPoolExecutor(max(1, len(names))) as pool:
        list(pool.map(_remove_image, names))


def _remove_image(name: str) -> None:
    subprocess.run(["docker", "image", "rm", "--force", name], check=False, capture_output=True, timeout=BOUND)


def _copy(source: str, target: str, name: str, tag: str) -> None:
    connection = HTTPConnection(REGISTRY, timeout=60)
    connection.request("GET", f"/v2/{source}/manifests/{name}", headers={"Accept": ", ".join(ACCEPT)})
    answer = connection.getresponse()
    body, kind = answer.read(), answer.headers["Content-Type"]
    connection.close()
    assert _sent("PUT", f"/v2/{target}/manifests/{tag}", body, kind) == 201


def _sent(method: str, path: str, body: bytes = b"", kind: str = "application/octet-stream") -> int:
    connection = HTTPConnection(REGISTRY, timeout=60)
    connection.request(method, path, body, {"Content-Type": kind})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status
