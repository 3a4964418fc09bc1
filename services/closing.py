"""What holds something until it is closed, and is closed at the end of a `with`."""

from typing import Self


class Closing:
    """Its kinds say what closing gives back."""

    def close(self) -> None:
        """Give back what it holds."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        """Itself; leaving closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it, whatever was raised."""
        self.close()
