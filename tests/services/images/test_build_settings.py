"""Which of this machine's settings for package registries are forwarded to image builds."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.errors import InvalidInput
from services.images.apt_settings import apt_configuration, apt_sources
from services.images.build_settings import BuildSettings, further_authorities, proxies
from services.images.pip_settings import configuration, configuration_files, pip_settings


@pytest.fixture
def own_authority(tmp_path: Path) -> Path:
    """A PEM file with the well-known authorities and one of a company's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Plant authority")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "authorities.pem"
    own = made.public_bytes(serialization.Encoding.PEM).decode()
    file.write_text(Path(certifi.where()).read_text(encoding="utf-8") + own, encoding="utf-8")
    return file


def subjects(text: str) -> list[str]:
    return [found.subject.rfc4514_string() for found in x509.load_pem_x509_certificates(text.encode())]


def test_only_authorities_that_containers_do_not_know_are_forwarded(own_authority: Path) -> None:
    for variable in ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        assert subjects(further_authorities({variable: str(own_authority)})) == ["CN=Plant authority"]
    assert subjects(further_authorities({}, str(own_authority))) == ["CN=Plant authority"]
    assert further_authorities({"PIP_CERT": certifi.where()}, str(own_authority)) == ""


def test_the_systems_own_store_is_asked_where_no_file_is_named(
    own_authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(context: ssl.SSLContext, _: ssl.Purpose = ssl.Purpose.SERVER_AUTH) -> None:
        context.load_verify_locations(cafile=str(own_authority))

    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", load)
    assert subjects(further_authorities({})) == ["CN=Plant authority"]


def test_a_file_that_holds_no_certificates_is_named(tmp_path: Path) -> None:
    (tmp_path / "nothing.pem").write_text("nothing")
    for file in (tmp_path / "nothing.pem", tmp_path / "missing.pem"):
        with pytest.raises(InvalidInput, match=file.name):
            further_authorities({"PIP_CERT": str(file)})


def test_more_authorities_than_an_argument_holds_are_refused(
    own_authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.images.build_settings.CERTIFICATES_LIMIT", 100)
    with pytest.raises(InvalidInput, match="more authorities") as error:
        further_authorities({"PIP_CERT": str(own_authority)})
    assert "PIP_CERT" in error.value.remedy


def test_pips_variables_win_over_its_files_and_later_files_over_earlier(tmp_path: Path) -> None:
    first, second = tmp_path / "first.conf", tmp_path / "second.conf"
    first.write_text("[global]\nindex-url = https://one/simple\ntimeout = 5\ncert = /own.pem\n")
    second.write_text("[global]\nindex-url = https://two/simple\n[install]\ntrusted-host = two\n")
    found = pip_settings({"PIP_DEFAULT_TIMEOUT": "60", "OTHER": "x"}, [first, second, tmp_path / "none"])
    assert found == {
        "index-url": "https://two/simple",
        "timeout": "60",
        "cert": "/own.pem",
        "trusted-host": "two",
    }
    assert pip_settings({"PIP_INDEX_URL": "https://three"}, [first])["index-url"] == "https://three"


def test_a_configuration_for_containers_names_no_place_of_this_machine() -> None:
    text = configuration({
        "index-url": "https://user:secret@plant/simple",
        "find-links": "/opt/wheels https://plant/wheels file:///opt/wheels ./here C:\\wheels",
        "cert": "/etc/own.pem",
        "target": "/somewhere",
    })  # fmt: skip
    assert (
        text == "[global]\nindex-url = https://user:secret@plant/simple\nfind-links = https://plant/wheels"
    )
    assert configuration({"find-links": "/opt/wheels", "cert": "/etc/own.pem"}) == ""


def test_the_file_that_is_named_in_the_environment_is_read_last(tmp_path: Path) -> None:
    named = tmp_path / "pip.conf"
    assert configuration_files({"PIP_CONFIG_FILE": str(named)})[-1] == named


STANZAS = """\
# The plant's mirror
Types: deb deb-src
URIs: https://plant/debian http://second/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: https://download.docker.com/linux/debian
Suites: bookworm
Components: stable

Types: deb
URIs: https://switched-off/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb
URIs: https://others/debian
Suites: bookworm
Components: main
Signed-By: /etc/apt/keyrings/others.gpg
"""
LINES = """\
deb [arch=amd64] http://plant/debian bookworm main # ours
deb-src http://plant/debian bookworm main
deb http://plant/security bookworm-security main non-free
deb http://plant/debian trixie main
deb file:/mnt/debian bookworm main
"""
KEY = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"


def test_mirrors_of_the_images_debian_are_forwarded_in_either_way_of_writing(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text(LINES)
    (tmp_path / "sources.list.d" / "plant.sources").write_text(STANZAS)
    (tmp_path / "sources.list.d" / "old.list.disabled").write_text("deb http://old/debian bookworm main\n")
    assert apt_sources({}, tmp_path).splitlines() == [
        f"deb {KEY} http://plant/debian bookworm main",
        f"deb {KEY} http://plant/security bookworm-security main",
        f"deb {KEY} https://plant/debian bookworm main",
        f"deb {KEY} https://plant/debian bookworm-updates main",
        f"deb {KEY} http://second/debian bookworm main",
        f"deb {KEY} http://second/debian bookworm-updates main",
    ]


def test_a_machine_that_is_no_debian_names_its_mirror_in_a_file(tmp_path: Path) -> None:
    named = tmp_path / "plant.list"
    named.write_text("deb http://plant/debian bookworm main\n")
    found = apt_sources({"RELEVO_APT_SOURCES": str(named)}, tmp_path / "none")
    assert found == f"deb {KEY} http://plant/debian bookworm main"
    assert apt_sources({}, tmp_path / "none") == ""
    with pytest.raises(InvalidInput, match="is no file"):
        apt_sources({"RELEVO_APT_SOURCES": str(tmp_path / "missing")})


def test_how_packages_are_fetched_is_forwarded_and_nothing_else_of_apt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = tmp_path / "apt.conf"
    written.write_text(
        'Acquire::Retries "7";\nAcquire::http { Proxy "http://proxy:3128"; };\n'
        'Acquire::https::CaInfo "/own.pem";\nAPT::Get::Assume-Yes "true";\n'
    )
    monkeypatch.setenv("APT_CONFIG", str(written))
    lines = apt_configuration().splitlines()
    assert 'Acquire::Retries "7";' in lines
    assert 'Acquire::http::Proxy "http://proxy:3128";' in lines
    assert not [line for line in lines if "own.pem" in line or "Assume" in line]


def test_without_apt_there_is_nothing_to_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert apt_configuration() == ""


def test_proxies_go_by_dockers_own_names() -> None:
    found = proxies({"https_proxy": "http://small", "HTTPS_PROXY": "http://large", "NO_PROXY": "plant"})
    assert found == {"HTTPS_PROXY": "http://small", "NO_PROXY": "plant"}


def test_empty_settings_are_no_arguments() -> None:
    assert BuildSettings().arguments() == {}
    assert BuildSettings(pip="[global]", proxies={"NO_PROXY": "plant"}).arguments() == {
        "RELEVO_PIP_CONFIGURATION": "[global]",
        "NO_PROXY": "plant",
    }
