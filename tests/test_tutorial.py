"""The tutorial: its notebook runs from the first cell to the last, in a kernel as Jupyter starts it."""

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).with_name("tutorial.ipynb")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The notebook with its outputs; an error in a cell fails here, with the cell."""
    notebook = nbformat.reads(NOTEBOOK.read_text(encoding="utf-8"), as_version=4)
    folder = tmp_path_factory.mktemp("tutorial")
    done = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    return done, folder


def _outputs(cell: Any, kind: str) -> list[str]:
    return [each["data"][kind] for each in cell["outputs"] if kind in each.get("data", {})]


def test_every_cell_shows_what_it_is_there_for(ran: Any) -> None:
    notebook, folder = ran
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for cell in cells:
        last = cell["source"].splitlines()[-1]
        kind = "image/png" if last.startswith("plot_") else "text/plain"
        shown = _outputs(cell, kind) or [each["text"] for each in cell["outputs"] if each["output_type"] == "stream"]
        assert shown, cell["source"]
        told = "".join(each["text"] for each in cell["outputs"] if each["output_type"] == "stream")
        # What it warns of is told in the text below.
        assert "Warning" not in told.replace("AnalysisWarning", "") and "rror:" not in told, told
    assert sum(bool(_outputs(cell, "image/png")) for cell in cells) == 3
    assert (folder / "tutorial_report.html").is_file() and (folder / "table.tex").is_file()


def test_datasets_and_tables_are_shown_as_such(ran: Any) -> None:
    notebook, _ = ran
    pages = [page for cell in notebook["cells"] if cell["cell_type"] == "code" for page in _outputs(cell, "text/html")]
    assert "xarray.Dataset" in pages[0] and "national_unemployment_rate" in pages[0]
    assert sum("<table" in page for page in pages) >= 6
    # What is asked is answered: some policy is ranked first, and an input explains something.
    assert any(re.search(r"retraining</th>(\s*<td>\d</td>)+", page) for page in pages)
    sentences = [each["text"] for cell in notebook["cells"] for each in cell.get("outputs", ()) if "text" in each]
    assert any(re.search(r"In futures where .* \(density\), against .* \(coverage; ", text) for text in sentences)


def test_the_file_holds_no_outputs_and_no_paths_of_a_machine() -> None:
    notebook = nbformat.reads(NOTEBOOK.read_text(encoding="utf-8"), as_version=4)
    nbformat.validate(notebook)
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in notebook["cells"])
    assert not re.search(r"/(?:home|root|Users|tmp|work)/", NOTEBOOK.read_text(encoding="utf-8"))
