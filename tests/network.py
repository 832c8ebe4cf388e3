"""Keeps a process from every address but those of this machine."""

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def network_blocked() -> Iterator[list[str]]:
    """No address but the loopback one is looked up or connected to; gives what was tried."""
    tried: list[str] = []
    real = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guard(host) -> None:
        if not _is_here(host):
            tried.append(str(host))
            raise AssertionError(f"this reaches for the network: {host}")

    def guarded(connect):
        def call(self, address):
            guard(address[0] if isinstance(address, tuple) else "")
            return connect(self, address)

        return call

    def getaddrinfo(host, *args, **options):
        guard(host)
        return real[2](host, *args, **options)

    socket.socket.connect, socket.socket.connect_ex = guarded(real[0]), guarded(real[1])
    socket.getaddrinfo = getaddrinfo
    try:
        yield tried
    finally:
        socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo = real


def _is_here(host) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if not name or name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False
