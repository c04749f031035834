"""Whatever is refused about money and price lists is said in Vietnamese as well, and names what and which value."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gate.tariff import BadTariff, load
from gate.wire import encode
from server.refusals import CHECKS, MONEY, TARIFFS, bilingual, in_both
from tests.server.box import TARIFF

ROOT = Path(__file__).resolve().parents[2]
OF_MONEY = (
    "effects",
    "undo_checks",
    "payments",
    "decisions",
    "refunds",
    "refund_accounts",
    "account_changes",
    "claims",
    "transfers",
)
REFUSALS = {"Impossible", "NotYours", "NoSuch", "BadAccount", "BadDraft", "NoSuchTariff", "NoSuchSite", "BadDays"} | {
    "ValueError",
    "PermissionError",
    "BadTariff",
}
SOURCES = {
    "MONEY": [f"server/{name}.py" for name in (*OF_MONEY, "money_rules", "typed_by", "money_shown", "cli_money")],
    "TARIFFS": ["server/drafts.py", "server/replays.py", "server/cli_tariffs.py"],
    "CHECKS": ["gate/tariff/checking.py"],
}
KNOWN = {"MONEY": MONEY, "TARIFFS": TARIFFS, "CHECKS": CHECKS}


def refusals(file: Path) -> Iterator[str]:
    """What a module may say when it refuses, with X for what it fills in."""
    calls = (each.exc for each in ast.walk(ast.parse(file.read_text())) if isinstance(each, ast.Raise))
    for call in calls:
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in REFUSALS and call.args:
            yield from filled(call.args[0])


def filled(text: ast.expr) -> Iterator[str]:
    if isinstance(text, ast.IfExp):
        yield from (*filled(text.body), *filled(text.orelse))
    elif isinstance(text, ast.Constant):
        yield str(text.value)
    elif isinstance(text, ast.JoinedStr):
        yield "".join(str(each.value) if isinstance(each, ast.Constant) else "X" for each in text.values)


@pytest.mark.parametrize("name", SOURCES)
def test_every_refusal_has_its_vietnamese(name: str) -> None:
    said = [each for source in SOURCES[name] for each in refusals(ROOT / source)]
    said = [each for each in said if set(each) - set("X: ")]
    assert len(said) > 10
    assert [each for each in said if in_both(each, KNOWN[name]) == each] == []


def test_what_is_filled_in_stands_in_both() -> None:
    assert in_both("settle 50000: only 20000 is owed by SPS1", MONEY) == (
        "settle 50000: SPS1 chỉ còn nợ 20000 · settle 50000: only 20000 is owed by SPS1"
    )
    assert in_both("--by: lan (finance) may not correct stays", MONEY).startswith("--by: lan (finance) không có quyền")
    assert in_both("nobody foresaw this", MONEY) == "nobody foresaw this"
    assert in_both("there is no payment {0} {x}", MONEY).startswith("không có giao dịch {0} {x} · ")
    with pytest.raises(ValueError, match=r"^không có bãi XXX · there is no site XXX$"), bilingual(TARIFFS, LookupError):
        raise LookupError("there is no site XXX")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            lambda t: t["turns"]["CAR9"].update(ceiling="x"),
            r"got `str` - at `\$\.turns\[CAR9\]\.ceiling`: it is \"x\"$",
        ),
        (lambda t: t["turns"]["CAR9"].update(price=-5), r">= 0 - at `\$\.turns\[CAR9\]\.price`: it is -5$"),
        (lambda t: t["turns"]["CAR9"].pop("ceiling"), r"missing required field `ceiling` - at `\$\.turns\[CAR9\]`$"),
        (lambda t: t["turns"].update(XXX=t["turns"]["CAR9"]), r"'XXX' - at `key` in `\$\.turns`$"),
        (lambda t: t.update(until="2020-01-01T00:00:00+07:00"), r"ends at 2020-01-01T00:00:00\+07:00 before it begins"),
        (
            lambda t: t["turns"]["CAR9"].update(lost=10**9),
            r"^turns\.CAR9\.lost: 1000000000 is above the listed ceiling",
        ),
    ],
)
def test_an_unsound_tariff_names_class_and_value(change: Any, why: str) -> None:
    said = json.loads(encode(TARIFF))
    change(said)
    with pytest.raises(BadTariff, match=why):
        load(json.dumps(said).encode())
