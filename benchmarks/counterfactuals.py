"""Counterfactuals of tables, beside DiCE: CPU time, the model's share of it, and how good the answers of both are.

DiCE (MIT) is no dependency: it is asked where `dice_ml` can be imported, and without it nothing is written. Both are given one
pipeline of scikit-learn, the same rows, and as many counterfactuals to find. DiCE's process is ours: the pipelines are small, and
what the allocator keeps does not matter to them.
"""

import os
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd
import torch
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks.contest import Contest, write
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.diagnostics import Diagnostics
from xaivision.core.origin import Origin
from xaivision.core.query import asked
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.data.schema import TableSchema
from xaivision.evaluation.counterfactual_quality import counterfactual_quality
from xaivision.explainers.counterfactuals.genetic_counterfactuals import GeneticCounterfactuals
from xaivision.explainers.counterfactuals.nearest_unlike_neighbors import NearestUnlikeNeighbors
from xaivision.explainers.counterfactuals.random_counterfactuals import RandomCounterfactuals

ROWS, QUICK_ROWS, FOUR, ROUNDS = 10, 2, 4, 3
PAIRS: Mapping[str, tuple[str, Callable[..., Any]]] = {
    "random": ("random_counterfactuals", RandomCounterfactuals),
    "genetic": ("genetic_counterfactuals", GeneticCounterfactuals),
    "kdtree": ("nearest_unlike_neighbors", NearestUnlikeNeighbors),
}
COLUMNS = ["contestant", "s a row", "times ours", "times its model", "validity", "L1, sd", "changed", "deadline"]
GOAL = "10 times faster than DiCE at no less validity, proximity and sparsity; at most 3 times the model's own time"
DEADLINE = 0.5


@dataclass
class Stopwatch:
    """An estimator whose time in `predict_proba` and `predict` is counted."""

    estimator: Any
    seconds: float = 0.0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.estimator, name)
        if name not in ("predict_proba", "predict"):
            return found

        def timed(rows: Any) -> Any:
            start = time.process_time()
            try:
                return found(rows)
            finally:
                self.seconds += time.process_time() - start

        return timed


@dataclass
class Table:
    """A fitted pipeline of a frame, the rows it was fitted to with their labels, and those to explain."""

    pipeline: Any
    known: pd.DataFrame
    labels: pd.Series
    asked: pd.DataFrame
    schema: TableSchema


def tumors(count: int) -> Table:
    frame, labels = load_breast_cancer(return_X_y=True, as_frame=True)
    network = make_pipeline(StandardScaler(), MLPClassifier((64, 32), max_iter=300, random_state=0))
    return _table(frame, labels, network, count)


def credits(count: int) -> Table:
    frame = pd.read_csv(Path(os.environ["XAIVISION_DATA"]) / "tabular" / "german_credit.csv", keep_default_na=False)
    labels = (frame.pop("class") == 1).astype(int)
    texts = [one for one in frame if frame[one].dtype.kind not in "if"]
    encoder = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), texts), remainder="passthrough")
    return _table(frame, labels, make_pipeline(encoder, RandomForestClassifier(50, max_depth=8, random_state=0)), count)


def _table(frame: pd.DataFrame, labels: pd.Series, pipeline: Any, count: int) -> Table:
    frame = frame.sample(frac=1, random_state=0)
    labels, frame = labels[frame.index].reset_index(drop=True), frame.reset_index(drop=True)
    known, asked_ = frame[: -2 * ROWS], frame[-2 * ROWS :][:count]
    return Table(pipeline.fit(known, labels[: len(known)]), known, labels[: len(known)], asked_, TableSchema.from_frame(known))


TABLES: Mapping[str, tuple[str, Callable[[int], Table]]] = {
    "counterfactuals_tumors": ("30 numbers, a network of 64 and 32 units", tumors),
    **(
        {"counterfactuals_credits": ("20 columns, 13 of categories, a forest of 50", credits)}
        if "XAIVISION_DATA" in os.environ
        else {}
    ),
}


def ours(table: Table, make: Callable[..., Any], **more: Any) -> tuple[float, float, Counterfactuals]:
    """CPU seconds, those of the model among them, and the answer."""
    watch = Stopwatch(table.pipeline)
    model = SklearnClassifier(watch, schema=table.schema)
    background, rows = (table.schema.to_tensor(one).double() for one in (table.known, table.asked))
    method = make(background, total_CFs=FOUR, **more)
    start = time.process_time()
    found = method.explain(model, rows)
    return time.process_time() - start, watch.seconds, found


