"""Faults for the scores of inputs with replaced features."""

import test_replaced_scores
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "what should go stays",
        "replaced_scores",
        "torch.where(there, substitutes[part.inputs], inputs[part.inputs])",
        "torch.where(there, inputs[part.inputs], substitutes[part.inputs])",
        test_replaced_scores.check_each_input_has_its_own_sets,
    ),
    Mutant(
        "the first input's substitutes for all",
        "replaced_scores",
        "substitutes[part.inputs], inputs",
        "substitutes[0 * part.inputs], inputs",
        test_replaced_scores.check_each_input_has_its_own_sets,
    ),
)
