"""A screen beyond the box is let in by a code of ten minutes and one use, over TLS, to one lane."""

import json
import socket
import sqlite3
import ssl
import stat
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest
import typer
from typer.testing import CliRunner

from edge.web import codes, screens
from edge.web.cli import pair
from edge.web.config import WebConfig
from edge.web.door import COOKIE, GUESSES_EACH, Guesses
from edge.web.pairs import CODE_LIFE_S, FILE, GUESSES_MAX, SCREENS_MAX, Pairs, TooManyScreens, WrongCode
from edge.web.server import BoxWeb
from edge.web.wall import Wall
from gate.wire import encode
from tests.edge.desk import box_config
from tests.edge.web_desk import BOX, Hours, certificate, listening, served, visitor, written

Box = tuple[BoxWeb, Wall]


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return certificate(tmp_path_factory.mktemp("tls"), BOX)


@pytest.fixture(scope="module")
def hours() -> Hours:
    return Hours()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("box")


@pytest.fixture(scope="module")
def pairs(folder: Path, hours: Hours) -> Pairs:
    return Pairs(folder, hours)


@pytest.fixture(scope="module")
def box(folder: Path, tls: tuple[str, str], pairs: Pairs) -> Iterator[Box]:
    with served(folder, tls=tls, pairs=pairs) as running:
        yield running


@pytest.fixture
def screen(box: Box, tls: tuple[str, str], hours: Hours) -> Iterator[httpx.Client]:
    """A screen that calls the box by its name; earlier wrong guesses of this address are long ago."""
    hours.seconds += 2 * CODE_LIFE_S
    box[0].guesses.forget("127.0.0.1")
    with visitor(box[0], tls[0]) as made:
        yield made


def typed(screen: httpx.Client, code: str) -> int:
    """What the box answers to this code."""
    return screen.post("/pair", data={"code": code}).status_code


def paired(screen: httpx.Client, pairs: Pairs, lane: str) -> str:
    """Pair it, and say its name in the list."""
    before = {each.screen for each in pairs.listed()}
    assert typed(screen, pairs.invite(lane)) == 303
    return next(each.screen for each in pairs.listed() if each.screen not in before)


# --- over TLS -----------------------------------------------------------------------------------------------


def test_a_stranger_is_sent_to_pair_and_learns_nothing(screen: httpx.Client) -> None:
    for path in ("/screen/out-1", "/screen/no-lane", "/"):
        answer = screen.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/pair")
    for path in ("/screen/out-1/events", "/screen/no-lane/events", "/screen/out-1/photo/" + "0" * 64):
        assert screen.get(path).status_code == 403
    assert 'name="code"' in screen.get("/pair").text


def test_a_code_lets_the_screen_in_to_its_lane_only(screen: httpx.Client, pairs: Pairs) -> None:
    answer = screen.post("/pair", data={"code": pairs.invite("out-1")})
    assert answer.headers["location"] == "/screen/out-1"
    cookie = answer.headers["set-cookie"]
    for word in ("HttpOnly", "Secure", "SameSite=strict", "Path=/", f"{COOKIE}="):
        assert word in cookie
    assert "omain=" not in cookie
    assert screen.get("/screen/out-1").status_code == 200
    assert screen.get("/").headers["location"] == "/screen/out-1"
    with listening(screen, "out-1") as news:
        assert news.until("Xin chờ")
    for path in ("in-1", "in-1/events", "no-lane"):
        assert screen.get(f"/screen/{path}").status_code == 403


def test_a_code_holds_once(box: Box, screen: httpx.Client, pairs: Pairs, tls: tuple[str, str]) -> None:
    code = pairs.invite("out-1")
    assert typed(screen, code.lower().replace("-", " ")) == 303
    with visitor(box[0], tls[0]) as other:
        assert typed(other, code) == 403
        assert other.get("/screen/out-1").status_code == 303


def test_a_code_holds_ten_minutes(screen: httpx.Client, pairs: Pairs, hours: Hours) -> None:
    code = pairs.invite("out-1")
    hours.seconds += CODE_LIFE_S - 1
    again = pairs.invite("in-1")
    hours.seconds += 1
    assert typed(screen, code) == 403
    assert typed(screen, again) == 303


