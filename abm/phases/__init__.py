"""Phases of a quarter: plain loops over agents, offers and lanes that call rules and move state."""
