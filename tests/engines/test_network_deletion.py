"""Networks without some of their training rows: first order against fits, slopes against differences, and rows that last."""

from functools import cache
from itertools import pairwise

import pytest
import torch
from scipy.optimize import minimize
from test_counterfactual_deletion import table
from torch import nn

from xaivision.engines.counterfactuals import (
    all_parameters,
    curved_lasting,
    deletion,
    last_layer,
    lasting,
    lasting_starts,
    network_head,
)
from xaivision.engines.counterfactuals.lasting_starts import Asked
from xaivision.engines.counterfactuals.swapped_lasting import Swaps, proven_lasting
from xaivision.models.standardized_mlp import StandardizedMlp

RIDGE = 0.01


def linear(outputs=1):
    """The regression of the table as a network, with the ridge that makes it so."""
    inputs, labels = table()
    known = deletion.fitted(inputs, labels, RIDGE)
    network = StandardizedMlp(4, (), outputs).double()
    network.standardize(inputs)
    share = torch.tensor([1.0] if outputs == 1 else [-0.5, 0.5], dtype=torch.float64)
    with torch.no_grad():
        network.layers[0].weight.copy_(share[:, None] * known.weights[:-1])
        network.layers[0].bias.copy_(share * known.weights[-1])
    return known, network, RIDGE * outputs


@cache
def curved():
    """A network with a bend, trained until nothing moves."""
    inputs, labels = table()
    torch.manual_seed(0)
    network = StandardizedMlp(4, (5,), 1).double()
    network.standardize(inputs)
    optimizer = torch.optim.LBFGS(
        network.parameters(), max_iter=2000, tolerance_grad=1e-10, tolerance_change=1e-16, line_search_fn="strong_wolfe"
    )

    def loss():
        optimizer.zero_grad()
        found = mean_loss(network, inputs, labels)
        found.backward()
        return found

    optimizer.step(loss)
    return network.eval()


def saddled(steps=30):
    """A network whose training was broken off after a few steps."""
    inputs, labels = table()
    torch.manual_seed(3)
    network = StandardizedMlp(4, (5,), 1).double()
    network.standardize(inputs)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
    for _ in range(steps):
        optimizer.zero_grad()
        mean_loss(network, inputs, labels).backward()
        optimizer.step()
    return network.eval()


def mean_loss(network, inputs, labels, ridge=RIDGE):
    held = sum(one.square().sum() for one in network.parameters() if one.ndim > 1)
    return nn.functional.softplus(-labels * network(inputs)[:, 0]).mean() + ridge * held


def head_of(network):
    return network_head.network_head(network, table()[0][:1])


def of_last_layer(network, ridge=RIDGE):
    return last_layer.last_layer(head_of(network), *table(), ridge)


def of_all(network, ridge=RIDGE):
    return all_parameters.all_parameters(head_of(network), *table(), ridge)


KINDS = {"last layer": of_last_layer, "all": of_all}


def asked(rows=8, k=3, margin=1e-4, free=(True, True, True, True), swaps=()):
    inputs, _ = table()
    mlp = curved()
    own = inputs[:rows]
    side = -mlp(own)[:, 0].detach().sign()
    free = torch.tensor(free)
    low, high = torch.where(free, inputs.amin(0), own), torch.where(free, inputs.amax(0), own)
    return Asked(own, side, lasting.Wish(k, margin, low, high), list(swaps), inputs)


def costs(model, question, rows):
    return ((rows - question.table) / model.scale).norm(dim=1)


