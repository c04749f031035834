"""VNPAY and MoMo in a season: orders at the lane, their twins, the files of their sessions, their payouts."""

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from gate.statements import FeeTerms, fee_of
from gate.workdays import after
from server.db import transaction
from server.facts_bank import ContractRow
from server.ingest import Settled
from server.orders import ask
from server.polling import Poller
from server.providers.contract import Unanswered
from simulator.providers.momo import MomoTwin
from simulator.providers.vnpay import VnpayTwin
from simulator.season.bank import Bank
from simulator.season.files import settlement
from simulator.season.stories import BY_VNPAY, Story
from simulator.season.turns import VIETNAM
from simulator.statements import Taken
from tests.campaign.season_centre import (
    ATTENDANT,
    FINANCE,
    MOMO_KEY,
    MOMO_SECRET,
    PARTNER,
    TERMINAL,
    VNPAY_SECRET,
    Centre,
)
from tests.campaign.season_world import Deed, LotWorld, Told

TERMS: Final = {"vnpay": FeeTerms(rate_bp=110, fixed=0, vat_bp=1_000), "momo": FeeTerms(150, 0, 1_000)}
WRONG: Final = 200
"""Dong by which the fee of a line is wrong."""
Twin = VnpayTwin | MomoTwin


class Paid(NamedTuple):
    """A payment at a gateway as its own book has it."""

    site: str
    order: str
    number: str
    amount: int
    at: datetime
    story: Story


def _goes(_: list[Settled]) -> None:
    """Who was found paid drove out on the driver's word."""


class InProcess:
    """The way to a twin that lives here."""

    def __init__(self, twins: dict[str, Twin]) -> None:
        self._twins = twins

    def allows(self, url: str) -> bool:
        """Whether somebody is there."""
        return (urlsplit(url).hostname or "") in {*self._twins, "test-payment.momo.vn"}

    def post(self, url: str, body: bytes) -> bytes:
        """The twin's answer. Raises Unanswered."""
        parts = urlsplit(url)
        status, said = self._twins[parts.hostname or ""].handle(parts.path, body)
        if status >= 500:
            raise Unanswered(f"{status}")
        return said


class Gateways:
    """Both gateways: a terminal and a partner code for all lots of a season, paid out to the first lot's account."""

    def __init__(self, centre: Centre, bank: Bank, account: str) -> None:
        self._centre, self._bank, self._account = centre, bank, account
        self._now = datetime(2025, 1, 1, tzinfo=VIETNAM)
        self._twins: dict[str, Twin] = {
            "vnpay": VnpayTwin(TERMINAL, VNPAY_SECRET, self._clock),
            "momo": MomoTwin(PARTNER, MOMO_KEY, MOMO_SECRET, self._clock),
        }
        self._line = InProcess({f"{name}.example": twin for name, twin in self._twins.items()})
        self._paid: dict[str, dict[date, list[Paid]]] = {name: defaultdict(list) for name in TERMS}
        self._kept_back: dict[str, list[Paid]] = {name: [] for name in TERMS}
        with transaction(centre.engine) as session:
            session.add_all(_contract(name, terms, account) for name, terms in TERMS.items())

    def pays(self, world: LotWorld, deed: Deed) -> None:
        """The driver pays an order by the gateway of their choice; its notice comes, or gets lost."""
        turn, self._now = deed.served.turn, deed.at
        name = "vnpay" if turn.story in BY_VNPAY else "momo"
        provider, twin = self._centre.providers[name], self._twins[name]
        ordered = ask(self._centre.engine, provider, self._line, turn.visit, deed.at, ATTENDANT)
        if ordered.payable is None:
            raise RuntimeError(f"{turn.visit}: {name} gave no page to pay at")
        self._now = deed.at + timedelta(seconds=1)
        raw = twin.pay(ordered.payable.url)
        done = twin.book[-1]
        self._paid[name][done.at.astimezone(VIETNAM).date()].append(Paid(world.lot.site, *done, turn.story))
        if turn.story is not Story.IPN_LOST:
            self._centre.are_told([Told(self._now, name, raw, {})])

    def asks(self, now: datetime) -> int:
        """The centre asks for orders of which it has heard nothing. Says how many were answered."""
        self._now = now
        return Poller(self._centre.engine, self._centre.providers, self._line, _goes, self._clock).ask()

    def settles(self, session: date) -> list[tuple[str, str, bytes]]:
        """The files of a session: provider, name, bytes. Its money comes on the next working day."""
        files = []
        for name in TERMS:
            today = self._paid[name].pop(session, [])
            late, self._kept_back[name] = self._kept_back[name], [p for p in today if p.story is Story.UNSETTLED]
            in_time = [paid for paid in today if paid.story is not Story.UNSETTLED]
            lines = [_line(name, session, paid) for paid in (*late, *in_time)]
            if lines:
                files.append((name, f"{name}-{session}.csv", settlement(name, lines)))
                net = sum(line.gross - line.fee - line.fee_vat for line in lines)
                at = datetime.combine(after(session, 1), time(10), VIETNAM)
                self._bank.booked(self._account, at, net, f"{name.upper()} TT {lines[0].settlement_id}")
        return files

    def _clock(self) -> datetime:
        return self._now


def _line(name: str, session: date, paid: Paid) -> Taken:
    fee, vat = fee_of(TERMS[name], paid.amount)
    return Taken(
        settlement_id=f"{name}-{session:%y%m%d}",
        session_date=session,
        at=paid.at,
        merchant_ref=paid.order,
        provider_ref=paid.number,
        kind="PAY",
        gross=paid.amount,
        fee=fee + WRONG * (paid.story is Story.FEE_WRONG),
        fee_vat=vat,
        site=paid.site,
        terminal=TERMINAL if name == "vnpay" else PARTNER,
    )


def _contract(name: str, terms: FeeTerms, account: str) -> ContractRow:
    return ContractRow(
        provider=name,
        instrument="",
        since=date(2025, 7, 1),
        rate_bp=terms.rate_bp,
        fixed=terms.fixed,
        vat_bp=terms.vat_bp,
        rounding=terms.rounding,
        payout_account=account,
        words=f"{name.upper()} TT",
        by=FINANCE,
        entered_at=datetime(2025, 7, 1, tzinfo=VIETNAM),
    )
