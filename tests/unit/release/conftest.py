"""A world in memory: a registry, an engine, a git repository and its remote, which keep what is done to them.

The code under test is the real one down to the registry's transport, the engine's adapter and git's. Everything
that has an effect passes two boundaries, "before" and "after"; a test may do anything at any of them.
"""

from __future__ import annotations

import json
import shutil
import threading
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy, deepcopy
from dataclasses import dataclass, field, replace
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import pytest
from semver import Version

from dext_tasks.checks.report import Report
from dext_tasks.engine.client import Client
from dext_tasks.engine.engine import Engine, Listed
from dext_tasks.engine.engines import Engines
from dext_tasks.engine.facts import ClientFacts, EngineFacts, ImageFacts, Store
from dext_tasks.errors import DextError, GitError, ImageNotFoundError, RegistryUnreachableError
from dext_tasks.extension.labels import REVISION, VERSION
from dext_tasks.extension.version import Bump, as_version
from dext_tasks.formats.oci.manifest import OCI_INDEX, OCI_MANIFEST, digest_of
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.git import Git, RemoteRefs
from dext_tasks.limits import REGISTRY_LIMITS
from dext_tasks.registry.answers import Response
from dext_tasks.registry.repository import Repository
from dext_tasks.registry.transport import Transport
from dext_tasks.release.journal import Journal, Journals
from dext_tasks.release.observe import World
from dext_tasks.release.record import Smoked, recorded
from dext_tasks.release.run import PlannedRelease, Released, carry_out, look
from dext_tasks.release.version import choose_version
from dext_tasks.smoke.result import Outcome, ProbeResult, SmokeResult
from dext_tasks.sources.snapshot import Snapshot
from dext_tasks.sources.tree import TreeSource
from tests.unit.engine_api import FakeApi

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from dext_tasks.engine.build import Built
    from dext_tasks.engine.build_request import BuildRequest
    from dext_tasks.errors import BuildFailedError, EmulatorCrashedError
    from dext_tasks.formats.oci.manifest import ManifestDocument
    from dext_tasks.project import Project
    from dext_tasks.release.steps.step import Step
    from dext_tasks.smoke.installation import Candidate, Tools
    from dext_tasks.smoke.run import SmokeListener
    from dext_tasks.sources.source import Source

IMAGE = "localhost:5000/acme/demo"
LOGIN = "docker's own login"
HEAD = "c0ffee" + "0" * 34


class Loaded(StrEnum):
    """By what an engine names an image: its manifest, its configuration, or an index with an attestation."""

    MANIFEST = "manifest"
    CONFIG = "config"
    INDEX = "index"


@dataclass(frozen=True)
class Local:
    """One platform's image, as bytes of the registry's documents."""

    platform: Platform
    config: bytes
    manifest: bytes
    index: bytes

    @classmethod
    def made(cls, platform: Platform, labels: Mapping[str, str], nonce: str) -> Local:
        """An image like no other: two builds never give the same bytes."""
        said = {"os": platform.os, "architecture": platform.architecture, "variant": platform.variant, "nonce": nonce}
        config = _document({**said, "config": {"Labels": dict(labels)}})
        manifest = _document({"mediaType": OCI_MANIFEST, "config": {"digest": digest_of(config)}, "layers": []})
        attestation = {
            "digest": digest_of(b""),
            "platform": {"os": "unknown", "architecture": "unknown"},
            "annotations": {
                "vnd.docker.reference.type": "attestation-manifest",
                "vnd.docker.reference.digest": digest_of(manifest),
            },
        }
        index = _document({"mediaType": OCI_INDEX, "manifests": [_entry(platform, manifest), attestation]})
        return cls(platform, config, manifest, index)

    def id(self, loaded: Loaded) -> str:
        return digest_of({"manifest": self.manifest, "config": self.config, "index": self.index}[loaded.value])


def _document(data: object) -> bytes:
    return json.dumps(data, sort_keys=True).encode()


def _platform_of(named: Mapping[str, str]) -> str:
    return str(Platform(named["os"], named["architecture"], named.get("variant", "")))


def _entry(platform: Platform, manifest: bytes) -> dict[str, object]:
    named = {"os": platform.os, "architecture": platform.architecture, "variant": platform.variant}
    return {"digest": digest_of(manifest), "platform": named}


