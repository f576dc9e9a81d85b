"""The object at points by Segment Anything, which is given bytes, (x, y), and has the best of its masks taken.

Source: Kirillov et al., 2023, arXiv:2304.02643.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import torch
from torch import Tensor

from xaivision.core.settings import check_choice
from xaivision.core.sharing import fingerprint
from xaivision.engines.pointed_objects.growing import apart_from_negatives
from xaivision.engines.pointed_objects.segmented_object import (
    SegmentedObject,
    best_by_evidence,
    best_object,
    checked_points,
)
from xaivision.engines.points import EvidencePoint
from xaivision.engines.sam_network import SamWeights, as_bytes

# Encoding takes seconds, asking about a point a tenth of one. An encoded picture has 4 MB.
REMEMBERED = 8

Choice = Literal["score", "evidence"]


@dataclass(frozen=True)
class SamPoint(SamWeights):
    """The mask that Segment Anything thinks best of the three it answers the points with; scores are its own guess of its IoU.

    It sees the picture and the points, and neither the map nor the class. `model_type` "vit_t" is MobileSAM's light encoder.
    A point on a head may mean the head or the animal, and both score high: `choose` "evidence" takes of the three the mask that
    holds most evidence beyond what its size would hold, which is the score then.

    Raises: InputError, where there is no such file, or no such encoder or choice.
    """

    choose: Choice = "score"

    def __post_init__(self) -> None:
        check_choice("choose", self.choose, get_args(Choice))
        super().__post_init__()

    def segmented(self, image: Tensor, points: Sequence[EvidencePoint], evidence: Tensor) -> SegmentedObject:
        """A mask that holds a negative point is not taken.

        Raises: InputError, where points and picture do not fit, all masks are empty, or each holds a negative point;
        MissingExtraError, where the encoder's package is not installed; FileFormatError, where the file holds no such weights.
        """
        checked_points(image, points, evidence)
        predictor = self.package.SamPredictor(self.network(image.device))
        known = _encoded(self, predictor, image)
        predictor.features, predictor.input_size, predictor.original_size = known
        predictor.is_image_set = True
        masks, scores, _ = predictor.predict(
            point_coords=across_and_down(points),
            point_labels=np.array([int(point.positive) for point in points]),
            multimask_output=True,
        )
        candidates = torch.from_numpy(masks)
        apart = apart_from_negatives(candidates, points)
        if self.choose == "evidence":
            return best_by_evidence(candidates, evidence, apart)
        return best_object(candidates, torch.from_numpy(scores), apart)


def across_and_down(points: Sequence[EvidencePoint]) -> np.ndarray:
    """(n, 2) of each point its column and its row: (x, y), as Segment Anything counts."""
    return np.array([(point.column, point.row) for point in points])


class _Encoded(NamedTuple):
    features: Tensor
    input_size: tuple[int, int]
    original_size: tuple[int, int]


_memory: OrderedDict[tuple[str, int, str, bytes], _Encoded] = OrderedDict()
_memory_lock = Lock()


def _encoded(weights: SamWeights, predictor: Any, image: Tensor) -> _Encoded:
    # Who made the features: a file holds the weights of one encoder.
    key = (str(weights.checkpoint), weights.modified, str(image.device), fingerprint(image))
    with _memory_lock:
        if key in _memory:
            _memory.move_to_end(key)
            return _memory[key]
    predictor.set_image(as_bytes(image))
    found = _Encoded(predictor.features, predictor.input_size, predictor.original_size)
    with _memory_lock:
        _memory[key] = found
        while len(_memory) > REMEMBERED:
            _memory.popitem(last=False)
    return found
