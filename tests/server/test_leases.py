"""A box gets a snapshot when it needs one, and states on their way start no circle of papers."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace
from sqlalchemy import Engine
from sqlmodel import Session

from gate.lease import ENTRIES_MAX, LEASE_MAX, Account, Delta, Entry, Lease, Policy, Receipt, Standing, Unpaid
from gate.signing import opened, sign
from gate.topics import Channel
from gate.vehicle import VehicleClass
from gate.wire import Malformed, encode
from server import drafts, leases, lists
from server.db import transaction
from server.derived import BoxNowRow
from server.facts import EntryRow
from server.leases import RENEW, ROWS_A_CHANGE, STANDS_STILL, Laggards, Paper, due, paid_change
from server.register import BoxRow, LeaseRow, SiteRow, TariffRow
from server.tariffs import Tariffs
from tests.server.box import MORNING, TARIFF, Box, book, notice, paid, reference
from tests.server.rows import rows
from tests.server.test_lists import added, ended, listing

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LIFE = timedelta(days=3)
SOON = timedelta(seconds=1)


def box(lease: int, delta: int = 0) -> BoxNowRow:
    return BoxNowRow(
        box="sps-1",
        site="SPS",
        boot="",
        monotonic_ms=0,
        heard_at=MORNING,
        online=True,
        journal="",
        last_sequence=0,
        waiting=0,
        lease_number=lease,
        delta_number=delta,
        reader="ready",
        version="1",
    )


def asked(engine: Engine, laggards: Laggards, said: BoxNowRow, now: datetime) -> bool:
    with Session(engine) as session:
        return laggards.needs_snapshot(session, said, now)


@pytest.fixture
def given(engine: Engine) -> Engine:
    """Lease 7 was given for two days, and three changes followed it."""
    with Session(engine) as session, session.begin():
        session.add(LeaseRow(box="sps-1", number=7, delta=3, expires_at=MORNING + timedelta(days=2)))
    return engine


def test_a_box_without_a_lease_gets_one(engine: Engine) -> None:
    assert asked(engine, Laggards(), box(0), MORNING)


def test_a_box_that_is_up_to_date_gets_none(given: Engine) -> None:
    assert not asked(given, Laggards(), box(7, 3), MORNING)


def test_a_lease_near_its_end_is_given_anew(given: Engine) -> None:
    assert asked(given, Laggards(), box(7, 3), MORNING + timedelta(days=2) - RENEW + SOON)


def test_states_that_were_on_their_way_prove_nothing(given: Engine) -> None:
    laggards = Laggards()
    assert not any(asked(given, laggards, box(6), MORNING + number * SOON / 10) for number in range(40))
    assert not asked(given, laggards, box(7, 3), MORNING + 5 * SOON)


@pytest.mark.parametrize("numbers", [(6, 0), (7, 2)], ids=["an old lease", "a change missed"])
def test_a_box_that_stands_still_gets_one_snapshot_a_while(given: Engine, numbers: tuple[int, int]) -> None:
    laggards = Laggards()
    states = [MORNING + number * SOON for number in range(21)]
    snapshots = [now for now in states if asked(given, laggards, box(*numbers), now)]
    assert snapshots == [MORNING + times * STANDS_STILL for times in (1, 2, 3, 4)]


def test_a_box_that_takes_its_changes_one_by_one_is_left_alone(given: Engine) -> None:
    laggards = Laggards()
    for number in range(60):
        with Session(given) as session, session.begin():
            session.get_one(LeaseRow, "sps-1").delta = number + 5
        assert not asked(given, laggards, box(7, number), MORNING + number * SOON)


# --- what a box is sent -----------------------------------------------------------------------------------


class Site:
    """The centre's answers to the states of a box that takes everything it is sent."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.tariffs, self.laggards = engine, Tariffs(engine), Laggards()
        self.lease = self.delta = 0

    def hears(self, now: datetime = MORNING, name: str = "sps-1") -> list[Lease | Delta]:
        """What the box is sent for its next state."""
        said = box(self.lease, self.delta)
        said.box = name
        with transaction(self.engine) as session:
            papers = due(session, self.tariffs, self.laggards, said, LIFE, KEY, now)
        return [self.takes(paper) for paper in papers]

    def takes(self, paper: Paper) -> Lease | Delta:
        """The box takes a paper only as the next of its kind."""
        if paper.topic.channel is Channel.LEASE:
            lease = opened(paper.payload, Lease, KEY.public_key(), LEASE_MAX)
            assert (paper.retain, lease.number > self.lease) == (True, True)
            self.lease, self.delta = lease.number, 0
            return lease
        delta = opened(paper.payload, Delta, KEY.public_key())
        assert (paper.retain, delta.lease, delta.number) == (False, self.lease, self.delta + 1)
        self.delta = delta.number
        return delta

    def change(self, **values: Any) -> None:
        """Somebody changes the site's settings."""
        with transaction(self.engine) as session:
            row = session.get_one(SiteRow, "SPS")
            for name, value in values.items():
                setattr(row, name, value)
            session.add(row)

    def paid(self, *visits: str) -> list[Paper]:
        """Visits are paid, in one transaction."""
        with transaction(self.engine) as session:
            return [paper for visit in visits for paper in paid_change(session, "SPS", visit, KEY)]


