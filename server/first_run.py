"""The first run: an administrator by the code that the server prints, then sites with boxes and price lists.

There is no password that comes with the product. While nobody is there, each start prints a code; who reads it on the
machine itself makes the first administrator. Then the code opens nothing any more.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from gate.lease import Account, Unpaid
from gate.messages import Direction, SiteCode
from gate.tariff import BadTariff
from gate.vehicle import VehicleClass
from gate.wire import encode
from server import presets
from server.auth import PASSWORD_MAX, PASSWORD_MIN, add_user, audit
from server.db import hold, insert_once, reading, transaction
from server.derived import LaneNowRow
from server.presets import Preset
from server.register import BoxRow, SiteRow, TariffRow, UserRow
from server.roles import Role
from server.throttle import Throttle
from server.turning import turns

LANES_MAX: Final = 8
NAME_MAX: Final = 80
_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_USER: Final = re.compile(r"[a-z][a-z0-9._-]{1,63}")
_NOTHING_YET: Final = "first run"


class NotFirst(PermissionError):
    """Somebody is there already, or the code is wrong: which of both is not said. `often`: too many were wrong."""

    def __init__(self, *, often: bool = False) -> None:
        super().__init__("not the first run")
        self.often = often


class BadSetUp(ValueError):
    """A field cannot be so; the message is its name."""


class NewSite(NamedTuple):
    """A site as the wizard asks for it; prices in dong by class, lanes by how many each way."""

    site: str
    name_vi: str
    name_en: str
    bank: str
    account: str
    account_name: str
    capacity: int
    lanes_in: int
    lanes_out: int
    preset: Preset
    prices: Mapping[VehicleClass, int]
    basis: str


class Made(NamedTuple):
    """What was made of it. `token` and `password` are the box's, told once: for its pictures, and for its account at
    the centre's broker, which is still to be made."""

    site: str
    box: str
    token: str
    password: str
    lanes: tuple[str, ...]
    tariff: str


class FirstRun:
    """The code of this start. Safe from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._code = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
        self._tries = Throttle(10, timedelta(minutes=10))

    def code(self) -> str:
        """What to print; empty where somebody is there."""
        with reading(self._engine) as session:
            return self._code if nobody(session) else ""

    def administrator(self, code: str, name: str, password: str, now: datetime) -> None:
        """Make the first administrator. Raises NotFirst, BadSetUp."""
        if not self._tries.tries("", now):
            raise NotFirst(often=True)
        if not hmac.compare_digest(_digest(_typed(code)), _digest(_typed(self._code))):
            raise NotFirst
        if not _USER.fullmatch(name):
            raise BadSetUp("name")
        if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
            raise BadSetUp("password")
        with transaction(self._engine) as session:
            hold(session, _NOTHING_YET)
            if not nobody(session):
                raise NotFirst
            add_user(session, name, Role.ADMINISTRATOR, password, now)
            audit(session, name, "made the first administrator", name, now, {})


def nobody(session: Session) -> bool:
    """Whether there is no user at all, disabled ones included."""
    return session.exec(select(UserRow.name).limit(1)).first() is None


def add_site(session: Session, new: NewSite, by: str, now: datetime) -> Made:
    """A site with its box, its lanes and its first price list. Raises BadSetUp; then nothing is made."""
    site = _site(new)
    if not new.prices:
        raise BadSetUp("prices")
    try:
        tariff = presets.tariff(new.preset, new.site, new.prices, new.basis.strip(), now)
    except BadTariff as error:
        raise BadSetUp("prices") from error
    if not insert_once(session, site):
        raise BadSetUp("taken")
    body = encode(tariff).decode()
    session.add(TariffRow(site=new.site, code=tariff.code, since=tariff.since, body=body))
    token, box = secrets.token_urlsafe(24), f"{new.site.lower()}-1"
    session.add(BoxRow(box=box, site=new.site, token_sha256=hashlib.sha256(token.encode()).hexdigest()))
    lanes = _lanes(session, new, box, now)
    audit(session, by, "made a site", new.site, now, {"preset": new.preset, "lanes": " ".join(lanes)})
    return Made(new.site, box, token, secrets.token_urlsafe(18), lanes, tariff.code)


def sites(session: Session) -> list[SiteRow]:
    """Those that are there."""
    return list(session.exec(select(SiteRow).order_by(col(SiteRow.site))))


def _site(new: NewSite) -> SiteRow:
    for field, low, high in (("capacity", 0, 100_000), ("lanes_in", 0, LANES_MAX), ("lanes_out", 0, LANES_MAX)):
        if not low <= getattr(new, field) <= high:
            raise BadSetUp(field)
    if not new.lanes_in + new.lanes_out:
        raise BadSetUp("lanes_in")
    for field in ("name_vi", "name_en", "basis"):
        if not 1 <= len(getattr(new, field).strip()) <= NAME_MAX or turns(getattr(new, field)):
            raise BadSetUp(field)
    try:
        msgspec.convert(new.site, SiteCode)
    except msgspec.ValidationError as error:
        raise BadSetUp("site") from error
    account = _account(new)
    return SiteRow(
        site=new.site,
        name_vi=new.name_vi.strip(),
        name_en=new.name_en.strip(),
        bank=account.bank,
        account=account.number,
        account_name=account.name,
        capacity=new.capacity,
        unpaid=Unpaid.HOLD,
        patience_s=60,
    )


def _account(new: NewSite) -> Account:
    said = {"bank": new.bank, "number": new.account, "name": new.account_name.strip()}
    try:
        return msgspec.convert(said, Account)
    except msgspec.ValidationError as error:
        raise BadSetUp("bank" if "bank" in str(error) else "account") from error


def _lanes(session: Session, new: NewSite, box: str, now: datetime) -> tuple[str, ...]:
    """Rows that the box will fill: until then nothing is known of the lanes."""
    found = []
    for way, count in ((Direction.IN, new.lanes_in), (Direction.OUT, new.lanes_out)):
        for number in range(1, count + 1):
            lane = f"{way}-{number}"
            session.add(LaneNowRow(site=new.site, lane=lane, box=box, direction=way, updated_at=now))
            found.append(lane)
    return tuple(found)


def _typed(code: str) -> str:
    """As it counts: whatever a person or a telephone puts between its letters."""
    return "".join(char for char in code.upper() if char.isalnum())


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def said(code: str, url: str) -> str:
    """What the server prints while nobody is there."""
    return f"nobody can sign in yet: open {url}/first-run and give the code {code}"
