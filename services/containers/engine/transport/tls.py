"""TLS whose one direction can end while the other goes on."""

import contextlib
import socket
import ssl
import threading

_PART = 1 << 16


class TlsConnection:
    """A connected socket with TLS over it; one thread may read while others write.

    Python's own encrypted socket reads while it says that nothing more will be sent, and drops what it
    finds: a command's output would have holes. Here only `recv` takes from the network.

    Args:
        connected: its time-out holds for the handshake; closed where that fails.
        host: as the other side's certificate names it.

    Raises:
        OSError: the other side is not trusted, or hung up.
    """

    def __init__(self, connected: socket.socket, context: ssl.SSLContext, host: str) -> None:
        self._socket = connected
        self._received, self._to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = context.wrap_bio(self._received, self._to_send, server_hostname=host)
        self._early = b""
        self._state = threading.Lock()
        # Records must leave in the order in which they were made.
        self._sending = threading.Lock()
        try:
            self._handshake()
        except BaseException:
            connected.close()
            raise

    def settimeout(self, seconds: float | None) -> None:
        """How long one read or write may take."""
        self._socket.settimeout(seconds)

    def recv(self, size: int) -> bytes:
        """Read some bytes; none at the end."""
        while True:
            with self._state:
                if self._early:
                    early, self._early = self._early[:size], self._early[size:]
                    return early
                with contextlib.suppress(ssl.SSLWantReadError):
                    return self._decrypted(size)
            self._flush()
            self._receive()

    def sendall(self, data: bytes) -> None:
        """Write all of it."""
        left = memoryview(data)
        while left:
            with self._sending:
                with self._state:
                    left = left[self._session.write(left[:_PART]) :]
                    records = self._to_send.read()
                self._socket.sendall(records)

    def shutdown_write(self) -> None:
        """Say that nothing more will be sent; what the other side sends goes on."""
        with self._sending:
            with self._state:
                with contextlib.suppress(ssl.SSLWantReadError):
                    while part := self._decrypted(_PART):
                        self._early += part
                with contextlib.suppress(ssl.SSLWantReadError):
                    self._session.unwrap()
                records = self._to_send.read()
            self._socket.sendall(records)

    def abort(self) -> None:
        """End it for both sides, so that whoever waits for it wakes."""
        with contextlib.suppress(OSError):  # the other side was faster
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _handshake(self) -> None:
        while True:
            try:
                self._session.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                self._receive()
            except ssl.SSLError:
                self._flush()  # the reason
                raise
            else:
                self._flush()
                return

    def _decrypted(self, size: int) -> bytes:
        try:
            return self._session.read(size)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def _receive(self) -> None:
        received = self._socket.recv(_PART)
        with self._state:
            if received:
                self._received.write(received)
            else:
                self._received.write_eof()

    def _flush(self) -> None:
        """Send what TLS itself has to say."""
        if self._to_send.pending:
            with self._sending:
                with self._state:
                    records = self._to_send.read()
                self._socket.sendall(records)
