"""The cases'."""

from typing import Final

from gate.findings import Owner
from gate.working import What
from server.case_reasons import Reason
from server.caseload import Whose
from server.suggested import REFUSALS, Doing

FAMILIES: Final = {
    "case": ("explain", "dismiss", "refuse"),
    "did": What,
    "doing": Doing,
    "ending": Reason,
    "owner": Owner,
    "refusal": [each.__name__ for each in REFUSALS],
    "sight": ("entry", "exit", "lane"),
    "whose": Whose,
}
