"""What every provider's notice comes down to."""

from datetime import datetime
from typing import NamedTuple


class Refused(ValueError):
    """The notice does not prove itself."""


class Notice(NamedTuple):
    """Money came: how much, to which account, with which texts. Amounts are whole dong."""

    provider: str
    provider_id: str
    account: str
    amount: int
    texts: tuple[str, ...]
    bank_reference: str
    happened_at: datetime
