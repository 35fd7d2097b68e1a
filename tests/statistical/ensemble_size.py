"""Size of the ensemble that the statistical tests share."""

WORLDS, REPLICATIONS, SEED = 256, 2, 1
