"""Studies to reproduce, a folder each: the claim, its settings, how it is measured, drawn, and what was found."""
