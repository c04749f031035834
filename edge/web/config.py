"""Where the box serves its own pages: on loopback plainly, anywhere else only over TLS."""

import ipaddress
import ssl
from pathlib import Path
from typing import Annotated, Final

from msgspec import Meta

from gate.wire import Contract

LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class WebConfig(Contract):
    """The listening address; `tls_cert` and `tls_key` are PEM files, needed for any address but loopback."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65_535)] = 8480
    tls_cert: str = ""
    tls_key: str = ""


def check(web: WebConfig) -> None:
    """What the types do not say. Raises ValueError with the key."""
    try:
        local = is_local(web)
    except ValueError as error:
        raise ValueError(f"host: {web.host!r} is no address; write one such as 127.0.0.1 or 0.0.0.0") from error
    for key, file in (("tls_cert", web.tls_cert), ("tls_key", web.tls_key)):
        if not file and (web.tls_cert or web.tls_key or not local):
            raise ValueError(f"{key}: is missing; beyond loopback ({web.host}) the box listens only over TLS")
        if file and not Path(file).is_file():
            raise ValueError(f"{key}: no file {file!r}")
    if web.tls_cert:
        _check_pair(web)


def is_local(web: WebConfig) -> bool:
    """Whether nobody but this machine can reach the address. Raises ValueError for what is no address."""
    return web.host == "localhost" or ipaddress.ip_address(web.host).is_loopback


def _check_pair(web: WebConfig) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(web.tls_cert, web.tls_key, password="")
    except OSError as error:  # an SSLError is one as well
        raise ValueError(f"tls_cert: {web.tls_cert!r} with tls_key {web.tls_key!r}: {error}") from error
