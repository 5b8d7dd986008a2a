# Made by scripts/generate-docs of the declarations of the verbs and of the options they take.

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, overload

from invoke.collection import Collection
from invoke.context import Context

from dext_tasks.tasks.task import Verb

class _Abort(Verb):
    def __call__(  # type: ignore[override]  # as Verb
        self,
        c: Context,
        version: str | None = None,
        yes: bool = False,
        image: str | None = None,
        release_tag_prefix: str | None = None,
        release_remote: str | None = None,
        path: str | os.PathLike[str] | None = None,
        json: bool = False,
        verbose: int = 0,
        dry_run: bool = False,
    ) -> None: ...

class _Adopt(Verb):
    def __call__(  # type: ignore[override]  # as Verb
        self,
        c: Context,
        dir: str | None = None,
        all: bool = False,
        ci: str | None = None,
        yes: bool = False,
        undo: bool = False,
        image: str | None = None,
        platform: str | Sequence[str] | None = None,
        dockerfile: str | None = None,
        metadata: str | None = None,
        build_arg: str | Sequence[str] | Mapping[str, str] | None = None,
        build_target: str | None = None,
        release_tag_prefix: str | None = None,
        ignore_tag: str | Sequence[str] | None = None,
        path: str | os.PathLike[str] | None = None,
        json: bool = False,
        verbose: int = 0,
        dry_run: bool = False,
    ) -> None: ...

class _Build(Verb):
    def __call__(  # type: ignore[override]  # as Verb
        self,
        c: Context,
        platform: str | Sequence[str] | None = None,
        platform_context: str | Sequence[str] | Mapping[str, str] | None = None,
        dockerfile: str | None = None,
        metadata: str | None = None,
        build_arg: str | Sequence[str] | Mapping[str, str] | None = None,
        build_target: str | None = None,
        build_builder: str | None = None,
        build_provenance: bool | str | None = None,
        build_sbom: bool | str | None = None,
        build_sbom_generator: str | None = None,
        build_timeout: float | str | None = None,
        allow_dirty: bool | str | None = None,
        image: str | None = None,
        path: str | os.PathLike[str] | None = None,
        json: bool = False,
        verbose: int = 0,
        dry_run: bool = False,
    ) -> None: ...

class _Check(Verb):
    def __call__(  # type: ignore[override]  # as Verb
        self,
        c: Context,
        image: str | None = None,
        remote: str | None = None,
        deep: bool = False,
        sdk: str | None = None,
        desktop: str | None = None,
        format: str | None = None,
        output: str | None = None,
        explain: str | None = None,
        platform: str | Sequence[str] | None = None,
        platform_context: str | Sequence[str] | Mapping[str, str] | None = None,
        dockerfile: str | None = None,
        metadata: str | None = None,
        build_arg: str | Sequence[str] | Mapping[str, str] | None = None,
        build_target: str | None = None,
        select: str | Sequence[str] | None = None,
        ignore: str | Sequence[str] | Mapping[str, str] | None = None,
        strict: bool | str | None = None,
        online: bool | str | None = None,
        private_addresses: bool | str | None = None,
        runtime: str | Sequence[str] | None = None,
        path: str | os.PathLike[str] | None = None,
        json: bool = False,
        verbose: int = 0,
    ) -> None: ...

class _Clean(Verb):
    def __call__(  # type: ignore[override]  # as Verb
        self,
        c: Context,
        all: bool = False,
        platform_context: str | Sequence[str] | Mapping[str, str] | None = None,
        path: str | os.PathLike[str] | None = None,
        json: bool = False,
        verbose: int = 0,
        dry_run: bool = False,
    ) -> None: ...

class _Config(Verb):
    def __call__(  # type: ignore[override]  # as Verb
        self,
        c: Context,
        path: str | os.PathLike[str] | None = None,
        json: bool = False,
        verbose: int = 0,
    ) -> None: ...

