import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.explainers.perturbed_scores import finite


def test_finite_scores_pass_as_they_are():
    scores = torch.tensor([1.0, -2.0])
    assert finite(scores, "Do else") is scores


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_others_are_counted_in_one_sentence_with_the_remedy(value):
    with pytest.raises(InputError) as refused:
        finite(torch.tensor([1.0, float(value), 2.0]), "Do else")
    assert str(refused.value) == (
        f"The model's score must be a finite number also on perturbed inputs. Got {value} for 1 of 3. Do else, or mend the model."
    )
