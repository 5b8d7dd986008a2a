from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.checks import catalogue
from dext_tasks.checks.catalogue import PORTABILITY
from dext_tasks.checks.report import Report, check
from dext_tasks.checks.selection import Selection
from dext_tasks.extension import labels
from dext_tasks.extension.desktops import Desktop
from dext_tasks.extension.labels import REQUIRED as LABELS
from dext_tasks.sources.facts import LabelSet, Place
from dext_tasks.sources.source import NotOfferedError, PartNotOfferedError, Source
from tests.unit.checks.fake_source import (
    AMD64,
    BY_CODE,
    GOOD_LABELS,
    FakeSource,
    built_by,
    found,
    in_images,
    judged,
    labelled,
    problems,
)

KEY_RULES = Selection(("label-unknown", "label-duplicate", "label-in-other-stage", "label-inherited")).chosen(
    catalogue.RULES
)
LABEL_RULES = Selection(("label-missing", "label-empty")).chosen(catalogue.RULES)
VALUE_RULES = Selection(
    (
        "screenshots-*",
        "additional-*",
        "label-json-*",
        "link-address-*",
        "icon-label-*",
        "image-*",
        "publisher-*",
        "category-*",
        "account-*",
        "label-edge-space",
        "label-too-long",
        "label-unresolved",
    )
).chosen(catalogue.RULES)


def images(values: dict[str, str], declared: frozenset[str] | None = None) -> FakeSource:
    return (
        FakeSource(labels=in_images(values))
        if declared is None
        else FakeSource(labels=in_images(values), declared=declared)
    )


def test_known_labels() -> None:
    assert found("label-unknown", images(dict.fromkeys([*labels.REQUIRED, *labels.OPTIONAL, "a.b"], "x"))) == []


def test_unknown_labels() -> None:
    assert found("label-unknown", images({"com.docker.extension.category": "x", "com.docker.extension.zzz": ""})) == [
        (f"{key} means nothing{hint}", f"label {key}, linux/{machine}")
        for machine in ("amd64", "arm64")
        for key, hint in (
            ("com.docker.extension.category", ", probably com.docker.extension.categories"),
            ("com.docker.extension.zzz", ""),
        )
    ]


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("org.opencontainers.image.license", "org.opencontainers.image.licenses"),
        ("org.opencontainers.image.author", "org.opencontainers.image.authors"),
        ("org.opencontainer.image.title", labels.TITLE),
        ("com.docker.extension.title", labels.TITLE),
        ("com.docker.extension.zzz", ""),
    ],
)
def test_a_key_that_is_nearly_one_is_to_be_renamed(key: str, meant: str) -> None:
    problem, _ = BY_CODE["label-unknown"].ask(images({key: "x"}))
    assert problem.what == f"{key} means nothing{f', probably {meant}' if meant else ''}"
    assert problem.fix == (f"rename {key} to {meant}" if meant else "")


@pytest.mark.parametrize(
    "source",
    [
        "FROM scratch\nLABEL a=1\nLABEL b=2",
        "FROM scratch AS one\nLABEL a=1\nFROM one\nLABEL a=2",
        "FROM scratch AS one\nLABEL a=1 a=2\nFROM scratch\nLABEL a=1",
    ],
)
def test_no_duplicates(source: str) -> None:
    assert found("label-duplicate", built_by(source)) == []


def test_duplicates() -> None:
    assert found("label-duplicate", built_by("FROM scratch\nLABEL a=1\nLABEL b=1 \\\n a=2\nLABEL a=3")) == [
        ("line 4 sets a to something else", "Dockerfile:2, label a"),
        ("line 5 sets a to something else", "Dockerfile:4, label a"),
    ]


def test_duplicates_that_say_the_same() -> None:
    assert found("label-duplicate", built_by("FROM scratch\nLABEL a=1\nLABEL a=1")) == [
        ("line 3 sets a to the same", "Dockerfile:2, label a")
    ]


@pytest.mark.parametrize(
    "source",
    [
        f"FROM scratch AS one\nLABEL {labels.TITLE}=x\nFROM one",
        f"FROM scratch AS one\nLABEL {labels.TITLE}=x\nFROM scratch\nLABEL {labels.TITLE}=y",
        "FROM scratch AS one\nLABEL maintainer=x com.example.y=z\nFROM scratch",
        "FROM scratch AS one\nLABEL org.opencontainers.image.source=x\nFROM one AS two\nFROM two",
    ],
)
def test_labels_that_are_not_lost(source: str) -> None:
    assert found("label-in-other-stage", built_by(source)) == []


