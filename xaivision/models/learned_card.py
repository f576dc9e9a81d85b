"""The cards of classifiers that were trained here, whatever decides in them."""

from xaivision.models.prototypes.prototype_card import PrototypeCard
from xaivision.models.trained_card import TrainedCard

LearnedCard = TrainedCard | PrototypeCard
