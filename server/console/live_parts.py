"""The parts of the live page: drawn by themselves, and all of them."""

from datetime import UTC, datetime
from functools import partial
from typing import Final

from server.auth import Person
from server.centre import Centre
from server.console.bill_words import line_words
from server.console.cards import site_now
from server.console.page import part
from server.console.rooms import Draw, Parts, View, replacing
from server.console.words import speaker
from server.db import reading
from server.register import SiteRow
from server.roles import Power

_QUEUE: Final = "waiting-"


def drawing(centre: Centre) -> Draw:
    """What draws one view of a site: its head, each lane's card, its waiting drivers."""

    def draw(view: View) -> Parts:
        person = Person("", view.role, "")
        with reading(centre.engine) as session:
            site = session.get_one(SiteRow, view.site)
            shown = site_now(session, site, datetime.now(UTC), plates=person.may(Power.SEE_PLATES))
        values = {"shown": shown, "pushed": True, "what_of": partial(line_words, say=speaker(view.language))}
        drawn = {f"head-{view.site}": part(view.language, "live_head.html", person, **values)}
        for card in shown.cards:
            name = f"card-{view.site}-{card.row.lane}"
            drawn[name] = part(view.language, "live_card.html", person, card=card, **values)
        drawn[f"{_QUEUE}{view.site}"] = part(view.language, "live_queue.html", person, **values)
        return drawn

    return draw


def whole(view: View, parts: Parts) -> str:
    """All of them, for a page that knows nothing yet or has other lanes."""
    if not any(name.startswith("card-") for name in parts):
        return "".join(map(replacing, parts.values()))
    cards = "".join(html for name, html in parts.items() if name.startswith("card-"))
    others = [html for name, html in parts.items() if not name.startswith("card-")]
    return "".join(map(replacing, [*others, f'<div class="cards" id="cards-{view.site}">{cards}</div>']))
