"""Study 25: how many worlds and how many firms the results need."""
