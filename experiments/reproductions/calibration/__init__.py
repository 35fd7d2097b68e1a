"""Study 18: how well the shipped posterior fits the facts to 2024Q4."""
