"""The helper in Python with a gateway's own processes: from a trained model to labels and training data."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from services.client import GatewayClient
from services.profiles.workspace import EmbeddedPlatform, Workspace
from services.registry.model import Mode
from services.store.batches import Categorical
from services.store.connect import open_store
from tests.waiting import eventually

INPUTS = ["rooms", "price"]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPlatform]:
    made = Workspace.open(tmp_path_factory.mktemp("helped"))
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def gateway(relevo: ModuleType, platform: EmbeddedPlatform) -> Any:
    return relevo.connect(platform.gateway_address + "/", platform.admin_token)


@pytest.fixture(scope="module")
def folder(relevo: ModuleType, platform: EmbeddedPlatform, gateway: Any, measures: pd.DataFrame) -> Path:
    """Version A's deploy folder, published and served."""
    model = LogisticRegression(max_iter=5000).fit(measures[INPUTS], measures.dear)
    place = platform.folder / "deploy" / "flats" / "A"
    written: Path = relevo.write_deploy(place, model, "flats", "A", measures, "dear")
    relevo.publish_version(gateway, written)
    platform.start_version("flats", "A")

    def answers() -> bool:
        try:
            return len(relevo.predict(gateway, "flats", measures[INPUTS][:1])) == 1
        except relevo.RelevoError:
            return False

    eventually(answers)
    return written


def test_publishing_again_changes_nothing(
    relevo: ModuleType, platform: EmbeddedPlatform, gateway: Any, folder: Path
) -> None:
    sha256 = relevo.publish_version(gateway, folder)
    with GatewayClient(platform.gateway_address, platform.admin_token) as client:
        [version] = client.project("flats").versions
        assert (version.name, version.mode, version.revision) == ("A", Mode.CHAMPION, sha256)
        [revision] = client.revisions("flats", "A")
        assert (revision.sha256, revision.rows) == (sha256, 120)


def test_a_description_without_what_is_empty_is_published_too(
    relevo: ModuleType, gateway: Any, folder: Path, tmp_path: Path
) -> None:
    """As the helper in R writes it."""
    shutil.copytree(folder, tmp_path / "A")
    description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    for name in ("library", "metrics", "train", "module"):
        del description[name]
    (tmp_path / "A" / "model.json").write_text(json.dumps(description), encoding="utf-8")
    assert relevo.publish_version(gateway, tmp_path / "A") == relevo.publish_version(gateway, folder)


def test_the_training_set_and_what_is_predicted_for_it_are_stored_and_read_again(
    relevo: ModuleType, platform: EmbeddedPlatform, gateway: Any, folder: Path, measures: pd.DataFrame
) -> None:
    assert relevo.publish_training(gateway, folder, measures) == 120
    assert relevo.publish_training_predictions(gateway, "flats", "A", measures[INPUTS]) == 120
    extremes = measures.sort_values("price").iloc[[0, -1]]
    # Each under the other's number, so that the numbers are seen to count.
    turned = extremes.index[::-1]
    assert relevo.publish_training_predictions(gateway, "flats", "A", extremes[INPUTS], ids=turned) == 2
    with closing(open_store(platform.store_address)) as store:
        column = store.training("flats", ["predicted_a"])["predicted_a"]
    assert isinstance(column, Categorical)
    assert column.take(turned.to_numpy()).texts() == ["no", "yes"]
    back = relevo.data(gateway, "flats", "A", source="historical")
    pd.testing.assert_frame_equal(back, measures, check_dtype=False)
    newest = relevo.data(gateway, "flats", "A", "historical", 5)
    pd.testing.assert_frame_equal(newest, measures.tail(5).reset_index(drop=True), check_dtype=False)


