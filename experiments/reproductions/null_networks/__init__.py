"""Study 22: what the effects owe to who knows whom and who supplies whom."""
