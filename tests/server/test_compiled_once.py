"""What is asked again and again is compiled once: a compilation costs more than most answers."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from server import frozen
from server.db import reading
from server.reconcile import local_date, look
from tests.server.box import MORNING, Box, book, reference

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def looked_at(engine: Engine) -> None:
    on = local_date(MORNING)
    with reading(engine) as session:
        look(session, "SPS", on, MORNING + DAY)
        frozen.gathered(session, "SPS", on)


def test_a_second_look_compiles_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    book(engine, *Box().stays(reference(1), MORNING, MORNING + HOUR))
    compiler, compiled = engine.dialect.statement_compiler, list[str]()

    def counted(dialect: Any, statement: Any, *rest: Any, **more: Any) -> Any:
        made = compiler(dialect, statement, *rest, **more)
        compiled.append(str(made))
        return made

    monkeypatch.setattr(engine.dialect, "statement_compiler", counted)
    looked_at(engine)
    assert compiled
    compiled.clear()
    looked_at(engine)
    assert compiled == []