@pytest.fixture
def site(engine: Engine) -> Site:
    """A box that has its first lease."""
    made = Site(engine)
    (lease,) = made.hears()
    assert isinstance(lease, Lease)
    assert made.hears() == []
    return made


def booked(engine: Engine, visit: str) -> datetime:
    """When the centre wrote down the last money for a visit."""
    found: list[datetime] = [
        row["recorded_at"] for row in rows(engine, EntryRow) if (row["visit"], row["kind"]) == (visit, "payment")
    ]
    return max(found)


def new_version(site: Site, code: str, since: datetime, until: datetime | None = None) -> None:
    body = encode(replace(TARIFF, code=code, since=since, until=until)).decode()
    with transaction(site.engine) as session:
        session.add(TariffRow(site="SPS", code=code, since=since, until=until, body=body))


def test_a_first_lease_holds_the_settings_the_lists_and_who_has_paid(engine: Engine) -> None:
    entry, journal = added(engine), Box()
    visits = [reference(number) for number in range(4)]
    for visit in visits[:3]:
        book(engine, *journal.arrives(visit, MORNING), *journal.is_priced(visit, MORNING, MORNING + SOON))
    book(engine, *journal.arrives(visits[3], MORNING))
    paid(engine, notice(1, visits[0]), MORNING)
    paid(engine, notice(2, visits[1], 29_999), MORNING)
    (lease,) = Site(engine).hears()
    assert isinstance(lease, Lease)
    assert (lease.number, lease.capacity, lease.tariff, lease.coming) == (1, 100, TARIFF, ())
    assert lease.policy == Policy(unpaid=Unpaid.HOLD, patience_s=60)
    assert [row.entry for row in lease.lists] == [entry]
    assert lease.paid == (visits[0],), "not who paid too little, nor who was not priced yet"
    assert lease.receipts == (Receipt(visit=visits[0], amount=30_000, at=booked(engine, visits[0])),)
    book(engine, *journal.leaves(visits[0], MORNING + SOON))
    (again,) = Site(engine).hears(MORNING + LIFE)
    assert isinstance(again, Lease)
    assert (again.paid, again.receipts) == ((), ())


def test_a_payment_says_how_much_was_paid_and_when_the_centre_knew(site: Site) -> None:
    journal, visit = Box(), reference(1)
    book(site.engine, *journal.arrives(visit, MORNING), *journal.is_priced(visit, MORNING, MORNING + SOON))
    paid(site.engine, notice(1, visit, 10_000), MORNING + 2 * SOON)
    (delta,) = [site.takes(paper) for paper in site.paid(visit)]
    assert isinstance(delta, Delta)
    assert delta.receipts == (), "it still owes"
    paid(site.engine, notice(2, visit, 20_000), MORNING + 3 * SOON)
    (delta,) = [site.takes(paper) for paper in site.paid(visit)]
    assert isinstance(delta, Delta)
    assert delta.receipts == (Receipt(visit=visit, amount=30_000, at=booked(site.engine, visit)),)


