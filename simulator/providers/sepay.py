"""SePay's own rules (vietnam.md 3.5): what its notices hold, how they prove themselves, when they are told again."""

import hashlib
import hmac
import json
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from simulator.bank import Transfer

WAITS: Final = (1, 1, 2, 3, 5, 8, 13)
"""Minutes between eight calls in all, whenever the status is not of 200 to 299: the documentation of now."""
OLD_WAITS: Final = (15, 20, 30, 40, 55, 65, 75)
"""Minutes between eight calls within five hours, on network failure only: the older documentation."""


class Rule(StrEnum):
    """Which documentation the account lives by."""

    NOW = "now"
    OLD = "old"


class Telling(NamedTuple):
    """How an account is set up at SePay."""

    secret: str
    api_key: bool = False
    rule: Rule = Rule.NOW

    @property
    def waits(self) -> tuple[timedelta, ...]:
        """Between one call and the next."""
        return tuple(timedelta(minutes=each) for each in (WAITS if self.rule is Rule.NOW else OLD_WAITS))

    def headers(self, body: bytes, at: datetime) -> dict[str, str]:
        """What a call carries now."""
        if self.api_key:
            return {"Content-Type": "application/json", "Authorization": f"Apikey {self.secret}"}
        return signed(body, self.secret, int(at.timestamp()))

    def hears(self, status: int | None) -> bool:
        """Whether this answer ends the telling; None is a failure of the network."""
        if status is None:
            return False
        return self.rule is Rule.OLD or 200 <= status <= 299


def notice(transfer: Transfer) -> bytes:
    """The body that the feed sends for an incoming transfer; local time without a zone."""
    said = {
        "id": transfer.number,
        "gateway": transfer.gateway,
        "transactionDate": transfer.at.strftime("%Y-%m-%d %H:%M:%S"),
        "accountNumber": transfer.account,
        "code": transfer.code,
        "content": transfer.content,
        "transferType": "in",
        "transferAmount": transfer.amount,
        "accumulated": transfer.balance,
        "subAccount": None,
        "referenceCode": transfer.bank_reference,
        "description": "",
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def signed(body: bytes, secret: str, timestamp: int) -> dict[str, str]:
    """The headers of a notice: HMAC-SHA256 over `timestamp.body`, the bytes as they are sent."""
    proof = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-SePay-Timestamp": str(timestamp),
        "X-SePay-Signature": f"sha256={proof}",
    }
