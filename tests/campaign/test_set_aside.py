"""What is set aside after kills, and above all what is not."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from simulator.audit import differences
from tests.campaign.alignment import aligned
from tests.campaign.set_aside import Aside, Blind, Case, explained, found, without

NINE: Final = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
KILL: Final = Blind(NINE + timedelta(seconds=58), NINE + timedelta(seconds=65))
FOUND_UP: Final = Case("in-1", "arm", NINE + timedelta(seconds=64))


def at(seconds: float) -> str:
    return (NINE + timedelta(seconds=seconds)).isoformat()


def site(count: int = 3) -> dict[str, Any]:
    """The truth of cars that came in, one a half minute."""
    names = [f"SPS-{number}" for number in range(count)]
    return {
        "site": "SPS",
        "openings": [{"lane": "in-1", "at": at(30 * n - 3), "vehicle": name} for n, name in enumerate(names)],
        "passages": [
            {"lane": "in-1", "direction": "in", "at": at(30 * n), "vehicle": name} for n, name in enumerate(names)
        ],
        "vehicles": {name: _known(n, name) for n, name in enumerate(names)},
        "transfers": [],
        "charges": [],
        "totals": _totals(count),
    }


def _known(n: int, name: str) -> dict[str, Any]:
    return {
        "class": "CAR9",
        "plate": f"24A{name}",
        "entered_at": at(30 * n),
        "left_at": None,
        "paid": 0,
        "price": 30_000,
    }


def _totals(count: int) -> dict[str, int]:
    same = dict.fromkeys(("openings", "passages", "visits"), count)
    return same | dict.fromkeys(("charges", "payments", "charged_vnd", "paid_vnd", "outstanding_vnd"), 0)


def books(truth: dict[str, Any], *, unheard: int | None = None) -> dict[str, Any]:
    """Books that agree, but for one passage that nobody heard."""
    heard = [n for n in range(len(truth["passages"])) if n != unheard]
    return {
        "openings": [
            {"opening": f"o{n}", "lane": "in-1", "reason": "admitted", "visit": f"v{n}", "at": at(30 * n - 3)}
            for n in range(len(truth["openings"]))
        ],
        "passages": [
            {
                "passage": f"p{n}",
                "lane": "in-1",
                "direction": "in",
                "visit": f"v{n}",
                "tailgate": False,
                "at": at(30 * n + 0.1),
            }
            for n in heard
        ],
        "visits": [
            {
                "visit": f"v{n}",
                "class": "CAR9",
                "plate": f"24ASPS-{n}",
                "entry_passage": f"p{n}" if n in heard else None,
                "exit_passage": None,
            }
            for n in range(len(truth["passages"]))
        ],
        "charges": [],
        "payments": [],
        "totals": _totals(len(truth["passages"])) | dict.fromkeys(("passages", "visits"), len(heard)),
    }


def test_books_that_agree_need_nothing_set_aside() -> None:
    truth = site()
    aside = found(truth, books(truth), [FOUND_UP], [KILL])
    assert not any(aside)
    assert differences(*without(truth, books(truth), [])) == []


def test_a_passage_while_the_box_was_dead_is_set_aside_with_its_case() -> None:
    truth = site()
    said = books(truth, unheard=2)
    aside = found(truth, said, [FOUND_UP], [KILL])
    assert aside == Aside(["SPS-2"], [], [], [])
    assert differences(truth, said) != []
    assert differences(*without(truth, said, aside.unseen)) == []


def test_without_a_case_it_is_lost() -> None:
    truth = site()
    for cases in ([], [FOUND_UP._replace(lane="out-1")], [FOUND_UP._replace(at=NINE + timedelta(minutes=3))]):
        aside = found(truth, books(truth, unheard=2), cases, [KILL])
        assert aside.unseen == []
        assert "no case tells it" in aside.lost_in_plain_sight[0]


def test_while_the_boards_were_heard_no_case_excuses_it() -> None:
    truth = site()
    aside = found(truth, books(truth, unheard=1), [FOUND_UP], [KILL])
    assert aside.unseen == []
    assert "the boards were heard" in aside.lost_in_plain_sight[0]
    assert differences(*without(truth, books(truth, unheard=1), aside.unseen)) != []


def test_a_wrong_class_is_excused_by_a_profiler_that_said_so_and_by_nothing_else() -> None:
    truth = site()
    said = books(truth)
    said["visits"][1]["class"] = "MOTO"
    told = Case("in-1", "profiler", NINE + timedelta(seconds=20))
    assert found(truth, said, [told], []).unmeasured == ["SPS-1"]
    for case in (FOUND_UP, told._replace(lane="out-1"), told._replace(at=NINE - timedelta(seconds=9))):
        assert found(truth, said, [case], []).unmeasured == []


def test_a_visit_that_was_named_afterwards_is_the_passages() -> None:
    said = books(site())
    said["passages"][1]["visit"] = None
    assert explained(said)["passages"][1]["visit"] == "v1"


def test_a_passage_too_many_is_invented() -> None:
    truth = site()
    said = [
        *books(truth)["passages"],
        {"passage": "p9", "lane": "in-1", "direction": "in", "visit": None, "at": at(45)},
    ]
    whole = aligned(truth["passages"], said)
    assert [each["passage"] for each in whole.invented] == ["p9"]
    assert whole.lost == []
    assert len(whole.pairs) == 3
