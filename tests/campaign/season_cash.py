"""Cash in a season: a shift on each day that somebody pays in notes, its count, its deposit at the bank."""

from collections import Counter
from datetime import date, datetime, timedelta

from server import shifts
from server.db import reading, transaction
from simulator.season.bank import Bank
from simulator.season.turns import VIETNAM
from tests.campaign.season_centre import ATTENDANT, FINANCE, MANAGER, Centre
from tests.campaign.season_world import Deed, LotWorld


class Tills:
    """The tills of all lots."""

    def __init__(self, centre: Centre, bank: Bank, happened: Counter[str]) -> None:
        self._centre, self._bank, self._happened = centre, bank, happened
        self._cash: dict[str, int] = {}

    def takes(self, world: LotWorld, deed: Deed) -> None:
        """The driver has no phone with a bank in it."""
        turn, site = deed.served.turn, world.lot.site
        with transaction(self._centre.engine) as session:
            shift = shifts.current(session, site, ATTENDANT)
            if shift is None:
                shift = shifts.begin(session, site, by=ATTENDANT, opening_cash=0, now=deed.at)
                self._cash[site] = 0
            note = "khách không có điện thoại"
            shifts.take_cash(session, shift.shift, turn.visit, turn.price, by=ATTENDANT, note=note, now=deed.at)
        self._cash[site] += turn.price
        self._happened["cash receipts"] += 1

    def says_why(self, world: LotWorld, day: date) -> None:
        """The attendant gives each opening by hand its reason before going home."""
        site, now = world.lot.site, _at(day, 23, 50)
        with reading(self._centre.engine) as session:
            missing = [row.opening for row in shifts.missing_reasons(session, site, _at(day, 0), now)]
        for opening in missing:
            with transaction(self._centre.engine) as session:
                note = "mở tay: cảm biến không nhận xe, có ảnh"
                shifts.give_reason(session, opening, by=ATTENDANT, note=note, now=now)
        self._happened["openings explained"] += len(missing)

    def hands_over(self, world: LotWorld, day: date) -> None:
        """The till is counted at night and its cash is at the bank's counter in the morning."""
        site, now = world.lot.site, _at(day, 23, 55)
        with reading(self._centre.engine) as session:
            shift = shifts.current(session, site, ATTENDANT)
        if shift is None:
            return
        taken = self._cash.pop(site)
        with transaction(self._centre.engine) as session:
            shifts.hand_over(session, shift.shift, by=ATTENDANT, to=MANAGER, counted=taken, left=0, note="", now=now)
        morning = _at(day, 9) + timedelta(days=1)
        with transaction(self._centre.engine) as session:
            row = shifts.deposit(session, shift.shift, taken, by=FINANCE, now=morning)
        self._bank.booked(world.lot.account, morning + timedelta(hours=1), taken, f"NOP TIEN MAT {row.deposit}")
        self._happened["deposits"] += 1


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=VIETNAM)
