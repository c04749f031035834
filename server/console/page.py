"""Pages made from templates: escaped, in the reader's language, with what every page shows."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gate.money import dong, grouped
from server.auth import Person
from server.console import assets, shown
from server.console.objections import objection
from server.console.words import Say, language_of, named, speaker
from server.language import Language
from server.roles import Power

LANGUAGE: Final = "lang"

_pages: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_pages.filters.update(
    dong=dong,
    grouped=grouped,
    day=shown.day,
    clock=shown.clock,
    moment=shown.moment,
    recent=shown.recent,
    iso=shown.iso,
    percent=shown.percent,
    ahead=shown.ahead,
)
_pages.globals.update(asset=assets.address, Power=Power)


def language(request: Request) -> Language:
    """What this browser reads."""
    return language_of(request.cookies.get(LANGUAGE))


def say_to(request: Request) -> Say:
    """The words in this browser's language."""
    return speaker(language(request))


def text(request: Request, template: str, person: Person | None, **values: Any) -> str:
    """A template with its values, everything escaped that is not a template's own."""
    say = say_to(request)

    def word(family: str, value: str | None) -> str:
        return named(say, family, value)

    def objected(why: str) -> str:
        return objection(why, say)

    return _pages.get_template(template).render(
        t=say,
        word=word,
        objected=objected,
        lang=language(request).value,
        person=person,
        here=request.url.path,
        now=datetime.now(UTC),
        **values,
    )


def page(request: Request, template: str, person: Person | None, *, status: int = 200, **values: Any) -> HTMLResponse:
    """The template as an answer."""
    return HTMLResponse(text(request, template, person, status=status, **values), status)
