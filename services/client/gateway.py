"""The gateway's API as typed methods; every error is a kind of `services.errors`."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from services.client.session import Session, decode
from services.closing import Closing
from services.gateway import messages
from services.registry.model import (
    ChampionChange,
    Job,
    Listener,
    PolicyChoice,
    Project,
    Revision,
    RevisionChange,
    Token,
    Version,
)

Value = float | str | bool | None
_HEALTH_SECONDS = 3.0


class GatewayClient(Closing):
    """One gateway, asked synchronously; may be used from several threads.

    Args:
        address: such as `http://127.0.0.1:8000`, or a listener's, where only the routes at the root stand.
        token: of the role that the calls need.
        authority: PEM file that vouches for the gateway's certificate; empty means the well-known ones.
        read_seconds: how long to wait for an answer.
    """

    def __init__(
        self, address: str, token: str = "", *, authority: str = "", read_seconds: float = 30.0
    ) -> None:
        self._session = Session(address, token, authority=authority, read_seconds=read_seconds)
        patience = min(read_seconds, _HEALTH_SECONDS)
        self._health_session = Session(address, token, authority=authority, read_seconds=patience)

    @property
    def address(self) -> str:
        """Where the gateway is."""
        return self._session.address

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()
        self._health_session.close()

    # What a client application does.

    def predict(
        self,
        project: str,
        instances: Sequence[Mapping[str, Value]],
        *,
        ids: Sequence[str] | None = None,
        version: str = "",
    ) -> list[messages.Answer]:
        """Predictions for the instances, by the project's policy, or by one version if it is named."""
        body: dict[str, Any] = {"instances": list(instances)}
        if ids is not None:
            body["ids"] = list(ids)
        base = _version(project, version) if version else _project(project)
        return decode(self._post(f"{base}/predict", body), messages.Answers).predictions

    def try_version(
        self, project: str, version: str, instances: Sequence[Mapping[str, Value]]
    ) -> messages.Tried:
        """One version's predictions for the instances, of which nothing is recorded; an administrator's."""
        body = {"instances": list(instances)}
        return decode(self._post(f"{_version(project, version)}/try", body), messages.Tried)

    def label(self, project: str, labels: Sequence[tuple[str, float | str | bool]]) -> messages.LabelCounts:
        """Tell the true values of predictions, by their ids; telling one again is harmless."""
        items = [messages.LabelItem(identifier, label) for identifier, label in labels]
        return decode(self._post(f"{_project(project)}/labels", items), messages.LabelCounts)

    # The registry.

    def projects(self) -> list[str]:
        """Names of all projects, sorted."""
        return decode(self._get("/v1/projects"), list[str])

    def project(self, project: str) -> messages.ProjectStatus:
        """The project, and how each of its versions fares."""
        return decode(self._get(_project(project)), messages.ProjectStatus)

    def history(self, project: str) -> list[ChampionChange]:
        """All changes of champion, oldest first."""
        return decode(self._get(f"{_project(project)}/history"), list[ChampionChange])

    def change_champion(self, project: str, request: messages.ChampionRequest) -> Project:
        """Make another version the champion; the gateway answers with it when this returns.

        Raises:
            Conflict: the champion is not what was seen any more.
            Unanswered: the version does not answer, and the request does not force it.
        """
        return decode(self._post(f"{_project(project)}/champion", request), Project)

    def answering(self, project: str, version: str) -> messages.Answering:
        """Whether a version answers now, and its part in production by which the gateway routes."""
        return decode(self._get(f"{_version(project, version)}/answering"), messages.Answering)

    def change_policy(self, project: str, policy: PolicyChoice, *, expected: PolicyChoice) -> Project:
        """Change how requests are routed; Conflict if it was changed meanwhile."""
        body = messages.PolicyRequest(policy, expected)
        return decode(self._post(f"{_project(project)}/policy", body), Project)

    def put_version(self, version: Version) -> Project:
        """Register a version, or update its endpoint and image."""
        return decode(self._put(_version(version.project, version.name), version), Project)

    def retire(self, project: str, version: str, *, retired: bool) -> Project:
        """Take a challenger out of the shadow, or back into it."""
        body = messages.RetiredRequest(retired)
        return decode(self._post(f"{_version(project, version)}/retired", body), Project)

    def revisions(self, project: str, version: str) -> list[Revision]:
        """A version's trained artifacts, oldest training first."""
        return decode(self._get(f"{_version(project, version)}/revisions"), list[Revision])

    def add_revision(self, revision: Revision) -> None:
        """Record a trained artifact of a version."""
        self._post(f"{_version(revision.project, revision.version)}/revisions", revision)

    def change_revision(self, project: str, version: str, request: messages.RevisionRequest) -> Project:
        """Change the revision that every replica loads; Conflict if another is desired by now."""
        return decode(self._post(f"{_version(project, version)}/revision", request), Project)

    def revision_history(self, project: str, version: str) -> list[RevisionChange]:
        """All changes of a version's desired revision, oldest first."""
        return decode(self._get(f"{_version(project, version)}/revisions/history"), list[RevisionChange])

    # Model services.

    def register(self, request: messages.RegisterRequest) -> messages.Desired:
        """Say where a version's service is and what it has loaded."""
        return decode(self._post("/v1/register", request), messages.Desired)

    def desired(self, project: str, version: str) -> messages.Desired:
        """What a version's replicas should have loaded."""
        return decode(self._get(f"{_version(project, version)}/desired"), messages.Desired)

    def retrain(self, project: str, version: str, request: messages.RetrainRequest | None = None) -> str:
        """Start training a version again; the job's id."""
        body = request or messages.RetrainRequest()
        return decode(self._post(f"{_version(project, version)}/retrain", body), messages.JobStarted).job

    def jobs(self, project: str, version: str) -> list[Job]:
        """A version's retraining jobs, newest first."""
        return decode(self._get(f"{_version(project, version)}/jobs"), list[Job])

    def job(self, project: str, version: str, job: str) -> Job:
        """One retraining job."""
        return decode(self._get(f"{_version(project, version)}/jobs/{_part(job)}"), Job)

    def cancel_job(self, project: str, version: str, job: str) -> Job:
        """Cancel a retraining job: `cancelled` once it has ended, `cancelling` where that takes longer.

        One that had ended before stays what it is.
        """
        path = f"{_version(project, version)}/jobs/{_part(job)}"
        return decode(self._session.send("DELETE", path), Job)

    def put_job(self, job: Job) -> None:
        """Store a retraining job's newest state."""
        self._put(f"{_version(job.project, job.version)}/jobs/{_part(job.id)}", job)

    # Data.

    def data(
        self,
        project: str,
        version: str,
        *,
        source: str = "both",
        rows: int | None = None,
        since: str = "",
        until: str = "",
    ) -> Iterator[dict[str, Value]]:
        """Rows to train a version on, inputs and target by their names as users write them."""
        query = {"version": version, "source": source, "since": since, "until": until}
        if rows is not None:
            query["rows"] = str(rows)
        query = {name: value for name, value in query.items() if value}
        with self._session.stream(f"{_project(project)}/data", query=query) as lines:
            for line in lines:
                yield decode(line, dict[str, Value])

    def put_artifact(self, content: bytes) -> str:
        """Store an artifact; its sha256."""
        name = hashlib.sha256(content).hexdigest()
        self._session.send("PUT", f"/v1/artifacts/{name}", content)
        return name

    def artifact(self, sha256: str) -> bytes:
        """The bytes of that sha256; NotFound if there are none."""
        return self._get(f"/v1/artifacts/{_part(sha256)}")

    def put_training(self, project: str, upload: messages.TrainingUpload) -> int:
        """Write rows of a project's training set; how many."""
        return decode(self._put(f"{_project(project)}/training", upload), messages.Written).rows

    def put_training_predictions(
        self, project: str, version: str, upload: messages.TrainingPredictionsUpload
    ) -> int:
        """Write a version's predictions on the training set; how many."""
        path = f"{_version(project, version)}/training-predictions"
        return decode(self._put(path, upload), messages.Written).rows

    # The gateway itself.

    def health(self) -> messages.Health:
        """How the gateway, what it stands on and the versions fare; the latter only with a token.

        Raises:
            Uncertain: it said nothing for three seconds, which a gateway that is well never needs.
        """
        return decode(self._health_session.send("GET", "/health"), messages.Health)

    def metrics(self) -> str:
        """Its Prometheus metrics."""
        return self._get("/metrics").decode()

    def openapi(self, project: str = "") -> dict[str, Any]:
        """The description of a project's API, or of the gateway's own."""
        path = f"{_project(project)}/openapi.json" if project else "/v1/openapi.json"
        return decode(self._get(path), dict[str, Any])

    def tokens(self) -> list[Token]:
        """All tokens as stored, revoked ones included."""
        return decode(self._get("/v1/tokens"), list[Token])

    def issue_token(self, request: messages.TokenRequest) -> messages.TokenIssued:
        """Make a token; it is shown this once."""
        return decode(self._post("/v1/tokens", request), messages.TokenIssued)

    def revoke_token(self, digest: str) -> None:
        """Make a token worthless, everywhere within a second."""
        self._session.send("DELETE", f"/v1/tokens/{_part(digest)}")

    def listeners(self) -> list[messages.ListenerState]:
        """The gateway's extra ports, and whether this replica could open them."""
        return decode(self._get("/v1/listeners"), list[messages.ListenerState])

    def put_listener(self, listener: Listener) -> None:
        """Add or replace the listener of a port; all replicas follow within a second."""
        body = messages.ListenerRequest(
            listener.project, listener.version, listener.networks, listener.host
        )
        self._put(f"/v1/listeners/{listener.port}", body)

    def remove_listener(self, port: int) -> None:
        """Close a port of its own; nothing happens if there is none."""
        self._session.send("DELETE", f"/v1/listeners/{port}")

    def _get(self, path: str) -> bytes:
        return self._session.send("GET", path)

    def _post(self, path: str, body: object) -> bytes:
        return self._session.send("POST", path, msgspec.json.encode(body))

    def _put(self, path: str, body: object) -> bytes:
        return self._session.send("PUT", path, msgspec.json.encode(body))


def _part(text: str) -> str:
    """One segment of a path; whatever it holds stays one segment."""
    return quote(text, safe="")


def _project(project: str) -> str:
    return f"/v1/projects/{_part(project)}"


def _version(project: str, version: str) -> str:
    return f"{_project(project)}/versions/{_part(version)}"
