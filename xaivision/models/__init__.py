"""Floor 2: classifiers one can load or train by name. Nothing here imports torch before a model is asked for."""

from xaivision.models.card import ModelCard
from xaivision.models.registry import available_models, load_model, model_card

__all__ = ["ModelCard", "available_models", "load_model", "model_card"]
