"""The visits' pages."""

from typing import Final

from gate.messages import Direction
from server.effects import Kind
from server.stay_changes import Change
from server.visit_list import State

OTHERS: Final = ("tailgated", "arm", "agreed", "refused", "claimed", "exit_given", "exit_taken", "inside_listed")
FAMILIES: Final = {
    "visits_in": State,
    "visit_state": ("opened", "inside", "left", "voided"),
    "change": Change,
    "change_means": Change,
    "step": [
        *(f"{what}_{side}" for what in ("seen", "passed", "plate") for side in Direction),
        *(f"decided_{kind}" for kind in Kind),
        *OTHERS,
        "lost_entry",
        *("void", "merge_here", "merge_there", "split_here", "split_there"),
    ],
}