def test_a_published_price_list_reaches_the_boxes_and_one_withdrawn_leaves_them(site: Site) -> None:
    later = replace(TARIFF, code="flat-2", since=MORNING + LIFE)
    with transaction(site.engine) as session:
        drafts.save(session, "SPS", encode(later), "lan", MORNING)
    assert site.hears() == [], "a draft is nobody's price"
    with transaction(site.engine) as session:
        drafts.decide(session, "SPS", "flat-2", "minh", "đúng", MORNING)
    (lease,) = site.hears()
    assert isinstance(lease, Lease)
    assert [each.code for each in lease.coming] == ["flat-2"]
    with transaction(site.engine) as session:
        drafts.withdraw(session, "SPS", "flat-2", "lan", "hoãn", MORNING)
    (lease,) = site.hears()
    assert isinstance(lease, Lease)
    assert lease.coming == ()


def test_two_thousand_payments_sign_no_snapshot_and_are_small(site: Site) -> None:
    """2,000 cars that leave in 20 minutes: 1.7 changes a second, ten to a transaction here."""
    for start in range(0, 2_000, 10):
        visits = [reference(number) for number in range(start, start + 10)]
        for visit, paper in zip(visits, site.paid(*visits), strict=True):
            assert len(paper.payload) < 300
            delta = site.takes(paper)
            assert isinstance(delta, Delta)
            assert delta.paid == (visit,)
        assert site.hears(MORNING + start * SOON * 0.6) == []
    assert (site.lease, site.delta) == (1, 2_000)


def test_payments_of_one_transaction_have_numbers_of_their_own(site: Site) -> None:
    papers = site.paid(*(reference(number) for number in range(5)))
    assert [site.takes(paper).number for paper in papers] == [1, 2, 3, 4, 5]


def test_payments_that_come_at_once_have_numbers_of_their_own(site: Site) -> None:
    papers: list[Paper] = []
    together = threading.Barrier(4)

    def pay(thread: int) -> None:
        together.wait()
        for number in range(5):
            papers.extend(site.paid(reference(10 * thread + number)))

    workers = [threading.Thread(target=pay, args=(thread,)) for thread in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    numbers = [opened(paper.payload, Delta, KEY.public_key()).number for paper in papers]
    assert sorted(numbers) == list(range(1, 21))


def test_a_change_of_the_lists_is_a_numbered_change(site: Site) -> None:
    one, two = added(site.engine), added(site.engine, plate="30F12345")
    added(site.engine, site="SPL")
    (delta,) = site.hears()
    assert isinstance(delta, Delta)
    assert ([row.entry for row in delta.listed], delta.ended, delta.capacity) == ([one, two], (), None)
    ended(site.engine, one)
    (delta,) = site.hears()
    assert isinstance(delta, Delta)
    assert (delta.listed, delta.ended) == ((), (one,))
    assert site.hears() == []
    assert site.lease == 1


def test_a_change_of_the_capacity_is_a_numbered_change(site: Site) -> None:
    site.change(capacity=80)
    (delta,) = site.hears()
    assert isinstance(delta, Delta)
    assert (delta.capacity, delta.listed, delta.ended) == (80, (), ())
    assert site.hears() == []


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("unpaid", "bill"),
        ("patience_s", 30),
        ("account", "1017595699"),
        ("account_name", "BAI XE"),
        ("bank", "970415"),
        ("pass_when_full", False),
        ("expired", "hold"),
    ],
)
def test_another_setting_is_another_lease(sqlite: Engine, setting: str, value: object) -> None:
    site = Site(sqlite)
    site.hears()
    site.change(**{setting: value})
    (lease,) = site.hears()
    assert isinstance(lease, Lease)
    assert encode(value).strip(b'"') in encode(lease)
    assert site.hears() == []
    site.change(name_en="another name")
    assert site.hears() == [], "names are the console's"


