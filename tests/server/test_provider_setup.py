"""What the centre is told of providers: mistakes named, accounts registered, errands where the jobs run."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine

from server.config import BadConfig, load
from server.db import connect
from server.jobs import Errand, Jobs
from server.providers.registry import providers
from server.register import PayAccountRow
from server.setup import prepare
from simulator.demo import files
from simulator.demo.sites import SITES
from tests.server.money_desk import MOMO_HOST, PARTNER, TERMINAL, VNPAY_HOST
from tests.server.rows import rows

Change = Callable[[dict[str, Any]], object]


def told(folder: Path) -> dict[str, Any]:
    bus = files.broker("127.0.0.1", 1883, "centre", files.password())
    centre = files.centre_for("http://127.0.0.1:8080", SITES)
    config = files.centre_file(
        centre,
        SITES,
        database=f"sqlite:///{folder}/centre.db",
        vault=f"{folder}/vault",
        host="127.0.0.1",
        port=8080,
        bus=bus,
    )
    terminal, partner = msgspec.to_builtins(TERMINAL), msgspec.to_builtins(PARTNER)
    return {**config, "vnpay": [terminal], "momo": [partner], "provider_hosts": [VNPAY_HOST, MOMO_HOST]}


def written(folder: Path, config: dict[str, Any]) -> Path:
    path = folder / "centre.json"
    path.write_text(json.dumps(config))
    return path


def test_accounts_at_providers_are_registered_once(tmp_path: Path) -> None:
    config = load(written(tmp_path, told(tmp_path)))
    prepare(config)
    prepare(config)
    engine = connect(config.database)
    found = {(row["provider"], row["account"], row["site"]) for row in rows(engine, PayAccountRow)}
    engine.dispose()
    assert {("vnpay", "LCPARK01", "SPS"), ("vnpay", "LCPARK01", "SPL"), ("momo", "MOMO", "SPS")} < found
    assert {("sepay", site.account, site.site) for site in SITES} < found
    assert len(found) == 4 + len(SITES)


def test_a_provider_without_its_secret_is_off(tmp_path: Path) -> None:
    config = told(tmp_path)
    assert set(providers(load(written(tmp_path, config)))) == {"sepay", "vnpay", "momo"}
    config["sepay_secret"] = config["vnpay"][0]["secret"] = config["momo"][0]["access_key"] = ""
    assert providers(load(written(tmp_path, config))) == {}


BAD: dict[str, tuple[Change, str]] = {
    "a host that is not listed": (lambda c: c.update(provider_hosts=[MOMO_HOST]), "vnpay: pay_url: https://sandbox"),
    "no TLS": (lambda c: c["momo"][0].update(api_url=f"http://{MOMO_HOST}/"), "momo: api_url: http://"),
    "no such site": (lambda c: c["vnpay"][0].update(sites=["XXX"]), "vnpay: sites: XXX is no site here"),
    "two terminals": (lambda c: c["vnpay"].append({**c["vnpay"][0], "terminal": "B"}), "vnpay: sites: SPL has two"),
    "a long terminal": (lambda c: c["vnpay"][0].update(terminal="123456789"), "terminal"),
    "an unknown proof": (lambda c: c.update(sepay_proof="none"), "sepay_proof"),
}


@pytest.mark.parametrize("name", list(BAD))
def test_a_mistake_is_named_with_its_key(tmp_path: Path, name: str) -> None:
    change, why = BAD[name]
    config = told(tmp_path)
    change(config)
    with pytest.raises(BadConfig) as refused:
        load(written(tmp_path, config))
    assert why in str(refused.value)


def test_an_errand_goes_where_the_jobs_run_and_its_trouble_is_its_own(sqlite: Engine, sqlite_books: str) -> None:
    gone: list[int] = []

    def fails() -> None:
        raise OSError("the line is down")

    errand = Errand("orders", timedelta(seconds=5), lambda: gone.append(1))
    other = connect(sqlite_books)
    here, there = Jobs(sqlite, jobs=(), errands=(errand,)), Jobs(other, jobs=(), errands=(errand,))
    assert not here.run_errand(errand), "nobody holds the post yet"
    here.run_due()
    there.run_due()
    assert [each.run_errand(errand) for each in (here, there)] == [True, False]
    assert not here.run_errand(Errand("fails", timedelta(seconds=5), fails))
    assert gone == [1]
    other.dispose()
