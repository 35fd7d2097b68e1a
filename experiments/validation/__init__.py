"""Forecasts judged by observations: scores of the shipped ensemble beside naive forecasts (`curbs validate`)."""