def test_a_code_ends_with_the_machines_boot(screen: httpx.Client, pairs: Pairs, hours: Hours) -> None:
    code = pairs.invite("out-1")
    hours.boot = "the next boot"
    assert typed(screen, code) == 403


def test_a_newer_code_for_a_lane_replaces_the_older(screen: httpx.Client, pairs: Pairs) -> None:
    older, newer = pairs.invite("out-1"), pairs.invite("out-1")
    assert typed(screen, older) == 403
    assert typed(screen, newer) == 303


@pytest.mark.parametrize("code", ["", "ABC", "K7M-2Q9-ABX", "'; DROP TABLE code; --", "é" * 9, "0" * 16])
def test_a_wrong_code(screen: httpx.Client, pairs: Pairs, code: str) -> None:
    right = pairs.invite("out-1")
    answer = screen.post("/pair", data={"code": code})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert typed(screen, right) == 303, "it may be typed again"


def test_an_address_may_guess_five_times(screen: httpx.Client, pairs: Pairs) -> None:
    code = pairs.invite("out-1")
    assert [typed(screen, "000-000-000") for _ in range(GUESSES_EACH)] == [403] * GUESSES_EACH
    assert typed(screen, code) == 429


def test_a_code_is_withdrawn_after_ten_wrong_guesses(screen: httpx.Client, pairs: Pairs) -> None:
    code = pairs.invite("out-1")
    for _ in range(GUESSES_MAX):
        with pytest.raises(WrongCode):
            pairs.redeem("000-000-000")
    assert typed(screen, code) == 403


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_no_other_site_may_pair_a_browser(screen: httpx.Client, pairs: Pairs, headers: dict[str, str]) -> None:
    code = pairs.invite("out-1")
    assert screen.post("/pair", data={"code": code}, headers=headers).status_code == 403
    assert typed(screen, code) == 303


def test_a_revoked_screen_is_out_at_once(screen: httpx.Client, pairs: Pairs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screens, "BEAT_S", 0.05)
    name = paired(screen, pairs, "out-1")
    with listening(screen, "out-1") as news:
        news.until("Xin chờ")
        assert pairs.revoke(name)
        assert [event for event, _ in news if event != "beat"] == [], "the stream ended"
    assert screen.get("/screen/out-1").status_code == 303
    assert not pairs.revoke(name)


def test_a_guessed_or_changed_token_is_none(box: Box, screen: httpx.Client, pairs: Pairs, tls: tuple[str, str]) -> None:
    paired(screen, pairs, "out-1")
    token = screen.cookies[COOKIE]

    def status(token: str) -> int:
        with visitor(box[0], tls[0]) as other:
            return other.get("/screen/out-1", headers={"Cookie": f"{COOKIE}={token}"}).status_code

    assert status(token) == 200
    assert {status(wrong) for wrong in ("", "x", token[:-1], token + "A", "x" * 3_000)} == {303}


def test_a_pairing_outlives_a_restart(tmp_path: Path, tls: tuple[str, str]) -> None:
    with served(tmp_path, tls=tls) as (web, _), visitor(web, tls[0]) as screen:
        assert typed(screen, Pairs(tmp_path).invite("out-1")) == 303
        jar = dict(screen.cookies)
    with served(tmp_path, tls=tls) as (web, _), visitor(web, tls[0]) as screen:
        screen.cookies.update(jar)
        answer = screen.get("/screen/out-1")
        assert answer.status_code == 200
        assert COOKIE in answer.headers["set-cookie"], "a screen that is used stays paired"


def test_the_boxs_own_screen_needs_no_code_over_tls_either(box: Box, tls: tuple[str, str]) -> None:
    trusting = ssl.create_default_context(cafile=tls[0])
    trusting.check_hostname = False
    with httpx.Client(base_url=f"https://127.0.0.1:{box[0].config.port}", verify=trusting) as own:
        assert own.get("/screen/out-1").status_code == 200


def test_a_plain_line_gets_nothing_from_a_tls_port(box: Box) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{box[0].config.port}/screen/out-1")


def test_a_server_that_stops_leaves_no_handshake_behind(tmp_path: Path, tls: tuple[str, str]) -> None:
    with served(tmp_path, tls=tls) as (web, _), ExitStack() as lines:
        mute = lines.enter_context(closing(socket.create_connection(("127.0.0.1", web.config.port), timeout=10)))
        screen = lines.enter_context(visitor(web, tls[0]))
        assert screen.get("/pair").status_code == 200, "the mute one was taken before"
        web.stop()
        assert mute.recv(1) == b""


