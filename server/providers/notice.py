"""What every provider's notice comes down to."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Refused(ValueError):
    """The notice does not prove itself. The reason holds no text of the notice: reasons are counted, by hour."""


class Kind(StrEnum):
    """What a notice tells of."""

    PAID = "paid"  # money came
    PENDING = "pending"  # the provider does not know yet
    FAILED = "failed"  # nothing was paid
    REVERSED = "reversed"  # what was paid was taken back
    REFUNDED = "refunded"  # what we gave back
    OUT = "out"  # money left a bank account


class Notice(NamedTuple):
    """Money came, or did not: how much, to which account, with which texts. Amounts are whole dong.

    `account` is the bank account, terminal or partner code as `pay_account` has it. `order` is our own name of the
    order (`pay_order`), empty where the provider knows none, as a bank feed does not.
    """

    provider: str
    provider_id: str
    account: str
    amount: int
    texts: tuple[str, ...]
    bank_reference: str
    happened_at: datetime
    kind: Kind = Kind.PAID
    order: str = ""
