"""Functions that take a name say so, in one line, whatever else they are given: none may end in Python's own words."""

from pathlib import Path

import numpy as np
import pytest
import torch

from course import check, gallery, objectives
from course.errors import InputError
from course.nets.feedforward import Painter
from course.nets.precision import choose
from course.nets.weights import parameters, vgg16, vgg19
from course.neurons import ascent, backward
from course.serving.files import thumbnail
from course.synthesis import coarse_to_fine, paint

NO_NAMES = [
    *(3, 2.5, None, b"cat", ["cat"], ("cat",), {"cat": 1}, Path("cat"), object()),
    *(np.zeros(3), np.zeros(1), torch.zeros(3), torch.zeros(1)),
]
PICTURE = torch.full((1, 3, 32, 32), 0.5)
A_STRING = "must be a string such as "
PAINTER = Painter(styles=("swirls", "chalk"))
NET = vgg19(weights="random")

NAMES = {
    "find": gallery.find,
    "photo": gallery.photo,
    "style": gallery.style,
    "texture": gallery.texture,
    "thumbnail": thumbnail,
    "share": PAINTER.share,
    "Painter": lambda name: Painter(styles=[name]),
    "borrow": check.borrow,
    "configuration": lambda name: parameters(name, "random"),
}
CHOICES = {
    "weights": lambda name: vgg19(weights=name),
    "weights of VGG-16": lambda name: vgg16(weights=name),
    "pooling": lambda name: vgg19(weights="random", pooling=name),
    "padding": lambda name: vgg19(weights="random", padding=name),
    "precision": choose,
    "units": lambda name: objectives.content(PICTURE, units=name),
    "rule": lambda name: backward.backward_relu(PICTURE, PICTURE, name),
    "optimiser": lambda name: paint(None, PICTURE, coarse_to_fine(32, 2), name),
}
KINDS = {
    "kind": gallery.pictures,
    "kind of a name": lambda kind: gallery.find("cat", kind),
    "kind of names": gallery.names,
}
LISTS = {
    "layers": (lambda layers: NET(PICTURE, layers), "layers must be a list of names such as 'relu1_1', not "),
    "styles": (lambda styles: Painter(styles=styles), "styles must be a list of names such as ['swirls'], not "),
    "mixture": (PAINTER.mixture, "shares must be a dictionary such as {'swirls': 1}, not "),
}


def message(function, value):
    with pytest.raises(InputError) as caught:
        function(value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("function", NAMES.values(), ids=NAMES)
def test_what_is_no_string_is_no_name(function):
    for value in NO_NAMES:
        text = message(function, value)
        assert A_STRING in text and text.endswith(f", not {type(value).__name__}")


@pytest.mark.parametrize("function", [*CHOICES.values(), *KINDS.values()], ids=[*CHOICES, *KINDS])
def test_what_is_no_string_is_no_choice(function):
    for value in NO_NAMES:
        if value is not None or function not in KINDS.values():
            text = message(function, value)
            assert text.startswith(("no ", "there is no kind ")) and f"{value!r}" in text and "; choose " in text


@pytest.mark.parametrize("name", ["answer", "channels_of"])
def test_what_is_no_string_is_no_layer(name):
    for value in NO_NAMES:
        text = message(lambda layer: getattr(ascent, name)(NET, layer), value)
        assert text.startswith("layers must be a list of names such as 'relu1_1', not ")


@pytest.mark.parametrize(("function", "told"), LISTS.values(), ids=LISTS)
def test_what_is_no_list_of_names(function, told):
    for value in (3, 2.5, None, object(), Path("cat")):
        assert message(function, value) == told + type(value).__name__


def test_a_string_is_no_list_of_styles():
    assert message(lambda styles: Painter(styles=styles), "chalk") == LISTS["styles"][1] + "str"


def test_a_picture_to_load_is_a_name_or_a_file():
    for load in (gallery.load, gallery.path_of):
        for value in (np.zeros(3), np.zeros(1), torch.zeros(3), 3, None, ["cat"]):
            told = f"the name of a file must be a string or a path, not {type(value).__name__}"
            assert message(load, value) == told
        assert message(load, "").startswith("an empty name is no picture")
