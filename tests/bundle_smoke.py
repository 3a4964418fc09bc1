"""Smoke test of the packaged program: `python tests/bundle_smoke.py [--cassandra HOST:PORT]`.

Runs the bundle that `make bundle` built, outside the checkout, and says what it saw: the demo with its
training, services and traffic, every page rendered, and Cassandra reached where one is named.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

BUNDLE = Path(__file__).parents[1] / "dist" / "relevo"
PROGRAM = BUNDLE / ("relevo.exe" if sys.platform == "win32" else "relevo")
PAGES = {"monitor", "projects", "activity", "settings"}


def main() -> int:
    """Run all checks; the exit code is 0 when all passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cassandra", default=os.environ.get("RELEVO_TEST_CASSANDRA", ""))
    options = parser.parse_args()
    size = sum(file.stat().st_size for file in BUNDLE.rglob("*") if file.is_file())
    print(f"bundle: {size / 1e6:.0f} MB")
    with tempfile.TemporaryDirectory() as folder:
        check_help(Path(folder))
        check_images()
        check_models(Path(folder))
        check_demo(Path(folder))
        if options.cassandra:
            check_cassandra(Path(folder), options.cassandra)
        else:
            print("Cassandra: not tested, no server named")
    print("bundle: passed")
    return 0


def check_help(folder: Path) -> None:
    """The command line answers."""
    result = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True, cwd=folder)
    assert "usage: relevo" in result.stdout, result.stdout


def check_images() -> None:
    """Build contexts of the images are the same, whether assembled of the bundle or of the checkout."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    import images
    from services.images.catalogue import CATALOGUE
    from services.images.contexts import context_of

    of_checkout = {name: context_of(name) for name in CATALOGUE}
    carried = BUNDLE / "_internal" / "images" / "__init__.py"
    assert carried.is_file(), "the bundle carries no images"
    images.__file__ = str(carried)
    differing = [name for name in CATALOGUE if context_of(name) != of_checkout[name]]
    assert not differing, f"contexts differ: {differing}"
    print(f"images: {len(CATALOGUE)} contexts as in the checkout")


def check_models(folder: Path) -> None:
    """Model files of other makers are read by the libraries in the bundle."""
    files = write_models(folder)
    for file, words in files.items():
        command: list[str | Path] = [PROGRAM, "describe", file]
        result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        assert result.returncode == 0, f"{file.name}: {result.stdout}{result.stderr}"
        assert words in result.stdout, result.stdout
    print(f"models: {', '.join(file.name for file in files)} read")


def write_models(folder: Path) -> dict[Path, str]:
    """A small model of each maker, and what is said of it."""
    import lightgbm
    import numpy as np
    import xgboost
    from skl2onnx import to_onnx
    from sklearn.linear_model import LinearRegression

    inputs = np.random.default_rng(1).normal(size=(60, 2))
    xgboost.XGBRegressor(n_estimators=2).fit(inputs, inputs[:, 0]).save_model(folder / "model.ubj")
    trees = lightgbm.LGBMRegressor(n_estimators=2, verbose=-1).fit(inputs, inputs[:, 0])
    trees.booster_.save_model(folder / "model.txt")
    line = to_onnx(LinearRegression().fit(inputs, inputs[:, 0]), inputs[:1].astype(np.float32))
    (folder / "model.onnx").write_bytes(line.SerializeToString())
    document = Path(__file__).parent / "services/model_server/artifacts/documents/flats.pmml"
    (folder / "model.pmml").write_bytes(document.read_bytes())
    makers = {"ubj": "xgboost", "txt": "lightgbm", "onnx": "onnxruntime", "pmml": "pypmml"}
    return {folder / f"model.{suffix}": maker for suffix, maker in makers.items()}


def check_demo(folder: Path) -> None:
    """The demo trains, serves, replays and renders every page in both themes."""
    began = time.monotonic()
    command: list[str | Path] = [
        PROGRAM, "demo", "--headless", "--once",
        "--workspace", folder / "workspace", "--screenshots", folder / "pages",
    ]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, timeout=300)
    assert result.returncode == 0, result.stdout + result.stderr
    pictures = sorted((folder / "pages").glob("*.png"))
    rendered = {picture.name.split("-")[0] for picture in pictures}
    assert rendered >= PAGES, f"rendered only {rendered}"
    assert all(picture.stat().st_size > 5_000 for picture in pictures), "an empty picture"
    print(f"demo: {len(pictures)} pictures in {time.monotonic() - began:.0f} s")


def check_cassandra(folder: Path, server: str) -> None:
    """A gateway from the bundle reaches Cassandra and makes its schema there."""
    prefix = f"smoke_{secrets.token_hex(4)}_"
    command: list[str | Path] = [
        PROGRAM, "gateway", "--store", f"cassandra:{server}", "--cassandra-prefix", prefix,
        "--spool", folder / "spool", "--port", "0", "--held",
    ]  # fmt: skip
    environment = {**os.environ, "RELEVO_SECRET": secrets.token_hex(16)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder, env=environment
    ) as gateway:
        assert gateway.stdin is not None
        assert gateway.stdout is not None
        try:
            address = json.loads(gateway.stdout.readline())["address"]
            wait_until_reachable(f"{address}/health")
        finally:
            gateway.stdin.close()
    print("Cassandra: reached")


def wait_until_reachable(url: str) -> None:
    """Wait until the gateway says that its store is reachable."""
    deadline = time.monotonic() + 60
    while True:
        with urllib.request.urlopen(url, timeout=5) as answer:
            health = json.load(answer)
        if health["store"] == "reachable":
            return
        assert time.monotonic() < deadline, health
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())
