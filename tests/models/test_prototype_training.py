"""Classifiers by prototypes: what the papers promise of them, on generated pictures and small tables."""

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from trainings import of_one_class, poisoned, same_weights, stopped_after_a_cycle

import xaivision as xv
from xaivision.core.errors import CapabilityError, FileFormatError, InputError, UnknownNameError
from xaivision.data.dataset import Dataset
from xaivision.data.planted_properties import load
from xaivision.data.registry import load_dataset
from xaivision.engines.prototypes.alignment import folded, likeness_of_places, misalignment
from xaivision.engines.prototypes.attack import flips_inside
from xaivision.models.prototypes.layer_plan import SYSTEMS
from xaivision.models.trained_file import load_trained
from xaivision.models.transfer import train

QUICK = {"model": "proto_part", "backbone": "three_convolutions", "width": 16, "per_class": 2, "epochs": 3, "cycles": 2}


@pytest.fixture(scope="module")
def pictures():
    return load("planted_properties", count=40)


@pytest.fixture(scope="module")
def parts(pictures):
    return train(pictures, **QUICK)


@pytest.fixture(scope="module")
def wine():
    return load_dataset("wine")


@pytest.fixture(scope="module")
def rbf(wine):
    return train(wine, model="rbf", epochs=10)


def distances_to_sources(model, data):
    """(P,) from each prototype to the nearest place of the training input that it came from."""
    network, sources = model.network, model.sources
    inputs = data.inputs[sources.rows]
    with torch.no_grad():
        found = network.prototypes.distances(network.encoder(model.classifier.prepared(inputs)))
    flat = found.flatten(2) if found.ndim > 2 else found[:, :, None]
    return flat[torch.arange(len(inputs)), torch.arange(len(inputs))]


def test_every_prototype_is_a_place_of_a_training_picture_of_its_class(parts, pictures):
    sources, owners = parts.sources, parts.network.reasoning.owners
    found = distances_to_sources(parts, pictures)
    assert float(found.amin(1).max()) <= 1e-5
    assert torch.equal(found.argmin(1), sources.places)
    assert torch.equal(sources.inputs, pictures.inputs[sources.rows])
    assert torch.equal(pictures.targets[sources.rows], owners)
    assert set(sources.rows.tolist()) <= set(parts.parts.train.tolist())
    assert parts.card.distinct == len(owners)


def test_every_prototype_of_a_table_is_a_training_row_of_its_class(rbf, wine):
    assert float(distances_to_sources(rbf, wine).amin(1).max()) <= 1e-5
    assert torch.equal(wine.targets[rbf.sources.rows], rbf.network.reasoning.owners)
    assert torch.equal(rbf.sources.inputs, wine.inputs[rbf.sources.rows])


def test_the_logits_are_the_weighted_similarities(parts, pictures):
    found = xv.explain(parts.classifier, pictures.test[0][:8], "prototype_matches", 1, k=4)
    assert torch.equal(found.contributions, found.weights * found.similarity)
    torch.testing.assert_close(found.contributions.sum(1), found.query.scores, atol=1e-5, rtol=0)


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(pictures, parts):
    assert same_weights(parts, train(pictures, **QUICK))
    other = train(pictures, **QUICK, seed=1)
    assert not torch.equal(parts.network.prototypes.centers, other.network.prototypes.centers)


@pytest.mark.parametrize("kind", ["parts", "rbf"])
def test_a_saved_model_comes_back_whole(kind, request, tmp_path):
    model = request.getfixturevalue(kind)
    data = request.getfixturevalue("pictures" if kind == "parts" else "wine")
    back = load_trained(model.save(tmp_path / "model"))
    inputs = data.test[0]
    assert torch.equal(back(inputs), model(inputs))
    assert back.card == model.card
    assert back.plan == model.plan
    assert torch.equal(back.sources.inputs, model.sources.inputs)
    assert back.classifier.class_names == data.class_names
    assert (back.classifier.schema is None) == (data.schema is None)
    assert back.card.markdown().startswith(f"# {data.name}_{model.plan.system}\n")


def test_a_changed_file_is_refused(parts, tmp_path):
    path = parts.save(tmp_path / "model")
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(FileFormatError, match="its content does not match its checksum"):
        load_trained(path)


