"""`relevo demo`: the main job, end to end, on this machine alone."""

import argparse
import os
import sys
import threading
from pathlib import Path

from app.paths import system_paths
from services.publish.demo.demo import Demo
from services.publish.demo.traffic_replay import ReplayPace

_QUICK = ReplayPace(rows_per_second=40, rows_per_request=4, label_delay=1)
_TRAFFIC_SECONDS = 120.0


def main(arguments: list[str]) -> int:
    """Run the demo; ends with the window, after rendering (`--once`), or when interrupted."""
    options = _options(arguments)
    folder = options.workspace or system_paths().data / "demo"
    windowed = not options.headless and not options.once and _has_display()
    pace = _QUICK if options.once else ReplayPace()
    with Demo(folder, pace, _tell) as demo:
        _describe(demo)
        demo.start_traffic()
        if windowed:
            from app.startup import main as open_window

            return open_window(["--workspace", str(folder)])
        if options.once and not demo.wait_for_traffic(_TRAFFIC_SECONDS):
            print("The traffic did not end in time; the pages show what has arrived.", file=sys.stderr)
        if options.once or not options.headless:
            _render(folder, options.screenshots)
        if not options.once:
            print("Press Ctrl+C to stop.", flush=True)
            threading.Event().wait()
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="relevo demo", description=__doc__)
    parser.add_argument("--workspace", type=Path, help="folder of the embedded platform")
    parser.add_argument("--headless", action="store_true", help="no window: keep the services up")
    parser.add_argument("--once", action="store_true", help="render every page, then end")
    parser.add_argument(
        "--screenshots", type=Path, default=Path("screenshots"), help="folder for the rendered pages"
    )
    return parser.parse_args(arguments)


def _has_display() -> bool:
    """Whether a window can be shown: always on Windows and macOS, elsewhere with a display server."""
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _describe(demo: Demo) -> None:
    platform = demo.platform
    print(f"Gateway    {platform.gateway_address}")
    print(f"Tokens     {platform.folder / 'tokens.json'}")
    print(f"Workspace  {platform.folder}", flush=True)


def _render(workspace: Path, folder: Path) -> None:
    """Render the pages without a display and say where the pictures are."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from app.screenshots import render_pages
    from services.profiles.profile import EmbeddedProfile

    for picture in render_pages(EmbeddedProfile("demo", str(workspace)), folder):
        print(f"Rendered   {picture}", flush=True)


def _tell(done: float, text: str) -> None:
    print(f"{done:4.0%}  {text}", flush=True)
