"""A price list out of the editor's form: what cannot be read is told by its field, all of it at once."""

import re
from datetime import date, datetime
from typing import Any, Final

import msgspec

from gate.tariff import BadTariff, Tariff, load
from server.console.prices_form import TYPED, Block, Sheet
from server.console.prices_refused import Places, Wrong, wrong
from server.console.words import Say
from server.reconcile import ZONE

_GROUPED: Final = re.compile(r"\d{1,3}(?:[.,\u00a0 ]\d{3})+|\d{1,10}")
_YEARLY: Final = re.compile(r"(\d{1,2})/(\d{1,2})")
_DATED: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


class Made:
    """What came of the form: a list, or what is wrong."""

    def __init__(self, sheet: Sheet, say: Say) -> None:
        self._say = say
        self.wrongs: list[Wrong] = []
        self.tariff: Tariff | None = None
        self.data = msgspec.json.encode(self._document(sheet))
        if self.wrongs:
            return
        try:
            self.tariff = load(self.data)
        except BadTariff as error:
            self.wrongs.append(wrong(str(error), places(sheet), say))

    def _document(self, sheet: Sheet) -> dict[str, Any]:
        """The list as JSON has it."""
        plain = sheet.plain
        found: dict[str, Any] = {
            "code": self._code(plain["code"]),
            "since": self._moment("since", plain["since"], needed=True),
            "legal_basis": self._needed("legal_basis", plain["legal_basis"]),
            "turns": self._turns(sheet),
            "vat": [
                {"since": self._moment(f"vat-{n}-since", at, needed=True), "rate_bp": self._rate(n, rate)}
                for n, (at, rate) in enumerate(sheet.vat)
            ],
            "per": plain["per"] or "turn",
            "boundary": plain["boundary"] or "follow",
            "events": [self._event(place, day) for place, day in enumerate(sheet.days)],
        }
        blocks = [(self._block(place, block), block.added) for place, block in enumerate(sheet.blocks)]
        found["rates"] = [block for block, added in blocks if not added]
        found["surcharges"] = [block for block, added in blocks if added]
        for name in ("free_minutes", "grace_to_pay_minutes", "grace_to_leave_minutes", "both_from_minutes"):
            self._put(found, name, self._number(name, plain[name]))
        self._put(found, "until", self._moment("until", plain["until"]))
        self._put(found, "falling", plain["falling"] or None)
        if plain["round_to"]:
            found["rounding"] = {"to": self._number("round_to", plain["round_to"]), "way": plain["round_way"] or "up"}
        if plain["basis_document"] or plain["basis_number"]:
            found["basis"] = {name: plain[f"basis_{name}"] for name in ("document", "number", "date")}
        return found

    def _code(self, said: str) -> str:
        """A code that may stand in an address."""
        if said and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", said):
            self._wrong("code", "prices.bad_code", said)
        return self._needed("code", said)

    def _turns(self, sheet: Sheet) -> dict[str, Any]:
        """Classes without any figure are not in the list."""
        found = {}
        for kind, said in sheet.turns.items():
            if not any(said.values()):
                continue
            row: dict[str, Any] = {}
            for name, value in said.items():
                amount = self._number(f"turn-{kind}-{name}", value, needed=name in {"price", "ceiling"})
                self._put(row, name, amount)
            found[kind] = row
        if not found:
            self._wrong("turn-CAR9-price", "prices.no_class")
        return found

    def _block(self, place: int, block: Block) -> dict[str, Any]:
        head = f"rate-{place}"
        found: dict[str, Any] = {"name": self._needed(f"{head}-name", block.name), "rows": {}}
        if block.start or block.end:
            found["hours"] = {"start": block.start, "end": block.end}
        if block.weekdays:
            found["weekdays"] = [int(day) for day in block.weekdays if day.isdecimal()]
        if block.first or block.last:
            season = {name: self._edge(f"{head}-{name}", getattr(block, name)) for name in ("first", "last")}
            found["season"] = season
        if block.events:
            found["events"] = list(block.events)
        for kind in dict.fromkeys(kind for step in block.steps for kind, said in step.prices.items() if said):
            found["rows"][kind] = [self._step(head, n, block, kind) for n in range(len(block.steps))]
        if not found["rows"]:
            self._wrong(f"{head}-step-0-CAR9", "prices.no_price")
        return found

    def _step(self, head: str, number: int, block: Block, kind: str) -> dict[str, Any]:
        step, name = block.steps[number], f"{head}-step-{number}"
        found: dict[str, Any] = {"price": self._number(f"{name}-{kind}", step.prices[kind], needed=True)}
        self._put(found, "minutes", self._number(f"{name}-minutes", step.minutes))
        self._put(found, "every", self._number(f"{name}-every", step.every))
        return found

    def _event(self, place: int, day: Any) -> dict[str, Any]:
        head = f"event-{place}"
        found: dict[str, Any] = {"name": self._needed(f"{head}-name", day["name"])}
        said = [each for each in re.split(r"[,;\s]+", day["dates"]) if each]
        found["dates"] = [self._date(f"{head}-dates", each) for each in said]
        if day["day"] or day["month"]:
            found["lunar"] = {
                "month": self._number(f"{head}-month", day["month"], needed=True),
                "day": self._number(f"{head}-day", day["day"], needed=True),
                "leap": day["leap"] == "1",
            }
        for name in ("before", "after"):
            self._put(found, name, self._number(f"{head}-{name}", day[name]))
        return found

    def _number(self, field: str, said: str, *, needed: bool = False) -> int | None:
        """`30000`, `30.000`, `30,000` and `30k` are the same."""
        if not said:
            if needed:
                self._none(field)
            return None
        text = said.removesuffix("₫").strip()
        times = 1_000 if text[-1:] in {"k", "K"} else 1
        digits = text[:-1] if times > 1 else text
        if not _GROUPED.fullmatch(digits) or not digits.isascii():
            self._wrong(field, "prices.no_number", said)
            return None
        return int(re.sub(r"\D", "", digits)) * times

    def _rate(self, place: int, said: str) -> int | None:
        """`8`, `8,5` and `8%` are per cent; the list has basis points."""
        found = re.fullmatch(r"(\d{1,2})(?:[.,](\d{1,2}))? *%?", said, re.ASCII)
        if found is None:
            self._wrong(f"vat-{place}-rate_bp", "prices.no_number", said)
            return None
        return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))

    def _moment(self, field: str, said: str, *, needed: bool = False) -> str | None:
        if not said:
            if needed:
                self._none(field)
            return None
        try:
            return datetime.strptime(said, TYPED).replace(tzinfo=ZONE).isoformat()
        except ValueError:
            self._wrong(field, "prices.no_moment", said)
            return None

    def _date(self, field: str, said: str) -> str:
        """`30/04/2027`, or as machines write it."""
        found = _DATED.fullmatch(said)
        text = f"{found[3]}-{found[2]:0>2}-{found[1]:0>2}" if found else said
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            self._wrong(field, "prices.no_date", said)
            return ""

    def _edge(self, field: str, said: str) -> str:
        """`01/06` of every year, or with a year."""
        found = _YEARLY.fullmatch(said)
        return f"{found[2]:0>2}-{found[1]:0>2}" if found else self._date(field, said)

    def _needed(self, field: str, said: str) -> str:
        if not said:
            self._none(field)
        return said

    def _none(self, field: str) -> None:
        self._wrong(field, "prices.missing")

    def _wrong(self, field: str, key: str, value: str = "") -> None:
        self.wrongs.append(Wrong(field, self._say(key, value=value) if value else self._say(key)))

    @staticmethod
    def _put(found: dict[str, Any], name: str, value: Any) -> None:
        if value is not None:
            found[name] = value


def places(sheet: Sheet) -> Places:
    """Where each block and each event stands in the form."""
    return Places(
        {block.name: place for place, block in enumerate(sheet.blocks)},
        {day["name"]: place for place, day in enumerate(sheet.days)},
        [place for place, block in enumerate(sheet.blocks) if not block.added],
        [place for place, block in enumerate(sheet.blocks) if block.added],
    )
