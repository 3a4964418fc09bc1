"""Varied requests to one server, by wrk, and what came of them."""

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.row import NotHere

SCRIPT = Path(__file__).with_name("varied.lua")


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw: requests answered a second, and the median's microseconds."""

    rate: float
    median: float


@dataclass(frozen=True, slots=True)
class Target:
    """A server under load.

    Attributes:
        url: of the route.
        bodies: a JSON text for each question.
        token: bearer token; empty for none.
        read: the prediction in a decoded answer to one question.
    """

    url: str
    bodies: list[str]
    read: Callable[[Any], float]
    token: str = ""

    def answers(self, count: int) -> list[float]:
        """The predictions for the first questions, asked one by one."""
        return [self.read(self._ask(body)) for body in self.bodies[:count]]

    def _ask(self, body: str) -> Any:
        request = urllib.request.Request(self.url, body.encode(), self._headers())
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def _headers(self) -> dict[str, str]:
        authorization = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {"Content-Type": "application/json", **authorization}

    def load(self, folder: Path, *, connections: int, seconds: float) -> Load:
        """Keep so many connections busy for a while; every answer must be a good one."""
        if shutil.which("wrk") is None:
            raise NotHere("wrk is not installed (Debian: apt-get install wrk)")
        bodies, headers = folder / "bodies.txt", folder / "headers.txt"
        bodies.write_text("\n".join(self.bodies))
        headers.touch(mode=0o600)
        headers.write_text("\n".join(f"{name}: {value}" for name, value in self._headers().items()))
        done = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "30s",
             "-s", str(SCRIPT), self.url, "--", str(bodies), str(headers)],
            capture_output=True, text=True, check=True, timeout=seconds + 60,
        )  # fmt: skip
        seen = json.loads(done.stdout.rstrip().rpartition("\n")[2])
        if seen["errors"] or not seen["requests"]:
            raise RuntimeError(f"{self.url}: {seen['errors']} of {seen['requests']} requests failed")
        return Load(seen["requests"] / seen["seconds"], seen["median"])
