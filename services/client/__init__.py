"""The one synchronous HTTP client of Relevo's own services, for the window, publishers and tests.

`requests` is imported here and nowhere else; its exceptions become kinds of `services.errors` here.
Services among themselves use `services.http`, which is asynchronous.
"""

from services.client.gateway import GatewayClient

__all__ = ["GatewayClient"]
