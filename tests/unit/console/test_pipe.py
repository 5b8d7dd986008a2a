from __future__ import annotations

import gc
import io

from dext_tasks.console.pipe import Pipe


class Stream(io.StringIO):
    """Counts how often it is flushed."""

    flushed = 0

    def flush(self) -> None:
        self.flushed += 1


def test_what_is_written_and_flushed_reaches_the_stream() -> None:
    stream = Stream()
    pipe = Pipe(stream)
    assert pipe.write("text") == 4
    pipe.flush()
    assert (stream.getvalue(), stream.flushed) == ("text", 1)


def test_a_forgotten_pipe_leaves_its_stream_alone() -> None:
    # The finaliser of an io class flushes, and Python 3.13 reports it where the stream is closed by then.
    stream = Stream()
    Pipe(stream).write("text")
    gc.collect()
    assert stream.flushed == 0


def test_what_is_no_text_is_written_as_escapes() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="utf-8")
    pipe = Pipe(stream)
    assert pipe.write("claimed by \ud800x\n") == 14
    pipe.flush()
    assert raw.getvalue() == b"claimed by \\ud800x\n"
