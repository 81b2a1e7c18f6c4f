"""The table as it is trained: what pieces share by their spelling, and Adam's steps, against torch's own."""

import numpy as np
import torch

from embeddings.training.spelling import FEWEST, spellings
from embeddings.training.table import Table, Vectors

ALIKE = ["▁gelmek", "▁gitmek", "▁bilmek", "▁etmek", "▁gulmek", "▁ev", "mek"]
KABUL = ["▁kabul", "▁кабул", "▁کابل", "▁kabulda", "▁кабулда", "▁море"]
CPU = torch.device("cpu")


def _shared(pieces: list[str]) -> list[set[int]]:
    spelled = spellings(pieces)
    return [set(spelled.groups[spelled.starts[i] : spelled.starts[i + 1]].tolist()) for i in range(len(pieces))]


def test_pieces_share_the_groups_of_letters_that_enough_of_them_have() -> None:
    groups = _shared(ALIKE)
    assert FEWEST == 5
    # "me", "ek", "mek" as written by the five verbs, and "mek" in Latin letters, which the piece "mek" is as a whole.
    assert [len(found) for found in groups] == [4, 4, 4, 4, 4, 0, 3]
    assert groups[0] == groups[4]
    assert groups[6] < groups[0]


def test_a_name_shares_its_latin_letters_with_the_same_name_in_other_scripts() -> None:
    groups = _shared(KABUL)
    assert groups[0] & groups[1] & groups[2]
    assert groups[5] == set()


def test_a_piece_is_its_own_vector_and_those_of_its_groups() -> None:
    spelled = spellings(ALIKE)
    table = Table(spelled, 8, seed=0, device=CPU)
    table.shared.weight.copy_(torch.randn(spelled.count, 8, generator=torch.Generator().manual_seed(1)))
    expected = []
    for piece in range(len(ALIKE)):
        groups = spelled.groups[spelled.starts[piece] : spelled.starts[piece + 1]].tolist()
        shared = sum((table.shared.weight[group] for group in groups), torch.zeros(8))
        expected.append(table.own.weight[piece] + shared / max(len(groups), 1) ** 0.5)
    torch.testing.assert_close(table.vectors(), torch.stack(expected))
    torch.testing.assert_close(table.draw(torch.tensor([5, 2])).vectors, torch.stack([expected[5], expected[2]]))


def test_a_step_of_the_table_is_a_step_of_adam() -> None:
    spelled, goal = spellings(ALIKE), torch.randn(len(ALIKE), 8, generator=torch.Generator().manual_seed(2))
    table = Table(spelled, 8, seed=0, device=CPU)
    shares = torch.zeros(len(ALIKE), spelled.count)
    for piece in range(len(ALIKE)):
        groups = spelled.groups[spelled.starts[piece] : spelled.starts[piece + 1]]
        shares[piece, groups] = max(len(groups), 1) ** -0.5
    own = table.own.weight.clone().requires_grad_()
    shared = table.shared.weight.clone().requires_grad_()
    adam = torch.optim.Adam([own, shared], lr=0.01, betas=(0.9, 0.99))
    for _ in range(20):
        drawn = table.draw(torch.arange(len(ALIKE)))
        table.update(drawn, (drawn.vectors - goal).square().sum(), 0.01)
        adam.zero_grad()
        (own + shares @ shared - goal).square().sum().backward()  # type: ignore[no-untyped-call]
        adam.step()
    torch.testing.assert_close(table.vectors(), (own + shares @ shared).detach(), atol=1e-4, rtol=1e-4)


def test_only_what_was_drawn_moves_and_a_new_phase_forgets() -> None:
    vectors = Vectors(torch.zeros(4, 2))
    vectors.update(torch.tensor([1, 3]), torch.ones(2, 2), 0.5)
    np.testing.assert_allclose(vectors.weight, [[0, 0], [-0.5, -0.5], [0, 0], [-0.5, -0.5]], atol=1e-6)
    vectors.forget_moments()
    vectors.update(torch.tensor([0]), torch.full((1, 2), -3.0), 0.5)  # a first step is as long as the rate
    np.testing.assert_allclose(vectors.weight[0], [0.5, 0.5], atol=1e-6)