@pytest.mark.parametrize(("kind", "outputs"), [("last layer", 1), ("last layer", 2), ("all", 2)])
def test_a_linear_network_is_its_regression(kind, outputs):
    known, network, ridge = linear(outputs)
    model, question = KINDS[kind](network, ridge), asked(3)
    side = -known.scores(question.table).sign()
    question = Asked(question.table, side, question.wish, [], question.known)
    each = (question.wish, [])
    exact = lasting.lasting(known, question.table, side, question.wish)
    found = curved_lasting.curved_lasting(model, question)
    assert float(((found.rows - exact.rows) / known.scale).abs().max()) <= 1e-4
    proven, margins, left = proven_lasting(known, question.table, side, each)
    rows, theirs, theirs_left = curved_lasting.proven_curved(model, question)
    assert float(((rows.rows - proven.rows) / known.scale).abs().max()) <= 1e-4
    assert torch.allclose(theirs, margins, atol=1e-4)
    assert torch.allclose(theirs_left, left, atol=1e-3)
    assert torch.equal(rows.dangerous[:, 0], proven.dangerous[:, 0])


def check_slopes_are_those_of_small_differences(kind):
    model, inputs = KINDS[kind](curved()), table()[0][:3]
    draw = torch.Generator().manual_seed(0)
    moves = 0.1 * torch.randn(3, model.effects.shape[1], generator=draw, dtype=torch.float64)
    scores, slopes = model.tangents(inputs, moves)
    bare, beta = model.sensitivities(inputs)
    assert torch.allclose(bare, curved()(inputs)[:, 0], atol=1e-9)
    assert torch.allclose(scores, bare + (beta * moves).sum(1), atol=1e-9)
    for column in range(4):
        step = torch.zeros(4, dtype=torch.float64)
        step[column] = 1e-5
        ends = [model.tangents(inputs + sign * step, moves)[0] for sign in (1, -1)]
        assert torch.allclose((ends[0] - ends[1]) / 2e-5, slopes[:, column], atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_slopes_are_those_of_small_differences(kind):
    check_slopes_are_those_of_small_differences(kind)


def check_a_last_layer_is_foreseen_as_it_is_fitted_again():
    model = of_last_layer(curved())
    row = table()[0][:1]
    exact = model.without(row, [torch.tensor([one]) for one in range(120)]) - model.sensitivities(row)[0]
    foreseen = (model.sensitivities(row)[1] @ model.effects.T)[0]
    assert float(torch.corrcoef(torch.stack([exact, foreseen]))[0, 1]) >= 0.99
    assert torch.allclose(exact, foreseen, rtol=0.25, atol=0.02)


def test_a_last_layer_is_foreseen_as_it_is_fitted_again():
    check_a_last_layer_is_foreseen_as_it_is_fitted_again()


def trained_again(lot):
    """By another road than the engine's: the network's own parameters as they are, nothing tilted, bent or whitened."""
    inputs, labels = table()
    network = StandardizedMlp(4, (5,), 1).double()
    network.load_state_dict(curved().state_dict())
    kept = torch.ones(120, dtype=torch.bool)
    kept[lot] = False
    optimizer = torch.optim.LBFGS(
        network.parameters(), max_iter=500, tolerance_grad=1e-9, tolerance_change=1e-14, line_search_fn="strong_wolfe"
    )

    def loss():
        optimizer.zero_grad()
        found = mean_loss(network, inputs[kept], labels[kept])
        found.backward()
        return found

    optimizer.step(loss)
    return network


def check_all_parameters_are_foreseen_and_carried_out_as_they_are_trained_again():
    model, row = of_all(curved()), table()[0][:1]
    lots = [torch.tensor([one]) for one in range(0, 120, 6)]
    own = model.sensitivities(row)[0]
    exact = torch.cat([trained_again(lot)(row)[:, 0].detach() for lot in lots]) - own
    foreseen = (model.sensitivities(row)[1] @ model.effects.T)[0, ::6]
    assert float(torch.corrcoef(torch.stack([exact, foreseen]))[0, 1]) >= 0.99
    carried_out = model.without(row, lots) - own
    assert float(torch.corrcoef(torch.stack([exact, carried_out]))[0, 1]) >= 0.99
    # Four of its directions bend less than the ridge, and are held.
    assert torch.allclose(carried_out, exact, atol=0.06 * float(exact.abs().max()))


def test_all_parameters_are_foreseen_and_carried_out_as_they_are_trained_again():
    check_all_parameters_are_foreseen_and_carried_out_as_they_are_trained_again()


def check_without_a_deletion_nothing_moves_wherever_training_ended(kind):
    torch.manual_seed(1)
    network = StandardizedMlp(4, (5,), 1)
    network.standardize(table()[0])
    model, rows = KINDS[kind](network), table()[0][:3]
    for row in rows:
        assert torch.allclose(model.without(row[None], [torch.zeros(0, dtype=torch.int64)]), model.sensitivities(row[None])[0])
    assert torch.allclose(model.sensitivities(rows)[0].float(), network(rows.float())[:, 0], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_deletion_nothing_moves_wherever_training_ended(kind):
    check_without_a_deletion_nothing_moves_wherever_training_ended(kind)


def check_two_logits_are_one_with_half_the_ridge():
    known, network, _ = linear(outputs=2)
    head = head_of(network)
    assert torch.allclose(head.weights, known.weights)
    assert head.share == 0.5
    assert torch.allclose(head.odds(head.parameters, table()[0]), known.scores(table()[0]))
    assert torch.allclose(head.features(table()[0]), known.rows[:, :-1])


def test_two_logits_are_one_with_half_the_ridge():
    check_two_logits_are_one_with_half_the_ridge()


def check_a_search_begins_at_the_row_at_swaps_that_help_and_at_known_rows_on_the_other_side():
    model, inputs = of_last_layer(curved()), table()[0]
    patterns = inputs.mean(0)[0] + model.scale[0] * torch.tensor([[-2.0], [2.0]], dtype=torch.float64)
    question = asked(4, free=(False, True, True, False), swaps=[Swaps(torch.tensor([0]), patterns)])
    walks = lasting_starts.first_walks(model, question)
    own = question.table[walks.owner]
    assert torch.equal(walks.start[:, 1:], own[:, 1:])
    assert torch.equal(walks.first[:, 3], own[:, 3])
    scores = question.side[walks.owner] * model.sensitivities(walks.first)[0]
    known = (walks.first != walks.start).any(1)
    assert bool((scores[known] >= question.wish.margin).all())
    swapped = walks.start[:, 0] != own[:, 0]
    assert bool((scores > question.side[walks.owner] * model.sensitivities(own)[0])[swapped].all())
    for row in range(4):
        mine = walks.owner == row
        assert 0 < int((mine & swapped).sum()) < int(mine.sum()) - int((mine & known).sum())
        there = torch.where(question.wish.low[row] < question.wish.high[row], inputs, question.table[row])
        beyond = question.side[row] * model.sensitivities(there)[0] >= question.wish.margin
        lengths = ((there - question.table[row]) / model.scale).norm(dim=1)[beyond]
        nearest = ((walks.first - own) / model.scale).norm(dim=1)[mine & known]
        assert torch.allclose(nearest, lengths.sort().values[: len(nearest)])


def test_a_search_begins_at_the_row_at_swaps_that_help_and_at_known_rows_on_the_other_side():
    check_a_search_begins_at_the_row_at_swaps_that_help_and_at_known_rows_on_the_other_side()


def check_more_deletions_cost_more_and_the_worst_score_is_kept(kind="last layer"):
    model, found = KINDS[kind](curved()), []
    for k in (0, 1, 3, 6):
        question = asked(k=k, margin=0.1)
        answer = curved_lasting.curved_lasting(model, question)
        assert bool((answer.worst >= 0.1 - 1e-6).all())
        assert answer.dangerous.shape == (8, k)
        found.append(costs(model, question, answer.rows))
    assert all(bool((more >= less - 1e-4).all()) for less, more in pairwise(found))
    assert float((found[-1] - found[0]).max()) > 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_more_deletions_cost_more_and_the_worst_score_is_kept(kind):
    check_more_deletions_cost_more_and_the_worst_score_is_kept(kind)


def check_no_other_place_around_is_nearer():
    model, question = of_last_layer(curved()), asked(3, margin=0.1)
    answer = curved_lasting.curved_lasting(model, question)
    draw = torch.Generator().manual_seed(0)
    for index in range(3):
        noise = torch.randn(4000, 4, generator=draw, dtype=torch.float64)
        near = answer.rows[index] + 0.3 * noise * model.scale
        near = torch.minimum(torch.maximum(near, question.wish.low[index]), question.wish.high[index])
        scores, beta = model.sensitivities(near)
        side = question.side[index]
        lost, _ = deletion.worst_deletion(model.effects, side * beta, 3)
        lengths = ((near - question.table[index]) / model.scale).norm(dim=1)[side * scores + lost >= 0.1]
        assert len(lengths) > 50
        scores, beta = model.sensitivities(answer.rows[index : index + 1])
        assert float(side * scores + deletion.worst_deletion(model.effects, side * beta, 3)[0]) >= 0.1
        assert float(lengths.min()) >= float(costs(model, question, answer.rows)[index]) - 1e-4


def test_no_other_place_around_is_nearer():
    check_no_other_place_around_is_nearer()


def check_what_is_not_free_stays_and_ranges_hold():
    model, question = of_last_layer(curved()), asked(free=(True, False, True, False))
    rows = curved_lasting.curved_lasting(model, question).rows
    assert torch.equal(rows[:, [1, 3]], question.table[:, [1, 3]])
    assert bool(((rows >= question.wish.low) & (rows <= question.wish.high)).all())


def test_what_is_not_free_stays_and_ranges_hold():
    check_what_is_not_free_stays_and_ranges_hold()


def check_swaps_are_taken_where_they_are_cheaper_and_only_then():
    """The first column may be swapped to any of four values; against every choice of swap solved by itself."""
    model, inputs = of_last_layer(curved()), table()[0]
    patterns = inputs.mean(0)[0] + model.scale[0] * torch.tensor([[-2.0], [-1.0], [1.0], [2.0]], dtype=torch.float64)
    question = asked(margin=0.1, free=(False, True, True, False), swaps=[Swaps(torch.tensor([0]), patterns)])
    found = curved_lasting.curved_lasting(model, question)
    each = []
    for value in (None, *patterns[:, 0].tolist()):
        bare = asked(margin=0.1, free=(False, True, True, False))
        start, low, high = (one.clone() for one in (bare.table, bare.wish.low, bare.wish.high))
        if value is not None:
            start[:, 0] = low[:, 0] = high[:, 0] = value
        answer = curved_lasting.curved_lasting(model, Asked(start, bare.side, lasting.Wish(3, 0.1, low, high), [], inputs))
        each.append(torch.where(answer.worst >= 0.1 - 1e-6, costs(model, bare, answer.rows), torch.inf))
    reached = found.worst >= 0.1 - 1e-6
    assert torch.equal(reached, torch.stack(each).amin(0).isfinite())
    assert torch.allclose(costs(model, question, found.rows)[reached], torch.stack(each).amin(0)[reached], atol=1e-3)
    assert bool(torch.isin(found.rows[:, 0], torch.cat([patterns[:, 0], question.table[:, 0]])).all())
    assert int((found.rows[:, 0] != question.table[:, 0]).sum()) > 0


def test_swaps_are_taken_where_they_are_cheaper_and_only_then():
    check_swaps_are_taken_where_they_are_cheaper_and_only_then()


@pytest.mark.parametrize("kind", KINDS)
def test_a_proven_margin_survives_the_worst_deletion_and_none_does_not(kind):
    model, question = KINDS[kind](curved()), asked(4, margin=0.0)
    bare = curved_lasting.curved_lasting(model, question)
    safe, margins, left = curved_lasting.proven_curved(model, question)
    for answer, holds in ((bare, False), (safe, True)):
        for row, side, lot in zip(answer.rows, question.side, answer.dangerous, strict=True):
            assert (float(side * model.without(row[None], [lot])) > 1e-4) == holds
    assert bool((safe.worst >= margins - 1e-6).all())
    assert bool((left > 0).all())


def test_parameters_along_which_nothing_bends_are_damped_to_the_ridge():
    model = of_all(curved())
    values, vectors = model.curvature
    slope = torch.ones(1, len(values), dtype=torch.float64)
    expected = (slope @ vectors / values.clamp_min(RIDGE)) @ vectors.T
    assert torch.allclose(model._solved(slope), expected)
    assert model.damped == int((values < RIDGE).sum())


def check_directions_that_do_not_bend_are_held_as_the_hessian_is_damped():
    """Of a network whose training was broken off on a saddle: against scipy's own steps on the sum as it is written."""
    inputs, labels = table()
    network = saddled()
    model, row, lot = of_all(network), inputs[:1], torch.arange(12)
    bends, directions = model.curvature
    assert float(bends.min()) < 0 < float(bends.max())
    lacking = (RIDGE - bends).clamp_min(0)
    kept = torch.ones(120, dtype=torch.bool)
    kept[lot] = False
    start = torch.nn.utils.parameters_to_vector(network.parameters()).detach()

    def loss(values, rows):
        torch.nn.utils.vector_to_parameters(values, network.parameters())
        found = mean_loss(network, inputs[rows], labels[rows])
        return found.detach(), torch.cat([one.flatten() for one in torch.autograd.grad(found, list(network.parameters()))])

    tilt = loss(start, torch.ones(120, dtype=torch.bool))[1]

    def whole(values):
        values = torch.from_numpy(values)
        found, slope = loss(values, kept)
        moved = (values - start) @ directions
        return (
            float(found - tilt @ values + (lacking * moved.square()).sum() / 2),
            (slope - tilt + directions @ (lacking * moved)).numpy(),
        )

    end = minimize(whole, start.numpy(), jac=True, method="BFGS", options={"gtol": 1e-8})
    torch.nn.utils.vector_to_parameters(torch.from_numpy(end.x), network.parameters())
    expected = network(row)[:, 0].detach()
    torch.nn.utils.vector_to_parameters(start, network.parameters())
    assert torch.allclose(model.without(row, [lot]), expected, atol=1e-4)
    assert not torch.allclose(network(row)[:, 0], expected, atol=1e-2)


def test_directions_that_do_not_bend_are_held_as_the_hessian_is_damped():
    check_directions_that_do_not_bend_are_held_as_the_hessian_is_damped()


def test_steps_that_do_not_settle_are_no_proof(monkeypatch):
    model, row, lots = of_all(curved()), table()[0][:1], [torch.zeros(0, dtype=torch.int64), torch.arange(3)]
    monkeypatch.setattr(all_parameters, "STEPS", 1)
    assert model.without(row, lots).isnan().tolist() == [False, True]


def test_all_parameters_are_computed_where_their_copies_are():
    """A module elsewhere: on the meta device there is nothing to compute with."""
    head, expected = head_of(curved()), of_all(curved())
    elsewhere = StandardizedMlp(4, (5,), 1).double().to("meta")
    there = network_head.NetworkHead(elsewhere, elsewhere.layers[-1], head.parameters, head.buffers)
    rows = table()[0][:2]
    found = all_parameters.all_parameters(there, *table(), RIDGE)
    assert torch.equal(found.sensitivities(rows)[0], expected.sensitivities(rows)[0])


@pytest.mark.parametrize("network", [nn.Linear(4, 3), nn.Sequential(nn.Tanh()), nn.Sequential(nn.Linear(4, 2), nn.Linear(2, 5))])
def test_a_network_without_a_last_linear_layer_of_two_classes_has_no_head(network):
    assert network_head.network_head(network.double(), table()[0][:1]) is None


def test_a_network_is_left_as_it_was():
    network = StandardizedMlp(4, (5,), 1)
    before = {name: one.clone() for name, one in network.state_dict().items()}
    for made in KINDS.values():
        made(network).tangents(table()[0][:2], torch.zeros(2, made(network).effects.shape[1], dtype=torch.float64))
    assert all(torch.equal(one, before[name]) for name, one in network.state_dict().items())
    assert all(one.grad is None and one.dtype == torch.float32 for one in network.parameters())
    assert not any(part._forward_hooks for part in network.modules())
