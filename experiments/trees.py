"""Boxes of a regime as the leaves of a classification tree (CART, Breiman et al. 1984), beside those of PRIM."""

from __future__ import annotations

import numpy as np

from experiments.discovery import Box, Cases, box_of

LEAVES = 8
LEAST = 0.05
"""Share of points that a leaf holds at least."""
SEED = 20221007
"""Breaks ties between equal splits."""


def leaves(cases: Cases, most: int = LEAVES) -> tuple[Box, ...]:
    """Leaves in which the regime is more frequent than in all worlds, the one of the best coverage first."""
    from sklearn.tree import DecisionTreeClassifier  # noqa: PLC0415  (slow to import)

    # each point twice: as often in the regime as its worlds were, and as often not
    x = np.concatenate([cases.x, cases.x])
    label = np.repeat([1, 0], len(cases.x))
    weight = np.concatenate([cases.hits, cases.weight - cases.hits])
    tree = DecisionTreeClassifier(
        max_leaf_nodes=most, min_weight_fraction_leaf=LEAST, random_state=SEED, criterion="gini"
    )
    tree.fit(x[weight > 0], label[weight > 0], sample_weight=weight[weight > 0])
    found = []
    size = len(cases.names)
    stack = [(0, np.full(size, -np.inf), np.full(size, np.inf))]
    inner = tree.tree_
    while stack:
        node, low, high = stack.pop()
        left, right = int(inner.children_left[node]), int(inner.children_right[node])
        if left < 0:
            found.append(box_of(low, high, cases, cases))
            continue
        place, bound = int(inner.feature[node]), float(inner.threshold[node])
        below, above = high.copy(), low.copy()
        below[place] = min(high[place], bound)
        above[place] = max(low[place], np.nextafter(bound, np.inf))
        stack += [(left, low, below), (right, above, high)]
    dense = [one for one in found if one.density > cases.share]
    return tuple(sorted(dense, key=lambda one: -one.coverage))
