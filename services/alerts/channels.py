"""The ways by which alerts reach people, and their registry.

To add one, write a class that is a `Channel` with `of_address`, and its line in `CHANNELS`.
"""

import hashlib
import hmac
import logging
import smtplib
import ssl
import time
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from http.client import HTTPException
from typing import Protocol, Self
from urllib.error import HTTPError
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

import msgspec
from msgspec import Struct

from services.alerts.model import Alert, AlertState, Severity
from services.errors import InvalidInput, Unavailable

_logger = logging.getLogger(__name__)
_SECONDS = 5.0


class ChannelSecrets(Struct, frozen=True):
    """What channels need and no address holds.

    Attributes:
        signing: signs every message to a webhook.
        mail_password: of the user at the mail server; empty where none signs in.
    """

    signing: str = ""
    mail_password: str = ""


class Channel(Protocol):
    """One way to tell people; calls may block for some seconds."""

    @classmethod
    def of_address(cls, address: str, secrets: ChannelSecrets) -> Self:
        """The channel to an address; InvalidInput, with what to write instead, if it is none."""

    def send(self, alert: Alert) -> None:
        """Hand the alert over.

        Raises:
            Unavailable: it was not taken; it may be sent again, with the same key.
        """


class LogChannel:
    """Writes alerts into the log of the process."""

    @classmethod
    def of_address(cls, address: str, secrets: ChannelSecrets) -> Self:
        """See `Channel`; it needs no address."""
        del secrets
        if address:
            raise InvalidInput(f"the channel log takes no address, not {address!r}", remedy="Write: log")
        return cls()

    def send(self, alert: Alert) -> None:
        """See `Channel`."""
        loud = alert.state is AlertState.FIRING and alert.severity is Severity.CRITICAL
        level = logging.ERROR if loud else logging.WARNING
        _logger.log(level, "alert %s: %s. %s (key %s)", alert.state, alert.title, alert.message, alert.key)


class WebhookChannel:
    """Posts alerts as JSON, signed.

    `X-Relevo-Signature` is `sha256=` and the HMAC-SHA256 of `<X-Relevo-Timestamp>.<body>`, in hexadecimal
    digits; `Idempotency-Key` is equal for a message that is sent again.

    Args:
        url: where to.
        secret: of the signature.
    """

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._secret = secret.encode()
        self._opener = build_opener(ProxyHandler({}), _NoRedirect())

    @classmethod
    def of_address(cls, address: str, secrets: ChannelSecrets) -> Self:
        """See `Channel`."""
        parts = _split(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InvalidInput(
                f"{address!r} is not a webhook's address", remedy="Write: webhook=https://host/path"
            )
        if not secrets.signing:
            raise InvalidInput(
                "a webhook's messages are signed, and there is no secret to sign them with",
                remedy="Set RELEVO_ALERT_SECRET, or RELEVO_ALERT_SECRET_FILE.",
            )
        return cls(address, secrets.signing)

    def send(self, alert: Alert) -> None:
        """See `Channel`."""
        body = msgspec.json.encode(
            {**msgspec.to_builtins(alert), "key": alert.key}  # the key for those who do not read headers
        )
        moment = str(int(time.time()))
        digest = hmac.new(self._secret, moment.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": alert.key,
            "X-Relevo-Timestamp": moment,
            "X-Relevo-Signature": f"sha256={digest}",
        }
        request = Request(self._url, body, headers, method="POST")  # noqa: S310 - http or https, see above
        try:
            with self._opener.open(request, timeout=_SECONDS):
                return
        except HTTPError as error:
            error.close()
            raise Unavailable(f"the webhook answered {error.code}") from error
        except (OSError, HTTPException) as error:
            raise Unavailable("the webhook cannot be reached", details=str(error)) from error


class EmailChannel:
    """Sends alerts by a mail server.

    Args:
        server: `smtp://[user@]host[:port]` or `smtps://…`, split.
        sender: the address in From.
        receivers: the addresses in To.
        password: of the user.
    """

    def __init__(self, server: SplitResult, sender: str, receivers: Sequence[str], password: str) -> None:
        self._server = server
        self._sender = sender
        self._receivers = tuple(receivers)
        self._password = password

    @classmethod
    def of_address(cls, address: str, secrets: ChannelSecrets) -> Self:
        """See `Channel`."""
        parts = _split(address)
        query = parse_qs(parts.query)
        senders, receivers = query.get("from", []), query.get("to", [])
        known = parts.scheme in {"smtp", "smtps"} and bool(parts.hostname)
        if not known or len(senders) != 1 or not receivers or parts.password is not None:
            raise InvalidInput(
                "that is not the address of a mail server with from and to",
                remedy="Write: email=smtps://user@host:465?from=relevo@example.org&to=team@example.org; "
                "the password comes from RELEVO_ALERT_MAIL_PASSWORD.",
            )
        if any("\n" in one or "\r" in one for one in (*senders, *receivers)):
            raise InvalidInput("a mail address holds a line break")
        return cls(parts, senders[0], receivers, secrets.mail_password)

    def send(self, alert: Alert) -> None:
        """See `Channel`."""
        message = EmailMessage()
        message["From"], message["To"] = self._sender, ", ".join(self._receivers)
        message["Subject"] = " ".join(f"[Relevo] {alert.state}: {alert.title}".split())
        message["Message-ID"] = f"<{alert.key}@relevo.invalid>"
        message["X-Relevo-Key"] = alert.key
        message.set_content(
            f"{alert.title}\n\n{alert.message}\n\nSince {alert.since:%Y-%m-%d %H:%M:%S} UTC\n"
        )
        try:
            with self._connect() as server:
                if self._server.username:
                    server.login(unquote(self._server.username), self._password)
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable("the mail server did not take the message", details=str(error)) from error

    def _connect(self) -> smtplib.SMTP:
        host, port = self._server.hostname or "", self._server.port
        tls = ssl.create_default_context()
        if self._server.scheme == "smtps":
            return smtplib.SMTP_SSL(host, port or 465, timeout=_SECONDS, context=tls)
        server = smtplib.SMTP(host, port or 587, timeout=_SECONDS)
        try:
            server.ehlo()
            # A password is never sent in the clear: the server must offer encryption then.
            if self._server.username or server.has_extn("starttls"):
                server.starttls(context=tls)
        except BaseException:
            server.close()
            raise
        return server


Maker = Callable[[str, ChannelSecrets], Channel]
CHANNELS: dict[str, Maker] = {
    "log": LogChannel.of_address,
    "webhook": WebhookChannel.of_address,
    "email": EmailChannel.of_address,
}


def channel_name(text: str) -> str:
    """How a channel is called where its address must not stand: its kind, and what tells two apart."""
    return f"{text.partition('=')[0]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def make_channel(text: str, secrets: ChannelSecrets) -> Channel:
    """The channel that `KIND` or `KIND=ADDRESS` names; InvalidInput says what is wrong with it."""
    kind, _, address = text.partition("=")
    maker = CHANNELS.get(kind)
    if maker is None:
        raise InvalidInput(f"there is no alert channel {kind!r}", remedy=f"Write {', '.join(CHANNELS)}.")
    return maker(address, secrets)


class _NoRedirect(HTTPRedirectHandler):
    """A signed message goes where it was sent to, and nowhere else."""

    def redirect_request(self, *_arguments: object) -> None:
        """Follow none."""


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises where it is no number
    except ValueError as error:
        raise InvalidInput(f"that is not an address: {error}") from error
    return parts