def dice(table: Table, method: str) -> tuple[float, float, Counterfactuals]:
    """The same of DiCE at its defaults."""
    import dice_ml

    watch = Stopwatch(table.pipeline)
    numbers = [one for one in table.known if table.known[one].dtype.kind in "if"]
    frame = table.known.assign(outcome=table.labels)
    data = dice_ml.Data(dataframe=frame, continuous_features=numbers, outcome_name="outcome")
    explainer = dice_ml.Dice(data, dice_ml.Model(model=watch, backend="sklearn"), method=method)
    rows = table.schema.to_tensor(table.asked).double()
    told = rows[:, None].repeat(1, FOUR, 1)
    found = torch.zeros(told.shape[:2], dtype=torch.bool)
    seconds = 0.0
    watch.seconds = 0.0
    for index in range(len(rows)):
        start = time.process_time()
        answer = _asked(explainer, table.asked[index : index + 1], method)
        seconds += time.process_time() - start
        if answer is not None:
            got = table.schema.to_tensor(answer[list(table.known)].astype(table.known.dtypes.to_dict())).double()[:FOUR]
            told[index, : len(got)], found[index, : len(got)] = got, True
    model = SklearnClassifier(table.pipeline, schema=table.schema)
    query = asked(model, rows)
    return seconds, watch.seconds, Counterfactuals(
        query, Origin(f"DiCE {method}"), Diagnostics(), told, 1 - query.targets, torch.zeros(told.shape[:2]), found
    )  # fmt: skip


def _asked(explainer: Any, row: pd.DataFrame, method: str) -> pd.DataFrame | None:
    seed = {"random_seed": 0} if method == "random" else {}
    try:
        found = explainer.generate_counterfactuals(row, total_CFs=FOUR, desired_class="opposite", verbose=False, **seed)
    except Exception as error:  # DiCE's own way to say that it found none
        if "No counterfactuals found" not in str(error):
            raise
        return None
    return found.cf_examples_list[0].final_cfs_df


def judged(table: Table, found: Counterfactuals) -> list[str]:
    """Validity, distance in standard deviations and changed columns."""
    model = SklearnClassifier(table.pipeline, schema=table.schema)
    told = counterfactual_quality(model, found, table.schema.to_tensor(table.known).double())
    return [f"{float(told[name].values.nanmean()):.2f}" for name in ("validity", "proximity_l1", "sparsity")]


def deadline(table: Table, make: Callable[..., Any]) -> str:
    """Wall seconds that a search takes which is given so many, and would take more: the median, since others may halt it."""
    model, rows = SklearnClassifier(table.pipeline, schema=table.schema), table.schema.to_tensor(table.asked).double()
    more = {"maxiterations": 10_000, "thresh": 0.0} if make is GeneticCounterfactuals else {"total_CFs": 50}
    method = make(table.schema.to_tensor(table.known).double(), max_seconds=DEADLINE, **more)
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        method.explain(model, rows)
        taken.append(time.perf_counter() - start)
    return f"{median(taken):.2f} of {DEADLINE}"


def held(name: str, quick: bool) -> list[list[object]]:
    what, make_table = TABLES[name]
    table = make_table(QUICK_ROWS if quick else ROWS)
    rows: list[list[object]] = []
    for method, (label, make) in PAIRS.items():
        runs = [ours(table, make) for _ in range(1 if quick else ROUNDS)]
        mine = median(run[0] for run in runs)
        share = median(run[0] / run[1] for run in runs)
        # Its genetic search draws anew each time.
        peers = sorted((dice(table, method) for _ in range(1 if quick or method != "genetic" else ROUNDS)), key=itemgetter(0))
        peer = peers[len(peers) // 2]
        count = len(table.asked)
        rows.append(
            [label, f"{mine / count:.3f}", "1.0", f"{share:.1f}", *judged(table, runs[0][2]), deadline(table, make)],
        )
        rows.append(
            [
                f"DiCE {method}",
                f"{peer[0] / count:.3f}",
                f"{peer[0] / mine:.1f}",
                f"{peer[0] / peer[1]:.1f}",
                *judged(table, peer[2]),
                "",
            ]
        )
        print(*rows[-2:], sep="\n", flush=True)
    if not quick:
        told = f"{count} rows, {FOUR} counterfactuals each, {what}; medians of {ROUNDS} runs of ours and of DiCE's genetic search"
        write(Contest(name, "Counterfactuals of a table", told, GOAL), COLUMNS, rows)
    return rows


def main(quick: bool = False) -> list[list[object]]:
    try:
        import dice_ml  # noqa: F401 - whether there is anything to compare with
    except ImportError:
        print("counterfactuals: nothing is measured without dice_ml")
        return []
    warnings.simplefilter("ignore")
    return [row for name in TABLES for row in held(name, quick)]
