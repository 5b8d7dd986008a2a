"""docs/rules/: a page per family of rules, and an index of all."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dext_tasks.checks.catalogue import PORTABILITY, RULES
from dext_tasks.checks.explanation import REPAIRS
from dext_tasks.checks.rules.api import desktop_rules
from documents.headings import anchor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dext_tasks.checks.rule import Rule

_INDEX = """# Rules

These are the rules that `inv check` applies. A rule quotes Docker's validator where it predicts what the validator
says; all other rules are our own.

- An **error** makes the check fail. A **warning** does so only with `--strict`. A **note** never does.
- `inv check --explain CODE` prints one rule in full. `dext manual rules/labels` prints a page of this folder.
- `--select CODE` and `--ignore CODE=REASON` take a code, or a pattern such as `label-*`.

Families:

"""
# Any version of Docker Desktop gives the same rules; their titles name the one that was asked for.
_SOME_DESKTOP = "4.40"
_ANY_DESKTOP = "the API or the Docker Desktop that --sdk or --desktop names"


@dataclass(frozen=True)
class Family:
    """The rules of one page.

    Attributes:
        name: Name of the page without its suffix.
        title: Heading of the page.
        about: When its rules are applied, or what they have in common, in one or two sentences.
        prefixes: What the codes of its rules begin with, up to a hyphen.
    """

    name: str
    title: str
    about: str
    prefixes: tuple[str, ...]


FAMILIES = (
    Family(
        "dockerfile",
        "Dockerfile and build context",
        "Whether BuildKit can build the image from this source tree.",
        ("dockerfile", "dockerignore", "copy", "build", "argument"),
    ),
    Family(
        "labels",
        "Labels",
        "What the marketplace shows of an extension comes from the labels of its image.",
        ("label", "category", "account", "title", "vendor", "markup", "text", "changelog"),
    ),
    Family(
        "icons",
        "Icons and screenshots",
        "The icon in the image, and the icon and the screenshots that labels link to. With `--online`, the links are "
        "followed.",
        ("icon", "image", "screenshot", "screenshots"),
    ),
    Family(
        "links",
        "Links in labels",
        "Addresses of the publisher and of further pages. With `--online`, they are requested.",
        ("link", "additional", "publisher", "address"),
    ),
    Family(
        "api-version",
        "API version",
        "The label `com.docker.desktop.extension.api.version` says which desktops install the extension.",
        ("api",),
    ),
    Family("metadata", "metadata.json", "The file that says what the extension is made of.", ("metadata",)),
    Family(
        "backend",
        "Backend image and compose file",
        "The containers that a desktop starts for the extension.",
        ("backend", "compose", "composefile"),
    ),
    Family("ui", "UI", "The pages that the dashboard shows, and how they call `ddClient`.", ("ui",)),
    Family(
        "binaries",
        "Host binaries and programs",
        "Host binaries are copied to the user's machine; programs are started in the backend.",
        ("binary", "program"),
    ),
    Family("platforms", "Platforms", "Whether each image is made for the platform it says.", ("platform", "final")),
    Family("tags", "Tags", "Desktops read a tag as the version of an extension.", ("tag",)),
    Family(
        "docker-desktop",
        "Docker Desktop",
        "Applied with `--runtime docker-desktop`: what fails in Docker Desktop though the image is valid.",
        ("docker-desktop",),
    ),
    Family(
        "rancher-desktop",
        "Rancher Desktop",
        "Applied with `--runtime rancher-desktop`: what Rancher Desktop does in another way than Docker Desktop.",
        ("rancher-desktop",),
    ),
    Family(
        "podman-desktop",
        "Podman Desktop",
        "Applied with `--runtime podman-desktop`: what Podman Desktop does in another way than Docker Desktop.",
        ("podman-desktop",),
    ),
)


def every_rule() -> list[Rule]:
    """Every rule that a check can apply, in the order of a report."""
    of_desktops = [rule for rules in PORTABILITY.values() for rule in rules]
    named = f"Docker Desktop {_SOME_DESKTOP}"
    versions = [replace(rule, title=rule.title.replace(named, _ANY_DESKTOP)) for rule in desktop_rules(_SOME_DESKTOP)]
    return [*RULES, *versions, *of_desktops]


def pages(rules: Iterable[Rule], families: Sequence[Family] = FAMILIES) -> dict[str, str]:
    """Every page of docs/rules/ by its file name.

    Raises:
        ValueError: A rule belongs to no family.
    """
    found = by_family(rules, families)
    return {"README.md": _index(found)} | {f"{each.name}.md": _page(each, own) for each, own in found.items()}


def by_family(rules: Iterable[Rule], families: Sequence[Family]) -> Mapping[Family, Sequence[Rule]]:
    """The rules of each family, families in their order.

    Raises:
        ValueError: A rule belongs to no family.
    """
    found = defaultdict(list)
    for rule in rules:
        found[_family(rule.code, families)].append(rule)
    return {each: found[each] for each in families if each in found}


def _family(code: str, families: Sequence[Family]) -> Family:
    for family in families:
        if any(code.startswith(f"{prefix}-") for prefix in family.prefixes):
            return family
    raise ValueError(f"{code} belongs to no page: add its prefix to FAMILIES in scripts/lib/documents/rules.py")


def _index(found: Mapping[Family, Sequence[Rule]]) -> str:
    contents = "".join(f"- [{each.title}](#{anchor(each.title)})\n" for each in found)
    return f"{_INDEX}{contents}" + "".join(_table(family, rules) for family, rules in found.items())


def _table(family: Family, rules: Sequence[Rule]) -> str:
    rows = "".join(
        f"| [{rule.code}]({family.name}.md#{rule.code}) | {_cell(rule.title)} | {rule.severity.value} |\n"
        for rule in rules
    )
    return f"\n## {family.title}\n\n{family.about}\n\n| rule | requires that | severity |\n| --- | --- | --- |\n{rows}"


def _page(family: Family, rules: Sequence[Rule]) -> str:
    return f"# Rules: {family.title}\n\n{family.about} [All rules](README.md)\n" + "".join(map(_details, rules))


def _details(rule: Rule) -> str:
    docker = f"- Docker's validator: `{rule.docker}`\n" if rule.docker else ""
    repair = f"- Repair: {REPAIRS[rule.repair]}.\n" if REPAIRS[rule.repair] else ""
    return (
        f"\n## {rule.code}\n\n"
        f"Requires that {rule.title}. *{rule.severity.value.capitalize()}.*\n\n"
        f"- Why: {rule.why}.\n- Fix: {rule.fix}.\n{repair}{docker}- Source: <{rule.source}>\n"
    )


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