# --- the file -----------------------------------------------------------------------------------------------


def test_the_file_is_its_owners_and_holds_neither_code_nor_token(tmp_path: Path) -> None:
    pairs = Pairs(tmp_path)
    code = pairs.invite("out-1")
    _, token = pairs.redeem(code)
    other = pairs.invite("in-1")
    content = (tmp_path / FILE).read_bytes()
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    for secret in (code, code.replace("-", ""), token, other, other.replace("-", "")):
        assert secret.encode() not in content


def test_codes_are_long_and_differ() -> None:
    assert codes.BITS >= 40
    made = {codes.new() for _ in range(1_000)}
    assert len(made) == 1_000
    assert all(len(codes.normal(code)) == codes.LENGTH for code in made)
    assert {character for code in made for character in code} == {*codes.ALPHABET, "-"}


def test_what_looks_alike_is_meant_alike() -> None:
    assert codes.normal(" o1l-23i-abc ") == "01123 1ABC".replace(" ", "")


def test_a_box_serves_only_so_many_screens(tmp_path: Path) -> None:
    pairs = Pairs(tmp_path)
    pairs.listed()
    with sqlite3.connect(tmp_path / FILE) as db:
        db.executemany("INSERT INTO screen VALUES (?, 'out-1', ?, '')", [(str(n), b"") for n in range(SCREENS_MAX)])
    db.close()
    with pytest.raises(TooManyScreens):
        pairs.invite("out-1")


def test_guesses_of_many_addresses_take_no_memory() -> None:
    clock = [0.0]
    guesses = Guesses(lambda: clock[0])
    for number in range(3_000):
        assert guesses.may(str(number))
    assert guesses.known <= 1_000
    assert [guesses.may("10.0.0.9") for _ in range(GUESSES_EACH + 1)] == [True] * GUESSES_EACH + [False]
    clock[0] += 600.0
    assert guesses.may("10.0.0.9")


# --- the command --------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path, tls: tuple[str, str]) -> Path:
    web = WebConfig(tls_cert=tls[0], tls_key=tls[1])
    (tmp_path / "data").mkdir()
    return written(tmp_path, json.loads(encode(box_config(tmp_path / "data", web=web))))


def command(*words: str) -> tuple[int, str]:
    """`barie pair`: its exit status and what it said."""
    app = typer.Typer()
    app.command()(pair)
    done = CliRunner().invoke(app, words)
    return done.exit_code, done.output


def test_the_command_makes_a_code_lists_and_revokes(file: Path, tls: tuple[str, str]) -> None:
    data = file.parent / "data"
    status, said = command("--config", str(file), "--lane", "out-1")
    assert status == 0
    with served(data, tls=tls) as (web, _), visitor(web, tls[0]) as screen:
        assert typed(screen, said.splitlines()[0]) == 303
        status, listed = command("--config", str(file), "--list")
        assert status == 0
        name, lane = listed.split()[:2]
        assert lane == "out-1"
        assert command("--config", str(file), "--revoke", name)[0] == 0
        assert screen.get("/screen/out-1").status_code == 303
    assert command("--config", str(file), "--list") == (0, "")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--lane", "out-9"], "no lane 'out-9'; there are in-1, out-1"),
        (["--revoke", "00000000"], "no screen '00000000'"),
        ([], "say one of"),
        (["--list", "--lane", "out-1"], "say one of"),
    ],
)
def test_the_command_says_what_it_cannot_do(file: Path, words: list[str], why: str) -> None:
    status, said = command("--config", str(file), *words)
    assert (status, len(said.splitlines())) == (2, 1)
    assert said.startswith("barie pair: ")
    assert why in said


def test_a_box_without_tls_has_nothing_to_pair(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for web in (None, WebConfig()):
        path = written(tmp_path, json.loads(encode(box_config(tmp_path / "data", web=web))))
        status, said = command("--config", str(path), "--lane", "out-1")
        assert status == 2
        assert "web" in said


def test_a_box_that_never_ran_is_named_with_its_folder(file: Path) -> None:
    (file.parent / "data").rmdir()
    status, said = command("--config", str(file), "--lane", "out-1")
    assert status == 2
    assert str(file.parent / "data") in said
