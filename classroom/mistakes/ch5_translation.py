"""Chapter 5: what students make of the weights of other programs by mistake."""

from classroom.mistakes.registry import wrong


def in_paper(weights, sizes, divided_by, scale, content=None, style=None):
    """A right answer except for the factor of the content or of a style layer: functions of N, M, scale, divided_by."""
    content = content or (lambda N, M, s: 2 * s**2 / (N * M))
    style = style or (lambda N, M, s, d: 4 * s**4 / (N**2 if d == "NM" else 1))
    return {
        name: weight * (content(*sizes[name], scale) if name == "content" else style(*sizes[name], scale, divided_by))
        for name, weight in weights.items()
    }


def wrong_content(mistake, factor):
    @wrong("translate", mistake)
    def _(weights, sizes, divided_by, scale):
        return in_paper(weights, sizes, divided_by, scale, content=factor)


def wrong_style(mistake, factor):
    @wrong("translate", mistake)
    def _(weights, sizes, divided_by, scale):
        return in_paper(weights, sizes, divided_by, scale, style=factor)


def channels(N, d):
    return N**2 if d == "NM" else 1


wrong_content("content_no_two", lambda N, M, s: s**2 / (N * M))
wrong_content("content_quarter", lambda N, M, s: s**2 / (2 * N * M))
wrong_content("content_no_scale", lambda N, M, s: 2 / (N * M))
wrong_content("content_scale_once", lambda N, M, s: 2 * s / (N * M))
wrong_content("content_scale_fourth", lambda N, M, s: 2 * s**4 / (N * M))
wrong_content("content_scale_inverted", lambda N, M, s: 2 / (N * M * s**2))
wrong_content("content_inverted", lambda N, M, s: N * M * s**2 / 2)
wrong_content("content_no_places", lambda N, M, s: 2 * s**2 / N)
wrong_content("content_no_channels", lambda N, M, s: 2 * s**2 / M)
wrong_content("content_no_sizes", lambda N, M, s: 2 * s**2)
wrong_content("content_untouched", lambda N, M, s: 1)

wrong_style("style_no_four", lambda N, M, s, d: s**4 / channels(N, d))
wrong_style("style_sixteenth", lambda N, M, s, d: s**4 / channels(N, d) / 4)
wrong_style("style_half", lambda N, M, s, d: 2 * s**4 / channels(N, d))
wrong_style("style_no_scale", lambda N, M, s, d: 4 / channels(N, d))
wrong_style("style_scale_squared", lambda N, M, s, d: 4 * s**2 / channels(N, d))
wrong_style("style_scale_inverted", lambda N, M, s, d: 4 / s**4 / channels(N, d))
wrong_style("style_with_places", lambda N, M, s, d: 4 * s**4 / channels(N, d) / M**2)
wrong_style("style_as_content", lambda N, M, s, d: 2 * s**2 / (N * M))
wrong_style("style_untouched", lambda N, M, s, d: 1)
wrong_style("style_no_channels", lambda N, M, s, d: 4 * s**4)
wrong_style("style_channels_once", lambda N, M, s, d: 4 * s**4 / (N if d == "NM" else 1))
wrong_style("style_inverted", lambda N, M, s, d: N**2 / 4 * s**4)
wrong_style("style_always_nm", lambda N, M, s, d: 4 * s**4 / N**2)
wrong_style("other", lambda N, M, s, d: 4 * s**3 / channels(N, d))


@wrong("translate", "style_of_content")
def _(weights, sizes, divided_by, scale):
    N, M = sizes["content"]
    return {
        name: weight * (2 * scale**2 / (N * M) if name == "content" else 4 * scale**4 / channels(N, divided_by))
        for name, weight in weights.items()
    }


@wrong("translate", "style_weight_of_content")
def _(weights, sizes, divided_by, scale):
    return in_paper(dict.fromkeys(weights, weights["content"]), sizes, divided_by, scale)


@wrong("translate", "no_dict")
def _(weights, sizes, divided_by, scale):
    return list(in_paper(weights, sizes, divided_by, scale).values())


@wrong("translate", "missing")
def _(weights, sizes, divided_by, scale):
    for name, weight in weights.items():
        return in_paper({name: weight}, sizes, divided_by, scale)


@wrong("translate", "extra")
def _(weights, sizes, divided_by, scale):
    return {**in_paper(weights, sizes, divided_by, scale), "image": 1.0}


@wrong("translate", "none")
def _(weights, sizes, divided_by, scale):
    in_paper(weights, sizes, divided_by, scale)


@wrong("translate", "modifies_input")
def _(weights, sizes, divided_by, scale):
    for name, weight in in_paper(weights, sizes, divided_by, scale).items():
        weights[name] = weight
    return weights


@wrong("translate", "fixed_layers")
def _(weights, sizes, divided_by, scale):
    layers = ["content", "relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
    return in_paper({name: weights[name] for name in layers}, sizes, divided_by, scale)


@wrong("translate", "no_content")
def _(weights, sizes, divided_by, scale):
    rest = {name: sizes[name] for name in sizes if name != "content"}
    return in_paper(weights, rest, divided_by, scale)


@wrong("translate", "not_unpacked")
def _(weights, sizes, divided_by, scale):
    found = {}
    for name, weight in weights:
        found[name] = in_paper({name: weight}, sizes, divided_by, scale)
    return found


@wrong("translate", "conventions_swapped")
def _(weights, sizes, divided_by, scale):
    found = {}
    for name, weight in weights.items():
        N, M = sizes[name]
        style = 4 * scale**4 / (N**2 if divided_by == "M" else 1)
        found[name] = weight * (2 * scale**2 / (N * M) if name == "content" else style)
    return found


wrong_style("style_channels_multiplied", lambda N, M, s, d: 4 * s**4 * channels(N, d))
wrong_style("style_equation", lambda N, M, s, d: s**4 / (4 * N**2 * M**2))


def right(name, N, M, divided_by, scale):
    return 2 * scale**2 / (N * M) if name == "content" else 4 * scale**4 / channels(N, divided_by)


@wrong("translate", "content_no_weight")
def _(weights, sizes, divided_by, scale):
    return {name: right(name, *sizes[name], divided_by, scale) for name in weights}


@wrong("translate", "style_no_weight")
def _(weights, sizes, divided_by, scale):
    factors = {name: right(name, *sizes[name], divided_by, scale) for name in weights}
    return factors | {"content": factors["content"] * weights["content"]}


@wrong("translate", "content_cut")
def _(weights, sizes, divided_by, scale):
    return {name: int(weight * right(name, *sizes[name], divided_by, scale)) for name, weight in weights.items()}


@wrong("translate", "way_back")
def _(weights, sizes, divided_by, scale):
    return {name: weight / right(name, *sizes[name], divided_by, scale) for name, weight in weights.items()}
