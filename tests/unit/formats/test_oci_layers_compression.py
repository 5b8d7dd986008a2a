from __future__ import annotations

import gzip
import importlib
import io
import sys
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.oci.layers import ArchiveError, TooLargeError, bounded, decompressed

ZSTD = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
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


@given(st.binary(max_size=5000), st.integers(1, 5000))
def test_zstd(content: bytes, most: int) -> None:
    assert everything(ZSTD.compress(content), most) == content


def test_several_zstd_frames_are_one_stream() -> None:
    assert everything(ZSTD.compress(b"one ") + ZSTD.compress(b"two")) == b"one two"


@pytest.mark.parametrize(
    "content",
    [ZSTD.compress(b"content" * 1000)[:-9], b"\x28\xb5\x2f\xfd" + b"\xff" * 100],
    ids=["without its end", "noise"],
)
def test_damaged_zstd(content: bytes) -> None:
    with pytest.raises(ArchiveError, match="damaged"):
        everything(content)


def test_a_zstd_bomb_comes_in_small_pieces() -> None:
    read = decompressed(io.BytesIO(ZSTD.compress(bytes(64 * MIB))).read)
    assert len(read(1000)) <= 1000
    assert len(read(MIB)) <= MIB


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
