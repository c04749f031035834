"""A box that writes a true journal, and the bank's notices, for tests of the centre's books."""

import hashlib
import hmac
import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import Session

from gate.messages import (
    ArmLowered,
    ArmRaised,
    BillLine,
    Body,
    ClockQuality,
    Direction,
    Envelope,
    OpeningReason,
    PlateRead,
    Quoted,
    VehiclePassed,
    VisitMatched,
    VisitOpened,
)
from gate.money import vat_in
from gate.reference import mint
from gate.tariff import Tariff, Turn, VatRate
from gate.topics import Channel, Topic
from gate.vehicle import VehicleClass
from gate.wire import Malformed, decode, encode
from server.db import transaction
from server.ingest import Arrival, Taken, ingest
from server.notices import Kept, keep
from server.providers.contract import Received
from server.providers.sepay import SePay
from server.register import BoxRow, SiteRow, TariffRow
from server.tariffs import Tariffs

SECRET = "a secret of the bank's feed"
ACCOUNT = {"SPS": "1017595600", "SPL": "1017595601"}
MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 08:00 in Sa Pa
BOOTED = MORNING - timedelta(days=100)
TARIFF = Tariff(
    code="flat-1",
    since=datetime(2026, 1, 1, tzinfo=UTC),
    legal_basis="a decision of the province",
    turns={
        VehicleClass.MOTO: Turn(price=10_000, ceiling=10_000),
        VehicleClass.CAR9: Turn(price=30_000, ceiling=30_000),
    },
    vat=(VatRate(since=datetime(2026, 1, 1, tzinfo=UTC), rate_bp=800),),
)


def register(engine: Engine) -> None:
    """Two sites with a box each and the same flat tariff."""
    with transaction(engine) as session:
        for site, name in (("SPS", "Sân vận động"), ("SPL", "Hồ Mắt Ngọc")):
            session.add(
                SiteRow(
                    site=site,
                    name_vi=name,
                    name_en=f"Site {site}",
                    bank="970436",
                    account=ACCOUNT[site],
                    account_name="UBND PHUONG SA PA",
                    capacity=100,
                    unpaid="hold",
                    patience_s=60,
                )
            )
            session.add(BoxRow(box=f"{site.lower()}-1", site=site, token_sha256="0" * 64))
            session.add(TariffRow(site=site, code=TARIFF.code, since=TARIFF.since, body=encode(TARIFF).decode()))


def reference(number: int, site: str = "SPS") -> str:
    """A visit's reference."""
    return mint(site, number, b"a key of the site")


