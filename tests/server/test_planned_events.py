"""An event is one object: its prices wait for a second person, its lanes follow it, and until it begins it can go."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine
from sqlmodel import select

from gate.messages import Command, LaneMode, Mode
from gate.tariff import BadTariff
from gate.topics import Topic
from gate.vehicle import VehicleClass
from gate.wire import decode
from server import drafts, planned_events
from server.db import reading, transaction
from server.derived import BoxNowRow, LaneNowRow
from server.drafts import Stage
from server.event_lanes import AGAIN, GIVEN_UP, EventLanes, Lane, Step, next_step
from server.facts import AuditRow, CommandRow
from server.facts_events import PlannedEventRow, PlannedEventStepRow, PlannedEventUndoneRow
from server.planned_events import BadEvent, Event, NoSuchEvent, Plan, Post
from server.register_tariffs import TariffDraftRow
from server.tariffs import Tariffs
from tests.server.rows import rows

HOUR = timedelta(hours=1)
NOW = datetime.now(UTC).replace(microsecond=0)
"""Commands carry the time at which they are given, so the events are of today."""
BEFORE = NOW - 3 * HOUR
FREE, CLOSED, NORMAL = LaneMode.FREE, LaneMode.CLOSED, LaneMode.NORMAL
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def match(**changes: Any) -> Plan:
    """A match that began an hour ago and lasts two hours more."""
    values: dict[str, Any] = {
        "name": "Sa Pa - Lào Cai",
        "since": NOW - HOUR,
        "until": NOW + 2 * HOUR,
        "prices": {VehicleClass.CAR9: 25_000},
        "lanes": {"in-1": FREE, "out-1": CLOSED},
        "staff": (Post("2 nhân viên", "in-1", "16:00 - 19:00"),),
    }
    return Plan(**values | changes)


def lanes(engine: Engine, **modes: str) -> None:
    """The box says how its lanes work."""
    with transaction(engine) as session:
        session.merge(
            BoxNowRow(
                box="sps-1",
                site="SPS",
                boot="0" * 32,
                monotonic_ms=1_000,
                heard_at=NOW,
                online=True,
                journal="0" * 16,
                last_sequence=0,
                waiting=0,
                lease_number=0,
                delta_number=0,
                reader="ready",
                version="1",
            )
        )
        for lane, mode in modes.items():
            name = lane.replace("_", "-")
            row = LaneNowRow(site="SPS", lane=name, box="sps-1", direction=name[:2], mode=mode, updated_at=NOW)
            session.merge(row)


@pytest.fixture
def site(engine: Engine) -> Engine:
    """The stadium with two lanes."""
    lanes(engine, in_1="normal", out_1="normal")
    return engine


def planned(engine: Engine, wanted: Plan | None = None, now: datetime = BEFORE, site: str = "SPS") -> Event:
    with transaction(engine) as session:
        return planned_events.plan(session, site, wanted or match(), "lan", now)


def seen(engine: Engine, name: str = "SPS-E00001", now: datetime = BEFORE) -> Event:
    with reading(engine) as session:
        return planned_events.event(session, name, now)


def undone(engine: Engine, name: str = "SPS-E00001", now: datetime = BEFORE) -> bool:
    with transaction(engine) as session:
        return planned_events.undo(session, name, "hoãn trận", "minh", now)


class Wire:
    """Where orders go: what a broker would be given."""

    def __init__(self) -> None:
        self.sent: list[tuple[Topic, int | None]] = []

    def publish(self, topic: Topic, payload: bytes, *, retain: bool = False, expiry_s: int | None = None) -> None:
        """Orders are signed, never kept, and expire."""
        assert payload
        assert not retain
        self.sent.append((topic, expiry_s))


def went(engine: Engine, now: datetime = NOW) -> list[tuple[str, Step]]:
    wire, told = Wire(), list[str]()
    steps = EventLanes(engine, wire, KEY, told.append, lambda: now).go()  # type: ignore[arg-type]
    assert len(wire.sent) == sum(step in {Step.BEGIN, Step.END} for _, _, step in steps)
    assert told == ["SPS"] * len(steps)
    return [(lane, step) for _, lane, step in steps]


def ordered(engine: Engine) -> list[tuple[str, str, LaneMode]]:
    found = [(row["lane"], row["by"], decode(row["body"].encode(), Command).action) for row in rows(engine, CommandRow)]
    return [(lane, by, action.mode) for lane, by, action in found if isinstance(action, Mode)]


# --- planning ---------------------------------------------------------------------------------------------


def test_one_object_holds_prices_lanes_and_people(site: Engine) -> None:
    found = planned(site)
    assert (found.row.event, found.state, found.prices) == ("SPS-E00001", "coming", Stage.DRAFT)
    assert found.lanes == {"in-1": FREE, "out-1": CLOSED}
    assert found.staff == (Post("2 nhân viên", "in-1", "16:00 - 19:00"),)
    with reading(site) as session:
        tariff = drafts.version(session, "SPS", "SPS-E00001", BEFORE).tariff
    assert (tariff.since, tariff.until) == (found.row.since, found.row.until)
    assert {kind: turn.price for kind, turn in tariff.turns.items()} == {
        VehicleClass.MOTO: 10_000,
        VehicleClass.CAR9: 25_000,
    }
    assert {kind: turn.ceiling for kind, turn in tariff.turns.items()}[VehicleClass.CAR9] == 30_000
    assert {row["what"] for row in rows(site, AuditRow)} == {"wrote a tariff", "planned an event"}


def test_its_prices_hold_only_with_a_second_person_and_only_while_it_lasts(site: Engine) -> None:
    planned(site)
    tariffs = Tariffs(site)
    holding = tariffs.in_force("SPS", NOW)
    assert holding is not None
    assert holding.code == "flat-1"
    with transaction(site) as session:
        drafts.decide(session, "SPS", "SPS-E00001", "minh", "đúng", BEFORE)
    codes = [each.code for hours in (-2, 0, 3) if (each := tariffs.in_force("SPS", NOW + hours * HOUR))]
    assert codes == ["flat-1", "SPS-E00001", "flat-1"]
    assert seen(site, now=NOW).prices is Stage.BEGUN


def test_what_it_would_change_is_told_before_anything_is_kept(site: Engine) -> None:
    with reading(site) as session:
        found = planned_events.effect(session, "SPS", match(), BEFORE)
    assert [(each.kind, each.before, each.after) for each in found.prices] == [
        (VehicleClass.MOTO, 10_000, 10_000),
        (VehicleClass.CAR9, 30_000, 25_000),
    ]
    assert [(each.lane, each.now, each.then) for each in found.lanes] == [
        ("in-1", "normal", FREE),
        ("out-1", "normal", CLOSED),
    ]
    assert not rows(site, PlannedEventRow)
    assert not rows(site, TariffDraftRow)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"name": " "}, "name: 1 to 80"),
        ({"name": "x\ny"}, "name: it holds"),
        ({"since": BEFORE}, "since: an event begins in the future"),
        ({"until": NOW - HOUR}, "until: an event ends after"),
        ({"until": NOW + timedelta(days=40)}, "until: an event ends after it begins, within 31 days"),
        ({"prices": {}, "lanes": {}, "staff": ()}, "changes nothing"),
        ({"lanes": {"in-9": FREE}}, "lanes: SPS has no lane in-9"),
        ({"lanes": {"in-1": NORMAL}}, "lanes: in-1 cannot be normal"),
        ({"prices": {VehicleClass.BUS30: 1}}, "prices: flat-1 has no price for BUS30"),
        ({"staff": (Post("", "in-1"),)}, "staff: 1 to 80"),
        ({"staff": (Post("x", "in-1"),) * 41}, "staff: 40 lines"),
    ],
)
def test_an_event_that_cannot_be_is_refused_by_its_field(site: Engine, changes: Mapping[str, Any], why: str) -> None:
    with pytest.raises(BadEvent, match=why):
        planned(site, match(**changes))
    assert not rows(site, PlannedEventRow)
    assert not rows(site, TariffDraftRow)


def test_prices_above_the_ceiling_are_refused_and_nothing_is_kept(site: Engine) -> None:
    with pytest.raises(BadTariff, match=r"turns.CAR9: 60000 is above the listed ceiling 30000"):
        planned(site, match(prices={VehicleClass.CAR9: 60_000}))
    assert not rows(site, PlannedEventRow)


def test_two_events_share_no_lane_and_no_prices(site: Engine) -> None:
    planned(site)
    later = {"since": NOW + 2 * HOUR, "until": NOW + 4 * HOUR}
    with pytest.raises(BadEvent, match=r"in-1 is taken by Sa Pa - Lào Cai \(SPS-E00001\)"):
        planned(site, match(**later, prices={}))  # the very moment: its lane would go back just then
    other = planned(site, match(**later, lanes={}))
    assert other.row.event == "SPS-E00002"
    with transaction(site) as session:
        drafts.decide(session, "SPS", "SPS-E00001", "minh", "đúng", BEFORE)
    with pytest.raises(BadEvent, match="at the same time as SPS-E00001"):
        planned(site, match(lanes={}))
    undone(site)
    assert planned(site).row.event == "SPS-E00003"


def test_nobody_plans_at_a_site_that_is_not_there(site: Engine) -> None:
    with pytest.raises(NoSuchEvent, match="no site XXX"):
        planned(site, site="XXX")
    with pytest.raises(NoSuchEvent):
        seen(site, "XXX-E00001")


def test_it_can_be_undone_until_it_begins_with_its_prices(site: Engine) -> None:
    planned(site)
    with transaction(site) as session:
        drafts.decide(session, "SPS", "SPS-E00001", "minh", "đúng", BEFORE)
    with pytest.raises(BadEvent, match="has begun"):
        undone(site, now=NOW)
    assert undone(site)
    assert not undone(site)
    found = seen(site, now=NOW)
    assert (found.state, found.prices) == ("undone", Stage.WITHDRAWN)
    holding = Tariffs(site).in_force("SPS", NOW)
    assert holding is not None
    assert holding.code == "flat-1"
    assert len(rows(site, PlannedEventUndoneRow)) == 1
    assert went(site) == []


def test_events_of_a_time_come_by_their_beginning(site: Engine) -> None:
    planned(site, match(lanes={}, prices={}))
    planned(site, match(lanes={}, prices={}, since=NOW - 2 * HOUR, until=NOW - HOUR))
    with reading(site) as session:
        found = planned_events.between(session, "SPS", NOW - 2 * HOUR, NOW, NOW)
        later = planned_events.between(session, "SPS", NOW + 2 * HOUR, NOW + 9 * HOUR, NOW)
    assert [(each.row.event, each.state) for each in found] == [("SPS-E00002", "over"), ("SPS-E00001", "now")]
    assert later == []


# --- its lanes --------------------------------------------------------------------------------------------

LANE = Lane(wanted=FREE, mode="normal", before="", begun=False, ended=False, ordered=False)
EARLY, DURING, LATE = NOW - 2 * HOUR, NOW, NOW + 3 * HOUR


@pytest.mark.parametrize(
    ("now", "known", "step"),
    [
        (EARLY, {}, Step.WAIT),
        (EARLY, {"mode": "free"}, Step.WAIT),
        (DURING, {}, Step.BEGIN),
        (DURING, {"ordered": True}, Step.WAIT),
        (DURING, {"before": "normal"}, Step.BEGIN),  # the order was lost
        (DURING, {"mode": "unknown"}, Step.BEGIN),
        (DURING, {"mode": "free"}, Step.BEGUN),
        (DURING, {"mode": "free", "before": "normal", "begun": True}, Step.WAIT),
        (DURING, {"mode": "closed", "before": "normal", "begun": True}, Step.WAIT),  # a person's word stays
        (LATE, {}, Step.WAIT),  # it was never reached
        (LATE, {"mode": "free"}, Step.WAIT),
        (LATE, {"mode": "free", "before": "normal", "begun": True}, Step.END),
        (LATE, {"mode": "free", "before": "normal"}, Step.END),  # the order arrived after all
        (LATE, {"mode": "free", "before": "normal", "begun": True, "ordered": True}, Step.WAIT),
        (LATE, {"mode": "normal", "before": "normal", "begun": True}, Step.ENDED),
        (LATE, {"mode": "closed", "before": "normal", "begun": True}, Step.ENDED),
        (LATE, {"mode": "free", "before": "free", "begun": True}, Step.ENDED),  # as it was before
        (LATE, {"mode": "free", "before": "lease expired", "begun": True}, Step.END),
        (LATE, {"mode": "free", "before": "normal", "begun": True, "ended": True}, Step.WAIT),
    ],
)
def test_the_table_of_steps(now: datetime, known: Mapping[str, Any], step: Step) -> None:
    assert next_step(LANE._replace(**known), NOW - HOUR, NOW + 2 * HOUR, now) is step


def test_lanes_follow_the_event_and_go_back(site: Engine) -> None:
    planned(site)
    lanes(site, out_1="closed")  # by a person, before
    assert went(site, NOW - 2 * HOUR) == []
    assert went(site) == [("in-1", Step.BEGIN), ("out-1", Step.BEGUN)]
    assert ordered(site) == [("in-1", "lan", FREE)]
    assert went(site) == []  # it is on its way
    assert went(site, NOW + AGAIN + timedelta(minutes=2)) == [("in-1", Step.BEGIN)]
    lanes(site, in_1="free")
    assert went(site) == [("in-1", Step.BEGUN)]
    assert went(site, NOW + HOUR) == []
    assert went(site, NOW + 2 * HOUR) == [("in-1", Step.END), ("out-1", Step.ENDED)]
    assert ordered(site)[-1] == ("in-1", "lan", NORMAL)
    lanes(site, in_1="normal")
    assert went(site, NOW + 2 * HOUR) == [("in-1", Step.ENDED)]
    assert went(site, NOW + 3 * HOUR) == []
    steps = {(row["lane"], row["step"]): row["mode"] for row in rows(site, PlannedEventStepRow)}
    assert steps == {
        ("in-1", "before"): "normal",
        ("in-1", "begun"): "free",
        ("in-1", "ended"): "normal",
        ("out-1", "before"): "closed",
        ("out-1", "begun"): "closed",
        ("out-1", "ended"): "closed",
    }


def test_each_order_says_who_planned_it_and_for_which_event(site: Engine) -> None:
    planned(site)
    went(site)
    with reading(site) as session:
        found = session.exec(select(AuditRow).where(AuditRow.subject == "SPS/in-1")).all()
    assert [(row.who, row.what, "SPS-E00001" in row.detail) for row in found] == [("lan", "mode free", True)]


def test_a_lane_that_nobody_can_reach_holds_up_no_other(site: Engine) -> None:
    planned(site)
    with transaction(site) as session:
        session.delete(session.get_one(LaneNowRow, ("SPS", "in-1")))
    assert went(site) == [("out-1", Step.BEGIN)]
    assert went(site, NOW + 2 * HOUR + GIVEN_UP) == []
