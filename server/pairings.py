"""Proposals of who an exit was: made hourly and when a box has caught up, each a case until a person says yes or no."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec
from sqlmodel import Session, col, delete, or_, select

from gate.findings import Code, Expectation
from gate.messages import Direction
from gate.tariff import BadTariff
from gate.vehicle import VehicleClass
from server import troubled
from server.assignment import Pair, assign
from server.corrections import RULE, NotPossible, corrected, made
from server.db import hold, hold_all, insert_many
from server.derived import BoxNowRow, VisitRow
from server.facts import ChargeRow, OpeningRow, PassageRow
from server.facts_visits import CorrectionRow, LostEntryRow, PairingRow, PairingWordRow
from server.pricing import NoTariff, stay_price
from server.register import JobRunRow, SiteRow
from server.troubled import Exit

LEAST: Final = 0.5
"""What is less probable is not worth a person's look."""
BEHIND: Final = 100
"""Facts that wait in a box from which on it has a backlog; once it is in, its site is looked at again."""
_BEHIND: Final = "behind:"
HOUR: Final = timedelta(hours=1)


class Found(NamedTuple):
    """The pairs of a site, each with its exit."""

    site: str
    pairs: list[tuple[Exit, Pair]]


# --- the job ----------------------------------------------------------------------------------------------


def find(session: Session, site: str, now: datetime) -> Found:
    """Which exits were which stays, by all that is known. Only reads."""
    trouble = troubled.look(session, site, now)
    by_name = {each.passage: each for each in trouble.exits}
    pairs = assign(trouble.habits, trouble.outs, trouble.stays)
    likely = [pair for pair in pairs if pair.probability >= LEAST]
    return Found(site, [(by_name[pair.out], pair) for pair in likely if by_name[pair.out].before != pair.stay])


def write(session: Session, found: Found, now: datetime) -> int:
    """Keep what is proposed for the first time, and what was overtaken. Says how many are new."""
    hold(session, f"pairings:{found.site}")
    _overtake(session, found.site, now)
    known = _known(session, [exit_.passage for exit_, _ in found.pairs])
    fresh = [each for each in found.pairs if (each[1].out, each[1].stay) not in known]
    insert_many(session, PairingRow, [_row(session, found.site, exit_, pair, now) for exit_, pair in fresh])
    return len(fresh)


def look_hourly(session: Session, now: datetime) -> list[Found]:
    """All sites, for the hourly job."""
    return [find(session, site, now) for site in session.exec(select(SiteRow.site).order_by(col(SiteRow.site))).all()]


def look_at_caught_up(session: Session, now: datetime) -> list[Found]:
    """The sites of boxes whose backlog is in."""
    boxes = [name.removeprefix(_BEHIND) for name in session.exec(_behind())]
    rows = session.exec(select(BoxNowRow).where(col(BoxNowRow.box).in_(boxes), BoxNowRow.waiting == 0)).all()
    return [find(session, site, now) for site in sorted({row.site for row in rows})]


def write_all(session: Session, now: datetime, found: list[Found]) -> list[str]:
    """Keep them. Says which sites changed."""
    return [each.site for each in found if write(session, each, now)]


def watch_backlogs(session: Session, now: datetime, found: list[Found]) -> list[str]:
    """Remember which boxes are behind; keep what was found where one has caught up. Says which sites changed."""
    sites = [each.site for each in found]
    done = session.exec(select(BoxNowRow.box).where(col(BoxNowRow.site).in_(sites), BoxNowRow.waiting == 0)).all()
    session.exec(delete(JobRunRow).where(col(JobRunRow.job).in_([_BEHIND + box for box in done])))
    late = session.exec(select(BoxNowRow.box).where(BoxNowRow.waiting > BEHIND)).all()
    insert_many(session, JobRunRow, [{"job": _BEHIND + box, "period": "now", "ran_at": now} for box in late])
    bind_lost(session, now)
    return write_all(session, now, found)


def _behind() -> Any:
    return select(JobRunRow.job).where(col(JobRunRow.job).startswith(_BEHIND))


# --- what is kept -----------------------------------------------------------------------------------------


def _known(session: Session, passages: list[str]) -> set[tuple[str, str]]:
    rows = select(PairingRow.passage, PairingRow.visit).where(col(PairingRow.passage).in_(passages))
    return set(session.exec(rows).all())


