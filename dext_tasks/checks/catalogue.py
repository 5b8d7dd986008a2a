"""Every rule, in the order of the report: by family, and in each as it is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.rule import Rule
from dext_tasks.checks.rules import (
    api,
    backend,
    binary,
    category,
    compose_file,
    compose_image,
    compose_machine,
    docker_desktop,
    dockerfile,
    icon,
    label,
    link,
    metadata,
    platform,
    podman_desktop,
    program,
    rancher_desktop,
    screenshot,
    tag,
    text,
    ui_calls,
    ui_files,
    ui_page,
)
from dext_tasks.extension.desktops import Desktop

if TYPE_CHECKING:
    from types import ModuleType


def declared_in(family: ModuleType) -> tuple[Rule, ...]:
    """The rules that a module declares, in its order."""
    return tuple(value for value in vars(family).values() if isinstance(value, Rule))


FAMILIES = (
    *(dockerfile, label, category, text, link, screenshot, icon, api, metadata, backend),
    *(ui_files, ui_page, ui_calls, binary, compose_file, compose_image, compose_machine, program, platform, tag),
)

RULES = tuple(rule for family in FAMILIES for rule in declared_in(family))

# Asked only for the desktops that are chosen.
PORTABILITY = {
    Desktop.DOCKER_DESKTOP: declared_in(docker_desktop),
    Desktop.RANCHER_DESKTOP: declared_in(rancher_desktop),
    Desktop.PODMAN_DESKTOP: declared_in(podman_desktop),
}
