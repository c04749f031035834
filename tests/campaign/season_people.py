"""The people of a season: an attendant at the lanes, a manager and finance in the morning. They know what they are told
by drivers, and do everything through the product."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import cycle
from typing import Final

from sqlmodel import Session, col, select

from gate.findings import Code
from server import claims, corrections, decisions, findings, lost_entries, refund_accounts, refunds, transfers, work
from server.db import hold_all, reading, transaction
from server.decisions import Wanted
from server.derived import FindingRow
from server.effects import Kind
from server.facts import PassageRow
from server.facts_visits import LostEntryRow
from server.imports.keeping import File, bank_statement, settlement_file
from server.money_rules import Impossible, NotYours
from server.vault import VaultReadRow
from simulator.season.bank import Bank
from simulator.season.files import FORMS, statement
from simulator.season.stories import BY_MOMO, BY_VNPAY, Story
from simulator.season.transfers import Sending
from simulator.season.turns import VIETNAM
from tests.campaign import season_desks
from tests.campaign.season_cash import Tills
from tests.campaign.season_centre import ATTENDANT, FINANCE, MANAGER, Centre
from tests.campaign.season_desks import Desks
from tests.campaign.season_gateways import Gateways
from tests.campaign.season_world import Deed, LotWorld, local

ONE: Final = timedelta(days=1)
LOOKED_AT: Final = (
    Code.UNREAD,
    Code.TAILGATE,
    Code.COUNT_DRIFT,
    Code.PAID_LATE,
    Code.OPENING_UNUSED,
    Code.FEE_DIFFERS,
)
Work = Callable[["People", Session, LotWorld, FindingRow, datetime], bool]


class People:
    """Who works at the lots of a season."""

    def __init__(
        self, centre: Centre, bank: Bank, worlds: list[LotWorld], happened: Counter[str], desks: int = 1
    ) -> None:
        self.desks = Desks(centre, min(desks, len(worlds)))
        self._centre, self._bank, self._worlds, self._happened = centre, bank, worlds, happened
        self._waits: dict[str, set[date]] = {world.lot.site: set() for world in worlds}
        self.gateways, self._tills = Gateways(centre, bank, worlds[0].lot.account), Tills(centre, bank, happened)
        self._in_files = set[str]()
        self._files: list[tuple[str, str, bytes]] = []
        self._worked = set[tuple[str, str]]()
        self.refused: list[str] = []

    # --- at the lane --------------------------------------------------------------------------------------------

    def does(self, world: LotWorld, deed: Deed) -> None:
        """What the attendant does for a vehicle at the exit."""
        story = deed.served.turn.story
        if story is Story.LOST_ENTRY:
            self._makes_a_lost_entry(world, deed)
        elif story is Story.CASH:
            self._tills.takes(world, deed)
        elif story in BY_VNPAY | BY_MOMO:
            self.gateways.pays(world, deed)
        else:
            self._believes(deed)

    def _believes(self, deed: Deed) -> None:
        turn = deed.served.turn
        with transaction(self._centre.engine) as session:
            note = "khách đưa xem màn hình đã chuyển tiền"
            claims.claim(session, deed.served.lane_out, turn.visit, ATTENDANT, note, self._centre.rules, deed.at)
        self._happened["claims"] += 1

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

    def goes_home(self, today: date) -> None:
        """The end of the day at every lot: reasons, tills, orders of which nobody told."""
        for world in self._worlds:
            self._tills.says_why(world, today)
            self._tills.hands_over(world, today)
        self._files += self.gateways.settles(today)
        self._happened["orders asked for"] += self.gateways.asks(_at(today, 23))

    # --- in the morning -----------------------------------------------------------------------------------------

    def imports(self, today: date) -> None:
        """Finance brings the statements of the last two days and the settlements of each."""
        now, days = _at(today, 8), (today - 2 * ONE, today - ONE)
        for form, account in zip(cycle(FORMS), self._bank.accounts.values(), strict=False):
            raw = statement(account, form, *days)
            if raw is None:
                continue
            file = File(name=f"{account.number}-{today}", raw=raw, by=FINANCE)
            with transaction(self._centre.engine) as session:
                done = bank_statement(session, file, account.number, now)
            self._happened.update({"statements": 1, "bank lines": done.new})
        files, self._files = self._files, []
        for provider, name, raw in files:
            with transaction(self._centre.engine) as session:
                settlement_file(session, File(name=name, raw=raw, by=FINANCE), provider, now + timedelta(minutes=5))
            self._happened["settlement files"] += 1

    def works_off(self, today: date) -> None:
        """The cases on everybody's screens: of the last two days, and on Mondays of those before that still wait."""
        now, newest = _at(today, 9), today - ONE
        days: dict[str, list[date]] = {}
        for site, waits in self._waits.items():
            older = {day for day in waits if day < newest - ONE} if today.weekday() <= 1 else set()
            days[site] = [newest, *_covering(older)]
        self._looks(days, now)
        for world in self._worlds:
            site = world.lot.site
            rows = self._open(site)
            self._happened.update(f"finding: {row.code}" for row in rows if row.opened_at == now)
            for row in rows:
                if (row.code, row.subject) not in self._worked:
                    self._works(world, row, now)
            self._waits[site] = {local(row.due) for row in self._open(site) if not self._is_a_debt(world, row)}
        self._sends_refunds(today)

    def _looks(self, days: Mapping[str, Iterable[date]], now: datetime) -> None:
        """Bring the cases of these days of each lot, and of the days before each, up to date."""
        for found in self.desks.each(season_desks.looks, [(site, some, now) for site, some in days.items()]):
            with transaction(self._centre.engine) as session:
                for looked in found:
                    findings.write(session, looked)

    def _open(self, site: str) -> list[FindingRow]:
        with reading(self._centre.engine) as session:
            rows = select(FindingRow).where(FindingRow.site == site, col(FindingRow.closed_at).is_(None))
            return list(session.exec(rows.order_by(col(FindingRow.due), col(FindingRow.subject))))

    def _works(self, world: LotWorld, row: FindingRow, now: datetime) -> None:
        try:
            with transaction(self._centre.engine) as session:
                work_of = _WORK.get(Code(row.code))  # the others wait for what will come
                if work_of and work_of(self, session, world, row, now):
                    self._worked.add((row.code, row.subject))
        except (Impossible, NotYours, corrections.NotPossible, work.NotSo) as error:
            self.refused.append(f"{now:%Y-%m-%d} {row.code} {row.subject}: {error}")

    def _is_a_debt(self, world: LotWorld, row: FindingRow) -> bool:
        """Outstanding with a name: nothing more will come, and everybody knows whose it is."""
        return row.code == Code.LEFT_NOT_PAID and world.story_of.get(row.visit or "") is Story.NEVER

    def closes(self, today: date, last: date) -> None:
        """The days whose bank lines are there."""
        now, days = _at(today, 10), (today - 3 * ONE, today - 2 * ONE)
        jobs = [
            (world.lot.site, [day for day in days if world.since <= day <= last - 2 * ONE], world.since, now)
            for world in self._worlds
        ]
        for done in self.desks.each(season_desks.closes, jobs):
            self._happened["closes"] += done.days
            self.refused += done.refused

    def still_open(self, now: datetime) -> list[str]:
        """The cases that are neither explained nor the debts by name that there truly are."""
        left = []
        with reading(self._centre.engine) as session:
            days = {site: findings.older_days(session, site, now) for site in self._waits}
        self._looks(days, now)
        for world in self._worlds:
            site = world.lot.site
            rows = self._open(site)
            debts = {row.visit or "" for row in rows if self._is_a_debt(world, row)}
            real = {visit for visit, story in world.story_of.items() if story is Story.NEVER}
            left += [f"{site}: a debt without its case: {visit}" for visit in sorted(real - debts)]
            left += [
                f"{site}: {row.code} {row.subject} {row.visit} {row.amount} {row.evidence}"
                for row in rows
                if not self._is_a_debt(world, row)
            ]
        return left

    # --- money --------------------------------------------------------------------------------------------------

    def looks_at_pictures(self, session: Session, _: LotWorld, finding: FindingRow, now: datetime) -> bool:
        """What only looking can settle; with money in it two persons must look. Says whether it was worked."""
        for name in (MANAGER, FINANCE)[: 1 + bool(finding.amount)]:
            work.dismiss(session, Code(finding.code), finding.subject, name, "đã xem ảnh và sổ, khớp", now)
        self._happened["dismissed after a look"] += 1
        return True

    def settles(self, session: Session, world: LotWorld, finding: FindingRow, now: datetime) -> bool:
        """The driver says which stay the money was for."""
        visit = world.visit_of.get(int(finding.subject.rpartition(":")[2]))
        if visit is not None:
            note = "khách gọi, đọc biển số và giờ chuyển"
            wanted = Wanted(Kind.SETTLE, note, payment=finding.subject, to_visit=visit)
            decisions.decide(session, wanted, self._centre.speaker(session, FINANCE), self._centre.rules, now)
            self._happened["settled by hand"] += 1
        return visit is not None

    def gives_back(self, session: Session, _: LotWorld, finding: FindingRow, now: datetime) -> bool:
        """Two persons agree to the refund that the rule proposes."""
        proposed = decisions.open_of(session, [finding.subject]).get(finding.subject, ())
        for row in proposed:
            for name in (FINANCE, MANAGER):
                decisions.approve(session, row.decision, self._centre.speaker(session, name), self._centre.rules, now)
            self._happened["refunds agreed"] += 1
        return bool(proposed)

    def collects(self, session: Session, world: LotWorld, finding: FindingRow, now: datetime) -> bool:
        """A debt: two persons waive it, or it stays one by name, or its money will come."""
        story = world.story_of.get(finding.visit or "")
        if story is Story.WAIVED:
            wanted = Wanted(Kind.WAIVE, "xe cứu thương / ambulance", visit=finding.visit or "")
            rules, manager = self._centre.rules, self._centre.speaker(session, MANAGER)
            decided = decisions.decide(session, wanted, manager, rules, now)
            decisions.approve(session, decided.decision, self._centre.speaker(session, FINANCE), rules, now)
            self._happened["waived by two"] += 1
        return story is Story.WAIVED

    def finds_its_visit(self, session: Session, world: LotWorld, finding: FindingRow, now: datetime) -> bool:
        """An exit that was made a lost entry: the passage is that visit's."""
        passage = session.get_one(PassageRow, finding.subject)
        near = select(LostEntryRow).where(LostEntryRow.site == world.lot.site, LostEntryRow.lane == passage.lane)
        row = session.exec(
            near.where(col(LostEntryRow.made_at) < passage.happened_at).order_by(col(LostEntryRow.made_at).desc())
        ).first()
        if row is None or passage.happened_at - row.made_at > timedelta(minutes=2):
            return False
        hold_all(session, [finding.subject, row.visit])
        names = (world.lot.site, finding.subject, row.visit, row.approach)
        corrections.made(session, *names, MANAGER, "lượt mất vào, ra ngay sau đó", now)
        return True

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
        for number, _, _, name, amount, note in csv.reader(io.StringIO(file.content.decode("utf-8-sig"))):
            if number.isdecimal():
                self._bank.booked(account, now + timedelta(hours=1), -int(amount), f"CHI TIEN {note} {name}")
                self._in_files.add(note)
        self._happened.update({"transfer files": 1, "refunds": file.lines})


_WORK: Final[Mapping[Code, Work]] = {
    Code.PAYMENT_UNKNOWN: People.settles,
    Code.PAID_TWICE: People.gives_back,
    Code.AMOUNT_DIFFERS: People.gives_back,
    Code.LEFT_NOT_PAID: People.collects,
    Code.EXIT_WITHOUT_ENTRY: People.finds_its_visit,
    **dict.fromkeys(LOOKED_AT, People.looks_at_pictures),
}


def _covering(days: Iterable[date]) -> list[date]:
    """The days to look at, so that each of `days` is looked at: a look takes in the day before."""
    found: list[date] = []
    for day in sorted(days, reverse=True):
        if not found or found[-1] - ONE > day:
            found.append(day)
    return found


def _at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=VIETNAM)
