"""What the page has to do: `inv smoke` runs this on each platform, with what answers the page behind it."""

import re

from playwright.sync_api import Page, expect

# Milliseconds; under an emulator everything takes longer.
PATIENCE = 60_000


def test_shows_what_is_answered(page: Page) -> None:
    card = page.locator("#backend")
    expect(card).to_have_attribute("data-state", "answered", timeout=PATIENCE)
    expect(card.get_by_text("Hello from the backend")).to_be_visible()
    expect(card.get_by_text(re.compile("^linux/"))).to_be_visible()
    expect(card.get_by_text(re.compile(r"^\d+ ms$"))).to_be_visible()


def test_asks_again(page: Page) -> None:
    card = page.locator("#backend")
    expect(card).to_have_attribute("data-state", "answered", timeout=PATIENCE)
    card.get_by_role("button", name="Ask again").click()
    expect(card).to_have_attribute("data-state", "answered", timeout=PATIENCE)
    expect(card.get_by_text("Hello from the backend")).to_be_visible()
