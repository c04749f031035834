"""The audit finds each kind of difference, and names it; books that are right give none."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from simulator.audit import all_differences, differences

Document = dict[str, Any]

A, B, C = "SPSAAAAAAAA", "SPSBBBBBBBB", "SPSCCCCCCCC"  # visits in the books of M-1, M-2 and M-3


def world() -> Document:
    """A motorbike that paid and left, a car that left owing, a coach that is parked, a bike that never came in."""
    return {
        "site": "SPS",
        "openings": [{"lane": lane, "at": "", "vehicle": who} for lane, who in [*WAY_IN, *WAY_OUT]],
        "passages": [
            *({"lane": lane, "direction": "in", "vehicle": who, "at": ""} for lane, who in WAY_IN),
            *({"lane": lane, "direction": "out", "vehicle": who, "at": ""} for lane, who in WAY_OUT),
        ],
        "vehicles": {
            "M-1": vehicle("MOTO", 10_000, entered_at="8:00", left_at="9:00", paid=10_000),
            "M-2": vehicle("CAR9", 30_000, entered_at="8:01", left_at="9:01"),
            "M-3": vehicle("BUS30", 70_000, entered_at="8:02"),
            "M-4": vehicle("MOTO", 10_000),
        },
        "transfers": [{"id": "77", "vehicle": "M-1", "amount": 10_000, "content": "", "reference": A, "at": ""}],
        "charges": [{"vehicle": "M-1", "amount": 10_000}, {"vehicle": "M-2", "amount": 30_000}],
        "totals": dict(TOTALS),
    }


WAY_IN = [("in-1", "M-1"), ("in-1", "M-2"), ("in-1", "M-3")]
WAY_OUT = [("out-1", "M-1"), ("out-1", "M-2")]
TOTALS = {
    "openings": 5,
    "passages": 5,
    "visits": 3,
    "charges": 2,
    "payments": 1,
    "charged_vnd": 40_000,
    "paid_vnd": 10_000,
    "outstanding_vnd": 30_000,
}


def vehicle(kind: str, price: int, **known: Any) -> Document:
    """One of the world's vehicles."""
    nothing = {"entered_at": None, "left_at": None, "paid": 0, "where": ""}
    return {"class": kind, "plate": "24A12345", "price": price} | nothing | known


def honest() -> Document:
    """Books that agree. Passages: e1 e2 e3 at the entry, x1 x2 at the exit."""
    way_in, way_out = [("e1", A), ("e2", B), ("e3", C)], [("x1", A), ("x2", B)]
    visits = [(A, "MOTO", "e1", "x1"), (B, "CAR9", "e2", "x2"), (C, "BUS30", "e3", None)]
    return {
        "openings": [
            *(opening(f"o{name}", "in-1", visit) for name, visit in way_in),
            *(opening(f"o{name}", "out-1", visit) for name, visit in way_out),
        ],
        "passages": [
            *(passage(name, "in-1", "in", visit) for name, visit in way_in),
            *(passage(name, "out-1", "out", visit) for name, visit in way_out),
        ],
        "visits": [
            {"visit": visit, "class": kind, "plate": "?", "entry_passage": came, "exit_passage": gone, "state": ""}
            for visit, kind, came, gone in visits
        ],
        "charges": [{"visit": A, "amount": 10_000, "vat": 741}, {"visit": B, "amount": 30_000, "vat": 2_222}],
        "payments": [payment("77", A, 10_000)],
        "totals": dict(TOTALS),
    }


def opening(name: str, lane: str, visit: str | None) -> Document:
    """One opening of the books."""
    return {"opening": name, "lane": lane, "reason": "admitted", "by": "rule", "visit": visit, "at": ""}


def passage(name: str, lane: str, direction: str, visit: str | None) -> Document:
    """One passage of the books."""
    return {"passage": name, "lane": lane, "direction": direction, "visit": visit, "opening": "", "tailgate": False}


def payment(number: str, visit: str | None, amount: int) -> Document:
    """One payment of the books."""
    known = {"provider": "sepay", "provider_id": number, "outcome": "settled", "at": ""}
    return known | {"visit": visit, "amount": amount}


def test_right_books_have_no_difference() -> None:
    assert differences(world(), honest()) == []


def test_a_misread_plate_is_no_difference() -> None:
    books = honest()
    books["visits"][0]["plate"] = "99Z99999"
    assert differences(world(), books) == []


def test_a_visit_that_was_voided_before_it_passed_is_no_difference() -> None:
    books = honest()
    void = {"visit": "SPSDDDDDDDD", "class": "CAR9", "plate": "", "entry_passage": None, "exit_passage": None}
    books["visits"].append(void | {"state": "void"})
    assert differences(world(), books) == []


def _swap_exits(books: Document) -> None:
    first, second, _ = books["visits"]
    first["exit_passage"], second["exit_passage"] = "x2", "x1"


def _swap_entries(books: Document) -> None:
    first, second, _ = books["visits"]
    first["entry_passage"], second["entry_passage"] = "e2", "e1"


def _halve(books: Document) -> None:
    books["charges"][0]["amount"] -= 4_000
    books["charges"].append({"visit": A, "amount": 4_000})


def _set(name: str, place: int, key: str, value: Any) -> Callable[[Document], None]:
    def change(books: Document) -> None:
        books[name][place][key] = value

    return change


def _drop(name: str, place: int) -> Callable[[Document], None]:
    return lambda books: books[name].pop(place) and None


def _add(name: str, item: Document) -> Callable[[Document], None]:
    return lambda books: books[name].append(item)