def test_labels_of_a_stage_that_is_only_copied_from() -> None:
    source = f"FROM scratch AS one\nLABEL {labels.TITLE}=x\nFROM scratch\nCOPY --from=one / /\n"
    ((what, place),) = found("label-in-other-stage", built_by(source))
    assert what.startswith(f"{labels.TITLE} is set in a stage that the image is not built on")
    assert "line 3" in what
    assert place == f"Dockerfile:2, label {labels.TITLE}"


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("org.opencontainers.image.source", ""),
        (
            "com.docker.extension.categry",
            ", and means nothing, probably com.docker.extension.categories",
        ),
        ("com.docker.extension.zzz", ", and means nothing"),
    ],
)
def test_every_label_of_an_extension_can_be_lost(key: str, hint: str) -> None:
    ((what, _),) = found("label-in-other-stage", built_by(f"FROM scratch AS one\nLABEL {key}=x\nFROM scratch\n"))
    assert what == f"{key} is set in a stage that the image is not built on (that one begins in line 3){hint}"


def test_labels_behind_the_target() -> None:
    source = f"FROM scratch AS one\nFROM scratch AS two\nLABEL {labels.TITLE}=x\n"
    assert found("label-in-other-stage", built_by(source)) == []
    assert len(found("label-in-other-stage", built_by(source, "one"))) == 1


def test_inherited_labels() -> None:
    values = {labels.TITLE: "Demo", labels.VERSION: "22.04", "com.example.x": "y", "com.docker.z": "w"}
    assert found("label-inherited", images(values, frozenset({labels.TITLE})))[:2] == [
        ("com.docker.z is the base image's: 'w'", "label com.docker.z, linux/amd64"),
        (f"{labels.VERSION} is the base image's: '22.04'", f"label {labels.VERSION}, linux/amd64"),
    ]


def test_nothing_is_inherited() -> None:
    assert found("label-inherited", images({labels.TITLE: "Demo"}, frozenset({labels.TITLE}))) == []


@pytest.mark.parametrize("source", [built_by("FROM alpine"), images({}), Source()])
def test_who_cannot_tell_what_is_inherited(source: Source) -> None:
    with pytest.raises(NotOfferedError):
        found("label-inherited", source)


@pytest.mark.parametrize("code", ["label-duplicate", "label-in-other-stage"])
def test_an_image_does_not_show_stages(code: str) -> None:
    with pytest.raises(NotOfferedError):
        found(code, images({}))


# Every required label, in a final stage that begins in line 2.
COMPLETE = "FROM scratch AS other\nFROM scratch\n" + "".join(f'LABEL {key}="x"\n' for key in labels.REQUIRED)


