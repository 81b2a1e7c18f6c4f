"""Parts of an index and stretches of them, against lists."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from embeddings.parts import Layout, Runs
from embeddings.ragged import gather, starts_of, within

masks = st.lists(st.lists(st.booleans(), max_size=8), min_size=1, max_size=4)


@given(st.lists(st.integers(0, 5), max_size=8), st.data())
def test_groups_are_gathered_in_any_order(sizes: list[int], data: st.DataObject) -> None:
    groups = data.draw(st.lists(st.integers(0, len(sizes) - 1), max_size=6) if sizes else st.just([]))
    starts, members = starts_of(sizes), list(range(sum(sizes)))
    expected = [members[starts[group] : starts[group + 1]] for group in groups]
    found, bounds = gather(starts, np.array(groups, np.int64))
    assert found.tolist() == [member for group in expected for member in group]
    assert bounds.tolist() == starts_of([len(group) for group in expected]).tolist()
    assert within(np.array(sizes, np.int64)).tolist() == [place for size in sizes for place in range(size)]


@given(masks, st.randoms(use_true_random=False))
def test_a_layout_finds_each_row_in_its_part(marked: list[list[bool]], random) -> None:
    rows = [(part, inner) for part, mask in enumerate(marked) for inner, alive in enumerate(mask) if alive]
    random.shuffle(rows)
    starts = starts_of([len(mask) for mask in marked])
    layout = Layout(np.array([starts[part] + inner for part, inner in rows], np.int64), starts)
    parts, inner = layout.locate(np.arange(len(rows)))
    assert list(zip(parts.tolist(), inner.tolist(), strict=True)) == rows
    assert len(layout) == len(rows)
    alive = [None if mask is None else mask.tolist() for mask in layout.alive()]
    assert alive == [None if all(mask) else mask for mask in marked]


@given(masks, st.data())
def test_runs_pick_what_is_marked_and_what_is_below_it(marked: list[list[bool]], data: st.DataObject) -> None:
    sizes = [[data.draw(st.integers(0, 3)) for _ in mask] for mask in marked]
    groups = [
        [[f"{part}.{group}.{i}" for i in range(n)] for group, n in enumerate(of)] for part, of in enumerate(sizes)
    ]
    runs = Runs.of([np.array(mask, bool) for mask in marked])
    kept = [
        group for of, mask in zip(groups, marked, strict=True) for group, keep in zip(of, mask, strict=True) if keep
    ]
    starts, members = runs.below([starts_of(of) for of in sizes])
    flat = [np.array([name for group in of for name in group], object) for of in groups]
    assert members.pick(flat).tolist() == [name for group in kept for name in group]
    assert starts.tolist() == starts_of([len(group) for group in kept]).tolist()
    assert runs.pick([np.arange(len(mask)) for mask in marked]).tolist() == [
        place for mask in marked for place, keep in enumerate(mask) if keep
    ]
    assert [runs.mask(part, len(mask)).tolist() for part, mask in enumerate(marked)] == marked
