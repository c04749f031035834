"""The bank's twin: its notices are SePay's, signed over the bytes as sent, and its faults happen when they say."""

import asyncio
import hashlib
import hmac
import json
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import openpyxl
import pytest

from gate.reference import found_in, mint
from simulator.bank import VIETNAM, Bank, Refused, Transfer, worded
from simulator.notices import Notices
from simulator.plan import BankPlan
from simulator.population import Payer
from simulator.providers.sepay import WAITS, notice, signed

SECRET = "feed-secret"
ACCOUNT = "1017595600"


def payer(*, late_s: float = 0.0, twice: bool = False, reordered: bool = False, wording: int = 0) -> Payer:
    """Somebody who pays."""
    return Payer(
        name="NGUYEN VAN A",
        account="0123456789",
        pays=True,
        after_s=1.0,
        late_s=late_s,
        twice=twice,
        reordered=reordered,
        wording=wording,
    )


def transfer(note: str = "SPS", amount: int = 30_000, bank: Bank | None = None) -> Transfer:
    """A transfer to the site's account."""
    return (bank or Bank({ACCOUNT: "970436"})).transfer(payer(), "970436", ACCOUNT, amount, note)


class Heard(NamedTuple):
    """A notice as it arrived."""

    at: float
    number: int
    body: bytes
    timestamp: str
    signature: str


class Centre:
    """A receiver that answers as it is told, `answers` first to last and then 200; None is silence."""

    def __init__(self, answers: list[int | None]) -> None:
        self.heard: list[Heard] = []
        self.answers = answers
        self.patience = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1/notices/sepay"

    def numbers(self) -> list[int]:
        """The ids in the order in which they came."""
        return [heard.number for heard in self.heard]


def _handler(centre: Centre) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            said = self.headers["X-SePay-Timestamp"], self.headers["X-SePay-Signature"]
            centre.heard.append(Heard(time.monotonic(), json.loads(body)["id"], body, *said))
            answer = centre.answers.pop(0) if centre.answers else 200
            if answer is None:
                centre.patience.wait(10)
                return
            self.send_response(answer)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    return Handler


@pytest.fixture
def centre() -> Iterator[Centre]:
    """A receiver that listens."""
    made = Centre([])
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.patience.set()
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def send(url: str, *sent: tuple[Transfer, Payer], hurry: bool = False, **plan: Any) -> Counter[str]:
    """Send these notices at once, wait for the end of all of it, and return the faults that happened."""
    faults: Counter[str] = Counter()

    async def run() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            settings = BankPlan(notice_url=url, secret=SECRET, **({"retry_unit_s": 0.02} | plan))
            notices = Notices(settings, faults, client)
            for done, who in sent:
                notices.send(done, who)
            if hurry:
                await notices.finish(1.0)
            else:
                await notices.idle()

    asyncio.run(run())
    return faults


