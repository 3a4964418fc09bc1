"""Versions in containers on a real Docker Engine: launched, replaced under load, and brought back."""

import importlib
import shutil
import zipfile
from pathlib import Path
from typing import Any

import joblib
import pytest
from sklearn.pipeline import make_pipeline

from services.containers.interface import ServiceState
from services.containers.model import Port
from services.errors import Cancelled, Conflict, InvalidInput, NotFound, RelevoError, Unavailable
from services.images.catalogue import reference
from services.model_server.deploy import read_deploy
from services.publish.csv_rows import Row, read_rows
from services.publish.demo.example_projects import EXAMPLES
from services.publish.launching import LaunchOptions
from services.publish.publisher import publish_training, publish_training_predictions
from tests.lineage import descendants
from tests.under_load import Load, eventually_despite_faults

pytestmark = [pytest.mark.slow, pytest.mark.docker, pytest.mark.timeout(300)]
WINE = EXAMPLES[0]


def silent(_fraction: float | None, _text: str) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def load(plant: Any) -> Any:
    """Clients that ask for wine all the while."""
    return Load(plant.gateway, read_deploy(plant.deploy("A")), plant.rows, clients=3, labels=False)


def serving(plant: Any) -> str:
    """The identifier of the container that serves wine A."""
    found = [
        container.identifier
        for container in plant.engine.containers()
        if container.labels.get("relevo.service") == "model-wine-a"
        and container.platform == plant.launcher.target.platform
    ]
    assert len(found) == 1
    return found[0]


def test_a_deploy_folder_becomes_a_version_that_answers_and_is_measured(plant: Any) -> None:
    said: list[str] = []
    printed: list[str] = []
    instance = plant.launcher.launch_folder(
        plant.deploy("A"), LaunchOptions(), lambda _fraction, text: said.append(text), printed.append
    )
    assert (instance.state, instance.project, instance.version) == (ServiceState.RUNNING, "wine", "A")
    assert any("COPY deploy" in line for line in printed)
    assert said[-1] == "wine A answers"
    signature = read_deploy(plant.deploy("A")).signature
    training = read_rows(WINE.historical(plant.folder), signature)
    assert publish_training(plant.gateway, "wine", signature, training) == len(training)
    measured = publish_training_predictions(plant.gateway, "wine", "A", signature=signature, rows=training)
    assert measured == len(training)
    assert plant.gateway.project("wine").champion == "A"


def test_replacing_under_load_fails_no_request(plant: Any, load: Any) -> None:
    before = serving(plant)
    with load:
        load.goes_on()
        plant.launcher.launch_folder(plant.deploy("A"), LaunchOptions(), silent)
        load.goes_on()
    assert load.failures == []
    assert serving(plant) != before


def test_a_port_of_its_own_is_published_and_kept_through_a_replacement(plant: Any, load: Any) -> None:
    options = LaunchOptions(ports=(Port(8000, 19_473, "127.0.0.1"),))
    with load:
        for _ in range(2):
            plant.launcher.launch_folder(plant.deploy("A"), options, silent)
            ports = plant.engine.container(serving(plant)).ports
            assert [port.host_port for port in ports] == [19_473]
    assert load.failures == []


def test_a_port_that_is_taken_is_told_with_its_holder(plant: Any) -> None:
    options = LaunchOptions(ports=(Port(8000, 19_473, "127.0.0.1"),))
    with pytest.raises(Conflict, match=r"19473 is taken by the container .*-model-wine-a"):
        plant.launcher.launch_folder(plant.deploy("B"), options, silent)
    assert "model-wine-b" not in {instance.name for instance in plant.runtime.instances()}


def test_a_new_version_that_never_answers_leaves_the_old_one_serving(plant: Any, tmp_path: Path) -> None:
    before = serving(plant)
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in plant.deploy("A").iterdir():
        if file.is_file():
            (broken / file.name).write_bytes(file.read_bytes())
    (broken / "Dockerfile").write_text(
        f'FROM {reference("model-python")}\nCOPY deploy /deploy\nCMD ["serve", "/nowhere"]\n'
    )
    with pytest.raises(Unavailable, match="the one before serves on") as told:
        plant.launcher.launch_folder(broken, LaunchOptions(), silent)
    assert "there is no deploy folder /nowhere" in told.value.details
    assert serving(plant) == before
    eventually_despite_faults(lambda: bool(plant.gateway.predict("wine", [inputs(plant)])))


def inputs(plant: Any) -> Row:
    return {name: value for name, value in plant.rows[0].items() if name != "quality"}


