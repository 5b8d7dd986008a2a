from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.registry.tag_list import next_link


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("", ""),
        ('<?last=b>; rel="next"', "?last=b"),
        ("</v2/a/tags/list?n=2&last=b>; rel=next", "/v2/a/tags/list?n=2&last=b"),
        ('<https://h/v2/a/tags/list?last=b>;rel="next"', "https://h/v2/a/tags/list?last=b"),
        ('< /v2/a >; REL="Next"', "/v2/a"),
        ('</v2/a>; title="a, b; c"; rel="next"', "/v2/a"),
        ('</v2/a>; rel="prev next"', "/v2/a"),
        ('</first>; rel="first", </second>; rel="next", </last>; rel="last"', "/second"),
        ('</first>; rel="prev"; title="next", </second>; rel=next', "/second"),
        ("</a,b?c=d,e>; rel=next", "/a,b?c=d,e"),
        ("</a>;; rel=next ;", "/a"),
        ("</a>; anchor; rel=next", "/a"),
        # No next page.
        ('</v2/a>; rel="first"', ""),
        ("</v2/a>", ""),
        ('</v2/a>; title="next"', ""),
        ('</v2/a>; rel="next-archive"', ""),
        # The first of two relations counts.
        ("</v2/a>; rel=prev; rel=next", ""),
    ],
)
def test_next_link(header: str, target: str) -> None:
    assert next_link(header) == target


@pytest.mark.parametrize(
    "header", ['/v2/a?last=b; rel="next"', '</v2/a; rel="next"', 'rel="next"', '</x>; rel=prev, /v2/b; rel="next"']
)
def test_a_next_page_that_cannot_be_read_is_not_the_end(header: str) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        next_link(header)


@given(st.text())
def test_any_header(header: str) -> None:
    try:
        target = next_link(header)
    except ValueError:
        target = ""
    assert target in header


_target = st.text(st.characters(exclude_characters="<>", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1)
_relation = st.sampled_from(["first", "last", "prev", "next"])


@given(st.lists(st.tuples(_target, _relation, st.booleans()), max_size=5))
def test_the_first_link_to_a_next_page_is_taken(links: list[tuple[str, str, bool]]) -> None:
    header = ", ".join(
        f'<{target}>; rel="{rel}"' if quoted else f"<{target}>;rel={rel}" for target, rel, quoted in links
    )
    assert next_link(header) == next((target for target, rel, _ in links if rel == "next"), "")
