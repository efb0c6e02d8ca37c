"""Certificates: files that cannot be used are named in one sentence, and nobody is asked for a password."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from engine.servers.certificates import Certificate, LiveCertificate
from tests.engine.certificates import FOLDER, certificate

FIRST, SECOND = (FOLDER / f"test-only-{which}-certificate.pem" for which in ("first", "second"))
KEY = FOLDER / "test-only-first-key.pem"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Certificate("/no/such.pem", KEY), "/no/such.pem cannot be read: No such file or directory."),
        (Certificate(FIRST, "/no/key.pem"), "/no/key.pem cannot be read"),
        (Certificate(FIRST), "holds no key"),
        (Certificate(KEY, KEY), "holds no certificate"),
        (Certificate(SECOND, KEY), "does not belong to the certificate"),
        (Certificate(__file__, KEY), "holds no certificate"),
    ],
)
def test_files_that_cannot_be_used(given: Certificate, said: str) -> None:
    with pytest.raises(ValueError, match=r"\S") as raised:
        given.context()
    assert said in str(raised.value)


def test_encrypted_keys(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    try:
        command = ["openssl", "pkcs8", "-topk8", "-in", str(KEY), "-out", str(key), "-passout", "pass:right"]
        subprocess.run(command, check=True, timeout=30, capture_output=True)
    except FileNotFoundError:
        pytest.skip("No openssl here.")
    Certificate(FIRST, key, "right").context()
    with pytest.raises(ValueError, match="needs a password"):
        Certificate(FIRST, key).context()
    with pytest.raises(ValueError, match="does not open with this password"):
        Certificate(FIRST, key, "wrong").context()
    assert "right" not in repr(Certificate(FIRST, key, "right"))


@pytest.mark.loud
def test_a_key_that_others_can_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    given = certificate(tmp_path)
    LiveCertificate(given)
    assert caplog.messages == []
    (tmp_path / "key.pem").chmod(0o644)
    LiveCertificate(given)
    assert ["chmod 600" in message for message in caplog.messages] == [True]