CASES = {
    "an opening is missing": (_drop("openings", 0), {"openings of a lane", "opening for another vehicle"}),
    "an opening too many": (_add("openings", opening("o9", "out-1", None)), {"openings of a lane"}),
    "an opening without a reason": (_set("openings", 0, "reason", None), {"opening without a reason"}),
    "an opening for another": (_set("openings", 3, "visit", B), {"opening for another vehicle"}),
    "a passage is missing": (
        _drop("passages", 4),
        {"passages of a lane", "exit passage of a visit", "exit of a vehicle"},
    ),
    "a passage too many": (_add("passages", passage("x9", "out-1", "out", C)), {"passages of a lane"}),
    "a passage the other way": (_set("passages", 3, "direction", "in"), {"direction of a passage"}),
    "a passage without a visit": (_set("passages", 2, "visit", None), {"passage without a visit"}),
    "a passage of another's visit": (_set("passages", 3, "visit", B), {"passage of another vehicle's visit"}),
    "a visit is missing": (
        _drop("visits", 2),
        {"visits of a vehicle", "passage of another vehicle's visit"},
    ),
    "a visit twice": (
        _add("visits", {"visit": "X", "class": "BUS30", "entry_passage": "e3", "exit_passage": None}),
        {"visits of a vehicle"},
    ),
    "a visit that nobody made": (
        _add("visits", {"visit": "X", "class": "BUS30", "entry_passage": "e9", "exit_passage": None}),
        {"visit of no vehicle"},
    ),
    "a wrong class": (_set("visits", 0, "class", "CAR9"), {"class of a visit"}),
    "an exit is missing": (_set("visits", 0, "exit_passage", None), {"exit of a vehicle"}),
    "an exit that is an entry": (
        _set("visits", 0, "exit_passage", "e1"),
        {"exit passage of a visit", "exit of a vehicle"},
    ),
    "exits swapped": (_swap_exits, {"exit of another vehicle"}),
    "entries swapped": (
        _swap_entries,
        {
            "opening for another vehicle",
            "passage of another vehicle's visit",
            "class of a visit",
            "exit of another vehicle",
            "charges of a vehicle",
            "payment for another visit",
            "owed by a vehicle",
        },
    ),
    "a wrong price": (_set("charges", 0, "amount", 20_000), {"charges of a vehicle", "owed by a vehicle"}),
    "a charge is missing": (_drop("charges", 1), {"charges of a vehicle", "owed by a vehicle"}),
    "a charge twice": (
        _add("charges", {"visit": A, "amount": 10_000}),
        {"charges of a vehicle", "owed by a vehicle"},
    ),
    "a charge in two halves": (_halve, {"charges of a vehicle"}),
    "a charge too early": (
        _add("charges", {"visit": C, "amount": 70_000}),
        {"charges of a vehicle", "owed by a vehicle"},
    ),
    "a charge of nobody": (_add("charges", {"visit": "X", "amount": 1}), {"charge of no vehicle"}),
    "a payment is missing": (_drop("payments", 0), {"payments of a transfer", "owed by a vehicle"}),
    "a payment twice": (_add("payments", payment("77", A, 10_000)), {"payments of a transfer"}),
    "a payment of another amount": (
        _set("payments", 0, "amount", 9_000),
        {"amount of a payment", "owed by a vehicle"},
    ),
    "a payment for another": (_set("payments", 0, "visit", B), {"payment for another visit", "owed by a vehicle"}),
    "a payment for nobody": (_set("payments", 0, "visit", None), {"payment for another visit", "owed by a vehicle"}),
    "a payment without money": (_add("payments", payment("78", C, 5)), {"payment without a transfer"}),
    "a total": (lambda books: books["totals"].update(paid_vnd=1), {"total"}),
    "a total is missing": (lambda books: books["totals"].pop("visits") and None, {"total"}),
    "a list is missing": (lambda books: books.pop("charges") and None, {"books incomplete"}),
}


@pytest.mark.parametrize("case", list(CASES))
def test_each_kind_of_difference_is_found_and_no_other(case: str) -> None:
    change, kinds = CASES[case]
    books = honest()
    change(books)
    found = differences(world(), books)
    assert {difference["what"] for difference in found} == kinds
    assert all(set(difference) == {"site", "what", "item", "truth", "books"} for difference in found)


def test_a_difference_says_what_where_and_both_sides() -> None:
    books = honest()
    books["charges"][0]["amount"] = 20_000
    assert differences(world(), books)[0] == {
        "site": "SPS",
        "what": "charges of a vehicle",
        "item": "M-1",
        "truth": [10_000],
        "books": [20_000],
    }


def test_equal_totals_do_not_hide_unequal_items() -> None:
    books = honest()
    books["charges"] = [{"visit": A, "amount": 30_000}, {"visit": B, "amount": 10_000}]
    assert books["totals"] == world()["totals"]
    assert {difference["item"] for difference in differences(world(), books)} == {"M-1", "M-2"}


def test_the_documents_are_left_as_they_were() -> None:
    truth, books = world(), honest()
    before = copy.deepcopy((truth, books))
    differences(truth, books)
    assert (truth, books) == before


def test_a_site_without_books_and_books_without_a_site_are_differences() -> None:
    truth = {"sites": {"SPS": world(), "SPL": world() | {"site": "SPL"}}}
    found = all_differences(truth, {"SPS": honest(), "BHT": honest()})
    assert [(difference["site"], difference["what"]) for difference in found] == [
        ("SPL", "no books"),
        ("BHT", "no such site"),
    ]
