"""Shapley values of decision trees, through shap."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.completeness import score_scale
from xaivision.core.diagnostics import Note
from xaivision.core.origin import told_settings
from xaivision.core.question import Question, question
from xaivision.core.targets import Targets
from xaivision.explainers.background import check_background, fitting_background
from xaivision.explainers.expected_gradients import mean_scores
from xaivision.explainers.tree_games import TreeShares, output_weights, tree_shares
from xaivision.explainers.tree_models import ensemble_of
from xaivision.explainers.tree_rows import split_pipeline, tree_rows

# Between the model's own score and that of its trees as they were read: a wrong unit, class or split makes far more, the
# rounding of probabilities that are next to 0 or 1 far less.
SAME_SCORE = 1e-3
ANOTHER_GAME = Note(
    "warn",
    "no `background` was given: absent columns follow the training rows down the trees, which is another game than taking the "
    "values of other rows, with other answers where columns go together",
)


@dataclass(frozen=True, eq=False)
class TreeShap:
    """Exact Shapley values of decision trees, (B, F), which sum to the score minus that of the `background` (N, F) on average.

    Absent columns take the values of each row of the background in turn; all N are used, however many. Without one, they
    follow the training rows down the branches instead, which is another game. Of a forest, probabilities and differences of
    two are explained; of boosted trees the margins: ask for `Target(1, against=0, output="log_probability")`.
    """

    about: ClassVar[About] = About(
        name="tree_shap",
        answers="How is the difference between this score and that of an average row shared among the columns, exactly?",
        misleads="With a background it asks about rows that cannot occur where columns go together; without one, columns "
        "that the score does not depend on may get a share. Probabilities of boosted trees are refused: shap stretches "
        "the margins' values to them, and that is not exact.",
        cost="1 forward + 1 a row of the background; the time goes with inputs x rows of the background x trees",
        source="Lundberg et al., 2020, doi:10.1038/s42256-019-0138-9",
        needs=Access.SCORES,
        opens=True,
        domains=("tabular",),
    )

    background: Tensor | None = None

    __repr__ = told_settings

    def __post_init__(self) -> None:
        if self.background is not None:
            check_background(self.background)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions (B, F) in the unit of the question.

        Raises: CapabilityError, where the model is not made of trees alone, or the score is no weighted sum of what they
        give; InputError, where the background does not fit the inputs.
        """
        with question(self, model, inputs, targets, seed=seed) as q:
            steps, estimator = split_pipeline(q.model.model)
            ensemble = ensemble_of(estimator)
            outputs = len(ensemble.offset)
            weights = output_weights(self.about.name, q.model, ensemble.unit, outputs, q.query.target)
            rows = tree_rows(q.model, steps, q.query.inputs, ensemble.precision)
            if self.background is None:
                q.note(ANOTHER_GAME)
                found = tree_shares(q, ensemble, weights, rows, None)
                reference = torch.from_numpy(found.base).to(q.query.scores)
            else:
                background = fitting_background(q, self.background)
                references = tree_rows(q.model, steps, background, ensemble.precision)
                found = tree_shares(q, ensemble, weights, rows, references)
                reference = mean_scores(q, background)
            _doubt_trees(q, found, reference)
            values = torch.from_numpy(found.values).to(q.query.inputs)
            return q.attribution(values, "contribution", reference_scores=reference, adds_up=True)


def _doubt_trees(q: Question, found: TreeShares, reference: Tensor) -> None:
    """Refuse where the trees as they were read do not give the model's score: then something else decides it as well."""
    given, read = q.query.scores.double().cpu(), torch.from_numpy(found.base + found.values.sum(1))
    scale = score_scale(given, reference.double().cpu()).clamp_min(1)
    for row in ((given - read).abs() > SAME_SCORE * scale).nonzero().flatten().tolist():
        text = f"the trees that were read give {float(read[row]):.4g}, the model {float(given[row]):.4g}: they are not all of it"
        q.note(Note("refuse", text, (row,)))
