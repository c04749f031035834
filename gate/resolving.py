"""What becomes of each payment: one table of situations, each with exactly one outcome.

A rule settles only what cannot be doubted: a sound reference, the right account, a stay that owes. Everything else
waits in suspense for a person, and money that goes back goes with two persons' word.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from gate.findings import Code

LATE: Final = timedelta(minutes=1)
"""A notice follows its transfer by seconds; what comes later than this is late."""


class Outcome(StrEnum):
    """What becomes of money."""

    SETTLE = "settle"  # it pays its stay
    CREDIT = "credit"  # it is kept for another stay, which a person names
    TOP_UP = "top_up"  # the stay owes the difference
    REFUND = "refund"  # it goes back, with two persons' word
    WAITS = "waits"  # nothing is done until its price comes or a person decides


class Situation(StrEnum):
    """Everything that can be the matter with a payment."""

    ON_TIME = "on_time"
    LATE = "late"
    EARLY = "early"
    AFTER_EXIT = "after_exit"
    UNDER = "under"
    OVER = "over"
    DOUBLE = "double"
    NOT_OWED = "not_owed"
    VOIDED = "voided"
    AFTER_REFUND = "after_refund"
    UNKNOWN_REFERENCE = "unknown_reference"
    TYPED_WRONGLY = "typed_wrongly"
    WRONG_ACCOUNT = "wrong_account"
    CLAIMED = "claimed"
    CHARGEBACK = "chargeback"
    REVERSED = "reversed"


class Rule(NamedTuple):
    """What a situation leads to. `code` is the finding until then, None where nothing is left to do."""

    outcome: Outcome
    code: Code | None
    vi: str
    en: str


S, C = Situation, Code
RULES: Final[Mapping[Situation, Rule]] = {
    S.ON_TIME: Rule(Outcome.SETTLE, None, "Đúng lúc, đúng số tiền", "On time and exact"),
    S.LATE: Rule(Outcome.SETTLE, None, "Báo có đến muộn", "The notice came late"),
    S.EARLY: Rule(Outcome.WAITS, C.AMOUNT_DIFFERS, "Trả trước khi có giá", "Before the price is known"),
    S.AFTER_EXIT: Rule(Outcome.SETTLE, None, "Trả sau khi ra", "After the exit"),
    S.UNDER: Rule(Outcome.TOP_UP, C.AMOUNT_DIFFERS, "Trả thiếu", "Less than is owed"),
    S.OVER: Rule(Outcome.REFUND, C.AMOUNT_DIFFERS, "Trả thừa", "More than is owed"),
    S.DOUBLE: Rule(Outcome.REFUND, C.PAID_TWICE, "Trả hai lần", "Paid twice"),
    S.NOT_OWED: Rule(Outcome.REFUND, C.AMOUNT_DIFFERS, "Lượt không phải trả", "Nothing was owed"),
    S.VOIDED: Rule(Outcome.REFUND, C.AMOUNT_DIFFERS, "Lượt đã hủy", "The visit was voided"),
    S.AFTER_REFUND: Rule(Outcome.WAITS, C.PAID_TWICE, "Trả sau khi đã hoàn", "After a refund"),
    S.UNKNOWN_REFERENCE: Rule(Outcome.WAITS, C.PAYMENT_UNKNOWN, "Không rõ lượt xe", "For no known visit"),
    S.TYPED_WRONGLY: Rule(Outcome.WAITS, C.PAYMENT_UNKNOWN, "Nội dung gõ sai", "The reference has a slip"),
    S.WRONG_ACCOUNT: Rule(Outcome.WAITS, C.PAYMENT_UNKNOWN, "Vào nhầm tài khoản", "On another site's account"),
    S.CLAIMED: Rule(Outcome.WAITS, C.CLAIMED_NOT_SEEN, "Báo đã trả, chưa thấy tiền", "Claimed paid, no money seen"),
    S.CHARGEBACK: Rule(Outcome.WAITS, C.CHARGEBACK, "Bị đòi hoàn", "Charged back"),
    S.REVERSED: Rule(Outcome.TOP_UP, C.LEFT_NOT_PAID, "Bên thanh toán hủy giao dịch", "Reversed by the provider"),
}
SETTLING: Final = frozenset({S.ON_TIME, S.LATE, S.AFTER_EXIT, S.UNDER, S.OVER})
"""Where what is owed is settled by rule."""


class Sort(StrEnum):
    """What is told."""

    MONEY = "money"
    CLAIM = "claim"
    CHARGEBACK = "chargeback"
    REVERSAL = "reversal"


class Naming(StrEnum):
    """How a transfer names its stay."""

    SOUND = "sound"  # one reference whose check character agrees
    SLIP = "slip"  # something like a reference
    NOTHING = "nothing"  # none, or several


class Told(NamedTuple):
    """A payment as it was told. `at_home`: the account that it came to is for the site that it names."""

    amount: int
    happened_at: datetime
    received_at: datetime
    naming: Naming = Naming.SOUND
    at_home: bool = True
    sort: Sort = Sort.MONEY


class Stay(NamedTuple):
    """The stay that it names, with what happened to its money before."""

    priced: bool
    owed: int
    paid: int = 0
    refunded: int = 0
    left_at: datetime | None = None
    voided: bool = False


class Policy(NamedTuple):
    """What a site does with what is over: refund, credit, or wait for a person."""

    over: Outcome = Outcome.REFUND


class Resolved(NamedTuple):
    """The one outcome: so much settles the stay now, so much waits; `short` is what the stay still owes."""

    situation: Situation
    outcome: Outcome
    code: Code | None
    settles: int
    waits: int
    short: int


def resolve(told: Told, stay: Stay | None, policy: Policy) -> Resolved:
    """What becomes of it. `settles` and `waits` add up to the amount, except for what is no new money.

    Raises ValueError for a policy that is none.
    """
    if policy.over not in {Outcome.REFUND, Outcome.CREDIT, Outcome.WAITS}:
        raise ValueError(f"what is over is refunded, credited or waits: {policy.over}")
    situation = situated(told, stay)
    rule, owed = RULES[situation], stay.owed if stay else 0
    settles = min(told.amount, owed) if situation in SETTLING else 0
    waits = told.amount - settles if told.sort is Sort.MONEY else 0
    outcome = policy.over if rule.outcome is Outcome.REFUND else rule.outcome
    short = owed + told.amount if situation is Situation.REVERSED else max(0, owed - settles)
    return Resolved(situation, outcome, rule.code, settles, waits, short)


_NO_NEW_MONEY: Final = {
    Sort.CLAIM: Situation.CLAIMED,
    Sort.CHARGEBACK: Situation.CHARGEBACK,
    Sort.REVERSAL: Situation.REVERSED,
}
_UNNAMED: Final = {Naming.SLIP: Situation.TYPED_WRONGLY, Naming.NOTHING: Situation.UNKNOWN_REFERENCE}


def situated(told: Told, stay: Stay | None) -> Situation:
    """Which situation it is: the first that is true."""
    if told.sort is not Sort.MONEY:
        return _NO_NEW_MONEY[told.sort]
    if told.naming is not Naming.SOUND:
        return _UNNAMED[told.naming]
    if not told.at_home:
        return Situation.WRONG_ACCOUNT
    return _of_a_stay(told, stay) if stay and (stay.priced or stay.voided) else Situation.EARLY


def _of_a_stay(told: Told, stay: Stay) -> Situation:
    if stay.voided:
        return Situation.VOIDED
    if stay.refunded:
        return Situation.AFTER_REFUND
    if stay.owed > 0:
        return _of_an_open_debt(told, stay)
    return Situation.DOUBLE if stay.paid else Situation.NOT_OWED


def _of_an_open_debt(told: Told, stay: Stay) -> Situation:
    if told.amount != stay.owed:
        return Situation.OVER if told.amount > stay.owed else Situation.UNDER
    if stay.left_at is not None and told.happened_at > stay.left_at:
        return Situation.AFTER_EXIT
    return Situation.LATE if told.received_at - told.happened_at > LATE else Situation.ON_TIME
