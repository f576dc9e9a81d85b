"""The certified radius: exact where it is tight, never wrong under attack, and of the sign that the decision has."""

import pytest
import torch

from xaivision.engines.prototypes import attack, certificate
from xaivision.engines.prototypes.evidence import component_evidence, rbf_evidence


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


class Components:
    """Scores by components in a space of its own, with their logarithms for the certificate."""

    def __init__(self, reasoning, seed, width=4, count=6, classes=3, scale=1.5):
        self.centers, self.scale = drawn(count, width, seed=seed), torch.tensor(scale, dtype=torch.float64)
        made = reasoning(drawn(2 * count if reasoning is component_evidence else count, classes, seed=seed + 1))
        self.evidence = made
        self.absent = torch.zeros_like(made.slope) if made.constant is None else made.constant
        self.present = made.slope + self.absent

    def logarithms(self, points):
        return -torch.cdist(points, self.centers) / self.scale

    def scores(self, points):
        return self.evidence.scores(self.logarithms(points).exp())

    def radii(self, points, classes):
        return certificate.certified_radius(self.logarithms(points), self.present, self.absent, self.scale, classes)


@pytest.mark.parametrize("reasoning", [component_evidence, rbf_evidence])
def test_the_radius_is_positive_exactly_where_the_class_is_ahead(reasoning):
    for seed in range(5):
        model, points = Components(reasoning, seed), drawn(200, 4, seed=seed + 50)
        scores = model.scores(points)
        for label in range(3):
            own = scores[:, label]
            rival = scores.index_fill(1, torch.tensor([label]), -torch.inf).amax(1)
            radii = model.radii(points, torch.full((200,), label))
            assert torch.equal(radii > 0, own > rival)


@pytest.mark.parametrize("reasoning", [component_evidence, rbf_evidence])
def test_no_attack_inside_the_radius_flips_a_decision(reasoning):
    """10,800 attacks: 6 models, 300 points, 3 starts, 40 steps each, for both kinds of reasoning."""
    for seed in range(6):
        model, points = Components(reasoning, seed), drawn(300, 4, seed=seed + 90)
        classes = model.scores(points).argmax(1)
        radii = 0.999 * model.radii(points, classes)
        assert bool((radii > 0).all())
        flips = attack.flips_inside(model.scores, points, radii, classes, drawn(3, 4, seed=7), 40)
        assert flips.shape == (3, 300)
        assert not bool(flips.any())


def check_the_attack_finds_flips_beyond_the_radius():
    model, points = Components(rbf_evidence, 0), drawn(300, 4, seed=90)
    classes = model.scores(points).argmax(1)
    radii = 6 * model.radii(points, classes)
    flips, at_the_start = (
        float(attack.flips_inside(model.scores, points, radii, classes, drawn(3, 4, seed=7), steps).double().mean())
        for steps in (40, 0)
    )
    assert flips > 1.5 * at_the_start
    assert flips > 0.1


def test_the_attack_finds_flips_beyond_the_radius():
    check_the_attack_finds_flips_beyond_the_radius()


def check_the_attack_stays_inside_the_ball():
    furthest = []

    def scores(points):
        furthest.append(float(points.detach().norm(dim=1).max()))
        return torch.stack([points[:, 0] + 10, points[:, 1]], 1)

    attack.flips_inside(
        scores, torch.zeros(2, 3, dtype=torch.float64), torch.tensor([0.5, 2.0]), torch.tensor([0, 0]), drawn(2, 3), 30
    )
    assert max(furthest) == pytest.approx(2.0, abs=1e-9)


def test_the_attack_stays_inside_the_ball():
    check_the_attack_stays_inside_the_ball()


def check_the_radius_is_tight_on_a_line_between_two_components():
    centers, scale = torch.tensor([[-1.0], [1.0]], dtype=torch.float64), torch.tensor(0.7, dtype=torch.float64)
    present = torch.tensor([[0.9, 0.2], [0.1, 0.8]], dtype=torch.float64)
    point = torch.tensor([[-0.4]], dtype=torch.float64)

    def scores(points):
        return (-torch.cdist(points, centers) / scale).exp() @ present

    radius = certificate.certified_radius(
        -torch.cdist(point, centers) / scale, torch.eye(2, dtype=torch.float64), torch.zeros(2, 2), scale, torch.tensor([0])
    )
    assert float(radius) == pytest.approx(0.4, abs=1e-12)  # half way between the two, as it must be
    mixed = certificate.certified_radius(
        -torch.cdist(point, centers) / scale, present, torch.zeros(2, 2), scale, torch.tensor([0])
    )
    assert scores(point + 0.999 * mixed).argmax() == 0
    closed = scale / 2 * (scores(point)[0, 0] / scores(point)[0, 1]).log()
    assert float(mixed) == pytest.approx(float(closed), abs=1e-6)


def test_the_radius_is_tight_on_a_line_between_two_components():
    check_the_radius_is_tight_on_a_line_between_two_components()


def check_moving_past_a_tight_radius_flips():
    centers, scale = torch.tensor([[-1.0], [1.0]], dtype=torch.float64), torch.tensor(0.7, dtype=torch.float64)
    point = torch.tensor([[-0.4]], dtype=torch.float64)
    logarithms = -torch.cdist(point, centers) / scale
    one = torch.eye(2, dtype=torch.float64)
    radius = certificate.certified_radius(logarithms, one, torch.zeros(2, 2), scale, torch.tensor([0]))
    moved = (-torch.cdist(point + 1.001 * radius, centers) / scale).exp()
    assert moved.argmax() == 1


def test_moving_past_a_tight_radius_flips():
    check_moving_past_a_tight_radius_flips()


def check_evidence_by_absence_is_counted():
    """Solved by hand: A = 0.3 d1 + 0.4 d2, C = 0.7 d1 + 0.2 d2, B = 0.1 for these weights."""
    present = torch.tensor([[0.5, 0.1], [0.0, 0.3]], dtype=torch.float64)
    absent = torch.tensor([[0.2, 0.2], [0.3, 0.4]], dtype=torch.float64)
    found = torch.tensor([[0.8, 0.3]], dtype=torch.float64)
    helping = found @ (present[:, 0] + absent[:, 1])
    hurting = found @ (absent[:, 0] + present[:, 1])
    constant = absent[:, 0].sum() - absent[:, 1].sum()
    expected = ((constant + (constant**2 + 4 * hurting * helping).sqrt()) / (2 * hurting)).log()
    radius = certificate.certified_radius(found.log(), present, absent, torch.tensor(1.0), torch.tensor([0]))
    torch.testing.assert_close(radius, expected)


def test_evidence_by_absence_is_counted():
    check_evidence_by_absence_is_counted()


def test_points_far_from_everything_have_a_finite_radius():
    model = Components(rbf_evidence, 0)
    far = 5000 * torch.ones(1, 4, dtype=torch.float64)
    assert float(model.scores(far).max()) == 0.0  # too small for a float, and yet
    classes = (model.logarithms(far)[:, :, None] + model.present.log()).logsumexp(1).argmax(1)
    radius = model.radii(far, classes)
    assert bool(radius.isfinite().all())
    assert float(radius) > 0
