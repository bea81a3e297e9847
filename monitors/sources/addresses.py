"""Which network addresses we may talk to. The one rule for our HTTP client and for git.

A name is resolved once, every address it gave is judged, and the connection goes to what was judged: a name
that resolves differently the second time (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, NamedTuple

from monitors.sources.base import Refused, SourceError, clean

# Addresses that carry an IPv4 address in their last 32 bits: NAT64 and the old IPv4-compatible form.
_EMBEDDING = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
# A network's own NAT64 (RFC 8215), which this Python may still call global.
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
# Answers cloud machines with their secrets although the address looks public (Azure's WireServer).
_METADATA = ip_network("168.63.129.16/32")


class Target(NamedTuple):
    """A resolved and permitted address to connect to."""

    family: int
    address: str
    sockaddr: tuple[Any, ...]


def resolve(host: str, port: int, *, allow_private: bool = False) -> list[Target]:
    """Every address of the host, each permitted. Raises Refused when one is not, SourceError without any."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise SourceError(f"{clean(host)} could not be found: the name does not resolve.") from None
    targets = [Target(family, str(sockaddr[0]), sockaddr) for family, _, _, _, sockaddr in found]
    for target in targets:
        check(target.address, host=host, allow_private=allow_private)
    return targets


def check(address: str, *, host: str = "", allow_private: bool = False) -> None:
    """Raises Refused unless we may connect to this address."""
    where = clean(host or address)
    if is_never_permitted(address):
        raise Refused(f"{where} is a link-local, multicast or metadata address, which is never asked.")
    if not allow_private and not is_public(address):
        raise Refused(
            f"{where} is a private, loopback or reserved address. "
            "Allow private addresses for this source if it is your own."
        )


def is_public(address: str) -> bool:
    """Whether everybody on the internet would reach the same machine under this address."""
    ip = _innermost(address)
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and ip not in _LOCAL_NAT64


def is_never_permitted(address: str) -> bool:
    """Addresses that no source of ours can have, private or not."""
    ip = _innermost(address)
    return ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip in _METADATA


def _innermost(address: str) -> IPv4Address | IPv6Address:
    """The address that packets end up at, taken out of IPv6 forms that carry an IPv4 address."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv4Address) or ip in (IPv6Address("::"), IPv6Address("::1")):
        return ip
    if any(ip in network for network in _EMBEDDING):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    # A Teredo address also names its server; the client is the machine that is reached.
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else ip)
