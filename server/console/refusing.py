"""What the books refused, in the reader's words, as the answer to a form."""

from fastapi import Request
from fastapi.responses import PlainTextResponse, Response

from server.console.page import language
from server.language import Language
from server.money_rules import NoSuch, NotYours
from server.refusals import MONEY, in_both
from server.refusals_bank import BANK
from server.refusals_stays import STAYS

_BETWEEN = " · "


def refused(request: Request, error: Exception) -> Response:
    """403 for what is not this person's to decide, 404 for what is not there, 409 for what is not possible now."""
    status = 403 if isinstance(error, NotYours) else 404 if isinstance(error, NoSuch) else 409
    said = why_not(request, str(error))
    return PlainTextResponse(said[:1].upper() + said[1:], status)


def why_not(request: Request, why: str) -> str:
    """What the books said, as this browser reads it."""
    vietnamese, _, english = in_both(why, STAYS | MONEY | BANK).partition(_BETWEEN)
    return english or vietnamese if language(request) is Language.EN else vietnamese