class TestOneMistakeIsOneFault:
    """Rules that find the same mistake by several of its signs."""

    @staticmethod
    def report(source: str, ignored: str = "") -> Report:
        rules = [*KEY_RULES, *LABEL_RULES, *(each for each in VALUE_RULES if each.code == "label-unresolved")]
        return check([built_by(source)], rules, Selection(ignore={ignored: "known"} if ignored else {}))

    @pytest.mark.parametrize(
        ("written", "instead", "codes", "fix"),
        [
            (labels.ICON, f"{labels.ICON[:-2]}n", {"label-missing", "label-unknown"}, f"rename {labels.ICON[:-2]}n to"),
            ('LABEL org.opencontainers.image.vendor="x"', "", {"label-missing"}, "add the label"),
            (
                f'{labels.VENDOR}="x"',
                f"{labels.VENDOR}=$NOPE",
                {"label-empty", "label-unresolved"},
                "give NOPE a value",
            ),
            (f'{labels.VENDOR}="x"', f'{labels.VENDOR}=" "', {"label-empty"}, "give the label a value"),
            (f'{labels.VENDOR}="x"', f"{labels.VENDOR}=a$NOPE", {"label-unresolved"}, "give NOPE a value"),
        ],
    )
    def test_in_one_stage(self, written: str, instead: str, codes: set[str], fix: str) -> None:
        report = self.report(COMPLETE.replace(written, instead))
        (fault,) = report.faults
        assert {each.rule.code for each in fault.findings} == codes
        assert fault.fix.startswith(fix)
        assert report.count(fault.rule.severity) == 1
        assert fault.rule.code == min(codes)

    def test_in_another_stage(self) -> None:
        line = f'LABEL {labels.ICON}="x"\n'
        first, _, rest = COMPLETE.replace(line, "").partition("\n")
        (fault,) = self.report(f"{first}\n{line}{rest}").faults
        assert fault.rule.code == "label-missing"
        assert fault.fix.startswith(f"move the LABEL {labels.ICON} behind line 3")

    @pytest.mark.parametrize("value", [None, '""'])
    def test_in_every_desktop(self, value: str | None) -> None:
        line = f'LABEL {labels.API_VERSION}="x"\n'
        source = COMPLETE.replace(line, f"LABEL {labels.API_VERSION}={value}\n" if value else "")
        about_labels = [
            rule
            for runtime in Desktop
            for rule in PORTABILITY[runtime]
            if "label" in rule.code or "version" in rule.code
        ]
        report = check([built_by(source)], [*about_labels, *LABEL_RULES])
        (fault,) = report.faults
        assert fault.rule.code == ("label-empty" if value else "label-missing")
        assert {each.rule.code for each in fault.findings} == {
            fault.rule.code,
            "docker-desktop-api-version-missing",
            "podman-desktop-label-missing",
        }

    def test_what_is_accepted_hides_nothing(self) -> None:
        report = self.report(COMPLETE.replace(labels.ICON, f"{labels.ICON[:-2]}n"), "label-missing")
        assert [fault.rule.code for fault in report.faults] == ["label-unknown"]

    def test_a_label_that_is_there_too_is_not_missing(self) -> None:
        (fault,) = self.report(f'{COMPLETE}LABEL {labels.ICON[:-2]}n="x"\n').faults
        assert fault.rule.code == "label-unknown"


def required_labels(**changes: str | None) -> LabelSet:
    values = dict.fromkeys(LABELS, "set") | {key.replace("__", "."): value for key, value in changes.items()}
    kept = {key: value for key, value in values.items() if value is not None}
    return LabelSet(
        None, kept, Place(file="Dockerfile", line=1), {key: Place(file="Dockerfile", line=9, label=key) for key in kept}
    )


class TestLabels:
    @pytest.mark.parametrize("code", ["label-missing", "label-empty"])
    def test_all_set(self, code: str) -> None:
        assert found(code, FakeSource(labels=[required_labels()])) == []

    @pytest.mark.parametrize("key", LABELS)
    def test_missing(self, key: str) -> None:
        labels = required_labels(**{key.replace(".", "__"): None})
        assert found("label-missing", FakeSource(labels=[labels])) == [
            (f"label {key} is missing", f"Dockerfile:1, label {key}")
        ]
        assert found("label-empty", FakeSource(labels=[labels])) == []

    @pytest.mark.parametrize("key", LABELS)
    @pytest.mark.parametrize("value", ["", " ", "\t\n"])
    def test_empty(self, key: str, value: str) -> None:
        labels = required_labels(**{key.replace(".", "__"): value})
        assert found("label-empty", FakeSource(labels=[labels])) == [
            (f"label {key} is empty", f"Dockerfile:9, label {key}")
        ]
        assert found("label-missing", FakeSource(labels=[labels])) == []

    @pytest.mark.parametrize("key", LABELS)
    def test_unknown_is_neither_empty_nor_fine(self, key: str) -> None:
        unknown = replace(required_labels(**{key.replace(".", "__"): ""}), unknown={key: ("NOTES",)})
        assert found("label-missing", FakeSource(labels=[unknown])) == []
        with pytest.raises(
            PartNotOfferedError, match=f"label {key} takes NOTES, which only the build may give a value"
        ):
            found("label-empty", FakeSource(labels=[unknown]))

    def test_what_is_empty_is_found_beside_what_is_unknown(self) -> None:
        one, other = LABELS[:2]
        values = replace(
            required_labels(**{each.replace(".", "__"): "" for each in (one, other)}), unknown={one: ("NOTES",)}
        )
        problems = iter(BY_CODE["label-empty"].ask(FakeSource(labels=[values])))
        assert next(problems).what == f"label {other} is empty"
        with pytest.raises(PartNotOfferedError):
            next(problems)

    def test_a_label_without_a_place_of_its_own_is_at_the_place_of_all(self) -> None:
        labels = LabelSet(AMD64, {LABELS[0]: ""}, Place(platform=AMD64), {})
        assert found("label-empty", FakeSource(labels=[labels])) == [
            (f"label {LABELS[0]} is empty", f"label {LABELS[0]}, linux/amd64")
        ]


