"""Lists of tags on several pages: all of them, or an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.errors import DextError, LoginMissingError, RegistryResponseError, RegistryUnreachableError
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.registry.credentials import Login
from dext_tasks.registry.repository import Repository
from dext_tasks.registry.tag_list import next_link

if TYPE_CHECKING:
    from tests.unit.registry.conftest import Connect, FakePool, Reply


LIST = "https://ghcr.io/v2/acme/demo/tags/list"
SECOND = f"GET {LIST}?n=2&last=b"
LOGIN = Login("ann", "sesame-7f3a")


@pytest.fixture
def repository(connect: Connect) -> Repository:
    return Repository(Reference.parse("ghcr.io/acme/demo"), connect(login=LOGIN))


@pytest.mark.parametrize(
    "target",
    [
        "?n=2&last=b",
        "list?n=2&last=b",
        "/v2/acme/demo/tags/list?n=2&last=b",
        f"{LIST}?n=2&last=b",
        # What a registry behind a proxy takes for its own address, or for its own scheme, or for its own path.
        "http://ghcr.io/v2/acme/demo/tags/list?n=2&last=b",
        "http://registry.internal:5000/v2/acme/demo/tags/list?n=2&last=b",
        "//registry.internal/v2/acme/demo/tags/list?n=2&last=b",
        "https://ghcr.io:8443/v2/acme/demo/tags/list?n=2&last=b",
        "https://ghcr.io/repository/proxy-hub/v2/acme/demo/tags/list?n=2&last=b",
        "/artifactory/api/docker/local/v2/acme/demo/tags/list?n=2&last=b",
    ],
)
def test_the_next_page_is_the_same_list_with_another_query(
    repository: Repository, pool: FakePool, answer: Reply, target: str
) -> None:
    pool.script(answer(401, WWW_Authenticate='Basic realm="x"'))
    pool.script(answer(200, {"tags": ["a", "b"]}, Link=f'<{target}>; rel="next"'), answer(200, {"tags": ["9.0.0"]}))
    assert repository.tags() == {"a", "b", "9.0.0"}
    assert pool.lines[2:] == [SECOND]
    # The login goes along, and to nobody else.
    assert pool.asked[2].headers["Authorization"] == LOGIN.basic


@pytest.mark.parametrize("link", ['<?last=b>; rel="last next"', '<?last=a>; rel="first", <?last=b>; rel=next'])
def test_whatever_else_the_header_holds(repository: Repository, pool: FakePool, answer: Reply, link: str) -> None:
    pool.script(answer(200, {"tags": ["a", "b"]}, Link=link), answer(200, {"tags": ["c"]}))
    assert repository.tags() == {"a", "b", "c"}
    assert pool.lines[1] == f"GET {LIST}?last=b"


def test_a_page_that_is_not_there_is_not_the_end(repository: Repository, pool: FakePool, answer: Reply) -> None:
    pool.script(answer(200, {"tags": ["a"]}, Link='<?last=a>; rel="next"'), answer(404, {"errors": []}))
    with pytest.raises(RegistryResponseError, match="page 2 is not there"):
        repository.tags()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (403, LoginMissingError),
        (400, RegistryResponseError),
        (503, RegistryUnreachableError),
        (429, RegistryUnreachableError),
    ],
)
def test_a_page_that_is_refused_is_not_the_end(
    repository: Repository, pool: FakePool, answer: Reply, status: int, error: type[DextError]
) -> None:
    pool.script(answer(200, {"tags": ["a"]}, Link='<?last=a>; rel="next"'), answer(status))
    with pytest.raises(error):
        repository.tags()
    assert len(pool.asked) == 2


@pytest.mark.parametrize("link", ['/v2/x?last=a; rel="next"', '<https://[::1/x>; rel="next"', '<?last=a; rel="next"'])
def test_a_next_page_that_cannot_be_read_is_not_the_end(
    repository: Repository, pool: FakePool, answer: Reply, link: str
) -> None:
    pool.script(answer(200, {"tags": ["a"]}, Link=link))
    with pytest.raises(RegistryResponseError, match="malformed address"):
        repository.tags()


class TestSize:
    """Some registries refuse to give a thousand tags at once."""

    @pytest.mark.parametrize("status", [400, 405, 413, 416, 422])
    def test_a_lower_limit_is_the_registrys_to_choose(
        self, repository: Repository, pool: FakePool, answer: Reply, status: int
    ) -> None:
        refusal = {"errors": [{"code": "PAGINATION_NUMBER_INVALID", "detail": {"n": 1000}}]}
        pool.script(answer(status, refusal), answer(200, {"tags": ["a", "b"]}, Link="<?n=2&last=b>; rel=next"))
        pool.script(answer(200, {"tags": ["c"]}))
        assert repository.tags() == {"a", "b", "c"}
        assert pool.lines == [f"GET {LIST}?n=1000", f"GET {LIST}", SECOND]

    def test_a_list_that_is_refused_either_way_is_an_error(
        self, repository: Repository, pool: FakePool, answer: Reply
    ) -> None:
        pool.script(answer(400, b"no"), answer(400, b"still no"))
        with pytest.raises(RegistryResponseError, match="answers 400") as caught:
            repository.tags()
        assert caught.value.detail == "still no"

    def test_a_repository_that_is_not_there_has_none_either_way(
        self, repository: Repository, pool: FakePool, answer: Reply
    ) -> None:
        pool.script(answer(400), answer(404, {"errors": [{"code": "NAME_UNKNOWN"}]}))
        assert repository.tags() == frozenset()

    @pytest.mark.parametrize(("status", "error"), [(403, LoginMissingError), (503, RegistryUnreachableError)])
    def test_any_other_no_is_not_asked_again(
        self, repository: Repository, pool: FakePool, answer: Reply, status: int, error: type[DextError]
    ) -> None:
        pool.script(answer(status))
        with pytest.raises(error):
            repository.tags()
        assert len(pool.asked) == 1


class TestLoops:
    def test_a_page_that_names_itself(self, repository: Repository, pool: FakePool, answer: Reply) -> None:
        pool.script(*(answer(200, {"tags": ["a"]}, Link='<?last=a>; rel="next"') for _ in range(2)))
        with pytest.raises(RegistryResponseError, match="pages without end"):
            repository.tags()

    def test_pages_that_name_each_other(self, repository: Repository, pool: FakePool, answer: Reply) -> None:
        for last in ("b", "a", "b"):
            pool.script(answer(200, {"tags": ["a"]}, Link=f'<?last={last}>; rel="next"'))
        with pytest.raises(RegistryResponseError, match="pages without end"):
            repository.tags()

    def test_pages_that_are_always_new(self, repository: Repository, pool: FakePool, answer: Reply) -> None:
        pool.script(*(answer(200, {"tags": []}, Link=f'<?last={number}>; rel="next"') for number in range(1001)))
        with pytest.raises(RegistryResponseError, match="pages without end"):
            repository.tags()
        assert len(pool.asked) == 1001

    def test_a_link_without_a_query_ends(self, repository: Repository, pool: FakePool, answer: Reply) -> None:
        pool.script(
            answer(200, {"tags": ["a"]}, Link='</v2/acme/demo/tags/list/2>; rel="next"'), answer(200, {"tags": ["b"]})
        )
        assert repository.tags() == {"a", "b"}
        assert pool.lines[1] == f"GET {LIST}/2"

    def test_many_small_pages_are_read(self, repository: Repository, pool: FakePool, answer: Reply) -> None:
        for number in range(300):
            link = {"Link": f'<?last={number}>; rel="next"'} if number < 299 else {}
            pool.script(answer(200, {"tags": [f"0.{number}.0"]}, **link))
        assert len(repository.tags()) == 300


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
def test_a_link_that_cannot_be_read_is_an_error(header: str) -> None:
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
