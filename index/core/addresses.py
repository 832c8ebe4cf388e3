"""Addresses of this machine."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """True if a host is this machine itself.

    >>> [is_loopback(host) for host in ("localhost", "127.0.0.1", "::1", "example.com", "0.0.0.0")]
    [True, True, True, False, False]
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def address_group(address: str) -> str:
    """The addresses that one machine can choose from, as one text.

    >>> [address_group(a) for a in ("127.0.0.9", "::1", "192.0.2.7", "2001:db8::1:2:3:4", "?")]
    ['this machine', 'this machine', '192.0.2.7', '2001:db8::/64', '?']
    """
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if is_loopback(address):
        return "this machine"
    if isinstance(known, ipaddress.IPv4Address):
        return address
    if known.ipv4_mapped:
        return address_group(str(known.ipv4_mapped))
    return str(ipaddress.ip_network((known, 64), strict=False))


def is_http(url: str) -> bool:
    """True for an http or https address with a host."""
    try:
        parts = urlsplit(url)
    except ValueError:  # of brackets without an end
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def without_secrets(url: str) -> str:
    """An address that may be shown: user and password are masked.

    >>> without_secrets("https://ann:hush@models.example/v1"), without_secrets("http://[::1]:9/v1")
    ('https://***@models.example/v1', 'http://[::1]:9/v1')
    """
    return re.sub(r"^([^/]*//)?.*@", r"\1***@", url)
