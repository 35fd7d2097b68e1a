"""Studies with the model: command line, result folders, tables and figures."""