BY_ROOT: dict[Path, Machine] = {}


class StoppedError(Exception):
    """The release was stopped at a boundary."""


@dataclass
class Machine:
    """All that outlives a run.

    Attributes:
        project: The source tree; its folder has the journals.
        blobs: What the registry holds, by digest.
        tags: What its tags point at.
        history: Every tag that was ever set there, with what it was set to.
        images: What the engine holds, by reference.
        files: What the commit checked out holds, as git gives it.
        said: Messages of the commits since any other.
        missing: Commits that this clone lacks.
        arguments: Build arguments that a platform was built with.
        tested: Digests of manifests whose image passed a smoke test.
        events: What had an effect, in order.
        reads: Tags whose content was read, with its digest and the number of effects until then.
        hooks: What to do at a boundary.
        refused: What is answered to a question that is asked before the build, by the question.
        is_login_given: Whether the login is in the environment alone.
        asked: Those questions, in order.
        uploads: How many uploads were begun and not cancelled.
        swept: How often an engine was looked through for what killed runs left.
        statuses: By which the registry refuses to point a tag at something.
        denied: Tags that it lists, and says that it has no manifest of.
        instead: What is answered in the registry's place, by method and path of the question; None for its own answer.
        claim_refusal: Why the git remote does not let a claim be made or removed.
        claim_rehearsals: How often was asked whether it would.
        on_sleep: What happens in a pause, where a test lets none take time.
        reads_only: Why it would not.
        kept: What the registry answers where a tag is to be deleted; None where it deletes it.
        deletions: Tags that were to be deleted, each time.
        hidden: Tags that the registry has and does not give, as one of several that are not of one mind yet.
        checked: What the rules were asked of, at the last check.
        source_report: What they find in the source tree alone.
        committed: The files of every commit.
        exported: The commits whose files were written to a folder.
        contexts: The folders that were built from.
        dockerfiles: What was in the Dockerfiles of builds.
    """

    project: Project
    loaded: Loaded = Loaded.MANIFEST
    blobs: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    history: list[tuple[str, str]] = field(default_factory=list)
    images: dict[str, Local] = field(default_factory=dict)
    tested: set[str] = field(default_factory=set)
    head: str = HEAD
    files: dict[str, str] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    arguments: dict[Platform, dict[str, str]] = field(default_factory=dict)
    changes: tuple[str, ...] = ()
    hidden_changes: tuple[str, ...] = ()
    git_tags: dict[str, str] = field(default_factory=dict)
    git_texts: dict[str, str] = field(default_factory=dict)
    remote_texts: dict[str, str] = field(default_factory=dict)
    remote_tags: dict[str, str] = field(default_factory=dict)
    remotes: tuple[str, ...] = ("origin",)
    events: list[str] = field(default_factory=list)
    reads: list[tuple[str, str, int]] = field(default_factory=list)
    hooks: dict[str, Callable[[], object]] = field(default_factory=dict)
    boundaries: list[str] = field(default_factory=list)
    smoke_fails: frozenset[Platform] = frozenset()
    withheld: tuple[str, ...] = ()
    overridden: Mapping[str, str] = field(default_factory=dict)
    refused: dict[str, DextError] = field(default_factory=dict)
    is_login_given: bool = False
    asked: list[str] = field(default_factory=list)
    swept: int = 0
    signs_tags: bool = False
    uploads: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    instead: dict[str, list[Response | None]] = field(default_factory=dict)
    checked: tuple[Source, ...] = ()
    source_report: Report = field(default_factory=lambda: Report((), (), answered=1, sources=1))
    claims: dict[str, str] = field(default_factory=dict)
    claim_texts: dict[str, str] = field(default_factory=dict)
    claim_refusal: str = ""
    claim_rehearsals: int = 0
    on_sleep: Callable[[], object] = lambda: None
    reads_only: str = ""
    light_tags: set[str] = field(default_factory=set)
    light_remote_tags: set[str] = field(default_factory=set)
    kept: Response | None = None
    deletions: list[str] = field(default_factory=list)
    requests: int = 0
    remote_looks: int = 0
    offline_at: int = -1
    committed: dict[Path, bytes] = field(default_factory=dict)
    exported: list[str] = field(default_factory=list)
    contexts: list[Path] = field(default_factory=list)
    dockerfiles: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        BY_ROOT[self.project.root] = self
        self.commit_files()

    def commit_files(self) -> None:
        """Make the files that are in the project's folder those of its commits."""
        found = (
            each for each in self.project.root.rglob("*") if each.is_file() and self.project.state not in each.parents
        )
        self.committed = {each.relative_to(self.project.root): each.read_bytes() for each in found}

    # What happens at a boundary.

    @contextmanager
    def effect(self, name: str) -> Iterator[None]:
        self.boundary(f"before {name}")
        with self.lock:
            yield
            self.events.append(name)
        self.boundary(f"after {name}")

    def boundary(self, name: str) -> None:
        with self.lock:
            self.boundaries.append(name)
            hook = self.hooks.get(name)
            if hook:
                hook()

    def ask(self, question: str) -> None:
        """A question that has no effect, whatever the answer."""
        self.asked.append(question)
        # Without the lock, so that one can wait for another.
        if hook := self.hooks.get(f"asked {question}"):
            hook()
        if question in self.refused:
            raise self.refused[question]

    def stop_at(self, boundary: str) -> None:
        def stop() -> None:
            del self.hooks[boundary]
            raise StoppedError(boundary)

        self.hooks[boundary] = stop

    def copied(self, root: Path) -> Machine:
        """What is left if everything is killed at this moment."""
        with self.lock:
            if self.project.state.is_dir():
                shutil.copytree(self.project.state, root / self.project.state.name)
            for name in ("Dockerfile", "metadata.json"):
                shutil.copy(self.project.root / name, root / name)
            made = copy(self)
            made.project = type(self.project)(root, self.project.settings)
            for name in (
                "blobs",
                "tags",
                "history",
                "images",
                "tested",
                "git_tags",
                "claims",
                "git_texts",
                "remote_tags",
                "events",
                "reads",
            ):
                setattr(made, name, deepcopy(getattr(self, name)))
            made.hooks, made.boundaries = {}, []
            made.__post_init__()
            return made

    # Runs.

    @property
    def journals(self) -> Journals:
        return Journals.of(self.project)

    def world(self) -> World:
        """The world of one run: cancellation and memory are its own."""
        return World(
            project=self.project,
            engines=Engines(FakeEngine(self)),
            repository=Repository(Reference.parse(IMAGE), cast("Transport", FakeTransport(self))),
            git=FakeGit(self.project.root, self),
            journals=FakeJournals(self.journals.folder, self),
        )

    def look(self, version: str = "", bump: Bump | None = Bump.MINOR) -> tuple[World, PlannedRelease]:
        world = self.world()
        commit = world.git.head()
        return world, look(world, choose_version(world, commit, explicit=version, bump=bump), commit)

    def release(self, version: str = "", bump: Bump | None = Bump.MINOR) -> Released:
        """As ``inv release --bump minor --yes``."""
        world, planned = self.look(version, bump)
        return carry_out(world, planned, Silent())

    def configure(self, **changed: Any) -> None:  # noqa: ANN401 - any setting
        """Change settings of the project."""
        self.project = replace(self.project, settings=replace(self.project.settings, **changed))

    def silent(self) -> Silent:
        return Silent()

    # What others do.

    def set_tag(self, tag: str, content: bytes) -> str:
        digest = digest_of(content)
        self.blobs[digest] = content
        self.tags[tag] = digest
        self.history.append((tag, digest))
        return digest

    def upload(self, image: Local) -> None:
        for content in (image.config, image.manifest, image.index):
            self.blobs[digest_of(content)] = content

    def publish(
        self, version: str, revision: str = "somebody", platforms: Sequence[Platform] = REQUIRED, nonce: str = "theirs"
    ) -> str:
        """Publish a version the way another release, or another machine, does."""
        labels = {REVISION: revision, VERSION: version}
        return self.publish_images(version, [Local.made(platform, labels, nonce) for platform in platforms])

    def publish_images(self, version: str, images: Sequence[Local]) -> str:
        for image in images:
            self.upload(image)
        entries = [_entry(image.platform, image.manifest) for image in images]
        return self.set_tag(version, _document({"mediaType": OCI_INDEX, "manifests": entries}))

    def publish_recorded(self, version: str) -> str:
        """Publish a version the way another release of dext-tasks does."""
        index = json.loads(self.blobs[self.publish(version)])
        self.history.pop()
        smoked = {each: (Smoked.PASSED, digest) for each, digest in self._manifests(version).items()}
        annotations = recorded("somebody", Version.parse(version), smoked)
        return self.set_tag(version, _document({**index, "annotations": annotations}))

    def _manifests(self, tag: str) -> dict[Platform, str]:
        return {Platform.parse(each): digest for each, digest in self.platforms_of(tag).items()}

    def publish_manifest(self, version: str, revision: str = "somebody") -> str:
        """Publish one platform without any index."""
        image = Local.made(REQUIRED[0], {REVISION: revision, VERSION: version}, "theirs")
        self.upload(image)
        return self.set_tag(version, image.manifest)

    def relabel(self, version: str, platform: Platform, labels: Mapping[str, str]) -> None:
        """Publish a version with other labels on one of its platforms."""
        image = Local.made(platform, labels, "relabelled")
        self.upload(image)
        index = json.loads(self.blobs[self.tags[version]])
        kept = [each for each in index["manifests"] if each["platform"]["architecture"] != platform.architecture]
        self.set_tag(version, _document({**index, "manifests": [*kept, _entry(platform, image.manifest)]}))

    def rebuilt(self, platform: Platform) -> None:
        """Have another image under a platform's local tag."""
        name = self.project.local_tag(platform)
        former = self.images.get(name)
        if former:
            # As docker does: it stays, and only its id is left to ask for it by.
            self.images[former.id(self.loaded)] = former
        self.images[name] = Local.made(platform, {}, "another")

    def staging_names(self) -> list[str]:
        """Names that images in the engine have for a push."""
        return [name for name in self.images if "staging-" in name]

    def move_staging(self, platform: Platform) -> None:
        """Have another image under them."""
        for name in self.staging_names():
            self.images[name] = Local.made(platform, {}, "another")

    def image_of(self, name: str) -> Local | None:
        """What an engine has by a name or an id; the other platform's thread may give a name at this moment."""
        with self.lock:
            by_id = (each for each in self.images.values() if each.id(self.loaded) == name)
            return self.images.get(name) or next(by_id, None)

    # What is there.

    def platforms_of(self, tag: str) -> dict[str, str]:
        """Digest of each platform's manifest; empty if the tag is not an index."""
        found = json.loads(self.blobs[self.tags[tag]])
        images = [entry for entry in found.get("manifests", ()) if entry["platform"]["os"] != "unknown"]
        return {_platform_of(entry["platform"]): entry["digest"] for entry in images}

    def manifest_of(self, image_id: str) -> str:
        """Digest of the manifest of an image in the engine."""
        with self.lock:
            image = next(each for each in self.images.values() if each.id(self.loaded) == image_id)
        return digest_of(image.manifest)

    def journal(self, version: str) -> Journal | None:
        return self.journals.read(version)

    def count(self, kind: str) -> int:
        return sum(event.startswith(kind) for event in self.events)

    def require_rules(self, version: str) -> None:
        """R1, R2, R4 and R5 of the design, at any moment of a release of this version by this machine alone."""
        published = [digest for tag, digest in self.history if tag == version]
        assert len(published) <= 1, f"R1: {version} was set more than once"
        if published:
            held = self.platforms_of(version)
            assert set(held) == {str(each) for each in self.project.settings.platforms}, "R2: not every platform"
            assert set(held.values()) <= self.tested, "R2: a digest that was not tested is published"
        git_tag = f"v{version}"
        if git_tag in self.git_tags:
            assert published, "R4: the git tag is there before the index"
            made, tagged = self.events.index(f"index {version}"), self.events.index(f"git tag {git_tag}")
            read = [at for tag, digest, at in self.reads if (tag, digest) == (version, published[0])]
            assert any(made < at <= tagged for at in read), "R4: the git tag is there before the index is read back"
        assert git_tag not in self.remote_tags or git_tag in self.git_tags, "R4: the remote has what we do not have"
        if self.tags.get("latest") in published:
            assert not self.remotes or git_tag in self.remote_tags, "R4: latest moves before the git tag is pushed"
        versions = {tag for tag, _ in self.history if as_version(tag)}
        assert versions <= {version}, "R5: a tag that is not a release parses as semver"


