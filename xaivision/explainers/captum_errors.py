"""What captum raises by itself, as a refusal."""

import os
from contextlib import AbstractContextManager

from xaivision.explainers.captum_call import CaptumCall
from xaivision.explainers.captum_module import captum_attributions
from xaivision.explainers.foreign_errors import ends_in, refusals


def captums_errors(call: CaptumCall) -> AbstractContextManager[None]:
    """What captum raises by itself as a refusal; what the model raises as it is.

    Raises: CapabilityError, inside.
    """
    folder = os.path.dirname(os.path.dirname(captum_attributions().__file__ or ""))
    return refusals(f"captum's {call.kind.__name__}", lambda error: ends_in(folder, error))
