from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.registry.challenge import Challenge, parse

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = "https://auth.docker.io/token"  # noqa: S105 - an address
BEARER = Challenge("bearer", TOKEN)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", ()),
        ("Basic", (Challenge("basic"),)),
        ('Basic realm="Registry"', (Challenge("basic", "Registry"),)),
        ("BASIC realm=bare", (Challenge("basic", "bare"),)),
        (
            f'Bearer realm="{TOKEN}",service="registry.docker.io",scope="repository:a/b:pull"',
            (Challenge("bearer", TOKEN, "registry.docker.io", "repository:a/b:pull"),),
        ),
        (f'  bearer   realm = "{TOKEN}" , service=x', (Challenge("bearer", TOKEN, "x"),)),
        (f'Bearer SERVICE="s",Realm="{TOKEN}"', (Challenge("bearer", TOKEN, "s"),)),
        (
            f'Bearer realm="{TOKEN}",scope="repository:a:pull,push repository:b:pull"',
            (Challenge("bearer", TOKEN, "", "repository:a:pull,push repository:b:pull"),),
        ),
        (f'Bearer realm="{TOKEN}",error="invalid_token"', (BEARER,)),
        ('Bearer realm="unclosed', (Challenge("bearer", ""),)),
        ("Negotiate abc==", (Challenge("negotiate"),)),
    ],
)
def test_one_challenge(header: str, expected: tuple[Challenge, ...]) -> None:
    assert parse(header) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f'Bearer realm="{TOKEN}", Basic realm="x"', (BEARER, Challenge("basic", "x"))),
        (f'Basic realm="x", Bearer realm="{TOKEN}"', (Challenge("basic", "x"), BEARER)),
        (
            f'Basic realm="x",Bearer realm="{TOKEN}",service="s"',
            (Challenge("basic", "x"), Challenge("bearer", TOKEN, "s")),
        ),
        (f"NTLM, Negotiate, Bearer realm={TOKEN}", (Challenge("ntlm"), Challenge("negotiate"), BEARER)),
        (f'Negotiate YII=, Bearer realm="{TOKEN}"', (Challenge("negotiate"), BEARER)),
        ('Basic realm="a, Bearer realm=b"', (Challenge("basic", "a, Bearer realm=b"),)),
        ('Basic realm="say \\"Bearer\\", then"', (Challenge("basic", 'say "Bearer", then'),)),
        # Empty elements are allowed: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1
        (f', ,Bearer realm="{TOKEN}",, ,Basic realm="x",', (BEARER, Challenge("basic", "x"))),
        ('Basic realm="x", charset="UTF-8", Basic realm="y"', (Challenge("basic", "x"), Challenge("basic", "y"))),
        # A name that is given twice, as by a proxy that appends its own.
        ('Basic realm="first", realm="second"', (Challenge("basic", "first"),)),
        # What is behind something that cannot be read may be anything.
        (f'Basic realm="x", ="y", Bearer realm="{TOKEN}"', (Challenge("basic", "x"),)),
        ('realm="x"', ()),
        ("Basic/Bearer realm=x", ()),
    ],
)
def test_several_challenges(header: str, expected: tuple[Challenge, ...]) -> None:
    assert parse(header) == expected


@given(st.text())
def test_any_header_gives_challenges(header: str) -> None:
    for challenge in parse(header):
        assert challenge.scheme == challenge.scheme.lower()
        assert " " not in challenge.scheme


_TCHAR = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_token = st.text(st.sampled_from(_TCHAR), min_size=1, max_size=12)
_text = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20)
_gap = st.sampled_from(["", " ", "  ", "\t"])
_names = st.sampled_from(["realm", "service", "scope", "charset", "error", "Realm", "SERVICE"])


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def _challenges(draw: Callable[[st.SearchStrategy[str]], str]) -> tuple[str, tuple[str, dict[str, str]]]:
    """A challenge as it is written, with any spelling the grammar allows, and what it says."""
    scheme = draw(_token)
    names = draw(st.lists(_names, max_size=4, unique_by=str.lower))  # type: ignore[arg-type]  # a list, not a text
    if not names:
        token68 = draw(st.from_regex(r"([A-Za-z0-9._~+/-]{1,9}={0,2})?", fullmatch=True))
        return (f"{scheme} {token68}" if token68 else scheme), (scheme, {})
    said, written = {}, []
    for name in names:
        is_token = draw(st.booleans())  # type: ignore[arg-type]  # as above
        said[name.lower()] = value = draw(_token if is_token else _text)
        equals = f"{draw(_gap)}={draw(_gap)}"
        written.append(f"{name}{equals}{value if is_token else _quoted(value)}")
    separator = f"{draw(_gap)},{draw(_gap)}"
    return f"{scheme} {separator.join(written)}", (scheme, said)


@given(
    st.lists(_challenges(), max_size=5),
    st.lists(st.sampled_from([",", ", ", " ,\t", ",,", " , , "]), min_size=5, max_size=5),
)
def test_what_is_written_by_the_grammar_comes_back(
    written: list[tuple[str, tuple[str, dict[str, str]]]], separators: list[str]
) -> None:
    header = "".join(f"{text}{separator}" for (text, _), separator in zip(written, separators, strict=False))
    wanted = tuple(
        Challenge(scheme.lower(), said.get("realm", ""), said.get("service", ""), said.get("scope", ""))
        for _, (scheme, said) in written
    )
    assert parse(header) == wanted
