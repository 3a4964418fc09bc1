"""One project with A in Python and B in R: shadowed, compared, switched, and trained again by one route."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from resources import path
from services.client import GatewayClient
from services.evaluation.model import ClassificationMetrics, ProjectView, Span
from services.evaluation.reader.reader import ProjectReader
from services.gateway.messages import ChampionRequest, RetrainRequest, RevisionRequest, Window
from services.model_server.deploy import read_deploy
from services.profiles.workspace import EmbeddedPlatform, Workspace
from services.publish.csv_rows import Row, read_rows
from services.publish.demo.example_projects import EXAMPLES
from services.publish.launching import LaunchOptions
from services.publish.publisher import publish_training, publish_training_predictions, publish_version
from services.registry.model import JobState, Mode
from services.store.connect import open_store
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
IRIS = EXAMPLES[1]


@pytest.fixture(scope="module")
def b_in_r(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Version B's deploy folder, as the R project's own script writes it."""
    if shutil.which("Rscript") is None:
        reason = "no Rscript: install R and its packages plumber, e1071, curl, digest and sys"
        pytest.fail(reason) if os.environ.get("RELEVO_REQUIRE_SERVERS") else pytest.skip(reason)
    folder = tmp_path_factory.mktemp("in-r") / "B"
    run_r("train_b.R", str(folder))
    return folder