CODES = [rule.code for rule in VALUE_RULES]
EVERY = pytest.mark.parametrize("code", CODES)


@EVERY
def test_good_labels(code: str) -> None:
    assert judged(code) == []


@EVERY
def test_no_labels(code: str) -> None:
    assert list(BY_CODE[code].ask(labelled({}))) == []


@EVERY
def test_blank_labels_are_another_rules_finding(code: str) -> None:
    assert list(BY_CODE[code].ask(labelled(dict.fromkeys(GOOD_LABELS, " ")))) == []


@EVERY
def test_a_source_without_labels_cannot_say(code: str) -> None:
    with pytest.raises(NotOfferedError):
        list(BY_CODE[code].ask(Source()))


@pytest.mark.parametrize(
    ("code", "name", "value", "fix"),
    [
        ("screenshots-invalid", "SCREENSHOTS", '[{"alt":"One","url":"x"},]', "remove the comma before ]"),
        ("additional-urls-invalid", "ADDITIONAL_URLS", "[{'title':'One'}]", "write \" in place of '"),
        ("label-json-incomplete", "SCREENSHOTS", '[{"alt":"","url":"x"}]', 'give "alt" a value'),
    ],
)
def test_json_is_corrected_where_it_is_wrong(code: str, name: str, value: str, fix: str) -> None:
    (problem,) = BY_CODE[code].ask(labelled(GOOD_LABELS | {getattr(labels, name): value}))
    assert problem.fix == fix


@pytest.mark.parametrize(
    ("value", "count"),
    [("[]", 1), ('[{"alt":"","url":"u"}]', 1), ('[{"alt":"a","url":"u","x":1,"url":"v"}]', 2), ("{", 0)],
)
def test_incomplete_screenshots(value: str, count: int) -> None:
    assert len(judged("label-json-incomplete", SCREENSHOTS=value)) == count


def test_no_additional_urls_are_fine() -> None:
    assert judged("label-json-incomplete", ADDITIONAL_URLS="[]") == []


@pytest.mark.parametrize("name", ["TITLE", "VENDOR", "ICON", "CATEGORIES", "API_VERSION"])
def test_edge_space(name: str) -> None:
    assert len(judged("label-edge-space", **{name: " x"})) == 1
    assert len(judged("label-edge-space", **{name: "x\n"})) == 1


@pytest.mark.parametrize("value", ["v${VERSION}", "${VERSION:-1}", "${A}${B}"])
def test_variables_left_as_text(value: str) -> None:
    assert len(judged("label-unresolved", CHANGELOG=value)) == 1


@pytest.mark.parametrize("name", ["TITLE", "ICON", "VENDOR", "PUBLISHER_URL", "API_VERSION"])
@pytest.mark.parametrize("value", ["$NAME", "https://example.com/$VERSION/icon.svg"])
def test_variables_without_braces_left_as_text(name: str, value: str) -> None:
    assert len(judged("label-unresolved", **{name: value})) == 1


@pytest.mark.parametrize("value", ["Only $5", "US$", "$$NAME", r"\$NAME", "a$NAME", "$a"])
def test_dollars_that_are_no_variables(value: str) -> None:
    assert judged("label-unresolved", DESCRIPTION=value) == []


@pytest.mark.parametrize("name", ["DESCRIPTION", "CHANGELOG", "SCREENSHOTS", "TITLE"])
@pytest.mark.parametrize("value", ["keeps it in ${HOME}/.demo", "see $KUBECONFIG", "looks through $PATH"])
def test_a_text_may_tell_readers_of_their_own_variables(name: str, value: str) -> None:
    assert judged("label-unresolved", **{name: value}) == []


@pytest.mark.parametrize("name", ["ICON", "PUBLISHER_URL", "API_VERSION"])
def test_an_address_has_no_use_for_them(name: str) -> None:
    assert len(judged("label-unresolved", **{name: "https://example.com/$USER"})) == 1


