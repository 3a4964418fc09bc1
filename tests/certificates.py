"""Certificates that vouch for themselves, for servers that a test starts."""

import subprocess
from pathlib import Path


def self_signed(folder: Path) -> tuple[str, str]:
    """A certificate of two days for 127.0.0.1, and its key: PEM files in that folder."""
    paths = str(folder / "certificate.pem"), str(folder / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=plant", "-addext", "subjectAltName=IP:127.0.0.1",
         "-out", paths[0], "-keyout", paths[1]],
        check=True, capture_output=True,
    )  # fmt: skip
    return paths
