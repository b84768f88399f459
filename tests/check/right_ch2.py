"""Chapter 2: right, in other ways than the course's."""

import math

import numpy as np
import torch
from torch.nn import functional

from tests.check._right import right

# --- Uphill ---------------------------------------------------------------------------------------------------------


@right("ascend")
def _(score, picture, steps, step_size):
    x = picture.clone().requires_grad_(True)
    for _ in range(steps):
        x.grad = None
        score(x).backward()
        with torch.no_grad():
            x += step_size * x.grad / (x.grad.pow(2).mean().sqrt() + 1e-12)
    return x.detach()


@right("ascend")
def _(score, picture, steps, step_size):
    if steps == 0:
        return picture
    x = picture.detach().requires_grad_(True)
    (g,) = torch.autograd.grad(score(x), x)
    size = g.norm() / math.sqrt(g.numel())
    return _again(score, x.detach() + (step_size * g / size if size > 0 else 0), steps - 1, step_size)


def _again(score, picture, steps, step_size):
    x = picture
    for _ in range(steps):
        x = x.detach().requires_grad_(True)
        (g,) = torch.autograd.grad(score(x), x)
        x = x.detach() + step_size * g / g.square().mean().sqrt().clamp_min(1e-20)
    return x.clone()


@right("ascend")
def _(score, picture, steps, step_size):
    x = torch.nn.Parameter(picture.clone())
    optimiser = torch.optim.SGD([x], lr=step_size, maximize=True)
    for _ in range(steps):
        optimiser.zero_grad()
        score(x).backward()
        x.grad /= x.grad.square().mean().sqrt().clamp_min(1e-12)
        optimiser.step()
    return x.detach()


@right("dream_octave")
def _(photo, detail, climb, shift):
    detail = functional.interpolate(detail, size=photo.shape[-2:], mode="bilinear", antialias=True)
    moved = torch.roll(photo + detail, shifts=shift, dims=(2, 3))
    return torch.roll(climb(moved), shifts=[-step for step in shift], dims=(2, 3)) - photo


@right("dream_octave")
def _(photo, detail, climb, shift):
    height, width = photo.shape[2:]
    rows = (torch.arange(height) - shift[0]) % height
    columns = (torch.arange(width) - shift[1]) % width
    whole = photo + torch.nn.Upsample((height, width), mode="bilinear")(detail)
    climbed = climb(whole[:, :, rows][:, :, :, columns])
    back = torch.empty_like(climbed)
    back[:, :, rows[:, None], columns[None]] = climbed
    return back - photo


@right("dream_octave")
def _(photo, detail, climb, shift):
    down, along = shift
    detail = functional.interpolate(detail, photo.shape[2:], mode="bilinear", align_corners=False)
    moved = photo.roll(down, 2).roll(along, 3) + detail.roll(along, 3).roll(down, 2)
    return (climb(moved) - photo.roll((down, along), (2, 3))).roll(-along, 3).roll(-down, 2)


# --- A picture from a spectrum --------------------------------------------------------------------------------------


@right("picture_of")
def _(spectrum, colours, height, width):
    fy, fx = torch.fft.fftfreq(height), torch.fft.rfftfreq(width)
    f = (fy[:, None] ** 2 + fx**2).sqrt()
    weight = 1 / torch.maximum(f, torch.tensor(1 / max(height, width)))
    channels = torch.fft.irfft2(torch.view_as_complex(spectrum) * weight, s=(height, width), norm="ortho")
    return torch.sigmoid((colours @ channels.flatten(2)).view(-1, 3, height, width))


