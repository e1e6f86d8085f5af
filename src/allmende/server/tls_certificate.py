# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
"""The service's TLS certificate: a given one, or a self-signed one made at first start.

IPPS clients pin what they see first (RFC 8011 leaves trust to them), so the self-signed one is long-lived and kept.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import socket
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def given_files() -> tuple[Path, Path] | None:
    """The certificate and key that the operator names; None where neither is named.

    Raises ValueError where one of the two is: to go on with our own certificate would look as if the given one were in use.
    """
    certificate, key = os.environ.get("ALLMENDE_TLS_CERTIFICATE"), os.environ.get("ALLMENDE_TLS_KEY")
    if certificate and key:
        return Path(certificate), Path(key)
    if certificate or key:
        raise ValueError("ALLMENDE_TLS_CERTIFICATE and ALLMENDE_TLS_KEY go together: name both or neither")
    return None


def self_signed_files(home: Path) -> tuple[Path, Path]:
    """Where our own lie, below the installation's folder."""
    return home / "tls" / "certificate.pem", home / "tls" / "key.pem"


def choose_tls_context(home: Path, public_host: str) -> ssl.SSLContext:
    """With the operator's files, else with our own, made for `public_host` too. Raises OSError or ValueError, which name what is wrong."""
    return load_tls_context(*(given_files() or ensure_self_signed(home, own_hostnames(public_host))))


def load_tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """A server context of TLS 1.2 or newer. Raises OSError where a file can't be read or the two don't fit."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for path in (certificate, key):  # OpenSSL would not say which
        path.open("rb").close()
    context.load_cert_chain(certificate, key)
    return context


def ensure_self_signed(home: Path, hostnames: list[str]) -> tuple[Path, Path]:
    """Paths of our own certificate and key, made for `hostnames` (names or addresses) where there are none yet."""
    certificate_path, key_path = self_signed_files(home)
    if certificate_path.exists() and key_path.exists():
        return certificate_path, key_path
    key_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostnames[0][:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=3650))
        .add_extension(
            x509.SubjectAlternativeName([_general_name(host) for host in hostnames]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with os.fdopen(os.open(key_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(pem)
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return certificate_path, key_path


def own_hostnames(*more: str) -> list[str]:
    """The names under which clients may reach this machine, the given ones first, each once."""
    names = [*more, socket.gethostname(), "localhost", "127.0.0.1", "::1"]
    return list(dict.fromkeys(name for name in names if name))


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