def test_a_stopped_training_goes_on_and_ends_with_the_same_weights(pictures, parts, tmp_path):
    stopped_after_a_cycle(lambda: train(pictures, **QUICK, checkpoint=tmp_path))
    assert same_weights(parts, train(pictures, **QUICK, checkpoint=tmp_path))
    with pytest.raises(InputError, match="`checkpoint` must be the file of this very training"):
        train(pictures, **QUICK, seed=3, checkpoint=tmp_path)


def test_training_neither_moves_nor_hears_the_global_generator(wine, rbf):
    torch.manual_seed(7)
    before = torch.get_rng_state()
    with torch.inference_mode():
        again = train(wine, model="rbf", epochs=10)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(again.network.prototypes.centers, rbf.network.prototypes.centers)


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_learns_a_table(system, wine):
    model = train(wine, model=system, epochs=10)
    assert model.card.scores.accuracy > 0.85
    assert (model.card.radius is not None) == (system in ("rbf", "components"))
    if model.network.plan.logits:
        return
    scores = model(wine.inputs)
    assert model.classifier.score_unit == "probability"
    assert bool(((scores >= 0) & (scores <= 1)).all())


def attacked(model, inputs, found):
    """(3, B) whether three attacks of 40 steps on each row find another class within its radius."""
    encoder = model.network.encoder

    def scores(rows):
        return model.network(rows * encoder.std + encoder.mean)

    starts = torch.randn(3, inputs.shape[1], generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return flips_inside(scores, encoder.features(inputs), 0.999 * found.radii, found.classes, starts, 40)


@pytest.mark.parametrize("system", ["rbf", "components"])
def test_certificates_hold_on_a_real_table(system, wine):
    """534 attacks: within the radius of a wine none of its three finds another class."""
    model = train(wine, model=system, epochs=10)
    classifier = model.classifier
    classifier.model.double()
    inputs = wine.inputs.double()
    found = xv.certified(classifier, inputs)
    assert found.space == "standardized columns"
    right = classifier(inputs).argmax(1) == wine.targets
    assert torch.equal(xv.certified(classifier, inputs, wine.targets).radii > 0, right)
    assert not bool(attacked(model, inputs, found).any())


@pytest.mark.parametrize("system", ["rbf", "components"])
def test_certificates_in_float32_are_those_in_float64_also_where_detections_are_too_small_for_a_float(system, wine):
    """Ten times a wine is far from every prototype: its detections are 0 in float32, and its radius is no infinity."""
    classifier = train(wine, model=system, epochs=10).classifier
    rows = 10 * wine.inputs[:20].float()
    assert not classifier.model.prototypes(classifier.model.encoder(rows)).any()
    single = xv.certified(classifier, rows, wine.targets[:20])
    classifier.model.double()
    double = xv.certified(classifier, rows.double(), wine.targets[:20])
    assert bool(double.radii.isfinite().all())
    torch.testing.assert_close(single.radii, double.radii, rtol=1e-3, atol=1e-3)


@pytest.mark.slow
def test_no_attack_of_five_thousand_leaves_its_certified_radius():
    count = 0
    for name in ("wine", "breast_cancer", "uci_sonar"):
        data = load_dataset(name)
        for system in ("rbf", "components"):
            model = train(data, model=system, epochs=10)
            model.classifier.model.double()
            inputs = data.inputs.double()
            flips = attacked(model, inputs, xv.certified(model.classifier, inputs))
            assert not bool(flips.any())
            count += flips.numel()
    assert count >= 5000


def test_the_radius_of_an_rbf_network_is_half_the_scale_times_the_logarithm_of_the_ratio(rbf, wine):
    rbf.classifier.model.double()
    try:
        scores, found = rbf.classifier(wine.inputs.double()), xv.certified(rbf.classifier, wine.inputs.double())
        first, second = scores.topk(2, 1).values.unbind(1)
        network = rbf.network
        expected = network.prototypes.scale.detach() / 2 * (first / second).log() / network.encoder.metric.stretch
        torch.testing.assert_close(found.radii, expected, atol=1e-6, rtol=1e-6)
    finally:
        rbf.classifier.model.float()


def test_models_without_a_certificate_say_so(parts, pictures):
    with pytest.raises(CapabilityError, match=r'`certified` needs a model whose detections fall .*"rbf" or "components"'):
        xv.certified(parts.classifier, pictures.inputs[:1])
    with pytest.raises(CapabilityError, match="`certified` needs a model of prototypes"):
        xv.certified(load_model_of_wine(), torch.zeros(1, 13))


def test_inputs_and_classes_without_a_certificate_are_refused(rbf, wine):
    rows = wine.inputs[:4].float()
    with pytest.raises(InputError, match=r"`inputs` must be finite\. Got 1 values"):
        xv.certified(rbf.classifier, rows.masked_fill(rows == rows.max(), torch.nan))
    with pytest.raises(InputError, match=r"`classes` must be class numbers from 0 to 2\. Got 7"):
        xv.certified(rbf.classifier, rows, torch.tensor([7, 1, 1, 1]))


def load_model_of_wine():
    return xv.load_model("wine_logistic")


def test_pruning_leaves_every_class_a_prototype(pictures):
    model = train(pictures, **{**QUICK, "per_class": 4, "epochs": 1, "cycles": 1}, prune=True)
    assert min(model.card.prototypes) >= 1
    assert sum(model.card.prototypes) == len(model.network.prototypes.centers) == 8 - model.card.pruned


@pytest.mark.parametrize("system", ["rbf", "components"])
def test_a_network_without_some_prototypes_says_what_the_others_say(system, wine):
    """Components have a row of weights for being there and one for being absent."""
    network = train(wine, model=system, epochs=2, per_class=2).network
    kept = torch.tensor([True, False, True, True, False, True])
    present, absent = network.reasoning.present_and_absent()
    weights = network.reasoning.weights.detach().clone()
    network.keep(kept)
    assert torch.equal(network.reasoning.weights, weights[kept.repeat(len(weights) // 6)])
    assert network(wine.inputs[:3].float()).shape == (3, 3)
    assert present.shape == absent.shape == (6, 3)
    assert [len(part) for part in network.reasoning.present_and_absent()] == [4, 4]


@pytest.mark.parametrize(
    ("change", "settings", "sentence"),
    [
        (
            lambda data: data,
            {"per_class": 100},
            r"`per_class` must be at most .* Got 100 prototypes and \d+ inputs of 'red or lime'\.",
        ),
        (of_one_class, {}, r"at least two classes\. Got one\."),
        (poisoned, {}, r"`dataset` must be finite\. Got \d+ values that are NaN or infinite\."),
        (lambda data: data, {"losses": {"radius": 1.0}}, r"'radius' has no meaning for 'proto_part'\."),
        (
            lambda data: data,
            {"backbone": "efficientnet_lite0", "side": 32},
            r"has a map of several places.* Got 32, where it has none\.",
        ),
        (lambda data: data, {"side": 7}, r"`three_convolutions` has a map of several places.* Got 7, where it has none\."),
        (lambda data: data, {"decay": 2.0}, r"`decay` must be at most 1, where learning rates stay as they are\. Got 2\.0\."),
        (lambda data: data, {"cycles": 0}, r"`cycles` must be a positive integer\. Got 0\."),
    ],
)
def test_what_cannot_be_learned_is_refused_in_one_sentence(pictures, change, settings, sentence):
    with pytest.raises(InputError, match=sentence):
        train(change(pictures), **{**QUICK, **settings})


def test_unknown_names_are_refused(pictures, wine):
    with pytest.raises(UnknownNameError, match=r"`proto_parts` is not a known model to train\. Did you mean `proto_part`\?"):
        train(pictures, model="proto_parts")
    with pytest.raises(UnknownNameError, match="`head` is not a known setting of `train` with model='rbf'"):
        train(wine, model="rbf", head=3)
    with pytest.raises(UnknownNameError, match="`clusters` is not a known loss of prototypes"):
        train(wine, model="rbf", losses={"clusters": 1.0})


ALIGNED = {**QUICK, "model": "score_aggregation", "epochs": 15, "cycles": 1, "learning_rate": 1e-2}


def misaligned(model, pictures):
    """The mean misalignment of held-out pictures with what the first convolution shows of them."""
    network, inputs = model.network, pictures.test[0]
    with torch.no_grad():
        prepared = model.classifier.prepared(inputs)
        deep = network.encoder(prepared)
        shallow = likeness_of_places(folded(network.encoder.backbone[0](prepared), *deep.shape[2:]))
        found = network.prototypes.distances(deep)
        own = network.reasoning.owners == pictures.test[1][:, None]
        return float(misalignment(deep, shallow, found.flatten(2).argmin(2), own).mean())


def test_the_alignment_draws_the_space_of_the_prototypes_to_what_a_shallow_layer_shows(pictures):
    with_it, without = (misaligned(train(pictures, **ALIGNED, losses=losses), pictures) for losses in ({}, {"alignment": 0.0}))
    assert with_it < 0.75 * without


def test_the_shallow_layer_can_be_named(pictures):
    quick = {**ALIGNED, "epochs": 7}
    usual, named, other = (train(pictures, **quick, **more) for more in ({}, {"shallow_layer": "0"}, {"shallow_layer": "3"}))
    assert torch.equal(usual.network.prototypes.centers, named.network.prototypes.centers)
    assert not torch.equal(usual.network.prototypes.centers, other.network.prototypes.centers)
    with pytest.raises(UnknownNameError, match="`first` is not a known layer of this model"):
        train(pictures, **ALIGNED, shallow_layer="first")


def test_a_stopped_aligned_training_that_tunes_its_backbone_ends_with_the_same_weights(pictures, tmp_path):
    settings = {**ALIGNED, "tuned_blocks": 3, "epochs": 6, "cycles": 2, "tuning_rate": 0.01}
    whole = train(pictures, **settings)
    stopped_after_a_cycle(lambda: train(pictures, **settings, checkpoint=tmp_path))
    assert same_weights(whole, train(pictures, **settings, checkpoint=tmp_path))


def test_the_alignment_of_rows_of_a_table_is_refused(wine):
    with pytest.raises(InputError, match="'alignment' is about places, which rows of a table have not"):
        train(wine, model="score_aggregation", losses={"alignment": 0.5})


@pytest.mark.slow
@pytest.mark.parametrize("name", ["wine", "breast_cancer", "uci_sonar"])
def test_the_rbf_network_is_within_three_points_of_logistic_regression(name):
    data = load_dataset(name)
    inputs, targets = data.test
    reference = float((xv.load_model(f"{name}_logistic")(inputs).argmax(1) == targets).double().mean())
    found = [train(data, model="rbf", seed=seed).card.scores.accuracy for seed in range(3)]
    assert sum(found) / 3 >= reference - 0.03


def in_rows(name):
    """A data set of scikit-learn as a table; pictures as their pixels."""
    data = load_dataset(name)
    return data if data.domain == "tabular" else Dataset(name, data.inputs.flatten(1), data.targets, data.class_names, data.card)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["breast_cancer", "wine", "digits"])
def test_the_robust_loss_costs_at_most_four_points_and_gives_radii_as_large_as_the_margin_does(name):
    """The radii of digits: of few columns the margin, which asks for 0.3 everywhere, gives as much or more."""
    data = in_rows(name)
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)).fit(*data.train)
    robust = train(data, model="rbf", losses={"likelihood": 0.0, "radius": 1.0})
    assert robust.card.scores.accuracy >= linear.score(*data.test) - 0.04
    if name == "digits":
        margin = train(data, model="rbf", losses={"likelihood": 0.0, "margin": 1.0})
        assert robust.card.radius >= margin.card.radius


@pytest.mark.slow
@pytest.mark.parametrize("planted", ["hue", "texture"])
def test_directions_learn_planted_pictures_and_the_alignment_costs_no_accuracy(planted):
    data = load("planted_properties", count=300, planted=planted)
    settings = {"model": "score_aggregation", "backbone": "three_convolutions", "width": 32, "per_class": 3, "batch_size": 32}
    settings |= {"cycles": 2, "learning_rate": 3e-3}  # that of the paper
    aligned, free = (train(data, **settings, losses=losses) for losses in ({}, {"alignment": 0.0}))
    assert min(model.card.scores.accuracy for model in (aligned, free)) >= 0.95
    assert misaligned(aligned, data) < 2 / 3 * misaligned(free, data)


@pytest.mark.slow
@pytest.mark.parametrize("planted", ["hue", "texture"])
def test_a_part_network_learns_planted_pictures_and_keeps_it_when_prototypes_become_patches(planted):
    data = load("planted_properties", count=300, planted=planted)
    model = train(data, model="proto_part", backbone="three_convolutions", width=32, per_class=3, batch_size=32)
    assert model.card.scores.accuracy >= 0.95
    assert max(map(abs, model.card.fallen[1:])) < max(0.02, abs(model.card.fallen[0]))
    assert abs(model.card.fallen[-1]) <= 0.02
    assert abs(model.card.moved[-1]) <= 0.02  # of the validation loss; the first time it may be several units