class _Doctor(Verb):
    def __call__(  # type: ignore[override]  # as Verb
        self,
        c: Context,
        platform: str | Sequence[str] | None = None,
        platform_context: str | Sequence[str] | Mapping[str, str] | None = None,
        image: str | None = None,
        path: str | os.PathLike[str] | None = None,
        json: bool = False,
        verbose: int = 0,
    ) -> None: ...

class _Fix(Verb):
    def __call__(  # type: ignore[override]  # as Verb
        self,
        c: Context,
        rule: Sequence[str] | None = None,
        yes: bool = False,
        list: bool = False,
        platform: str | Sequence[str] | None = None,
        dockerfile: str | None = None,
        metadata: str | None = None,
        build_arg: str | Sequence[str] | Mapping[str, str] | None = None,
        build_target: str | None = None,
        select: str | Sequence[str] | None = None,
        ignore: str | Sequence[str] | Mapping[str, str] | None = None,
        strict: bool | str | None = None,
        online: bool | str | None = None,
        private_addresses: bool | str | None = None,
        runtime: str | Sequence[str] | None = None,
        path: str | os.PathLike[str] | None = None,
        json: bool = False,
        verbose: int = 0,
        dry_run: bool = False,
    ) -> None: ...

class _Github(Verb):
    def __call__(  # type: ignore[override]  # as Verb
        self,
        c: Context,
        extension: Sequence[str] | None = None,
        emulate: bool = False,
        force: bool = False,
        path: str | os.PathLike[str] | None = None,
        json: bool = False,
        verbose: int = 0,
        dry_run: bool = False,
    ) -> None: ...

class _Gitlab(Verb):
    def __call__(  # type: ignore[override]  # as Verb
        self,
        c: Context,
        extension: Sequence[str] | None = None,
        emulate: bool = False,
        force: bool = False,
        path: str | os.PathLike[str] | None = None,
        json: bool = False,
        verbose: int = 0,
        dry_run: bool = False,
    ) -> None: ...

class _Labels(Verb):
    def __call__(  # type: ignore[override]  # as Verb
        self,
        c: Context,
        image: str | None = None,
        remote: str | None = None,
        platform: str | None = None,
        dockerfile: str | None = None,
        build_arg: str | Sequence[str] | Mapping[str, str] | None = None,
        build_target: str | None = None,
        path: str | os.PathLike[str] | None = None,
        json: bool = False,
        verbose: int = 0,
    ) -> None: ...

class _ListVersions(Verb):
    def __call__(  # type: ignore[override]  # as Verb
        self,
        c: Context,
        all: bool = False,
        platform: str | Sequence[str] | None = None,
        image: str | None = None,
        release_tag_prefix: str | None = None,
        release_remote: str | None = None,
        ignore_tag: str | Sequence[str] | None = None,
        path: str | os.PathLike[str] | None = None,
        json: bool = False,
        verbose: int = 0,
    ) -> None: ...

class _Manual(Verb):
    def __call__(  # type: ignore[override]  # as Verb
        self,
        c: Context,
        page: str | None = None,
        path: str | os.PathLike[str] | None = None,
        json: bool = False,
        verbose: int = 0,
    ) -> None: ...

class _Matrix(Verb):
    def __call__(  # type: ignore[override]  # as Verb
        self,
        c: Context,
        prefix: str | None = None,
        extension: Sequence[str] | None = None,
        only: str | None = None,
        platform: str | Sequence[str] | None = None,
        platform_context: str | Sequence[str] | Mapping[str, str] | None = None,
        runs_on: str | Sequence[str] | Mapping[str, object] | None = None,
        path: str | os.PathLike[str] | None = None,
        json: bool = False,
        verbose: int = 0,
    ) -> None: ...

