import pytest
import torch
from audit_subjects import linear_model, small_plan

from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.targets import Target
from xaivision.evaluation.audit.plan import AuditPlan, for_items
from xaivision.evaluation.registry import metric
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
    assert torch.equal(for_items(game, (1, 2), 4).masks, masks[1:3])
    assert for_items(metric("pointing_game", masks=masks[0]), (1, 2), 4).masks.shape == (3, 3)
    deletion = metric("deletion")
    assert for_items(deletion, (1, 2), 4) is deletion


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
