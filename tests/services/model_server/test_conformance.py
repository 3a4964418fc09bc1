"""The shipped services, in Python and in R, fulfil the contract as it is checked for any service."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from services.client.conformance import Finding, RuleOutcome, check_service
from services.client.conformance.service_client import ServiceClient

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def check(address: str, token: str, **options: Any) -> list[Finding]:
    with ServiceClient(address, token) as client:
        return list(check_service(client, **options))


def test_a_regression_lacks_nothing_while_it_is_retrained(
    platform: Any, deploys: Any, maker: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "deploy"
    maker.linear(folder, train=True)
    service = platform.serve(folder)
    inputs, target = deploys.data()
    columns = {name: inputs[:, place] for place, name in enumerate("abc")}
    columns |= {"y": target, "id": np.arange(float(len(target)))}
    platform.store.write_training("plant", deploys.NUMBERS, columns)
    findings = check(service.address, platform.token, gateway=platform.gateway.address)
    unmet = [one for one in findings if one.outcome is not RuleOutcome.MET]
    assert [one.words for one in unmet] == ["the model is a regression"], unmet


def test_a_classifier_in_python_lacks_nothing(platform: Any, deploys: Any, tmp_path: Path) -> None:
    inputs, target = deploys.data()
    model = LogisticRegression().fit(inputs, ["yes" if value > 0 else "no" for value in target])
    deploys.write(tmp_path / "deploy", model, deploys.CLASSES)
    _lacks_nothing(platform, tmp_path / "deploy")


def test_a_classifier_in_r_lacks_nothing(platform: Any, trained_in_r: Path, tmp_path: Path) -> None:
    shutil.copytree(trained_in_r / "classes", tmp_path / "deploy")
    _lacks_nothing(platform, tmp_path / "deploy")


def _lacks_nothing(platform: Any, folder: Path) -> None:
    service = platform.serve(folder)
    findings = check(service.address, platform.token)
    assert not [one for one in findings if one.outcome is RuleOutcome.MISSING], findings
    left = [one.words for one in findings if one.outcome is RuleOutcome.NOT_CHECKED]
    assert all(words.startswith("name the gateway") for words in left)
