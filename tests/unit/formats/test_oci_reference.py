from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.errors import ReferenceInvalidError
from dext_tasks.formats.oci.reference import Reference, is_digest, is_tag, short

DIGEST = f"sha256:{'0123456789abcdef' * 4}"
LONGEST = "a" * 255


@pytest.mark.parametrize(
    ("text", "registry", "repository", "tag"),
    [
        ("demo", "docker.io", "library/demo", ""),
        ("demo:1.0", "docker.io", "library/demo", "1.0"),
        ("acme/demo", "docker.io", "acme/demo", ""),
        ("acme/deep/demo:1.2.3", "docker.io", "acme/deep/demo", "1.2.3"),
        ("docker.io/acme/demo", "docker.io", "acme/demo", ""),
        ("docker.io/demo", "docker.io", "library/demo", ""),
        ("index.docker.io/acme/demo", "docker.io", "acme/demo", ""),
        ("index.docker.io/demo", "docker.io", "library/demo", ""),
        ("docker.io/library/demo", "docker.io", "library/demo", ""),
        ("localhost/demo", "localhost", "demo", ""),
        ("localhost:5000/demo", "localhost:5000", "demo", ""),
        ("localhost:5000/acme/demo:1.0", "localhost:5000", "acme/demo", "1.0"),
        ("localhost:5000", "docker.io", "library/localhost", "5000"),
        ("ghcr.io/acme/demo", "ghcr.io", "acme/demo", ""),
        ("Registry/acme/demo", "Registry", "acme/demo", ""),
        ("10.0.0.1:5000/demo", "10.0.0.1:5000", "demo", ""),
        ("[2001:db8::1]:5000/demo", "[2001:db8::1]:5000", "demo", ""),
        ("acme/a__b-c--d.e", "docker.io", "acme/a__b-c--d.e", ""),
        ("acme/demo:_._-", "docker.io", "acme/demo", "_._-"),
    ],
)
def test_a_reference_is_read_as_docker_reads_it(text: str, registry: str, repository: str, tag: str) -> None:
    assert Reference.parse(text) == Reference(registry, repository, tag)


@pytest.mark.parametrize(
    "text", [f"acme/demo@{DIGEST}", f"acme/demo:1.0@{DIGEST}", f"localhost:5000/demo:1.0@{DIGEST}"]
)
def test_a_digest_is_kept(text: str) -> None:
    reference = Reference.parse(text)
    assert reference.digest == DIGEST
    assert str(reference) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        ":",
        "@",
        ":tag",
        "acme/",
        "/demo",
        "acme//demo",
        "acme/Demo",
        "DEMO",
        "acme/demo:",
        "acme/demo:-1",
        "acme/demo:.1",
        "acme/demo:1.0+build",
        f"acme/demo:{'t' * 129}",
        "acme/demo@",
        "acme/demo@sha256:abc",
        f"acme/demo@{DIGEST.upper()}",
        f"acme/demo@{DIGEST}@{DIGEST}",
        f"@{DIGEST}",
        "acme/de mo",
        "acme/demo\n",
        " acme/demo",
        "acme/_demo",
        "acme/demo_",
        "acme/a___b",
        "acme/a..b",
        "acme/démo",
        "https://docker.io/acme/demo",
        "localhost:port/demo",
        "[::1/demo",
        "-host.example/demo",
        "host.example:5000/",
        f"acme/{LONGEST}",
        "acme/demo\0",
    ],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(ReferenceInvalidError) as raised:
        Reference.parse(text)
    assert repr(text) in raised.value.message


COMPONENT = st.from_regex(r"[a-z0-9]{1,4}([._-][a-z0-9]{1,3})?", fullmatch=True)
NAMES = st.lists(COMPONENT, min_size=1, max_size=4).map("/".join)
HOSTS = st.sampled_from(["", "localhost/", "localhost:5000/", "ghcr.io/", "docker.io/", "[::1]:5000/"])
TAGS = st.from_regex(r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,9})?", fullmatch=True)
DIGESTS = st.sampled_from(["", f"@{DIGEST}"])


@given(st.builds("{}{}{}{}".format, HOSTS, NAMES, TAGS, DIGESTS))
def test_reading_and_writing_lose_nothing(text: str) -> None:
    reference = Reference.parse(text)
    assert Reference.parse(str(reference)) == reference
    assert Reference.parse(reference.name) == Reference(reference.registry, reference.repository)


@given(st.text() | st.text(alphabet="aA0._-/:@[]\n \0é", max_size=40))
def test_any_text_is_a_reference_or_refused(text: str) -> None:
    try:
        reference = Reference.parse(text)
    except ReferenceInvalidError:
        return
    assert Reference.parse(str(reference)) == reference
    assert not any(char.isspace() for char in str(reference))


@pytest.mark.parametrize("text", ["a" * 100_000, "a-" * 50_000, "a." * 50_000 + "/b", "a:" * 50_000, "-" * 100_000])
def test_a_long_text_is_refused_at_once(text: str) -> None:
    with pytest.raises(ReferenceInvalidError):
        Reference.parse(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("demo:1.0", "demo"),
        ("docker.io/library/demo", "demo"),
        ("acme/demo:1.0", "acme/demo"),
        ("docker.io/acme.example/demo", "docker.io/acme.example/demo"),
        ("docker.io/library/deep/demo", "docker.io/library/deep/demo"),
        ("localhost:5000/acme/demo:1.0", "localhost:5000/acme/demo"),
    ],
)
def test_a_name_is_what_people_write(text: str, name: str) -> None:
    assert Reference.parse(text).name == name


def test_another_tag_drops_the_digest() -> None:
    assert str(Reference.parse(f"acme/demo:1.0@{DIGEST}").with_tag("2.0")) == "acme/demo:2.0"


def test_a_digest_pins_the_tag() -> None:
    assert str(Reference.parse("acme/demo:1.0").with_digest(DIGEST)) == f"acme/demo:1.0@{DIGEST}"


@pytest.mark.parametrize("tag", ["", "1.0+b", "-x", "a/b", "t" * 129, "1.0\n"])
def test_a_tag_that_is_none_is_refused(tag: str) -> None:
    assert not is_tag(tag)
    with pytest.raises(ReferenceInvalidError):
        Reference.parse("acme/demo").with_tag(tag)


@pytest.mark.parametrize("digest", ["", "sha256:", DIGEST[:-1], f"{DIGEST}0", f"{DIGEST}\n", DIGEST.replace("a", "A")])
def test_a_digest_that_is_none_is_refused(digest: str) -> None:
    assert not is_digest(digest)
    with pytest.raises(ReferenceInvalidError):
        Reference.parse("acme/demo").with_digest(digest)


@pytest.mark.parametrize("tag", ["latest", "1.2.3-rc.1", "_x", "T" * 128])
def test_what_can_be_a_tag(tag: str) -> None:
    assert is_tag(tag)


def test_a_digest_is_short_for_people() -> None:
    assert short(f"sha256:0123456789abcdef{'0' * 48}") == short("0123456789abcdef") == "0123456789ab"
