"""Proposals of who an exit was: made hourly and when a box has caught up, each a case until a person says yes or no."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from sqlmodel import Session, col, delete, or_, select

from gate.findings import Code, Expectation
from gate.messages import Direction
from gate.tariff import BadTariff
from gate.vehicle import VehicleClass
from server import troubled
from server.assignment import Pair, assign
from server.corrections import RULE, NotPossible, made
from server.db import hold, hold_all, insert_many
from server.derived import BoxNowRow, VisitRow
from server.facts import ChargeRow, ExplainedRow, OpeningRow, PassageRow
from server.facts_visits import CorrectionRow, LostEntryRow, PairingRow, PairingWordRow
from server.pricing import NoTariff, stay_price
from server.register import JobRunRow, SiteRow
from server.troubled import Exit

LEAST: Final = 0.5
"""What is less probable is not worth a person's look."""
BEHIND: Final = 100
"""Facts that wait in a box from which on it has a backlog; once it is in, its site is looked at again."""
_BEHIND: Final = "behind:"
_AT_ONCE: Final = 500


class Found(NamedTuple):
    """What is proposed at a site for the first time, as rows of `pairing`."""

    site: str
    pairs: list[dict[str, Any]]


# --- the job ----------------------------------------------------------------------------------------------


def find(session: Session, site: str, now: datetime) -> Found:
    """Which exits were which stays, by all that is known. Only reads."""
    trouble = troubled.look(session, site, now)
    by_name = {each.passage: each for each in trouble.exits}
    pairs = assign(trouble.habits, trouble.outs, trouble.stays)
    known = _known(session, list(by_name))
    fresh = [pair for pair in pairs if pair.probability >= LEAST and (pair.out, pair.stay) not in known]
    other = [(by_name[pair.out], pair) for pair in fresh if by_name[pair.out].before != pair.stay]
    return Found(site, [_row(session, site, exit_, pair, now) for exit_, pair in other])


def write(session: Session, found: Found, now: datetime) -> int:
    """Keep what is proposed for the first time, and what was overtaken. Says how many are new."""
    hold(session, f"pairings:{found.site}")
    _overtake(session, found.site, now)
    insert_many(session, PairingRow, found.pairs)
    return len(found.pairs)


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


def _known(session: Session, passages: Sequence[str]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for start in range(0, len(passages), _AT_ONCE):
        some = col(PairingRow.passage).in_(passages[start : start + _AT_ONCE])
        found.update(session.exec(select(PairingRow.passage, PairingRow.visit).where(some)))
    return found


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
        **{f"for_{name}": f"{nats:+.1f}" for name, nats in pair.evidence._asdict().items()},
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
    still = {(row.passage, row.visit) for row in waiting(session, site)}
    gone = [row for row in session.exec(_unanswered(site)) if (row.passage, row.visit) not in still]
    word = {"site": site, "word": "overtaken", "by": RULE, "note": "", "at": now}
    insert_many(session, PairingWordRow, [{"passage": row.passage, "visit": row.visit, **word} for row in gone])


def waiting(session: Session, site: str) -> Sequence[PairingRow]:
    """Proposals that a person can still say yes to, the oldest first."""
    corrected = select(CorrectionRow.passage).where(CorrectionRow.passage == PairingRow.passage)
    explained = select(ExplainedRow.passage).where(ExplainedRow.passage == PairingRow.passage)
    still_open = or_(col(VisitRow.left_at).is_(None), troubled.in_doubt())
    rows: Sequence[PairingRow] = session.exec(
        _unanswered(site)
        .join(VisitRow, col(VisitRow.visit) == col(PairingRow.visit))
        .where(still_open, ~corrected.exists(), ~explained.exists())
    ).all()
    return rows


def _unanswered(site: str) -> Any:
    answered = select(PairingWordRow.passage).where(
        PairingWordRow.passage == PairingRow.passage, PairingWordRow.visit == PairingRow.visit
    )
    order = (col(PairingRow.proposed_at), col(PairingRow.passage), col(PairingRow.visit))
    return select(PairingRow).where(PairingRow.site == site, ~answered.exists()).order_by(*order)


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
