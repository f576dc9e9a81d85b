"""What captum is run in: its draws, which come from the global generators, and its errors."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from xaivision.core.batching import is_out_of_memory
from xaivision.core.errors import CapabilityError, XaivisionError
from xaivision.core.question import Question
from xaivision.core.random import GLOBAL_GENERATORS
from xaivision.explainers.captum_call import CaptumCall
from xaivision.explainers.captum_module import captum_attributions


@contextmanager
def seeded(q: Question, device: torch.device) -> Iterator[None]:
    """Every global generator starts from the question's seed, anew for every input, and is then what it was before."""
    seed = q.generator("draws").initial_seed()
    on_gpu = device.type == "cuda"
    # Captum makes tensors on the default device, whatever a caller has made of that.
    with GLOBAL_GENERATORS, torch.random.fork_rng(devices=[device] if on_gpu else []), device:
        before = np.random.get_state(), random.getstate()  # noqa: NPY002 - captum draws from the global ones
        try:
            random.seed(seed)
            torch.default_generator.manual_seed(seed)
            if on_gpu:
                with torch.cuda.device(device):
                    torch.cuda.manual_seed(seed)
            np.random.seed(seed % 2**32)  # noqa: NPY002
            yield
        finally:
            np.random.set_state(before[0])  # noqa: NPY002
            random.setstate(before[1])


@contextmanager
def captums_errors(call: CaptumCall) -> Iterator[None]:
    """What captum raises by itself as a refusal; what the model raises as it is.

    Raises: CapabilityError.
    """
    try:
        yield
    except XaivisionError:
        raise
    except Exception as error:  # captum asserts, and raises errors of many types
        if is_out_of_memory(error) or not _raised_by_captum(error):
            raise
        said = (" ".join(str(error).split()) or type(error).__name__).rstrip(".")
        raise CapabilityError(f"captum's {call.kind.__name__} does not take this model or these settings: {said}.") from error


def _raised_by_captum(error: BaseException) -> bool:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    folder = os.path.dirname(os.path.dirname(captum_attributions().__file__ or ""))
    return trace is not None and trace.tb_frame.f_code.co_filename.startswith(folder + os.sep)
