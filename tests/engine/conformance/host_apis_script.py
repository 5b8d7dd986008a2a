"""What a page asks of the desktop; run against the page of the variant ``host-apis`` by `smoke.ui.script`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

# What smoke.ui.dialog is set to.
CHOSEN = ("/home/me/one.txt", "/home/me/two.txt")


def test_dialogs_answer_what_the_settings_say(page: Page) -> None:
    for button in ("#choose", "#choose-many"):
        page.evaluate("document.getElementById('chosen').textContent = ''")
        page.click(button)
        page.wait_for_function("document.getElementById('chosen').textContent")
        answer = json.loads(page.inner_text("#chosen"))
        assert (answer["canceled"], answer["filePaths"]) == (False, list(CHOSEN))


def test_the_desktop_is_asked_and_the_page_stays(page: Page) -> None:
    before = page.url
    for button in ("#open", "#success", "#warning", "#error"):
        page.click(button)
    assert page.url == before
