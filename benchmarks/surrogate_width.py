"""A surrogate of 5,000 rows of ever more columns, ten of which decide: where time and memory go, stage by stage."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from torch import Tensor

from benchmarks.contest import Contest, write
from benchmarks.surrogates import Planted, as_data, boosted_accuracy, planted
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.data.dataset import Dataset
from xaivision.surrogate_making import surrogate
from xaivision.surrogates.candidates import candidates_of
from xaivision.surrogates.observed import observed
from xaivision.surrogates.rankers import RankingQuestion, ranked
from xaivision.surrogates.ranking import FeatureRanking
from xaivision.surrogates.reading import columns_of

ROWS, INFORMATIVE, WIDTHS, QUICK_WIDTHS = 5000, 10, (5000, 20_000), (1000,)
# With its usual 256 XGBoost takes eight GB of twenty thousand columns.
BINS = 32
CONTEST = Contest(
    "surrogate_width",
    "Surrogates of wide tables",
    f"{ROWS:,} generated rows, {INFORMATIVE} columns of which decide between two classes by a linear rule; the black box is a "
    "logistic regression with an absolute penalty, and a forest of 50 trees over as many columns as were planted stands in for "
    "it. Seconds by the clock and of the CPU, and the largest resident memory in GB, of each stage and of all of them; XGBoost "
    f"(50 trees of depth 6, histograms of {BINS} bins, one thread) learns the true classes from all columns, outside of the sum",
    "5,000 x 20,000 in ten minutes on two cores, and 4 GB",
)
COLUMNS = ["columns", "stage", "seconds", "CPU seconds", "GB", "what came out"]

Found = TypeVar("Found")


@dataclass
class Stages:
    """What each stage took and gave, as rows of the table."""

    width: int
    rows: list[list[object]] = field(default_factory=list)
    seconds: float = 0.0
    cpu: float = 0.0
    memory: float = 0.0

    def timed(self, name: str, work: Callable[[], Found], told: Callable[[Found], str] = lambda _: "") -> Found:
        """What the work gives; its cost and what is told of it become a row."""
        forget_peak()
        start, cpu = time.perf_counter(), time.process_time()
        found = work()
        took, cpu, memory = time.perf_counter() - start, time.process_time() - cpu, peak()
        self.seconds, self.cpu, self.memory = self.seconds + took, self.cpu + cpu, max(self.memory, memory)
        self._add(name, took, cpu, memory, told(found))
        return found

    def summed(self) -> None:
        """All stages until here, as a row."""
        self._add("all of it", self.seconds, self.cpu, self.memory, "")

    def _add(self, name: str, *cells: float | str) -> None:
        took, cpu, memory, told = cells
        self.rows.append([f"{self.width:,}", name, f"{took:.0f}", f"{cpu:.0f}", f"{memory:.1f}", told])
        print("surrogate_width:", *self.rows[-1], flush=True)


def main(quick: bool = False) -> list[list[object]]:
    """Narrow tables first; what is done is written after each."""
    rows: list[list[object]] = []
    for width in QUICK_WIDTHS if quick else WIDTHS:
        for row in of_width(width):
            rows.append(row)
            if not quick:
                write(CONTEST, COLUMNS, rows)
    return rows


def of_width(width: int) -> Iterator[list[object]]:
    """A row for each stage of the whole pipeline on one table, then for all of it, and for XGBoost."""
    stages = Stages(width)
    made = stages.timed("rows", lambda: planted(ROWS, width, INFORMATIVE, 2))
    data = as_data(f"{ROWS:,} x {width:,}", made.rows, made.targets)
    model = stages.timed("black box", lambda: black_box(data))
    ranking = stages.timed("permutation ranking", lambda: ranking_of(model, data), lambda found: hits(found, made))
    stages.timed(
        "surrogate and its limits",
        lambda: surrogate(model, data, kind="forest", k=INFORMATIVE, rankings=[ranking], trees=50, draws=10),
        lambda found: (
            f"agreement {found.fidelity.agreement.value:.3f}, random features {found.random.agreement.value:.3f}, "
            f"R2 {found.fidelity.r2.value:.3f}; accuracy {found.fidelity.accuracy.value:.3f}, "
            f"black box {found.fidelity.black_box_accuracy.value:.3f}"
        ),
    )
    stages.timed(
        "tree of the same columns",
        lambda: surrogate(model, data, k=INFORMATIVE, rankings=[ranking]),
        lambda found: (
            f"agreement {found.fidelity.agreement.value:.3f}, random features {found.random.agreement.value:.3f}; "
            f"counterfactuals followed {found.follows.value:.2f}"
        ),
    )
    stages.summed()
    yield from stages.rows
    stages.timed(
        "XGBoost on all columns", lambda: boosted_accuracy(data.train, data.test, BINS), lambda found: f"accuracy {found:.3f}"
    )
    yield stages.rows[-1]


def black_box(data: Dataset) -> ClassifierAdapter:
    from sklearn.linear_model import LogisticRegression

    rows, targets = data.train
    learner = LogisticRegression(l1_ratio=1.0, solver="saga", C=0.01, max_iter=15, tol=1e-2, random_state=0)
    return SklearnClassifier(learner.fit(rows.numpy(), targets.numpy()))


def ranking_of(model: ClassifierAdapter, data: Dataset) -> FeatureRanking:
    """Of the rows to learn from alone."""
    rows: Tensor = data.train.inputs
    reading = columns_of(model, rows.shape[1])
    seen = observed(model, rows, reading)
    return ranked("permutation", RankingQuestion(model, seen, reading, candidates_of(seen.rows)))


def hits(ranking: FeatureRanking, made: Planted) -> str:
    """How many of the columns that decide are ranked first."""
    found = sum(column < made.informative for column in ranking.top(made.informative))
    return f"{found} of {made.informative} planted columns first"


def forget_peak() -> None:
    """From here on `peak` tells of what comes, not of what was."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak() -> float:
    """The largest resident memory of this process since then, in GB, as Linux keeps it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return float(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1e6