class Box:
    """The journal of one box. Every fact is the next of its journal; ids count up, so that a run can be repeated."""

    def __init__(self, site: str = "SPS", journal: str = "0123456789abcdef", seed: int = 0) -> None:
        self.site, self.name, self.journal = site, f"{site.lower()}-1", journal
        self.sequence = 0
        self._ids = itertools.count(int.from_bytes(site.encode()) << 96 | seed << 90 | int(journal, 16) << 24)

    def id(self) -> UUID:
        """A new id."""
        return UUID(int=next(self._ids))

    @property
    def topic(self) -> Topic:
        """Where its facts go."""
        return Topic(self.site, self.name, Channel.EVENT)

    def envelope(self, body: Body, at: datetime, **changes: Any) -> Envelope:
        """The next fact of the journal."""
        self.sequence += 1
        parts: dict[str, Any] = {
            "message_id": self.id(),
            "site": self.site,
            "box": self.name,
            "journal": self.journal,
            "sequence": self.sequence,
            "boot": UUID(int=1),
            "monotonic_ms": max(0, (at - BOOTED) // timedelta(milliseconds=1)),
            "happened_at": at,
            "clock_offset_ms": 0,
            "clock_quality": ClockQuality.SYNCHRONISED,
            "body": body,
        }
        return Envelope(**{**parts, **changes})

    def fact(self, body: Body, at: datetime, **changes: Any) -> Arrival:
        """The next fact, as it arrives."""
        return Arrival(self.topic, encode(self.envelope(body, at, **changes)))

    def arrives(
        self, visit: str, at: datetime, kind: VehicleClass = VehicleClass.CAR9, plate: str = "24A12378"
    ) -> list[Arrival]:
        """A vehicle is read, admitted, and passes in two seconds later."""
        approach, opening = self.id(), self.id()
        raised = ArmRaised(
            lane="in-1", opening=opening, reason=OpeningReason.ADMITTED, by="rule", approach=approach, visit=visit
        )
        bodies: list[Body] = [
            PlateRead(lane="in-1", approach=approach, direction=Direction.IN, plate=plate, confidence=0.9),
            VisitOpened(lane="in-1", approach=approach, visit=visit, vehicle_class=kind, read=bool(plate)),
            raised,
            VehiclePassed(lane="in-1", direction=Direction.IN, passage=self.id(), opening=opening, visit=visit),
            ArmLowered(lane="in-1", opening=opening),
        ]
        return [self.fact(body, at + timedelta(seconds=n / 2)) for n, body in enumerate(bodies)]

    def is_priced(
        self,
        visit: str,
        entered: datetime,
        at: datetime,
        total: int = 30_000,
        plate: str = "24A12378",
        *,
        rate_bp: int = 800,
    ) -> list[Arrival]:
        """The vehicle comes to the exit, is matched and quoted."""
        approach = self.id()
        line = BillLine(since=entered, until=at, what="turn", amount=total)
        quoted = Quoted(
            lane="out-1",
            approach=approach,
            visit=visit,
            tariff=TARIFF.code,
            vehicle_class=VehicleClass.CAR9,
            entered_at=entered,
            left_at=at,
            total=total,
            vat=vat_in(total, rate_bp),
            lines=(line,),
        )
        read = PlateRead(lane="out-1", approach=approach, direction=Direction.OUT, plate=plate, confidence=0.9)
        matched = VisitMatched(lane="out-1", approach=approach, visit=visit, by="rule", probability=0.99, margin=0.9)
        return [self.fact(body, at) for body in (read, matched, quoted)]

    def leaves(
        self, visit: str, at: datetime, reason: OpeningReason = OpeningReason.PAID, *, by: str = "rule", note: str = ""
    ) -> list[Arrival]:
        """The exit arm goes up and the vehicle passes a second later."""
        opening = self.id()
        bodies: list[Body] = [
            ArmRaised(lane="out-1", opening=opening, reason=reason, by=by, visit=visit, note=note),
            VehiclePassed(lane="out-1", direction=Direction.OUT, passage=self.id(), opening=opening, visit=visit),
            ArmLowered(lane="out-1", opening=opening),
        ]
        return [self.fact(body, at + timedelta(seconds=n)) for n, body in enumerate(bodies)]

    def stays(self, visit: str, entered: datetime, left: datetime, **changes: Any) -> Iterator[Arrival]:
        """A whole stay of a car."""
        yield from self.arrives(visit, entered, **changes)
        yield from self.is_priced(visit, entered, left - timedelta(seconds=30))
        yield from self.leaves(visit, left)


def book(engine: Engine, *arrivals: Arrival) -> Taken:
    """Ingest them as one batch, as if the newest had just happened."""
    return ingest(engine, Tariffs(engine), arrivals, newest(arrivals))


def newest(arrivals: Sequence[Arrival]) -> datetime:
    """When the last of them came, by their own word; now, where none of them is a fact."""
    moments = []
    for arrival in arrivals:
        with suppress(Malformed):
            moments.append(decode(arrival.payload, Envelope).happened_at)
    return max(moments, default=datetime.now(UTC))


def notice(number: int, note: str, amount: int = 30_000, **changes: Any) -> bytes:
    """What the bank's feed sends."""
    body = {
        "id": number,
        "gateway": "Vietcombank",
        "transactionDate": "2026-11-23 09:00:00",
        "accountNumber": ACCOUNT["SPS"],
        "code": None,
        "content": note,
        "transferType": "in",
        "transferAmount": amount,
        "accumulated": 0,
        "subAccount": None,
        "referenceCode": f"MBVCB.{number}",
        "description": "",
    }
    return json.dumps({**body, **changes}).encode()


def signed(raw: bytes, now: datetime, secret: str = SECRET) -> dict[str, str]:
    """The headers that prove a notice."""
    stamp = str(int(now.timestamp()))
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
    return {"x-sepay-timestamp": stamp, "x-sepay-signature": f"sha256={digest}"}


def pay(session: Session, raw: bytes, now: datetime) -> Kept:
    """Keep a notice that proved itself."""
    received = Received(raw, signed(raw, now), now)
    return keep(session, received, SePay.parse(received), SePay.fingerprint(received))


def paid(engine: Engine, raw: bytes, now: datetime) -> Kept:
    """The same in a transaction of its own."""
    with transaction(engine) as session:
        return pay(session, raw, now)
