"""Whose an address is, where tries are counted by address."""

from ipaddress import IPv4Address, IPv6Interface, ip_address
from typing import Final

ONE_CALLERS: Final = 64
"""Bits of an IPv6 address that a caller is given; the rest a caller chooses anew for every try (RFC 4291, 2.5.4)."""


def network_of(address: str) -> str:
    """What all addresses have in common that one caller can take: of IPv6 the first 64 bits, of IPv4 all. What is no
    address is itself."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Interface((parsed, ONE_CALLERS)).network)
