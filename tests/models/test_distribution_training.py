"""Classifiers whose prototypes are distributions: what the paper promises of them, on digits and small tables."""

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from trainings import of_one_class, poisoned, same_weights, stopped_after_a_cycle

import xaivision as xv
from xaivision.core.errors import CapabilityError, InputError, UnknownNameError
from xaivision.data.dataset import Dataset
from xaivision.data.registry import load_dataset
from xaivision.data.schema import TableSchema
from xaivision.engines.prototypes.uncertainty import pair_overlaps
from xaivision.models.distributions.distribution_network import DistributionNetwork
from xaivision.models.trained_file import load_trained
from xaivision.models.transfer import train

QUICK = {"model": "prob_psenn", "width": 4, "pretraining": 5, "epochs": 5, "cycles": 2, "draws": 20}


@pytest.fixture(scope="module")
def wine():
    return load_dataset("wine")


@pytest.fixture(scope="module")
def model(wine):
    return train(wine, **QUICK)


@pytest.fixture(scope="module")
def pictures():
    return load_dataset("planted_properties", count=30)


def test_it_learns_a_table_and_says_how_well(model, wine):
    assert model.card.scores.accuracy > 0.9
    assert model.card.recognized > 0.9
    assert model.card.diagonal > 0
    scores = model(wine.inputs)
    torch.testing.assert_close(scores.sum(1), torch.ones(len(scores)))
    assert repr(model).startswith("TrainedDistributions(wine_prob_psenn, accuracy ")
    assert "- Of the prototypes' decoded draws " in model.card.markdown()


def test_the_parts_of_the_uncertainty_add_up_and_are_not_negative(model, wine):
    found = xv.explain_uncertainty(model.classifier, wine.inputs)
    torch.testing.assert_close(found.total, found.aleatoric + found.epistemic, atol=1e-6, rtol=0)
    assert float(found.epistemic.min()) >= -1e-6
    torch.testing.assert_close(found.probabilities, model(wine.inputs))
    assert torch.equal(found.classes, found.probabilities.argmax(1))
    assert bool((found.rivals != found.classes).all())
    assert bool(((found.overlap >= 0) & (found.overlap <= 1 + 1e-9)).all())


def test_the_rival_is_the_class_whose_distances_overlap_most(model, wine):
    found = xv.explain_uncertainty(model.classifier, wine.inputs[:40])
    network = model.network
    with torch.no_grad():
        points = network.encoder(wine.inputs[:40])
        each = pair_overlaps(network.distances(points, network.noise), found.classes)
    for row, (label, rival) in enumerate(zip(found.classes.tolist(), found.rivals.tolist(), strict=True)):
        others = {other: float(each[row, other]) for other in range(3) if other != label}
        assert rival == max(others, key=others.get)
        assert float(found.overlap[row]) == pytest.approx(others[rival], abs=1e-6)
        assert others[rival] > min(others.values())


def test_the_percentile_of_the_training_inputs_is_their_rank(model, wine):
    rows = model.parts.train
    found = xv.explain_uncertainty(model.classifier, wine.inputs[rows])
    for label in range(3):
        mine = found.classes == label
        own = found.distances[mine, :, label].mean(1)
        ranks = own.argsort().argsort().double() / (len(own) - 1)
        torch.testing.assert_close(found.percentile[mine], ranks, atol=0.01, rtol=0)


def test_what_is_far_from_everything_is_unfamiliar(model, wine):
    near, far = wine.inputs[model.parts.train[:40]], wine.inputs[:10] * 30
    assert set(xv.explain_uncertainty(model.classifier, far).readings) == {"unfamiliar"}
    readings = xv.explain_uncertainty(model.classifier, near).readings
    assert readings.count("unfamiliar") <= 2
    assert readings.count("confident") > 20


def test_without_dispersion_there_is_no_epistemic_uncertainty_and_the_means_decide(model, wine, tmp_path):
    narrow = load_trained(model.save(tmp_path / "model"))
    with torch.no_grad():
        narrow.network.prototypes.log_spread.fill_(-20.0)
    found = xv.explain_uncertainty(narrow.classifier, wine.inputs)
    assert float(found.epistemic.abs().max()) < 1e-4
    network = narrow.network
    with torch.no_grad():
        means = network.prototypes.distances(network.encoder(wine.inputs))[:, None]
        expected = network.logits(means).softmax(2)[:, 0]
    torch.testing.assert_close(found.probabilities, expected, atol=1e-5, rtol=0)


