"""Triton's own HTTP client, unchanged: triton_client.py ADDRESS < columns.json > answers.json."""

import json
import sys
from typing import Any

import numpy as np
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

columns = {name: np.array(values) for name, values in json.load(sys.stdin).items()}
client = InferenceServerClient(sys.argv[1])
answers = {
    "live": client.is_server_live(),
    "ready": client.is_server_ready(),
    "model": client.is_model_ready("wine"),
    "version": client.is_model_ready("wine", "A"),
    "unknown": client.is_model_ready("beer"),
    "server": client.get_server_metadata(),
    "metadata": client.get_model_metadata("wine"),
}


def inputs(*, binary: Any) -> Any:
    tensors = []
    for name, values in columns.items():
        tensor = InferInput(name, values.shape, np_to_triton_dtype(values.dtype))
        tensors.append(tensor.set_data_from_numpy(values, binary_data=binary))
    return tensors


def told(result: Any) -> Any:
    names = [output["name"] for output in result.get_response()["outputs"]]
    values = {name: result.as_numpy(name) for name in names}
    texts = {name: [str(v, "utf-8") if isinstance(v, bytes) else v for v in array.tolist()]
             for name, array in values.items()}  # fmt: skip
    return texts | {"id": result.get_response().get("id")}


answers["default"] = told(client.infer("wine", inputs(binary=True), request_id="r1"))
answers["by_version"] = told(client.infer("wine", inputs(binary=True), model_version="A"))
wanted = [InferRequestedOutput("prediction", binary_data=False)]
answers["json"] = told(client.infer("wine", inputs(binary=False), outputs=wanted))
waiting = client.async_infer("wine", inputs(binary=True))
answers["async"] = told(waiting.get_result())
for word, call in {
    "no_model": lambda: client.infer("beer", inputs(binary=True)),
    "no_column": lambda: client.infer("wine", inputs(binary=True)[:1]),
}.items():
    try:
        call()
    except InferenceServerException as error:
        answers[word] = [error.status(), error.message()]
client.close()
json.dump(answers, sys.stdout)
