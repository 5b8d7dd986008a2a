"""One deliberate fault for each rule that an image in an engine answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from dext_tasks.extension import labels

from .build_context import ARCHITECTURES, DARWIN, LINUX, PAGE, WINDOWS, BuildContext
from .extension import PLATFORMS
from .host_programs import elf, elf_with_loader, mach_o

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PNG = b"\x89PNG\r\n\x1a\n"
_LOADERS = {"amd64": "/lib/ld-musl-x86_64.so.1", "arm64": "/lib/ld-musl-aarch64.so.1"}
_EMULATED = {"amd64": elf("386"), "arm64": elf("arm")}
ANYWHERE = ("",)


@dataclass(frozen=True)
class Fault:
    """A change of the build context that breaks a rule.

    Attributes:
        change: The change.
        tag: What the image is tagged as.
        platforms: Where it is found; the empty text where it is not a platform's.
        also: Codes of rules that the fault cannot help but break, too.
        because: Why.
    """

    change: Callable[[BuildContext], object] = lambda _: None
    tag: str = "1.0.0"
    platforms: tuple[str, ...] = PLATFORMS
    also: frozenset[str] = frozenset()
    because: str = ""

    def expected(self, code: str) -> set[tuple[str, str]]:
        """Rule and platform of everything that should be found."""
        return {(each, platform) for each in (code, *self.also) for platform in self.platforms}


def _label(key: str, value: str) -> Fault:
    return Fault(lambda context: context.labels.update({key: value}))


def _metadata(path: str, value: object) -> Fault:
    """Set a key, given with all keys above it."""
    *above, key = path.split("/")
    return Fault(lambda context: reduce(_child, above, context.metadata).update({key: value}))


def _no_metadata(path: str) -> Fault:
    *above, key = path.split("/")
    return Fault(lambda context: reduce(_child, above, context.metadata).pop(key))


def _child(parent: Any, key: str) -> Any:  # noqa: ANN401 - whatever a JSON document holds
    return parent[int(key) if key.isdigit() else key]


def _file(path: str, content: str | bytes) -> Fault:
    return Fault(lambda context: context.files.update({path: content}))


def _page(tag: str) -> Fault:
    return _file("/ui/index.html", f"{PAGE}{tag}\n")


def _absent(*paths: str, also: tuple[str, ...] = (), because: str = "") -> Fault:
    return Fault(lambda context: context.absent.update(paths), also=frozenset(also), because=because)


def _binary(path: str, content: bytes | Mapping[str, bytes]) -> Fault:
    """Replace a binary, on both architectures by the same or on each by its own."""

    def change(context: BuildContext) -> None:
        for architecture in ARCHITECTURES:
            made = content if isinstance(content, bytes) else content[architecture]
            context.binaries[architecture][path] = made

    return Fault(change)


def _service(**keys: object) -> Fault:
    return Fault(lambda context: context.compose["services"]["backend"].update(keys))


def _other_service(**keys: object) -> Fault:
    return Fault(lambda context: context.compose["services"].update({"other": keys}))


def _two_tools(context: BuildContext) -> None:
    context.metadata["host"]["binaries"][0]["darwin"].append({"path": "/host/more/tool"})
    for architecture in ARCHITECTURES:
        context.binaries[architecture]["/host/more/tool"] = mach_o(architecture)


def _too_low(context: BuildContext) -> None:
    context.labels[labels.API_VERSION] = ">= 0.3.0"
    context.files["/ui/app.js"] = "window.ddClient.extension.image\n"


def _duplicate_key(context: BuildContext) -> None:
    context.files["/metadata.json"] = '{"icon": "none.svg", "icon": "icon.svg"}'


_LABELS = {
    "label-missing": Fault(lambda context: context.labels.pop(labels.CATEGORIES)),
    "label-empty": _label(labels.VENDOR, ""),
    "screenshots-invalid": _label(labels.SCREENSHOTS, "[{alt: The tab, url: https://example.com/tab.png}]"),
    "additional-urls-invalid": _label(labels.ADDITIONAL_URLS, '[{"name": "Source", "url": "https://example.com"}]'),
    "label-json-incomplete": _label(labels.SCREENSHOTS, '[{"alt": "", "url": "https://example.com/tab.png"}]'),
    "link-address-invalid": _label(labels.SCREENSHOTS, '[{"alt": "The tab", "url": "docs/tab.png"}]'),
    "icon-label-invalid": _label(labels.ICON, "/icon.svg"),
    "icon-label-format": _label(labels.ICON, "https://example.com/icon.webp"),
    "image-address-is-page": _label(labels.ICON, "https://github.com/example/demo/blob/main/icon.svg"),
    "publisher-url-invalid": _label(labels.PUBLISHER_URL, "www.example.com"),
    "category-unknown": _label(labels.CATEGORIES, "utility"),
    "category-list-malformed": _label(labels.CATEGORIES, "utility-tools, networking"),
    "account-info-invalid": _label(labels.ACCOUNT_INFO, "yes"),
    "label-edge-space": _label(labels.TITLE, "Demo "),
    "label-unresolved": _label(labels.DESCRIPTION, "Version ${VERSION}"),
    "label-unknown": _label("com.docker.extension.categorie", "networking"),
    "title-word": _label(labels.TITLE, "Demo Extension"),
    "vendor-docker": _label(labels.VENDOR, "Docker Inc."),
    "markup-dangerous": _label(labels.CHANGELOG, "<p><script>alert(1)</script></p>"),
    "markup-not-allowed": _label(labels.CHANGELOG, '<p style="color: red">First release</p>'),
    "markup-unbalanced": _label(labels.CHANGELOG, "<p><b>First release</p>"),
    "description-markup": _label(labels.DESCRIPTION, "Shows <b>how</b> it is done"),
    "api-version-invalid": _label(labels.API_VERSION, "latest"),
    "api-version-not-portable": _label(labels.API_VERSION, "^0.3.4"),
    "api-version-exact": _label(labels.API_VERSION, "0.3.4"),
    "api-version-unusual": _label(labels.API_VERSION, ">= 0.3.4-0"),
    "api-version-refuses-newest": _label(labels.API_VERSION, ">= 0.3.4, < 0.4.0"),
    # Told once for all platforms, which share the UI.
    "api-version-too-low": Fault(_too_low, platforms=PLATFORMS[:1]),
    "api-member-obsolete": _file("/ui/app.js", "window.ddClient.toastError('no')\n"),
}
_METADATA = {
    "metadata-missing": _absent("/metadata.json"),
    "metadata-syntax": _file("/metadata.json", '{"icon": "icon.svg",}'),
    "metadata-schema": _metadata("homepage", "https://example.com"),
    "metadata-key-obsolete": _metadata("vm/isolation", value=True),
    "metadata-key-unknown": _metadata("ui/dashboard-tab/colour", "blue"),
    "metadata-key-rancher-desktop": _metadata("host/x-rd-install", {"linux": "/host/linux/tool"}),
    "metadata-key-duplicate": Fault(_duplicate_key),
    "metadata-icon-missing": _no_metadata("icon"),
    "metadata-backend-twice": _metadata("vm/image", "${DESKTOP_PLUGIN_IMAGE}"),
    "metadata-sockets-differ": _metadata("vm/exposes/socket", "other.sock"),
    "metadata-socket-unserved": _no_metadata("vm/exposes"),
}
_FILES = {
    "icon-absent": _absent("/icon.svg"),
    "ui-root-absent": _absent(
        *("/ui/index.html", "/ui/app.js", "/ui/app.css"),
        also=("ui-entry-absent",),
        because="the entry page is below the root",
    ),
    "ui-entry-absent": _absent("/ui/index.html"),
    "composefile-absent": _absent("/compose.yaml"),
    "icon-format": _file("/icon.svg", _PNG),
    "ui-script-absent": _absent("/ui/app.js"),
    "ui-picture-absent": _page('<img src="logo.png">'),
    "ui-script-absolute": _page('<script src="/app.js"></script>'),
    "ui-picture-absolute": _page('<link rel="icon" href="/icon.svg">'),
    "ui-script-external": _page('<script src="https://example.com/a.js"></script>'),
    "ui-style-external": _page('<link rel="stylesheet" href="https://example.com/a.css">'),
}
_BINARIES = {
    "binary-absent": _absent(LINUX),
    "binary-not-executable": Fault(lambda context: context.modes.update({LINUX: 0o644})),
    "binary-name-clash": Fault(_two_tools),
    "binary-wrong-os": _binary(LINUX, {each: mach_o(each) for each in ARCHITECTURES}),
    "binary-wrong-architecture": _binary(LINUX, elf("riscv64")),
    "binary-emulated": _binary(LINUX, _EMULATED),
    "binary-os-missing": _no_metadata("host/binaries/0/windows"),
    "binary-empty": _binary(LINUX, b""),
    "binary-unrecognised": _binary(LINUX, b"<html>404 Not Found</html>"),
    "binary-script-carriage-return": _binary(LINUX, b"#!/bin/sh\r\necho\r\n"),
    "binary-script-flawed": _binary(LINUX, b"\xef\xbb\xbf#!/bin/sh\necho\n"),
    "binary-script-interpreter": _binary(DARWIN, b"#!/usr/bin/env python3\nprint()\n"),
    "binary-script-on-windows": _binary(WINDOWS, b"#!/bin/sh\necho\n"),
    "binary-musl": _binary(LINUX, {each: elf_with_loader(each, _LOADERS[each]) for each in ARCHITECTURES}),
}
_COMPOSE = {
    "compose-syntax": _file("/compose.yaml", "services:\n  backend: [\n"),
    "compose-schema": _service(comand="serve"),
    "compose-build": _other_service(build="."),
    "compose-build-leftover": _service(build="."),
    "compose-own-image-unused": _service(image="redis:7.4"),
    "compose-own-image-hardcoded": Fault(
        _service(image="example/demo-extension:1.0.0").change,
        also=frozenset({"compose-own-image-unused"}),
        because="what is named by repository and tag is not named by the variable",
    ),
    "compose-image-floating": _other_service(image="redis"),
    "compose-image-invalid": _other_service(image="Redis Cache"),
    "compose-image-variable": _other_service(image="redis:${REDIS}"),
    "compose-port-published": _service(ports=["8080:80"]),
    "compose-container-name": _service(container_name="demo"),
    "compose-privileged": _service(privileged=True),
    "compose-host-mount": _service(volumes=["/etc:/host:ro"]),
    "compose-host-namespace": _service(network_mode="host"),
    "compose-capability": _service(cap_add=["NET_RAW"]),
    "compose-capability-far-reaching": _service(cap_add=["SYS_ADMIN"]),
    "compose-device": _service(devices=["/dev/kvm"]),
    "compose-unconfined": _service(security_opt=["seccomp:unconfined"]),
    "compose-engine-socket": _service(volumes=["/var/run/docker.sock:/var/run/docker.sock"]),
}
_TAGS = {
    "tag-not-semver": Fault(tag="stable", platforms=ANYWHERE),
    "tag-v-prefix": Fault(tag="v1.0.0", platforms=ANYWHERE),
    "tag-prerelease": Fault(tag="1.0.0-beta.1", platforms=ANYWHERE),
    "tag-suffix-as-prerelease": Fault(tag="1.0.0-amd64", platforms=ANYWHERE),
}
FAULTS: Mapping[str, Fault] = {**_LABELS, **_METADATA, **_FILES, **_BINARIES, **_COMPOSE, **_TAGS}
"""By code of the rule."""
