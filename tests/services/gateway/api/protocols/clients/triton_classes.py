"""Asks a model of one input with Triton's own client: triton_classes.py ADDRESS < model > answers.json."""

import json
import sys

import numpy as np
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput

client = InferenceServerClient(sys.argv[1])
ph = InferInput("ph", [1, 1], "FP32").set_data_from_numpy(np.array([[3.5]], dtype=np.float32))
wanted = [InferRequestedOutput("probabilities"), InferRequestedOutput("prediction")]
result = client.infer(sys.stdin.read(), [ph], outputs=wanted)
client.close()
json.dump(
    {
        "prediction": [text.decode() for text in result.as_numpy("prediction")],
        "probabilities": result.as_numpy("probabilities").tolist(),
    },
    sys.stdout,
)
