from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.registry.challenge import Challenge, parse

TOKEN = "https://auth.docker.io/token"  # noqa: S105 - an address


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", Challenge("")),
        ("Basic", Challenge("basic")),
        ('Basic realm="Registry"', Challenge("basic", "Registry")),
        ("BASIC realm=bare", Challenge("basic", "bare")),
        (
            f'Bearer realm="{TOKEN}",service="registry.docker.io",scope="repository:a/b:pull"',
            Challenge("bearer", TOKEN, "registry.docker.io", "repository:a/b:pull"),
        ),
        (f'  bearer   realm = "{TOKEN}" , service=x', Challenge("bearer", TOKEN, "x")),
        (f'Bearer SERVICE="s",Realm="{TOKEN}"', Challenge("bearer", TOKEN, "s")),
        (
            f'Bearer realm="{TOKEN}",scope="repository:a:pull,push repository:b:pull"',
            Challenge("bearer", TOKEN, "", "repository:a:pull,push repository:b:pull"),
        ),
        (f'Bearer realm="{TOKEN}",error="invalid_token"', Challenge("bearer", TOKEN)),
        ('Bearer realm="unclosed', Challenge("bearer", "")),
        ("Negotiate abc==", Challenge("negotiate")),
    ],
)
def test_parse(header: str, expected: Challenge) -> None:
    assert parse(header) == expected


@given(st.text())
def test_any_header_gives_a_challenge(header: str) -> None:
    challenge = parse(header)
    assert challenge.scheme == challenge.scheme.lower()
    assert " " not in challenge.scheme


_value = st.text(st.characters(exclude_characters='"\\', exclude_categories=["Cc", "Cs"]))


@given(scheme=st.sampled_from(["Basic", "Bearer", "bEaReR"]), realm=_value, service=_value, scope=_value)
def test_quoted_values_come_back_as_they_were_sent(scheme: str, realm: str, service: str, scope: str) -> None:
    header = f'{scheme} realm="{realm}",service="{service}",scope="{scope}"'
    assert parse(header) == Challenge(scheme.lower(), realm, service, scope)