ABSENT = b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}'
# What is not the registry's answer, but a gateway's, or a server's that lags behind the others.
PAGE = Response(404, {}, b"<html>not found</html>")
MAINTENANCE = Response(200, {}, b'{"status": "maintenance"}')
LAGGING = Response(404, {}, ABSENT)
_REAL = Transport("localhost:5000", "acme/demo", push=True)


class FakeTransport:
    """The registry's side of the distribution API: what is read of it."""

    limits = REGISTRY_LIMITS

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.is_login_given = machine.is_login_given

    def until_late(self, seconds: float) -> Callable[[], None]:
        assert seconds > 0
        return lambda: None

    def request(self, method: str, path: str, *, accept: tuple[str, ...] = ()) -> Response:  # noqa: ARG002 - as Transport
        machine = self._machine
        with machine.lock:
            machine.requests += 1
            if machine.requests == machine.offline_at:
                raise RegistryUnreachableError("the registry is offline", remedy="wait")
            if (others := machine.instead.get(f"{method} {path}")) and (other := others.pop(0)):
                return self.judged(other)
            if method in ("POST", "DELETE"):
                return self._upload(method, path)
            kind, _, name = path.partition("/")
            if kind == "tags":
                return Response(200, {}, _document({"tags": sorted(machine.tags.keys() - machine.hidden)}))
            digest = name if name.startswith("sha256:") else machine.tags.get(name, "")
            content = None if name in machine.hidden | machine.denied else machine.blobs.get(digest)
            if content is None:
                return Response(404, {}, ABSENT if method == "GET" else b"")
            if method == "GET":
                machine.reads.append((name, digest, len(machine.events)))
            return Response(200, {"docker-content-digest": digest}, content if method == "GET" else b"")

    def put(
        self, path: str, document: ManifestDocument, wanted: Callable[[], bool], pause: Callable[[float], None]
    ) -> Response | None:
        pause(0)
        if not wanted():
            return None
        machine, tag = self._machine, path.removeprefix("manifests/")
        if tag in machine.statuses:
            machine.ask(f"move {tag}")
            return Response(machine.statuses[tag], {}, b'{"errors": [{"code": "DENIED", "message": "it is kept"}]}')
        with machine.effect(f"index {tag}"):
            assert document.media_type == OCI_INDEX
            machine.set_tag(tag, document.content)
        return Response(201, {}, b"")

    def judged(self, response: Response) -> Response:
        return _REAL.judged(response)

    def said(self, response: Response) -> str:
        return _REAL.said(response)

    def says_absent(self, response: Response) -> bool:
        return _REAL.says_absent(response)

    def delete(self, path: str) -> Response:
        machine, tag = self._machine, path.removeprefix("manifests/")
        machine.deletions.append(tag)
        if machine.kept:
            return machine.kept
        del machine.tags[tag]
        return Response(202, {}, b"")

    def _upload(self, method: str, path: str) -> Response:
        if method == "DELETE":
            assert path == "/v2/acme/demo/blobs/uploads/7"
            self._machine.uploads -= 1
            return Response(204, {}, b"")
        assert path == "blobs/uploads/"
        self._machine.ask("push to the registry")
        self._machine.uploads += 1
        return Response(202, {"location": "/v2/acme/demo/blobs/uploads/7"}, b"")