def _row(session: Session, site: str, exit_: Exit, pair: Pair, now: datetime) -> dict[str, Any]:
    stay = session.get_one(VisitRow, pair.stay)
    came = stay.entered_at or stay.opened_at
    evidence = {
        "lane": exit_.lane,
        "left": exit_.at.isoformat(),
        "entry_lane": stay.entry_lane,
        "entered": came.isoformat(),
        "class": stay.vehicle_class,
        "before": exit_.before,
        **{name: f"{nats:+.1f}" for name, nats in pair.evidence._asdict().items()},
    }
    return {
        "passage": exit_.passage,
        "visit": pair.stay,
        "site": site,
        "approach": exit_.approach,
        "probability": round(pair.probability, 6),
        "margin": round(pair.margin, 6),
        "difference": _difference(session, stay, exit_),
        "evidence": msgspec.json.encode(evidence).decode(),
        "proposed_at": now,
    }


def _difference(session: Session, stay: VisitRow, exit_: Exit) -> int:
    """What the stay would cost beyond what it, or this exit as a lost entry, was charged; 0 without a price."""
    if session.get(ChargeRow, stay.visit) is not None:
        return 0
    lost = session.exec(select(LostEntryRow.total).where(LostEntryRow.approach == exit_.approach)).first()
    reads = troubled.reads_of(session, [stay.entry_approach, exit_.approach]).values()
    came = stay.entered_at or stay.opened_at
    try:
        kind = VehicleClass(stay.vehicle_class)
        return stay_price(session, stay.site, kind, came, exit_.at, [read.plate for read in reads]).total - (lost or 0)
    except (NoTariff, BadTariff, ValueError):
        return 0


def _overtake(session: Session, site: str, now: datetime) -> None:
    """A proposal whose exit or stay was settled otherwise asks nobody any more."""
    gone = [row for row in unanswered(session, site) if not _is_open(session, row)]
    words = [
        {
            "passage": row.passage,
            "visit": row.visit,
            "site": site,
            "word": "overtaken",
            "by": RULE,
            "note": "",
            "at": now,
        }
        for row in gone
    ]
    insert_many(session, PairingWordRow, words)


def unanswered(session: Session, site: str) -> list[PairingRow]:
    """Proposals without a word, the oldest first."""
    answered = select(PairingWordRow.passage).where(
        PairingWordRow.passage == PairingRow.passage, PairingWordRow.visit == PairingRow.visit
    )
    order = (col(PairingRow.proposed_at), col(PairingRow.passage), col(PairingRow.visit))
    return list(session.exec(select(PairingRow).where(PairingRow.site == site, ~answered.exists()).order_by(*order)))


def waiting(session: Session, site: str) -> Iterator[PairingRow]:
    """Proposals that a person can still say yes to."""
    return (row for row in unanswered(session, site) if _is_open(session, row))


def _is_open(session: Session, row: PairingRow) -> bool:
    still = or_(col(VisitRow.left_at).is_(None), troubled.in_doubt())
    stay = session.exec(select(VisitRow.visit).where(VisitRow.visit == row.visit, still)).first()
    return stay is not None and not corrected(session, [row.passage]) and not _explained(session, row.passage)


def _explained(session: Session, passage: str) -> bool:
    gone = session.get(PassageRow, passage)
    return gone is None or (gone.visit is None and bool(troubled.told(session, passage)))


def expected(session: Session, site: str, now: datetime) -> Iterable[Expectation]:  # noqa: ARG001 - as all of them
    """A person's word on each proposal, due at once."""
    return [
        Expectation(
            code=Code.MATCH_PROPOSED,
            subject=f"{row.passage}:{row.visit}",
            visit=row.visit,
            amount=max(0, row.difference),
            due=row.proposed_at,
            evidence={
                **msgspec.json.decode(row.evidence, type=dict[str, str]),
                "probability": f"{row.probability:.3f}",
                "margin": f"{row.margin:.3f}",
                "difference": str(row.difference),
            },
        )
        for row in waiting(session, site)
    ]


# --- lost entries that drove out --------------------------------------------------------------------------


def bind_lost(session: Session, now: datetime) -> None:
    """The passage under the opening that was given for a lost entry's vehicle is that visit's."""
    inside = (
        select(PassageRow.passage, LostEntryRow)
        .join(VisitRow, col(VisitRow.visit) == col(LostEntryRow.visit))
        .join(OpeningRow, col(OpeningRow.approach) == col(LostEntryRow.approach))
        .join(PassageRow, col(PassageRow.opening) == col(OpeningRow.opening))
        .where(col(VisitRow.left_at).is_(None), col(PassageRow.visit).is_(None), col(PassageRow.tailgate).is_(False))
        .where(PassageRow.direction == Direction.OUT)
        .where(col(PassageRow.passage).not_in(select(CorrectionRow.passage)))
    )
    for passage, lost in session.exec(inside).all():
        hold_all(session, [passage, lost.visit])
        try:
            made(session, lost.site, passage, lost.visit, lost.approach, RULE, "lost entry", now)
        except NotPossible:  # somebody was quicker
            continue
