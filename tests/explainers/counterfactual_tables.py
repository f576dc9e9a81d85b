"""Real tables with what people may and may not change in them, and a forest that decides about them through its own pipeline."""

import os
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from torch import Tensor

from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.schema import TableSchema
from xaivision.models.standardized_mlp import StandardizedMlp

# What may not change, what may only grow, and what changes together; the label.
REAL: dict[str, dict[str, Any]] = {
    "adult.csv.gz": {
        "label": "income",
        "immutable": ("race", "sex", "native_country"),
        "one_way": {"age": "up", "education_num": "up"},
        "linked": (("education", "education_num"),),
    },
    "german_credit.csv": {
        "label": "class",
        "immutable": ("personal_status_sex", "foreign_worker", "credit_history"),
        "one_way": {"age": "up", "residence_since": "up"},
        "linked": (),
    },
    "compas.csv": {
        "label": "two_year_recid",
        "immutable": ("sex", "race"),
        "one_way": {"age": "up", "priors_count": "up", "juv_fel_count": "up"},
        "linked": (("age", "age_cat"), ("decile_score", "score_text")),
    },
}


@dataclass(frozen=True)
class Real:
    """A model of a real table, rows that it has not seen, rows that it has, and the wishes of its people."""

    model: SklearnClassifier | TorchClassifier
    rows: Tensor
    background: Tensor
    schema: TableSchema
    wishes: dict[str, Any]

    def decided(self, row: Tensor) -> int:
        """The class that the model itself, not the library, gives a row."""
        if isinstance(self.model, TorchClassifier):
            with torch.no_grad():
                return int(self.model.model(row[None]).argmax())
        return int(self.model.model.predict_proba(self.schema.to_frame(row[None]))[0].argmax())


@cache
def real_table(name: str, rows: int = 900) -> Real:
    told = REAL[name]
    frame = pd.read_csv(Path(os.environ["XAIVISION_DATA"]) / "tabular" / name, keep_default_na=False)
    frame = frame.sample(rows, random_state=0).reset_index(drop=True)
    label = frame.pop(told["label"])
    schema = TableSchema.from_frame(frame, immutable=told["immutable"])
    texts = [one for one in frame.columns if frame[one].dtype.kind not in "if"]
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    pipeline = make_pipeline(
        make_column_transformer((encoder, texts), remainder="passthrough"),
        RandomForestClassifier(20, max_depth=8, random_state=0),
    )
    table = schema.to_tensor(frame).float()
    half = rows * 2 // 3
    pipeline.fit(frame[:half], label[:half])
    model = SklearnClassifier(pipeline, schema=schema)
    wishes = {"one_way": told["one_way"], "linked": told["linked"]}
    return Real(model, table[half:], table[:half], schema, wishes)


@cache
def real_network(name: str) -> Real:
    """The same table decided by a small network that imitates the forest, codes taken for numbers."""
    real = real_table(name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = StandardizedMlp(len(real.schema), (32,), 2)
        network.standardize(real.background)
        adam, labels = torch.optim.Adam(network.parameters(), lr=0.01), real.model(real.background).argmax(1)
        for _ in range(200):
            adam.zero_grad()
            torch.nn.functional.cross_entropy(network(real.background), labels).backward()
            adam.step()
    return replace(real, model=TorchClassifier(network.eval(), 2, domain="tabular", schema=real.schema))


def violations(real: Real, row: Tensor, found: Tensor) -> list[str]:
    """What a counterfactual changes that it may not, counted from the table itself, not by the library."""
    wrong = []
    frame = real.schema.to_frame(torch.stack([row, found]))
    known = real.schema.to_frame(real.background)
    for place, feature in enumerate(real.schema.features):
        before, after = frame[feature.name]
        if before == after:
            continue
        if not feature.mutable:
            wrong.append(f"{feature.name} may not change")
        if real.wishes["one_way"].get(feature.name) == "up" and not after > before:
            wrong.append(f"{feature.name} may only grow")
        if feature.is_numeric and not feature.low <= after <= feature.high:
            wrong.append(f"{feature.name} is out of range")
        if feature.dtype.startswith("int") and float(found[place]) != round(float(found[place])):
            wrong.append(f"{feature.name} is no whole number")
    for group in real.wishes["linked"]:
        columns = list(group)
        pairs = set(map(tuple, known[columns].itertuples(index=False)))
        pair = tuple(frame[columns].iloc[1])
        if pair not in pairs and pair != tuple(frame[columns].iloc[0]):
            wrong.append(f"{columns} never occur as {pair}")
    return wrong
