"""Owen values on a hierarchy of pixels or columns, through shap."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.diagnostics import Note
from xaivision.core.errors import InputError
from xaivision.core.origin import told_settings
from xaivision.core.progress import track
from xaivision.core.question import Question, question
from xaivision.core.settings import check_positive_integer
from xaivision.core.sharing import shared_scores
from xaivision.core.targets import Targets
from xaivision.engines.game import Game
from xaivision.explainers.absence import Absence, Absent, absence
from xaivision.explainers.background import check_background
from xaivision.explainers.cv2_removals import Inpainting, box_blurred, is_shaps_name
from xaivision.explainers.evaluations import with_evaluations
from xaivision.explainers.feature_hierarchy import Hierarchy, column_hierarchy, pixel_hierarchy
from xaivision.explainers.players import game_of
from xaivision.explainers.shap_package import in_shap

# Coalitions that shap takes off its queue at once, its default. The next ones depend on their values, so that another number
# would give other maps at the same budget; how many the model takes at once is the classifier's own business.
COALITIONS_A_ROUND = 10
# All, none, and the two halves.
LEAST_BUDGET = 4


@dataclass(frozen=True, eq=False)
class PartitionShap:
    """Owen values: the score's change is shared between the halves of the picture, their halves, and so on down.

    Values are (B, 1, H, W) or (B, F). The largest effects are split first until the `budget` of coalitions is used; what is
    not split then is spread evenly. `hierarchy` of a table's columns: a linkage matrix (F - 1, 4) as SciPy makes it, or
    "correlation", single linkage over the `background` (N, F); pictures are halved along their longer side. `baseline`: a
    name or a tensor, or for pictures one of shap's names: "blur(16,16)", "inpaint_telea", "inpaint_ns".
    """

    about: ClassVar[About] = About(
        name="partition_shap",
        answers="How is the change of the score from the baseline shared among the parts of a given hierarchy?",
        misleads="Owen values depend on the hierarchy: halves of a picture follow no object, and parts below the last split "
        "all get the same. A small budget leaves large blocks.",
        cost="`budget` forwards at most (500 by default), times the rows of a background; shap compiles its code at first use "
        "(about 6 s)",
        source="Lundberg, Lee, 2017, arXiv:1705.07874; the partition algorithm of the shap package",
        needs=Access.SCORES,
    )

    budget: int = 500
    baseline: Absent | str = "auto"
    background: Tensor | None = None
    hierarchy: Hierarchy = "correlation"

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_positive_integer("budget", self.budget)
        if self.budget < LEAST_BUDGET:
            raise InputError(f"`budget` must be at least {LEAST_BUDGET}: all, none and two halves. Got {self.budget}.")
        if self.background is not None:
            check_background(self.background)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions, which sum to the change of the score from the baseline, or from the background's mean score.

        Raises: InputError, where a setting has no meaning for these inputs or does not fit them.
        """
        with question(self, model, inputs, targets, seed=seed) as q:
            places = _places(q)
            absent = self._absent(q, places)
            tree = self._tree(q)
            games = [game_of(q, absent, places, row) for row in range(len(q.query))]
            values = torch.stack([self._values(q, game, tree, row) for row, game in enumerate(track(games, "inputs"))])
            shape = (len(values), 1, *places.shape) if q.query.inputs.ndim == 4 else q.query.inputs.shape
            answer = q.attribution(
                values.view(shape).to(q.query.inputs),
                "contribution",
                baseline=absent.baseline,
                reference_scores=absent.scores,
                adds_up=True,
            )
            return with_evaluations(answer, [game.evaluations for game in games])

    def _absent(self, q: Question, places: Tensor) -> Absence:
        players = places.expand(len(q.query), *places.shape)
        if not is_shaps_name(self.baseline):
            return absence(q, self.baseline, self.background, players)  # type: ignore[arg-type]
        name = str(self.baseline)
        if q.model.domain != "image":
            raise InputError(f"`baseline` {name!r} has a meaning for images only. For a table pass 'typical' or `background`.")
        if name.startswith("blur"):
            return absence(q, box_blurred(q.query.inputs, name), self.background, players)
        if self.background is not None:
            raise InputError("`baseline` and `background` must not both be given. Leave out the one that is not meant.")
        removals = [Inpainting(one, name) for one in q.query.inputs]
        left = q.query.inputs.mean((2, 3), keepdim=True).expand_as(q.query.inputs)
        return Absence(list(removals), q.query.target.of(shared_scores(q.model, left)), left)

    def _tree(self, q: Question) -> np.ndarray:
        shape = q.query.inputs.shape
        if len(shape) == 4:
            if not (isinstance(self.hierarchy, str) and self.hierarchy == "correlation"):
                raise InputError("`hierarchy` is of the columns of a table: pictures are halved. Leave it out.")
            return pixel_hierarchy(shape[2], shape[3])
        return column_hierarchy(self.hierarchy, self.background, shape[1])

    def _values(self, q: Question, game: Game, tree: np.ndarray, row: int) -> Tensor:
        """(M,) in float64."""
        if game.players == 1:
            return torch.tensor([game.full - game.empty], dtype=torch.float64, device="cpu")
        with in_shap(q, "PartitionExplainer") as shap:
            explainer = shap.PartitionExplainer(lambda masks: game(torch.from_numpy(masks)).numpy(), CoalitionMasker(tree))
            budget = self.budget - self.budget % 2  # shap asks for halves two by two, and would go over an odd one
            found = explainer(np.zeros((1, game.players)), max_evals=budget, batch_size=COALITIONS_A_ROUND, silent=True)
        if q.model.domain == "tabular" and explainer.last_eval_count >= budget - 2:
            text = f"the `budget` of {self.budget} ended before all groups of columns were split: those within one got the same"
            q.note(Note("warn", text, (row,)))
        return torch.from_numpy(found.values[0])


class CoalitionMasker:
    """What shap takes for a masker: it hands the coalitions on as they are, to be valued by our own game."""

    immutable_outputs = True  # no copies of them
    fixed_background = False

    def __init__(self, clustering: np.ndarray) -> None:
        self.clustering = clustering
        self.shape = (1, len(clustering) + 1)

    def __call__(self, mask: np.ndarray, _one: np.ndarray) -> tuple[np.ndarray]:
        return (mask[None],)


def _places(q: Question) -> Tensor:
    """Every pixel position (H, W), or every column (F,), a player."""
    inputs = q.query.inputs
    shape = inputs.shape[2:] if inputs.ndim == 4 else inputs.shape[1:]
    return torch.arange(shape.numel(), device=inputs.device).view(shape)
