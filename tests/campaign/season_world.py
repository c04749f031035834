"""The simulated side of a season: what each lot's box says and what the feed tells, day by day, in the world's time."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import NamedTuple, TypeVar

from gate.messages import OpeningReason
from gate.tariff import load
from simulator.providers.sepay import notice, signed
from simulator.season.bank import Bank
from simulator.season.journal import Fact, Journal, Said
from simulator.season.lanes import Served, serve
from simulator.season.scenario import Lot, Season
from simulator.season.stories import BY_MOMO, BY_VNPAY, BY_WORD, Story
from simulator.season.transfers import Sending, sendings
from simulator.season.turns import VIETNAM, turns

T = TypeVar("T")
AT_THE_LANE = BY_WORD | BY_VNPAY | BY_MOMO | {Story.CASH, Story.LOST_ENTRY}
SECRET = "the secret of the season's bank feed"


class Told(NamedTuple):
    """A notice on its way to the centre."""

    at: datetime
    provider: str
    raw: bytes
    headers: dict[str, str]


class Deed(NamedTuple):
    """What the attendant does at a lane for a vehicle, before its arm goes up."""

    at: datetime
    served: Served


class LotWorld:
    """One lot: its turns, its box's journal, what its drivers send. Asked day by day, in order."""

    def __init__(self, season: Season, lot: Lot, seed: int, bank: Bank, without: frozenset[Story]) -> None:
        rng = Random(f"{seed}/{lot.site}/lot")
        self.lot, self._bank = lot, bank
        self.served = serve(turns(season, lot, seed, without), rng)
        began = datetime.combine(season.since, datetime.min.time(), VIETNAM)
        self.journal = Journal(lot, load(json.dumps(lot.tariff()).encode()), began, rng)
        self._in = _by_day((each.at_in, each) for each in self.served)
        self._out = _by_day((each.at_out, each) for each in self.served)
        sent = ((each, sending) for each in self.served for sending in sendings(each, rng))
        self._sent = _by_day((sending.at, (each, sending)) for each, sending in sent)
        by_hand = (Deed(_moment(each), each) for each in self.served if each.turn.story in AT_THE_LANE)
        self._deeds = _by_day((deed.at, deed) for deed in by_hand)
        self.since = season.since
        self.visit_of: dict[int, str] = {}
        self.story_of = {each.turn.visit: each.turn.story for each in self.served}
        self._told: dict[date, list[Told]] = defaultdict(list)

    def facts(self, day: date) -> Iterator[Said]:
        """What the box writes on the day."""
        found: list[Fact] = []
        for each in self._in.get(day, ()):
            found.extend(self.journal.comes_in(each))
        for each in self._out.get(day, ()):
            found.extend(self.journal.goes_out(each))
        if found and day.day % 3 == 0:  # a button pressed and nobody there, and a test of the arm
            noon = datetime.combine(day, datetime.min.time(), VIETNAM) + timedelta(hours=4)
            found.extend(self.journal.opens_for_nobody("in-1", noon, OpeningReason.BUTTON))
            found.extend(self.journal.opens_for_nobody("in-2", noon, OpeningReason.PERSON, "kiểm tra / test"))
        return self.journal.written(found)

    def notices(self, day: date) -> list[Told]:
        """What the feed tells on the day, in the order in which it arrives."""
        for served, sending in sorted(self._sent.get(day, ()), key=lambda each: each[1].at):
            self.pays(served, sending)
        return sorted(self._told.pop(day, ()), key=lambda told: told.at)

    def deeds(self, day: date) -> list[Deed]:
        """What the attendant does at the lanes on the day."""
        return sorted(self._deeds.get(day, ()), key=lambda deed: deed.at)

    def pays(self, served: Served, sending: Sending) -> list[Told]:
        """A transfer; its notices are told in their time, and given to whoever wants them at once."""
        transfer = self._bank.transferred(self.lot.account, sending)
        self.visit_of[transfer.number] = served.turn.visit
        raw, told = notice(transfer), []
        for after_s in sending.told_s:
            at = sending.at + timedelta(seconds=after_s)
            headers = {name.lower(): value for name, value in signed(raw, SECRET, int(at.timestamp())).items()}
            told.append(Told(at, "sepay", raw, headers))
            self._told[local(at)].append(told[-1])
        return told


def _moment(served: Served) -> datetime:
    """A lost entry is made while there is time to pay it."""
    return served.paid_at - timedelta(seconds=1 if served.turn.story in BY_WORD else 4)


def local(at: datetime) -> date:
    """The date in the lot."""
    return at.astimezone(VIETNAM).date()


def _by_day(dated: Iterable[tuple[datetime, T]]) -> dict[date, list[T]]:
    found: dict[date, list[T]] = defaultdict(list)
    for at, what in dated:
        found[local(at)].append(what)
    return found
