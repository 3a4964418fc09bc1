"""The jars of the Cassandra server, from Maven Central, once for the plain server and the base image."""

import shutil
from pathlib import Path

from servers import FOLDER, install, run

RELEASE = "5.0.5"
JARS = FOLDER / "cassandra" / f"lib-{RELEASE}"
POM = Path(__file__).resolve().parent / "cassandra-files" / "pom.xml"


def fetch_jars() -> Path:
    """The folder of the server's jars and what they need, fetched whole or not at all."""
    if JARS.is_dir():
        return JARS
    if shutil.which("mvn") is None:
        install("maven")
    JARS.parent.mkdir(parents=True, exist_ok=True)
    unfinished = JARS.with_name(f"{JARS.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    pom = JARS.parent / "pom.xml"
    pom.write_text(POM.read_text().replace("@RELEASE@", RELEASE))
    run("mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies",
        "-DincludeScope=runtime", f"-DoutputDirectory={unfinished}")  # fmt: skip
    unfinished.rename(JARS)
    return JARS
