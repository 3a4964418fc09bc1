"""Who may do what."""

from types import SimpleNamespace
from typing import Any

import pytest

from services.errors import Refused
from services.gateway.messages import TokenRequest
from services.registry.model import TokenRole
from services.registry.tokens import service_token
from tests.services.gateway.api.conftest import Platform

BODY = {"instances": [{"ph": 3.5, "alcohol": 9.5}]}


@pytest.mark.parametrize("token", ["", "relevo_c_wrong", "relevo_s.wine.A.00", "x" * 5000])
def test_a_missing_or_wrong_token_is_unauthorised(wine: Platform, token: Any) -> None:
    with wine.http(token) as http:
        for answer in (http.post("/v1/projects/wine/predict", json=BODY), http.get("/v1/projects")):
            assert answer.status_code == 401
            assert answer.json()["error"]["code"] == "unauthorized"
            assert answer.headers["www-authenticate"] == "Bearer"


def test_another_scheme_than_bearer_is_unauthorised(wine: Platform) -> None:
    with wine.http("") as http:
        answer = http.get("/v1/projects", headers={"Authorization": "Basic YTpi"})
    assert answer.status_code == 401


def test_a_clients_token_predicts_and_labels_in_its_own_project_only(
    wine: Platform, helpers: SimpleNamespace
) -> None:
    token = wine.token(TokenRole.CLIENT, "wine")
    with wine.http(token) as http:
        helpers.wait_until(lambda: http.post("/v1/projects/wine/predict", json=BODY).status_code == 200)
        assert http.post("/v1/projects/wine/labels", json=[]).status_code == 200
        assert http.post("/v1/projects/beer/predict", json=BODY).status_code == 403
        refused = http.post("/v1/projects/wine/champion", json={})
    assert refused.status_code == 403
    assert "role admin" in refused.json()["error"]["message"]


def test_a_clients_token_reads_what_its_project_takes_and_nothing_of_the_inside(wine: Platform) -> None:
    with wine.client() as admin:
        whole = admin.project("wine")
        token = admin.issue_token(TokenRequest("an application", TokenRole.CLIENT, "wine")).token
    with wine.client(token) as client:
        assert client.projects() == ["wine"]
        seen = client.project("wine")
        with pytest.raises(Refused):
            client.project("beer")
    with wine.http(token) as http:
        assert http.get("/v1/projects/wine/openapi.json").status_code == 200
        assert http.get("/v1/projects/beer/openapi.json").status_code == 403
        assert http.get("/v1/projects/wine/history").status_code == 403
    assert [(one.name, one.mode, one.url, one.signature) for one in seen.versions] == [
        (one.name, one.mode, one.url, one.signature) for one in whole.versions
    ]
    assert any(one.endpoint for one in whole.versions)
    assert whole.last_change is not None
    assert not any(one.endpoint or one.image for one in seen.versions)
    assert seen.last_change is None


def test_a_services_token_is_good_for_its_own_version_only(
    wine: Platform, helpers: SimpleNamespace
) -> None:
    with wine.http(service_token(helpers.SECRET, "wine", "A")) as http:
        assert http.get("/v1/projects/wine/versions/A/desired").status_code == 200
        assert http.get("/v1/projects/wine/versions/B/desired").status_code == 403
        assert http.get("/v1/projects/beer/versions/A/desired").status_code == 403
        assert http.get("/v1/projects/wine/data?version=B").status_code == 403
        assert http.post("/v1/projects/wine/predict", json=BODY).status_code == 403
        assert http.get("/v1/tokens").status_code == 403


def test_a_revoked_token_is_worthless_within_a_second(wine: Platform, helpers: SimpleNamespace) -> None:
    with wine.client() as admin:
        issued = admin.issue_token(TokenRequest("laptop", TokenRole.CLIENT, "wine"))
        with wine.client(issued.token) as client:
            assert client.predict("wine", BODY["instances"])
            admin.revoke_token(issued.digest)
            with pytest.raises(Refused):
                client.predict("wine", BODY["instances"])
        listed = {token.digest: token for token in admin.tokens()}
    assert listed[issued.digest].revoked_at is not None
    assert issued.token not in wine.log()


def test_a_token_revoked_elsewhere_is_followed(wine: Platform, helpers: SimpleNamespace) -> None:
    from datetime import UTC, datetime

    from services.registry.tokens import digest

    token = wine.token(TokenRole.CLIENT)
    with wine.http(token) as http:
        helpers.wait_until(lambda: http.post("/v1/projects/wine/predict", json=BODY).status_code == 200)
        wine.store.revoke_token(digest(token), datetime.now(UTC))
        helpers.wait_until(lambda: http.post("/v1/projects/wine/predict", json=BODY).status_code == 401)


def test_tokens_of_services_are_not_issued(wine: Platform) -> None:
    with wine.http() as http:
        answer = http.post("/v1/tokens", json={"label": "x", "role": "service"})
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "role"


def test_health_needs_no_token(wine: Platform) -> None:
    with wine.http("") as http:
        answer = http.get("/health")
    assert answer.status_code == 200
    assert answer.json()["store"] == "reachable"


def test_nobody_locks_themselves_out(wine: Platform) -> None:
    from services.registry.tokens import digest

    with wine.http() as http:
        refused = http.delete(f"/v1/tokens/{digest(wine.admin_token)}")
        assert refused.status_code == 409
        assert http.get("/v1/tokens").status_code == 200
