"""What goes with every answer: headers that keep a browser from doing anything else, and no answer that says more."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOG = logging.getLogger("magical-housing.desk")

SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "permissions-policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
        "microphone=(), payment=(), usb=()"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Guarded:
    """The outermost layer: security headers on every answer, and a defect of ours told by its place alone.

    An exception's message may hold what somebody answered; so only its kind and where it arose are logged.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Guard ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        named = [name for name, _ in scope["headers"]]
        if b"transfer-encoding" in named and b"content-length" in named:
            # whoever stands before this desk may have taken the other one for the request's end
            await PlainTextResponse("Bad request", 400, {"connection": "close"} | SECURITY_HEADERS)(
                scope, receive, send
            )
            return
        begun = False

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers[name] = value
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        except Exception as error:  # noqa: BLE001 - whatever it is, its message must not be printed
            LOG.error("defect %s at %s", type(error).__name__, place_of(error))
            if not begun:
                await PlainTextResponse("Er ging iets mis. / Something went wrong.", 500)(scope, receive, guarded)


def place_of(error: BaseException) -> str:
    """``file:line`` of where ``error`` arose."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
