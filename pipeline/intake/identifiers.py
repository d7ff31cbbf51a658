"""What in a text leads to a person: e-mail addresses, telephone numbers, IP addresses, account numbers."""

from __future__ import annotations

import re
from typing import Literal

Identifier = Literal["email", "phone", "ip", "account"]

_MAIL = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+\.[a-z]{2,}", re.IGNORECASE)
_PHONE = re.compile(
    r"(?<![\w.,-])(?:"
    r"(?:\+|00)[1-9](?:[ ()./-]{0,3}\d){7,13}"  # +31 (0)6 1234 5678, 0032 470 12 34 56
    r"|(?!\d\d?[-/]\d\d?[-/]\d{4})\(?0[1-9](?:[ ()/-]{0,3}\d){8}"  # 06-12345678, (020) 123 45 67, 0470 12 34 56
    r"|0[1-9]\d?[ /](?:\d{2,3} ){2}\d{2}"  # 02 123 45 67, of nine digits only when they are set apart
    r"|04\d{2}(?:[./]\d{2}){3}"  # 0470.12.34.56
    r")(?![\w.,-]*\w)"
)
_ADDRESS = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)")
_IPV6 = re.compile(r"(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}", re.IGNORECASE)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?!\w)")


def identifier_in(text: str) -> Identifier | None:
    """What ``text`` holds of these; the first that is found."""
    if len(text) < 3:
        return None
    if "@" in text and _MAIL.search(text):
        return "email"
    if text.count(".") >= 3 and _ADDRESS.fullmatch(text.strip()):
        return "ip"
    if text.count(":") >= 2 and _IPV6.fullmatch(text.strip()):
        return "ip"
    if sum(map(str.isdigit, text)) < 9:
        return None
    if any(is_iban(found.group()) for found in _IBAN.finditer(text)):
        return "account"
    return "phone" if _PHONE.search(text) else None


def is_personal(text: str) -> bool:
    """Whether ``text`` holds an e-mail address, a telephone number, an IP address or an account number."""
    return identifier_in(text) is not None


def is_iban(text: str) -> bool:
    """Whether ``text`` is an international bank account number (ISO 13616: the remainder of division by 97 is 1)."""
    digits = text.replace(" ", "").upper()
    if not 15 <= len(digits) <= 34 or not digits.isalnum() or not digits.isascii():
        return False
    return int("".join(str(int(c, 36)) for c in digits[4:] + digits[:4])) % 97 == 1


def passes_eleven_test(digits: str) -> bool:
    """Whether 8 or 9 digits may be a Dutch citizen service number: 9 a + 8 b + … + 2 h - i is a multiple of 11."""
    if not digits.isdecimal() or len(digits) not in (8, 9) or not int(digits):
        return False
    *first, last = map(int, digits.zfill(9))
    return (sum(weight * digit for weight, digit in zip(range(9, 1, -1), first, strict=True)) - last) % 11 == 0


def passes_luhn(digits: str) -> bool:
    """Whether the last of ``digits`` is the Luhn check digit of those before it, as in a device's IMEI."""
    if not digits.isdecimal():
        return False
    doubled = (sum(divmod(2 * int(d), 10)) if i % 2 else int(d) for i, d in enumerate(reversed(digits)))
    return sum(doubled) % 10 == 0
