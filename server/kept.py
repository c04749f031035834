"""Which tables of facts a close keeps, and which moment says the day of each."""

from typing import Final, NamedTuple

from sqlmodel import SQLModel

from server.facts import (
    AnomalyRow,
    ChargeRow,
    EntryRow,
    ExplainedRow,
    OpeningRow,
    PassageRow,
    PaymentRow,
    SupplementRow,
)
from server.facts_bank import BankLineRow, ExplanationRow, SettlementLineRow, StatementRow
from server.facts_day import (
    AnchorRow,
    HandOverRow,
    ReceiptRow,
    ShiftRow,
    WorkRow,
    WriteOffRow,
)
from server.facts_money import (
    ClaimRow,
    DecisionRow,
    DepositRow,
    OrderRow,
    RefundRow,
    RefundSentRow,
    TakenBackRow,
    WordRow,
)
from server.facts_stays import StayChangeRow
from server.facts_visits import CorrectionRow, InsideRow, LostEntryRow, PairingWordRow


class Kept(NamedTuple):
    """A table of facts of a site: the column of its day, and that of its recording where it has one."""

    table: type[SQLModel]
    moment: str
    recorded: str = ""


KEPT: Final[dict[str, Kept]] = {
    str(kept.table.__tablename__): kept
    for kept in (
        Kept(PassageRow, "happened_at"),
        Kept(OpeningRow, "happened_at"),
        Kept(ExplainedRow, "happened_at"),
        Kept(ChargeRow, "happened_at", "recorded_at"),
        Kept(SupplementRow, "happened_at", "recorded_at"),
        Kept(PaymentRow, "received_at", "received_at"),
        Kept(EntryRow, "happened_at", "recorded_at"),
        Kept(ExplanationRow, "at", "at"),
        Kept(BankLineRow, "recorded_at", "recorded_at"),
        Kept(SettlementLineRow, "recorded_at", "recorded_at"),
        Kept(StatementRow, "imported_at", "imported_at"),
        Kept(DecisionRow, "made_at", "made_at"),
        Kept(WordRow, "at", "at"),
        Kept(RefundRow, "made_at", "made_at"),
        Kept(RefundSentRow, "happened_at", "recorded_at"),
        Kept(ClaimRow, "made_at", "made_at"),
        Kept(DepositRow, "made_at", "made_at"),
        Kept(ShiftRow, "began_at", "began_at"),
        Kept(ReceiptRow, "at", "at"),
        Kept(HandOverRow, "ended_at", "ended_at"),
        Kept(WorkRow, "at", "at"),
        Kept(WriteOffRow, "at", "at"),
        Kept(TakenBackRow, "happened_at", "recorded_at"),
        Kept(OrderRow, "created_at", "created_at"),
        Kept(CorrectionRow, "made_at", "made_at"),
        Kept(LostEntryRow, "made_at", "made_at"),
        Kept(PairingWordRow, "at", "at"),
        Kept(InsideRow, "taken_at", "taken_at"),
        Kept(AnchorRow, "at", "at"),
        Kept(StayChangeRow, "made_at", "made_at"),
        Kept(AnomalyRow, "happened_at"),
    )
}
