"""The notebook of the tutorials runs from top to bottom, and its charts are widgets with data in them."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "docs" / "tutorials" / "charts_in_a_notebook.ipynb"
WIDGET = "application/vnd.jupyter.widget-view+json"
CHARTS = 5
FULL = 400
"""Characters that the data of a chart have at least; those of an empty one are fewer."""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning")  # of the kernel's libraries
def test_the_notebook_runs_and_shows_its_charts():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "commit the notebook without outputs"
    client = NotebookClient(notebook, timeout=600, kernel_name="python3", store_widget_state=True)
    client.execute(cwd=str(NOTEBOOK.parents[2]))
    shown = [out for cell in notebook.cells for out in cell.get("outputs", ()) if WIDGET in out.get("data", {})]
    assert len(shown) == CHARTS
    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    for out in shown:
        told = states[out["data"][WIDGET]["model_id"]]
        data = {name: value for name, value in told["state"].items() if not name.startswith("_")}
        binary = sum(len(part["data"]) for part in told.get("buffers", ()))
        assert len(json.dumps(data)) + binary > FULL, sorted(data)
    last = notebook.cells[-1].outputs[0]["data"]["text/plain"]
    assert "'lead'" in last
    assert "nan" not in last
