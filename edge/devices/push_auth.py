"""Who may push for a camera: digest (RFC 7616) or a secret of the camera's own, with few guesses.

A nonce is made from time and a key of this start, so that asking for many costs nothing to keep; only one that was used
is remembered, with its highest count: a request heard on the wire and sent again is refused.
"""

import hmac
import os
import threading
from collections import OrderedDict, deque
from enum import Enum
from typing import Final, NamedTuple

from edge.devices.camera_config import PushConfig
from gate.devices import digest
from gate.devices.digest import ALGORITHMS, Login, Proof

REALM: Final = "barie"
NONCE_S: Final = 300.0
NONCES_MAX: Final = 1_024
GUESSES_MAX: Final = 10
GUESSES_S: Final = 60.0
ADDRESSES_MAX: Final = 1_024


class Asked(NamedTuple):
    """What a request proves itself with. `target`: path and query as they came; `secret`: what stands for one there."""

    method: str
    target: str
    secret: str
    authorisation: str


class Verdict(Enum):
    """Whether it may."""

    ADMITTED = "admitted"
    UNPROVEN = "unproven"  # said nothing yet: digest begins so
    STALE = "stale"  # knows the password; its nonce is old or was used
    WRONG = "wrong"


class Guard:
    """Guards the door of one camera. Safe to call from any thread."""

    def __init__(self, config: PushConfig) -> None:
        self._config, self._login = config, Login(config.user, config.password)
        self._key = os.urandom(32)
        self._lock = threading.Lock()
        self._used: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def judge(self, asked: Asked, now_s: float) -> Verdict:
        """Whether this request may push; a right one is used up by it."""
        if self._config.secret:
            right = hmac.compare_digest(asked.secret.encode(), self._config.secret.encode())
            return Verdict.ADMITTED if right else Verdict.WRONG
        if not asked.authorisation:
            return Verdict.UNPROVEN
        said = digest.fields(asked.authorisation)
        if not self._is_right(said, asked):
            return Verdict.WRONG
        return self._used_once(said["nonce"], int(said["nc"], 16), now_s)

    def challenges(self, now_s: float, *, stale: bool = False) -> list[str]:
        """The `WWW-Authenticate` headers; none where a secret is the way."""
        if self._config.secret:
            return []
        nonce = self._nonce(int(now_s * 1000), os.urandom(8).hex())
        ending = ", stale=true" if stale else ""
        start = f'Digest realm="{REALM}", qop="auth", nonce="{nonce}"'
        return [f"{start}, algorithm={algorithm}{ending}" for algorithm in ALGORITHMS]

    def _nonce(self, issued_ms: int, chance: str) -> str:
        made = f"{issued_ms:x}-{chance}"
        return f"{made}-{hmac.digest(self._key, made.encode(), 'sha256').hex()[:32]}"

    def _is_right(self, said: dict[str, str], asked: Asked) -> bool:
        algorithm, nc = said.get("algorithm", "MD5").upper(), said.get("nc", "")
        if algorithm not in ALGORITHMS or said.get("qop", "").lower() != "auth" or not said.get("cnonce"):
            return False  # without a count, what was heard on the wire could be sent again
        if len(nc) != 8 or any(sign not in "0123456789abcdefABCDEF" for sign in nc):
            return False
        if (
            said.get("realm") != REALM
            or said.get("uri") != asked.target
            or self._issued_ms(said.get("nonce", "")) is None
        ):
            return False
        proof = Proof(REALM, said["nonce"], nc, said["cnonce"])
        right = digest.response(algorithm, self._login, asked.method, asked.target, proof)
        known = hmac.compare_digest(said.get("username", "").encode(), self._login.user.encode())
        return hmac.compare_digest(said.get("response", "").lower().encode(), right.encode()) and known

    def _issued_ms(self, nonce: str) -> int | None:
        issued, _, rest = nonce.partition("-")
        chance = rest.partition("-")[0]
        try:
            issued_ms = int(issued, 16)
        except ValueError:
            return None
        return issued_ms if hmac.compare_digest(self._nonce(issued_ms, chance).encode(), nonce.encode()) else None

    def _used_once(self, nonce: str, count: int, now_s: float) -> Verdict:
        issued_s = (self._issued_ms(nonce) or 0) / 1000
        with self._lock:
            while self._used and next(iter(self._used.values()))[0] + NONCE_S <= now_s:
                self._used.popitem(last=False)
            highest = self._used.get(nonce, (issued_s, 0))[1]
            if issued_s + NONCE_S <= now_s or count <= highest or len(self._used) >= NONCES_MAX:
                return Verdict.STALE
            self._used[nonce] = (issued_s, count)
        return Verdict.ADMITTED


class Guesses:
    """Counts wrong guesses by address: ten a minute. Others, the camera itself among them, are not locked out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()

    def too_many(self, address: str, now_s: float) -> bool:
        """Whether this address must wait."""
        with self._lock:
            wrong = self._wrong.get(address)
            while wrong and wrong[0] + GUESSES_S <= now_s:
                wrong.popleft()
            return wrong is not None and len(wrong) >= GUESSES_MAX

    def was_wrong(self, address: str, now_s: float) -> None:
        """One more."""
        with self._lock:
            self._wrong.setdefault(address, deque(maxlen=GUESSES_MAX)).append(now_s)
            self._wrong.move_to_end(address)
            while len(self._wrong) > ADDRESSES_MAX:
                self._wrong.popitem(last=False)
