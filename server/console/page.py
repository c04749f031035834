"""Pages made from templates: escaped, in the reader's language, with what every page shows."""

import gzip
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gate.money import dong, grouped
from server.auth import Person
from server.console import assets, once, shown, tabs
from server.console.objections import objection
from server.console.words import WORDS, Say, language_of, named, speaker
from server.language import Language
from server.roles import Power
from server.turning import straight

LANGUAGE: Final = "lang"
WORTH_PACKING: Final = 1_000
"""Bytes; less than this fits into one packet anyway."""
_QUICK: Final = 4

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
    straight=straight,
)
_pages.globals.update(asset=assets.address, Power=Power, once_token=once.fresh)


def language(request: Request) -> Language:
    """What this browser reads."""
    return language_of(request.cookies.get(LANGUAGE))


def say_to(request: Request) -> Say:
    """The words in this browser's language."""
    return speaker(language(request))


def text(request: Request, template: str, person: Person | None, **values: Any) -> str:
    """A template with its values, everything escaped that is not a template's own."""
    frame = {
        "tabs": tabs.tabs_of(person),
        "here": request.url.path,
        "asked": _asked(request),
        "said": _said(request),
    }
    return part(language(request), template, person, **frame | values)


def part(spoken: Language, template: str, person: Person | None, **values: Any) -> str:
    """A part of a page, which nobody need have asked for: it knows no address."""
    say = speaker(spoken)
    frame = {
        "t": say,
        "word": partial(named, say),
        "objected": partial(objection, say=say),
        "lang": spoken.value,
        "person": person,
        "now": datetime.now(UTC),
    }
    return _pages.get_template(template).render(**frame | values)


def page(request: Request, template: str, person: Person | None, *, status: int = 200, **values: Any) -> Response:
    """The template as an answer, packed where the browser takes it so."""
    body = text(request, template, person, status=status, **values).encode()
    headers = {"Vary": "Accept-Encoding, Cookie, HX-Request"}
    if len(body) > WORTH_PACKING and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, _QUICK, mtime=0)
    return HTMLResponse(body, status, headers)


def seen(request: Request, path: str, said: str = "", **query: str) -> Response:
    """After a form did its work: look at `path`, where the word `said.SAID` stands at the top. What a reload sends
    again is that look, never the form."""
    if said and f"said.{said}" not in WORDS:
        raise KeyError(f"said.{said}")
    asked = urlencode({**query, **({"said": said} if said else {})})
    where = f"{path}?{asked}" if asked else path
    if "hx-request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": where})
    return RedirectResponse(where, 303)


def _asked(request: Request) -> str:
    """The query of this address without the word of the last form, for links that keep it."""
    return urlencode([(name, value) for name, value in request.query_params.multi_items() if name != "said"])


def _said(request: Request) -> str:
    """What the last form did, as a key of words; empty for anything that we do not say."""
    key = f"said.{request.query_params.get('said', '')}"
    return key if key in WORDS else ""
