"""The walk through a tree over patches, against a plain loop, and what it may depend on."""

import pytest
import torch

from xaivision.models.construction import construction
from xaivision.models.trees.patch_tree import Exploring, PatchTree

DEPTH, WIDTH, CLASSES, PATCHES = 3, 6, 4, 5


@pytest.fixture
def tree():
    with construction(0):
        return PatchTree(DEPTH, WIDTH, CLASSES).double()


@pytest.fixture
def seen():
    draws = torch.Generator().manual_seed(1)
    return tuple(torch.randn(*shape, generator=draws, dtype=torch.float64) for shape in ((20, PATCHES, WIDTH), (20, WIDTH)))


def in_a_loop(tree, tokens, known):
    """One input, as the paper has it: patch, branch and leaf one after the other."""
    node, patches, branches = 0, [], []
    for _ in range(DEPTH):
        looks = [float(known @ tree.asking[node] @ token) for token in tokens]
        patches.append(looks.index(max(looks)))
        both = torch.cat([known, tokens[patches[-1]]])
        turns = both @ tree.turning[node] + tree.turning_bias[node]
        branches.append(int(turns[1] > turns[0]))
        child = 2 * node + 1 + branches[-1]
        inside = torch.nn.functional.gelu(both @ tree.first[child - 1] + tree.first_bias[child - 1])
        known = known + inside @ tree.second[child - 1] + tree.second_bias[child - 1]
        node = child
    leaf = node - (2**DEPTH - 1)
    return patches, branches, leaf, known @ tree.deciding[leaf] + tree.deciding_bias[leaf]


def test_a_walk_is_the_loop_over_its_steps(tree, seen):
    with torch.no_grad():
        walk = tree(*seen)
        for row, (tokens, known) in enumerate(zip(*seen, strict=True)):
            patches, branches, leaf, logits = in_a_loop(tree, tokens, known)
            assert (walk.patches[row].tolist(), walk.branches[row].tolist(), int(walk.leaves[row])) == (patches, branches, leaf)
            torch.testing.assert_close(walk.logits[row], logits)
    assert len(set(walk.leaves.tolist())) > 2


def test_a_look_is_what_is_known_by_the_nodes_matrix_and_the_patch_over_the_root_of_the_width(tree, seen):
    tokens, known = seen
    looks = tree(*seen).looks[:, 0]
    torch.testing.assert_close(looks, (tokens @ (known @ tree.asking[0])[:, :, None]).squeeze(2) / WIDTH**0.5)


def test_patches_off_the_path_can_be_anything_where_only_the_path_may_be_looked_at(tree, seen):
    tokens, known = seen
    walk = tree(tokens, known)
    kept = torch.zeros(20, PATCHES, dtype=torch.bool).scatter(1, walk.patches, value=True)
    again = tree(torch.where(kept[:, :, None], tokens, 1e3), known, kept=kept)
    for name in ("patches", "branches", "leaves", "logits"):
        assert torch.equal(getattr(again, name), getattr(walk, name)), name


def test_given_patches_are_looked_at_whatever_is_asked_for(tree, seen):
    wanted = torch.tensor([[4, 0, 4]]).expand(20, 3)
    walk = tree(*seen, patches=wanted)
    assert torch.equal(walk.patches, wanted)
    own = tree(*seen)
    assert torch.equal(tree(*seen, patches=own.patches).logits, own.logits)


def test_the_largest_look_and_the_more_probable_branch_are_taken(tree, seen):
    walk = tree(*seen)
    assert torch.equal(walk.patches, walk.looks.argmax(2))
    assert torch.equal(walk.branches, walk.turns.argmax(2))
    assert torch.equal(walk.nodes[:, 1], 1 + walk.branches[:, 0])
    assert torch.equal(walk.leaves, 4 * walk.branches[:, 0] + 2 * walk.branches[:, 1] + walk.branches[:, 2])


def test_answers_reach_what_chooses_patches_and_branches_while_it_is_learned(tree, seen):
    draws = torch.Generator().manual_seed(2)
    uniform = (torch.rand(20, DEPTH, count, generator=draws, dtype=torch.float64) for count in (PATCHES, 2))
    walk = tree(*seen, exploring=Exploring(1.0, *uniform))
    walk.logits.square().sum().backward()
    for name in ("asking", "turning", "turning_bias", "first", "second", "deciding"):
        assert float(getattr(tree, name).grad.abs().max()) > 0, name


def test_noise_makes_walks_differ_and_no_noise_never_does(tree, seen):
    draws = torch.Generator().manual_seed(2)
    uniform = [torch.rand(20, DEPTH, count, generator=draws, dtype=torch.float64) for count in (PATCHES, 2)]
    assert not torch.equal(tree(*seen, exploring=Exploring(1.0, *uniform)).patches, tree(*seen).patches)
    assert torch.equal(tree(*seen).logits, tree(*seen).logits)
