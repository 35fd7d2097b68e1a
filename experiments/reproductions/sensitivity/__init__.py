"""Study 17: which parameters move the effects of the controls, by horizon, and what chance alone does."""
