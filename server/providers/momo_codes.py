"""MoMo's result codes (vietnam.md 3.2): which are final, which to ask again, which are our own mistake."""

from typing import Final

from server.providers.contract import Outcome

_PAID: Final = {0}
_OPEN: Final = {1000, 7000, 7002, 9000}  # 9000: authorised, and captured by MoMo itself as we order it
_BUSY: Final = {10, 40, 43, 99}  # maintenance; the request is under way; nobody knows
_FAULT: Final = {11, 12, 13, 20, 21, 22, 45, 47, 98}
_DUPLICATE: Final = {41}
_UNKNOWN: Final = {42}
_FAILED: Final = {1001, 1002, 1003, 1004, 1005, 1006, 1007, 1017, 1026, 2019, 4001, 4002, 4100}
_REFUND: Final = {
    0: Outcome.REFUNDED,
    1000: Outcome.REFUND_OPEN,
    7000: Outcome.REFUND_OPEN,
    7002: Outcome.REFUND_OPEN,
    40: Outcome.DUPLICATE,
    41: Outcome.DUPLICATE,
    1080: Outcome.BUSY,  # again after an hour
    1081: Outcome.DUPLICATE,  # given back already: by which refund, a look-up tells
    1088: Outcome.REFUND_REFUSED,
}
_OUTCOMES: Final = {
    code: said
    for codes, said in (
        (_PAID, Outcome.PAID),
        (_OPEN, Outcome.OPEN),
        (_BUSY, Outcome.BUSY),
        (_FAULT, Outcome.FAULT),
        (_DUPLICATE, Outcome.DUPLICATE),
        (_UNKNOWN, Outcome.UNKNOWN),
        (_FAILED, Outcome.FAILED),
    )
    for code in codes
}


def outcome(code: int) -> Outcome:
    """Of an order. A code that nobody told us of is not final."""
    return _OUTCOMES.get(code, Outcome.BUSY)


def refund_outcome(code: int) -> Outcome:
    """Of a refund."""
    said = _REFUND.get(code)
    if said is not None:
        return said
    return Outcome.FAULT if code in _FAULT | _UNKNOWN else Outcome.BUSY
