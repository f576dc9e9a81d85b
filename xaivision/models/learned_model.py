"""The classifiers that are trained here, whatever decides in them."""

from xaivision.models.distributions.trained_distributions import TrainedDistributions
from xaivision.models.prototypes.trained_prototypes import TrainedPrototypes
from xaivision.models.trained_model import TrainedModel
from xaivision.models.trees.trained_tree import TrainedTree

LearnedModel = TrainedModel | TrainedPrototypes | TrainedDistributions | TrainedTree
