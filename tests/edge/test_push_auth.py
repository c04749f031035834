"""Who may push for a camera, and who may not."""

import http.client
from pathlib import Path

import httpx
import pytest

from edge.devices.push import PushCamera, push_routes
from edge.devices.push_auth import GUESSES_MAX, GUESSES_S, NONCE_S, Asked, Guard, Guesses, Verdict
from gate.devices import digest
from gate.devices.digest import Login
from simulator.devices.push import DahuaTwin, HikvisionTwin, hikvision_xml
from tests.edge.push_door import CONFIGS, LOGIN, PICTURE, SECRET, Door, nothing_came
from tests.edge.web_desk import served

# --- who may ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lane", "rest"),
    [
        ("hik-secret", ""),
        ("hik-secret", "/"),
        ("hik-secret", f"/{SECRET[:-1]}"),
        ("hik-secret", f"/{SECRET}x"),
        ("hik-secret", f"/x/{SECRET}"),
        ("hik-secret", "?secret="),
        ("hik-secret", f"?Secret={SECRET}"),
        ("hik-digest", f"/{SECRET}"),
        ("hik-digest", "/"),
        ("in-9", f"/{SECRET}"),
        ("%2e%2e", f"/{SECRET}"),
        ("hik-secret%00", f"/{SECRET}"),
        ("hik-secret", "/%ff%fe"),
    ],
)
def test_whoever_proves_nothing_pushes_nothing(door: Door, lane: str, rest: str) -> None:
    assert HikvisionTwin(door.url(lane, rest)).plate("24A1", PICTURE) in {401, 404}
    assert nothing_came(door)


@pytest.mark.parametrize("login", [Login("camera", "wrong"), Login("other", LOGIN.password), Login("", "")])
def test_a_wrong_password_pushes_nothing(door: Door, login: Login) -> None:
    assert HikvisionTwin(door.url("hik-digest"), login).plate("24A1", PICTURE) == 401
    assert nothing_came(door)


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_another_authors_digest_is_understood(door: Door, algorithm: str) -> None:
    def offered(answer: httpx.Response) -> None:
        # httpx answers the first challenge only: it is given the one to be tried
        for challenge in answer.headers.get_list("www-authenticate"):
            if challenge.endswith(f"algorithm={algorithm}"):
                answer.headers["www-authenticate"] = challenge

    body = hikvision_xml("ANPR", "<ANPR><licensePlate>24A1</licensePlate></ANPR>")
    with httpx.Client(trust_env=False, event_hooks={"response": [offered]}, auth=httpx.DigestAuth(*LOGIN)) as client:
        answer = client.post(door.url("hik-digest", "?a=1"), content=body)
    assert answer.status_code == 200
    assert door.cameras["hik-digest"].counts == {"reads": 1}


def test_what_was_heard_on_the_wire_cannot_be_sent_again(door: Door) -> None:
    body, headers = hikvision_xml("linedetection", ""), dict[str, str]()

    def post(target: str) -> int:
        line = http.client.HTTPConnection("127.0.0.1", door.port, timeout=5)
        line.request("POST", target, body, headers)
        answer = line.getresponse()
        answer.read()
        challenges = answer.headers.get_all("WWW-Authenticate")
        if "Authorization" not in headers:
            headers["Authorization"] = digest.authorisation(challenges or [], LOGIN, "POST", target, 1, "c")
        else:
            told.append(" ".join(challenges or []))
        line.close()
        return answer.status

    told: list[str] = []
    assert [post("/push/hik-digest") for _ in range(4)] == [401, 200, 401, 401]
    assert "stale=true" in told[-1]
    assert post("/push/hik-digest?other") == 401
    assert door.cameras["hik-digest"].counts == {"lines": 1}


def asked(guard: Guard, now_s: float, count: int = 1, **changes: str) -> Asked:
    """A right request, or one that differs in something."""
    challenge = guard.challenges(now_s)[0]
    right = Asked("POST", "/push/a", "", digest.authorisation([challenge], LOGIN, "POST", "/push/a", count, "c"))
    return right._replace(**changes)


