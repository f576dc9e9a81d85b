import numpy as np
import pytest
import torch
from audit_subjects import linear_model, small_plan

from xaivision.core.access import Access
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.targets import Target
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.audit.plan import AuditPlan, for_items
from xaivision.evaluation.registry import metric, sanity_check
from xaivision.explainers.registry import explainer

DELETION = {"deletion": metric("deletion")}
SALIENCY = {"saliency": explainer("saliency")}


def test_a_plan_without_methods_or_without_judges_is_refused():
    with pytest.raises(InputError, match="at least one method"):
        AuditPlan({}, {}, DELETION)
    with pytest.raises(InputError, match="at least one metric"):
        AuditPlan(SALIENCY, {}, {})


def test_a_label_of_a_method_and_of_a_control_is_refused():
    with pytest.raises(InputError, match="`saliency` is named as a method and as a control"):
        AuditPlan(SALIENCY, SALIENCY, DELETION)


@pytest.mark.parametrize("label", ["reversed", "a|b"])
def test_labels_that_mean_something_in_the_rows_are_refused(label):
    with pytest.raises(InputError, match=r"cannot be a label"):
        AuditPlan({label: explainer("saliency")}, {}, DELETION)


def test_everyone_who_needs_more_than_the_model_gives_is_named_before_anything_is_asked():
    plan = AuditPlan({**SALIENCY, "cam": explainer("integrated_gradients")}, {}, DELETION)
    with pytest.raises(CapabilityError, match=r"`saliency` needs(.|\n)*`integrated_gradients` needs"):
        plan.check(linear_model())


def test_items_keep_their_own_classes():
    plan = small_plan(target=Target([0, 1, 1, 0]))
    assert plan.target_of((1, 3), 4).classes.tolist() == [1, 0]
    assert small_plan(target=Target(1)).target_of((1, 3), 4).classes == 1
    assert small_plan().target_of((1, 3), 4).classes is None


def test_classes_for_another_number_of_items_are_refused():
    with pytest.raises(InputError, match="one for each of 3 items"):
        small_plan(target=Target([0, 1])).target_of((0,), 3)


def test_masks_of_all_items_are_cut_to_those_asked_about_and_masks_for_every_item_are_not():
    masks = torch.eye(3).expand(4, 3, 3) * torch.tensor([0, 1, 0, 1]).view(4, 1, 1)
    game = metric("pointing_game", masks=masks)
    assert torch.equal(for_items(game, (1, 2), 4, "image").masks, masks[1:3])
    assert for_items(metric("pointing_game", masks=masks[0]), (1, 2), 4, "image").masks.shape == (3, 3)
    deletion = metric("deletion")
    assert for_items(deletion, (1, 2), 4, "image") is deletion


def test_plain_values_change_with_every_setting_and_with_what_a_tensor_holds():
    def told(value: float) -> dict:
        return AuditPlan({"ig": explainer("integrated_gradients", baseline=torch.full((1, 5), value))}, {}, DELETION).as_plain()

    assert told(0.0) != told(1.0)
    assert told(0.0) == told(0.0)
    assert AuditPlan(SALIENCY, {}, DELETION, seed=1).as_plain() != AuditPlan(SALIENCY, {}, DELETION).as_plain()
    assert small_plan(target=Target(1)).as_plain() != small_plan(target=Target(0)).as_plain()


def test_a_tensor_in_a_method_inside_a_method_counts_too():
    def told(value: float) -> dict:
        inner = explainer("integrated_gradients", baseline=torch.full((1, 5), value))
        return AuditPlan({"sg": explainer("smooth_grad", base=inner)}, {}, DELETION).as_plain()

    assert told(0.0) != told(1.0)


@pytest.mark.parametrize("label", ["", "  ", "a\nb", "a\0", "\ud800"])
def test_labels_that_cannot_be_printed_are_refused(label):
    with pytest.raises(InputError, match="must be a name that can be printed"):
        AuditPlan({label: explainer("saliency")}, {}, DELETION)
    with pytest.raises(InputError, match="must be a name that can be printed"):
        AuditPlan(SALIENCY, {}, {label: metric("deletion")})


def test_a_metric_cannot_be_called_like_the_agreement_in_the_rows():
    with pytest.raises(InputError, match="`agreement` cannot be the name of a metric"):
        AuditPlan(SALIENCY, {}, {"agreement": metric("deletion")})
    assert AuditPlan({"agreement": explainer("saliency")}, {}, DELETION).methods


