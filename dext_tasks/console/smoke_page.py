"""A smoke test as one HTML file that needs no network: platforms side by side, with pictures and logs."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from dext_tasks.console.smoke import SIGNS, is_picture, probe_names, unstarted, where
from dext_tasks.console.xml import clean
from dext_tasks.project_files import GENERATOR
from dext_tasks.smoke.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from dext_tasks.smoke.result import Attachment, ProbeResult, SmokeResult

_TEMPLATE = "smoke.html.jinja"


@dataclass(frozen=True)
class PageContext:
    """What a report says besides results.

    Attributes:
        title: Of the report.
        image: Reference of what was tested.
        version: Of dext-tasks.
        when: The time of the test, with its zone.
        commit: What it was built from; empty if that is not known.
        uncommitted: What was built of it that is in no commit, in words; empty if nothing.
    """

    title: str
    image: str
    version: str
    when: datetime
    commit: str = ""
    uncommitted: str = ""


@dataclass(frozen=True)
class EmbeddedPicture:
    """A picture as the page shows it.

    Attributes:
        name: Such as ``light``.
        address: All of it, as a data URI.
    """

    name: str
    address: str


@dataclass(frozen=True)
class FoldedText:
    """A string as the page shows it, folded.

    Attributes:
        name: Such as ``console``.
        lines: How many it has.
        content: The text.
    """

    name: str
    lines: int
    content: str


@dataclass(frozen=True)
class Row:
    """One probe of one platform as the page shows it.

    Attributes:
        name: Of the probe.
        result: None where it was never reached.
        sign: Of its outcome.
        share: How long it took, in hundredths of the longest probe.
        pictures: What it saw, to look at.
        texts: What it saw, to read.
    """

    name: str
    result: ProbeResult | None
    sign: str = ""
    share: float = 0.0
    pictures: tuple[EmbeddedPicture, ...] = ()
    texts: tuple[FoldedText, ...] = ()


@dataclass(frozen=True)
class Column:
    """One platform as the page shows it.

    Attributes:
        platform: As text.
        runs: Native or emulated, and the docker context, if it is not the current one.
        result: Of its smoke test.
        counts: How many probes ended in each way, as text.
        rows: Its probes, in the order of every column.
    """

    platform: str
    runs: str
    result: SmokeResult
    counts: str
    rows: tuple[Row, ...]


def smoke_page(results: Sequence[SmokeResult], context: PageContext) -> str:
    """One HTML document; what images and logs say is text in it, never markup."""
    environment = Environment(
        loader=PackageLoader("dext_tasks", "console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = probe_names(results)
    longest = max((probe.seconds for result in results for probe in result.probes), default=0.0)
    columns = [_column(result, names, longest) for result in results]
    page = environment.get_template(_TEMPLATE).render(
        context=context, columns=columns, names=names, generator=GENERATOR, withheld=unstarted(results)
    )
    return clean(page)


def _column(result: SmokeResult, names: Sequence[str], longest: float) -> Column:
    found = {probe.name: probe for probe in result.probes}
    rows = tuple(_row(found[name], longest) if name in found else Row(name, None) for name in names)
    return Column(str(result.platform), where(result), result, _counts(result), rows)


def _counts(result: SmokeResult) -> str:
    outcomes = [probe.outcome for probe in result.probes]
    return ", ".join(f"{outcomes.count(each)} {each.value}" for each in Outcome if each in outcomes) or "no probe"


def _row(probe: ProbeResult, longest: float) -> Row:
    return Row(
        probe.name,
        probe,
        SIGNS[probe.outcome][0],
        round(100 * probe.seconds / longest, 1) if longest else 0.0,
        tuple(_picture(each) for each in probe.attachments if is_picture(each)),
        tuple(_text(each) for each in probe.attachments if not is_picture(each)),
    )


def _picture(attachment: Attachment) -> EmbeddedPicture:
    content = base64.b64encode(attachment.content).decode("ascii")
    return EmbeddedPicture(attachment.name, f"data:{attachment.media_type};base64,{content}")


def _text(attachment: Attachment) -> FoldedText:
    content = _readable(attachment)
    return FoldedText(attachment.name, len(content.splitlines()), content)


def _readable(attachment: Attachment) -> str:
    if attachment.media_type != "application/json":
        return attachment.text
    try:
        return json.dumps(json.loads(attachment.text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return attachment.text
