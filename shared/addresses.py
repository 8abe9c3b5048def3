"""Pure. Which network addresses may be dialled for others: public ones, and the private networks that were allowed by name.

A URL that somebody hands in is foreign input, and we sit inside somebody's network: without this rule it could make us call the
neighbours (server-side request forgery). The decision is taken on the concrete address of every dial, where names, odd notations and
rebinding no longer matter.
Source: the IANA special-purpose registries (RFC 6890); `is_global` of Python 3.11 alone lets ten of the forms below through.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from shared.errors import Rejected

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_URL_CHARACTERS = 2_000

SPECIAL: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(network), name)
    for network, name in {
        "0.0.0.0/8": "this network",
        "10.0.0.0/8": "private",
        "100.64.0.0/10": "shared by a carrier",
        "127.0.0.0/8": "loopback",
        "168.63.129.16/32": "a cloud's own service",
        "169.254.0.0/16": "link-local",
        "172.16.0.0/12": "private",
        "192.0.0.0/24": "protocol assignments",
        "192.0.2.0/24": "documentation",
        "192.31.196.0/24": "AS112",
        "192.52.193.0/24": "AMT",
        "192.88.99.0/24": "6to4 relay",
        "192.168.0.0/16": "private",
        "192.175.48.0/24": "AS112",
        "198.18.0.0/15": "benchmarking",
        "198.51.100.0/24": "documentation",
        "203.0.113.0/24": "documentation",
        "224.0.0.0/4": "multicast",
        "240.0.0.0/4": "reserved",
        "::/96": "IPv4-compatible, unspecified or loopback",
        "::ffff:0:0:0/96": "IPv4-translated",
        "64:ff9b:1::/48": "local NAT64",
        "100::/64": "discard",
        "100:0:0:1::/64": "dummy",
        "2001::/23": "protocol assignments and Teredo",
        "2001:db8::/32": "documentation",
        "2002::/16": "6to4",
        "2620:4f:8000::/48": "AS112",
        "3fff::/20": "documentation",
        "5f00::/16": "segment routing",
        "fc00::/7": "private",
        "fe80::/10": "link-local",
        "fec0::/10": "site-local",
        "ff00::/8": "multicast",
    }.items()
)
MAPPED = IPv6Network("::ffff:0:0/96")
NAT64 = IPv6Network("64:ff9b::/96")
GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All that IANA has given out so far (RFC 4291 section 2.4)."""
LOW_32_BITS = 0xFFFF_FFFF


class AddressRejected(Rejected):
    """The URL may not be called from here. `code` says which rule it broke."""

    title = "That address is not called from here"

    def __init__(self, detail: str, *, code: str = "bad-url") -> None:
        super().__init__(detail)
        self.code = code


def canonical(address: Address) -> Address:
    """The address that is really reached: the IPv4 one inside an IPv4-mapped or well-known NAT64 form."""
    if isinstance(address, IPv6Address) and (address in MAPPED or address in NAT64):
        return IPv4Address(int(address) & LOW_32_BITS)
    return address


def refusal(address: Address, allowed: Sequence[Network] = ()) -> str | None:
    """Why the address may not be dialled; None if it may. `allowed`: private networks that may be called."""
    real = canonical(address)
    if within(real, allowed):
        return None
    for network, name in SPECIAL:
        if real.version == network.version and real in network:
            return name
    public = real.is_global and (real.version == 4 or real in GLOBAL_UNICAST)  # noqa: PLR2004 - IP's version
    return None if public else "not public"


def within(address: Address, networks: Sequence[Network]) -> bool:
    """Whether one of the networks has the address, in whatever form it is written."""
    real = canonical(address)
    return any(real.version == network.version and real in network for network in networks)


def literal(host: str) -> Address | None:
    """The address that `host` is the usual notation of; None if it is a name (or an odd notation, which only a dial can tell)."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def web_url(url: str) -> SplitResult:
    """The parts of an http(s) URL. Raises AddressRejected (which never repeats the URL: it may hold a password)."""
    if len(url) > MAX_URL_CHARACTERS or any(letter <= " " or letter == "\x7f" for letter in url):
        raise AddressRejected(f"a URL has at most {MAX_URL_CHARACTERS} characters and no blanks")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise AddressRejected("that is no URL") from None
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise AddressRejected("a URL is absolute and begins with https://")
    if "@" in parts.netloc or parts.fragment:
        raise AddressRejected("a URL has no user, no password and no fragment")
    return parts


def admit(parts: SplitResult, reached: Sequence[Address], allowed: Sequence[Network]) -> None:
    """Let a URL in whose host has the addresses `reached`: https to public ones, http only within the allowed networks.

    `reached` may be empty for https: names are looked up anew at every dial, and judged there. Raises AddressRejected.
    """
    permitted = [address for address in reached if refusal(address, allowed) is None]
    if reached and not permitted:
        reason = refusal(reached[0], allowed)
        raise AddressRejected(f"that address may not be called: {reason}", code="address-refused")
    inside = bool(permitted) and all(within(address, allowed) for address in permitted)
    if parts.scheme == "http" and not inside:
        raise AddressRejected("an address outside of the allowed networks needs https", code="https-required")
