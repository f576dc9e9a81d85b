"""What ranking 20,000 columns by permutation adds to the model's own time: the same rows, asked in the same blocks."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from torch import Tensor

from benchmarks.contest import Contest, write
from benchmarks.surrogates import planted
from benchmarks.timing import Work, interleaved, ratios
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.surrogates.candidates import Candidates
from xaivision.surrogates.observed import probabilities_of
from xaivision.surrogates.permutation_ranking import BLOCK_ROWS, permutation_importances

# By default each of 20,000 columns is shuffled among 100 rows. With 20 the one block that is filled serves a fifth as long.
WIDTH, LEARNED, SHUFFLED, QUICK_SHUFFLED, ROUNDS = 20_000, 300, (100, 20), 2, 1
CONTEST = Contest(
    "surrogate_ranking",
    "Ranking 20,000 columns by permutation",
    f"{WIDTH:,} columns, each shuffled among so many rows (100 by default), in blocks of {BLOCK_ROWS:,} rows, against the "
    "same blocks unshuffled: asked of the classifier, which copies what it hands to an estimator that may work in place, and of "
    "the bare estimator, a block in one call",
    "at most 1.2 times the model's own time",
)


def main(quick: bool = False) -> list[list[object]]:
    made = planted(LEARNED, WIDTH, 10, 2)
    rows: list[list[object]] = []
    for (name, learner), shuffled in zip(learners().items(), SHUFFLED, strict=True):
        fitted = learner().fit(made.rows.numpy(), made.targets.numpy())
        short, whole = (contestants(SklearnClassifier(fitted), made.rows, count) for count in (QUICK_SHUFFLED, shuffled))
        seconds = interleaved(short if quick else whole, 1 if quick else ROUNDS, first=short)
        least, middle, most = ratios(seconds, "classifier")["ranking"]
        bare = ratios(seconds, "estimator")
        told = (f"{middle:.2f}", f"{least:.2f} to {most:.2f}", f"{bare['ranking'][1]:.2f}", f"{bare['classifier'][1]:.2f}")
        rows.append([name, QUICK_SHUFFLED if quick else shuffled, *told])
        print("surrogate_ranking:", *rows[-1], flush=True)
    if not quick:
        write(CONTEST, ["model", "rows", "ranking / classifier", "range", "ranking / estimator", "classifier / estimator"], rows)
    return rows


def learners() -> Mapping[str, Callable[[], object]]:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression

    return {
        "logistic regression": partial(LogisticRegression, max_iter=20),
        "forest of 100 trees": partial(RandomForestClassifier, 100, random_state=0),
    }


def contestants(model: SklearnClassifier, rows: Tensor, shuffled: int) -> dict[str, Work]:
    """The ranking, and what it asks without it: as many blocks of as many rows, one of them filled beforehand."""
    block = rows[:shuffled].repeat(BLOCK_ROWS // shuffled, 1)
    blocks = WIDTH * shuffled // BLOCK_ROWS
    every = Candidates(tuple(range(WIDTH)), (), {})

    def asked(ask: Callable[[Tensor], object]) -> Work:
        return lambda: [ask(block) for _ in range(blocks)]

    def bare(part: Tensor) -> np.ndarray:
        found: np.ndarray = model.model.predict_proba(part.numpy())  # type: ignore[attr-defined]
        return found

    said = partial(probabilities_of, model)
    return {
        "estimator": asked(bare),
        "classifier": asked(said),
        "ranking": lambda: permutation_importances(said, rows, every, rows=shuffled, repeats=1),
    }
