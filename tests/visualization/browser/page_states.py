"""States of the page that tests wait for."""

from __future__ import annotations


def ready(page) -> None:
    """Wait until the ensemble of what the address says is shown."""
    page.locator(".lab-sentence[aria-busy=false]").wait_for()
    page.wait_for_function(
        """() => document.querySelector(".lab-sentence[aria-busy=false]")?.getAttribute("data-for")
            === (location.search.slice(1) || "v=1")"""
    )
