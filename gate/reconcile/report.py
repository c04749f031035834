"""What a day comes to."""

from gate.findings import Finding
from gate.reconcile.counting import Hour
from gate.reconcile.leakage import Leakage
from gate.reconcile.variance import Variance
from gate.wire import Contract


class Report(Contract):
    """What the day comes to. `counts` and `money` are plain figures; `in_transit` is explained and not yet due;
    `explained` was a finding until somebody said why."""

    counts: dict[str, int]
    money: dict[str, int]
    in_transit: tuple[Finding, ...]
    findings: tuple[Finding, ...]
    hours: tuple[Hour, ...]
    explained: tuple[Finding, ...]
    leakage: Leakage
    variance: Variance
