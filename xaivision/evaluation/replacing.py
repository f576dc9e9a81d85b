"""What stands in the place of absent features while a map is judged."""

from torch import Tensor

from xaivision.core.random import generator
from xaivision.engines.baselines import Baseline, guessed, reference_inputs
from xaivision.evaluation.measurement import Measurement


def named_substitutes(m: Measurement, baseline: Baseline, seed: int) -> tuple[Tensor, tuple[str, ...]]:
    """The values (B, *S) that `baseline` stands for, and what is to be said of them.

    Raises: InputError, where the baseline does not fit the inputs.
    """
    inputs = m.explanation.query.inputs
    found = reference_inputs(baseline, inputs, generator(seed, "removal baseline"), m.model.typical)
    doubt = guessed(baseline, inputs, m.model.typical)
    return found, (doubt,) if doubt else ()


def substitutes(m: Measurement, baseline: Baseline | None, seed: int) -> tuple[Tensor, tuple[str, ...]]:
    """As `named_substitutes`; None: the explanation's own baseline, and "auto" where it names none.

    Contributions are counted from a baseline, and are wrong from another.

    Raises: InputError, where the baseline does not fit the inputs.
    """
    own = m.explanation.baseline
    if baseline is None and own is not None:
        return own, ()
    return named_substitutes(m, "auto" if baseline is None else baseline, seed)
