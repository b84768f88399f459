"""How JupyterLab opens on the course: the table of contents beside the chapter, and nothing asked of the network."""

import contextlib
import sys
from importlib import resources
from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821  # Jupyter brings it along

# Which side bar is open is no setting but part of a workspace. The course has one of its own, a copy, since JupyterLab
# writes into it; so the tabs that a student has open elsewhere stay there.
WORKSPACES = Path(sys.prefix) / "share" / "jupyter" / "lab" / "workspaces"
DEFAULT = WORKSPACES / "default-37a8.jupyterlab-workspace"  # as JupyterLab calls the file of the one named "default"
with contextlib.suppress(OSError):  # where nothing can be written, JupyterLab opens as it always does
    if not DEFAULT.exists():
        WORKSPACES.mkdir(parents=True, exist_ok=True)
        DEFAULT.write_bytes((resources.files("course") / "lab" / "workspace.json").read_bytes())
if DEFAULT.exists():
    c.LabApp.workspaces_dir = str(WORKSPACES)

c.LabApp.extension_manager = "readonly"  # the other one asks a registry which extensions there are
c.LanguageServerManager.autodetect = False  # its search runs npm
