"""Copy a figure out of a chapter's executed solution, to show it in the documentation as the chapter shows it.

    python tools/figures/from_chapter.py 02_what_neurons_see "Five rows" data/figures/channels.jpg
    python tools/figures/from_chapter.py 02_what_neurons_see "The cat, and five dreams" data/figures/dreams.jpg
    python tools/figures/from_chapter.py 09_other_roads "A tree in four roads" data/figures/roads.jpg

The figure is the one whose alt text begins with these words; the alt text is printed, for the page that shows it.
"""

import argparse
import base64
import json
from pathlib import Path

SOLUTIONS = Path(__file__).parents[2] / "solutions"


def figure(notebook: Path, words: str) -> tuple[bytes, str]:
    """The JPEG whose alt text begins with these words, and its alt text.

    Raises:
        SystemExit: if there is none, or more than one.
    """
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    shown = [
        (output["data"]["image/jpeg"], output["metadata"]["image/jpeg"]["alt"])
        for cell in cells
        for output in cell.get("outputs", [])
        if "image/jpeg" in output.get("data", {})
    ]
    found = [(jpeg, alt) for jpeg, alt in shown if alt.startswith(words)]
    if len(found) != 1:
        begins = "\n".join(f"  {alt[:60]}" for _, alt in shown)
        raise SystemExit(f"{len(found)} figures of {notebook.name} begin with {words!r}; they begin with\n{begins}")
    ((jpeg, alt),) = found
    return base64.b64decode(jpeg), alt


def main() -> None:
    """Copy what the command line asks for."""
    parser = argparse.ArgumentParser(description="Copy a figure out of a chapter's executed solution.")
    parser.add_argument("chapter", help="such as 02_what_neurons_see")
    parser.add_argument("words", help="with which the figure's alt text begins")
    parser.add_argument("out", type=Path, metavar="OUT.jpg")
    options = parser.parse_args()
    jpeg, alt = figure(SOLUTIONS / f"{options.chapter}.ipynb", options.words)
    options.out.write_bytes(jpeg)
    print(alt)


if __name__ == "__main__":
    main()
