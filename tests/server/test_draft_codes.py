"""A price list's code is a name in addresses: what would break one is refused where it is written."""

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine

from gate.wire import encode
from server import drafts
from server.db import transaction
from server.drafts import BadDraft
from server.register_tariffs import TariffDraftRow
from tests.server.box import MORNING, TARIFF
from tests.server.rows import rows


@pytest.mark.parametrize("code", ["a/b", "a?b", "a#b", "50%", "a b", "<b>x</b>", "..", "-x", 'a"b', "a\\b", "a\tb"])
def test_a_code_that_breaks_an_address_is_refused(engine: Engine, code: str) -> None:
    with transaction(engine) as session, pytest.raises(BadDraft, match=r"^code: "):
        drafts.save(session, "SPS", encode(replace(TARIFF, code=code)), "lan", MORNING)
    assert rows(engine, TariffDraftRow) == []
