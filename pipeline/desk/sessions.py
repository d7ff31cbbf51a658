"""Who is logged in: in memory, for a while, by a random name that only the browser's cookie holds."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.desk.limits import Limits

Clock = Callable[[], float]
"""Seconds that only go forward."""


@dataclass
class Session:
    """Somebody of a corporation at a browser. ``key`` is the hash of the cookie's value."""

    key: str
    corporation: str
    token_id: str
    began: float
    seen: float


@dataclass
class Sessions:
    """All of them, and the tokens of the forms they are shown."""

    limits: Limits
    clock: Clock
    _by_key: dict[str, Session] = field(default_factory=dict)
    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def begin(self, corporation: str, token_id: str) -> tuple[Session, str]:
        """A new session and the cookie's value. The one that was longest unseen makes room when there are too many, of
        the corporation or of all."""
        name, now = secrets.token_urlsafe(32), self.clock()
        session = Session(_key(name), corporation, token_id, now, now)
        self.sweep()
        own = [one for one in self._by_key.values() if one.corporation == corporation]
        for some, most in ((own, self.limits.sessions_of_one), ([*self._by_key.values()], self.limits.sessions)):
            if len(some) >= most:
                self.end(min(some, key=lambda one: one.seen))
        self._by_key[session.key] = session
        return session, name

    def find(self, name: str | None) -> Session | None:
        """The session of a cookie, unless it has ended; being looked for keeps it awake."""
        session = self._by_key.get(_key(name)) if name else None
        if session is None:
            return None
        if self._over(session):
            self.end(session)
            return None
        session.seen = self.clock()
        return session

    def end(self, session: Session) -> None:
        """Log out."""
        self._by_key.pop(session.key, None)

    def sweep(self) -> None:
        """Forget those that have ended."""
        for session in [one for one in self._by_key.values() if self._over(one)]:
            self.end(session)

    def keys(self) -> set[str]:
        """The keys of all sessions."""
        return set(self._by_key)

    def _over(self, session: Session) -> bool:
        now = self.clock()
        return now - session.seen > self.limits.idle_seconds or now - session.began > self.limits.session_seconds

    def form_token(self, cookie: str) -> str:
        """What a form shown to the browser with this cookie has to send back."""
        return hmac.new(self._secret, cookie.encode("utf-8"), hashlib.sha256).hexdigest()

    def is_form_token(self, cookie: str | None, given: str | None) -> bool:
        """Whether ``given`` came from a form that was shown to this browser."""
        if not cookie or not given:
            return False
        return hmac.compare_digest(self.form_token(cookie).encode(), given.encode("utf-8", "replace"))


def _key(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
