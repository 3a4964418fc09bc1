"""Where predictions are asked: the hot routes of the API and of a listener, one for each protocol."""

from ipaddress import ip_network

from services.gateway.parts import Parts
from services.gateway.protocols.inference import Inference, complaint
from services.gateway.protocols.mlflow import MLflow
from services.gateway.protocols.mlflow import complaint as mlflow_complaint
from services.gateway.protocols.plain import PlainOrV1
from services.gateway.protocols.v1 import V1
from services.http.routes import HotRoutes
from services.registry.model import Listener

_PROJECT = "/v1/projects/{project}"
_VERSION = "/v1/projects/{project}/versions/{version}"
BY_VERSION = "/versions/{version}/predict"
"""At a project's listener: each version asked by its name."""
INFER = ("/v2/models/{project}/infer", "/v2/models/{project}/versions/{version}/infer")


def hot_routes(parts: Parts) -> HotRoutes:
    """Of the API, whose paths name the project."""
    routes = HotRoutes(parts.origins.mark())
    own, mlflow, inference = parts.predict(V1()), parts.predict(MLflow()), parts.predict(Inference())
    for base in (_PROJECT, _VERSION):
        routes.add("POST", f"{base}/predict", own)
        routes.add("POST", f"{base}/invocations", mlflow, mlflow_complaint)
    for path in INFER:
        routes.add("POST", path, inference, complaint)
    return routes


def listener_hot_routes(parts: Parts, listener: Listener) -> HotRoutes:
    """Of a listener, which stands for a project or a version; they are at the root."""
    routes = HotRoutes(parts.origins.mark())
    place = (listener.project, listener.version, [ip_network(network) for network in listener.networks])
    own = parts.predict(PlainOrV1(), *place)
    routes.add("POST", "/predict", own)
    if not listener.version:
        routes.add("POST", BY_VERSION, own)
    routes.add("POST", "/invocations", parts.predict(MLflow(), *place), mlflow_complaint)
    inference = parts.predict(Inference(), *place)
    for path in INFER:
        routes.add("POST", path, inference, complaint)
    return routes