class FakeClient(Client):
    """Known to those who are given a client instead of an engine."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(call=["no-such-program"])
        self.machine = machine
        engine = FakeApi()
        engine.use(self)
        engine.reply("GET /_ping", out=b"OK")


class FakeEngine(Engine):
    """An engine that builds, keeps and pushes images of a few bytes."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(FakeClient(machine))
        self._machine = machine
        # Cached properties of the base: the answers are simply there.
        self.address = "unix:///var/run/docker.sock"
        self.facts = EngineFacts("29.0.0", "1.52", REQUIRED[0], Store.CONTAINERD)
        self.client_facts = ClientFacts("29.0.0", buildx="v0.29", compose="v2.40")

    def build(self, request: BuildRequest, on_line: Callable[[str], None]) -> ImageFacts:
        self.client.cancellation.check()
        machine = self._machine
        on_line(f"building {request.platform}")
        machine.arguments[request.platform] = dict(request.args)
        with machine.effect(f"build {request.platform}"):
            machine.contexts.append(request.context)
            machine.dockerfiles.add(request.dockerfile.read_bytes())
            nonce = f"{id(self)}-{len(machine.events)}-{len(machine.images)}"
            machine.images[request.tag] = Local.made(
                request.platform, {**dict(request.labels), **machine.overridden}, nonce
            )
        return self.image(request.tag)

    def image(self, reference: str) -> ImageFacts:
        with self._machine.lock:
            found = self._machine.image_of(reference)
            if found is None:
                raise ImageNotFoundError(f"no {reference}", remedy="build it")
            labels = json.loads(found.config)["config"]["Labels"]
            return ImageFacts(reference, found.id(self._machine.loaded), found.platform, labels, 7)

    def tag(self, source: str, target: str) -> None:
        self.client.cancellation.check()
        image = self._machine.image_of(source)
        assert image
        with self._named(f"tag {image.platform}", target):
            self._machine.images[target] = image

    def untag(self, reference: str) -> None:
        image = self._machine.images.get(reference)
        if image is None:
            raise ImageNotFoundError(f"no {reference}", remedy="build it")
        with self._named(f"untag {image.platform}", reference):
            del self._machine.images[reference]

    def _named(self, effect: str, name: str) -> AbstractContextManager[object]:
        """Other names than those of a push are of no consequence for what is published."""
        return self._machine.effect(effect) if "staging-" in name else self._machine.lock

    def listed(self, repositories: Sequence[str] = ()) -> list[Listed]:
        with self._machine.lock:
            named = [(*name.rpartition(":")[::2], image) for name, image in self._machine.images.items()]
        return [
            Listed(repository, tag, image.id(self._machine.loaded))
            for repository, tag, image in named
            if repository in repositories
        ]

    def push(self, reference: str, on_line: Callable[[str], None]) -> None:
        self.client.cancellation.check()
        machine = self._machine
        image = machine.images.get(reference)
        if image is None:
            raise ImageNotFoundError(f"no {reference}", remedy="build it")
        on_line("pushing")
        with machine.effect(f"push {image.platform}"):
            machine.upload(image)
            machine.set_tag(reference.rpartition(":")[2], self._pushed(image))

    def _pushed(self, image: Local) -> bytes:
        return image.index if self._machine.loaded is Loaded.INDEX else image.manifest

    def require_login_variable(self, registry: str) -> None:
        assert registry == "localhost:5000"
        self._machine.ask(LOGIN)