def test_baselines_and_segments_of_all_items_are_cut_as_masks_are():
    rows, pictures = torch.arange(20.0).view(4, 5), torch.rand(4, 3, 2, 2)
    assert torch.equal(for_items(explainer("integrated_gradients", baseline=rows), (1, 2), 4, "tabular").baseline, rows[1:3])
    assert torch.equal(for_items(explainer("integrated_gradients", baseline=pictures), (3,), 4, "image").baseline, pictures[3:])
    one = explainer("integrated_gradients", baseline=torch.rand(4, 2, 2))  # a picture of as many channels as there are items
    assert for_items(one, (3,), 4, "image") is one
    segments = torch.arange(16).view(4, 2, 2)
    assert torch.equal(for_items(explainer("exact_shapley", segments=segments), (0, 3), 4, "image").segments, segments[[0, 3]])


def test_masks_of_all_items_may_be_an_array():
    masks = np.eye(3)[None].repeat(4, 0)
    assert for_items(metric("pointing_game", masks=masks), (1, 2), 4, "image").masks.shape == (2, 3, 3)


def test_whoever_cannot_be_met_is_named_once():
    with pytest.raises(CapabilityError) as lacking:
        AuditPlan({"a": explainer("saliency"), "b": explainer("saliency")}, {}, DELETION).check(linear_model())
    assert str(lacking.value).count("`saliency` needs") == 1


def test_one_class_in_a_tensor_is_one_class_for_all():
    assert small_plan(target=Target(torch.tensor(1))).target_of((1, 3), 4).classes == 1
    against = small_plan(target=Target([0, 1, 1], [1, 0, 0]))
    assert against.target_of((0, 2), 3).against.tolist() == [1, 0]


def test_controls_explain_after_the_methods():
    assert list(small_plan().everyone) == ["occlusion", "shapley", "random", "input_magnitude"]


def test_masks_of_another_number_of_items_are_left_for_the_metric_to_refuse():
    game = metric("pointing_game", masks=torch.zeros(5, 3, 3))
    assert for_items(game, (1, 2), 4, "image") is game


def test_masks_of_the_rows_of_a_table_are_cut_as_those_of_pictures_are():
    masks = torch.eye(5)[[0, 1, 2, 3]]
    mass = metric("relevance_mass", masks=masks)
    assert torch.equal(for_items(mass, (1, 3), 4, "tabular").masks, masks[[1, 3]])
    shared = metric("relevance_mass", masks=masks[0])
    assert for_items(shared, (1, 3), 5, "tabular") is shared


def test_a_square_mask_is_one_for_all_of_as_many_pictures_and_one_for_each_of_as_many_rows():
    square = torch.eye(4)
    game = metric("pointing_game", masks=square)
    assert for_items(game, (1, 2), 4, "image") is game
    assert torch.equal(for_items(game, (1, 2), 4, "tabular").masks, square[1:3])
    replaced = explainer("integrated_gradients", baseline=square)
    assert for_items(replaced, (1, 2), 4, "image") is replaced


@pytest.mark.parametrize(
    "other",
    [{"target": Target(0, 1)}, {"target": Target(0, output="probability")}, {"target": Target(0), "access": Access.SCORES}],
)
def test_plain_values_change_with_what_is_explained_and_with_the_access(other):
    assert small_plan(**other).as_plain() != small_plan(target=Target(0)).as_plain()


@pytest.mark.parametrize(
    "setting",
    [
        lambda shift: {"found": metric("pointing_game", masks=np.roll(np.eye(5), shift, 0))},
        lambda shift: {"focus": sanity_check("focus", partners=(torch.zeros(2, 1, 4, 4) + shift, torch.arange(2)))},
        lambda shift: {"learned": sanity_check("data_randomization", trained=scoring(shift))},
    ],
)
def test_what_settings_hold_belongs_to_the_plan_whatever_kind_of_thing_it_is(setting):
    """Arrays, pairs of tensors and models have one shape and one name, and hold other numbers."""
    one, same, other = (AuditPlan(small_plan().methods, {}, setting(shift)).as_plain() for shift in (0, 0, 1))
    assert one == same
    assert one != other


def scoring(shift):
    layer = torch.nn.Linear(5, 2, bias=False)
    with torch.no_grad():
        layer.weight.fill_(shift)
    return TorchClassifier(layer, 2, domain="tabular")
