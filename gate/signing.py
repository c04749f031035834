"""Signed papers: what the centre says and a box must be able to trust (Ed25519, RFC 8032).

The body travels as text, so that the very bytes that were signed are the bytes that are checked.
"""

import base64
from typing import Annotated, Final, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta

from gate.wire import BYTES_MAX, Contract, Malformed, decode, encode

T = TypeVar("T")
BODY_MAX: Final = 1_900_000
"""Characters of the largest body, a lease with all its lists; how much of a paper is read says who reads it."""


class Forged(ValueError):
    """The signature is not the centre's."""


class Signed(Contract):
    """A body as text and its signature in base64."""

    body: Annotated[str, Meta(max_length=BODY_MAX)]
    signature: Annotated[str, Meta(max_length=100)]


def sign(value: Contract, key: Ed25519PrivateKey, most: int = BYTES_MAX) -> bytes:
    """The signed paper that carries `value`, as bytes for the wire. Raises ValueError for more than its reader takes.

    `most` is what the reader of this kind of paper takes: `gate.lease.LEASE_MAX` for a lease.
    """
    body = encode(value)
    paper = encode(Signed(body=body.decode(), signature=base64.b64encode(key.sign(body)).decode()))
    if len(paper) > most:
        raise ValueError(f"a paper of {len(paper)} bytes would be refused by who gets it: at most {most} are read")
    return paper


def opened(data: bytes, kind: type[T], key: Ed25519PublicKey, most: int = BYTES_MAX) -> T:
    """The value inside a signed paper. Raises Malformed or Forged; nothing of a forged body is parsed."""
    paper = decode(data, Signed, most)
    try:
        key.verify(base64.b64decode(paper.signature, validate=True), paper.body.encode())
    except (InvalidSignature, ValueError) as error:  # ValueError: not base64, or not even ASCII
        raise Forged("the signature is not the centre's") from error
    return decode(paper.body.encode(), kind, most)


def private_key(text: str) -> Ed25519PrivateKey:
    """The key in 32 bytes of base64."""
    return Ed25519PrivateKey.from_private_bytes(_raw(text))


def public_key(text: str) -> Ed25519PublicKey:
    """The key in 32 bytes of base64."""
    return Ed25519PublicKey.from_public_bytes(_raw(text))


def public_text(key: Ed25519PrivateKey) -> str:
    """The public half, in base64."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def _raw(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Malformed(f"a key is base64: {error}") from error
    if len(raw) != 32:
        raise Malformed(f"a key has 32 bytes, not {len(raw)}")
    return raw
