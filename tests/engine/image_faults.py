"""One deliberate fault for each rule that an image in an engine answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dext_tasks.extension import labels

from .build_context import COMPOSE, DARWIN, ICON, LINUX, METADATA, OWN_IMAGE, PAGE, SCRIPT, STYLE, BuildContext
from .extension import PLATFORMS
from .fault import Fault, absent, binary, file, label, metadata, no_metadata, page, service, tagged
from .host_programs import ARCHITECTURES, elf, elf_with_loader, mach_o

if TYPE_CHECKING:
    from collections.abc import Mapping

_PNG = b"\x89PNG\r\n\x1a\n"
_EMULATED = {"amd64": elf("386"), "arm64": elf("arm")}
_MACH_O = {each: mach_o(each) for each in ARCHITECTURES}
_LOADERS = {"amd64": "/lib/ld-musl-x86_64.so.1", "arm64": "/lib/ld-musl-aarch64.so.1"}
_MUSL = {each: elf_with_loader(each, _LOADERS[each]) for each in ARCHITECTURES}
SERVER, SHELL = "/server", "/bin/sh"
_DUPLICATE = '{"icon": "none.svg", "icon": "icon.svg"}'


def _too_low(context: BuildContext) -> None:
    context.labels[labels.API_VERSION] = ">= 0.3.0"
    context.files[SCRIPT] = "window.ddClient.extension.image\n"


def _foreign_programs(context: BuildContext) -> None:
    context.entrypoint = SERVER
    for each in ARCHITECTURES:
        context.binaries[each] |= {SERVER: elf("riscv64"), SHELL: elf("riscv64")}


def _compose_image(image: str) -> Fault:
    """The only service runs that."""

    def change(context: BuildContext) -> None:
        context.compose["services"]["backend"]["image"] = image

    return Fault(COMPOSE, change, owns=frozenset({COMPOSE}), shares=frozenset({METADATA}))


def _endless() -> Fault:
    def change(context: BuildContext) -> None:
        waits = {"depends_on": {"endless": {"condition": "service_completed_successfully"}}}
        again = {"image": OWN_IMAGE, "restart": "always"}
        context.compose["services"] |= {"endless": again, "waiting": {"image": OWN_IMAGE, **waits}}

    return replace(service("endless"), change=change)


def _external_volume() -> Fault:
    """A service uses a volume that nobody makes."""
    using = service("keeping", volumes=["shared:/data"])

    def change(context: BuildContext) -> None:
        using.change(context)
        context.compose["volumes"] = {"shared": {"external": True}}

    return replace(using, change=change, says="shared")


def _backend_image(image: str) -> Fault:
    """The backend is that, and there is no compose file."""

    def change(context: BuildContext) -> None:
        del context.metadata["vm"]["composefile"]
        context.metadata["vm"]["image"] = image

    return Fault(METADATA, change, owns=frozenset({COMPOSE, "vm/image"}), shares=frozenset({METADATA}))


_LABELS = {
    "label-missing": Fault(
        labels.PUBLISHER_URL,
        lambda context: context.labels.pop(labels.PUBLISHER_URL),
        owns=frozenset({labels.PUBLISHER_URL}),
    ),
    "label-empty": label(labels.VENDOR, ""),
    "screenshots-invalid": label(labels.SCREENSHOTS, "[{alt: The tab, url: https://example.com/tab.png}]"),
    "additional-urls-invalid": label(labels.ADDITIONAL_URLS, '[{"url": "https://example.com/source"}]'),
    "label-json-incomplete": label(labels.SCREENSHOTS, '[{"alt": "", "url": "https://example.com/tab.png"}]'),
    "link-address-invalid": label(labels.SCREENSHOTS, '[{"alt": "The tab", "url": "docs/tab.png"}]'),
    "icon-label-invalid": label(labels.ICON, "/icon.svg"),
    "icon-label-format": label(labels.ICON, "https://example.com/icon.webp"),
    "image-address-is-page": label(labels.ICON, "https://github.com/example/demo/blob/main/icon.svg"),
    "publisher-url-invalid": label(labels.PUBLISHER_URL, "www.example.com"),
    "category-unknown": label(labels.CATEGORIES, "utility"),
    "category-list-malformed": label(labels.CATEGORIES, "utility-tools, networking"),
    "account-info-invalid": label(labels.ACCOUNT_INFO, "yes"),
    "label-too-long": label("com.example.file", "x" * 50_001),
    "label-edge-space": label(labels.TITLE, "Demo "),
    "label-unresolved": label(labels.DESCRIPTION, "Version ${VERSION}"),
    "label-unknown": label("com.docker.extension.categorie", "networking"),
    "title-word": label(labels.TITLE, "Demo Extension"),
    "vendor-docker": label(labels.VENDOR, "Docker Inc."),
    "markup-dangerous": label(labels.CHANGELOG, "<p><script>alert(1)</script></p>"),
    "markup-not-allowed": label(labels.CHANGELOG, '<p style="color: red">First release</p>'),
    "markup-unbalanced": label(labels.CHANGELOG, "<p><b>First release</p>"),
    "text-markup": label(labels.DESCRIPTION, "Shows <b>how</b> it is done"),
    "api-version-invalid": label(labels.API_VERSION, "latest"),
    "api-version-not-portable": label(labels.API_VERSION, "^0.3.4"),
    "api-version-exact": label(labels.API_VERSION, "0.3.4"),
    "api-version-unusual": label(labels.API_VERSION, ">= 0.3.4-0"),
    "api-version-refuses-newest": label(labels.API_VERSION, ">= 0.3.4, < 0.4.0"),
    # The platforms share a UI, which is told of once.
    "api-version-too-low": Fault(
        SCRIPT,
        _too_low,
        owns=frozenset({labels.API_VERSION, SCRIPT}),
        shares=frozenset({METADATA}),
        platforms=PLATFORMS[:1],
    ),
    "api-member-obsolete": file(SCRIPT, "window.ddClient.toastError('no')\n"),
    "ui-link-external": page('<a href="https://example.com/">x</a>', "https://example.com/"),
    "ui-exec-shell": file(SCRIPT, "window.ddClient.docker.cli.exec('ps', ['--all', '|', 'wc'])\n"),
    "ui-exec-relative-path": file(SCRIPT, "window.ddClient.extension.host.cli.exec('tool', ['./data/a.json'])\n"),
    "ui-exec-output": file(SCRIPT, "window.ddClient.docker.cli.exec('logs', ['web'])\n"),
}
_METADATA = {
    "metadata-missing": absent(METADATA),
    "metadata-syntax": file(METADATA, '{"icon": "icon.svg",}'),
    "metadata-schema": metadata("homepage", "https://example.com"),
    "metadata-value-invalid": metadata("vm/image", ""),
    "metadata-key-obsolete": metadata("vm/isolation", value=True),
    "metadata-key-unknown": metadata("ui/dashboard-tab/colour", "blue"),
    "metadata-key-rancher-desktop": metadata("host/x-rd-install", {"linux": LINUX}),
    "metadata-key-duplicate": file(METADATA, _DUPLICATE),
    "metadata-icon-missing": replace(no_metadata("icon"), owns=frozenset({ICON})),
    "metadata-backend-twice": metadata("vm/image", "${DESKTOP_PLUGIN_IMAGE}"),
    "metadata-sockets-differ": metadata("vm/exposes/socket", "other.sock"),
    "metadata-socket-unserved": no_metadata("vm/exposes/socket"),
}
_FILES = {
    "icon-absent": absent(ICON),
    # The entry page is below the root.
    "ui-root-absent": absent(PAGE, SCRIPT, STYLE, where="/ui"),
    "ui-entry-absent": absent(PAGE),
    "ui-entry-useless": file(PAGE, ""),
    "composefile-absent": absent(COMPOSE),
    "icon-format": file(ICON, _PNG),
    "ui-script-absent": page('<script src="absent.js"></script>', "absent.js"),
    "ui-picture-absent": page('<img src="absent.png">', "absent.png"),
    "ui-script-absolute": page('<script src="/app.js"></script>', "/app.js"),
    "ui-picture-absolute": page('<link rel="icon" href="/icon.svg">', "/icon.svg"),
    "ui-script-external": page('<script src="https://example.com/a.js"></script>', "/a.js"),
    "ui-link": Fault(
        "/ui/link.css", lambda context: context.links.update({"/ui/link.css": "app.css"}), shares=frozenset({METADATA})
    ),
    "ui-node-modules": replace(file("/ui/node_modules/x/index.js", "1\n"), where="/ui/node_modules"),
    "ui-style-external": page('<link rel="stylesheet" href="https://example.com/a.css">', "/a.css"),
}
_BINARIES = {
    "binary-absent": absent(LINUX),
    "binary-not-executable": Fault(
        DARWIN,
        lambda context: context.not_executable.add(DARWIN),
        owns=frozenset({DARWIN}),
        shares=frozenset({METADATA}),
    ),
    "binary-name-clash": binary("darwin", "more/tool", _MACH_O),
    "binary-wrong-os": binary("linux", "wrong-os", _MACH_O),
    "binary-wrong-architecture": binary("linux", "wrong-architecture", elf("riscv64")),
    # A processor of amd64 runs 386 itself.
    "binary-emulated": replace(binary("linux", "emulated", _EMULATED), platforms=("linux/arm64",)),
    "binary-os-missing": replace(no_metadata("host/binaries/0/windows"), owns=frozenset({"binaries of windows"})),
    "binary-empty": binary("linux", "empty", b""),
    "binary-unrecognised": binary("linux", "unrecognised", b"<html>404 Not Found</html>"),
    "binary-script-carriage-return": binary("linux", "carriage-return", b"#!/bin/sh\r\necho\r\n"),
    "binary-script-flawed": binary("linux", "flawed", b"\xef\xbb\xbf#!/bin/sh\necho\n"),
    "binary-script-interpreter": binary("darwin", "interpreter", b"#!/usr/bin/env python3\nprint()\n"),
    "binary-script-on-windows": binary("windows", "script", b"#!/bin/sh\necho\n"),
    "binary-musl": binary("linux", "musl", _MUSL),
}
_COMPOSE = {
    "compose-syntax": file(COMPOSE, "services:\n  backend: [\n"),
    "compose-schema": service("misspelt", comand="serve"),
    "compose-build": service("built", image=None, build="."),
    "compose-build-leftover": service("leftover", build="."),
    "compose-own-image-unused": _compose_image("redis:7.4"),
    # What is named by repository and tag is not named by the variable.
    "compose-own-image-hardcoded": replace(
        _compose_image("example/demo-extension:1.0.0"), also=(("compose-own-image-unused", COMPOSE),)
    ),
    "compose-image-floating": service("floating", image="redis"),
    "compose-image-invalid": service("invalid", image="Redis Cache"),
    "compose-image-variable": service("variable", image="redis:${REDIS}"),
    "compose-port-published": service("published", ports=["8080:80"]),
    "compose-container-name": service("named", container_name="demo"),
    "compose-external": _external_volume(),
    "compose-variable-system": replace(service("temporary", environment={"FOLDER": "${TMPDIR}"}), says="TMPDIR"),
    "compose-variable-required": replace(service("asking", environment={"WHO": "${USERNAME:?x}"}), says="USERNAME"),
    "compose-dependency-endless": _endless(),
    "compose-privileged": service("privileged", privileged=True),
    "compose-host-mount": service("mounting", volumes=["/etc:/host:ro"]),
    "compose-host-namespace": service("sharing", network_mode="host"),
    "compose-capability": service("capable", cap_add=["IPC_LOCK"]),
    "compose-capability-far-reaching": service("omnipotent", cap_add=["SYS_ADMIN"]),
    "compose-device": service("device", devices=["/dev/kvm"]),
    "compose-unconfined": service("unconfined", security_opt=["seccomp:unconfined"]),
    "compose-engine-socket": service("controlling", volumes=["/var/run/docker.sock:/var/run/docker.sock"]),
}
_BACKENDS = {
    "backend-image-invalid": _backend_image("Redis Cache"),
    "backend-image-hardcoded": _backend_image("example/demo-extension:1.0.0"),
    "backend-image-floating": _backend_image("redis"),
}
_TAGS = {
    "tag-not-semver": tagged("stable"),
    "tag-v-prefix": tagged("v1.0.0"),
    "tag-prerelease": tagged("1.0.0-beta.1"),
    "tag-suffix-as-prerelease": tagged("1.0.0-amd64"),
}
_PROGRAMS = {
    "program-wrong-architecture": Fault(
        SERVER, _foreign_programs, owns=frozenset({SERVER}), also=(("program-wrong-architecture", SHELL),)
    ),
}
FAULTS: Mapping[str, Fault] = {
    **_LABELS,
    **_METADATA,
    **_FILES,
    **_BINARIES,
    **_COMPOSE,
    **_BACKENDS,
    **_TAGS,
    **_PROGRAMS,
}
"""By code of the rule."""
