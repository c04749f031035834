"""How far the witnesses lie apart without an explanation, and whether a site tolerates it.

A debt with a name is outstanding, not unexplained: who owes what is known. Unexplained is money without its reason or
its bank line, and a vehicle or an opening that one witness saw and another did not.
"""

from collections.abc import Iterable
from typing import Annotated, Final

from msgspec import Meta

from gate.findings import Code, Finding
from gate.money import BASIS_POINTS
from gate.wire import Contract

Natural = Annotated[int, Meta(ge=0)]
Points = Annotated[int, Meta(ge=0, le=BASIS_POINTS)]

OF_MONEY: Final = frozenset(
    {
        Code.PAYMENT_UNKNOWN,
        Code.PAID_TWICE,
        Code.AMOUNT_DIFFERS,
        Code.PRICE_DIFFERS,
        Code.LEFT_NOT_PRICED,
        Code.LEDGER_UNBALANCED,
        Code.CLAIMED_NOT_SEEN,
        Code.CHARGEBACK,
        Code.ORDER_UNANSWERED,
        Code.NOT_IN_SETTLEMENT,
        Code.NOT_IN_LEDGER,
        Code.SETTLEMENT_DIFFERS,
        Code.FEE_DIFFERS,
        Code.NOT_IN_BANK,
        Code.BANK_LINE_UNKNOWN,
        Code.CASH_NOT_DEPOSITED,
        Code.TILL_DIFFERS,
    }
)
"""Each dong of these lacks its reason, its price or its bank line."""

OF_COUNT: Final = frozenset(
    {
        Code.OPENING_UNEXPLAINED,
        Code.PASSAGE_WITHOUT_OPENING,
        Code.EXIT_WITHOUT_ENTRY,
        Code.TAILGATE,
        Code.COUNT_DRIFT,
        Code.LEFT_NOT_PRICED,
    }
)
"""One witness saw something and another did not."""


class Tolerance(Contract):
    """What a site puts up with in a day: dong, or a share of what was charged if that is more; and a share of passages.

    Usually one thousandth of the money and five thousandths of the passages.
    """

    vnd: Natural = 0
    basis_points: Points = 10
    count_basis_points: Points = 50


class Unexplained(Contract):
    """Dong and items without an explanation."""

    amount: int
    count: int


class Variance(Contract):
    """What is unexplained in a day, how much of each is tolerated, and whether that is enough."""

    amount: int
    count: int
    tolerated_amount: int
    tolerated_count: int
    within: bool


def unexplained(findings: Iterable[Finding]) -> Unexplained:
    """Of what is due and nobody has explained."""
    known = list(findings)
    amount = sum(each.amount for each in known if each.code in OF_MONEY)
    return Unexplained(amount=amount, count=sum(each.code in OF_COUNT for each in known))


def variance(findings: Iterable[Finding], charged: int, passages: int, tolerance: Tolerance) -> Variance:
    """The unexplained against what is tolerated on a day of so much money and so many passages."""
    found = unexplained(findings)
    most = max(tolerance.vnd, charged * tolerance.basis_points // BASIS_POINTS)
    many = passages * tolerance.count_basis_points // BASIS_POINTS
    return Variance(
        amount=found.amount,
        count=found.count,
        tolerated_amount=most,
        tolerated_count=many,
        within=found.amount <= most and found.count <= many,
    )
