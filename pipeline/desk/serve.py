"""The desk's own web server: on loopback, with limits on who holds a line open."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from pipeline.desk.app import application
from pipeline.desk.desk import Desk
from pipeline.intake.messages import RefusedError


class PatientButNotForEver(H11Protocol):
    """Closes a connection that does not get a request's headers across in time, or goes on with a body after its
    answer: whoever sends a byte now and then must not keep others out. Bodies that are read have the desk's limits."""

    seconds = 15.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock."""
        super().connection_made(transport)
        self._start()

    def on_response_complete(self) -> None:
        """Start it again: the next request has as long."""
        self._asking.cancel()
        self._start()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop it."""
        self._asking.cancel()
        super().connection_lost(exc)

    def _start(self) -> None:
        self._asking = asyncio.get_running_loop().call_later(self.seconds, self._too_slow)

    def _too_slow(self) -> None:
        # the cycle: a request whose headers are there, and its answer
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


def listening(host: str, port: int) -> socket.socket:
    """The line on which the desk listens; raises ``RefusedError`` where something else does already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    line = socket.socket(family)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        line.bind((host, port))
    except OSError:
        line.close()
        raise RefusedError("desk_port", address=host, port=str(port)) from None
    return line


def server(desk: Desk, *, host: str, port: int) -> uvicorn.Server:
    """A server for ``desk`` that is not running yet; it logs no request."""
    limits = desk.limits
    protocol = type("Protocol", (PatientButNotForEver,), {"seconds": limits.request_seconds})
    config: Any = uvicorn.Config(
        application(desk), host=host, port=port, http=protocol, ws="none", lifespan="on", log_config=None,
        log_level=logging.CRITICAL, access_log=False, server_header=False, proxy_headers=desk.settings.secure,
        limit_concurrency=limits.connections, timeout_keep_alive=5, timeout_graceful_shutdown=10,
        h11_max_incomplete_event_size=32_768,
    )  # fmt: skip
    return uvicorn.Server(config)