def test_an_answer_depends_on_no_other_input_of_the_batch(model, wine):
    together, alone = xv.explain_uncertainty(model.classifier, wine.inputs[:70]), wine.inputs[66:67]
    one = xv.explain_uncertainty(model.classifier, alone)
    for name in ("total", "epistemic", "percentile", "overlap"):
        torch.testing.assert_close(getattr(one, name)[0], getattr(together, name)[66], msg=name, rtol=1e-4, atol=1e-5)


def test_the_curves_of_one_input_are_densities_of_its_distances(model, wine):
    found = xv.explain_uncertainty(model.classifier, wine.inputs[:3])
    curves = found.curves(1)
    assert curves.densities.shape == (3, len(curves.at))
    torch.testing.assert_close(torch.trapezoid(curves.densities, curves.at), torch.ones(3, dtype=torch.float64))
    peak = curves.at[curves.densities[found.classes[1]].argmax()]
    own = found.distances[1, :, found.classes[1]]
    assert float(own.min()) <= float(peak) <= float(own.max())
    with pytest.raises(InputError, match=r"`index` must be from 0 to 2\. Got 3\."):
        found.curves(3)


def test_nothing_is_said_of_rows_that_are_not_finite(model, wine):
    rows = wine.inputs[:3].float().clone()
    rows[1, 2] = torch.nan
    with pytest.raises(InputError, match=r"`inputs` must be finite\. Got 1 values that are NaN or infinite"):
        xv.explain_uncertainty(model.classifier, rows)


@pytest.mark.parametrize("covariance", ["diagonal", "full"])
def test_draws_are_decoded_to_inputs_around_the_means(wine, covariance):
    trained = train(wine, **QUICK, covariance=covariance)
    found = xv.prototype_draws(trained.classifier, k=200, axes=2, steps=3)
    assert (found.means.shape, found.draws.shape, found.traversals.shape) == ((3, 13), (3, 200, 13), (3, 2, 3, 13))
    torch.testing.assert_close(found.traversals[:, :, 1], found.means[:, None].expand(3, 2, 13))
    spread = wine.inputs.std(0)
    assert float(((found.draws.mean(1) - found.means) / spread).abs().max()) < 0.5
    again = xv.prototype_draws(trained.classifier, k=200, axes=2, steps=3)
    assert torch.equal(found.draws, again.draws)
    assert not torch.equal(found.draws, xv.prototype_draws(trained.classifier, k=200, seed=1).draws)


def test_the_widest_direction_is_the_first(model, tmp_path):
    wide = load_trained(model.save(tmp_path / "model"))
    with torch.no_grad():
        wide.network.prototypes.log_spread.fill_(-5.0)
        wide.network.prototypes.log_spread[:, 2] = 1.0
        ends = wide.network.prototypes.centers[:, None].repeat(1, 2, 1)
        ends[:, :, 2] += 2 * torch.e * torch.tensor([-1.0, 1.0])
        expected = wide.network.decoded(ends.flatten(0, 1)).view(3, 2, 13)
    found = xv.prototype_draws(wide.classifier, axes=1, steps=2).traversals[:, 0]
    order = [0, 1] if torch.allclose(found, expected, rtol=1e-3, atol=1e-3) else [1, 0]  # a direction has no sign
    torch.testing.assert_close(found[:, order], expected, rtol=1e-3, atol=1e-3)


def test_a_saved_model_comes_back_whole(model, wine, tmp_path):
    back = load_trained(model.save(tmp_path / "model"))
    assert torch.equal(back(wine.inputs), model(wine.inputs))
    assert (back.card, back.plan) == (model.card, model.plan)
    assert back.classifier.schema == wine.schema
    found, before = (xv.explain_uncertainty(one.classifier, wine.inputs[:5]) for one in (back, model))
    assert torch.equal(found.percentile, before.percentile)


def test_a_stopped_training_goes_on_and_ends_with_the_same_weights(model, wine, tmp_path):
    stopped_after_a_cycle(lambda: train(wine, **QUICK, checkpoint=tmp_path))
    assert same_weights(model, train(wine, **QUICK, checkpoint=tmp_path))


