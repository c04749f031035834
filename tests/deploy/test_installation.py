"""`barie init`: fresh secrets, private files, all or nothing."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from edge.config import load as load_box
from server.config import BadConfig
from server.config import load as load_centre
from simulator.demo.installation import DATA, SECRETS, NotEmpty, install
from simulator.plan import BadWorld
from simulator.plan import load as load_world
from tests.harness.suite import ROOT

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def init(folder: Path) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "barie_cli", "init", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def secret_words(folder: Path) -> set[str]:
    return {
        word
        for file in folder.iterdir()
        if file.is_file()
        for word in re.findall(r"[\w+/-]{12,}={0,2}", file.read_text())
    }


def test_files_are_private_and_all_there(tmp_path: Path) -> None:
    done = init(tmp_path / "a" / "secrets")
    assert done.returncode == 0, done.stderr
    assert "logins.txt" in done.stderr
    folder = tmp_path / "a" / "secrets"
    assert folder.stat().st_mode & 0o777 == 0o700
    modes = {(path.is_dir(), path.stat().st_mode & 0o777) for path in folder.rglob("*")}
    assert modes == {(True, 0o700), (False, 0o600)}
    assert [path.name for path in folder.parent.iterdir()] == ["secrets"], "nothing half made lies beside it"


def test_no_secret_comes_twice(tmp_path: Path) -> None:
    install(tmp_path / "a", NOW)
    install(tmp_path / "b", NOW)
    shared = secret_words(tmp_path / "a") & secret_words(tmp_path / "b")
    keys = {"centre.json": ("signing_key", "sepay_secret"), "box.json": ("box_token", "reference_key")}
    for file, names in keys.items():
        content = json.loads((tmp_path / "a" / file).read_text())
        assert not {content[name] for name in names} & shared
        assert content[names[0]] in secret_words(tmp_path / "a")
    assert (tmp_path / "a" / "postgres.password").read_text() not in shared


@pytest.mark.parametrize("there", ["folder", "file"])
def test_what_is_there_stays(tmp_path: Path, there: str) -> None:
    target = tmp_path / "secrets"
    kept = target / "mine" if there == "folder" else target
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("keep me")
    done = init(target)
    assert done.returncode == 1
    assert f"{target} is there and not empty; nothing was written" in done.stderr
    assert kept.read_text() == "keep me"
    assert len(list(tmp_path.rglob("*"))) == (2 if there == "folder" else 1)


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    """A link to nowhere is not there, and yet no folder can take its place."""
    target = tmp_path / "secrets"
    target.symlink_to(tmp_path / "nowhere")
    done = init(target)
    assert done.returncode == 1
    assert "barie init: " in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["secrets"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    install(tmp_path / "secrets", NOW)
    with pytest.raises(NotEmpty):
        install(tmp_path / "secrets", NOW)


def test_each_part_takes_its_file(tmp_path: Path) -> None:
    """Where the files lie as in a container."""
    install(tmp_path / "secrets", NOW)
    for file in filter(Path.is_file, (tmp_path / "secrets").iterdir()):
        text = file.read_text().replace(SECRETS, str(tmp_path / "secrets")).replace(DATA, str(tmp_path))
        file.write_text(text)
    centre = load_centre(tmp_path / "secrets" / "centre.json")
    box = load_box(tmp_path / "secrets" / "box.json")
    world = load_world(tmp_path / "secrets" / "world.json")
    assert centre.behind_tls, "cookies stay on TLS"
    assert [each.box for each in centre.boxes] == [box.box]
    assert {lane.lane for lane in box.lanes} == {lane.lane for lane in world.sites[0].lanes}
    assert centre.sepay_secret == world.bank.secret


def test_certificates_name_who_shows_them_and_end(tmp_path: Path) -> None:
    install(tmp_path / "secrets", NOW)
    authority = x509.load_pem_x509_certificate((tmp_path / "secrets" / "ca.pem").read_bytes())
    for name in ("centre", "broker"):
        made = x509.load_pem_x509_certificate((tmp_path / "secrets" / f"{name}.pem").read_bytes())
        made.verify_directly_issued_by(authority)
        names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == [name, "localhost"]
        assert timedelta(days=700) < made.not_valid_after_utc - NOW < timedelta(days=800)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"certificate_key": ""}, "certificate: it and certificate_key go together"),
        ({"certificate": "/nowhere/centre.pem"}, "certificate: /nowhere/centre.pem cannot be read"),
        ({"certificate": "", "certificate_key": ""}, "host: 0.0.0.0 is not loopback; name a certificate"),
    ],
)
def test_beyond_loopback_a_centre_needs_its_certificate(tmp_path: Path, changed: dict[str, str], why: str) -> None:
    install(tmp_path / "secrets", NOW)
    path = tmp_path / "secrets" / "centre.json"
    path.write_text(path.read_text().replace(SECRETS, str(tmp_path / "secrets")))
    assert load_centre(path).host == "0.0.0.0"  # noqa: S104
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))
    with pytest.raises(BadConfig, match=re.escape(why)):
        load_centre(path)


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("sites", "bank", "970436\n"),
        ("sites", "bank", "97043\u0666"),  # a digit, but no bank's
        ("sites", "account", "1017595600\n"),
        ("sites", "account_name", "U" * 61),
        ("sites", "unpaid", "forgive"),
        ("boxes", "token_sha256", "0" * 64 + "\n"),
        ("users", "role", "boss"),
    ],
)
def test_what_no_lease_could_carry_and_no_role_has_is_refused_at_the_start(
    tmp_path: Path, part: str, key: str, value: str
) -> None:
    install(tmp_path / "secrets", NOW)
    path = tmp_path / "secrets" / "centre.json"
    told = json.loads(path.read_text().replace(SECRETS, str(tmp_path / "secrets")))
    told[part][0][key] = value
    path.write_text(json.dumps(told))
    with pytest.raises(BadConfig, match=re.escape(f"`$.{part}[0].{key}`")):
        load_centre(path)


def test_a_world_that_trusts_a_missing_file_is_refused(tmp_path: Path) -> None:
    install(tmp_path / "secrets", NOW)
    path = tmp_path / "secrets" / "world.json"
    path.write_text(path.read_text().replace(DATA, str(tmp_path)))
    with pytest.raises(BadWorld, match=re.escape("`ca_file`: there is no file /run/secrets/ca.pem")):
        load_world(path)