@right("picture_of")
def _(spectrum, colours, height, width):
    waves = torch.complex(spectrum[..., 0], spectrum[..., 1])
    weight = torch.ones(height, width // 2 + 1)
    for row in range(height):
        for column in range(width // 2 + 1):
            f = math.hypot(min(row, height - row) / height, column / width)
            weight[row, column] = 1 / max(f, 1 / max(height, width))
    channels = torch.fft.irfft2(waves * weight, s=(height, width)) * math.sqrt(height * width)
    mixed = torch.stack([sum(colours[i, j] * channels[:, j] for j in range(3)) for i in range(3)], 1)
    return 1 / (1 + torch.exp(-mixed))


@right("picture_of")
def _(spectrum, colours, height, width):
    f = torch.from_numpy(np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])).float()
    scaled = spectrum / f.clip(1 / max(height, width))[:, :, None]
    channels = torch.fft.irfftn(torch.view_as_complex(scaled), s=(height, width), dim=(2, 3), norm="ortho")
    return functional.conv2d(channels, colours[:, :, None, None]).sigmoid()


# --- The way back ---------------------------------------------------------------------------------------------------


@right("backward_relu")
def _(g, a, rule):
    if rule == "plain":
        return torch.where(a > 0, g, torch.zeros_like(g))
    if rule == "deconvnet":
        return functional.relu(g)
    return torch.where((a > 0) & (g > 0), g, 0.0)


@right("backward_relu")
def _(g, a, rule):
    found = torch.zeros_like(g)
    for place in np.ndindex(*g.shape):
        forward = a[place] > 0 or rule == "deconvnet"
        backward = g[place] > 0 or rule == "plain"
        if forward and backward:
            found[place] = g[place]
    return found


@right("backward_relu")
def _(g, a, rule):
    x = a.clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(x.relu(), x, g)
    return {"plain": gradient, "deconvnet": g.clamp_min(0), "guided": gradient.clamp_min(0)}[rule]


@right("unpool")
def _(small, switches, height, width):
    return functional.max_unpool2d(small, switches, 2, output_size=(height, width))


@right("unpool")
def _(small, switches, height, width):
    large = torch.zeros(*small.shape[:2], height, width)
    for picture, channel, row, column in np.ndindex(*small.shape):
        place = divmod(switches[picture, channel, row, column].item(), width)
        large[picture, channel, place[0], place[1]] = small[picture, channel, row, column]
    return large


@right("unpool")
def _(small, switches, height, width):
    pictures, channels = small.shape[:2]
    large = torch.zeros(pictures * channels, height * width)
    own = torch.arange(pictures * channels)[:, None]
    large[own, switches.reshape(pictures * channels, -1)] = small.reshape(pictures * channels, -1)
    return large.reshape(pictures, channels, height, width)


# --- Patches --------------------------------------------------------------------------------------------------------


@right("top_patches")
def _(maps, count, apart):
    left, found = [answers.clone() for answers in maps], []
    while len(found) < count:
        number = max(range(len(left)), key=lambda n: left[n].max().item())
        if left[number].max() == -math.inf:
            break
        row, column = divmod(left[number].argmax().item(), left[number].shape[1])
        found.append((number, row, column))
        left[number][max(0, row - apart + 1) : row + apart, max(0, column - apart + 1) : column + apart] = -math.inf
    return found


@right("top_patches")
def _(maps, count, apart):
    every = [(v, n, *divmod(i, m.shape[1])) for n, m in enumerate(maps) for i, v in enumerate(m.flatten().tolist())]
    found = []
    for _, number, row, column in sorted(every, reverse=True):
        near = [p for p in found if p[0] == number and abs(p[1] - row) < apart and abs(p[2] - column) < apart]
        if not near and len(found) < count:
            found.append([number, row, column])
    return found


@right("top_patches")
def _(maps, count, apart):
    found, values = [], []
    for number, answers in enumerate(maps):
        left = answers.numpy().copy()
        rows, columns = np.indices(left.shape)
        while np.isfinite(left).any():
            row, column = np.unravel_index(np.argmax(left), left.shape)
            found.append((number, int(row), int(column)))
            values.append(float(left[row, column]))
            left[np.maximum(abs(rows - row), abs(columns - column)) < apart] = -np.inf
    best = sorted(range(len(found)), key=lambda one: -values[one])[:count]
    return torch.tensor([found[one] for one in best])
