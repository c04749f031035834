"""What a provider has taken back is not given back by us as well."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from server import effects, receiving, refund_accounts, refunds, transfers
from server.db import reading, transaction
from server.effects import Kind
from server.money_rules import Impossible
from server.providers.notice import Kind as Said
from server.providers.notice import Notice
from server.refund_accounts import account
from server.transfers import Form
from tests.server.box import ACCOUNT, notice, paid
from tests.server.money import agreed, decided, refunded


def due(engine: Engine) -> str:
    """A refund of a whole payment whose account is known and that is in no file yet."""
    paid(engine, notice(1, "tiền gửi xe", 50_000), datetime.now(UTC))
    name = refunded(engine, "sepay:1")
    to = account("970436", "1017595600", "NGUYEN THI DAO")
    with transaction(engine) as session:
        refund_accounts.enter(session, name, to, "lan", datetime.now(UTC))
    return name


def test_a_payment_that_was_reversed_is_in_no_file_of_transfers(sqlite: Engine) -> None:
    due(sqlite)
    now = datetime.now(UTC)
    said = Notice("sepay", "1", ACCOUNT["SPS"], 50_000, (), "", now, Said.REVERSED)
    with transaction(sqlite) as session:
        receiving.receive(session, said, now)
    with transaction(sqlite) as session, pytest.raises(Impossible, match="no refund waits"):
        transfers.make(session, ACCOUNT["SPS"], Form.CSV, "lan", datetime.now(UTC))
    with reading(sqlite) as session:
        assert refunds.due_at_provider(session, "sepay") == []


def test_a_chargeback_is_not_accepted_while_its_refund_is_on_its_way(sqlite: Engine) -> None:
    due(sqlite)
    now = datetime.now(UTC)
    with transaction(sqlite) as session:
        effects.charged_back(session, "sepay:1", now, "lan", "khách khiếu nại", now)
    with pytest.raises(Impossible, match="RF"):
        agreed(sqlite, decided(sqlite, Kind.ACCEPT, payment="sepay:1").decision)


def test_nothing_is_refunded_while_a_chargeback_is_open(sqlite: Engine) -> None:
    now = datetime.now(UTC)
    paid(sqlite, notice(1, "tiền gửi xe", 50_000), now)
    with transaction(sqlite) as session:
        effects.charged_back(session, "sepay:1", now, "lan", "khách khiếu nại", now)
    with pytest.raises(Impossible, match="charge"):
        refunded(sqlite, "sepay:1")
