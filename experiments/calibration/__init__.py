"""Fit a stochastic model to facts: rule out (history matching), weigh (ABC-SMC), adjust, check on known truth.

The algorithms know a model only as a `protocol.Simulator`; each says in its docstring whose method it is.
"""
