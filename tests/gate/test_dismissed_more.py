"""A word about little is none about much."""

from gate.findings import Code
from gate.working import What, Word, standings

SUBJECT = "sepay:1"


def _settled(*said: tuple[str, int]) -> int | None:
    words = [Word(Code.NOTICE_REFUSED, SUBJECT, What.DISMISS, by, amount) for by, amount in said]
    return standings(words)[Code.NOTICE_REFUSED, SUBJECT].settled


def test_who_dismissed_little_has_not_dismissed_much() -> None:
    assert _settled(("lan", 1_000), ("hoa", 50_000_000)) is None
    assert _settled(("lan", 0), ("hoa", 50_000_000)) == 0
    assert _settled(("lan", 1_000), ("hoa", 50_000_000), ("lan", 50_000_000)) == 50_000_000


def test_two_persons_still_do() -> None:
    assert _settled(("lan", 1_000), ("hoa", 1_000)) == 1_000
    assert _settled(("lan", 5_000), ("hoa", 1_000)) == 1_000
