"""F-Fidelity: robust fidelity of a copy of the model that was fine-tuned on inputs with random parts replaced."""

from dataclasses import dataclass
from typing import ClassVar

from xaivision.core.about import AboutEvaluator
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.scores import Scores
from xaivision.core.settings import check_positive_integer
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.baselines import Baseline
from xaivision.engines.robust_fidelity import capped_chances, robust_fidelity
from xaivision.evaluation.following import Output, check_output, followed
from xaivision.evaluation.masked_finetuning import MaskedFinetuning
from xaivision.evaluation.measurement import measurement
from xaivision.evaluation.replacing import named_substitutes
from xaivision.evaluation.robust_fidelity import fidelity_scores, judged_parts

SHARES = tuple(percent / 100 for percent in range(5, 101, 5))


@dataclass(frozen=True, eq=False)
class FFidelity:
    """Fid+ minus Fid- as of `robust_fidelity`, asked of the `finetuned` copy, to which replaced elements are nothing new.

    The part is the highest attributed share of the elements, at each of `shares`. Elements of the part, and of the rest, go
    at the chance `alpha`, or at a smaller one where more than the copy's share of all elements would be expected to go.
    What replaces them, and what an element is, is what the copy was trained with. Where the paper counts right answers, the
    probability of the target is followed, which says more of a single input.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="f_fidelity",
        answers="Does a model that knows incomplete inputs need the named part more than the rest?",
        misleads="It judges the explanation by a copy of the model: where fine-tuning taught it other evidence, wrongly.",
        cost="1952 forwards by default, after one fine-tuning for all explanations of the model",
        source="Zheng et al., 2025, arXiv:2410.02970",
        higher_is_better=True,
        needs=Access.WEIGHTS,
        faithfulness=True,
        training_data=True,
        trains_again=True,
    )

    finetuned: MaskedFinetuning
    alpha: float = 0.5
    budget: int = 50
    shares: tuple[float, ...] = SHARES
    output: Output = "auto"

    def __post_init__(self) -> None:
        if not isinstance(self.finetuned, MaskedFinetuning):
            raise InputError(
                f"`finetuned` must be what `masked_finetuning(model, training)` gives. Got {type(self.finetuned).__name__}."
            )
        check_positive_integer("budget", self.budget)
        check_output(self.output)
        if isinstance(self.alpha, bool) or not isinstance(self.alpha, int | float) or not 0 < self.alpha <= 1:
            raise InputError(f"`alpha` must be a chance above 0 and at most 1. Got {self.alpha!r}.")
        _check_shares(self.shares)

    @property
    def removal(self) -> Baseline:
        """What the copy was taught to miss."""
        return self.finetuned.masking.baseline

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) Fid+ minus Fid-, mean over the shares; the curve has it for each share. Undefined for maps that are not finite.

        `details`: "plus" and "minus" (B, n) for each share, "plus_error" and "minus_error" their standard errors over draws,
        "delta_error" that of the curve.

        Raises: InputError, where the copy was made from another model than the explained one.
        """
        with measurement(self, model, explanation) as m:
            self.finetuned.check_made_from(_module_model(m.model))
            masking, copy = self.finetuned.masking, self.finetuned.model
            target, unit = followed(m, self.output)
            others, notes = named_substitutes(m, masking.baseline, seed)
            parts, draws = judged_parts(self, explanation, masking.grid, seed)
            chances = capped_chances(draws.shape[1], parts.sizes, self.alpha, masking.share)
            with copy.held():
                found = robust_fidelity(copy, (explanation.query.inputs, others), target, parts, chances, draws)
            return fidelity_scores(m, found, self.shares, f"{unit} of the fine-tuned copy", notes)


def _module_model(model: ClassifierAdapter) -> TorchClassifier:
    if not isinstance(model, TorchClassifier):
        raise CapabilityError(f"`f_fidelity` needs a torch module. Got {model!r}.")
    return model


def _check_shares(shares: object) -> None:
    if not isinstance(shares, tuple) or not shares:
        raise InputError(f"`shares` must be a tuple of shares of the elements. Got {shares!r}.")
    for share in shares:
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
            raise InputError(f"`shares` must be shares above 0 and at most 1. Got {share!r}.")
