"""What every channel keeps to: a new one passes as it is, once its address is named here."""

import hashlib
import hmac
import json
import logging
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any

import pytest
from msgspec.structs import replace

from services.alerts.channels import CHANNELS, Channel, ChannelSecrets, channel_name, make_channel
from services.alerts.model import Alert, AlertState, Severity
from services.errors import InvalidInput, Unavailable

SECRETS = ChannelSecrets(signing="a secret of the tests")
ALERT = Alert(
    rule="champion_silent", severity=Severity.CRITICAL, state=AlertState.FIRING,
    project="wine", version="A",
    title="Champion A of wine does not answer", message="Its service cannot be reached.",
    since=datetime(2026, 11, 12, 8, tzinfo=UTC),
)  # fmt: skip


def addresses(web: Any, mail: Any) -> dict[str, str]:
    return {
        "log": "log",
        "webhook": f"webhook=http://127.0.0.1:{web.port}/alerts",
        "email": f"email=smtp://127.0.0.1:{mail.port}?from=relevo@example.org&to=a@example.org&to=b@example.org",
    }


@pytest.fixture(params=CHANNELS)
def channel(request: pytest.FixtureRequest, web: Any, mail: Any) -> Channel:
    return make_channel(addresses(web, mail)[request.param], SECRETS)


def received(web: Any, mail: Any, caplog: pytest.LogCaptureFixture) -> list[str]:
    """The texts that came, by whichever way."""
    return [*(body.decode() for body in (*web.bodies, *mail.bodies)), *caplog.messages]


def test_an_alert_arrives_once_with_its_title_state_and_key(
    channel: Channel, web: Any, mail: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        channel.send(ALERT)
    [text] = received(web, mail, caplog)
    for told in (ALERT.title, "firing", ALERT.key):
        assert told in text


def test_the_same_alert_again_has_the_same_key_and_its_end_another(
    channel: Channel, web: Any, mail: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        for alert in (ALERT, ALERT, replace(ALERT, state=AlertState.RESOLVED)):
            channel.send(alert)
    texts = received(web, mail, caplog)
    assert [ALERT.key in text for text in texts] == [True, True, False]


@pytest.mark.parametrize("kind", CHANNELS)
def test_a_wrong_address_is_refused_with_what_to_write(kind: str) -> None:
    for address in ("nonsense", "https://[", "file:///etc/passwd", "smtp://host:port"):
        with pytest.raises(InvalidInput):
            make_channel(f"{kind}={address}", SECRETS)


def test_what_is_no_channel_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidInput, match="pigeon") as told:
        make_channel("pigeon", SECRETS)
    assert all(kind in told.value.remedy for kind in CHANNELS)


def test_a_channels_name_holds_nothing_of_its_address() -> None:
    text = "webhook=https://hooks.example/a-secret-path"
    assert channel_name(text).startswith("webhook-")
    assert "secret" not in channel_name(text)
    assert channel_name(text) != channel_name(text + "2")


def test_a_webhook_is_signed_over_time_and_body(web: Any, mail: Any) -> None:
    make_channel(addresses(web, mail)["webhook"], SECRETS).send(ALERT)
    [headers], [body] = web.headers, web.bodies
    signed = headers["X-Relevo-Timestamp"].encode() + b"." + body
    expected = hmac.new(SECRETS.signing.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-Relevo-Signature"] == f"sha256={expected}"
    assert headers["Idempotency-Key"] == json.loads(body)["key"] == ALERT.key


def test_a_webhook_without_a_secret_is_refused() -> None:
    with pytest.raises(InvalidInput, match="signed"):
        make_channel("webhook=https://hooks.example/", ChannelSecrets())


@pytest.mark.parametrize("status", [301, 404, 500, 503])
def test_a_webhook_that_does_not_take_it_is_unavailable_and_no_redirect_is_followed(
    web: Any, mail: Any, status: int
) -> None:
    web.status = status
    with pytest.raises(Unavailable, match=str(status)):
        make_channel(addresses(web, mail)["webhook"], SECRETS).send(ALERT)
    assert len(web.bodies) == 1


def test_a_mail_names_sender_receivers_and_subject(web: Any, mail: Any) -> None:
    make_channel(addresses(web, mail)["email"], SECRETS).send(replace(ALERT, title="Two\nlines"))
    message = message_from_bytes(mail.bodies[0])
    assert message["Subject"] == "[Relevo] firing: Two lines"
    assert (message["From"], message["To"]) == ("relevo@example.org", "a@example.org, b@example.org")


def test_a_mail_server_that_refuses_or_is_gone_is_unavailable(web: Any, mail: Any) -> None:
    mail.refuses = True
    with pytest.raises(Unavailable):
        make_channel(addresses(web, mail)["email"], SECRETS).send(ALERT)
    nowhere = "email=smtp://127.0.0.1:9?from=a@example.org&to=b@example.org"
    with pytest.raises(Unavailable):
        make_channel(nowhere, SECRETS).send(ALERT)


def test_a_password_is_never_sent_to_a_mail_server_without_encryption(web: Any, mail: Any) -> None:
    address = addresses(web, mail)["email"].replace("smtp://", "smtp://ana@")
    with pytest.raises(Unavailable):
        make_channel(address, ChannelSecrets(mail_password="hidden")).send(ALERT)
    assert not mail.bodies