def test_a_second_variable_is_found_behind_one_that_is_meant() -> None:
    assert judged("label-unresolved", TITLE="$HOME of $NAME") == [f"label {labels.TITLE} has $NAME in it"]


def test_what_is_escaped_in_the_dockerfile_is_meant() -> None:
    escaped = {labels.DESCRIPTION: frozenset({"ANSWER"})}
    source = labelled({labels.DESCRIPTION: "set $ANSWER and $OTHER", labels.TITLE: "${ANSWER}"}, escaped=escaped)
    assert [problem.what for problem in BY_CODE["label-unresolved"].ask(source)] == [
        f"label {labels.DESCRIPTION} has $OTHER in it",
        f"label {labels.TITLE} has ${{ANSWER}} in it",
    ]


def test_a_value_that_only_the_build_knows_is_not_judged() -> None:
    for rule in VALUE_RULES:
        if rule.code not in {"label-unresolved", "label-too-long"}:
            source = labelled({labels.ICON: "x", labels.TITLE: " "}, unknown=dict.fromkeys(GOOD_LABELS, ("V",)))
            with pytest.raises(PartNotOfferedError, match="takes V, which only the build may give a value"):
                list(rule.ask(source))


def test_a_label_is_no_place_for_files() -> None:
    assert judged("label-too-long", TITLE="x" * 50_000) == []
    assert judged("label-too-long", TITLE="x" * 50_001) == [f"label {labels.TITLE} has 50001 characters"]


def test_foreign_labels_may_have_variables() -> None:
    assert list(BY_CODE["label-unresolved"].ask(labelled({"com.example.x": "${A}"}))) == []


def test_arguments_without_a_value() -> None:
    dockerfile = (
        f'FROM scratch\nARG VERSION\nARG SET=1\nLABEL {labels.TITLE}="a ${{VERSION}} ${{SET}}" com.example.x=$VERSION\n'
    )
    source = labelled({labels.TITLE: "a  1", "com.example.x": ""}, dockerfile)
    assert [problem.what for problem in BY_CODE["label-unresolved"].ask(source)] == [
        f"label {labels.TITLE} uses VERSION, which has no value unless the build or the base image gives one"
    ]


@pytest.mark.parametrize(
    ("source", "what", "fix"),
    [
        (
            f"FROM scratch\nLABEL {labels.TITLE}=$VERSION\n",
            "which nothing sets: there is no ARG of that name before it in its stage",
            "give VERSION a value by ARG or ENV before it in its stage",
        ),
        *(
            (
                f"ARG VERSION{value}\nFROM {base}\nLABEL {labels.TITLE}=$VERSION\n",
                "which no ARG of its stage declares",
                "repeat ARG VERSION in the stage, below its FROM",
            )
            for value in ("", "=1")
            for base in ("scratch", "alpine")
        ),
    ],
)
def test_a_variable_that_nothing_can_set(source: str, what: str, fix: str) -> None:
    (problem,) = BY_CODE["label-unresolved"].ask(labelled({labels.TITLE: ""}, source))
    assert (problem.what, problem.fix) == (f"label {labels.TITLE} uses VERSION, {what}", fix)


def test_the_white_space_around_a_variable_without_a_value_is_no_fault_of_its_own() -> None:
    source = f'ARG V=1\nFROM scratch\nLABEL {labels.TITLE}="Demo $V"\n'
    assert list(BY_CODE["label-edge-space"].ask(labelled({labels.TITLE: "Demo "}, source))) == []
    assert list(BY_CODE["label-edge-space"].ask(labelled({labels.TITLE: "Demo "})))


@given(st.dictionaries(st.sampled_from(sorted(GOOD_LABELS)), st.text() | st.text(alphabet='[]{}",:$alturl/htps.')))
def test_anything_is_judged(values: dict[str, str]) -> None:
    for rule in VALUE_RULES:
        for problem in rule.ask(labelled(values)):
            assert problem.what.isprintable()


def test_docker_says_which_label() -> None:
    key = LABELS[0].replace(".", "__")
    missing, empty = (FakeSource(labels=[required_labels(**{key: value})]) for value in (None, ""))
    assert [problem.docker for problem in problems("label-missing", missing)] == [
        f'(required) image label "{LABELS[0]}" is missing'
    ]
    assert [problem.docker for problem in problems("label-empty", empty)] == [
        f'(required) image label "{LABELS[0]}" is set to empty string in the Dockerfile'
    ]
