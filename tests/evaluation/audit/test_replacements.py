"""What stands in the place of features is told the same way of methods, metrics and sanity checks."""

from types import SimpleNamespace

import pytest
import torch

from xaivision.core.function_classifier import FunctionClassifier
from xaivision.evaluation.audit.replacements import in_words, operator_of, recorded, told
from xaivision.evaluation.registry import metric, sanity_check
from xaivision.explainers.registry import explainer

PICTURES, TABLES = (
    FunctionClassifier(lambda rows: rows.reshape(len(rows), -1)[:, :2], 2, score_unit="logit", domain=domain)
    for domain in ("image", "tabular")
)


@pytest.mark.parametrize(
    ("one", "words", "record"),
    [
        (metric("deletion", baseline="black"), "black", "baseline: black"),
        (metric("deletion", baseline=torch.zeros(3, 4, 4)), "given values", "baseline: given values"),
        (metric("pixel_flipping"), "its own default", "its own default"),
        (metric("road"), "imputed", "imputed"),
        (metric("sparseness"), "", ""),
        (sanity_check("parameter_randomization"), "", ""),
        (explainer("occlusion", baseline="zeros"), "zeros", "baseline: zeros"),
        (explainer("integrated_gradients"), "auto", "baseline: auto"),
        (explainer("kernel_shap", background=torch.zeros(4, 3)), None, "background: given values"),
        (explainer("saliency"), "", ""),
    ],
)
def test_it_is_told_in_words_and_recorded_with_its_setting(one: object, words: str | None, record: str) -> None:
    assert words is None or in_words(one) == words
    assert recorded(one) == record


def test_what_a_metric_says_by_itself_counts_before_its_baseline_and_its_card_last() -> None:
    card = SimpleNamespace(replaces_by="hum")
    assert told(SimpleNamespace(about=card, removal="blur", baseline="black")) == "blur"
    assert told(SimpleNamespace(about=card, baseline=None)) is None
    assert told(SimpleNamespace(about=card)) == "hum"
    assert recorded(SimpleNamespace(about=card, removal=torch.ones(2))) == "given values"


@pytest.mark.parametrize(
    ("judge", "of_pictures", "of_tables"),
    [
        (metric("deletion"), "black", "zeros"),
        (metric("insertion"), "blur", "zeros"),
        (metric("deletion", baseline="zeros"), "black", "zeros"),
        (metric("road"), "imputed", "imputed"),
        (metric("sparseness"), "", ""),
        (SimpleNamespace(about=metric("deletion").about, baseline="inpainted"), "", ""),
    ],
)
def test_an_operator_is_known_by_one_name_for_pictures_and_one_for_tables(
    judge: object, of_pictures: str, of_tables: str
) -> None:
    assert operator_of("it", judge, PICTURES) == (of_pictures, None)  # type: ignore[arg-type]
    assert operator_of("it", judge, TABLES) == (of_tables, None)  # type: ignore[arg-type]


def test_a_tensor_is_an_operator_by_the_name_of_its_metric() -> None:
    given = torch.zeros(3, 4, 4)
    name, found = operator_of("mine", metric("deletion", baseline=given), PICTURES)
    assert name == "given (mine)"
    assert found is given
