"""An account that is known is never written over by one person: not at the desk, and not by whoever holds the link."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from barie_cli import build
from gate.findings import Code
from server import account_changes, refund_accounts, refunds, transfers
from server.db import reading, transaction
from server.facts import AuditRow
from server.money_rules import Impossible, NotYours
from server.refund_accounts import account
from server.transfers import Form
from server.vault_accounts import DRIVER, VaultAccountChangeRow, VaultAccountRow
from tests.server.box import MORNING, notice, paid
from tests.server.money import HOA, LAN, MINH, RULES, TAM, refunded
from tests.server.people import people
from tests.server.rows import rows

DRIVERS = account("970436", "1017595600", "Nguyễn Thị Đào")
OTHER = account("970415", "5550001112", "Trần Văn B")
Word = Callable[[Engine, str], bool]


@pytest.fixture
def due(engine: Engine) -> tuple[Engine, str]:
    """A refund of 50.000 whose account the driver gave by the page; lan printed the link."""
    paid(engine, notice(1, "tiền gửi xe", 50_000), datetime.now(UTC))
    name = refunded(engine, "sepay:1")
    with transaction(engine) as session:
        token = refund_accounts.ask(session, name, "lan", MORNING)
        refund_accounts.give(session, token, DRIVERS, MORNING)
    return engine, name


def entered(engine: Engine, name: str, to: account_changes.Account = OTHER, by: str = "lan") -> bool:
    with transaction(engine) as session:
        return refund_accounts.enter(session, name, to, by, MORNING)


def by_a_new_link(engine: Engine, name: str) -> None:
    with transaction(engine) as session:
        token = refund_accounts.ask(session, name, "lan", MORNING)
    with transaction(engine) as session:
        refund_accounts.give(session, token, OTHER, MORNING)


def kept(engine: Engine) -> tuple[str, str, str]:
    (row,) = rows(engine, VaultAccountRow)
    return row["bank"], row["account"], row["name"]


def said(engine: Engine, name: str, who: object = HOA, *, agrees: bool = True) -> int:
    with transaction(engine) as session:
        return account_changes.speak(session, name, who, RULES, MORNING, agrees=agrees)  # type: ignore[arg-type]


def file_of(engine: Engine) -> str:
    with transaction(engine) as session:
        return transfers.make(session, "1017595600", Form.CSV, "lan", datetime.now(UTC)).content.decode("utf-8-sig")


@pytest.mark.parametrize("way", [entered, by_a_new_link])
def test_after_the_drivers_word_one_person_changes_nothing(
    due: tuple[Engine, str], way: Callable[[Engine, str], object]
) -> None:
    engine, name = due
    way(engine, name)
    assert kept(engine) == DRIVERS
    with pytest.raises(Impossible, match="no refund waits"):
        file_of(engine)
    with pytest.raises(NotYours, match="another person"):
        said(engine, name, LAN)
    with pytest.raises(NotYours, match="at most"):
        said(engine, name, TAM)
    with reading(engine) as session:
        (open_one,) = refunds.expected(session, "SPS", MORNING)
    assert (open_one.code, open_one.evidence["account"]) == (Code.REFUND_OPEN, "a change waits for a second person")
    said(engine, name)
    assert kept(engine) == OTHER
    assert OTHER.account in file_of(engine)


def test_both_accounts_stay_and_every_word_is_on_record(due: tuple[Engine, str]) -> None:
    engine, name = due
    assert not entered(engine, name)
    with pytest.raises(Impossible, match="waits for a second"):
        entered(engine, name, account("970415", "77777", "AN C"))
    assert said(engine, name, agrees=False) == 1
    assert kept(engine) == DRIVERS
    assert not entered(engine, name, by="hoa")
    assert said(engine, name, MINH) == 2
    with transaction(engine) as session:
        first, second = account_changes.seen(session, name, "lan", MORNING)
    assert (first.was, first.was_by, first.to, first.by, first.agrees) == (DRIVERS, DRIVER, OTHER, "lan", False)
    assert (second.was, second.to, second.by, second.word_by, second.agrees) == (DRIVERS, OTHER, "hoa", "minh", True)
    told = [(row["who"], row["what"]) for row in rows(engine, AuditRow) if "account" in row["what"]]
    assert sorted(told) == sorted(
        [
            ("lan", "money: asked for an account"),
            (DRIVER, "money: entered an account"),
            ("lan", "money: asked for another account"),
            ("hoa", "money: refused another account"),
            ("hoa", "money: asked for another account"),
            ("minh", "money: agreed to another account"),
            ("lan", "money: looked at accounts"),
        ]
    )
    assert OTHER.account not in str(rows(engine, AuditRow))


def test_the_same_account_again_is_no_change(due: tuple[Engine, str]) -> None:
    engine, name = due
    assert entered(engine, name, DRIVERS)
    assert rows(engine, VaultAccountChangeRow) == []


def test_a_change_is_agreed_to_at_the_command_line(sqlite: Engine) -> None:
    people(sqlite)
    paid(sqlite, notice(1, "tiền gửi xe", 50_000), datetime.now(UTC))
    name = refunded(sqlite, "sepay:1")

    def run(*words: str) -> tuple[int, str, str]:
        database = ("--database", sqlite.url.render_as_string(hide_password=False))
        done = CliRunner().invoke(build("money"), ["money", *words, *database])
        return done.exit_code, done.stdout, done.stderr

    for to, out in ((DRIVERS, "is known"), (OTHER, "waits for a second person")):
        words = ("--bank", to.bank, "--account", to.account, "--name", to.name)
        assert run("account", name, "--by", "tam", *words)[0] == 1, "an attendant says nothing about accounts"
        code, said_so, _ = run("account", name, "--by", "lan", *words)
        assert (code, out in said_so) == (0, True)
    shown = json.loads(run("account-change", name, "--by", "hoa", "--json")[1])["changes"]
    assert (shown[0]["was"]["account"], shown[0]["to"]["account"]) == (DRIVERS.account, OTHER.account)
    assert run("account-change", name, "--by", "lan", "--agree")[0] == 1
    assert run("account-change", name, "--by", "hoa", "--agree", "--refuse")[0] == 1
    assert run("account-change", name, "--by", "hoa", "--agree")[0] == 0
    assert kept(sqlite) == OTHER
    assert f"{DRIVERS.account} {DRIVERS.name} (lan) -> {OTHER.bank}" in run("account-change", name, "--by", "hoa")[1]
