"""The door to the few inputs that stand for many: SP-LIME over a data set."""

from typing import Any

from xaivision.core.protocols import Explainer
from xaivision.core.settings import check_positive_integer
from xaivision.core.wrapping import classifier
from xaivision.explainers.representatives import SubmodularPick, check_comparable, representatives
from xaivision.facade import TargetNames, as_batch, explainer_with, named_targets


def submodular_pick(
    model: Any,
    inputs: Any,
    method: str | Explainer = "lime_tabular",
    count: int = 5,
    *,
    targets: TargetNames = None,
    features: int = 10,
    seed: int = 0,
    **settings: Any,
) -> SubmodularPick:
    """Up to `count` rows of a table whose explanations together show most of what the explanations of all rows say (SP-LIME).

    Each explanation is its `features` largest values; a column matters by how large it is over all rows. Rows are picked
    one after the other, each the one that shows most that was not shown yet, which is at least 63 % of what the best choice
    shows. Where `features` are as many as the columns, one row shows them all. `settings` are the method's own; `lime_tabular`
    takes the rows themselves as its `background` where none is given.

    Raises: as `xv.explain`; CapabilityError, where the inputs are images.

    Source: Ribeiro et al., 2016, arXiv:1602.04938
    """
    check_positive_integer("count", count)
    check_positive_integer("features", features)
    adapter = classifier(model)
    check_comparable(adapter.domain)
    batch = as_batch(adapter, inputs)
    if method == "lime_tabular":
        settings = {"background": batch, **settings}
    explainer = explainer_with(adapter, method, settings)
    return representatives(explainer.explain(adapter, batch, named_targets(adapter, targets), seed=seed), count, features)
