"""The doors to what helps to choose a method: how eight of them fit a model, and which of them answer a question."""

from typing import Any

from xaivision.core.wrapping import classifier
from xaivision.explainers.cross_losses import cross_table as table_of
from xaivision.explainers.cross_table import CrossTable
from xaivision.explainers.purposes import Purpose
from xaivision.explainers.recommendation import Recommendation
from xaivision.explainers.recommendation import recommend as recommended
from xaivision.facade import TargetNames, as_batch, named_targets


def recommend(
    model: Any, inputs: Any, question: Purpose = "removal", targets: TargetNames = None, *, seed: int = 0
) -> Recommendation:
    """The methods that answer a question about these inputs, in order, with reasons, and no winner for all questions.

    `question` "small change": what happens when values change a little. "removal": what if this evidence were not there.
    "share": how the change of the score from the baseline is shared. Printed, it is the ranks with their losses and reasons;
    each of `methods` has a name that `xv.explain` takes. For tables the losses are measured, at about 8,000 scores a row.

    Raises: as `xv.explain`; InputError, where the question is unknown.

    Source: Han, Srinivas, Lakkaraju, 2022, arXiv:2206.01254
    """
    adapter = classifier(model)
    return recommended(adapter, as_batch(adapter, inputs), question, named_targets(adapter, targets), seed=seed)


def cross_table(model: Any, inputs: Any, targets: TargetNames = None, *, seed: int = 0) -> CrossTable:
    """How far the linear functions behind eight methods are from the model, each on every kind of perturbation of a table's rows.

    Methods have their registered names and default settings: `lfa` is then LIME, `feature_ablation` the paper's occlusion.

    Raises: as `xv.explain`; InputError, where the inputs are images.

    Source: Han, Srinivas, Lakkaraju, 2022, arXiv:2206.01254
    """
    adapter = classifier(model)
    return table_of(adapter, as_batch(adapter, inputs), named_targets(adapter, targets), seed=seed)
