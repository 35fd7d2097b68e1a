"""Generations of chips worked out again from what came, moved and left."""

from __future__ import annotations

import numpy as np
from balance import at_most, close


def generations(f):
    """Slots add to a line's chips in halls and store; what comes takes the newest; compute follows from them."""
    now, was = f.now, f.was
    close("generations in halls", now.slot_deployed.sum(axis=2), now.deployed.sum(axis=2), step=f.step)
    close("generations in store", now.slot_stored.sum(axis=2), now.warehouse, step=f.step)
    each = np.repeat(now.slot_performance[None], len(now.firms), axis=0)
    each[:, :, 0] = now.oldest_performance
    power = (now.slot_deployed[:, :, :, None] * each).sum(axis=2)
    in_use = now.slot_deployed.sum(axis=2)[:, :, None]
    close("mean performance", now.mean_performance * in_use, np.where(in_use > 0.0, power, 0.0), power, f.step)
    both, before = now.slot_deployed + now.slot_stored, was.slot_deployed + was.slot_stored
    moved = np.concatenate([before[:, :, :1] + before[:, :, 1:2], before[:, :, 2:], 0.0 * before[:, :, :1]], axis=2)
    before = np.where(now.fresh[None, :, None] > 0.0, moved, before)
    before[:, :, -1] += f.owned
    out = before.sum(axis=2) - both.sum(axis=2) + f.on_exit
    close("chips that leave generations", out, now.holds[:, :, None] * now.retired, before.sum(axis=2), f.step)
    keeps = np.where((f.on_exit == 0.0)[:, :, None], before, np.inf)
    at_most("a generation grows by chips of a leaving firm alone", both, keeps, before, f.step)
