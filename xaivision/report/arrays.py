"""A comparison's raw arrays as one .npz file: for whoever goes on with NumPy. Nothing in it is pickled."""

import io
from typing import Any

import numpy as np

from xaivision.core.errors import XaivisionError
from xaivision.evaluation.comparison import Comparison


def arrays_file(comparison: Comparison) -> bytes:
    """The file: `inputs` (B, *S), `targets` (B,), `scores` (B,), and under `map/label` the raw values of each explanation.

    What is refused for an input is NaN there, as no report shows it; what cannot be read as an attribution is left out.
    """
    query = comparison.query
    arrays = {"inputs": query.inputs, "targets": query.targets, "scores": query.scores}
    found: dict[str, Any] = {name: tensor.detach().cpu().numpy() for name, tensor in arrays.items()}
    for label, explanation in comparison.explanations.items():
        try:
            values = explanation.as_attribution().values.detach().cpu().numpy().copy()
        except XaivisionError:
            continue
        for index, verdict in enumerate(explanation.verdicts):
            if verdict.status == "refuse":
                values[index] = np.nan
        found[f"map/{label}"] = values
    stream = io.BytesIO()
    np.savez_compressed(stream, **found)
    return stream.getvalue()
