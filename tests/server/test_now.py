"""Ingest's own copies have the fields of the tables that they become."""

import msgspec
import pytest
from sqlmodel import SQLModel

from server.derived import LaneNowRow, VisitRow
from server.now import LaneNow, VisitNow


@pytest.mark.parametrize(("copy", "table"), [(VisitNow, VisitRow), (LaneNow, LaneNowRow)])
def test_a_copy_has_the_fields_of_its_table(copy: type[msgspec.Struct], table: type[SQLModel]) -> None:
    assert set(copy.__struct_fields__) == set(table.model_fields)