def run_r(script: str, *arguments: str, **environment: str) -> str:
    told = subprocess.run(
        ["Rscript", f"training/{script}", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=path("projects", "iris-r"),
        env={**os.environ, **environment},
    )
    assert told.returncode == 0, told.stderr
    return told.stdout


class Mixed:
    """An embedded platform with the project, its gateway, and the rows that come as traffic."""

    def __init__(self, platform: EmbeddedPlatform, folder: Path, b_in_r: Path) -> None:
        self.platform = platform
        self.gateway = GatewayClient(platform.gateway_address, platform.admin_token)
        signature = read_deploy(IRIS.deploy_folder(folder, "A")).signature
        self.rows = read_rows(IRIS.live(folder), signature)
        training = read_rows(IRIS.historical(folder), signature)
        shutil.copytree(b_in_r, folder / "deploy" / "iris" / "B")
        for version in IRIS.versions:
            publish_version(folder / "deploy" / "iris" / version, self.gateway)
            platform.start_version("iris", version)
        publish_training(self.gateway, "iris", signature, training)
        for version in IRIS.versions:
            publish_training_predictions(
                self.gateway, "iris", version, signature=signature, rows=training, patience=60
            )

    def inputs(self, number: int = 0) -> Row:
        return {name: value for name, value in self.rows[number].items() if name != "species"}

    def view(self) -> ProjectView:
        store = open_store(self.platform.store_address)
        try:
            return ProjectReader(store, "iris").refresh(Span.ALL)
        finally:
            store.close()


@pytest.fixture(scope="module")
def mixed(
    b_in_r: Path, tmp_path_factory: pytest.TempPathFactory, examples_in: Callable[[Path], None]
) -> Iterator[Mixed]:
    folder = tmp_path_factory.mktemp("mixed")
    examples_in(folder)
    shutil.rmtree(IRIS.deploy_folder(folder, "B"))
    platform = Workspace.open(folder)
    try:
        made = Mixed(platform, folder, b_in_r)
        yield made
        made.gateway.close()
    finally:
        platform.close()


def test_the_challenger_in_r_sees_what_the_champion_in_python_answers_and_is_measured(mixed: Mixed) -> None:
    project = mixed.gateway.project("iris")
    assert {version.name: version.mode for version in project.versions} == {
        "A": Mode.CHAMPION,
        "B": Mode.CHALLENGER,
    }
    answers = mixed.gateway.predict("iris", [mixed.inputs(n) for n in range(len(mixed.rows))])
    assert {answer.version for answer in answers} == {"A"}
    labels = [(answer.id, row["species"]) for answer, row in zip(answers, mixed.rows, strict=True)]
    mixed.gateway.label("iris", labels)

    def labelled() -> dict[str, int]:
        return {name: version.labelled for name, version in mixed.view().live.items()}

    eventually(lambda: labelled() == {"A": len(mixed.rows), "B": len(mixed.rows)})
    view = mixed.view()
    for version in ("A", "B"):
        for side, rows in ((view.historical, 120), (view.live, len(mixed.rows))):
            metrics = side[version].metrics
            assert isinstance(metrics, ClassificationMetrics)
            assert (metrics.rows, metrics["accuracy"].value > 0.8) == (rows, True)


def test_the_switch_from_python_to_r_and_back(mixed: Mixed) -> None:
    for champion, expected in (("B", "A"), ("A", "B")):
        generation = mixed.gateway.project("iris").generation
        mixed.gateway.change_champion(
            "iris", ChampionRequest(champion, expected, generation, "to see", "a test")
        )
        eventually(
            lambda champion=champion: mixed.gateway.predict("iris", [mixed.inputs()])[0].version == champion
        )
        [answer] = mixed.gateway.predict("iris", [mixed.inputs()])
        assert answer.probabilities is not None
        assert set(answer.probabilities) == {"setosa", "versicolor", "virginica"}
        assert answer.prediction == max(answer.probabilities, key=answer.probabilities.__getitem__)


@pytest.mark.parametrize("version", ["A", "B"])
def test_both_are_trained_again_by_the_same_route_and_follow_their_new_revision(
    mixed: Mixed, version: str
) -> None:
    gateway = mixed.gateway
    before = gateway.project("iris").version(version)
    assert before is not None
    order = RetrainRequest(Window("sliding", 100))
    job = gateway.retrain("iris", version, order)
    eventually(lambda: gateway.job("iris", version, job).state not in {JobState.QUEUED, JobState.RUNNING})
    told = gateway.job("iris", version, job)
    assert told.state is JobState.DONE, told.message
    assert told.metrics["accuracy"] > 0.8
    found = [one for one in gateway.revisions("iris", version) if one.sha256 == told.revision]
    assert [(one.rows, one.window) for one in found] == [(100, "the newest 100 rows")]
    for wanted, expected in ((told.revision, before.revision), (before.revision, told.revision)):
        gateway.change_revision("iris", version, RevisionRequest(wanted, expected, "better", "a test"))
        eventually(
            lambda wanted=wanted: (
                gateway.predict("iris", [mixed.inputs()], version=version)[0].revision == wanted
            )
        )


def test_what_the_version_in_python_refuses_the_one_in_r_refuses_in_the_same_words(mixed: Mixed) -> None:
    from services.errors import InvalidInput

    for change in ({"petal width": "wide"}, {"petal width": None}, {"petal colour": 1}):
        words = set()
        for version in ("A", "B"):
            with pytest.raises(InvalidInput) as told:
                mixed.gateway.predict("iris", [mixed.inputs() | change], version=version)
            words.add(told.value.message)
        assert len(words) == 1


HELPED = """
source(Sys.getenv("RELEVO_HELPER"))
gateway <- relevo_connect()
frame <- relevo_data(gateway, "iris", "B", source = "historical", rows = 100)
stopifnot(nrow(frame) == 100, setequal(names(frame), c("sepal length", "sepal width", "petal length", "petal width", "species")))
stopifnot(relevo_publish_training_predictions(gateway, "iris", "B", frame[names(frame) != "species"]) == 100)
answers <- relevo_predict(gateway, "iris", frame[1:3, names(frame) != "species"])
told <- relevo_label(gateway, "iris", answers$id, frame$species[1:3])
stopifnot(told$accepted == 3, told$unknown_class == 0)
print(gateway)
wrong <- frame[1, names(frame) != "species"]
wrong[["petal width"]] <- "wide"
relevo_predict(gateway, "iris", wrong)
"""  # noqa: E501 - a script in R


def test_the_helper_in_r_reads_predicts_labels_and_passes_complaints_on(mixed: Mixed) -> None:
    environment = {
        "RELEVO_HELPER": str(path("helpers", "relevo.R")),
        "RELEVO_GATEWAY": mixed.platform.gateway_address,
        "RELEVO_TOKEN": mixed.platform.admin_token,
    }
    told = subprocess.run(
        ["Rscript", "-e", HELPED], capture_output=True, text=True, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip
    assert told.stdout.strip() == f"Relevo at {mixed.platform.gateway_address}", told.stderr
    assert "instances[0].petal width must be a number" in told.stderr
    assert mixed.platform.admin_token not in told.stdout + told.stderr


@pytest.mark.restarts
def test_the_project_in_r_is_published_by_its_own_script_with_its_ports(
    tmp_path_factory: pytest.TempPathFactory, b_in_r: Path
) -> None:
    folder = tmp_path_factory.mktemp("in-r-only")
    run_r("train_a.R", str(folder / "deploy" / "iris" / "A"))
    shutil.copytree(b_in_r, folder / "deploy" / "iris" / "B")
    platform = Workspace.open(folder)
    try:
        said = run_r(
            "publish.R",
            *(str(folder / "deploy" / "iris" / version) for version in ("A", "B")),
            RELEVO_GATEWAY=platform.gateway_address,
            RELEVO_TOKEN=platform.admin_token,
        )
        assert "120 training rows stored" in said
        with GatewayClient(platform.gateway_address, platform.admin_token) as gateway:
            assert {listener.port: listener.version for listener in gateway.listeners()} == {
                18000: "A",
                18001: "B",
            }
            platform.start_version("iris", "A")
            row: dict[str, Any] = {"sepal length": 5.1, "sepal width": 3.5, "petal length": 1.4}
            eventually(lambda: _answers(gateway, row | {"petal width": 0.2}))
    finally:
        platform.close()


def _answers(gateway: GatewayClient, row: dict[str, Any]) -> bool:
    from services.errors import Unavailable

    try:
        return gateway.predict("iris", [row])[0].prediction == "setosa"
    except Unavailable:
        return False


@pytest.mark.docker
def test_both_run_in_containers_side_by_side(plant: Any, b_in_r: Path) -> None:
    said: list[str] = []
    for folder in (IRIS.deploy_folder(plant.folder, "A"), b_in_r):
        plant.launcher.launch_folder(
            folder, LaunchOptions(), lambda _fraction, text: said.append(text), lambda _text: None
        )
    assert "iris B answers" in said
    signature = read_deploy(b_in_r).signature
    rows = read_rows(IRIS.live(plant.folder), signature)
    instances = [{name: row[name] for name in row if name != "species"} for row in rows]
    answers = plant.gateway.predict("iris", instances)
    assert {answer.version for answer in answers} == {"A"}
    in_r = plant.gateway.predict("iris", instances, version="B")
    right = sum(answer.prediction == row["species"] for answer, row in zip(in_r, rows, strict=True))
    assert right / len(rows) > 0.8
    publish_training(plant.gateway, "iris", signature, read_rows(IRIS.historical(plant.folder), signature))
    job = plant.gateway.retrain("iris", "B")
    eventually(lambda: plant.gateway.job("iris", "B", job).state in {JobState.DONE, JobState.FAILED})
    told = plant.gateway.job("iris", "B", job)
    assert told.state is JobState.DONE, told.message
    [container] = [one for one in plant.engine.containers() if one.name.endswith("-model-iris-b")]
    plant.engine.stop(container.identifier)
    # Ended by itself: after being killed it would be 137.
    assert plant.engine.container(container.identifier).exit_code == 0