def test_a_new_price_list_is_with_the_box_before_it_begins(site: Site) -> None:
    new_version(site, "flat-2", MORNING + 2 * LIFE)
    new_version(site, "festival", MORNING + LIFE, MORNING + LIFE + timedelta(days=1))
    (lease,) = site.hears()
    assert isinstance(lease, Lease)
    assert (lease.tariff.code, [each.code for each in lease.coming]) == ("flat-1", ["festival", "flat-2"])
    for hours in range(0, 24 * 8, 3):
        at = MORNING + timedelta(hours=hours)
        expected = site.tariffs.in_force("SPS", at)
        assert lease.tariff_at(at) == expected, "the box and the centre agree at every moment"
    assert site.hears() == []
    (lease,) = site.hears(MORNING + LIFE + SOON)
    assert isinstance(lease, Lease)
    assert (lease.tariff.code, [each.code for each in lease.coming]) == ("festival", ["flat-1", "flat-2"])
    assert site.hears(MORNING + LIFE + SOON) == []


def test_lists_that_changed_while_a_box_was_away_come_with_its_next_lease(site: Site) -> None:
    entry = added(site.engine)
    with transaction(site.engine) as session:  # sent, and nobody was there
        lost = due(session, site.tariffs, site.laggards, box(1), LIFE, KEY, MORNING)
    assert [paper.topic.channel for paper in lost] == [Channel.DELTA]
    sent = [paper for number in range(7) for paper in site.hears(MORNING + number * SOON)]
    (lease,) = sent
    assert isinstance(lease, Lease)
    assert [row.entry for row in lease.lists] == [entry]
    assert site.hears(MORNING + 7 * SOON) == []


def test_each_box_of_a_site_is_told_by_itself(site: Site) -> None:
    with transaction(site.engine) as session:
        session.add(BoxRow(box="sps-2", site="SPS", token_sha256="0" * 64))
    other = Site(site.engine)
    (lease,) = other.hears(name="sps-2")
    assert isinstance(lease, Lease)
    added(site.engine)
    assert [len(each.hears(name=name)) for each, name in ((site, "sps-1"), (other, "sps-2"))] == [1, 1]
    assert [paper.topic.box for paper in site.paid(reference(1))] == ["sps-1", "sps-2"]


def test_many_changes_are_a_few_papers_and_very_many_a_snapshot(
    sqlite: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "ROWS_A_CHANGE", 10)
    monkeypatch.setattr(leases, "ROWS_TOO_MANY", 50)
    site = Site(sqlite)
    site.hears()

    def enter(numbers: range) -> None:
        with transaction(sqlite) as session:
            for number in numbers:
                lists.add(session, "SPS", listing(plate=f"24A{number:05}"), "lan", MORNING)

    enter(range(25))
    papers = site.hears()
    assert [len(paper.listed) for paper in papers if isinstance(paper, Delta)] == [10, 10, 5]
    enter(range(25, 76))
    (lease,) = site.hears()
    assert isinstance(lease, Lease)
    assert len(lease.lists) == 76


def test_the_longest_rows_fit() -> None:
    """As many rows as a site may have, each as long as it can be."""
    row = Entry(
        entry="SPS-L9999999999",
        standing=Standing.EXEMPT,
        since=MORNING + timedelta(microseconds=1),
        until=MORNING + timedelta(microseconds=2),
        plate="京" * 16,
        tag="E" * 64,
        vehicle_class=VehicleClass.MINI29,
    )
    lease = Lease(
        number=1,
        site="SPS",
        box="sps-1",
        issued_at=MORNING,
        expires_at=MORNING + LIFE,
        tariff=TARIFF,
        account=Account(bank="970436", number="1017595600"),
        policy=Policy(unpaid=Unpaid.HOLD, patience_s=60),
        capacity=100,
        paid=(reference(1),) * 1_000,
        coming=(TARIFF,) * 20,
        lists=(row,) * ENTRIES_MAX,
    )
    paper = sign(lease, KEY, LEASE_MAX)
    assert opened(paper, Lease, KEY.public_key(), LEASE_MAX) == lease
    with pytest.raises(Malformed, match="at most 65536"):
        opened(paper, Lease, KEY.public_key())
    sign(Delta(lease=1, number=1, box="sps-1", listed=(row,) * ROWS_A_CHANGE, ended=(row.entry,) * 100), KEY)
