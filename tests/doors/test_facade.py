import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LogisticRegression

import xaivision as xv
from xaivision.core.errors import CapabilityError, InputError, UnknownNameError
from xaivision.core.metering import metered
from xaivision.evaluation.removal import Deletion
from xaivision.explainers.occlusion import Occlusion
from xaivision.facade import fitting_methods, methods_with, usual_methods


@pytest.fixture(scope="module")
def sonar():
    return xv.load_dataset("uci_sonar")


@pytest.fixture(scope="module")
def network():
    return xv.load_model("uci_sonar_mlp")


def test_arrays_tensors_frames_and_rows_are_the_same_question(sonar, network):
    rows = sonar.inputs[:3]
    expected = xv.explain(network, rows, "saliency").values
    frame = sonar.schema.to_frame(rows.numpy())
    for same in (rows.numpy(), rows.double().numpy(), frame, [row for row in rows]):
        assert torch.allclose(xv.explain(network, same, "saliency").values.to(expected), expected, atol=1e-6)
    assert xv.explain(network, rows[0], "saliency").values.shape == (1, 60)
    assert xv.explain(network, frame.iloc[0], "saliency").values.shape == (1, 60)


def test_pictures_of_every_kind_are_the_same_question():
    from xaivision.data.sample_images import load_sample_image

    model = xv.load_model("efficientnet_lite0")
    photo = load_sample_image("chelsea")
    batch = xv.load_sample_images(["chelsea"], model)
    expected = xv.explain(model, batch, "grad_cam").values
    for same in (photo, [photo], batch[0], batch.numpy(), np.array(photo), np.array(photo)[None], [np.array(photo)]):
        assert torch.equal(xv.explain(model, same, "grad_cam").values, expected)
    assert torch.equal(xv.load_images(np.array(photo), model), batch)


def test_a_bare_module_and_a_bare_estimator_can_be_explained():
    rows = torch.randn(40, 4, generator=torch.Generator().manual_seed(0))
    module = torch.nn.Sequential(torch.nn.Linear(4, 3))
    assert xv.explain(module, rows[:2], "saliency").values.shape == (2, 4)
    fitted = LogisticRegression().fit(rows.numpy(), (rows[:, 0] > 0).numpy())
    found = xv.explain(fitted, pd.DataFrame(rows[:2].numpy()), "occlusion", baseline="black")
    assert int(found.values.abs().mean(0).argmax()) == 0


def test_targets_may_be_class_names(sonar, network):
    rows = sonar.inputs[:2]
    assert xv.explain(network, rows, "saliency", targets="mine").query.targets.tolist() == [1, 1]
    assert xv.explain(network, rows, "saliency", targets=["Rock", 1]).query.targets.tolist() == [0, 1]
    with pytest.raises(UnknownNameError, match="Did you mean `rock`"):
        xv.explain(network, rows, "saliency", targets="rok")


def test_a_misspelled_setting_or_method_names_the_closest(sonar, network):
    with pytest.raises(UnknownNameError, match="Did you mean `steps`"):
        xv.explain(network, sonar.inputs[:1], "integrated_gradients", step=3)
    with pytest.raises(UnknownNameError, match="Did you mean `integrated_gradients`"):
        xv.explain(network, sonar.inputs[:1], "integrated-gradient")
    with pytest.raises(InputError, match="Give `steps` where the explainer is made"):
        xv.explain(network, sonar.inputs[:1], Occlusion(), steps=3)


def test_a_comparison_takes_what_fits_unless_told(sonar, network):
    found = xv.compare(network, sonar.inputs[:1], metrics=["sparseness"])
    assert found.methods == usual_methods(network)
    assert set(found.methods) < set(fitting_methods(network))
    assert "grad_cam" not in found.methods
    assert found.controls == ("random", "input_magnitude")
    forest = xv.load_model("uci_sonar_forest")
    fitting = set(fitting_methods(forest))
    assert "occlusion" in fitting
    assert not {"saliency", "grad_cam", "nearest_examples"} & fitting


def test_labels_compare_settings_of_one_method(sonar, network):
    methods = {"fine": Occlusion(window=2, stride=1), "coarse": "occlusion"}
    settings = {"coarse": {"window": 10, "stride": 10}}
    found = xv.compare(network, sonar.inputs[:1], methods, metrics=[], settings=settings)
    assert found.methods == ("fine", "coarse")
    assert found.explanations["coarse"].diagnostics.model_calls < found.explanations["fine"].diagnostics.model_calls


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        ("saliency", r"Write \['saliency'\]"),
        (["saliency", "saliency"], "names `saliency` twice"),
        ([], "must name at least one method"),
        ([3], "must be a name or an explainer"),
    ],
)
def test_methods_that_are_no_list_of_methods_are_refused(sonar, network, methods, message):
    with pytest.raises(InputError, match=message):
        xv.compare(network, sonar.inputs[:1], methods)


