"""What is asked again and again is compiled once: a compilation costs more than most answers."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

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


def test_a_second_look_makes_no_statement(engine: Engine) -> None:
    """Making one costs more than running it."""
    on, box = local_date(MORNING), Box()
    book(engine, *box.stays(reference(1), MORNING, MORNING + HOUR), *box.arrives(reference(2), MORNING))
    asked: list[Any] = []
    event.listen(engine, "before_execute", lambda _, statement, *__: asked.append(statement))
    for thorough in (False, True):
        made = []
        for _ in range(2):
            asked.clear()
            with reading(engine) as session:
                assert look(session, "SPS", on, MORNING + DAY, [], thorough=thorough).report.findings
            made.append(list(asked))
        assert len(made[0]) > 10
        assert [str(b) for a, b in zip(*made, strict=True) if a is not b] == []