class _New(Verb):
    def __call__(  # type: ignore[override]  # as Verb
        self,
        c: Context,
        name: str | None = None,
        image: str | None = None,
        title: str | None = None,
        description: str | None = None,
        vendor: str | None = None,
        publisher_url: str | None = None,
        repository: str | None = None,
        category: str | None = None,
        frontend: str | None = None,
        backend: str | None = None,
        compose: bool | str | None = None,
        host_binaries: bool | str | None = None,
        ci: str | None = None,
        license: str | None = None,
        year: str | None = None,
        updates: str | None = None,
        api_version: str | None = None,
        answers: str | None = None,
        data: Sequence[str] | None = None,
        defaults: bool = False,
        yes: bool = False,
        list: bool = False,
        force: bool = False,
        path: str | os.PathLike[str] | None = None,
        json: bool = False,
        verbose: int = 0,
        dry_run: bool = False,
    ) -> None: ...

class _Release(Verb):
    def __call__(  # type: ignore[override]  # as Verb
        self,
        c: Context,
        bump: str | None = None,
        version: str | None = None,
        yes: bool = False,
        report: str | None = None,
        junit: str | None = None,
        pre: str | None = None,
        prepare: str | None = None,
        finish: Sequence[str] | None = None,
        from_changelog: bool = False,
        from_commits: bool = False,
        notes: str | None = None,
        write_changelog: bool = False,
        platform: str | Sequence[str] | None = None,
        platform_context: str | Sequence[str] | Mapping[str, str] | None = None,
        dockerfile: str | None = None,
        metadata: str | None = None,
        build_arg: str | Sequence[str] | Mapping[str, str] | None = None,
        build_target: str | None = None,
        build_builder: str | None = None,
        build_provenance: bool | str | None = None,
        build_sbom: bool | str | None = None,
        build_sbom_generator: str | None = None,
        build_timeout: float | str | None = None,
        image: str | None = None,
        release_tag_prefix: str | None = None,
        release_remote: str | None = None,
        release_latest: bool | str | None = None,
        release_sign: bool | str | None = None,
        release_sign_key: str | None = None,
        floating: str | Sequence[str] | None = None,
        changelog: str | None = None,
        line: str | None = None,
        ignore_tag: str | Sequence[str] | None = None,
        select: str | Sequence[str] | None = None,
        ignore: str | Sequence[str] | Mapping[str, str] | None = None,
        strict: bool | str | None = None,
        runtime: str | Sequence[str] | None = None,
        smoke_timeout: float | str | None = None,
        smoke_settle: float | str | None = None,
        allow_engine_socket: bool | str | None = None,
        allow: str | Sequence[str] | None = None,
        smoke_memory: str | None = None,
        smoke_pids: int | str | None = None,
        smoke_requests: str | Sequence[Mapping[str, object]] | None = None,
        smoke_proxy: str | None = None,
        smoke_proxy_image: str | None = None,
        smoke_binary_argument: str | Sequence[str] | Mapping[str, str] | None = None,
        smoke_host_image: str | None = None,
        ui: str | None = None,
        smoke_ui_browser: str | None = None,
        smoke_ui_timeout: float | str | None = None,
        smoke_ui_script: str | None = None,
        smoke_ui_dialog: str | Sequence[str] | None = None,
        smoke_ui_allow_host: str | Sequence[str] | None = None,
        smoke_start_optional: bool | str | None = None,
        path: str | os.PathLike[str] | None = None,
        json: bool = False,
        verbose: int = 0,
        dry_run: bool | str | None = None,
    ) -> None: ...

