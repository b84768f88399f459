import nbformat
from nbformat.v4 import new_code_cell, new_notebook
def test_nokernel(lab, open_notebook):
    nbformat.write(new_notebook(cells=[new_code_cell("1")]), lab.notebooks / "nk.ipynb")
    open_notebook("nk.ipynb").run_all()
def test_badkernel(lab, open_notebook):
    nbformat.write(new_notebook(cells=[new_code_cell("1")],metadata={"kernelspec":{"name":"zzz","display_name":"zzz","language":"python"}}), lab.notebooks / "bk.ipynb")
    open_notebook("bk.ipynb").run_all()
def test_missing(lab, open_notebook):
    open_notebook("no.ipynb").run_all()
