"""The product's side of a season: a centre with its books, its people and its providers, at the world's time."""

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import Session

from gate.lease import Unpaid
from gate.messages import ClockQuality
from gate.presence import State
from gate.tariff import load
from gate.topics import Channel, Topic
from server.bursts import Proven, keep_all
from server.config import BoxConfig, Broker, CentreConfig, FirstUser, SiteConfig
from server.db import connect, transaction
from server.ingest import BATCH_MAX, Arrival, ingest
from server.money_rules import MoneyRules, Speaker, speaker
from server.presence import state_said
from server.providers.contract import Received
from server.providers.momo import Partner
from server.providers.registry import providers
from server.providers.vnpay import Terminal
from server.roles import Role
from server.setup import prepare
from server.tariffs import Tariffs
from simulator.season.journal import BANK, Journal, Said
from simulator.season.scenario import Lot, Season
from tests.campaign.season_world import SECRET, Told

ATTENDANT: Final = "attendant"
MANAGER: Final = "manager"
FINANCE: Final = "finance"
VNPAY_SECRET: Final = "the secret of a season's terminals"
TERMINAL: Final = "VNPSEA01"
PARTNER: Final = "MOMOSEASON"
MOMO_KEY: Final = "the access key of a season"
MOMO_SECRET: Final = "the secret of a season's partners"
PEOPLE: Final = {ATTENDANT: Role.ATTENDANT, MANAGER: Role.MANAGER, FINANCE: Role.FINANCE}
_PASSWORD: Final = "only for a season"


class Centre:
    """A centre of one season, its books in a file of their own.."""

    def __init__(self, folder: Path, season: Season) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.config = _config(folder, season, self.key)
        prepare(self.config)
        self.engine = connect(self.config.database)
        self.tariffs = Tariffs(self.engine)
        self.providers = providers(self.config)
        limits = {Role.MANAGER: 50_000_000, Role.FINANCE: 50_000_000}
        self.rules = MoneyRules(limits=limits, claims=100, claims_vnd=10_000_000)

    def hears(self, lot: Lot, said: Sequence[Said], together: int = BATCH_MAX) -> None:
        """Facts of the lot's box, `together` in a transaction. Raises RuntimeError unless all are taken."""
        topic = Topic(lot.site, lot.box, Channel.EVENT)
        for start in range(0, len(said), together):
            part = said[start : start + together]
            arrivals = [Arrival(topic, each.payload) for each in part]
            taken = ingest(self.engine, self.tariffs, arrivals, part[-1].at)
            if len(taken.fresh) != len(part):
                raise RuntimeError(f"{lot.box}: {len(taken.fresh)} of {len(part)} facts taken at {part[0].at}")

    def are_told(self, told: Sequence[Told]) -> None:
        """Notices, each proved, kept once and booked as the endpoint does; those of one moment in one transaction."""
        if not told:
            return
        proven = [self._proven(each) for each in told]
        with transaction(self.engine) as session:
            keep_all(session, proven)

    def _proven(self, told: Told) -> Proven:
        provider, received = self.providers[told.provider], Received(told.raw, told.headers, told.at)
        provider.verify(received)
        return Proven(received, provider.parse(received), provider.fingerprint(received))

    def hears_state(self, lot: Lot, journal: Journal, now: datetime) -> None:
        """The box says that all of its journal was sent."""
        state = State(
            box=lot.box,
            boot=UUID(int=1),
            monotonic_ms=0,
            at=now,
            version="season",
            journal=journal.name,
            last_sequence=journal.sequence,
            waiting=0,
            lease_number=1,
            delta_number=0,
            reader="season",
            lanes=(),
            clock_offset_ms=0,
            clock_quality=ClockQuality.SYNCHRONISED,
        )
        with transaction(self.engine) as session:
            state_said(session, Topic(lot.site, lot.box, Channel.STATE), state, now)

    def speaker(self, session: Session, name: str) -> Speaker:
        """One of the people."""
        return speaker(session, name)


def _config(folder: Path, season: Season, key: Ed25519PrivateKey) -> CentreConfig:
    return CentreConfig(
        database=f"sqlite:///{folder}/books.sqlite",
        vault=f"{folder}/vault",
        host="127.0.0.1",
        port=1,
        broker=Broker(host="127.0.0.1", port=1, user="centre", password=_PASSWORD),
        signing_key=base64.b64encode(key.private_bytes_raw()).decode(),
        sites=tuple(_site(lot) for lot in season.lots),
        boxes=tuple(
            BoxConfig(box=lot.box, site=lot.site, token_sha256=hashlib.sha256(lot.box.encode()).hexdigest())
            for lot in season.lots
        ),
        sepay_secret=SECRET,
        vnpay=(_terminal(season),),
        momo=(_partner(season),),
        provider_hosts=("vnpay.example", "momo.example"),
        users=tuple(FirstUser(name=name, role=role, password=_PASSWORD) for name, role in PEOPLE.items()),
    )


def _terminal(season: Season) -> Terminal:
    return Terminal(
        terminal=TERMINAL,
        secret=VNPAY_SECRET,
        sites=tuple(lot.site for lot in season.lots),
        pay_url="https://vnpay.example/paymentv2/vpcpay.html",
        api_url="https://vnpay.example/merchant_webapi/api/transaction",
        return_url="https://centre.example/v1/returns/vnpay",
    )


def _partner(season: Season) -> Partner:
    return Partner(
        partner=PARTNER,
        access_key=MOMO_KEY,
        secret=MOMO_SECRET,
        sites=tuple(lot.site for lot in season.lots),
        api_url="https://momo.example/v2/gateway/api",
        ipn_url="https://centre.example/v1/notices/momo",
        redirect_url="https://centre.example/v1/returns/momo",
    )


def _site(lot: Lot) -> SiteConfig:
    return SiteConfig(
        site=lot.site,
        name_vi=lot.name_vi,
        name_en=lot.name_en,
        bank=BANK,
        account=lot.account,
        account_name="BAN QUAN LY BEN BAI",
        capacity=0,
        unpaid=Unpaid.BILL,
        patience_s=60,
        tariff=load(json.dumps(lot.tariff()).encode()),
    )
