"""The people of a season: an attendant at the lanes, a manager and finance in the morning. They know what they are told
by drivers, and do everything through the product."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

from sqlmodel import Session, col, select

from gate.findings import Code, Finding
from server import claims, corrections, decisions, lost_entries, refund_accounts, refunds, transfers
from server.closing import NotYet, close
from server.db import hold_all, reading, transaction
from server.decisions import Wanted
from server.effects import Kind
from server.facts import PassageRow
from server.facts_visits import LostEntryRow
from server.imports.keeping import File, bank_statement
from server.money_rules import Impossible, NotYours
from server.reconcile import report
from server.vault import VaultReadRow
from simulator.season.bank import Bank
from simulator.season.files import statement
from simulator.season.stories import Story
from simulator.season.transfers import Sending
from simulator.season.turns import VIETNAM
from tests.campaign.season_centre import ATTENDANT, FINANCE, MANAGER, Centre
from tests.campaign.season_world import Deed, LotWorld

ONE: Final = timedelta(days=1)
Work = Callable[["People", Session, LotWorld, Finding, datetime], None]


class People:
    """Who works at the lots of a season."""

    def __init__(self, centre: Centre, bank: Bank, worlds: list[LotWorld], happened: Counter[str]) -> None:
        self._centre, self._bank, self._worlds, self._happened = centre, bank, worlds, happened
        self._to_look_at: dict[str, set[date]] = {world.lot.site: set() for world in worlds}
        self._in_files = set[str]()
        self.refused: list[str] = []

    # --- at the lane --------------------------------------------------------------------------------------------

    def does(self, world: LotWorld, deed: Deed) -> None:
        """What the attendant does for a vehicle at the exit."""
        story = deed.served.turn.story
        if story is Story.LOST_ENTRY:
            self._makes_a_lost_entry(world, deed)
        elif story is Story.CASH:
            self._takes_cash(world, deed)
        else:
            self._believes(deed)

    def _believes(self, deed: Deed) -> None:
        turn = deed.served.turn
        with transaction(self._centre.engine) as session:
            note = "khách đưa xem màn hình đã chuyển tiền"
            claims.claim(session, deed.served.lane_out, turn.visit, ATTENDANT, note, self._centre.rules, deed.at)
        self._happened["claims"] += 1

    def _takes_cash(self, world: LotWorld, deed: Deed) -> None:
        pass

    def _makes_a_lost_entry(self, world: LotWorld, deed: Deed) -> None:
        """Nobody's candidates fit; the driver pays what the price list says for it, before the arm goes up."""
        turn, site = deed.served.turn, world.lot.site
        with transaction(self._centre.engine) as session:
            read = select(VaultReadRow.approach).where(
                VaultReadRow.site == site, VaultReadRow.lane == deed.served.lane_out, VaultReadRow.plate == turn.plate
            )
            approach = session.exec(read.order_by(col(VaultReadRow.happened_at).desc())).first()
            if approach is None:
                raise RuntimeError(f"{site}: {turn.visit} was not read at {deed.served.lane_out}")
            lost_entries.show(session, site, approach, ATTENDANT, deed.at, plates=True)
            note = "vào lúc mất điện, không có lượt nào khớp"
            row = lost_entries.make(session, site, approach, turn.kind, ATTENDANT, note, deed.at)
            visit = row.visit
        self._centre.are_told(world.pays(deed.served, Sending(deed.at + timedelta(seconds=1), turn.price, visit)))
        self._happened["lost entries"] += 1

    # --- in the morning -----------------------------------------------------------------------------------------

    def imports(self, today: date) -> None:
        """Finance brings yesterday's statements."""
        yesterday, now = today - ONE, _at(today, 8)
        for account in self._bank.accounts.values():
            lines = account.lines.get(yesterday)
            if not lines:
                continue
            raw = statement(account.number, yesterday, lines)
            file = File(name=f"{account.number}-{yesterday}.csv", raw=raw, by=FINANCE)
            with transaction(self._centre.engine) as session:
                done = bank_statement(session, file, account.number, now)
            self._happened.update({"statements": 1, "bank lines": done.new})

    def works_off(self, today: date) -> None:
        """Everybody's findings of yesterday, and of the days before that still have some."""
        now = _at(today, 9)
        for world in self._worlds:
            site = world.lot.site
            days = self._to_look_at[site]
            days.add(today - ONE)
            for day in sorted(days):
                with reading(self._centre.engine) as session:
                    found = report(session, site, day, now).findings
                for each in found:
                    self._happened[f"finding: {each.code}"] += day == today - ONE
                    self._works(world, each, now)
                if not found:
                    days.discard(day)
        self._sends_refunds(today)

    def _works(self, world: LotWorld, finding: Finding, now: datetime) -> None:
        try:
            with transaction(self._centre.engine) as session:
                _WORK.get(finding.code, _lets_wait)(self, session, world, finding, now)
        except (Impossible, NotYours, corrections.NotPossible) as error:
            self.refused.append(f"{now:%Y-%m-%d} {finding.code} {finding.subject}: {error}")

    def closes(self, today: date, last: date) -> None:
        """The day before yesterday, whose bank lines are there."""
        day, now = today - 2 * ONE, _at(today, 10)
        for world in self._worlds:
            if not world.since <= day <= last - 2 * ONE:
                continue
            try:
                first = day == world.since
                close(self._centre.engine, world.lot.site, day, self._centre.key, by=FINANCE, now=now, first=first)
                self._happened["closes"] += 1
            except NotYet as error:
                self.refused.append(str(error))

    def still_open(self, now: datetime) -> list[str]:
        """The findings that nobody has explained."""
        left = []
        for world in self._worlds:
            for day in sorted(self._to_look_at[world.lot.site]):
                with reading(self._centre.engine) as session:
                    found = report(session, world.lot.site, day, now).findings
                left += [
                    f"{world.lot.site} {day}: {each.code} {each.visit or each.subject} {each.amount}" for each in found
                ]
        return left

    # --- money --------------------------------------------------------------------------------------------------

    def settles(self, session: Session, world: LotWorld, finding: Finding, now: datetime) -> None:
        """The driver says which stay the money was for."""
        visit = world.visit_of.get(int(finding.subject.rpartition(":")[2]))
        if visit is not None:
            note = "khách gọi, đọc biển số và giờ chuyển"
            wanted = Wanted(Kind.SETTLE, note, payment=finding.subject, to_visit=visit)
            decisions.decide(session, wanted, self._centre.speaker(session, FINANCE), self._centre.rules, now)
            self._happened["settled by hand"] += 1

    def gives_back(self, session: Session, _: LotWorld, finding: Finding, now: datetime) -> None:
        """Two persons agree to the refund that the rule proposes."""
        for row in decisions.open_of(session, [finding.subject]).get(finding.subject, ()):
            for name in (FINANCE, MANAGER):
                decisions.approve(session, row.decision, self._centre.speaker(session, name), self._centre.rules, now)
            self._happened["refunds agreed"] += 1

    def collects(self, session: Session, world: LotWorld, finding: Finding, now: datetime) -> None:
        """A debt: two persons waive it, or it stays one by name, or its money will come."""
        story = world.story_of.get(finding.visit or "")
        if story is Story.WAIVED:
            wanted = Wanted(Kind.WAIVE, "xe cứu thương / ambulance", visit=finding.visit or "")
            rules, manager = self._centre.rules, self._centre.speaker(session, MANAGER)
            decided = decisions.decide(session, wanted, manager, rules, now)
            decisions.approve(session, decided.decision, self._centre.speaker(session, FINANCE), rules, now)
            self._happened["waived by two"] += 1

    def finds_its_visit(self, session: Session, world: LotWorld, finding: Finding, now: datetime) -> None:
        """An exit that was made a lost entry: the passage is that visit's."""
        passage = session.get_one(PassageRow, finding.subject)
        near = select(LostEntryRow).where(LostEntryRow.site == world.lot.site, LostEntryRow.lane == passage.lane)
        row = session.exec(
            near.where(col(LostEntryRow.made_at) < passage.happened_at).order_by(col(LostEntryRow.made_at).desc())
        ).first()
        if row is None or passage.happened_at - row.made_at > timedelta(minutes=2):
            return
        hold_all(session, [finding.subject, row.visit])
        names = (world.lot.site, finding.subject, row.visit, row.approach)
        corrections.made(session, *names, MANAGER, "lượt mất vào, ra ngay sau đó", now)

    def _sends_refunds(self, today: date) -> None:
        """The drivers name their accounts, finance makes the file, the bank carries it out."""
        now = _at(today, 11)
        with transaction(self._centre.engine) as session:
            waiting = [row for row in refunds.open_refunds(session) if row.refund not in self._in_files]
            for row in waiting:
                to = refund_accounts.account("970436", f"10{len(self._in_files):08}", "NGUYEN VAN A")
                refund_accounts.enter(session, row.refund, to, FINANCE, now)
            if not waiting:
                return
            account = self._worlds[0].lot.account
            file = transfers.make(session, account, transfers.Form.CSV, FINANCE, now)
        for row in csv.reader(io.StringIO(file.content.decode("utf-8-sig"))):
            if row[0].isdecimal():
                self._bank.booked(account, now + timedelta(hours=1), -int(row[4]), f"CHI TIEN {row[5]} {row[3]}")
                self._in_files.add(row[5])
        self._happened.update({"transfer files": 1, "refunds": file.lines})


def _lets_wait(people: People, session: Session, world: LotWorld, finding: Finding, now: datetime) -> None:
    """Nothing to do yet."""


_WORK: Final[Mapping[Code, Work]] = {
    Code.PAYMENT_UNKNOWN: People.settles,
    Code.PAID_TWICE: People.gives_back,
    Code.AMOUNT_DIFFERS: People.gives_back,
    Code.LEFT_NOT_PAID: People.collects,
    Code.EXIT_WITHOUT_ENTRY: People.finds_its_visit,
}


def _at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=VIETNAM)
