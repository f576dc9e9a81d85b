"""How good a set of counterfactuals is: does it flip, how near, how sparse, how different, how like known cases, what is idle."""

import torch
from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.classifier import Classifier
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.errors import InputError
from xaivision.core.scores import Scores
from xaivision.core.wrapping import classifier
from xaivision.evaluation.counterfactual_distance import judging_space
from xaivision.evaluation.counterfactual_measures import MEASURES, Judged, Measure
from xaivision.evaluation.counterfactual_rights import rights_of
from xaivision.explainers.counterfactuals.wishes import Wishes

# The card of each measure, by name.
CARDS: dict[str, AboutEvaluator] = {one.about.name: one.about for one in MEASURES}


def counterfactual_quality(
    model: Classifier, found: Counterfactuals, background: Tensor, *, wishes: Wishes | None = None, seed: int = 0
) -> dict[str, Scores]:
    """For each measure (B,) values, the mean over the counterfactuals of an input that were found; undefined where none was.

    `background` (N, F): known rows, whose standard deviations are the unit of distances in numbers; a change of category counts
    1, whatever the codes, as does one of columns that the schema links, such as those of a one-hot encoding. `wishes`: what the
    method was told, for `violations`, beside what the model's schema says; whether deletions are survived is not asked. The
    measures are "validity", "proximity_l1", "proximity_l2", "sparsity", "diversity", "neighbor_agreement", "distance_to_class",
    "local_outlier", "violations", "redundancy", "robustness" and "seconds"; `CARDS` says what each answers and where it misleads.

    Raises: InputError, where the counterfactuals are no rows of a table, or the background has other columns.
    """
    columns = found.query.inputs.shape[-1]
    if found.query.inputs.ndim != 2 or background.ndim != 2 or background.shape[1] != columns:
        raise InputError("`background` must be rows with the columns of the counterfactuals. Got another shape.")
    adapter = classifier(model)
    spread = background.double().cpu().std(0, correction=0)
    spread = torch.where(spread > 0, spread, 1.0)
    rights = rights_of(adapter, background.detach().cpu(), wishes)
    seen = torch.cat([background.double().cpu(), found.counterfactuals.flatten(0, 1).double().cpu()])
    groups = tuple(adapter.schema.groups.values()) if adapter.schema is not None else ()
    space = judging_space(rights, groups, spread, torch.cat([seen, found.query.inputs.double().cpu()]))
    judged = Judged(adapter, found, background, spread, rights, space, seed)
    with adapter.held():
        return {one.about.name: _scores(judged, one) for one in MEASURES}


def _scores(judged: Judged, one: Measure) -> Scores:
    values = one.measure(judged)
    if values.ndim == 2:
        held = judged.found.found.cpu()
        values = torch.where(held, values, 0).sum(1) / held.sum(1)  # undefined where none was found
    name, higher = one.about.name, one.about.higher_is_better
    return Scores(name, judged.found.method, values, higher_is_better=higher, unit=one.unit)