class _Resume(Verb):
    def __call__(  # type: ignore[override]  # as Verb
        self,
        c: Context,
        yes: bool = False,
        report: str | None = None,
        junit: str | None = None,
        prepare: str | None = None,
        finish: Sequence[str] | None = None,
        notes: str | None = None,
        platform: str | Sequence[str] | None = None,
        platform_context: str | Sequence[str] | Mapping[str, str] | None = None,
        dockerfile: str | None = None,
        metadata: str | None = None,
        build_arg: str | Sequence[str] | Mapping[str, str] | None = None,
        build_target: str | None = None,
        build_builder: str | None = None,
        build_provenance: bool | str | None = None,
        build_sbom: bool | str | None = None,
        build_sbom_generator: str | None = None,
        build_timeout: float | str | None = None,
        image: str | None = None,
        release_tag_prefix: str | None = None,
        release_remote: str | None = None,
        release_latest: bool | str | None = None,
        release_sign: bool | str | None = None,
        release_sign_key: str | None = None,
        floating: str | Sequence[str] | None = None,
        changelog: str | None = None,
        line: str | None = None,
        ignore_tag: str | Sequence[str] | None = None,
        select: str | Sequence[str] | None = None,
        ignore: str | Sequence[str] | Mapping[str, str] | None = None,
        strict: bool | str | None = None,
        runtime: str | Sequence[str] | None = None,
        smoke_timeout: float | str | None = None,
        smoke_settle: float | str | None = None,
        allow_engine_socket: bool | str | None = None,
        allow: str | Sequence[str] | None = None,
        smoke_memory: str | None = None,
        smoke_pids: int | str | None = None,
        smoke_requests: str | Sequence[Mapping[str, object]] | None = None,
        smoke_proxy: str | None = None,
        smoke_proxy_image: str | None = None,
        smoke_binary_argument: str | Sequence[str] | Mapping[str, str] | None = None,
        smoke_host_image: str | None = None,
        ui: str | None = None,
        smoke_ui_browser: str | None = None,
        smoke_ui_timeout: float | str | None = None,
        smoke_ui_script: str | None = None,
        smoke_ui_dialog: str | Sequence[str] | None = None,
        smoke_ui_allow_host: str | Sequence[str] | None = None,
        smoke_start_optional: bool | str | None = None,
        path: str | os.PathLike[str] | None = None,
        json: bool = False,
        verbose: int = 0,
        dry_run: bool | str | None = None,
    ) -> None: ...

class _Smoke(Verb):
    def __call__(  # type: ignore[override]  # as Verb
        self,
        c: Context,
        image: str | None = None,
        build: bool = True,
        keep: bool = False,
        report: str | None = None,
        junit: str | None = None,
        platform: str | Sequence[str] | None = None,
        platform_context: str | Sequence[str] | Mapping[str, str] | None = None,
        dockerfile: str | None = None,
        metadata: str | None = None,
        build_arg: str | Sequence[str] | Mapping[str, str] | None = None,
        build_target: str | None = None,
        build_builder: str | None = None,
        build_provenance: bool | str | None = None,
        build_sbom: bool | str | None = None,
        build_sbom_generator: str | None = None,
        build_timeout: float | str | None = None,
        allow_dirty: bool | str | None = None,
        smoke_timeout: float | str | None = None,
        smoke_settle: float | str | None = None,
        allow_engine_socket: bool | str | None = None,
        allow: str | Sequence[str] | None = None,
        smoke_memory: str | None = None,
        smoke_pids: int | str | None = None,
        smoke_requests: str | Sequence[Mapping[str, object]] | None = None,
        smoke_proxy: str | None = None,
        smoke_proxy_image: str | None = None,
        smoke_binary_argument: str | Sequence[str] | Mapping[str, str] | None = None,
        smoke_host_image: str | None = None,
        ui: str | None = None,
        smoke_ui_browser: str | None = None,
        smoke_ui_timeout: float | str | None = None,
        smoke_ui_script: str | None = None,
        smoke_ui_dialog: str | Sequence[str] | None = None,
        smoke_ui_allow_host: str | Sequence[str] | None = None,
        path: str | os.PathLike[str] | None = None,
        json: bool = False,
        verbose: int = 0,
        dry_run: bool = False,
    ) -> None: ...

class _Status(Verb):
    def __call__(  # type: ignore[override]  # as Verb
        self,
        c: Context,
        bump: str | None = None,
        version: str | None = None,
        pre: str | None = None,
        from_changelog: bool = False,
        from_commits: bool = False,
        platform: str | Sequence[str] | None = None,
        platform_context: str | Sequence[str] | Mapping[str, str] | None = None,
        image: str | None = None,
        release_tag_prefix: str | None = None,
        release_remote: str | None = None,
        release_latest: bool | str | None = None,
        release_sign: bool | str | None = None,
        release_sign_key: str | None = None,
        floating: str | Sequence[str] | None = None,
        changelog: str | None = None,
        line: str | None = None,
        ignore_tag: str | Sequence[str] | None = None,
        path: str | os.PathLike[str] | None = None,
        json: bool = False,
        verbose: int = 0,
    ) -> None: ...

