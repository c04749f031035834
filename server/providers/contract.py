"""What a provider is to us: one contract, a file each (docs/providers.md).

A provider keeps no state and opens no connection of its own: what came in is given to it as bytes, and what it asks
goes out over a `Line`. Whether something was asked before, and what may be asked again, is `server.orders`' business.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

from server.providers.notice import Notice


class Received(NamedTuple):
    """What a provider said: the body's bytes as sent, or the query string's where it calls by GET.

    `answer`: it is not a notice but the answer to a question of ours. `at` is when we got it.
    """

    raw: bytes
    headers: Mapping[str, str]
    at: datetime
    answer: bool = False


class Reply(NamedTuple):
    """What a provider is answered, to the byte."""

    status: int
    body: bytes = b""
    media: str = "application/json"


class Verdict(StrEnum):
    """What became of a notice."""

    TAKEN = "taken"
    REPEATED = "repeated"
    REUSED = "reused"  # their id of another notice
    UNKNOWN_ORDER = "unknown_order"
    WRONG_ACCOUNT = "wrong_account"
    WRONG_AMOUNT = "wrong_amount"
    UNPROVEN = "unproven"
    UNREADABLE = "unreadable"
    BUSY = "busy"  # our database is away


class Order(NamedTuple):
    """A payment to ask for. `bank` and `account` are the site's own; `address` is the payer's, where it is known."""

    order: str
    site: str
    visit: str
    amount: int
    created_at: datetime
    expires_at: datetime
    bank: str = ""
    account: str = ""
    address: str = "127.0.0.1"


class GiveBack(NamedTuple):
    """Money to send back through the provider. `refund` is our name of it, `transaction` theirs of the payment."""

    refund: str
    order: Order
    amount: int
    transaction: str
    by: str


class Payable(NamedTuple):
    """Where the driver pays: a page, or a code to scan; either may be empty."""

    url: str = ""
    qr: str = ""


class Outcome(StrEnum):
    """What a provider says of an order, or of a refund."""

    OPEN = "open"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"  # it has never heard of it
    BUSY = "busy"  # ask again later
    FAULT = "fault"  # our request is wrong, or we may not ask
    REFUNDED = "refunded"
    REFUND_OPEN = "refund_open"
    REFUND_REFUSED = "refund_refused"
    DUPLICATE = "duplicate"  # it had this request before: look up what became of it


class Answer(NamedTuple):
    """A provider's answer. `notice` is the payment that it tells of, `refunds` the names of those it has carried out.

    A provider that does not keep our names of refunds says "" for the one that there is.
    """

    outcome: Outcome
    raw: bytes
    payable: Payable | None = None
    notice: Notice | None = None
    refunds: frozenset[str] = frozenset()
    why: str = ""


class Unanswered(ConnectionError):
    """No answer, or none that proves itself: what we asked for may have happened or not."""


class NotOffered(LookupError):
    """This provider cannot do that."""


class Line(Protocol):
    """The way out to providers."""

    def allows(self, url: str) -> bool:
        """Whether the address is one that we were told of."""

    def post(self, url: str, body: bytes) -> bytes:
        """The answer's bytes. Raises Unanswered."""


class Provider(Protocol):
    """A payment provider or bank feed.

    `key_life`: how long the same request is known as the same; beyond it we look up before we ask again.
    `promises_retries`: what we did not hear is told again. `answers`: it can be asked what became of an order.
    `names_refunds`: it keeps our names of refunds. `accounts`: which sites each of its accounts is for.
    """

    name: str
    method: str
    raw_max: int
    headers: str  # only names that begin so are kept
    key_life: timedelta
    order_life: timedelta
    promises_retries: bool
    answers: bool
    names_refunds: bool

    @property
    def on(self) -> bool:
        """Whether it has its secrets: without, anybody could sign."""

    @property
    def accounts(self) -> Mapping[str, tuple[str, ...]]:
        """Account -> sites."""

    def verify(self, received: Received) -> None:
        """Raises Refused unless the notice is the provider's, and fresh where it says when it was sent."""

    def parse(self, received: Received) -> Notice:
        """What it says. Raises Malformed."""

    def fingerprint(self, received: Received) -> str:
        """A hash of what the signature covers: two notices with it say the same."""

    def reply(self, verdict: Verdict) -> Reply:
        """The answer that the provider expects."""

    def create(self, order: Order, line: Line, now: datetime) -> Answer:
        """Ask for a payment. The same order gives the same request. Raises Unanswered."""

    def payable(self, raw: bytes, line: Line) -> Payable:
        """Where the driver pays, from the answer to `create` as it was kept."""

    def query(self, order: Order, line: Line, now: datetime) -> Answer:
        """Ask what became of it. Raises Unanswered or NotOffered."""

    def refund(self, wanted: GiveBack, line: Line, now: datetime) -> Answer:
        """Give money back. The same refund gives the same request. Raises Unanswered or NotOffered."""
