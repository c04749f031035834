"""Money that moved on the accounts towards the bank, hour by hour."""

from enum import StrEnum

from gate.wire import Contract


class Stream(StrEnum):
    """What is told apart: each is a figure of the day and of its hours."""

    SETTLED = "settled"  # gross that providers settled
    FEES = "fees"
    FEE_VAT = "fee_vat"
    ON_STATEMENT = "on_statement"  # net of what bank lines show
    UNKNOWN_ON_STATEMENT = "unknown_on_statement"  # the part of it that nothing explains


class Flow(Contract):
    """So much of a stream in an hour of the day."""

    hour: int
    stream: Stream
    amount: int