class _Upgrade(Verb):
    def __call__(  # type: ignore[override]  # as Verb
        self,
        c: Context,
        check: bool = False,
        data: Sequence[str] | None = None,
        path: str | os.PathLike[str] | None = None,
        json: bool = False,
        verbose: int = 0,
        dry_run: bool = False,
    ) -> None: ...

class _Verify(Verb):
    def __call__(  # type: ignore[override]  # as Verb
        self,
        c: Context,
        reference: str | None = None,
        platform: str | Sequence[str] | None = None,
        image: str | None = None,
        release_tag_prefix: str | None = None,
        release_remote: str | None = None,
        path: str | os.PathLike[str] | None = None,
        json: bool = False,
        verbose: int = 0,
    ) -> None: ...

class _Namespace(Collection):
    @overload
    def __getitem__(self, name: Literal["release.abort"]) -> _Abort: ...
    @overload
    def __getitem__(self, name: Literal["adopt"]) -> _Adopt: ...
    @overload
    def __getitem__(self, name: Literal["build"]) -> _Build: ...
    @overload
    def __getitem__(self, name: Literal["check"]) -> _Check: ...
    @overload
    def __getitem__(self, name: Literal["clean"]) -> _Clean: ...
    @overload
    def __getitem__(self, name: Literal["config"]) -> _Config: ...
    @overload
    def __getitem__(self, name: Literal["doctor"]) -> _Doctor: ...
    @overload
    def __getitem__(self, name: Literal["fix"]) -> _Fix: ...
    @overload
    def __getitem__(self, name: Literal["ci.github"]) -> _Github: ...
    @overload
    def __getitem__(self, name: Literal["ci.gitlab"]) -> _Gitlab: ...
    @overload
    def __getitem__(self, name: Literal["labels"]) -> _Labels: ...
    @overload
    def __getitem__(self, name: Literal["release.list"]) -> _ListVersions: ...
    @overload
    def __getitem__(self, name: Literal["manual"]) -> _Manual: ...
    @overload
    def __getitem__(self, name: Literal["ci.matrix"]) -> _Matrix: ...
    @overload
    def __getitem__(self, name: Literal["new"]) -> _New: ...
    @overload
    def __getitem__(self, name: Literal["release", "release.release"]) -> _Release: ...
    @overload
    def __getitem__(self, name: Literal["release.resume"]) -> _Resume: ...
    @overload
    def __getitem__(self, name: Literal["smoke"]) -> _Smoke: ...
    @overload
    def __getitem__(self, name: Literal["release.status"]) -> _Status: ...
    @overload
    def __getitem__(self, name: Literal["upgrade"]) -> _Upgrade: ...
    @overload
    def __getitem__(self, name: Literal["release.verify"]) -> _Verify: ...
    @overload
    def __getitem__(self, name: str | None = None) -> Any: ...  # noqa: ANN401 - a user's own task

namespace: _Namespace
abort: _Abort
adopt: _Adopt
build: _Build
check: _Check
clean: _Clean
config: _Config
doctor: _Doctor
fix: _Fix
github: _Github
gitlab: _Gitlab
labels: _Labels
list_versions: _ListVersions
manual: _Manual
matrix: _Matrix
new: _New
release: _Release
resume: _Resume
smoke: _Smoke
status: _Status
upgrade: _Upgrade
verify: _Verify

__all__ = [
    "abort",
    "adopt",
    "build",
    "check",
    "clean",
    "config",
    "doctor",
    "fix",
    "github",
    "gitlab",
    "labels",
    "list_versions",
    "manual",
    "matrix",
    "namespace",
    "new",
    "release",
    "resume",
    "smoke",
    "status",
    "upgrade",
    "verify",
]