@dataclass(frozen=True)
class FakeGit(Git):
    """A repository with one commit and any number of tags."""

    machine: Machine

    def head(self) -> str:
        return self.machine.head

    def export(self, commit: str, folder: Path) -> Path:
        machine = self.machine
        machine.exported.append(commit)
        folder.mkdir()
        for name, content in machine.committed.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        BY_ROOT[folder] = machine
        return folder

    def changes(self) -> tuple[str, ...]:
        return self.machine.changes

    def content(self, commit: str, path: str) -> str | None:
        assert commit
        return self.machine.files.get(path)

    def has_commit(self, commit: str) -> bool:
        return commit not in self.machine.missing

    def has_history(self, since: str, until: str) -> bool:
        assert until
        return since not in self.machine.missing

    def messages(self, since: str, until: str) -> tuple[tuple[str, str], ...]:
        assert since
        assert until
        return tuple((f"{number:040x}", text) for number, text in enumerate(self.machine.said, start=1))

    def date(self, commit: str) -> str:
        assert commit
        return "2026-01-31T12:00:00+01:00"

    def days(self, commits: Collection[str]) -> dict[str, str]:
        return {commit: self.date(commit)[:10] for commit in commits if commit == HEAD}

    def hidden_changes(self) -> tuple[str, ...]:
        return self.machine.hidden_changes

    def tags(self) -> Mapping[str, str]:
        return dict(self.machine.git_tags)

    def is_lightweight(self, name: str) -> bool:
        return name in self.machine.light_tags

    def commit_of(self, tag: str) -> str:
        return self.machine.git_tags.get(tag, "")

    def text_of(self, tag: str) -> str:
        return self.machine.git_texts.get(tag, "")

    def remote_text_of(self, remote: str, name: str) -> str:
        assert remote in self.machine.remotes
        return self.machine.remote_texts.get(name, "")

    def has_remote(self, remote: str) -> bool:
        return remote in self.machine.remotes

    def remote_refs(self, remote: str) -> RemoteRefs:
        if remote not in self.machine.remotes:
            return RemoteRefs(is_configured=False)
        self.machine.remote_looks += 1
        light = frozenset(self.machine.light_remote_tags)
        return RemoteRefs(dict(self.machine.remote_tags), dict(self.machine.claims), light)

    def new_claim(self, text: str, seconds: int) -> str:
        assert seconds > 0
        made = digest_of(text.encode())
        self.machine.claim_texts[made] = text
        return made

    def claim(self, remote: str, name: str) -> str:
        assert remote in self.machine.remotes
        return self.machine.claims.get(name, "")

    def claim_text(self, remote: str, claim: str) -> str:
        assert remote in self.machine.remotes
        if claim not in self.machine.claims.values():
            raise GitError(f"no {claim}", remedy="none")
        return self.machine.claim_texts[claim]

    def swap_claim(self, remote: str, name: str, new: str, expected: str) -> str:
        assert remote in self.machine.remotes
        machine, what = self.machine, f"{'claim' if new else 'unclaim'} {name}"
        machine.boundary(f"before {what}")
        if machine.claim_refusal or machine.claims.get(name, "") != expected:
            return machine.claim_refusal or "stale info"
        machine.claims.pop(name, None)
        machine.claims |= {name: new} if new else {}
        machine.events.append(what)
        machine.boundary(f"after {what}")
        return ""

    def claim_refusal(self, remote: str, name: str, commit: str) -> str:
        assert remote in self.machine.remotes
        assert (name in self.machine.claims, commit) == (False, self.machine.head)
        self.machine.claim_rehearsals += 1
        return self.machine.reads_only

    def remote_tag(self, remote: str, name: str) -> str:
        assert remote in self.machine.remotes
        return self.machine.remote_tags.get(name, "")

    def committer(self) -> str:
        self.machine.ask("committer")
        return "Ann <ann@example.org>"

    def signs_tags(self) -> bool:
        return self.machine.signs_tags

    def require_signature(self) -> None:
        self.machine.ask("signature")

    def require_tag(self, name: str, commit: str) -> None:
        assert commit
        self.machine.ask(f"tag {name}")

    def require_push(self, remote: str, name: str, commit: str) -> None:
        assert commit
        self.machine.ask(f"push {name} to {remote}")

    def create_tag(self, name: str, commit: str, message: str) -> None:
        with self.machine.effect(f"git tag {name}"):
            if name in self.machine.git_tags and name not in self.machine.light_tags:
                raise GitError(f"tag {name} already exists", remedy="none")
            assert message.endswith(f"@{self.machine.tags[name.removeprefix('v')]}")
            self.machine.git_tags[name] = commit
            self.machine.light_tags.discard(name)
            self.machine.git_texts[name] = message

    def push_tag(self, remote: str, name: str) -> None:
        with self.machine.effect(f"git push {name}"):
            assert remote in self.machine.remotes
            self.machine.remote_tags.setdefault(name, self.machine.git_tags[name])
            self.machine.remote_texts.setdefault(name, self.machine.git_texts.get(name, ""))


