from __future__ import annotations

import gzip
import importlib.util
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.extension.layers import ArchiveError, TooLargeError, UnsupportedError, bounded, decompressed

HAS_ZSTD = any(importlib.util.find_spec(name) for name in ("zstandard",)) or bool(
    importlib.util.find_spec("compression")
)
MIB = 1024**2


def everything(content: bytes, most: int = 1000) -> bytes:
    read = decompressed(io.BytesIO(content).read)
    pieces = iter(lambda: read(most), b"")
    return b"".join(pieces)


@given(st.binary(max_size=5000), st.integers(1, 5000))
def test_uncompressed_and_gzip(content: bytes, most: int) -> None:
    assert everything(gzip.compress(content), most) == content
    if not content.startswith((b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd")):
        assert everything(content, most) == content


def test_several_gzip_members_are_one_stream() -> None:
    assert everything(gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(b"two")) == b"one two"


def test_zeros_behind_gzip_are_padding() -> None:
    assert everything(gzip.compress(b"content") + bytes(700_000)) == b"content"


def test_nothing() -> None:
    assert everything(b"") == b""


def test_after_the_end_there_is_nothing() -> None:
    read = decompressed(io.BytesIO(gzip.compress(b"x")).read)
    assert [read(10), read(10), read(10)] == [b"x", b"", b""]


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(b"content" * 1000)[:-9],
        gzip.compress(b"content")[:12],
        b"\x1f\x8b\x08" + b"\xff" * 100,
        gzip.compress(b"content") + b"trailing garbage",
        gzip.compress(b"content")[:-8] + bytes(8),
    ],
    ids=["without its end", "almost nothing", "noise", "garbage behind", "wrong checksum"],
)
def test_damaged(content: bytes) -> None:
    with pytest.raises(ArchiveError, match=r"damaged|end early"):
        everything(content)


@pytest.mark.skipif(HAS_ZSTD, reason="this Python reads zstd")
def test_zstd_is_named_where_it_cannot_be_read() -> None:
    with pytest.raises(UnsupportedError, match="zstd"):
        decompressed(io.BytesIO(b"\x28\xb5\x2f\xfd" + bytes(100)).read)


def test_a_bomb_comes_in_small_pieces_and_ends_at_the_bound() -> None:
    compressor = zlib.compressobj(wbits=31)
    bomb = b"".join([*(compressor.compress(bytes(MIB)) for _ in range(64)), compressor.flush()])
    assert len(bomb) < 100_000
    read = bounded(decompressed(io.BytesIO(bomb).read), 8 * MIB)
    sizes: list[int] = []
    with pytest.raises(TooLargeError, match="more than 8 MiB"):
        sizes.extend(map(len, iter(lambda: read(MIB), b"")))
    assert max(sizes) <= MIB
    assert sum(sizes) <= 8 * MIB
