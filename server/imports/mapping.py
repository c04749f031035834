"""What a bank's or provider's file looks like, as data: a JSON file each, shipped in `mappings/` or written by finance.

docs/imports.md says how to write one.
"""

from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta, field

from gate.statements import LineKind
from gate.wire import Contract, Malformed, decode
from gate.written import folded

SHIPPED: Final = Path(__file__).parent / "mappings"
BANK_FIELDS: Final = frozenset(
    {"date", "reference", "debit", "credit", "amount", "balance", "text", "account", "currency"}
)
SETTLEMENT_FIELDS: Final = (
    "provider",
    "settlement_id",
    "session_date",
    "txn_time",
    "merchant_ref",
    "provider_ref",
    "bank_ref",
    "kind",
    "gross_vnd",
    "fee_vnd",
    "fee_vat_vnd",
    "net_vnd",
    "status",
    "site_code",
    "terminal_code",
    "payer_instrument",
    "raw_line",
    "file_sha256",
    "line_no",
)
"""The canonical layout, in its order (vietnam.md 4.2)."""
_NEEDED: Final = ("session_date", "txn_time", "provider_ref", "gross_vnd")
_BYTES_MAX: Final = 65_536
Words = tuple[Annotated[str, Meta(min_length=1, max_length=100)], ...]


class BadMapping(ValueError):
    """The mapping cannot be used; the message names it and the key."""


class Column(Contract):
    """Where a field stands: under any heading that has one of these words. `part` is the line of a cell of several
    lines, from 0; an `optional` one may be missing from the file."""

    words: Annotated[Words, Meta(min_length=1)]
    part: Annotated[int, Meta(ge=0, le=9)] | None = None
    optional: bool = False


class Mapping(Contract):
    """A layout. Words are compared without diacritics and case.

    `order`: of day and month where the year is last. `fill_down`: fields whose blank cell means the one above. `end`:
    rows beginning so end the data, and must come. `totals`: such a row holds the sums of debits and credits. `opening`
    and `closing`: rows of balances. `fees`: words in the text of the bank's own charges. `values`: what every line
    has. `kinds`: the provider's word for each kind. `unsigned`: kinds whose figures are written without their minus.
    `scale`: 100 where amounts count hundredths of a dong.
    """

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{1,40}$")]
    about: str
    kind: Literal["bank", "settlement"]
    columns: dict[str, Column]
    order: Literal["dmy", "mdy"] = "dmy"
    sheet: str = ""
    fill_down: tuple[str, ...] = ()
    end: Words = ()
    totals: bool = False
    opening: Words = ()
    closing: Words = ()
    fees: Words = ()
    values: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, LineKind] = field(default_factory=dict)
    unsigned: tuple[LineKind, ...] = ()
    scale: Literal[1, 100] = 1


def load(path: Path) -> Mapping:
    """The mapping in a file. Raises BadMapping."""
    try:
        return checked(decode(path.read_bytes(), Mapping, _BYTES_MAX), str(path))
    except OSError as error:
        raise BadMapping(f"{path}: {error.strerror}") from error
    except Malformed as error:
        raise BadMapping(f"{path}: {error}") from error


@cache
def shipped() -> dict[str, Mapping]:
    """All mappings that come with the product, by name."""
    found = [load(path) for path in sorted(SHIPPED.glob("*.json"))]
    return {each.name: each for each in found}


def named(said: str) -> Mapping:
    """The shipped mapping of that name, or the one in that file. Raises BadMapping."""
    if said in shipped():
        return shipped()[said]
    if said.endswith(".json"):
        return load(Path(said))
    raise BadMapping(f"{said}: is no mapping; there are {', '.join(shipped())}, or name a .json file")


def checked(mapping: Mapping, where: str) -> Mapping:
    """The mapping itself if it makes sense as a whole. Raises BadMapping."""
    known = BANK_FIELDS if mapping.kind == "bank" else frozenset(SETTLEMENT_FIELDS)
    for key in (*mapping.columns, *mapping.fill_down, *mapping.values):
        if key not in known:
            raise BadMapping(
                f"{where}: {key} is no field of a {mapping.kind} file; there are {', '.join(sorted(known))}"
            )
    for key in mapping.fill_down:
        if key not in mapping.columns:
            raise BadMapping(f"{where}: fill_down: {key} has no column")
    missing = _missing(mapping)
    if missing:
        raise BadMapping(f"{where}: columns: {missing}")
    return mapping


def _missing(mapping: Mapping) -> str:
    has = {*mapping.columns, *mapping.values}
    if mapping.kind == "settlement":
        lacks = [key for key in _NEEDED if key not in has]
        lacks += [key for key in ("provider",) if key not in has]
        return f"{', '.join(lacks)} must be there" if lacks else ""
    if not {"date", "text"} <= has:
        return "date and text must be there"
    if ("amount" in has) == bool({"debit", "credit"} <= has):
        return "either debit and credit, or amount"
    return ""


def starts(said: str, words: Words) -> bool:
    """Whether a folded text begins with one of the words."""
    return said.startswith(_folded(words))


def is_in(words: Words, said: str) -> bool:
    """Whether one of the words is in a text."""
    text = folded(said) if words else ""
    return any(word in text for word in _folded(words))


@lru_cache(maxsize=1_000)
def _folded(words: Words) -> tuple[str, ...]:
    return tuple(map(folded, words))