def test_a_cancelled_launch_leaves_neither_container_nor_image(plant: Any) -> None:
    before = descendants(plant.engine, reference("model-python"))

    def cancel(_fraction: float | None, text: str) -> None:
        if "healthy" in text:
            raise Cancelled

    with pytest.raises(Cancelled):
        plant.launcher.launch_folder(plant.deploy("B"), LaunchOptions(), cancel)
    assert descendants(plant.engine, reference("model-python")) == before


def test_a_folder_without_what_it_needs_says_what(plant: Any, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"has no model\.json"):
        plant.launcher.launch_folder(tmp_path, LaunchOptions(), silent)


def test_an_existing_image_runs_as_the_version_it_was_built_for_only(plant: Any) -> None:
    image = plant.engine.container(serving(plant)).image
    with pytest.raises(InvalidInput, match="was built for 'A', not for 'B'"):
        plant.launcher.launch_image(image, "wine", "B", LaunchOptions(), silent)
    instance = plant.launcher.launch_image(image, "wine", "A", LaunchOptions(), silent)
    assert instance.image == image


def test_a_service_that_is_killed_comes_back_by_itself(plant: Any) -> None:
    identifier = serving(plant)
    plant.engine.execute(identifier, ("python", "-c", "import os, signal; os.kill(1, signal.SIGTERM)"))
    eventually_despite_faults(lambda: plant.engine.container(identifier).restarts > 0)
    eventually_despite_faults(lambda: _answers(plant))


def _answers(plant: Any) -> bool:
    try:
        return bool(plant.gateway.predict("wine", [inputs(plant)]))
    except RelevoError:
        return False


HELPER = """
class Scaled:
    def fit(self, rows, target=None):
        return self

    def transform(self, rows):
        return rows * 1.0
"""


def write_wheel(folder: Path, name: str, source: str) -> str:
    """A package of one module, as a team builds its own; the wheel's name."""
    wheel = f"{name}-1.0-py3-none-any.whl"
    metadata = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / wheel, "w") as archive:
        archive.writestr(f"{name}.py", source)
        archive.writestr(f"{metadata}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{metadata}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{metadata}/RECORD", "")
    return wheel


def test_a_pickle_that_imports_a_teams_own_package_answers(
    plant: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its requirements.txt brings the package as a wheel, and one of the package index."""
    folder = tmp_path / "C"
    shutil.copytree(plant.deploy("A"), folder)
    wheel = write_wheel(folder, "plant_scaling", HELPER)
    (folder / "requirements.txt").write_text(f"./{wheel}\ntoolz==1.1.0\n")
    (folder / "model.json").write_text(
        (folder / "model.json").read_text().replace('"version": "A"', '"version": "C"')
    )
    monkeypatch.syspath_prepend(str(folder / wheel))
    scaling = importlib.import_module("plant_scaling")
    model = joblib.load(folder / "model.joblib")
    joblib.dump(make_pipeline(scaling.Scaled(), model), folder / "model.joblib")
    said: list[str] = []
    instance = plant.launcher.launch_folder(folder, LaunchOptions(), silent, said.append)
    assert (instance.state, instance.version) == (ServiceState.RUNNING, "C")
    assert any("plant_scaling" in line or "plant-scaling" in line for line in said)
    asked = [plant.gateway.predict("wine", [inputs(plant)], version=version)[0] for version in "AC"]
    assert asked[0].prediction == pytest.approx(asked[1].prediction)


def test_a_requirement_that_fails_is_named_and_one_of_the_services_refused(
    plant: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "B"
    shutil.copytree(plant.deploy("B"), folder)
    before = descendants(plant.engine, reference("model-python"))
    (folder / "requirements.txt").write_text("toolz==0.0.1\n")
    with pytest.raises(
        InvalidInput, match=r"What wine B needs .* has no toolz==0\.0\.1 for Python"
    ) as told:
        plant.launcher.launch_folder(folder, LaunchOptions(), silent)
    assert "Correct its name or version" in told.value.remedy
    (folder / "requirements.txt").write_text("scikit-learn==1.3.2\n")
    with pytest.raises(InvalidInput, match=r"scikit-learn 1\.3\.2 depends on numpy<2.*Relevo keeps numpy"):
        plant.launcher.launch_folder(folder, LaunchOptions(), silent)
    (folder / "requirements.txt").write_text("numpy<2\n")
    with pytest.raises(InvalidInput, match=r"line 1: numpy<2 cannot be"):
        plant.launcher.launch_folder(folder, LaunchOptions(), silent)
    assert descendants(plant.engine, reference("model-python")) == before
    assert "model-wine-b" not in {instance.name for instance in plant.runtime.instances()}
