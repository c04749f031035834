"""All providers there are: to add one is a file and a line here (docs/providers.md)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from server.providers.contract import Provider, Received
from server.providers.momo import Momo
from server.providers.notice import Notice
from server.providers.sepay import SePay
from server.providers.vnpay import Vnpay

if TYPE_CHECKING:
    from server.config import CentreConfig

_PARSERS: Final = {SePay.name: SePay.parse, Vnpay.name: Vnpay.parse, Momo.name: Momo.parse}


def providers(config: "CentreConfig") -> Mapping[str, Provider]:
    """Those whose secrets the configuration holds, by name."""
    return {each.name: each for each in every(config) if each.on}


def every(config: "CentreConfig") -> tuple[Provider, ...]:
    """All of them, those that are off included."""
    accounts: dict[str, tuple[str, ...]] = {}
    for site in config.sites:
        accounts[site.account] = (*accounts.get(site.account, ()), site.site)
    return (
        SePay(config.sepay_secret, config.sepay_proof, accounts),
        Vnpay(config.vnpay),
        Momo(config.momo),
    )


def parse(provider: str, received: Received) -> Notice:
    """What a kept notice says, whether its provider is still on or not. Raises Malformed."""
    return _PARSERS[provider](received)
