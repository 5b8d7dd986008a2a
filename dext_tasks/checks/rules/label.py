"""Rules on labels: which there are, where they come from, and what all of their values have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.documentation import LABEL_DOCS
from dext_tasks.checks.label_lookup import BREAKING, EMPTY, MISSING, json_mistakes, require_known, values_of
from dext_tasks.checks.rule import DockerStep, Problem, Repair, Severity, rule
from dext_tasks.extension.label_json import LabelJsonFault
from dext_tasks.extension.labels import (
    ACCOUNT_INFO,
    ADDITIONAL_URLS,
    API_VERSION,
    CATEGORIES,
    DESCRIPTION,
    ICON,
    MOST_CHARACTERS,
    PUBLISHER_URL,
    REQUIRED,
    SCREENSHOTS,
    TITLE,
    VENDOR,
    is_shown,
    is_unknown,
    nearest_key,
)
from dext_tasks.regex import regex
from dext_tasks.sources.facts import Place
from dext_tasks.sources.source import NotOfferedError
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.formats.dockerfile.stages import Label
    from dext_tasks.sources.facts import LabelSet
    from dext_tasks.sources.source import Source

_MISSING = '(required) image label "KEY" is missing'
_EMPTY = '(required) image label "KEY" is set to empty string in the Dockerfile'
# HTML and JSON do not mind white space around them.
_PLAIN_KEYS = (TITLE, DESCRIPTION, VENDOR, API_VERSION, ICON, PUBLISHER_URL, CATEGORIES, ACCOUNT_INFO)
_VARIABLE = regex(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::?[-+?][^{}]{0,100})?\}")
# In HTML and JSON it is as likely an example for the reader; two of them, or a number after it, are not a variable.
_BARE_VARIABLE = regex(r"(?<![\w$\\])\$(?P<name>[A-Za-z_][A-Za-z0-9_]+)")
_WITHOUT_PROSE = frozenset({API_VERSION, ICON, PUBLISHER_URL, CATEGORIES, ACCOUNT_INFO})
# Variables of whoever reads the text, on their own machine.
_OF_READERS = frozenset(
    {
        *("HOME", "PATH", "USER", "USERNAME", "USERPROFILE", "PWD", "SHELL", "TMPDIR", "TEMP", "TMP", "APPDATA"),
        *("KUBECONFIG", "DOCKER_HOST", "DOCKER_CONFIG", "XDG_CONFIG_HOME", "DISPLAY", "LANG", "EDITOR"),
    }
)


@rule(
    code="label-missing",
    title="every required label is set",
    severity=Severity.ERROR,
    docker=_MISSING,
    why="Docker's validator refuses the image; the documentation calls categories optional, the validator does not",
    fix="add the label to the final stage of the Dockerfile",
    source=LABEL_DOCS,
    step=DockerStep.LABELS,
    images_decide=True,
    repair=Repair.SURE,
)
def _missing(source: Source) -> Iterator[Problem]:
    for labels in source.labels:
        for key in REQUIRED:
            if key in labels.values:
                continue
            meant = next((each for each in labels.values if is_unknown(each) and nearest_key(each) == key), "")
            place = labels.place_of(meant)._replace(label=key) if meant else labels.place_of(key)
            fix = f"rename {excerpt(meant)} to {key}" if meant else ""
            yield Problem(f"label {key} is missing", place, _MISSING.replace("KEY", key), fix, about=key)


@rule(
    code="label-empty",
    title="no required label is empty",
    severity=Severity.ERROR,
    docker=_EMPTY,
    why="Docker's validator refuses empty labels, which `docker extension init` itself scaffolds",
    fix="give the label a value",
    source="https://github.com/docker/extensions-submissions/issues/147",
    step=DockerStep.LABELS,
    repair=Repair.SURE,
)
def _empty(source: Source) -> Iterator[Problem]:
    for labels in source.labels:
        for key in REQUIRED:
            if not labels.values.get(key, "set").strip() and key not in labels.unknown:
                yield Problem(f"label {key} is empty", labels.place_of(key), _EMPTY.replace("KEY", key), about=key)
    require_known(source.labels, REQUIRED)


@rule(
    code="label-json-incomplete",
    title="JSON labels have no empty, unknown or repeated parts",
    severity=Severity.WARNING,
    why="an image or a link is shown without its text, or not at all",
    fix="give each object exactly the two keys that are known, with something in them",
    source=LABEL_DOCS,
)
def _json_incomplete(source: Source) -> Iterator[Problem]:
    yield from json_mistakes(source, SCREENSHOTS, frozenset(LabelJsonFault) - BREAKING)
    # Docker's own extensions have an empty array here, and there is nothing wrong with it.
    yield from json_mistakes(source, ADDITIONAL_URLS, frozenset(LabelJsonFault) - BREAKING - {LabelJsonFault.EMPTY})


@rule(
    code="label-edge-space",
    title="labels do not begin or end with white space",
    severity=Severity.WARNING,
    why="names and addresses are compared and shown as they are, spaces and all",
    fix="remove the white space inside the quotes, also before a line's backslash",
    source="https://github.com/docker/extensions-submissions/issues/62",
    repair=Repair.SURE,
)
def _edge_space(source: Source) -> Iterator[Problem]:
    unset = _unset_keys(source)
    for key, value, place in values_of(source, _PLAIN_KEYS):
        # White space around a variable that has no value is another rule's finding.
        if value != value.strip() and key not in unset:
            yield Problem(f"label {key} begins or ends with white space: {excerpt(repr(value))}", place)


@rule(
    code="label-too-long",
    title=f"no label has more than {MOST_CHARACTERS} characters",
    severity=Severity.WARNING,
    why="every listing of the image reads its labels, so they are not a place for files",
    fix="COPY it into the image, or put it on a page and let a label link to it",
    source=LABEL_DOCS,
)
def _too_long(source: Source) -> Iterator[Problem]:
    for labels in source.labels:
        for key, value in labels.values.items():
            if len(value) > MOST_CHARACTERS:
                yield Problem(f"label {excerpt(key)} has {len(value)} characters", labels.place_of(key))


def _unset_keys(source: Source) -> frozenset[str]:
    try:
        facet = source.dockerfile
    except NotOfferedError:
        return frozenset()
    labels = facet.document.effective(facet.target or None)
    return frozenset(key for key, label in labels.items() if label.unresolved)


@rule(
    code="label-unresolved",
    title="every variable in a label has a value",
    severity=Severity.WARNING,
    why="users read a gap, or the name of the variable, where a value was meant",
    fix="give the ARG a default or set build.args; use double quotes where variables are to be replaced",
    source="https://docs.docker.com/reference/dockerfile/#environment-replacement",
)
def _unresolved(source: Source) -> Iterator[Problem]:
    for labels in source.labels:
        yield from _literal_variables(labels)
    yield from _valueless_arguments(source)


def _literal_variables(labels: LabelSet) -> Iterator[Problem]:
    for key, value in labels.values.items():
        written = next((text for name, text in _variables(key, value) if name not in labels.escaped.get(key, ())), "")
        if is_shown(key) and written:
            yield Problem(f"label {key} has {excerpt(written, 40)} in it", labels.place_of(key))


def _variables(key: str, value: str) -> Iterator[tuple[str, str]]:
    """Names that look like variables which nothing replaced, each as written."""
    patterns = (_VARIABLE, _BARE_VARIABLE) if key in _PLAIN_KEYS else (_VARIABLE,)
    for found in (each for pattern in patterns for each in pattern.finditer(value)):
        # A description may well explain variables to users; an address or a version has no use for them.
        if key in _WITHOUT_PROSE or found["name"] not in _OF_READERS:
            yield found["name"], found[0]


def _valueless_arguments(source: Source) -> Iterator[Problem]:
    try:
        facet = source.dockerfile
    except NotOfferedError:
        return
    places = {key: place for labels in source.labels for key, place in labels.places.items()}
    for key, label in facet.document.effective(facet.target or None).items():
        if is_shown(key) and label.unresolved and key in places:
            names = ", ".join(excerpt(name, 40) for name in label.unresolved)
            fix = "" if label.unknown else f"give {names} a value by ARG or ENV before it in its stage"
            if label.unrepeated:
                fix = f"repeat {_declared(label.unrepeated)} in the stage, below its FROM"
            # A required label in which nothing is left is empty, too.
            is_blank = key in REQUIRED and not label.unknown and not label.value.strip()
            about, twin = (key, EMPTY) if is_blank else ("", "")
            what = f"label {key} uses {names}, {_unset(label)}"
            yield Problem(what, places[key], fix=fix, about=about, twin=twin)


def _declared(names: tuple[str, ...]) -> str:
    return " and ".join(f"ARG {excerpt(name, 40)}" for name in dict.fromkeys(names))


def _unset(label: Label) -> str:
    if label.unrepeated:
        return "which no ARG of its stage declares"
    if not label.unknown:
        return "which nothing sets: there is no ARG of that name before it in its stage"
    return "which has no value unless the build or the base image gives one"


@rule(
    code="label-unknown",
    title="labels in Docker's and the OCI's namespaces are ones they define",
    severity=Severity.WARNING,
    why="what it says is shown nowhere, and often the label that was meant is missing",
    fix="rename the label, or use a namespace of your own",
    source=LABEL_DOCS,
    repair=Repair.SURE,
)
def _unknown(source: Source) -> Iterator[Problem]:
    for labels in source.labels:
        for key in labels.values:
            if is_unknown(key):
                nearest = nearest_key(key)
                fix = f"rename {excerpt(key)} to {nearest}" if nearest else ""
                # What is meant and missing, and what is there and means nothing, is one mistake.
                is_missed = nearest in REQUIRED and nearest not in labels.values
                about, twin = (nearest, MISSING) if is_missed else ("", "")
                yield Problem(
                    f"{excerpt(key)} means nothing{_hint(key)}", labels.place_of(key), fix=fix, about=about, twin=twin
                )


def _hint(key: str) -> str:
    nearest = nearest_key(key)
    return f", probably {nearest}" if nearest else ""


@rule(
    code="label-duplicate",
    title="no label is set twice in one stage",
    severity=Severity.WARNING,
    why="the last one wins, so correcting the other one changes nothing",
    fix="keep one of the two",
    source="https://docs.docker.com/reference/dockerfile/#label",
    repair=Repair.SURE,
)
def _duplicate(source: Source) -> Iterator[Problem]:
    facet = source.dockerfile
    for stage in facet.document.lineage(facet.target or None):
        last: dict[str, Label] = {}
        for label in stage.labels:
            before = last.get(label.key)
            if before:
                to = "the same" if before.value == label.value else "something else"
                place = Place(file=facet.file, line=before.line, label=label.key)
                yield Problem(f"line {label.line} sets {excerpt(label.key)} to {to}", place)
            last[label.key] = label


@rule(
    code="label-in-other-stage",
    title="labels are set in the stage that becomes the image",
    severity=Severity.WARNING,
    why="labels of a stage that is only copied from are lost",
    fix="move the LABEL behind the last FROM, or behind that of the target",
    source="https://docs.docker.com/build/building/multi-stage/",
    repair=Repair.SURE,
)
def _in_other_stage(source: Source) -> Iterator[Problem]:
    facet = source.dockerfile
    target = facet.document.target(facet.target or None)
    present = facet.document.effective(facet.target or None)
    for stage in facet.document.stages:
        for label in stage.labels:
            if is_shown(label.key) and label.key not in present:
                unknown = f", and means nothing{_hint(label.key)}" if is_unknown(label.key) else ""
                about, twin = (label.key, MISSING) if label.key in REQUIRED else ("", "")
                yield Problem(
                    f"{excerpt(label.key)} is set in a stage that the image is not built on (that one begins in line "
                    f"{target.line}){unknown}",
                    Place(file=facet.file, line=label.line, label=label.key),
                    fix=f"move the LABEL {excerpt(label.key)} behind line {target.line}, where the stage begins that "
                    "becomes the image",
                    about=about,
                    twin=twin,
                )


@rule(
    code="label-inherited",
    title="what describes the image is the extension's own",
    severity=Severity.WARNING,
    why="the image says that it is at the version, or from the vendor, of its base image",
    fix="set the label in the Dockerfile too, or build the last stage FROM scratch",
    source="https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md",
)
def _inherited(source: Source) -> Iterator[Problem]:
    for labels in source.labels:
        if labels.platform is None:
            raise NotOfferedError("only a built image shows what it inherits from its base image")
        for key in sorted(labels.values.keys() - source.declared):
            if is_shown(key):
                value = excerpt(labels.values[key], 40)
                yield Problem(f"{excerpt(key)} is the base image's: {value!r}", labels.place_of(key))
