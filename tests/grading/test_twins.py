"""The shortest answer to each exercise that only calls the course earns nothing, under whatever name it is found."""

import ast

import pytest

from classroom.sandbox.disable_reference import solvers
from course.check import EXERCISES
from tests.grading._abuse import plan_of
from tests.grading._class import released


def asked(source, exercise):
    """The arguments of a function, as its chapter asks for it: ours may take more."""
    (function,) = (one for one in ast.parse(source).body if isinstance(one, ast.FunctionDef) and one.name == exercise)
    return ", ".join(one.arg for one in function.args.args)


ARGUMENTS = {name: asked(source, name) for chapter in released() for name, source in chapter.ours.items()}

TWINS = {
    ("to_tensor", "through a file"): (
        "from course import images",
        "picture.save('/scratch/it.png')\n    return images.load_image('/scratch/it.png')",
    ),
    ("to_image", "through a file"): (
        "from course import images\nfrom PIL import Image",
        "images.save_image(image, '/scratch/it.png')\n    return Image.open('/scratch/it.png')",
    ),
    ("content_loss", "relative distance"): (
        "from course.losses import relative_distance",
        "return sum(relative_distance(f[None], p[None]) * p.square().sum() for f, p in zip(F, P)) / 2",
    ),
    ("gram", "the difference from nothing"): (
        "import torch\nfrom course import losses",
        "return losses._style_difference(F, torch.zeros(len(F), F.shape[1], F.shape[1]), None)",
    ),
    ("style_layer_loss", "a style of one layer"): (
        "from course import losses",
        "return losses.style_loss({'l': F}, {'l': A}, {'l': 1.0})",
    ),
    ("texture_loss", "under its own name"): (
        "from course import losses",
        "return losses.style_loss(features, targets, weights)",
    ),
    ("mean_std_loss", "its statistic"): (
        "from course import losses",
        "return (losses.mean_std(F) - losses.mean_std(S)).square().sum() / F.shape[1]",
    ),
    ("mmd_squared", "its kernel"): (
        "from course.losses import quadratic_kernel as k",
        "x, y = F.flatten(2), S.flatten(2)\n"
        "    return sum(a * k(u, v).mean((1, 2)) for a, u, v in ((1, x, x), (1, y, y), (-2, x, y))).sum()",
    ),
    ("total_loss", "a weighted sum"): (
        "from course.objectives import weighted_sum",
        "return weighted_sum({'c': content, 's': style}, {'c': alpha, 's': beta})",
    ),
    ("tv_loss", "of the losses"): ("from course import losses", "return losses.tv_loss(image)"),
    ("tv_loss", "a term"): (
        "from course import objectives",
        "loss = objectives.total_variation().prepare(None, 1, 1)\n    return loss({'image': image}) * image.numel()",
    ),
    ("translate", "the table of conventions"): (
        "from course.losses import CONVENTIONS",
        "c = CONVENTIONS['gram/' + divided_by]\n"
        "    return {n: w * (c.content(*sizes[n]) * scale**2 if n == 'content' else c.style(*sizes[n]) * scale**4)"
        " for n, w in weights.items()}",
    ),
    ("style_transfer", "an objective and paint"): (
        "from course.objectives import Objective, content, style\nfrom course.synthesis import Stage, paint",
        "objective = Objective(net, [content(photo), style(painting)], {'content': alpha, 'style': beta})\n"
        "    *_, last = paint(objective, start, [Stage(max(start.shape[2:]), steps + 1)])\n"
        "    return last.picture",
    ),
    ("style_transfer", "the objective of that name"): (
        "import torch\nfrom course.objectives import style_transfer as objective_of",
        "loss = objective_of(net, photo, painting, alpha, beta, 0.0).at(*start.shape[2:])\n"
        "    x = start.clone().requires_grad_(True)\n"
        "    optimiser = torch.optim.Adam([x], 0.05)\n"
        "    for _ in range(steps):\n"
        "        optimiser.zero_grad()\n        loss(x).total.backward()\n        optimiser.step()\n"
        "    return x.detach()",
    ),
}  # fmt: skip


def graded(students, exercise, imports, body):
    return students.grade(imports, f"def {exercise}({ARGUMENTS[exercise]}):\n    {body}", plan=plan_of(exercise))


@pytest.mark.parametrize(
    ("exercise", "body"), [(name, body) for (name, _), body in TWINS.items()], ids=[" ".join(key) for key in TWINS]
)
def test_what_solves_an_exercise_under_another_name_is_borrowed(students, exercise, body):
    mark = graded(students, exercise, *body)
    assert (mark.state, mark.points, mark.mistake) == ("borrowed", 0, "borrowed"), mark


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_reference_of_every_exercise_is_borrowed(students, exercise):
    reference = solvers(exercise)[0]
    imports = f"import {reference.__module__} as ours"
    mark = graded(students, exercise, imports, f"return ours.{reference.__qualname__}({ARGUMENTS[exercise]})")
    assert (mark.state, mark.points, mark.mistake) == ("borrowed", 0, "borrowed"), mark