def test_settings_of_a_method_that_is_not_compared_are_refused(sonar, network):
    with pytest.raises(UnknownNameError, match="method in `settings`"):
        xv.compare(network, sonar.inputs[:1], ["saliency"], settings={"occlusion": {"window": 3}})


def test_a_metric_comes_with_its_controls(sonar, network):
    found = xv.evaluate(network, sonar.inputs[:4], "integrated_gradients", "deletion")
    assert set(found.controls) >= {"random", "input_magnitude"}
    assert found.values.shape == (4,)
    assert found.advantage("random").mean() > 0


def test_a_sanity_check_comes_with_controls_that_fail_it(sonar, network):
    found = xv.evaluate(network, sonar.inputs[:4], "saliency", "parameter_randomization")
    assert torch.allclose(found.controls["input_magnitude"].values, torch.ones(4).double())
    assert found.mean < 0.6


def test_what_stands_in_the_way_of_a_metric_is_raised(sonar, network):
    with pytest.raises(InputError, match="`completeness` judges contributions"):
        xv.evaluate(network, sonar.inputs[:1], "saliency", "completeness")
    with pytest.raises((InputError, CapabilityError), match="needs a model's gradients"):
        xv.evaluate(xv.load_model("uci_sonar_forest"), sonar.inputs[:1], "saliency", "deletion")
    with pytest.raises(UnknownNameError, match="Did you mean `deletion`"):
        xv.evaluate(network, sonar.inputs[:1], "saliency", "deletions")


def test_a_result_is_shown_saved_and_read_back(sonar, network, tmp_path):
    found = xv.explain(network, sonar.inputs[:1], "integrated_gradients")
    assert found.show().axes
    assert "<" in found._repr_html_()
    again = xv.load(found.save(tmp_path / "sonar"))
    assert torch.equal(again.values, found.values)
    assert again.verdict == found.verdict


def test_a_class_in_place_of_an_explainer_is_refused_with_the_remedy(sonar, network):
    with pytest.raises(InputError, match=r"Got the class Captum\. Make one: `Captum\(\.\.\.\)`"):
        xv.explain(network, sonar.inputs[:1], xv.Captum)
    with pytest.raises(InputError, match="Got the class Occlusion"):
        xv.compare(network, sonar.inputs[:1], [Occlusion])


@pytest.mark.parametrize("ask", [xv.explain, lambda *given, **more: xv.evaluate(*given, "sparseness", **more)])
def test_a_setting_called_method_is_refused_with_the_remedy(ask, sonar, network):
    with pytest.raises(InputError, match=r"must be given once.*give `xaivision\.Captum\(method='Saliency'\)` in its place"):
        ask(network, sonar.inputs[:1], "captum", method="Saliency")
    assert xv.explain(network, sonar.inputs[:1], method="saliency").method == "saliency"


def test_what_belongs_to_the_question_is_no_setting_and_points_to_the_target(sonar, network):
    with pytest.raises(InputError, match=r"Give `targets=xaivision\.Target\(output='probability'\)`"):
        xv.explain(network, sonar.inputs[:1], "saliency", output="probability")
    with pytest.raises(InputError, match=r"Give `targets=xaivision\.Target\(against=1\)`"):
        xv.explain(network, sonar.inputs[:1], "saliency", against=1)


