"""The part of a centre that providers meet, with their twins on the other side and a clock that a test moves."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, cast

from sqlalchemy import Engine

from server.api.notices import take
from server.db import insert_many, insert_once, transaction
from server.derived import VisitRow
from server.ingest import Settled
from server.orders import Ordered, ask
from server.polling import Poller
from server.providers.contract import Provider, Received, Reply
from server.providers.line import HttpLine
from server.providers.momo import Momo, Partner
from server.providers.sepay import Proof, SePay
from server.providers.vnpay import Terminal, Vnpay
from server.register import PayAccountRow
from simulator.providers.momo import MomoTwin
from simulator.providers.network import Fate, Network
from simulator.providers.vnpay import VnpayTwin
from tests.server.box import ACCOUNT, MORNING, SECRET, TARIFF, reference, signed

if TYPE_CHECKING:
    from server.centre import Centre

VNPAY_HOST: Final = "sandbox.vnpayment.vn"
MOMO_HOST: Final = "test-payment.momo.vn"
TERMINAL: Final = Terminal(
    terminal="LCPARK01",
    secret="DUMMY0VNPAY0HASH0SECRET0KEY00001",
    sites=("SPS", "SPL"),
    pay_url=f"https://{VNPAY_HOST}/paymentv2/vpcpay.html",
    api_url=f"https://{VNPAY_HOST}/merchant_webapi/api/transaction",
    return_url="https://park.example.vn/v1/returns/vnpay",
)
PARTNER: Final = Partner(  # the public sandbox's
    partner="MOMO",
    access_key="F8BBA842ECF85",
    secret="K951B6PE1waDMi640xX08PD3vg6EkVlz",
    sites=("SPS", "SPL"),
    api_url=f"https://{MOMO_HOST}/v2/gateway/api",
    ipn_url="https://park.example.vn/v1/notices/momo",
    redirect_url="https://park.example.vn/v1/returns/momo",
)


class Clock:
    """Time that a test moves."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def wait(self, time: timedelta) -> None:
        """It is later now."""
        self.now += time


class MoneyDesk:
    """Books, providers, twins. `settled` remembers who may go."""

    def __init__(
        self, engine: Engine, *, key_life: timedelta | None = None, order_life: timedelta | None = None
    ) -> None:
        self.engine, self.clock = engine, Clock()
        self.settled: list[Settled] = []
        keys = {"key_life": key_life} if key_life else {}
        self.vnpay_twin = VnpayTwin(TERMINAL.terminal, TERMINAL.secret, self.clock, **keys)
        life = order_life or Momo.order_life
        self.momo_twin = MomoTwin(PARTNER.partner, PARTNER.access_key, PARTNER.secret, self.clock, life=life, **keys)
        self.network = Network({VNPAY_HOST: self.vnpay_twin, MOMO_HOST: self.momo_twin})
        self.line = HttpLine({VNPAY_HOST, MOMO_HOST}, self.network)
        self.sepay = SePay(SECRET, Proof.HMAC, {number: (site,) for site, number in ACCOUNT.items()})
        self.vnpay, self.momo = Vnpay((TERMINAL,)), Momo((PARTNER,), **keys)
        if order_life:
            self.vnpay.order_life = self.momo.order_life = order_life
        known: tuple[Provider, ...] = (self.sepay, self.vnpay, self.momo)
        self.providers: dict[str, Provider] = {each.name: each for each in known}
        self.poller = Poller(engine, self.providers, self.line, self.authorise, self.clock)
        with transaction(engine) as session:
            for each in known:
                for account, sites in each.accounts.items():
                    for site in sites:
                        insert_once(session, PayAccountRow(provider=each.name, account=account, site=site))

    def authorise(self, settled: list[Settled]) -> None:
        """Remember them."""
        self.settled += settled

    def told(self, provider: str, raw: bytes, headers: dict[str, str] | None = None) -> Reply:
        """A notice comes in now."""
        if headers is None:
            headers = signed(raw, self.clock()) if provider == "sepay" else {}
        received = Received(raw, headers, self.clock())
        return take(cast("Centre", self), self.providers[provider], received)

    def hears(self, provider: str, raw: bytes) -> bool:
        """The same, as the provider judges the answer."""
        reply = self.told(provider, raw)
        if provider == "vnpay":
            return self.vnpay_twin.hears(reply.status, reply.body)
        return self.momo_twin.hears(reply.status, reply.body)

    def ask(self, provider: str, visit: str) -> Ordered:
        """An attendant asks for an order."""
        return ask(self.engine, self.providers[provider], self.line, visit, self.clock(), "an attendant")

    def url(self, provider: str, visit: str) -> str:
        """Where an order is paid."""
        payable = self.ask(provider, visit).payable
        assert payable is not None
        return payable.url

    def loses(self, *fates: Fate) -> None:
        """What happens to the next exchanges; then all arrive."""
        self.network.fate = _in_turn(list(fates))


def _in_turn(fates: list[Fate]) -> Callable[[], Fate]:
    return lambda: fates.pop(0) if fates else Fate.ARRIVES


def stand_at_the_exit(engine: Engine, numbers: Sequence[int], price: int = 30_000, site: str = "SPS") -> list[str]:
    """Stays that are quoted and not paid; their references."""
    visits = [reference(number, site) for number in numbers]
    rows = [
        VisitRow(
            visit=visit,
            site=site,
            vehicle_class="car9",
            read=True,
            entry_lane="in-1",
            entry_approach="",
            opened_at=MORNING - timedelta(hours=2),
            entered_at=MORNING - timedelta(hours=2),
            exit_lane="out-1",
            quoted=price,
            quoted_vat=0,
            quoted_tariff=TARIFF.code,
            quoted_lines="[]",
        ).model_dump()
        for visit in visits
    ]
    with transaction(engine) as session:
        insert_many(session, VisitRow, rows)
    return visits


class Liar:
    """A provider whose answers say something else."""

    def __init__(self, twin: MomoTwin, true: bytes, false: bytes) -> None:
        self._twin, self._true, self._false = twin, true, false

    def handle(self, path: str, body: bytes) -> tuple[int, bytes]:
        """The twin's answer with another word in it."""
        status, said = self._twin.handle(path, body)
        return status, said.replace(self._true, self._false)
