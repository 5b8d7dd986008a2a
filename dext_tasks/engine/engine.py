"""The engine: what it is, and the images it holds."""

from __future__ import annotations

import json
import logging
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from dext_tasks import calls
from dext_tasks.engine.api_request import ApiRequest, filtered, is_number, named, of_platform
from dext_tasks.engine.build_history import Builds
from dext_tasks.engine.build_log import BuildLog, end_command
from dext_tasks.engine.build_request import BuildArguments
from dext_tasks.engine.client import Client
from dext_tasks.engine.emulator import crash_in
from dext_tasks.engine.facts import ClientFacts, EngineFacts, ImageFacts, Store, client_facts, engine_facts, image_facts
from dext_tasks.engine.faults import is_unresolved, naming, tail
from dext_tasks.engine.locality import is_here
from dext_tasks.errors import (
    BuildFailedError,
    BuildxMissingError,
    ComposeMissingError,
    DextError,
    EmulatorCrashedError,
    EmulatorMissingError,
    EngineCommandError,
    EngineTimeoutError,
    EngineUnreachableError,
    FileAccessError,
    ImageNotFoundError,
    PreflightError,
)
from dext_tasks.errors import (
    InterruptedError as Interrupted,
)
from dext_tasks.limits import ENGINE_ANSWER, ENGINE_SIGN, IMAGE_TRANSFER

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from python_on_whales import DockerClient

    from dext_tasks.engine.build_request import BuildRequest
    from dext_tasks.formats.oci.platform import Platform


_LOG = logging.getLogger(__name__)
_READS_LOGIN_VARIABLE = (28, 3)
# Failures of a build that are not a failing step; any other text may come from the step's own output.
_NOT_THE_BUILD = (
    BuildxMissingError,
    EmulatorMissingError,
    EngineTimeoutError,
    EngineUnreachableError,
    Interrupted,
)


# What engines say where there is no repository or tag.
_NONE = "<none>"


class Listed(NamedTuple):
    """A name of an image.

    Attributes:
        repository: With its registry, as docker writes it.
        tag: The tag.
        image: Id of the image.
    """

    repository: str
    tag: str
    image: str

    @property
    def reference(self) -> str:
        """The name in full."""
        return f"{self.repository}:{self.tag}"


