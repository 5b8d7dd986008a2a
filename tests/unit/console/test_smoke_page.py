from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.console.smoke_page import PageContext, smoke_page
from dext_tasks.console.xml import clean
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.smoke.result import Attachment, Outcome, ProbeResult, SmokeResult

if TYPE_CHECKING:
    from collections.abc import Sequence

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=[]), min_size=1, max_size=60)
HOSTILE = st.one_of(
    ANY_TEXT,
    st.sampled_from(
        (
            "<script>alert(1)</script>",
            "</pre></details><img src=x onerror=alert(1)>",
            '" onmouseover="alert(1)',
            "</title><script src=//evil.example></script>",
            "{{ 7 * 7 }}{% raw %}",
            "<!--",
            "]]>",
            "&lt;b&gt;",
        )
    ),
)
CONTEXT = PageContext("Smoke test", "acme/demo:1.0.0", "0.4.0", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


@dataclass
class Page(HTMLParser):
    """What a page is made of."""

    elements: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    values: list[dict[str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.values.append({"tag": tag, **{name: value or "" for name, value in attrs}})

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def attributes(self, tag: str, name: str) -> list[str]:
        return [each[name] for each in self.values if each["tag"] == tag and name in each]


def page(results: Sequence[SmokeResult], context: PageContext = CONTEXT) -> Page:
    made = Page()
    text = smoke_page(results, context)
    # What is written to a file must be text that UTF-8 can hold.
    made.feed(text.encode().decode())
    made.close()
    return made


def test_it_says_what_was_tested_with_what_and_when(smoked: list[SmokeResult]) -> None:
    shown = page(smoked)
    for word in ("acme/demo:1.0.0", "0.4.0", "2026-01-02 03:04:05 UTC", f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"):
        assert word in shown.text
    assert shown.attributes("time", "datetime") == ["2026-01-02T03:04:05+00:00"]


def test_the_verdict_names_what_failed(smoked: list[SmokeResult]) -> None:
    assert "✗ Failed on linux/arm64\n" in smoke_page(smoked, CONTEXT).replace("</p>", "\n")
    assert "✓ Passed on linux/amd64" in page(smoked[:1]).text
    assert "✗ Nothing was tested" in page([]).text


def test_each_probe_with_outcome_time_detail_and_evidence(smoked: list[SmokeResult]) -> None:
    text = page(smoked[1:]).text
    for word in ("start", "emulator crash", "12.0 s", "it ended", "qemu: uncaught target signal", "qemu: signal 11"):
        assert word in text
    assert "emulated" in text


def test_bars_are_as_long_as_probes_took(smoked: list[SmokeResult]) -> None:
    assert page(smoked).attributes("i", "style") == [
        "width: 4.2%",
        "width: 35.4%",
        "width: 8.3%",
        "width: 100.0%",
        "width: 12.5%",
    ]


def test_pictures_are_in_the_page_and_described(smoked: list[SmokeResult]) -> None:
    shown = page(smoked)
    pictures = shown.attributes("img", "src")
    assert len(pictures) == 2
    assert base64.b64decode(pictures[0].removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")
    assert shown.attributes("img", "alt") == [
        "Screenshot of UI, light, on linux/amd64",
        "Screenshot of UI, dark, on linux/amd64",
    ]


def test_texts_are_folded_and_readable(smoked: list[SmokeResult]) -> None:
    shown = page(smoked)
    assert Counter(tag for tag, _ in shown.elements)["details"] == 2
    # A browser drops a line feed after <pre>: https://html.spec.whatwg.org/multipage/syntax.html
    assert "\n[info] ready\n<b>bold</b>\n" in shown.texts
    assert '[\n  {\n    "member": "vm.service"\n  }\n]' in shown.text


@pytest.mark.parametrize("content", [b"{", b"[" * 100_000, b"\xff"], ids=["cut off", "deep", "no text"])
def test_calls_that_are_no_json_are_shown_as_they_are(content: bytes) -> None:
    seen = (Attachment("calls", "application/json", content),)
    probe = ProbeResult("UI", Outcome.PASSED, "", 0.0, attachments=seen)
    shown = page([SmokeResult(REQUIRED[0], "sha256:aa", emulated=False, probes=(probe,))])
    assert f"\n{seen[0].text}" in shown.texts


def test_a_probe_that_a_platform_never_reached_keeps_its_row(smoked: list[SmokeResult]) -> None:
    shown = page([smoked[0], replace(smoked[1], probes=smoked[1].probes[:1])])
    assert shown.text.count("not reached") == 3


def test_headings_have_an_order(smoked: list[SmokeResult]) -> None:
    levels = [tag for tag, _ in page(smoked).elements if tag in {"h1", "h2", "h3"}]
    assert levels == ["h1", *(["h2", *["h3"] * 4] * 2)]


def test_links_and_labels_lead_somewhere(smoked: list[SmokeResult]) -> None:
    shown = page(smoked)
    ids = [each["id"] for each in shown.values if "id" in each]
    assert len(ids) == len(set(ids))
    targets = [each.removeprefix("#") for each in shown.attributes("a", "href")]
    named = [each["aria-labelledby"] for each in shown.values if "aria-labelledby" in each]
    assert set(targets) | set(named) <= set(ids)


def test_crashes_of_the_emulator_are_told(smoked: list[SmokeResult]) -> None:
    shown = page([replace(smoked[1], build_crashes=("exit code 132",))])
    for text in ("run once more", "qemu: signal 11", "in the build", "exit code 132"):
        assert text in shown.text


def test_nothing_is_loaded_from_elsewhere(smoked: list[SmokeResult]) -> None:
    shown = page(smoked)
    (policy,) = [each["content"] for each in shown.values if each.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'")
    addresses = [each[name] for each in shown.values for name in ("src", "href") if name in each]
    assert [each for each in addresses if not each.startswith(("#", "data:"))] == []
    assert {"script", "iframe", "object", "base", "form"}.isdisjoint(tag for tag, _ in shown.elements)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_hostile_text_is_text(name: str, text: str, other: str) -> None:
    def shown(name: str, text: str, other: str) -> Page:
        seen = (
            Attachment(name, "text/plain", text.encode(errors="surrogatepass")),
            Attachment(text, f"image/{other}", b"x"),
            Attachment(other, "application/json", other.encode(errors="surrogatepass")),
        )
        probe = ProbeResult(name, Outcome.FAILED, text, 1.0, other, seen)
        result = SmokeResult(REQUIRED[0], other, emulated=True, probes=(probe,), crashes=(text,))
        return page([result], PageContext(name, text, other, CONTEXT.when))

    benign, hostile = shown("name", "text", "other"), shown(name, text, other)
    assert hostile.elements == benign.elements


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60))
def test_a_detail_is_shown_as_it_is(text: str) -> None:
    probe = ProbeResult("start", Outcome.PASSED, text, 1.0)
    shown = page([SmokeResult(REQUIRED[0], "sha256:aa", emulated=False, probes=(probe,))])
    assert clean(text) in [*shown.texts, text if text.isspace() else None]


def test_a_detail_of_blanks_or_nothing_breaks_nothing() -> None:
    probe = ProbeResult("start", Outcome.PASSED, "", 0.0)
    assert "start" in page([SmokeResult(REQUIRED[0], "", emulated=False, probes=(probe,))]).text
