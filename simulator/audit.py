"""The books of a site against the world's truth, item by item. Pure: two documents in, differences in words out.

The k-th passage of a lane in the books is the k-th in truth, so a visit's entry passage names the vehicle whose visit
it is; all else is asked of that vehicle. How its plate was read does not matter once it was matched rightly.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

Item = Mapping[str, Any]
Difference = dict[str, Any]

LISTS: Final = ("openings", "passages", "visits", "charges", "payments")
TOTALS: Final = (*LISTS, "charged_vnd", "paid_vnd", "outstanding_vnd")


def all_differences(truth: Item, books: Mapping[str, Item]) -> list[Difference]:
    """Of every site: `truth` is the world's file, `books` has each site's books by its code."""
    found = []
    for site, known in truth["sites"].items():
        if site in books:
            found += differences(known, books[site])
        else:
            found.append(_difference(site, "no books", site, "a site of the world", None))
    for site in sorted(set(books) - set(truth["sites"])):
        found.append(_difference(site, "no such site", site, None, "a site of the books"))
    return found


def differences(truth: Item, books: Item) -> list[Difference]:
    """Of one site: each `{"site", "what", "item", "truth", "books"}`; empty when they agree.

    `truth` is the site's part of the world's file, `books` what `GET /v1/books/{site}` answered.
    """
    site = str(truth["site"])
    missing = [name for name in (*LISTS, "totals") if name not in books]
    if missing:
        return [_difference(site, "books incomplete", name, "a list", None) for name in missing]
    return [_difference(site, *found) for found in _Audit(truth, books).found()]


Found = tuple[str, str, Any, Any]


class _Audit:
    """One comparison. `vehicle_of` maps each visit of the books to the vehicle that its entry passage names."""

    def __init__(self, truth: Item, books: Item) -> None:
        self.truth = truth
        self.books = books
        self.vehicles: Mapping[str, Item] = truth["vehicles"]
        self.passed = _pair(books["passages"], truth["passages"])
        self.vehicle_of = {
            str(visit["visit"]): self.passed[visit["entry_passage"]]["vehicle"]
            for visit in books["visits"]
            if visit["entry_passage"] in self.passed and self.passed[visit["entry_passage"]]["direction"] == "in"
        }

    def found(self) -> Iterator[Found]:
        yield from self.openings()
        yield from self.passages()
        yield from self.visits()
        yield from self.charges()
        yield from self.payments()
        yield from self.outstanding()
        yield from self.totals()

    def openings(self) -> Iterator[Found]:
        truth, books = _by_lane(self.truth["openings"]), _by_lane(self.books["openings"])
        for lane in sorted({*truth, *books}):
            if len(truth[lane]) != len(books[lane]):
                yield "openings of a lane", lane, len(truth[lane]), len(books[lane])
            for real, booked in zip(truth[lane], books[lane], strict=False):  # the count speaks of a surplus
                vehicle = self.vehicle_of.get(booked["visit"])
                if vehicle is not None and vehicle != real["vehicle"]:
                    yield "opening for another vehicle", str(booked["opening"]), real["vehicle"], vehicle
        for opening in self.books["openings"]:
            if not opening["reason"]:
                yield "opening without a reason", str(opening["opening"]), "exactly one reason", opening["reason"]

    def passages(self) -> Iterator[Found]:
        truth, books = _by_lane(self.truth["passages"]), _by_lane(self.books["passages"])
        for lane in sorted({*truth, *books}):
            if len(truth[lane]) != len(books[lane]):
                yield "passages of a lane", lane, len(truth[lane]), len(books[lane])
        for passage in self.books["passages"]:
            yield from self.passage(passage)

    def passage(self, passage: Item) -> Iterator[Found]:
        real = self.passed.get(passage["passage"])
        name = str(passage["passage"])
        if real is None:
            return  # one too many: the count of its lane says so
        if real["direction"] != passage["direction"]:
            yield "direction of a passage", name, real["direction"], passage["direction"]
        if passage["visit"] is None:
            yield "passage without a visit", name, real["vehicle"], None
        elif self.vehicle_of.get(passage["visit"]) != real["vehicle"]:
            yield "passage of another vehicle's visit", name, real["vehicle"], self.whose(passage["visit"])

    def visits(self) -> Iterator[Found]:
        times = Counter(self.vehicle_of.values())
        for name, vehicle in self.vehicles.items():
            if times[name] != (vehicle["entered_at"] is not None):
                yield "visits of a vehicle", name, int(vehicle["entered_at"] is not None), times[name]
        for visit in self.books["visits"]:
            yield from self.visit(visit)
        left = {self.passed[visit["exit_passage"]]["vehicle"] for visit in self.books["visits"] if self.has_exit(visit)}
        for name, vehicle in self.vehicles.items():
            if vehicle["left_at"] is not None and name not in left:
                yield "exit of a vehicle", name, vehicle["left_at"], None

    def visit(self, visit: Item) -> Iterator[Found]:
        name = str(visit["visit"])
        vehicle = self.vehicle_of.get(name)
        if vehicle is None:
            if visit["entry_passage"] is not None or visit["exit_passage"] is not None:
                yield "visit of no vehicle", name, None, [visit["entry_passage"], visit["exit_passage"]]
            return
        if visit["class"] != self.vehicles[vehicle]["class"]:
            yield "class of a visit", f"{name} ({vehicle})", self.vehicles[vehicle]["class"], visit["class"]
        if visit["exit_passage"] is None:
            return
        gone = self.passed.get(visit["exit_passage"])
        if gone is None or gone["direction"] != "out":
            yield "exit passage of a visit", f"{name} ({vehicle})", None, visit["exit_passage"]
        elif gone["vehicle"] != vehicle:
            yield "exit of another vehicle", name, vehicle, gone["vehicle"]

    def has_exit(self, visit: Item) -> bool:
        passage = self.passed.get(visit["exit_passage"])
        return passage is not None and passage["direction"] == "out"

    def charges(self) -> Iterator[Found]:
        due = {charge["vehicle"]: charge["amount"] for charge in self.truth["charges"]}
        booked: dict[str, list[int]] = defaultdict(list)
        for charge in self.books["charges"]:
            vehicle = self.vehicle_of.get(charge["visit"])
            if vehicle is None:
                yield "charge of no vehicle", str(charge["visit"]), None, charge["amount"]
            else:
                booked[vehicle].append(charge["amount"])
        for vehicle in [*due, *(name for name in booked if name not in due)]:
            expected = [due[vehicle]] if vehicle in due else []
            if booked[vehicle] != expected:
                yield "charges of a vehicle", vehicle, expected, booked[vehicle]

    def payments(self) -> Iterator[Found]:
        booked: dict[str, list[Item]] = defaultdict(list)
        for payment in self.books["payments"]:
            booked[str(payment["provider_id"])].append(payment)
        for transfer in self.truth["transfers"]:
            yield from self.transfer(transfer, booked.pop(str(transfer["id"]), []))
        for number, payments in booked.items():
            yield "payment without a transfer", number, None, [payment["amount"] for payment in payments]

    def transfer(self, transfer: Item, payments: list[Item]) -> Iterator[Found]:
        number = str(transfer["id"])
        if len(payments) != 1:
            yield "payments of a transfer", number, 1, len(payments)
        for payment in payments:
            if payment["amount"] != transfer["amount"]:
                yield "amount of a payment", number, transfer["amount"], payment["amount"]
            if self.vehicle_of.get(payment["visit"]) != transfer["vehicle"]:
                yield "payment for another visit", number, transfer["vehicle"], self.whose(payment["visit"])

    def outstanding(self) -> Iterator[Found]:
        owed: Counter[str] = Counter()
        for charge in self.books["charges"]:
            owed[self.vehicle_of.get(charge["visit"], "")] += charge["amount"]
        for payment in self.books["payments"]:
            owed[self.vehicle_of.get(payment["visit"], "")] -= payment["amount"]
        charged = {charge["vehicle"] for charge in self.truth["charges"]}
        for name, vehicle in self.vehicles.items():
            truth = max(0, vehicle["price"] - vehicle["paid"]) if name in charged else 0
            if max(0, owed[name]) != truth:
                yield "owed by a vehicle", name, truth, max(0, owed[name])

    def totals(self) -> Iterator[Found]:
        for name in TOTALS:
            truth, books = self.truth["totals"][name], self.books["totals"].get(name)
            if truth != books:
                yield "total", name, truth, books

    def whose(self, visit: str | None) -> str | None:
        """The visit in the reader's words."""
        return None if visit is None else f"{visit} ({self.vehicle_of.get(visit, 'no vehicle')})"


def _pair(books: Iterable[Item], truth: Iterable[Item]) -> dict[str, Item]:
    """Passage of the books -> passage in truth, by its place on its lane."""
    real, booked = _by_lane(truth), _by_lane(books)
    return {
        passage["passage"]: known
        for lane in booked
        for passage, known in zip(booked[lane], real[lane], strict=False)  # a surplus is a difference of its own
    }


def _by_lane(items: Iterable[Item]) -> dict[str, list[Item]]:
    lanes: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        lanes[item["lane"]].append(item)
    return lanes


def _difference(site: str, what: str, item: str, truth: Any, books: Any) -> Difference:
    return {"site": site, "what": what, "item": item, "truth": truth, "books": books}
