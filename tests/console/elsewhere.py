"""Something of every kind at one site, for tests of who must not reach it."""

from datetime import datetime, timedelta
from typing import Any, Final

from msgspec.structs import replace
from sqlmodel import Session, select

from gate.findings import Code
from gate.lease import Standing
from gate.messages import Close, LaneMode, OpeningReason, Why
from gate.wire import encode
from server import drafts, lists, planned_events, shifts
from server.anomalies import anomaly
from server.commands import order
from server.db import reading, transaction
from server.effects import Kind
from server.facts import CommandRow, EntryRow, OpeningRow, PassageRow, PaymentRow
from server.facts_bank import BankLineRow, StatementRow
from server.findings import sync
from server.lists import Listing
from server.planned_events import Plan
from server.vault import VaultPictureRow
from simulator.statements import Moved
from tests.console.scene import CAR, SITES, Scene, tariff
from tests.server.bankworld import statement
from tests.server.money import decided, refunded

PLATES: Final = {"SPS": "24A11122", "SPL": "30A99977"}
MINUTE: Final = timedelta(minutes=1)


def everything(scene: Scene, site: str, now: datetime) -> dict[str, str]:
    """A name for everything that an address or a form may speak of. A vehicle stands at the exit and owes."""
    engine, plate, began = scene.centre.engine, PLATES[site], now - 30 * MINUTE
    first = scene.admits(site, "in-1", scene.sees(site, "in-1", plate, began), began)
    scene.pays(site, (first, 50_000, now - 20 * MINUTE), ("CHUYEN TIEN", 40_000, now - 19 * MINUTE))
    scene.leaves(site, "out-1", first, now - 18 * MINUTE)
    scene.leaves(site, "out-1", None, now - 17 * MINUTE, OpeningReason.BY_HAND, by="hand", passes=False)
    entered = now - 15 * MINUTE
    visit = scene.admits(site, "in-1", scene.read(site, "in-1", plate, entered), entered)
    approach = scene.read(site, "out-1", plate, now - MINUTE)
    scene.quotes(site, "out-1", approach, visit, entered, now - MINUTE, CAR)
    scene.wants(site, "out-1", approach, Why.NO_MATCH, now - MINUTE, (visit, 0.5))
    scene.states(site, now, in_1=("idle", "down"), out_1=("waiting", "down"))
    statement(engine, [Moved(now.date(), 70_000, f"5243.{site}", "ai do")], now, account=SITES[site][3])
    known = {"site": site, "visit": visit, "lane": "out-1", "approach": str(approach), "box": f"{site.lower()}-1"}
    made = _by_people(scene, site, now, visit)
    with reading(engine) as session:
        return known | made | _found(session, site)


def _by_people(scene: Scene, site: str, now: datetime, visit: str) -> dict[str, str]:
    """What people did there before."""
    engine, until = scene.centre.engine, now + timedelta(days=2)
    with reading(engine) as session:
        payment = session.exec(select(PaymentRow).where(PaymentRow.site == site, PaymentRow.amount == 40_000)).one()
    name = f"{payment.provider}:{payment.provider_id}"
    refund = refunded(engine, name, now, amount=10_000)
    decision = decided(engine, Kind.WAIVE, visit=visit).decision
    later = replace(tariff(), code=f"next-{site.lower()}", since=until, until=None)
    row = Listing(Standing.EXEMPT, now, until, "owner", "reason", plate=PLATES[site])
    plan = Plan("a match", now + timedelta(days=1), until, {}, {"in-1": LaneMode.FREE}, ())
    with transaction(engine) as session:
        entry = lists.add(session, site, row, "manager", now)
        event = planned_events.plan(session, site, plan, "manager", now).row.event
        shift = shifts.begin(session, site, by="manager", opening_cash=0, now=now).shift
        drafts.save(session, site, encode(later), "finance", now)
        order(session, site, "in-1", Close(lane="in-1"), "attendant", now=now)
        anomaly(session, Code.DEVICE_FAULT, f"board of {site}", site, now - timedelta(hours=1), {"why": "silent"})
        sync(session, site, now)
    names = {"payment": name, "refund": refund, "decision": decision, "entry": entry, "event": event, "shift": shift}
    return names | {"code": Code.DEVICE_FAULT.value, "subject": f"board of {site}", "tariff": later.code}


def _found(session: Session, site: str) -> dict[str, str]:
    """What facts and files brought."""
    picked: dict[str, Any] = {
        "passage": select(PassageRow.passage).where(PassageRow.site == site),
        "opening": select(OpeningRow.opening).where(
            OpeningRow.site == site, OpeningRow.reason == OpeningReason.BY_HAND
        ),
        "key": select(EntryRow.key).where(EntryRow.site == site),
        "digest": select(BankLineRow.digest).where(BankLineRow.account == SITES[site][3]),
        "file": select(StatementRow.sha256).where(StatementRow.source == SITES[site][3]),
        "command": select(CommandRow.command).where(CommandRow.site == site),
        "sha256": select(VaultPictureRow.sha256),
    }
    found = {name: session.exec(rows.limit(1)).first() for name, rows in picked.items()}
    assert all(found.values()), found
    return {name: str(value) for name, value in found.items()} | {"account": SITES[site][3]}
