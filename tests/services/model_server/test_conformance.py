"""The shipped Python service fulfils the contract as it is checked for any service."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn
from sklearn.linear_model import LinearRegression, LogisticRegression

from services.client.conformance import Finding, Outcome, check_service
from services.client.conformance.asking import Asker

LIBRARY = f"scikit-learn {sklearn.__version__}"


def check(address: str, token: str, **options: Any) -> list[Finding]:
    with Asker(address, token) as asker:
        return list(check_service(asker, **options))


@pytest.mark.slow
def test_the_python_service_fulfils_every_rule_while_it_is_retrained(
    platform: Any, deploys: Any, tmp_path: Path
) -> None:
    inputs, target = deploys.data()
    deploy = deploys.write(
        tmp_path / "deploy", LinearRegression().fit(inputs, target), train="train.py", library=LIBRARY
    )
    service = platform.serve(tmp_path / "deploy")
    columns = {name: inputs[:, place] for place, name in enumerate("abc")}
    columns |= {"y": target, "id": np.arange(float(len(target)))}
    platform.store.write_training("plant", deploy.signature, columns)
    findings = check(service.address, platform.token, gateway=platform.gateway.address)
    unmet = [one for one in findings if one.outcome is not Outcome.MET]
    assert [one.words for one in unmet] == ["the model is a regression"], unmet


@pytest.mark.slow
def test_a_classifier_that_follows_a_gateway_lacks_nothing(
    platform: Any, deploys: Any, tmp_path: Path
) -> None:
    inputs, target = deploys.data()
    model = LogisticRegression().fit(inputs, ["yes" if value > 0 else "no" for value in target])
    deploys.write(tmp_path / "deploy", model, deploys.CLASSES, library=LIBRARY)
    service = platform.serve(tmp_path / "deploy")
    findings = check(service.address, platform.token)
    assert not [one for one in findings if one.outcome is Outcome.MISSING], findings
