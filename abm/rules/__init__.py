"""Scalar rules: what one agent decides, one function an equation."""
