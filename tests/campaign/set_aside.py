"""Vehicles whose words nobody heard: what no box could know must at least be a case, and all else must agree.

While a box is dead, or its site's broker, no edge of a loop and no outline reaches anybody. A vehicle that passes then
is set aside only when the product itself said, at that lane and in time, that something was wrong; it is counted, and
books and truth are compared without it. A vehicle without such a case stays, and is a difference.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from tests.campaign.alignment import aligned

CASE_WITHIN: Final = timedelta(seconds=60)
READ_WITHIN: Final = timedelta(seconds=10)
"""Who follows is explained when its picture is read, which is after it passed."""
UNDER_THE_ARM: Final = timedelta(seconds=3)
Site = dict[str, Any]


class Case(NamedTuple):
    """A device fault as the books have it."""

    lane: str
    device: str
    at: datetime


class Blind(NamedTuple):
    """A time in which nobody heard the boards."""

    since: datetime
    until: datetime


class Aside(NamedTuple):
    """What was found: vehicles by why they are set aside, and passages that were lost though they could be heard."""

    unseen: list[str]
    unmeasured: list[str]
    followed: list[str]
    lost_in_plain_sight: list[str]

    @property
    def vehicles(self) -> set[str]:
        """All that are set aside."""
        return {*self.unseen, *self.unmeasured, *self.followed}


def found(truth: Site, books: Site, cases: Sequence[Case], blind: Sequence[Blind], dared: Iterable[str] = ()) -> Aside:
    """Which vehicles of a site were passed over, and whether that is excused and told."""
    unseen, plain = [], []
    for lost in aligned(truth["passages"], books["passages"]).lost:
        at = datetime.fromisoformat(lost["at"])
        excused = any(window.since - UNDER_THE_ARM <= at <= window.until for window in blind)
        told = _is_told(cases, lost["lane"], at)
        if excused and told:
            unseen.append(lost["vehicle"])
        else:
            why = "no case tells it" if excused else "the boards were heard"
            plain.append(f"{lost['vehicle']} on {lost['lane']} at {lost['at']}: {why}")
    return Aside(sorted(set(unseen)), _unmeasured(truth, books, cases), _followed(truth, books, set(dared)), plain)


def _followed(truth: Site, books: Site, dared: set[str]) -> list[str]:
    """Who drove without a sign under an arm that a kill had left up, where the books say that somebody followed."""
    pairs = aligned(truth["passages"], books["passages"]).pairs
    return sorted({real["vehicle"] for real, booked in pairs if real["vehicle"] in dared and booked["tailgate"]})


def _is_told(cases: Iterable[Case], lane: str, at: datetime) -> bool:
    return any(
        case.lane in {lane, ""} and at - timedelta(seconds=10) <= case.at <= at + CASE_WITHIN
        for case in cases
        if case.device in {"arm", "agent", "board", "safety loop", "exit loop"}
    )


def _unmeasured(truth: Site, books: Site, cases: Sequence[Case]) -> list[str]:
    """Vehicles of another class than booked, where the profiler was said to have measured nothing for them."""
    classes = {visit["visit"]: visit["class"] for visit in books["visits"]}
    before: dict[str, datetime] = {}
    vehicles: list[str] = []
    for real, booked in sorted(aligned(truth["passages"], books["passages"]).pairs, key=lambda pair: pair[0]["at"]):
        at, since = datetime.fromisoformat(real["at"]), before.get(real["lane"])
        before[real["lane"]] = at
        kind = truth["vehicles"][real["vehicle"]]["class"]
        if real["direction"] != "in" or classes.get(booked["visit"], kind) == kind:
            continue
        if any(
            case.device == "profiler"
            and case.lane == real["lane"]
            and case.at < at + READ_WITHIN
            and (since is None or since - UNDER_THE_ARM < case.at)
            for case in cases
        ):
            vehicles.append(real["vehicle"])
    return vehicles


def explained(books: Site) -> Site:
    """The books with the visits that were named for passages afterwards: a visit names its passages."""
    whose = {visit[which]: visit["visit"] for visit in books["visits"] for which in ("entry_passage", "exit_passage")}
    passages = [{**each, "visit": each["visit"] or whose.get(each["passage"])} for each in books["passages"]]
    return {**books, "passages": passages}


def without(truth: Site, books: Site, vehicles: Iterable[str]) -> tuple[Site, Site]:
    """Both sides without these vehicles, totals counted anew."""
    gone = set(vehicles)
    left = {
        **truth,
        **{
            name: [each for each in truth[name] if each["vehicle"] not in gone]
            for name in ("openings", "passages", "transfers", "charges")
        },
        "vehicles": {name: each for name, each in truth["vehicles"].items() if name not in gone},
    }
    left["totals"] = {
        **{name: len(left[name]) for name in ("openings", "passages", "charges")},
        "payments": len(left["transfers"]),
        "visits": sum(each["entered_at"] is not None for each in left["vehicles"].values()),
        "charged_vnd": sum(each["amount"] for each in left["charges"]),
        "paid_vnd": sum(each["amount"] for each in left["transfers"]),
        "outstanding_vnd": sum(
            max(0, left["vehicles"][each["vehicle"]]["price"] - left["vehicles"][each["vehicle"]]["paid"])
            for each in left["charges"]
        ),
    }
    return _in_step(left, _books_without(truth, books, gone))


def _in_step(truth: Site, books: Site) -> tuple[Site, Site]:
    """Both sides with only those openings and passages that have a counterpart at about their time, in one order.

    The audit takes the k-th for the k-th: one too few would make all behind it look wrong. The totals keep the others.
    """
    here, there = dict(truth), dict(books)
    for what in ("openings", "passages"):
        pairs = sorted(aligned(truth[what], books[what]).pairs, key=lambda pair: str(pair[0]["at"]))
        here[what], there[what] = [real for real, _ in pairs], [booked for _, booked in pairs]
    return here, there


def _books_without(truth: Site, books: Site, gone: set[str]) -> Site:
    visits = _visits_of(truth, books, gone)
    openings, passages = (
        {each[what[:-1]] for each in books[what] if each["visit"] in visits} | _theirs(truth, books, what, gone)
        for what in ("openings", "passages")
    )
    left: Site = {
        "openings": [each for each in books["openings"] if each["opening"] not in openings],
        "passages": [each for each in books["passages"] if each["passage"] not in passages],
        "visits": [each for each in books["visits"] if each["visit"] not in visits],
        "charges": [each for each in books["charges"] if each["visit"] not in visits],
        "payments": [each for each in books["payments"] if each["visit"] not in visits],
    }
    charged, paid = (sum(each["amount"] for each in left[name]) for name in ("charges", "payments"))
    left["totals"] = {
        **{name: len(left[name]) for name in left},
        "visits": sum(each["entry_passage"] is not None for each in left["visits"]),
        "charged_vnd": charged,
        "paid_vnd": paid,
        "outstanding_vnd": charged - paid,
    }
    return left


def _visits_of(truth: Site, books: Site, gone: set[str]) -> set[str]:
    """The visits of these vehicles: by their plate, by their money, by who passed at that moment."""
    plates = {truth["vehicles"][name]["plate"] for name in gone}
    transfers = {str(each["id"]) for each in truth["transfers"] if each["vehicle"] in gone}
    passages = _theirs(truth, books, "passages", gone)
    return {
        *(visit["visit"] for visit in books["visits"] if visit["plate"] in plates),
        *(payment["visit"] for payment in books["payments"] if str(payment["provider_id"]) in transfers),
        *(passage["visit"] for passage in books["passages"] if passage["passage"] in passages and passage["visit"]),
    }


def _theirs(truth: Site, books: Site, what: str, gone: set[str]) -> set[str]:
    """What the books have of what these vehicles did."""
    return {booked[what[:-1]] for real, booked in aligned(truth[what], books[what]).pairs if real["vehicle"] in gone}
