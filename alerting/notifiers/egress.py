"""Where outgoing requests may go: not into the network that Tocsin itself stands in, unless the configuration says so.

The check is made on addresses, where a connection begins, so no spelling of a host, no name and no second answer of a
name server gets around it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, Self

import aiohttp
from aiohttp.abc import AbstractResolver

from alerting.settings import DeliverySettings

Network = IPv4Network | IPv6Network

# Written out, because what `ipaddress` calls private has changed between releases of Python and leaves gaps: shared
# address space and whatever carries an IPv4 address inside an IPv6 address.
# https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry
_REFUSED: Final = tuple(
    (ip_network(network), words)
    for network, words in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared address space of carriers"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "a cloud's own service"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "for documentation"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "for benchmarks"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("::/96", "IPv4-compatible"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("100::/64", "discard-only"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "for documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "for documentation"),
        ("fc00::/7", "unique local"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)
_GLOBAL_IPV6: Final = IPv6Network("2000::/3")  # all that has been given out for use between networks


class AddressRefused(OSError):
    """A connection to this address is not begun; says which setting would allow it."""


@dataclass(frozen=True, slots=True)
class Egress:
    """Decides to which addresses a connection may be opened.

    Attributes:
        allowed: Networks that may be reached although they are not public.
        trust_proxy: Whether the proxy of the environment is used. Then the proxy's address is checked, and where it
            connects to is its own business.
        resolver: Who turns names into addresses.
    """

    allowed: tuple[Network, ...] = ()
    trust_proxy: bool = False
    resolver: Callable[[], AbstractResolver] = aiohttp.ThreadedResolver

    @classmethod
    def from_settings(cls, settings: DeliverySettings) -> Self:
        """As `delivery` in the configuration says."""
        return cls(allowed=tuple(settings.allow_networks), trust_proxy=settings.trust_proxy)

    def check(self, address: str) -> None:
        """Return if a connection to this address, as the socket gets it, may be opened.

        Raises:
            AddressRefused: It may not.

        >>> Egress().check("8.8.8.8")
        >>> Egress(allowed=(IPv4Network("127.0.0.0/8"),)).check("127.0.0.1")
        """
        try:
            found = ip_address(address)
        except ValueError:
            raise AddressRefused(f"its address {address[:60]!r} is not one") from None
        if any(found in network for network in self.allowed):
            return
        if words := _refusal(found):
            raise AddressRefused(f"its address {found} is refused ({words}); delivery.allow_networks would allow it")


def _refusal(address: IPv4Address | IPv6Address) -> str | None:
    for network, words in _REFUSED:
        if address in network:
            return words
    return "reserved" if isinstance(address, IPv6Address) and address not in _GLOBAL_IPV6 else None