def test_predictions_are_recorded_and_labelled_rows_come_back(
    relevo: ModuleType, gateway: Any, folder: Path, measures: pd.DataFrame
) -> None:
    told = relevo.predict(gateway, "flats", measures[INPUTS][:10])
    assert set(told.version) == {"A"}
    assert set(told.prediction) == {"no", "yes"}
    assert [max(one, key=one.get) for one in told.probabilities] == told.prediction.tolist()
    counts = relevo.label(gateway, "flats", told.id, measures.dear[:10])
    assert (counts["accepted"], counts["unknown_class"]) == (10, 0)

    def live(**period: str) -> int:
        return len(relevo.data(gateway, "flats", "A", "live", **period))

    eventually(lambda: live() == 10)
    assert live(since="2026-01-01T00:00:00+00:00") == 10
    assert live(until="2020-01-01T00:00:00Z") == 0


def test_a_port_of_its_own_answers(
    relevo: ModuleType, platform: EmbeddedPlatform, gateway: Any, folder: Path,
    free_ports: Callable[[int], list[int]],
) -> None:  # fmt: skip
    [port] = free_ports(1)
    relevo.listen(gateway, port, "flats", "A", networks=["127.0.0.0/8"])
    with GatewayClient(platform.gateway_address, platform.admin_token) as client:
        eventually(lambda: [one.state for one in client.listeners() if one.port == port] == ["listening"])
        client.remove_listener(port)


def test_complaints_are_passed_on_in_words(
    relevo: ModuleType, gateway: Any, folder: Path, measures: pd.DataFrame, tmp_path: Path
) -> None:
    inputs = measures[INPUTS]
    stranger = relevo.connect(gateway.address, "relevo_wrong")
    for ask, words in (
        (lambda: relevo.data(stranger, "flats", "A"), "token"),
        (lambda: relevo.data(gateway, "nowhere", "A"), "nowhere"),
        (lambda: relevo.predict(gateway, "no/where", inputs), "no/where"),
        (
            lambda: relevo.predict(gateway, "flats", inputs[:1].assign(rooms="wide")),
            "instances[0].rooms must",
        ),
        (lambda: relevo.data(gateway, "flats", "A", since="yesterday"), "such as 2026-01-31T12:00:00Z"),
        (lambda: relevo.publish_training(gateway, folder, inputs), "lacks dear\nGive what"),
        (
            lambda: relevo.publish_training_predictions(gateway, "flats", "A", inputs, ids=[1]),
            "1 ids do not",
        ),
        (lambda: relevo.label(gateway, "flats", ["x"], ["no", "yes"]), "2 labels do not fit 1 ids"),
        (
            lambda: relevo.predict(gateway, "flats", inputs[:1].assign(price=float("inf"))),
            "'price' holds inf",
        ),
        (lambda: relevo.publish_version(gateway, tmp_path), "no model.json\nWrite it with write_deploy"),
    ):
        with pytest.raises(relevo.RelevoError) as told:
            ask()
        assert words in str(told.value)


def test_a_gateway_that_is_away_is_told_without_the_token(
    relevo: ModuleType, free_ports: Callable[[int], list[int]]
) -> None:
    gateway = relevo.connect(f"http://127.0.0.1:{free_ports(1)[0]}", "relevo_secret")
    with pytest.raises(relevo.RelevoError, match=r"cannot be reached .*\nIs the gateway running") as told:
        relevo.data(gateway, "flats", "A")
    assert told.value.__cause__ is None
    assert "relevo_secret" not in f"{told.value} {gateway} {gateway!r}"


def test_the_gateway_and_the_token_come_from_the_environment(
    relevo: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RELEVO_GATEWAY", raising=False)
    monkeypatch.delenv("RELEVO_TOKEN", raising=False)
    with pytest.raises(relevo.RelevoError, match="name the gateway, such as"):
        relevo.connect()
    monkeypatch.setenv("RELEVO_GATEWAY", "http://127.0.0.1:8000/")
    for token in ("", "one\nand\nanother"):
        with pytest.raises(relevo.RelevoError, match="set RELEVO_TOKEN"):
            relevo.connect(token=token)
    monkeypatch.setenv("RELEVO_TOKEN", "relevo_secret\n")
    gateway = relevo.connect()
    assert (gateway.address, gateway.token) == ("http://127.0.0.1:8000", "relevo_secret")
