from __future__ import annotations

import pytest

from dext_tasks.checks import catalogue
from dext_tasks.checks.catalogue import PORTABILITY
from dext_tasks.checks.report import Report, check
from dext_tasks.checks.selection import Selection
from dext_tasks.extension import labels
from dext_tasks.extension.desktops import Desktop
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.sources.source import NotOfferedError, Source
from tests.unit.checks.fake_source import FakeSource, built_by, found, in_images

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
BY_CODE = {rule.code: rule for rule in KEY_RULES}
AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64")


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
