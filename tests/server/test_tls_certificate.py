# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509

from allmende.server.tls_certificate import ensure_self_signed, given_files, load_tls_context, own_hostnames


def test_the_certificate_is_made_once_and_its_key_is_private(tmp_path: Path) -> None:
    first = ensure_self_signed(tmp_path / "tls", ["print.example", "10.0.0.5"])
    content = [path.read_bytes() for path in first]
    assert [path.read_bytes() for path in ensure_self_signed(tmp_path / "tls", ["other.example"])] == content
    assert first[1].stat().st_mode & 0o077 == 0
    load_tls_context(*first)


def test_it_names_hosts_and_addresses(tmp_path: Path) -> None:
    certificate, _ = ensure_self_signed(tmp_path, ["print.example", "10.0.0.5", "::1"])
    parsed = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["print.example"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.5", "::1"]


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    certificate, _ = ensure_self_signed(tmp_path / "a", ["a.example"])
    _, key = ensure_self_signed(tmp_path / "b", ["b.example"])
    with pytest.raises(OSError, match=r"(?i)key"):
        load_tls_context(certificate, key)


def test_own_hostnames_begin_with_the_given_ones() -> None:
    names = own_hostnames("print.example", "", "localhost")
    assert names[:2] == ["print.example", "localhost"]
    assert len(names) == len(set(names))


def test_certificate_and_key_are_given_together_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert given_files() is None
    monkeypatch.setenv("ALLMENDE_TLS_CERTIFICATE", "/etc/ssl/town.pem")
    with pytest.raises(ValueError, match="ALLMENDE_TLS_KEY"):
        given_files()
    monkeypatch.setenv("ALLMENDE_TLS_KEY", "/etc/ssl/town.key")
    assert given_files() == (Path("/etc/ssl/town.pem"), Path("/etc/ssl/town.key"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    certificate, key = ensure_self_signed(tmp_path, ["a.example"])
    key.unlink()
    with pytest.raises(FileNotFoundError, match=str(key)):
        load_tls_context(certificate, key)
