"""Reproduction of every claim: what is measured, by which rule it is judged, and whether it came out as recorded."""
