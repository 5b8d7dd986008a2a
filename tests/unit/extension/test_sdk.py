from __future__ import annotations

from itertools import pairwise

import pytest

from dext_tasks.errors import VersionInvalidError
from dext_tasks.extension import sdk
from dext_tasks.extension.sdk import Installable
from dext_tasks.formats.constraint import Verdict


def test_desktops_are_in_order_and_their_api_never_falls() -> None:
    for older, newer in pairwise(sdk.desktops()):
        assert older.version < newer.version
        assert older.api <= newer.api


def test_apis_are_in_order() -> None:
    assert list(sdk.apis()) == sorted(set(sdk.apis()))


def test_every_fact_is_of_a_known_api() -> None:
    assert {desktop.api for desktop in sdk.desktops()} | {member.since for member in sdk.members()} <= set(sdk.apis())


def test_every_fact_has_a_source() -> None:
    sources = [
        *(desktop.source for desktop in sdk.desktops()),
        *(member.source for member in sdk.members()),
        *(member.source for member in sdk.obsolete_members()),
    ]
    assert all(source.startswith("https://") for source in sources)


def test_what_is_not_stated_says_how_it_follows() -> None:
    assert all(desktop.stated != bool(desktop.note) for desktop in sdk.desktops())


def test_offers() -> None:
    found = {str(offer.desktop.version): offer.verdict for offer in sdk.offers(">= 0.3.3")}
    assert found["4.12.0"] is Installable.REFUSED
    assert found["4.16.0"] is Installable.ALLOWED
    assert found["4.48.0"] is Installable.ALLOWED


def test_offers_of_no_constraint() -> None:
    assert {offer.verdict for offer in sdk.offers("latest")} == {Installable.REFUSED}


@pytest.mark.parametrize(
    ("constraint", "api", "answer"),
    [
        (">= 0.3.4", "0.4.2", Installable.ALLOWED),
        ("0.3.4", "0.3.4", Installable.ALLOWED),
        # Docker has let such ones pass.
        ("0.3.4", "0.4.2", Installable.DOUBTFUL),
        ("= 0.3.4", "0.4.2", Installable.DOUBTFUL),
        ("0.1.0", "0.3.4", Installable.DOUBTFUL),
        # The libraries differ.
        ("^0.3.0", "0.3.4", Installable.DOUBTFUL),
        (">= 0.3.0, < 0.4.0", "0.4.2", Installable.REFUSED),
        ("latest", "0.4.2", Installable.REFUSED),
    ],
)
def test_one_answer_for_whoever_asks(constraint: str, api: str, answer: Installable) -> None:
    assert sdk.answer(constraint, [api]) is answer
    assert {each.verdict for each in sdk.offers(constraint) if str(each.desktop.api) == api} == {answer}


@pytest.mark.parametrize(
    ("constraint", "api", "expected"),
    [
        (">= 0.2.3", "0.3.4", Verdict.ALLOWED),
        ("0.3.0", "0.3.4", Verdict.REFUSED),
        (">= 0.3", "0.3", Verdict.ALLOWED),
        ("0.3", "0.3.4", Verdict.NOT_PORTABLE),
        ("x.y", "0.3.4", Verdict.INVALID),
    ],
)
def test_compatible(constraint: str, api: str, expected: Verdict) -> None:
    assert sdk.compatible(constraint, api) is expected


@pytest.mark.parametrize("api", ["", "latest", "0.3.x", "1.2.3.4", "\u0661.2.3"])
def test_an_api_version_that_is_none(api: str) -> None:
    with pytest.raises(VersionInvalidError):
        sdk.compatible(">= 0.2.3", api)


@pytest.mark.parametrize(
    ("desktop", "expected"),
    [
        ("4.12", ["0.2.3"]),
        ("4.16.0", ["0.3.3"]),
        ("v4.17.1", ["0.3.3", "0.3.4"]),
        ("4.40", ["0.3.4", "0.4.2"]),
        ("4.60", ["0.4.2"]),
    ],
)
def test_apis_of_a_desktop(desktop: str, expected: list[str]) -> None:
    assert [str(api) for api in sdk.apis_of(desktop)] == expected


def test_a_desktop_before_extensions() -> None:
    with pytest.raises(VersionInvalidError, match=r"older than 4\.8\.0"):
        sdk.apis_of("4.7")


def test_admitted() -> None:
    assert [str(api) for api in sdk.admitted(">= 0.3.3")] == ["0.3.3", "0.3.4", "0.4.2"]
    assert sdk.admitted("latest") == ()
