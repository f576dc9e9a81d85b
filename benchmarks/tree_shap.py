"""Shapley values of a forest on sonar returns, beside shap's own and the passes that one look at every hybrid row needs."""

import warnings

import numpy as np
import torch
from sklearn.ensemble import RandomForestClassifier

from benchmarks.contest import LIMIT, OURS, Contest, hold
from benchmarks.peers import Peer
from benchmarks.timing import Work, in_a_row
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.data.registry import load_dataset
from xaivision.explainers.tree_shap import TreeShap

ROWS, QUICK_ROWS, BACKGROUND, TIMES = 50, 3, 100, 3
PEER = "shap"
GOAL = "ours at most 2 times shap's time"
CONTESTS = {
    "tree_shap": Contest(
        "tree_shap",
        "Shapley values of a forest",
        f"{ROWS} rows of 60 columns, {BACKGROUND} of background, 100 trees, against {ROWS} times {BACKGROUND} rows through them",
        GOAL,
    ),
    "tree_shap_paths": Contest(
        "tree_shap_paths",
        "Shapley values of a forest, without a background",
        f"{ROWS} rows of 60 columns, 100 trees, against {ROWS} times {BACKGROUND} rows through them",
        GOAL,
    ),
}


class Forest:
    """A forest of 100 trees, the rows to explain, and the background where the contest has one."""

    def __init__(self, contest: str, quick: bool) -> None:
        data = load_dataset("uci_sonar")
        order = np.random.default_rng(0).permutation(len(data))
        rows, labels = data.inputs.double().numpy()[order], data.targets.numpy()[order]
        self.estimator = RandomForestClassifier(100, random_state=0).fit(rows[:-ROWS], labels[:-ROWS])
        self.rows = rows[-ROWS:][: QUICK_ROWS if quick else ROWS]
        self.others = rows[:BACKGROUND]
        self.background = self.others if contest == "tree_shap" else None


def peer(contest: str, _name: str, quick: bool) -> Work:
    """What a user of shap writes, all of the background included."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap
    forest = Forest(contest, quick)

    def work() -> None:
        masker = None if forest.background is None else shap.maskers.Independent(forest.background, max_samples=BACKGROUND)
        shap.TreeExplainer(forest.estimator, masker).shap_values(forest.rows)

    return in_a_row(work, TIMES)


def contestants(contest: str, quick: bool) -> dict[str, Work | Peer]:
    forest = Forest(contest, quick)
    model, inputs = SklearnClassifier(forest.estimator), torch.from_numpy(forest.rows.copy())
    ours = TreeShap(None if forest.background is None else torch.from_numpy(forest.background.copy()))
    hybrids = np.tile(forest.others, (len(forest.rows), 1))
    return {
        LIMIT: in_a_row(lambda: forest.estimator.predict_proba(hybrids), TIMES),
        OURS: in_a_row(lambda: ours.explain(model, inputs, 1), TIMES),
        PEER: Peer("tree_shap", contest, PEER, quick=quick),
    }


def main(quick: bool = False) -> list[list[object]]:
    found = []
    for name, contest in CONTESTS.items():
        found += hold(contest, contestants(name, quick), rounds=1 if quick else 5)
    return found
