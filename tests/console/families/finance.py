"""The finance pages'."""

from typing import Final

from gate.ledger import EntryKind, LedgerAccount
from gate.reconcile.leakage import CHANCES, GAP, UNPAID
from server.console import finance_day
from server.effects import Kind
from server.export import Format
from server.importing import Sort, State
from server.months import State as DayState
from server.parts import FIGURES
from server.proving.kinds import Proof
from server.proving.matcher import Proven

FAMILIES: Final = {
    "ledger_account": LedgerAccount,
    "day_state": DayState,
    "decide": Kind,
    "entry_kind": EntryKind,
    "figure": [name for name in FIGURES if not name.startswith("openings_")],
    "estimate": ("low", "expected", "high"),
    "file_kind": Format,
    "finance.chart": ("revenue", "revenue_hours", "vehicles", "cashless", "findings", "leakage", "leakage_sources"),
    "import_state": [state for state in State if not state.over],
    "leak": [*CHANCES, GAP, UNPAID],
    "line_proof": Proof,
    "proven": Proven._fields,
    "file_sort": Sort,
    "which_decisions": ("mine", "waiting", "made"),
}
assert set().union(*finance_day.GROUPS.values()) <= set(FIGURES)