class Engine:
    """The engine the docker client talks to."""

    def __init__(self, client: Client | None = None, builds: Builds | None = None) -> None:
        self.client = client or Client()
        self.builds = builds or Builds()
        self._asked: Future[EngineFacts] | None = None
        self._tagged: dict[str, Future[frozenset[str]]] = {}

    def prefetch_tagged(self, repository: str) -> None:
        """Begin to ask which tags the engine has of a repository, while something else goes on."""
        pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prefetch")
        self._tagged[repository] = pool.submit(self._ask_tagged, repository)
        pool.shutdown(wait=False)

    def prefetch(self) -> None:
        """Begin to ask what the engine is, and to load what talks to it, while something else goes on."""
        if self._asked is None:
            pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="prefetch")
            self._asked = pool.submit(self._ask)
            pool.submit(self.client.load)
            pool.shutdown(wait=False)

    @cached_property
    def facts(self) -> EngineFacts:
        """What the engine is; asked once.

        Raises:
            EngineUnreachableError: None answers.
            EngineTooOldError: Its API is older than the minimum.
        """
        facts = self._asked.result() if self._asked else self._ask()
        calls.decided(
            _LOG,
            "%s: API %s, %s, %s store",
            *(self.client.in_context(f"engine {facts.version}"), facts.api, facts.platform, facts.store),
        )
        return facts

    @cached_property
    def client_facts(self) -> ClientFacts:
        """What the docker client says of itself; no engine is asked for that. It takes its time, as its plugins do."""
        args = ("info", "--format", "{{json .ClientInfo}}")
        out = self.client.run(*args, what="docker info", seconds=ENGINE_ANSWER)
        said = _mapping(out, "docker info")
        with self.client.api.understood("docker info"):
            facts = client_facts(said)
        plugins = (facts.buildx or "missing", facts.compose or "missing")
        calls.decided(_LOG, "client %s, buildx %s, compose %s", facts.version or "unknown", *plugins)
        return facts

    @property
    def context(self) -> str:
        """Name of its docker context; empty for the client's current one."""
        return self.client.context

    @cached_property
    def address(self) -> str:
        """Where the client reaches it: DOCKER_HOST, or what its context says."""
        return self.client.api.address

    def has_api(self, version: tuple[int, ...]) -> bool:
        """Whether it speaks this version of the API, or a later one."""
        return _numbers(self.facts.api) >= version

    @cached_property
    def is_here(self) -> bool:
        """Whether it has this process's files, see ``locality``."""
        return is_here(self.address, self.facts)

    def responds(self) -> bool:
        """Whether it gives any sign of life; one whose process is stopped takes connections, and says nothing.

        Raises:
            InterruptedError: The run was interrupted; of the engine that says nothing.
        """
        ping = ApiRequest("GET", "/_ping", "docker version", seconds=ENGINE_SIGN)
        try:
            with self.client.api.answered(ping) as answer:
                answer.read()
        except Interrupted:
            raise
        except DextError:
            return False
        return True

    def _ask(self) -> EngineFacts:
        api = self.client.api
        version, info = api.get("/version", "docker version"), api.get("/info", "docker info")
        with api.understood("docker version"):
            return engine_facts(version, info)

    def registry_configuration(self) -> Mapping[str, Any]:
        """How registries are configured in the engine, as ``docker info`` says it; nothing if no engine answers.

        Raises:
            InterruptedError: The run was interrupted.
        """
        try:
            info = self.client.api.get("/info", "docker info")
            with self.client.api.understood("docker info"):
                found = (info or {}).get("RegistryConfig")
        except Interrupted:
            raise
        except DextError:
            return {}
        return found if isinstance(found, dict) else {}

    def require_buildx(self) -> None:
        """Require that the engine answers, and that the client can build.

        Raises:
            EngineUnreachableError: None answers.
            EngineTooOldError: Its API is older than the minimum.
            BuildxMissingError: It has no buildx plugin.
        """
        _ = self.facts
        if not (self._has_at_hand("buildx") or self.client_facts.buildx):
            raise BuildxMissingError(
                "the docker client has no buildx plugin",
                remedy="install docker-buildx (docker-buildx-plugin in Docker's own packages)",
            )

    def require_compose(self) -> None:
        """Require that the engine answers, and that the client can start services.

        Raises:
            EngineUnreachableError: None answers.
            EngineTooOldError: Its API is older than the minimum.
            ComposeMissingError: It has no compose plugin.
        """
        _ = self.facts
        if not (self._has_at_hand("compose") or self.client_facts.compose):
            raise ComposeMissingError(
                "the docker client has no compose plugin",
                remedy="install docker-compose v2 (docker-compose-plugin in Docker's own packages)",
            )

    def _has_at_hand(self, plugin: str) -> bool:
        # What the client has said counts for more.
        return "client_facts" not in vars(self) and self.client.has_at_hand(plugin)

    def require_attestations(self) -> None:
        """Require that images that are loaded keep what is attached to them.

        Raises:
            PreflightError: Its store holds one manifest for a name.
        """
        if self.facts.store is Store.CLASSIC:
            raise PreflightError(
                f"{self.client.in_context('the engine')} has the classic image store, which cannot hold attestations",
                remedy="switch it to the containerd image store, https://docs.docker.com/engine/storage/containerd/, "
                "or set build.provenance and build.sbom to false",
            )

    def builder_driver(self) -> str:
        """The driver of the current buildx builder."""
        out = self.client.run("buildx", "inspect", what="docker buildx inspect", seconds=ENGINE_ANSWER).decode()
        found = [line.partition(":")[2].strip() for line in out.splitlines() if line.startswith("Driver:")]
        return found[0] if found else "unknown"

    def build(self, request: BuildRequest, on_line: Callable[[str], None]) -> ImageFacts:
        """Build one platform and load it; every line of the log is handed on as it comes.

        Raises:
            BuildFailedError: A step failed; the detail is the end of its log.
            EmulatorCrashedError: The emulator that ran a step crashed.
        """
        arguments = BuildArguments.of(request.args)
        repository = request.tag.rpartition(":")[0]
        self.use_builds(repository)
        what = f"docker build for {request.platform}"
        made = self.client.again(what, lambda: self._build(request, arguments, on_line))
        image = self._loaded(request, made)
        self.builds.add(repository, image.id, request.origin)
        return image

    def _loaded(self, request: BuildRequest, made: Mapping[str, Any]) -> ImageFacts:
        """What a build has loaded, by what the builder calls it: somebody may have moved the name since.

        The containerd store knows it by its manifest or index, the classic one by its configuration.
        https://docs.docker.com/reference/cli/docker/buildx/build/#metadata-file
        """
        digests = (made.get(key) for key in ("containerimage.digest", "containerimage.config.digest"))
        found = next(filter(None, (self.find(digest) for digest in digests if isinstance(digest, str))), None)
        return replace(found, reference=request.tag) if found else self.image(request.tag)

    def _build(
        self, request: BuildRequest, arguments: BuildArguments, on_line: Callable[[str], None]
    ) -> Mapping[str, Any]:
        """Run a build; what buildx says of the result, nothing where it says nothing."""
        with TemporaryDirectory(prefix=self.client.folder_prefix) as folder:
            metadata = Path(folder) / "metadata.json"
            told = _build_command(request)
            with BuildLog(on_line, lambda: end_command(metadata)) as log:
                try:
                    with self.client.faults("docker build", told), self._launched(request, arguments) as docker:
                        for line in self._build_log(docker, request, arguments, metadata):
                            log.hear(self.client.redacted(line))
                except DextError as error:
                    raise self._build_failure(request, log, error) from None
            with suppress(OSError, ValueError):
                said = json.loads(metadata.read_text(encoding="utf-8"))
                return said if isinstance(said, dict) else {}
            return {}

    @staticmethod
    def use_builds(repository: str) -> None:
        """Keep a local repository's images from being cleared away by other processes until this one ends."""
        from dext_tasks.runtime.lease import Usage

        Usage(f"builds {repository}").begin()

    def _build_failure(self, request: BuildRequest, log: BuildLog, error: DextError) -> DextError:
        """What the failure of a build stands for, which its log shows better than docker's exit code."""
        if isinstance(error, _NOT_THE_BUILD) and not log.hang:
            return error
        if isinstance(error, FileAccessError) and not log.has_steps:
            return error
        if not log.lines:
            for line in error.detail.splitlines():
                log.hear(line)
        platform, text = request.platform, self.client.redacted("\n".join(log.lines))
        crash = log.hang or crash_in(log.lines)
        if crash and not platform.is_native_on(self.facts.platform):
            return EmulatorCrashedError(
                f"the emulator crashed in the build for {platform}: {self.client.redacted(crash)}",
                remedy="run the same command again; if it stays so, update QEMU (docker run --privileged --rm "
                "tonistiigi/binfmt --install all) or build where the platform is native (--platform-context, "
                "--build-builder)",
                detail=tail(text),
                log=text,
            )
        if request.sbom and is_unresolved(request.sbom, text):
            return BuildFailedError(
                f"the build for {platform} failed: the image that makes the SBOM, {request.sbom}, cannot be fetched",
                remedy="set build.sbom-generator to an image that the builder can fetch (it says what is wrong with "
                "this one), or build without an SBOM (build.sbom)",
                detail=tail(text),
                log=text,
            )
        return BuildFailedError(
            f"the build for {platform} failed",
            remedy="fix the step shown above, then run the same command again",
            detail=tail(text),
            log=text,
        )

    @contextmanager
    def _launched(self, request: BuildRequest, arguments: BuildArguments) -> Iterator[DockerClient]:
        with arguments.launched(self.client.command(request.timeout), self.client.folder_prefix) as command:
            yield self.client.whales(request.timeout, command)

    @staticmethod
    def _build_log(docker: DockerClient, request: BuildRequest, arguments: BuildArguments, metadata: Path) -> Any:  # noqa: ANN401 - a union upstream
        return docker.buildx.build(
            request.context,
            file=request.dockerfile,
            platforms=[str(request.platform)],
            tags=[request.tag],
            build_args=arguments.shown,
            labels=dict(request.labels),
            target=request.target or None,
            builder=request.builder or None,
            # Attestations turn the image into an index with an unknown/unknown entry:
            # https://github.com/docker/buildx/issues/1509
            provenance={"mode": "min"} if request.provenance else False,
            sbom={"generator": request.sbom} if request.sbom else None,
            load=True,
            progress="plain",
            metadata_file=metadata,
            stream_logs=True,
        )

    def image(self, reference: str) -> ImageFacts:
        """Look at an image; of several platforms the engine chooses one.

        Raises:
            ImageNotFoundError: The engine does not have it.
            EngineCommandError: What calls itself docker describes no image.
        """
        return self._image(reference)

    def platform_image(self, reference: str, platform: Platform) -> ImageFacts:
        """Look at one platform of an image, as engines with API 1.49 or newer can; errors as of ``image``."""
        return self._image(reference, {"platform": of_platform(platform)})

    def _image(self, reference: str, query: Mapping[str, str] = MappingProxyType({})) -> ImageFacts:
        what = f"docker image inspect {reference}"
        found = self.client.api.get(f"/images/{named(reference)}/json", what, query)
        try:
            return image_facts(reference, found)
        except (LookupError, TypeError, AttributeError, ValueError):
            raise EngineCommandError(
                f"{self.client.located(what)} described no image",
                remedy="check `docker version` by hand",
                detail=tail(str(found)),
            ) from None

    def find(self, reference: str) -> ImageFacts | None:
        """Look at an image; None if the engine does not have it."""
        try:
            return self.image(reference)
        except ImageNotFoundError:
            return None

    def image_ids(self) -> frozenset[str]:
        """Digests of all images that the engine has, named or not.

        Raises:
            EngineCommandError: It cannot say: while somebody removes an image, the containerd store may find no
                content for what it lists.
        """
        return frozenset(image for image, _ in self._image_list({"all": "1"}))

    def tagged(self, repository: str) -> frozenset[str]:
        """Every ``repository:tag`` the engine has of a repository."""
        asked = self._tagged.pop(repository, None)
        return asked.result() if asked else self._ask_tagged(repository)

    def _ask_tagged(self, repository: str) -> frozenset[str]:
        found = self._image_list(filtered(reference=repository))
        return frozenset(tag for _, tags in found for tag in tags)

    def listed(self, repositories: Sequence[str] = ()) -> list[Listed]:
        """Every name that an image has here, or those in some repositories, as docker writes them."""
        query = filtered(reference=repositories) if repositories else {}
        names = [(tag, image) for image, tags in self._image_list(query) for tag in tags]
        parted = [(*tag.rpartition(":")[::2], image) for tag, image in names]
        return [Listed(*each) for each in parted if _NONE not in each]

    def nameless(self) -> frozenset[str]:
        """Ids of images without any name."""
        return frozenset(image for image, _ in self._image_list(filtered(dangling="true")))

    def _image_list(self, query: Mapping[str, str] = MappingProxyType({})) -> list[tuple[str, tuple[str, ...]]]:
        """Id and names of images."""
        found = self.client.api.get("/images/json", "docker image ls", query)
        with self.client.api.understood("docker image ls"):
            return [(str(each["Id"]), tuple(map(str, each.get("RepoTags") or ()))) for each in found or ()]

    def sizes(self, images: Collection[str]) -> dict[str, int]:
        """Size of each image, bytes.

        Raises:
            ImageNotFoundError: One is not there.
        """
        what = "docker image inspect of several"
        found = [self.client.api.get(f"/images/{named(each)}/json", what) for each in sorted(images)]
        with self.client.api.understood(what):
            return {str(each["Id"]): int(each.get("Size") or 0) for each in found}

    def pull(self, reference: str, platform: Platform) -> None:
        """Fetch one platform's image, with the client's own login.

        Raises:
            ImageNotFoundError: The registry has none for that platform.
            LoginMissingError: The registry refused it.
            RegistryUnreachableError: It could not be reached.
        """
        args = ("pull", "--quiet", "--platform", str(platform), reference)
        with naming(reference):
            self.client.run(*args, what=f"docker pull {reference} for {platform}", seconds=IMAGE_TRANSFER)

    def tag(self, source: str, target: str) -> None:
        """Give an image another name, of a repository and a tag."""
        repository, _, tag = target.rpartition(":")
        query = {"repo": repository, "tag": tag}
        path = f"/images/{named(source)}/tag"
        self.client.api.ask(ApiRequest("POST", path, f"docker tag {target}", query, repeatable=True))

    def untag(self, reference: str) -> None:
        """Take a name off an image; the image goes with its last name."""
        with self.client.cancellation.shielded():
            self.client.api.ask(ApiRequest("DELETE", f"/images/{named(reference)}", f"docker image rm {reference}"))

    def remove_platform(self, reference: str, platform: Platform) -> None:
        """Remove one platform of an image, of which others stay; engines with API 1.50 or newer can."""
        path, what = f"/images/{named(reference)}", f"docker image rm {reference} for {platform}"
        with self.client.cancellation.shielded():
            self.client.api.ask(ApiRequest("DELETE", path, what, {"platforms": of_platform(platform)}))

    def push(self, reference: str, on_line: Callable[[str], None]) -> None:
        """Push one tag with the client's own login, again and again while the registry is in trouble.

        Raises:
            LoginMissingError: The registry refused it.
            RegistryUnreachableError: It could not be reached.
        """
        # python-on-whales would start a docker before each push, to see whether the image is there:
        # https://github.com/gabrieldemarmiesse/python-on-whales/blob/master/python_on_whales/components/image/cli_wrapper.py
        what = f"docker push {reference}"
        with naming(reference):
            self.client.patiently(
                what, lambda: self.client.follow("push", reference, what=what, seconds=IMAGE_TRANSFER, on_line=on_line)
            )

    def require_login_variable(self, registry: str) -> None:
        """Require that the client reads ``DOCKER_AUTH_CONFIG``, where the login for a push is there alone.

        https://docs.docker.com/engine/release-notes/28/#2830

        Raises:
            PreflightError: It is older.
        """
        client = self.client_facts.version
        if client and _numbers(client) < _READS_LOGIN_VARIABLE:
            raise PreflightError(
                f"the login is in DOCKER_AUTH_CONFIG alone, which docker's client {client} does not read",
                remedy=f"update the client to 28.3, or run `docker login {registry}`",
            )


def _build_command(request: BuildRequest) -> list[str]:
    """The build as it is logged: python-on-whales keeps its own command to itself."""
    options = {"--platform": str(request.platform), "--tag": request.tag, "--file": str(request.dockerfile)}
    options |= {"--target": request.target, "--builder": request.builder}
    given = [word for flag, value in options.items() if value for word in (flag, value)]
    args = [word for name, value in request.args for word in ("--build-arg", f"{name}={value}")]
    return ["buildx", "build", "--load", *given, *args, str(request.context)]


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) if is_number(part) else 0 for part in text.split("."))


def _mapping(out: bytes, what: str) -> Mapping[str, Any]:
    try:
        data = json.loads(out)
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise EngineCommandError(
            f"{what} gave no JSON object",
            remedy="check `docker version` by hand",
            detail=tail(out.decode(errors="replace")),
        )
    return data
