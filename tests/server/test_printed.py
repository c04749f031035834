"""The day on paper: its figures in Vietnamese and English, the same bytes for the same day, strangers' text as text."""

import pytest
from reportlab.platypus import Paragraph, Table
from sqlalchemy import Engine

from gate.money import dong
from server import months
from server.day_shown import FIGURES
from server.db import reading, transaction
from server.facts_day import CloseRow
from server.language import Language
from server.months import report_now
from server.printed.charts import bars
from server.printed.day import MONEY, Known, day_pdf, story, styles
from server.printed.fonts import fonts
from server.printed.words import WORDS
from server.register import SiteRow
from tests.server.box import Box, notice, paid, reference
from tests.server.closed import FIRST, HOUR, a_day, after, closed

EVIL = "<b>UBND</b> & <script>"


def known(engine: Engine, language: Language = Language.VI) -> Known:
    with reading(engine) as session:
        now = after(FIRST)
        return Known(
            site=session.get_one(SiteRow, "SPS"),
            on=FIRST,
            report=report_now(session, "SPS", FIRST, now),
            close=session.get(CloseRow, ("SPS", FIRST)),
            share=months.shares(session, "SPS", [FIRST])[FIRST],
            came=months.by_class(session, "SPS", [FIRST]),
            now=now,
            language=language,
        )


def said(known: Known) -> str:
    """All texts of its paragraphs and tables."""
    found: list[str] = []
    for each in story(known, styles()):
        if isinstance(each, Table):
            found += [str(cell) for row in each._cellvalues for cell in row]  # noqa: SLF001 - it has no public name
        elif isinstance(each, Paragraph):
            found.append(each.getPlainText())
    return "\n".join(found)


@pytest.mark.parametrize("language", Language)
def test_the_same_day_gives_the_same_bytes(sqlite: Engine, language: Language) -> None:
    a_day(sqlite, Box(), FIRST)
    first, second = day_pdf(known(sqlite, language)), day_pdf(known(sqlite, language))
    assert first == second
    assert first.startswith(b"%PDF-")
    assert len(first) < 200_000


@pytest.mark.parametrize("language", Language)
def test_every_figure_of_money_is_on_it(engine: Engine, language: Language) -> None:
    a_day(engine, Box(), FIRST, stays=3)
    found = known(engine, language)
    text = said(found)
    for name in MONEY:
        assert FIGURES[name][language is Language.EN] in text
        assert dong(found.report.money[name]) in text
    assert found.report.money["charged"] > 0


def test_a_closed_day_has_its_hash_and_what_is_otherwise_now(engine: Engine) -> None:
    a_day(engine, Box(), FIRST)
    closed(engine, FIRST)
    assert WORDS["at_close"][0] not in said(known(engine))
    paid(engine, notice(99, reference(99), transactionDate="2026-11-23 20:00:00"), after(FIRST) - 10 * HOUR)
    found = known(engine)
    text = said(found)
    assert found.close is not None
    assert found.close.sha256 in text
    assert WORDS["at_close"][0] in text
    assert dong(60_000) in text
    assert dong(found.report.money["received"]) in text


def test_what_strangers_wrote_is_no_markup(sqlite: Engine) -> None:
    with transaction(sqlite) as session:
        row = session.get_one(SiteRow, "SPS")
        row.name_vi = row.account_name = EVIL
    a_day(sqlite, Box(), FIRST)
    assert day_pdf(known(sqlite)).startswith(b"%PDF-")


def test_an_empty_day_and_an_empty_chart_have_a_page(sqlite: Engine) -> None:
    assert day_pdf(known(sqlite)).startswith(b"%PDF-")
    drawing = bars({"x": [0] * 24}, fonts().plain)
    assert drawing.width > 0


def test_words_are_there_in_both_languages() -> None:
    assert not [key for key, pair in WORDS.items() if not all(word.strip() for word in pair)]