def test_a_nonce_is_for_one_camera_some_minutes_and_each_count_once() -> None:
    guard, other = Guard(CONFIGS["hik-digest"]), Guard(CONFIGS["hik-digest"])
    first = asked(guard, 1000)
    assert guard.judge(first, 1001) is Verdict.ADMITTED
    assert guard.judge(first, 1002) is Verdict.STALE
    assert other.judge(asked(guard, 1000), 1001) is Verdict.WRONG, "another camera's, or from before a restart"
    assert guard.judge(asked(guard, 1000), 1000 + NONCE_S) is Verdict.STALE
    assert guard.judge(first, 1000 + 2 * NONCE_S) is Verdict.STALE, "forgotten, and too old by then"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('realm="barie"', 'realm="other"'),
        ("qop=auth", "qop="),
        ("qop=auth, ", ""),
        ("nc=00000001", "nc=1"),
        ("nc=00000001", "nc=+0000001"),
        ("nc=00000001", "nc=00000002"),
        ('uri="/push/a"', 'uri="/push/b"'),
        ('username="camera"', 'username="Camera"'),
        ('cnonce="c"', 'cnonce=""'),
        ("algorithm=SHA-256", "algorithm=SHA-512"),
        ("algorithm=SHA-256", "algorithm=MD5"),
        ('response="', 'response="0'),
        ('nonce="', 'nonce="0'),
        ('nonce="', 'nonce=""; x="'),
        ("Digest ", "Basic "),
        ("Digest ", "Digest " + "x" * 5_000),
    ],
)
def test_a_digest_that_differs_in_anything_is_wrong(old: str, new: str) -> None:
    guard = Guard(CONFIGS["hik-digest"])
    right = asked(guard, 1000)
    assert old in right.authorisation
    changed = right._replace(authorisation=right.authorisation.replace(old, new))
    assert guard.judge(changed, 1001) is Verdict.WRONG
    assert guard.judge(right._replace(method="PUT"), 1001) is Verdict.WRONG
    assert guard.judge(right, 1001) is Verdict.ADMITTED


def test_empty_nonces_of_some_dahua_firmware_are_refused() -> None:
    guard = Guard(CONFIGS["hik-digest"])
    said = 'Digest username="camera", realm="", nonce="", uri="/push/a", response="", qop=""'
    assert guard.judge(Asked("POST", "/push/a", "", said), 1) is Verdict.WRONG


def test_ten_guesses_and_nobody_else_is_locked_out(door: Door) -> None:
    twin = HikvisionTwin(door.url("hik-secret", "/a-guess-of-sixteen-signs"))
    assert [twin.line() for _ in range(GUESSES_MAX)] == [401] * GUESSES_MAX
    assert HikvisionTwin(door.url("hik-secret", f"/{SECRET}")).line() == 429, (
        "the right one, from where the guesses came"
    )
    guesses = Guesses()
    for number in range(GUESSES_MAX):
        assert not guesses.too_many("10.0.0.9", number)
        guesses.was_wrong("10.0.0.9", number)
    assert guesses.too_many("10.0.0.9", 10)
    assert not guesses.too_many("10.0.0.8", 10)
    assert not guesses.too_many("10.0.0.9", GUESSES_S + 1)


def test_the_digest_of_the_standard() -> None:
    # RFC 7616, 3.9.1
    login, uri = Login("Mufasa", "Circle of Life"), "/dir/index.html"
    proof = digest.Proof(
        "http-auth@example.org",
        "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "00000001",
        "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert digest.response("MD5", login, "GET", uri, proof) == "8ca523f5e9506fed4657c9700eebdbec"
    assert digest.response("SHA-256", login, "GET", uri, proof) == (
        "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    )


def test_the_box_s_own_web_server_lets_cameras_in(tmp_path: Path) -> None:
    cameras = {lane: PushCamera(config) for lane, config in CONFIGS.items()}
    with served(tmp_path, routes=push_routes(cameras)) as (web, _):
        here = f"http://127.0.0.1:{web.config.port}/push"
        assert HikvisionTwin(f"{here}/hik-digest", LOGIN).plate("24A1", PICTURE) == 200
        assert DahuaTwin(f"{here}/dahua-secret/{SECRET}").plate("24A1", PICTURE) == 200
        assert HikvisionTwin(f"{here}/hik-secret/another-guess-of-mine").plate("24A1", PICTURE) == 401
        assert [camera.counts["reads"] for camera in cameras.values()] == [1, 0, 1]