@dataclass(frozen=True)
class FakeJournals(Journals):
    """The real journals, with boundaries."""

    machine: Machine

    def write(self, journal: Journal) -> None:
        done = "verified" if journal.index else "pushed" if _all_pushed(journal) else "tested"
        with self.machine.effect(f"journal {done}"):
            super().write(journal)


def _all_pushed(journal: Journal) -> bool:
    return any(each.manifest for each in journal.tested.values())


class Silent:
    """Who is told of a release's progress, and keeps the steps."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.said: list[str] = []
        self.smoke_results: list[SmokeResult] = []

    def started(self, step: Step) -> None:
        self.steps.append(f"{step.title} {step.subject}")

    def finished(self, step: Step, seconds: float) -> None:
        assert seconds >= 0
        assert f"{step.title} {step.subject}" in self.steps

    def refused(self, step: Step, why: str) -> None:
        assert why
        self.said.append(f"{step.title} was refused")

    def line(self, platform: Platform, text: str) -> None:
        self.said.append(f"{platform} {text}")

    def build_repeated(self, platform: Platform, error: EmulatorCrashedError) -> None:
        self.said.append(f"{platform} again: {error.message}")

    def built(self, platform: Platform, built: Built) -> None:
        assert built.image.platform == platform

    def build_failed(self, platform: Platform, error: BuildFailedError) -> None:
        self.said.append(f"{platform} failed: {error.message}")

    def probing(self, platform: Platform, probe_name: str) -> None:
        assert probe_name == "start", platform

    def probed(self, candidate: Candidate, result: ProbeResult) -> None:
        self.said.append(f"{candidate.platform} {result.name}")

    def smoked(self, results: Sequence[SmokeResult]) -> None:
        self.smoke_results.extend(results)

    def checked(self, report: Report) -> None:
        self.said.append(f"{report.answered} answered")


@pytest.fixture
def machine(
    make_project: Callable[..., Project],
    monkeypatch: pytest.MonkeyPatch,
    own_leases: None,  # noqa: ARG001 - as it works
) -> Machine:
    """A project at its first commit, an empty registry, and what the release core calls in place of an engine."""
    project = make_project(
        {"Dockerfile": "FROM scratch\n", "metadata.json": "{}"}, image=IMAGE, platforms=tuple(REQUIRED)
    )
    _substitute(monkeypatch)
    return Machine(project)


def _substitute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put stand-ins where steps copy files, ask rules and start containers."""

    def take(client: FakeClient, reference: str, platform: Platform, folder: Path, *_: object) -> Snapshot:
        assert client.machine.image_of(reference)
        return Snapshot(platform, folder, {}, b"{}")

    def check(subjects: Sequence[Source], *_: object, **__: object) -> Report:
        assert isinstance(subjects[0], TreeSource)
        project = subjects[0].project
        machine = BY_ROOT[project.home or project.root]
        if len(subjects) == 1:
            machine.ask("source tree")
            return machine.source_report
        machine.checked = tuple(subjects)
        with machine.effect("check"):
            return Report(findings=(), not_run=(), answered=1, sources=len(subjects))

    def smoke(tools: Tools, candidate: Candidate, listener: SmokeListener) -> SmokeResult:
        machine = BY_ROOT[tools.root]
        with machine.effect(f"smoke {candidate.platform}"):
            failed = candidate.platform in machine.smoke_fails
            outcome = Outcome.FAILED if failed else Outcome.SKIPPED if machine.withheld else Outcome.PASSED
            probe = ProbeResult("start", outcome, "", 0.1, withheld=machine.withheld)
            listener.started(candidate.platform, probe.name)
            listener.probed(candidate, probe)
            if not failed:
                machine.tested.add(machine.manifest_of(candidate.image.id))
        extract = ProbeResult("extract", Outcome.PASSED, "", 0.1)
        probes = (extract, probe) if machine.withheld else (probe,)
        return SmokeResult(candidate.platform, candidate.image.id, candidate.emulated, probes)

    def sweep(client: Client) -> list[str]:
        assert isinstance(client, FakeClient)
        with client.machine.lock:
            client.machine.swept += 1
        return []

    # They take functions of the modules below, and would keep the stand-ins if this were the first time.
    for name in ("checks.run", "smoke.run"):
        import_module(f"dext_tasks.{name}")
    # What was stopped is over, even if this process goes on.
    monkeypatch.setattr("dext_tasks.release.claim.is_free", lambda _: True)
    monkeypatch.setattr("dext_tasks.sources.snapshot.take", take)
    monkeypatch.setattr("dext_tasks.checks.report.check", check)
    monkeypatch.setattr("dext_tasks.smoke.run.smoke", smoke)
    monkeypatch.setattr("dext_tasks.engine.sweep.sweep", sweep)
    monkeypatch.setattr("dext_tasks.smoke.probes.page.opened", nullcontext)
