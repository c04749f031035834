"""HTTP digest authentication (RFC 7616), as a box asks cameras and cameras ask a box; pure.

MD5 stays because cameras know nothing else; a box that may choose takes SHA-256.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

ALGORITHMS: Final = ("SHA-256", "MD5")  # best first
HEADER_MAX: Final = 4_096

_FIELD: Final = re.compile(r"([A-Za-z0-9_-]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s,\"]+))")


class Login(NamedTuple):
    """Who asks."""

    user: str
    password: str


class Proof(NamedTuple):
    """What one request is proven with; `nc` is the nonce's count, eight hexadecimal digits."""

    realm: str
    nonce: str
    nc: str
    cnonce: str


def fields(header: str) -> dict[str, str]:
    """The fields behind `Digest`, names in small letters; nothing where it is another scheme or far too long."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "digest" or len(header) > HEADER_MAX:
        return {}
    found = _FIELD.findall(rest)
    return {name.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted else bare for name, quoted, bare in found}


def response(algorithm: str, login: Login, method: str, uri: str, proof: Proof) -> str:
    """The `response` of a request with qop=auth (RFC 7616, 3.4.1). Raises ValueError for another algorithm."""
    first = _hash(algorithm, login.user, proof.realm, login.password)
    second = _hash(algorithm, method, uri)
    return _hash(algorithm, first, proof.nonce, proof.nc, proof.cnonce, "auth", second)


def authorisation(challenges: Sequence[str], login: Login, method: str, uri: str, count: int, cnonce: str) -> str:
    """The `Authorization` that answers a server's challenges: digest if it offers that, else basic, else nothing."""
    digests = [said for said in map(fields, challenges) if said.get("nonce")]
    for algorithm in ALGORITHMS:
        for said in digests:
            if said.get("algorithm", "MD5").upper() == algorithm:
                return _digest(algorithm, said, login, method, uri, Proof("", "", f"{count:08x}", cnonce))
    if any(challenge.strip().lower().startswith("basic") for challenge in challenges):
        return "Basic " + base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
    return ""


def _digest(algorithm: str, said: dict[str, str], login: Login, method: str, uri: str, bare: Proof) -> str:
    proof = bare._replace(realm=said.get("realm", ""), nonce=said["nonce"])
    parts = {"username": login.user, "realm": proof.realm, "nonce": proof.nonce, "uri": uri}
    if "auth" in (word.strip() for word in said.get("qop", "").split(",")):
        parts["response"] = response(algorithm, login, method, uri, proof)
        ending = f', qop=auth, nc={proof.nc}, cnonce="{proof.cnonce}"'
    else:  # RFC 2069: old cameras
        first, second = _hash(algorithm, login.user, proof.realm, login.password), _hash(algorithm, method, uri)
        parts["response"], ending = _hash(algorithm, first, proof.nonce, second), ""
    if "opaque" in said:
        parts["opaque"] = said["opaque"]
    quoted = ", ".join(f"{name}={_quoted(value)}" for name, value in parts.items())
    return f"Digest {quoted}, algorithm={algorithm}{ending}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _hash(algorithm: str, *parts: str) -> str:
    if algorithm not in ALGORITHMS:
        raise ValueError(f"no algorithm {algorithm!r}: {' or '.join(ALGORITHMS)}")
    name = algorithm.replace("-", "").lower()
    return hashlib.new(name, ":".join(parts).encode(), usedforsecurity=False).hexdigest()
