"""Which settlements each line of a provider's payout pays: one session, or those that a holiday merged."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

from gate.workdays import after, works
from gate.written import folded

MERGED_MAX: Final = 15
PAID_WITHIN: Final = 5
"""Working days from the end of a session to its payout."""


class Session(NamedTuple):
    """A settlement that waits for its money. `words`: what the bank writes of this provider, where that is known."""

    provider: str
    settlement_id: str
    on: date
    net: int
    words: str

    @property
    def name(self) -> str:
        """As proofs call it."""
        return f"{self.provider}:{self.settlement_id}"


class Credit(NamedTuple):
    """A line that may be a payout."""

    digest: str
    booked_on: date
    amount: int
    text: str


def pay(lines: Sequence[Credit], sessions: Sequence[Session]) -> dict[str, tuple[Session, ...]]:
    """Line's digest -> what it pays. A line with two explanations, or a session with two lines, gets none."""
    runs = list(_runs(sessions))
    by_sum: dict[int, list[tuple[Session, ...]]] = defaultdict(list)
    for run in runs:
        by_sum[sum(each.net for each in run)].append(run)
    found = {line.digest: _fitting(line, by_sum.get(line.amount, [])) for line in lines}
    one = {digest: fit[0] for digest, fit in found.items() if len(fit) == 1}
    claims: dict[str, int] = defaultdict(int)
    for fit in found.values():
        for name in {each.name for run in fit for each in run}:
            claims[name] += 1
    return {digest: run for digest, run in one.items() if all(claims[each.name] == 1 for each in run)}


def _fitting(line: Credit, runs: list[tuple[Session, ...]]) -> list[tuple[Session, ...]]:
    """Those that the line's text names; else those that were due that day, else those that may be late."""
    said = folded(line.text)
    near = [
        run
        for run in runs
        if run[-1].on <= line.booked_on <= after(run[-1].on, PAID_WITHIN)
        and all(folded(each.words) in said for each in run)
    ]
    named = [run for run in near if any(folded(each.settlement_id) in said for each in run)]
    on_the_day = [run for run in near if after(run[-1].on, 1) == line.booked_on]
    return named or on_the_day or near


def _runs(sessions: Sequence[Session]) -> Iterator[tuple[Session, ...]]:
    """Each session, and each run of sessions of one provider with no working day in it but one."""
    by_provider: dict[str, list[Session]] = defaultdict(list)
    for each in sessions:
        by_provider[each.provider].append(each)
    for own in by_provider.values():
        own.sort(key=lambda each: (each.on, each.settlement_id))
        for start in range(len(own)):
            worked = 0
            for end in range(start, min(len(own), start + MERGED_MAX)):
                worked += works(own[end].on)
                if end > start and worked > 1:
                    break
                yield tuple(own[start : end + 1])
