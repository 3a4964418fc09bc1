"""Exits 0 if the service inside this container answers its health check, over HTTP or HTTPS."""

import ssl
import sys
from http.client import HTTPConnection, HTTPException, HTTPSConnection

PORT, SECONDS = 8000, 3


def answers(connection: HTTPConnection) -> bool:
    """Whether the service says it is ready: any status but 200 is a no."""
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def main() -> int:
    """Ask plainly first; a service with a certificate is asked over TLS, its name not being the point."""
    if answers(HTTPConnection("127.0.0.1", PORT, timeout=SECONDS)):
        return 0
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return 0 if answers(HTTPSConnection("127.0.0.1", PORT, timeout=SECONDS, context=context)) else 1


if __name__ == "__main__":
    sys.exit(main())
