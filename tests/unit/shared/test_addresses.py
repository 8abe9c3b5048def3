"""The guard knows every form of an address that may not be called."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.addresses import AddressRejected, admit, canonical, literal, refusal, web_url

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

REFUSED = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.255.255.254 168.63.129.16
169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.3
192.168.0.1 192.168.255.255 192.175.48.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1
255.255.255.255
:: ::1 ::127.0.0.1 ::a00:1 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1
64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b::169.254.169.254 64:ff9b:1::1 64:ff9b:1::7f00:1 100::1 100:0:0:1::1
2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:808:808::1
2620:4f:8000::1 3fff::1 3fff:fff:ffff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fdff:ffff::1 fe80::1 fe80::1%1 febf::1 fec0::1
feff::1 ff02::1 ff0e::1
""".split()  # noqa: SIM905 - a table is read better than a list

PERMITTED = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1 168.63.129.17 169.253.255.255
172.15.255.255 172.32.0.1 192.0.1.1 192.167.255.255 192.169.0.1 198.17.255.255 198.20.0.1 223.255.255.255
2001:4860:4860::8888 2606:4700:4700::1111 2620:fe::fe 2a00:1450:4001:81b::200e 2400:cb00::1 ::ffff:8.8.8.8 64:ff9b::808:808
""".split()  # noqa: SIM905 - as above


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_public_is_refused(address: str) -> None:
    """Private, loopback, link-local, reserved and translated forms, at their edges too."""
    assert refusal(ip_address(address)) is not None


@pytest.mark.parametrize("address", PERMITTED)
def test_what_is_public_is_permitted(address: str) -> None:
    """No false alarm right beside the special ranges."""
    assert refusal(ip_address(address)) is None


def test_the_table_is_long_enough() -> None:
    """At least sixty forms are looked at."""
    assert len(set(REFUSED)) >= 60


@given(address=st.ip_addresses(v=4))
def test_the_forms_of_one_address_get_one_answer(address: object) -> None:
    """IPv4-mapped and NAT64 forms are judged as the address inside."""
    plain = refusal(ip_address(str(address)))

    assert [refusal(ip_address(f"{prefix}{address}")) for prefix in ("::ffff:", "64:ff9b::")] == [plain, plain]


@given(address=st.ip_addresses())
def test_nothing_that_python_calls_not_global_is_permitted(address: object) -> None:
    """Our table only adds to the library's."""
    real = canonical(ip_address(str(address)))

    assert real.is_global or refusal(real) is not None


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_an_allowed_network_is_permitted_in_every_form(address: str) -> None:
    """The allow-list is asked about the address that is really reached."""
    assert refusal(ip_address(address), LOOPBACK) is None


def test_an_allowed_network_lets_no_other_in() -> None:
    """Allowing loopback does not allow the neighbours."""
    assert refusal(ip_address("10.0.0.1"), LOOPBACK) == "private"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "partner.example/hook",
        "ftp://partner.example/",
        "file:///etc/passwd",
        "https://",
        "https:///hook",
        "https://user:pass@partner.example/",
        "https://example.com@127.0.0.1/",
        "https://partner.example/#part",
        "https://partner.example:0/",
        "https://partner.example:99999/",
        "https://partner.example/a b",
        "https://partner.example/\r\nX: y",
        "https://[::1/",
        "https://partner.example/" + "a" * 2_000,
    ],
)
def test_what_is_no_web_url_is_refused_and_not_repeated(url: str) -> None:
    """Only absolute http(s) URLs without user, fragment and blanks are taken."""
    with pytest.raises(AddressRejected) as caught:
        web_url(url)

    assert "pass" not in str(caught.value).replace("password", "")


@pytest.mark.parametrize(
    ("url", "reached", "code"),
    [
        ("https://partner.example/", [], None),
        ("https://8.8.8.8/", ["8.8.8.8"], None),
        ("http://127.0.0.1:9000/", ["127.0.0.1"], None),
        ("http://localhost:9000/", ["::1", "127.0.0.1"], None),
        ("http://partner.example/", ["8.8.8.8"], "https-required"),
        ("http://partner.example/", [], "https-required"),
        ("http://partner.example/", ["127.0.0.1", "8.8.8.8"], "https-required"),
        ("https://10.0.0.1/", ["10.0.0.1"], "address-refused"),
        ("http://metadata.example/", ["169.254.169.254"], "address-refused"),
    ],
)
def test_https_is_needed_outside_of_the_allowed_networks(url: str, reached: list[str], code: str | None) -> None:
    """Plain http stays within the networks that an operator named."""
    addresses = [ip_address(address) for address in reached]
    verdict = None
    try:
        admit(web_url(url), addresses, LOOPBACK)
    except AddressRejected as error:
        verdict = error.code

    assert verdict == code


def test_a_host_is_an_address_only_in_its_usual_notation() -> None:
    """Odd notations are names until they are dialled."""
    assert [literal(host) for host in ("0x7f.1", "2130706433", "127.1", "partner.example")] == [None] * 4