def test_training_neither_moves_nor_hears_the_global_generator(wine, model):
    torch.manual_seed(7)
    before = torch.get_rng_state()
    with torch.inference_mode():
        again = train(wine, **QUICK)
    assert torch.equal(torch.get_rng_state(), before)
    assert same_weights(model, again)
    other = train(wine, **QUICK, seed=1)
    assert not torch.equal(other.network.prototypes.centers, model.network.prototypes.centers)


@pytest.fixture(scope="module")
def heaps(wine):
    """A class in two heaps, 70 % and 30 % of it, on both sides of the other class."""
    draws = torch.Generator().manual_seed(0)
    centers = torch.tensor([[-4.0, 0.0, 0.0]] * 70 + [[4.0, 0.0, 0.0]] * 30 + [[0.0, 0.0, 0.0]] * 100)
    rows = centers + 0.5 * torch.randn(200, 3, generator=draws)
    columns = TableSchema(wine.schema.features[:3])
    return Dataset("heaps", rows, (torch.arange(200) >= 100).long(), ("sides", "middle"), wine.card, schema=columns)


def test_the_parts_of_a_mixture_lie_on_both_sides_of_another_class_and_a_draw_is_of_one_whatever_the_input(heaps):
    settings = {**QUICK, "width": 3, "pretraining": 20, "epochs": 10}
    single, mixed = (train(heaps, **settings, components=count) for count in (1, 2))
    found = xv.prototype_draws(mixed.classifier, k=300)
    rare, usual = found.shares[0].argsort()
    assert (found.components.shape, found.shares.shape) == ((2, 2, 3), (2, 2))
    assert float(found.shares[0, rare]) == pytest.approx(0.3, abs=0.1)
    assert found.components[0, usual, 0] < -2
    assert found.components[0, rare, 0] > 2
    torch.testing.assert_close(found.means[0], found.components[0, usual])
    assert float((found.draws[0, :, 0] > 0).float().mean()) == pytest.approx(0.3, abs=0.12)
    one = xv.prototype_draws(single.classifier, k=2)
    assert (one.components.shape, one.shares.tolist()) == ((2, 1, 3), [[1.0], [1.0]])
    assert torch.equal(one.components[:, 0], one.means)
    assert mixed.card.scores.accuracy < single.card.scores.accuracy  # draws of the other part are far from an input, too
    assert "a mixture of 2" in mixed.card.markdown()


def test_a_mixture_and_a_variational_encoder_are_saved_stopped_and_drawn_from_alike(heaps, tmp_path):
    settings = {**QUICK, "width": 2, "components": 2, "covariance": "full", "encoder": "variational"}
    model = train(heaps, **settings)
    back = load_trained(model.save(tmp_path / "model"))
    assert torch.equal(back(heaps.inputs), model(heaps.inputs))
    assert (back.card, back.plan) == (model.card, model.plan)
    stopped_after_a_cycle(lambda: train(heaps, **settings, checkpoint=tmp_path / "kept"))
    assert same_weights(model, train(heaps, **settings, checkpoint=tmp_path / "kept"))
    doubts = xv.explain_uncertainty(model.classifier, heaps.inputs)
    torch.testing.assert_close(doubts.total, doubts.aleatoric + doubts.epistemic, atol=1e-6, rtol=0)


def test_a_variational_encoder_gives_means_and_learns_from_draws(wine, model):
    trained = train(wine, **QUICK, encoder="variational")
    encoder = trained.network.encoder
    codes = encoder.add_on.codes(encoder.features(wine.inputs))
    torch.testing.assert_close(encoder(wine.inputs), codes.centers)
    assert trained.card.scores.accuracy > 0.9
    assert "; variational" in trained.card.markdown()
    # Held to the standard normal distribution ever more, what tells inputs apart gives way.
    tight = train(wine, **QUICK, encoder="variational", losses={"coding": 5.0})
    distances = [
        float(one.network.encoder.add_on.codes(one.network.encoder.features(wine.inputs)).divergence().mean().detach())
        for one in (trained, tight)
    ]
    assert distances[1] < distances[0] / 2
    assert tight.card.reconstruction > trained.card.reconstruction


