# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""`allmende check`, as an operator calls it: one thing broken at a time."""

from __future__ import annotations

import datetime as dt
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.service_process import ServiceProcess, service_process

pytestmark = pytest.mark.database

Findings = list[tuple[str, str, str]]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A town in order, whose two devices are switched off."""
    folder = tmp_path_factory.mktemp("health")
    pepper = folder / "kept-apart" / "pepper"
    with service_process(folder, ALLMENDE_PEPPER_FILE=str(pepper), LANG="en_US.UTF-8") as service:
        service.set_up_demo()
        service.start()
        yield service


def check(service: ServiceProcess, **environment: str) -> tuple[int, Findings]:
    done = service.command("check", "--json", **environment)
    assert done.stderr == ""
    found = [(one["severity"], one["subject"], one["text"]) for one in json.loads(done.stdout)]
    return done.returncode, found


def errors(findings: Findings) -> list[tuple[str, str]]:
    return [(subject, text) for severity, subject, text in findings if severity == "error"]


def test_a_town_in_order_has_no_error_and_its_silent_devices_are_named(installation: ServiceProcess) -> None:
    status, findings = check(installation)
    assert (status, errors(findings)) == (0, [])
    fine = {subject for severity, subject, _ in findings if severity == "ok"}
    assert {"Print service", "Database", "Spool", "Secrets", "Documents"} <= fine
    silent = [text for severity, subject, text in findings if (severity, subject) == ("warning", "Devices")]
    assert len(silent) == 2
    assert f"ipp://127.0.0.1:{installation.port + 10}/ipp/print" in silent[0]


def test_for_people_each_finding_is_a_line_in_their_language(installation: ServiceProcess) -> None:
    done = installation.command("check", LANG="de_DE.UTF-8")
    assert done.returncode == 0
    assert "✓ Spool: nimmt" in done.stdout
    assert "! Geräte: " in done.stdout
    done = installation.command("check")
    assert "✓ Spool: takes and gives documents" in done.stdout


@pytest.mark.parametrize("is_running", [False, True])
def test_a_service_that_does_not_answer_is_no_service(installation: ServiceProcess, is_running: bool) -> None:
    """Gone, or there and standing still: a connection alone would not tell."""
    if is_running:
        installation.send_signal(signal.SIGSTOP)
    else:
        installation.stop()
    try:
        status, findings = check(installation)
    finally:
        if is_running:
            installation.send_signal(signal.SIGCONT)
        else:
            installation.start()
    assert status == 1
    ((subject, text),) = errors(findings)
    assert (subject, str(installation.port) in text) == ("Print service", True)


def test_a_database_that_nobody_migrated(tmp_path: Path) -> None:
    with service_process(tmp_path, LANG="en_US.UTF-8") as service:
        status, findings = check(service)
    assert status == 1
    (subject, text), _service = errors(findings)
    assert subject == "Database"
    assert "allmende migrate" in text


def test_a_town_is_missing_and_a_pepper_lies_beside_the_data(tmp_path: Path) -> None:
    with service_process(tmp_path, LANG="en_US.UTF-8") as service:
        service.take_migrated_home()
        _, findings = check(service)
    assert [subject for subject, _ in errors(findings)] == ["Print service"]
    assert any(subject == "Towns" and "allmende town" in text for _, subject, text in findings)
    assert any(subject == "Secrets" and "ALLMENDE_PEPPER_FILE" in text for _, subject, text in findings)


def test_a_spool_that_takes_nothing(installation: ServiceProcess, tmp_path: Path) -> None:
    in_the_way = tmp_path / "spool"
    in_the_way.write_text("a file where a folder should be")
    status, findings = check(installation, ALLMENDE_SPOOL_URL=in_the_way.as_uri())
    assert status == 1
    assert [subject for subject, _ in errors(findings)] == ["Spool"]


def test_secrets_that_others_can_read(installation: ServiceProcess) -> None:
    pepper = Path(installation.environment["ALLMENDE_PEPPER_FILE"])
    pepper.chmod(0o640)
    try:
        status, findings = check(installation)
    finally:
        pepper.chmod(0o600)
    assert status == 1
    ((subject, text),) = errors(findings)
    assert (subject, str(pepper) in text, "chmod 600" in text) == ("Secrets", True, True)


def test_a_secret_that_lies_elsewhere_is_looked_at_there(
    installation: ServiceProcess, tmp_path: Path
) -> None:
    key = tmp_path / "secret_key"
    key.write_bytes(b"x" * 32)
    key.chmod(0o644)
    status, findings = check(installation, ALLMENDE_SECRET_KEY_FILE=str(key))
    assert status == 1
    ((subject, text),) = errors(findings)
    assert (subject, str(key) in text) == ("Secrets", True)


@pytest.mark.parametrize(("days", "severity"), [(-1, "error"), (10, "warning"), (90, "ok")])
def test_the_certificate_s_end(
    installation: ServiceProcess, tmp_path: Path, days: int, severity: str
) -> None:
    files = write_certificate_until(dt.datetime.now(dt.UTC) + dt.timedelta(days=days), tmp_path)
    status, findings = check(installation, **files)
    assert status == (severity == "error")
    assert [one for one, subject, _ in findings if subject == "TLS"] == [severity]


@pytest.mark.parametrize("missing", ["ALLMENDE_TLS_CERTIFICATE", "ALLMENDE_TLS_KEY"])
def test_a_certificate_that_cannot_be_used_is_told_and_not_replaced(
    installation: ServiceProcess, tmp_path: Path, missing: str
) -> None:
    files = write_certificate_until(dt.datetime.now(dt.UTC) + dt.timedelta(days=90), tmp_path)
    Path(files[missing]).unlink()
    alone = {name: path for name, path in files.items() if name != missing}
    for given, named in ((files, files[missing]), (alone, missing)):
        status, findings = check(installation, **given)
        assert status == 1
        ((subject, text),) = errors(findings)
        assert (subject, named in text) == ("TLS", True)
        done = installation.command("serve", **given)
        assert done.returncode == 1
        assert named in done.stderr
        assert "Traceback" not in done.stderr


def write_certificate_until(end: dt.datetime, folder: Path) -> dict[str, str]:
    """Writes a certificate and its key; the variables that name them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(end - dt.timedelta(days=100)).not_valid_after(end)
    certificate_path, key_path = folder / "certificate.pem", folder / "key.pem"
    pem = serialization.Encoding.PEM
    certificate_path.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(pem))
    key_path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return {"ALLMENDE_TLS_CERTIFICATE": str(certificate_path), "ALLMENDE_TLS_KEY": str(key_path)}