class Overwriting(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.head = torch.nn.Linear(4, 2)

    def forward(self, rows):
        hidden = self.head(rows).sigmoid()
        hidden += 0.1
        return hidden


def test_a_model_that_spoils_its_own_gradient_is_refused_in_one_sentence():
    model = xv.classifier(Overwriting(), num_classes=2, domain="tabular")
    with pytest.raises(CapabilityError, match="overwrite what its gradient needs") as caught:
        xv.explain(model, torch.ones(1, 4), "saliency")
    assert "modified by an inplace operation" in str(caught.value.__cause__)


def test_every_public_name_can_be_reached_and_others_not():
    for name in xv.__all__:
        assert getattr(xv, name) is not None
    assert set(xv.__all__) <= set(dir(xv))
    with pytest.raises(AttributeError, match="no attribute 'explian'"):
        xv.explian  # noqa: B018 - it is what is tested


def test_methods_of_one_comparison_share_the_score_of_the_input_and_its_gradient(sonar, network):
    with metered() as meter:
        xv.compare(network, sonar.inputs[:1], ["saliency", "input_x_gradient"], metrics=[])
    assert meter.model_calls == 1
    assert meter.gradient_calls == 1


def test_inputs_among_the_settings_may_be_arrays_and_frames(sonar):
    forest = xv.load_model("uci_sonar_forest")
    train, row = sonar.train.inputs, sonar.test.inputs[:1]
    expected = xv.explain(forest, row, "nearest_examples", background=train).indices
    for same in (train.numpy(), sonar.schema.to_frame(train.numpy())):
        assert torch.equal(xv.explain(forest, row, "nearest_examples", background=same).indices, expected)
    mean = train.mean(0)
    expected = xv.explain(forest, row, "occlusion", baseline=mean).values
    assert torch.equal(xv.explain(forest, row, "occlusion", baseline=mean.numpy()).values, expected)
    compared = xv.compare(
        forest, row, ["nearest_examples"], metrics=[], settings={"nearest_examples": {"background": train.numpy()}}
    )
    assert compared.methods == ("nearest_examples",)


def test_metrics_take_their_own_settings(sonar, network):
    rows = sonar.inputs[:2]
    found = xv.compare(network, rows, ["saliency"], metric_settings={"deletion": {"steps": 4, "baseline": rows[0].numpy()}})
    assert found.scores["deletion"]["saliency"].settings["steps"] == 4
    assert found.scores["insertion"]["saliency"].settings["steps"] == 32
    alone = xv.evaluate(network, rows, "saliency", "deletion", metric_settings={"steps": 4, "baseline": rows[0]})
    assert torch.equal(alone.values, found.scores["deletion"]["saliency"].values)
    assert alone.values.tolist() != xv.evaluate(network, rows, "saliency", "deletion").values.tolist()
    check = xv.evaluate(network, rows, "saliency", "parameter_randomization", metric_settings={"order": "top_down"})
    assert check.settings["order"] == "top_down"


def test_settings_of_metrics_that_reach_nobody_are_refused(sonar, network):
    row = sonar.inputs[:1]
    with pytest.raises(UnknownNameError, match="`insertion` is not a known metric in `metric_settings`"):
        xv.compare(network, row, ["saliency"], metrics=["deletion"], metric_settings={"insertion": {"steps": 4}})
    with pytest.raises(UnknownNameError, match=r"`step` is not a known setting of `deletion`. Did you mean `steps`"):
        xv.evaluate(network, row, "saliency", "deletion", metric_settings={"step": 4})
    with pytest.raises(InputError, match=r"Give `steps` where the metric is made. Got one that is made"):
        xv.evaluate(network, row, "saliency", Deletion(), metric_settings={"steps": 4})
    with pytest.raises(InputError, match="`parameter_randomization` is a sanity check"):
        xv.compare(network, row, ["saliency"], metrics=["parameter_randomization"])


def test_a_class_name_that_could_be_two_is_refused_in_every_place():
    model = xv.classifier(torch.nn.Linear(4, 3), class_names=["crane", "drake", "Crane"])
    rows = torch.rand(2, 4)
    for targets in ("crane", ["drake", "crane"], xv.Target(against="crane")):
        with pytest.raises(InputError, match=r"'crane' is the name of 2 classes: crane \(0\), Crane \(2\)"):
            xv.explain(model, rows, "saliency", targets=targets)


def test_scores_of_a_doubtful_explanation_say_so_and_others_do_not(sonar, network):
    class Still(torch.nn.Module):
        def forward(self, rows):
            return torch.stack([rows[:, 0].round(), -rows[:, 0].round()], 1)

    steep = xv.classifier(Still(), num_classes=2, domain="tabular", schema=sonar.schema)
    refused = xv.evaluate(steep, sonar.inputs[:1] + 0.6, "saliency", "sparseness")
    assert any(note.startswith("the explanation: refuse: the map is zero everywhere") for note in refused.notes)
    fine = xv.evaluate(network, sonar.inputs[:1], "integrated_gradients", "deletion")
    assert not any("the explanation" in note for note in fine.notes)


def test_methods_that_need_what_will_be_given_fit(network):
    assert "nearest_examples" not in fitting_methods(network)
    assert "nearest_examples" in fitting_methods(network, ["background"])
    assert "nearest_examples" in usual_methods(network, ["background"])
    assert {"occlusion", "integrated_gradients", "deep_lift"} <= set(methods_with("baseline"))


def test_preflight_says_of_each_method_what_to_expect(sonar, network):
    found = xv.preflight(network, sonar.inputs[:2])
    assert found.of("saliency").standing == "valid"
    smooth = torch.nn.Sequential(torch.nn.Linear(60, 8), torch.nn.GELU(), torch.nn.Linear(8, 2))
    other = xv.preflight(xv.classifier(smooth, domain="tabular", num_classes=2, schema=sonar.schema), sonar.inputs[:1])
    assert other.of("saliency").standing == "valid"
    assert other.of("deep_lift").standing == "refused"
    assert "GELU" in other.of("deep_lift").reasons[0]
