"""What the centre is told when it starts: one JSON file, every mistake named with its key."""

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from msgspec import Meta, field
from msgspec.structs import replace

from gate.lease import AccountName, AccountNumber, BankCode, Expired, Patience, Unpaid
from gate.messages import BoxName, Natural, Sha256, SiteCode
from gate.signing import private_key
from gate.tariff import BadTariff, Tariff, checked
from gate.wire import Contract, Malformed, decode
from server.keeping import Keeping
from server.money_rules import MoneyRules
from server.providers.line import permitted
from server.providers.momo import Partner
from server.providers.sepay import Proof
from server.providers.vnpay import Terminal
from server.roles import Role
from server.turning import TURNS, turns

Port = Annotated[int, Meta(ge=1, le=65_535)]
Secret = Annotated[str, Meta(min_length=16)]


class BadConfig(ValueError):
    """The file cannot be used; the message names it and the key."""


class Broker(Contract):
    """Where the MQTT broker is and who we are to it."""

    host: str
    port: Port
    user: str
    password: Secret
    ca_file: str = ""


class SiteConfig(Contract):
    """A car park. It is entered at the first start with it and never changed by this file again."""

    site: SiteCode
    name_vi: str
    name_en: str
    bank: BankCode
    account: AccountNumber
    account_name: AccountName
    capacity: Natural
    unpaid: Unpaid
    patience_s: Patience
    tariff: Tariff
    pass_when_full: bool = True
    expired: Expired = Expired.CONTINUE
    tolerance_vnd: Natural = 0
    auto_close: bool = False


class BoxConfig(Contract):
    """An edge box that may speak for a site, and the hash of the token it uploads pictures with."""

    box: BoxName
    site: SiteCode
    token_sha256: Sha256


class FirstUser(Contract):
    """A person who can log in from the start; the password is kept as a hash only."""

    name: str
    role: Role
    password: Annotated[str, Meta(min_length=10)]


class CentreConfig(Contract):
    """The centre as a whole. `certificate` and `certificate_key` are PEM files: with them the centre speaks TLS itself,
    and browsers keep its cookies to TLS.

    `proxies`: addresses and networks of the programs that speak TLS before the centre; from them alone it takes a
    caller's address out of `X-Forwarded-For`, for the limits that count by address.

    A provider without its secret is off. `provider_hosts`: the only hosts that the centre calls or sends payers to.
    """

    database: str
    vault: str
    host: str
    port: Port
    broker: Broker
    signing_key: Secret
    sites: tuple[SiteConfig, ...]
    boxes: tuple[BoxConfig, ...]
    sepay_secret: str = ""
    sepay_proof: Proof = Proof.HMAC
    vnpay: tuple[Terminal, ...] = ()
    momo: tuple[Partner, ...] = ()
    provider_hosts: tuple[str, ...] = ()
    users: tuple[FirstUser, ...] = ()
    money: MoneyRules = field(default_factory=MoneyRules)
    keeping: Keeping = field(default_factory=Keeping)
    lease_hours: Annotated[int, Meta(ge=2, le=720)] = 72
    behind_tls: bool = False
    proxies: tuple[str, ...] = ()
    certificate: str = ""
    certificate_key: str = ""


def load(path: Path) -> CentreConfig:
    """The configuration in the file. Raises BadConfig."""
    try:
        config = decode(path.read_bytes(), CentreConfig)
    except OSError as error:
        raise BadConfig(f"{path}: {error.strerror}") from error
    except Malformed as error:
        raise BadConfig(f"{path}: {error}") from error
    _check_boxes(path, config)
    _check_values(path, config)
    _check_providers(path, config)
    if bool(config.certificate) != bool(config.certificate_key):
        raise BadConfig(f"{path}: certificate: it and certificate_key go together")
    for file in filter(None, (config.certificate, config.certificate_key)):
        if not os.access(file, os.R_OK):
            raise BadConfig(f"{path}: certificate: {file} cannot be read")
    _check_proxies(path, config)
    config = replace(config, behind_tls=config.behind_tls or bool(config.certificate))
    if not _is_loopback(config.host) and not config.behind_tls:
        raise BadConfig(
            f"{path}: host: {config.host} is not loopback; name a certificate, or put TLS before it and say behind_tls"
        )
    return config


def _check_boxes(path: Path, config: CentreConfig) -> None:
    """One box decides for a site."""
    sites = {site.site for site in config.sites}
    for box in config.boxes:
        if box.site not in sites:
            raise BadConfig(f"{path}: boxes: {box.box} belongs to {box.site}, which is no site here")
    deciding = [box.site for box in config.boxes]
    for site in sorted(sites):
        if deciding.count(site) > 1:
            raise BadConfig(f"{path}: boxes: {site} has {deciding.count(site)}; one decides, others only carry devices")


def _check_values(path: Path, config: CentreConfig) -> None:
    """What the types alone cannot tell."""
    if wrong := config.keeping.wrong():
        raise BadConfig(f"{path}: keeping: {wrong}")
    try:
        private_key(config.signing_key)
    except Malformed as error:
        raise BadConfig(f"{path}: signing_key: {error}") from error
    for site in config.sites:
        try:
            checked(site.tariff)
        except BadTariff as error:
            raise BadConfig(f"{path}: sites: {site.site}: tariff: {error}") from error
        for key in ("name_vi", "name_en", "account_name"):
            if turns(getattr(site, key)):
                raise BadConfig(f"{path}: sites: {site.site}: {key}: {TURNS}")
    for user in config.users:
        if turns(user.name):
            raise BadConfig(f"{path}: users: name: {TURNS}")


def _check_proxies(path: Path, config: CentreConfig) -> None:
    """Who is believed about others' addresses: not everybody, and not nobody where all come through a proxy."""
    for each in config.proxies:
        try:
            network = ip_network(each)
        except ValueError as error:
            raise BadConfig(f"{path}: proxies: {each} is no address and no network: {error}") from error
        if not network.prefixlen:
            raise BadConfig(f"{path}: proxies: {each} is everybody; name the proxy's own address")
    if config.behind_tls and not config.certificate and not config.proxies:
        raise BadConfig(
            f"{path}: proxies: behind_tls without a certificate needs the address of the program that speaks TLS: "
            "else all callers count as one"
        )


def _check_providers(path: Path, config: CentreConfig) -> None:
    """Addresses are on hosts that we may call; one account at a provider is for a site that there is, one for each."""
    for key, accounts in (("vnpay", config.vnpay), ("momo", config.momo)):
        known, seen = {site.site for site in config.sites}, set[str]()
        for each in accounts:
            for name in ("pay_url", "api_url"):
                url = getattr(each, name, None)
                if url is not None and not permitted(url, config.provider_hosts):
                    raise BadConfig(f"{path}: {key}: {name}: {url} is not https on one of provider_hosts")
            if strange := set(each.sites) - known:
                raise BadConfig(f"{path}: {key}: sites: {min(strange)} is no site here")
            if again := set(each.sites) & seen:
                raise BadConfig(f"{path}: {key}: sites: {min(again)} has two accounts")
            seen |= set(each.sites)


def _is_loopback(host: str) -> bool:
    return host in {"127.0.0.1", "localhost", "::1"}
