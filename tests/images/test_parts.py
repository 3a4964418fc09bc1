"""The data lake, R's runtime and the development image, each doing what it is for."""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pymysql
import pytest

from services.containers.engine.engine import Engine
from services.containers.model import ContainerSpec, Mount, ResourceLimits, RestartPolicy
from services.errors import Unavailable

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]
ODD = "r'oo\\t\"$x"


def test_the_data_lake_lets_its_user_in_and_nobody_else(
    start: Callable[..., str], engine: Engine, published: Callable[[str], int]
) -> None:
    made = start(
        "datalake",
        port=3306,
        limits=ResourceLimits(memory=200_000_000),
        environment={
            "MARIADB_ROOT_PASSWORD": ODD,
            "MARIADB_DATABASE": "plant",
            "MARIADB_USER": "team",
            "MARIADB_PASSWORD": ODD,
        },
    )

    def connect(user: str, password: str) -> "pymysql.Connection[pymysql.cursors.Cursor]":
        return pymysql.connect(
            host="127.0.0.1", port=published(made), user=user, password=password, database="plant"
        )

    with connect("team", ODD) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE wine (id INT)")
        cursor.execute("INSERT INTO wine VALUES (7)")
        connection.commit()
    for user, password in (("team", "wrong"), ("root", ODD), ("root", ""), ("relevo", "")):
        with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
            connect(user, password)
    engine.restart(made)
    engine.wait_healthy(made, 60)
    with connect("team", ODD) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM wine")
        assert cursor.fetchall() == ((7,),)


def test_a_data_lake_without_a_password_says_what_it_lacks(start: Callable[..., str]) -> None:
    with pytest.raises(Unavailable) as failed:
        start("datalake", seconds=30)
    assert "MARIADB_ROOT_PASSWORD" in failed.value.details


def test_r_has_what_a_model_service_needs(
    engine: Engine, built_images: Callable[[str], str], unique_name: Callable[[str], str]
) -> None:
    script = (
        "library(plumber); library(e1071); library(jsonlite); library(curl); library(digest); "
        "library(sys); library(rpart); library(randomForest); "
        "model <- svm(Species ~ ., iris); cat('right', mean(predict(model, iris) == iris$Species) > 0.9)"
    )
    made = engine.run(
        ContainerSpec(
            name=unique_name("r"),
            image=built_images("model-r"),
            command=("-e", script),
            restart=RestartPolicy.NEVER,
        )
    )
    try:
        with pytest.raises(Unavailable):  # it ends, having said its words
            engine.wait_healthy(made, 60)
        assert "right TRUE" in [line.text for line in engine.logs(made, 20)]
    finally:
        engine.remove(made, force=True, volumes=True)


def test_notebooks_run_as_whoever_owns_the_project(
    start: Callable[..., str], engine: Engine, published: Callable[[str], int], tmp_path: Path
) -> None:
    owner = 4321
    project = tmp_path / "project"
    project.mkdir()
    os.chown(project, owner, owner)
    made = start(
        "dev-python",
        port=8888,
        user=f"{owner}:{owner}",
        mounts=(Mount("/work", str(project), folder=True),),
        environment={"JUPYTER_TOKEN": "a-token"},
    )
    address = f"http://127.0.0.1:{published(made)}/api/kernelspecs"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(address, timeout=20)
    refused.value.close()
    request = urllib.request.Request(address, headers={"Authorization": "token a-token"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert set(json.load(answer)["kernelspecs"]) == {"python3", "ir"}

    for command in (
        ("python", "-c", "open('written.py', 'w').write('by a developer')"),
        ("Rscript", "-e", "writeLines('by a developer', 'written.R')"),
        ("python", "-c", "import sklearn, pandas, matplotlib.pyplot, cassandra, starlette"),
        ("python", "-c", "import relevo; relevo.write_deploy"),
        ("Rscript", "-e", "library(e1071); library(plumber); library(IRkernel)"),
        ("Rscript", "-e", "source(Sys.getenv('RELEVO_HELPER')); library(digest); library(curl)"),
        ("pip", "--version"),
    ):
        code, output = engine.execute(made, command)
        assert code == 0, output
    for name in ("written.py", "written.R"):
        assert (project / name).stat().st_uid == owner
