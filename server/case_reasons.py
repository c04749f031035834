"""Why people end findings: a code from a list, and words where the code does not say it all."""

from enum import StrEnum
from typing import Final

from gate.findings import Code
from server.help import Because
from server.work import NotSo

LEAST: Final = 3
"""Letters of a note that has to say it all."""
_JOINT: Final = ": "


class Reason(StrEnum):
    """Why nothing more is to be done about a finding, or why what was proposed is not so."""

    CHECKED = "checked"
    NOT_SO = "not_so"
    DEVICE = "device"
    DUPLICATE = "duplicate"
    TRIAL = "trial"
    AGREED = "agreed"
    OTHER = "other"


def reasons(code: Code) -> tuple[Because | Reason, ...]:
    """Those to choose from: an opening's are those that are given at the arm."""
    return tuple(Because) if code is Code.OPENING_UNEXPLAINED else tuple(Reason)


def noted(code: Code, reason: str, note: str) -> str:
    """What is kept: the reason's code, then the person's words. Raises NotSo."""
    said = " ".join(note.split())
    if reason not in {each.value for each in reasons(code)}:
        raise NotSo(f"{reason!r} is no reason for {code}")
    if reason == "other" and len(said) < LEAST:
        raise NotSo(f"another reason needs {LEAST} letters that say which")
    return _JOINT.join(part for part in (reason, said) if part)


def told(code: Code, kept: str) -> tuple[str, str]:
    """The reason's code and the words of what was kept; no code for words of another making."""
    reason, _, said = kept.partition(_JOINT)
    return (reason, said) if reason in {each.value for each in reasons(code)} else ("", kept)
