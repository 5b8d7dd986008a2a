from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.extension.version import as_version
from dext_tasks.formats.oci.reference import Reference, is_tag
from dext_tasks.release.staging import staging_reference

IMAGE = Reference.parse("ghcr.io/acme/demo")

_ids = st.binary().map(lambda seed: f"sha256:{hashlib.sha256(seed).hexdigest()}")


def test_one() -> None:
    image_id = f"sha256:0123456789abcdef{'0' * 48}"
    assert str(staging_reference(IMAGE, image_id)) == f"ghcr.io/acme/demo:staging-abcdefghijklmnop{'a' * 24}"


@given(_ids)
def test_a_staging_tag_is_a_valid_tag_that_never_reads_as_a_version(image_id: str) -> None:
    tag = staging_reference(IMAGE, image_id).tag
    assert is_tag(tag)
    assert as_version(tag) is None
    assert not any(char.isdigit() for char in tag)


@given(_ids, _ids)
def test_images_share_a_staging_tag_only_if_they_are_the_same(first: str, second: str) -> None:
    same = staging_reference(IMAGE, first) == staging_reference(IMAGE, second)
    assert same == (first == second)


@given(_ids)
def test_a_rerun_finds_what_was_pushed_before(image_id: str) -> None:
    other = IMAGE.with_tag("1.0.0")
    assert staging_reference(IMAGE, image_id) == staging_reference(other, image_id)
