"""Images of versions with the packages their models need: what works inside, and what leaves no trace."""

import io
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import docker
import pytest

from services.containers.engine.engine import Engine
from services.containers.model import BuildSpec
from services.errors import InvalidInput
from services.images.build_settings import BuildSettings, read_build_settings
from services.model_server.artifacts.kinds import KINDS, Kind
from services.model_server.deploy import Deploy, write_deploy
from services.publish.version_image import version_image
from services.registry.model import Field, Signature, Task
from tests.lineage import descendants

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(300)]
Build = Callable[..., str]
SIGNATURE = Signature((Field("x", "x"),), Field("y", "y"), Task.REGRESSION)
DOCUMENT = """<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><Header/><DataDictionary>
<DataField name="x" optype="continuous" dataType="double"/>
<DataField name="y" optype="continuous" dataType="double"/></DataDictionary>
<RegressionModel functionName="regression">
<MiningSchema><MiningField name="x"/><MiningField name="y" usageType="target"/></MiningSchema>
<RegressionTable intercept="1.5"><NumericPredictor name="x" coefficient="2"/></RegressionTable>
</RegressionModel></PMML>"""
SCORE = """
from pathlib import Path
from services.model_server.deploy import read_deploy
from services.model_server.loading import load_model, sha256_of
folder = Path("/deploy")
deploy = read_deploy(folder)
content = (folder / deploy.artifact).read_bytes()
model = load_model(folder, deploy, content, sha256_of(content))
rows = model.decoder.decode(b'{"instances": [{"x": 2.0}, {"x": 3.0}]}')
print(model.predictor.answer(model.predictor.prepare(rows)).predictions)
"""
TRAIN = (
    "import lightgbm, numpy, sklearn, toolz; rows = numpy.arange(60.0).reshape(-1, 1)\n"
    "model = lightgbm.train({'verbose': -1}, lightgbm.Dataset(rows, rows[:, 0]), 5)\n"
    "print(lightgbm.__version__, sklearn.__version__, toolz.__version__, model.num_trees())"
)


@pytest.fixture(scope="module")
def own_base(
    engine: Engine, built_images: Callable[[str], str], unique_name: Callable[[str], str]
) -> Iterator[str]:
    """The image that versions are built on, as one that nobody else builds on."""
    name = f"{unique_name('base')}:1"
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        dockerfile = f"FROM {built_images('model-python')}\nLABEL relevo.test={name}\n".encode()
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(dockerfile)
        archive.addfile(entry, io.BytesIO(dockerfile))
    engine.build(BuildSpec(context.getvalue(), name), lambda *_: None, lambda _: None)
    yield name
    engine.remove_image(name)


@pytest.fixture
def build(engine: Engine, own_base: str, unique_name: Callable[[str], str]) -> Iterator[Build]:
    """Build the image of a version; its reference. It goes with the test."""
    target = f"{unique_name('version')}:1"

    def built(folder: Path, kind: Kind, settings: BuildSettings | None = None) -> str:
        deploy = Deploy(
            project="wine", version="B", signature=SIGNATURE, trained_at=datetime(2026, 1, 1, tzinfo=UTC),
            rows=1, kind=kind, artifact=KINDS[kind].artifact,
        )  # fmt: skip
        write_deploy(folder, deploy)
        context = version_image(folder, deploy, own_base).context
        arguments = (settings or read_build_settings()).arguments()
        engine.build(
            BuildSpec(context, target, arguments, keep_failed=False), lambda *_: None, lambda _: None
        )
        return target

    yield built
    if engine.image(target) is not None:
        engine.remove_image(target)


def inside(client: docker.APIClient, reference: str, *command: str) -> str:
    """What a command prints in a container of an image that is not served."""
    made = client.create_container(reference, list(command[1:]), entrypoint=[command[0]])["Id"]
    try:
        client.start(made)
        code = client.wait(made)["StatusCode"]
        printed = client.logs(made).decode()
        assert code == 0, printed
        return str(printed)
    finally:
        client.remove_container(made, force=True)


def test_a_pmml_document_is_scored_by_a_small_java(
    build: Build, client: docker.APIClient, tmp_path: Path
) -> None:
    (tmp_path / "model.pmml").write_text(DOCUMENT)
    reference = build(tmp_path, "pmml")
    assert inside(client, reference, "python", "-c", SCORE).endswith("[5.5, 7.5]\n")
    printed = inside(client, reference, "sh", "-c", "java -version && id -un")
    assert "OpenJDK" in printed
    assert "relevo\n" in printed
    added = sum(step["Size"] for step in client.history(reference)[:6])
    assert added < 80_000_000


def test_a_kinds_packages_and_the_folders_leave_no_trace_of_how_they_came(
    build: Build,
    client: docker.APIClient,
    tmp_path: Path,
    marked: BuildSettings,
    traces: Callable[[str], list[str]],
) -> None:
    (tmp_path / "requirements.txt").write_text("scikit-learn==1.7.2\ntoolz==1.1.0\n")
    reference = build(tmp_path, "lightgbm", marked)
    assert inside(client, reference, "python", "-c", TRAIN) == "4.7.0 1.7.2 1.1.0 5\n"
    assert traces(reference) == []
    assert client.inspect_image(reference)["Config"]["User"] == "relevo"


def test_a_requirement_that_cannot_be_had_leaves_nothing_behind(
    engine: Engine, own_base: str, build: Build, tmp_path: Path
) -> None:
    (tmp_path / "requirements.txt").write_text("scikit-learn==0.0.1\n")
    before = descendants(engine, own_base)
    with pytest.raises(InvalidInput) as told:
        build(tmp_path, "joblib")
    assert "No matching distribution found for scikit-learn==0.0.1" in told.value.details
    assert descendants(engine, own_base) == before
