"""Answers of other servers, which a page of a desktop may read although they do not say so.

Rancher Desktop adds what CORS asks for to every answer, and Docker's own sample of OAuth relies on the like. The same
is done here to the answers alone: whatever else keeps sites apart in a browser stays as it is.

https://github.com/rancher-sandbox/rancher-desktop/blob/main/pkg/rancher-desktop/main/extensions/extensions.ts
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.async_api import CDPSession, Page

NOT_ENFORCED: Final = "--disable-web-security"
"""For a browser in which a test file drives pages: what pauses a request there waits for that file, which may sleep."""

# A preflight is of the kind of its request: https://chromedevtools.github.io/devtools-protocol/tot/Fetch/
_PATTERNS: Final = (
    {"urlPattern": "*", "resourceType": "Fetch", "requestStage": "Request"},
    {"urlPattern": "*", "resourceType": "XHR", "requestStage": "Request"},
    {"urlPattern": "*", "requestStage": "Response"},
)
_NO_CONTENT: Final = 204
_CORS: Final = "access-control-"


async def open_answers(page: Page, own: str) -> None:
    """Let a page read answers of all servers; nothing of it is open in frames of other sites, as on the web.

    Args:
        page: Before it is led anywhere.
        own: Origin of the page's own server, whose answers stay as they are.
    """
    from playwright.async_api import Error

    session = await page.context.new_cdp_session(page)

    async def pass_on(paused: Mapping[str, Any]) -> None:
        try:
            await _pass_on(session, paused, own)
        except Error:
            # The page has been left meanwhile, and the request with it.
            return

    session.on("Fetch.requestPaused", pass_on)
    await session.send("Fetch.enable", {"patterns": [*_PATTERNS]})


async def _pass_on(session: CDPSession, paused: Mapping[str, Any], own: str) -> None:
    """Answer a preflight, say yes in an answer, and leave anything else as it is."""
    request, which = paused["request"], {"requestId": paused["requestId"]}
    fields = {name.lower(): value for name, value in request["headers"].items()}
    is_own = request["url"].startswith(f"{own}/")
    if "responseStatusCode" in paused and not is_own:
        given = [each for each in paused["responseHeaders"] if not each["name"].lower().startswith(_CORS)]
        named = {each["name"] for each in given}
        answer = {"responseCode": paused["responseStatusCode"], "responseHeaders": [*given, *_allowed(fields, named)]}
        await session.send("Fetch.continueResponse", {**which, **answer})
    elif request["method"] == "OPTIONS" and f"{_CORS}request-method" in fields and not is_own:
        answer = {"responseCode": _NO_CONTENT, "responseHeaders": _preflight(fields)}
        await session.send("Fetch.fulfillRequest", {**which, **answer})
    else:
        await session.send("Fetch.continueRequest", which)


def _allowed(fields: Mapping[str, str], named: set[str]) -> list[dict[str, str]]:
    """What lets the page read an answer, its header included, with credentials or without."""
    origin = fields.get("origin", "")
    return _headers(
        {
            "Access-Control-Allow-Origin": origin or "*",
            **({"Access-Control-Allow-Credentials": "true"} if origin else {}),
            "Access-Control-Expose-Headers": ", ".join(sorted(named)),
        }
    )


def _preflight(fields: Mapping[str, str]) -> list[dict[str, str]]:
    """What lets the page send what it asks for."""
    return [
        *_allowed(fields, set()),
        *_headers(
            {
                "Access-Control-Allow-Methods": fields[f"{_CORS}request-method"],
                "Access-Control-Allow-Headers": fields.get(f"{_CORS}request-headers", ""),
            }
        ),
    ]


def _headers(named: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in named.items()]
