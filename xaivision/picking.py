"""The door to the few inputs that stand for many: SP-LIME over a data set."""

from typing import Any

from xaivision.core.protocols import Explainer
from xaivision.core.settings import check_positive_integer
from xaivision.core.wrapping import classifier
from xaivision.explainers.representatives import CELLS, SubmodularPick, check_cells, representatives
from xaivision.facade import TargetNames, as_batch, explainer_with, named_targets

METHODS = {"image": "lime_image", "tabular": "lime_tabular"}


def submodular_pick(
    model: Any,
    inputs: Any,
    method: str | Explainer | None = None,
    count: int = 5,
    *,
    targets: TargetNames = None,
    features: int = 10,
    cells: int = CELLS,
    seed: int = 0,
    **settings: Any,
) -> SubmodularPick:
    """Up to `count` inputs whose explanations together show most of what the explanations of all inputs say (SP-LIME).

    Each explanation is its `features` largest values; a column matters by how large it is over all inputs. Inputs are picked
    one after the other, each the one that shows most that was not shown yet, which is at least 63 % of what the best choice
    shows. Where `features` are as many as the columns, one input shows them all. The columns of pictures are places: the cells
    of a grid, `cells` along each side, each with the mean size of the values in it. So pictures that are picked differ in where
    the model looks, and what it sees there is for you to see.

    `method`: `lime_tabular` for rows and `lime_image` for pictures where none is named. `settings` are the method's own;
    `lime_tabular` takes the rows themselves as its `background` where none is given.

    Raises: as `xv.explain`; InputError, where a number is not positive, or pictures have fewer pixels than `cells` along a side.

    Source: Ribeiro et al., 2016, arXiv:1602.04938
    """
    check_positive_integer("count", count)
    check_positive_integer("features", features)
    adapter = classifier(model)
    batch = as_batch(adapter, inputs)
    check_cells(cells, batch)
    method = METHODS[adapter.domain] if method is None else method
    if method == "lime_tabular":
        settings = {"background": batch, **settings}
    explainer = explainer_with(adapter, method, settings)
    return representatives(explainer.explain(adapter, batch, named_targets(adapter, targets), seed=seed), count, features, cells)