def test_a_notice_has_sepays_fields_and_vietnams_clock() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    done = transfer("SPSK7M2Q9XX", 30_000)
    said = json.loads(notice(done))
    assert list(said) == [
        "id",
        "gateway",
        "transactionDate",
        "accountNumber",
        "code",
        "content",
        "transferType",
        "transferAmount",
        "accumulated",
        "subAccount",
        "referenceCode",
        "description",
    ]
    local = datetime.strptime(said["transactionDate"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=VIETNAM)
    assert before <= local <= before + timedelta(seconds=5)
    assert said["transactionDate"][:13] == (before + timedelta(hours=7)).strftime("%Y-%m-%d %H")
    assert (said["gateway"], said["accountNumber"], said["transferType"]) == ("Vietcombank", ACCOUNT, "in")
    assert (said["code"], said["transferAmount"], said["accumulated"]) == ("SPSK7M2Q9XX", 30_000, 30_000)


def test_the_signature_is_over_timestamp_dot_body_as_sent(centre: Centre) -> None:
    assert send(centre.url, (transfer(), payer())) == {}
    (heard,) = centre.heard
    proof = hmac.new(SECRET.encode(), heard.timestamp.encode() + b"." + heard.body, hashlib.sha256).hexdigest()
    assert heard.signature == f"sha256={proof}"
    assert abs(int(heard.timestamp) - time.time()) < 10


def test_the_signature_of_a_known_notice_is_the_known_one() -> None:
    # echo -n '1763860000.{"id":1}' | openssl dgst -sha256 -hmac k
    known = "sha256=b5222953a2596c353be17abe07a9fd1cef4b7703230d70eb526976949bc4ad89"
    assert signed(b'{"id":1}', "k", 1_763_860_000)["X-SePay-Signature"] == known


def test_what_is_refused_is_sent_again_with_the_same_bytes(centre: Centre) -> None:
    centre.answers = [500, 503, 401]
    faults = send(centre.url, (transfer(), payer()))
    assert faults == {"retried": 3}
    assert len({heard.body for heard in centre.heard}) == 1
    assert len(centre.heard) == 4


@pytest.mark.slow
def test_the_schedule_is_the_providers_and_ends_after_eight(centre: Centre) -> None:
    centre.answers = [500] * 20
    faults = send(centre.url, (transfer(), payer()), retry_unit_s=0.05)
    assert faults == {"retried": 7, "undelivered": 1}
    waits = [later.at - earlier.at for earlier, later in zip(centre.heard, centre.heard[1:], strict=False)]
    assert [round(wait / 0.05) for wait in waits] == pytest.approx(WAITS, abs=1)


def test_a_centre_that_does_not_answer_in_time_hears_it_again(centre: Centre) -> None:
    centre.answers = [None]
    assert send(centre.url, (transfer(), payer()), timeout_s=0.2) == {"retried": 1}
    assert len(centre.heard) == 2


def test_a_centre_that_is_away_is_tried_to_the_end() -> None:
    assert send("http://127.0.0.1:9/", (transfer(), payer()), retry_unit_s=0.001) == {"retried": 7, "undelivered": 1}


def test_twice_is_the_same_notice_again(centre: Centre) -> None:
    assert send(centre.url, (transfer(), payer(twice=True))) == {"twice": 1}
    first, second = centre.heard
    assert first.body == second.body


def test_late_is_late(centre: Centre) -> None:
    begun = time.monotonic()
    assert send(centre.url, (transfer(), payer(late_s=0.5))) == {"late": 1}
    assert centre.heard[0].at - begun >= 0.5


def test_reordered_comes_after_the_next(centre: Centre) -> None:
    bank = Bank({ACCOUNT: "970436"})
    first, second, third = (transfer(bank=bank) for _ in range(3))
    faults = send(centre.url, (first, payer(reordered=True)), (second, payer()), (third, payer(late_s=0.3)))
    assert faults == {"reordered": 1, "late": 1}
    assert centre.numbers() == [second.number, first.number, third.number]


def test_a_held_notice_goes_alone_when_none_follows(centre: Centre) -> None:
    faults = send(centre.url, (transfer(), payer(reordered=True)), hurry=True)
    assert len(centre.heard) == 1
    assert faults["reordered"] == 0, "nothing was overtaken, so nothing may be counted"


def test_the_end_of_the_day_waits_for_no_lateness(centre: Centre) -> None:
    begun = time.monotonic()
    send(centre.url, (transfer(), payer(late_s=60, twice=True)), hurry=True, retry_unit_s=60)
    assert time.monotonic() - begun < 5
    assert len(centre.heard) == 2


@pytest.mark.slow
def test_the_end_of_the_day_gives_a_silent_centre_up_and_says_so(centre: Centre) -> None:
    centre.answers = [None] * 5
    faults = send(centre.url, (transfer(), payer()), hurry=True)
    assert faults["undelivered"] == 1


def test_a_second_telling_that_fails_leaves_the_first_told(centre: Centre) -> None:
    centre.answers = [200, *[500] * 8]
    faults = send(centre.url, (transfer(), payer(twice=True)), retry_unit_s=0.001)
    assert faults == {"twice": 1, "retried": 7}


def test_money_adds_up_and_ids_are_never_given_twice() -> None:
    bank = Bank({ACCOUNT: "970436"})
    done = [transfer(amount=amount, bank=bank) for amount in (10_000, 30_000, 70_000)]
    assert [each.balance for each in done] == [10_000, 40_000, 110_000]
    assert len({each.number for each in done}) == 3


@pytest.mark.parametrize(
    ("bank", "number", "amount"), [("970436", "1", 5), ("970415", ACCOUNT, 5), ("970436", ACCOUNT, 0)]
)
def test_what_the_bank_refuses_moves_nothing(bank: str, number: str, amount: int) -> None:
    house = Bank({ACCOUNT: "970436"})
    with pytest.raises(Refused):
        house.transfer(payer(), bank, number, amount, "SPS")
    assert transfer(amount=1, bank=house).balance == 1


def test_whatever_banks_write_the_reference_is_found_in_it() -> None:
    rng = random.Random(1)
    texts = set()
    for number in range(600):
        note = mint("SPS", rng.randrange(10**9), b"key")
        content = worded(note, payer(wording=number), ACCOUNT, rng.randrange(10**13))
        assert found_in(content, frozenset({"SPS"})) == (note,), content
        texts.add(re.sub(r"[A-Z0-9]*\d[A-Z0-9]*", "", content.upper()))
    assert len(texts) >= 5, "too kind a bank"


def test_the_statement_has_every_transfer_of_an_account_that_money_reached(tmp_path: Path) -> None:
    bank = Bank({ACCOUNT: "970436", "999": "970415"})
    sent = [transfer("SPSK7M2Q9X4A", amount, bank) for amount in (30_000, 10_000)]
    bank.write_statements(tmp_path / "statements")
    (file,) = (tmp_path / "statements").iterdir()
    assert file.name == f"{ACCOUNT}.xlsx"
    page = openpyxl.load_workbook(file).active
    assert page is not None
    cells = [row for row in page.iter_rows(values_only=True) if str(row[1]).startswith("MBVCB.")]
    assert [(row[1], row[4]) for row in cells] == [(each.bank_reference, each.content) for each in sent]