def test_pictures_too_large_for_linear_layers_are_encoded_by_convolutions(pictures):
    trained = train(pictures, **{**QUICK, "cycles": 1, "epochs": 1, "pretraining": 1})
    assert isinstance(trained.network, DistributionNetwork)
    assert any(isinstance(part, torch.nn.Conv2d) for part in trained.network.encoder.modules())
    found = xv.prototype_draws(trained.classifier, k=2)
    assert found.draws.shape == (2, 2, 3, 32, 32)
    assert bool(((found.draws >= 0) & (found.draws <= 1)).all())
    assert xv.explain_uncertainty(trained.classifier, pictures.inputs[:2]).distances.shape == (2, 20, 2)
    shown = train(pictures, **{**QUICK, "cycles": 1, "epochs": 1, "pretraining": 1}, side=16)
    assert xv.prototype_draws(shown.classifier, k=1).means.shape == (2, 3, 32, 32)


@pytest.mark.parametrize(
    ("change", "settings", "sentence"),
    [
        (poisoned, {}, r"`dataset` must be finite\. Got 1 values"),
        (lambda data: data, {"covariance": "full", "width": 40}, r"`width` must be smaller than .* Got 40 and \d+ inputs of"),
        (lambda data: data, {"covariance": "round"}, r"`covariance` must be one of 'diagonal', 'full'\. Got 'round'\."),
        (lambda data: data, {"backbone": "resnet18"}, r"`backbone` must be left out with model='prob_psenn'"),
        (lambda data: data, {"components": 40}, r"`components` must be at most the number of .* Got 40 and \d+ inputs of '"),
        (lambda data: data, {"encoder": "fancy"}, r"`encoder` must be one of 'plain', 'variational'\. Got 'fancy'\."),
        (lambda data: data, {"losses": {"coding": 1.0}}, r'`losses` must not name "coding" where the encoder is plain'),
        (lambda data: data, {"draws": 0}, r"`draws` must be a positive integer\. Got 0\."),
        (of_one_class, {}, r"at least two classes\. Got one\."),
    ],
)
def test_what_cannot_be_learned_is_refused_in_one_sentence(wine, change, settings, sentence):
    with pytest.raises(InputError, match=sentence):
        train(change(wine), **{**QUICK, **settings})


def test_unknown_names_are_refused(wine):
    with pytest.raises(UnknownNameError, match="`per_class` is not a known setting of `train` with model='prob_psenn'"):
        train(wine, **QUICK, per_class=3)
    with pytest.raises(UnknownNameError, match="`densities` is not a known loss of distributions"):
        train(wine, **QUICK, losses={"densities": 1.0})


def test_models_without_distributions_are_refused_with_what_makes_one(wine):
    with pytest.raises(CapabilityError, match=r'`explain_uncertainty` needs a model whose .*model="prob_psenn"'):
        xv.explain_uncertainty(xv.load_model("wine_logistic"), wine.inputs[:1])


@pytest.mark.slow
def test_on_digits_the_paper_is_kept_and_an_unseen_class_is_noticed():
    """Digits 0 to 8 are learned; nines and noise were never seen."""
    digits = load_dataset("digits")
    seen = digits.targets < 9
    data = Dataset("nine_digits", digits.inputs[seen], digits.targets[seen], digits.class_names[:9], digits.card)
    model = train(data, model="prob_psenn")
    inputs, targets = (part[model.parts.test] for part in (data.inputs, data.targets))
    learned = model.parts.train
    points = model.network.encoder(data.inputs).detach()
    head = LogisticRegression(max_iter=2000).fit(points[learned], data.targets[learned])
    assert model.card.scores.accuracy >= head.score(points[model.parts.test], targets) - 0.03
    assert model.card.recognized >= 0.85

    known = xv.explain_uncertainty(model.classifier, inputs)
    nines = xv.explain_uncertainty(model.classifier, digits.inputs[~seen])
    noise = xv.explain_uncertainty(model.classifier, torch.rand(300, 1, 8, 8, generator=torch.Generator().manual_seed(0)))
    assert unlike(known.epistemic, nines.epistemic) >= 0.85
    assert unlike(known.total, nines.total) >= 0.85
    assert unlike(known.percentile, noise.percentile) >= 0.95
    wrong = known.classes != targets
    assert roc_auc_score(wrong, known.total) >= 0.85


def unlike(known, strange):
    """The area under the curve by which what is strange is told from what is known."""
    return roc_auc_score([0] * len(known) + [1] * len(strange), torch.cat([known, strange]).numpy())
