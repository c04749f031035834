"""What a stay, or a day of one, costs when the rate changes in it: one function a policy."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from gate.tariff.ladder import Piece, climb, lessened, total
from gate.tariff.model import Boundary, Falling, Tariff
from gate.tariff.plan import MINUTE, Part

Parts = Sequence[Part]
NOT_LESS: Final = "not less"
LOWERED: Final = "lowered"


def cost(tariff: Tariff, kind: str, parts: Parts, ahead: Parts) -> list[Piece]:
    """The lines of the parts by the tariff's policy. `ahead`: as far as they could still go on at these prices."""
    lines = _cost(tariff, kind, parts)
    if len(ahead) == 1 or tariff.falling is None:
        return lines
    turning = _turning(tariff, ahead)
    if tariff.falling is Falling.KEEP:
        return _kept(tariff, kind, parts, lines, turning)
    end = parts[-1].until
    longer = (_until(ahead, at + 1) for at in turning if at >= end)
    least = min((total(_cost(tariff, kind, each)) for each in longer), default=total(lines))
    return lessened(lines, least, LOWERED)


def _kept(tariff: Tariff, kind: str, parts: Parts, lines: list[Piece], turning: Sequence[int]) -> list[Piece]:
    end, most = parts[-1].until, total(lines)
    for at in turning:
        shorter = _cost(tariff, kind, _until(parts, at)) if at < end else []
        if total(shorter) > most:
            most = total(shorter)
            lines = [*shorter, Piece(at, end, NOT_LESS, 0)]
    return lines


def _cost(tariff: Tariff, kind: str, parts: Parts) -> list[Piece]:
    if tariff.boundary is Boundary.LARGER and _is_both(tariff, parts):
        return _joined(kind, parts)
    return _POLICIES[tariff.boundary](kind, parts)


def _is_both(tariff: Tariff, parts: Parts) -> bool:
    least = tariff.both_from_minutes
    return least is not None and parts[-1].until - parts[0].since >= least * MINUTE


def _whole(kind: str, parts: Parts, by: Part) -> list[Piece]:
    return climb(by.steps, parts[0].since, parts[-1].until, f"{by.rate} {kind}")


def _follow(kind: str, parts: Parts) -> list[Piece]:
    return _whole(kind, parts, parts[0])


def _split(kind: str, parts: Parts) -> list[Piece]:
    return [line for part in parts for line in climb(part.steps, part.since, part.until, f"{part.rate} {kind}")]


def _joined(kind: str, parts: Parts) -> list[Piece]:
    lines, used = [], defaultdict[str, int](int)
    for part in parts:
        lines += climb(part.steps, part.since, part.until, f"{part.rate} {kind}", used[part.rate])
        used[part.rate] += part.until - part.since
    return lines


def _larger(kind: str, parts: Parts) -> list[Piece]:
    held = _held(parts)
    return _whole(kind, parts, max(parts, key=lambda part: held[part.rate]))


def _best(kind: str, parts: Parts) -> list[Piece]:
    each = {part.rate: part for part in parts}
    return min((_split(kind, parts), *(_whole(kind, parts, part) for part in each.values())), key=total)


_POLICIES: Final[dict[Boundary, Callable[[str, Parts], list[Piece]]]] = {
    Boundary.FOLLOW: _follow,
    Boundary.SPLIT: _split,
    Boundary.JOINED: _joined,
    Boundary.LARGER: _larger,
    Boundary.BEST: _best,
}


def _held(parts: Parts) -> dict[str, int]:
    held = defaultdict[str, int](int)
    for part in parts:
        held[part.rate] += part.until - part.since
    return held


def _turning(tariff: Tariff, parts: Parts) -> list[int]:
    """The last moments before a policy may change its mind; between them prices only rise."""
    found = {part.until for part in parts[:-1]}
    for number, part in enumerate(parts[1:], 1):
        held = _held(parts[:number])
        found |= {part.since + ahead - held.get(part.rate, 0) for ahead in held.values()}
    if tariff.both_from_minutes is not None:
        found.add(parts[0].since + tariff.both_from_minutes * MINUTE - 1)
    return sorted(at for at in found if parts[0].since < at < parts[-1].until)


def _until(parts: Parts, at: int) -> Parts:
    return [part._replace(until=min(part.until, at)) for part in parts if part.since < at]
