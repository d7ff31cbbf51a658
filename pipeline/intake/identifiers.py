"""E-mail addresses, telephone numbers and IP addresses in a text."""

from __future__ import annotations

import re

_MAIL = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+\.[a-z]{2,}", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w.,-])(?:(?:\+|00)[1-9](?:[ ().-]{0,2}\d){7,13}|0[1-9](?:[ -]{0,2}\d){8})(?![\w.,-])")
_ADDRESS = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)")
_IPV6 = re.compile(r"(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}", re.IGNORECASE)


def is_personal(text: str) -> bool:
    """Whether ``text`` holds an e-mail address, a telephone number or an IP address."""
    if len(text) < 3:
        return False
    return bool(
        ("@" in text and _MAIL.search(text))
        or (text.count(".") >= 3 and _ADDRESS.fullmatch(text.strip()))
        or (text.count(":") >= 2 and _IPV6.fullmatch(text.strip()))
        or (sum(map(str.isdigit, text)) >= 9 and _PHONE.search(text))
    )
