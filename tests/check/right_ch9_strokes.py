"""Chapter 9, strokes and portraits: right, in other ways than the course's."""

import cmath
import math

import numpy as np
import torch

from course.classical.pyramids import blurred
from tests.check._right import right

# --- stroke ---------------------------------------------------------------------------------------------------------


@right("stroke")
def _(smooth, canvas, slope, start, radius):
    """With Python's own numbers."""
    height, width = smooth.shape[1:]
    colour = smooth[:, start[0], start[1]].tolist()
    points, dy, dx = [(float(start[0]), float(start[1]))], 0.0, 0.0
    while len(points) < 12:
        y, x = points[-1]
        row, column = round(y), round(x)
        photo, paint = smooth[:, row, column].tolist(), canvas[:, row, column].tolist()
        if len(points) >= 4 and math.dist(photo, paint) < math.dist(photo, colour):
            break
        down, right_ = slope[:, row, column].tolist()
        if down == 0 and right_ == 0:
            break
        length = math.hypot(down, right_)
        new_dy, new_dx = right_ / length, -down / length
        if new_dy * dy + new_dx * dx < 0:
            new_dy, new_dx = -new_dy, -new_dx
        y, x = y + radius * new_dy, x + radius * new_dx
        if y < 0 or x < 0 or y > height - 1 or x > width - 1:
            break
        points.append((y, x))
        dy, dx = new_dy, new_dx
    return torch.tensor(points)


@right("stroke")
def _(smooth, canvas, slope, start, radius):
    """In numpy, float64 to the end; squares are compared, and the first way is the other one."""
    photo, paint, g = smooth.numpy(), canvas.numpy(), slope.numpy().astype(float)
    last, points, before = np.array(photo.shape[1:]) - 1, [np.array(start, dtype=float)], None
    while len(points) < 12:
        r, c = np.floor(points[-1] + 0.5).astype(int)
        off = ((photo[:, r, c] - paint[:, r, c]) ** 2).sum()
        if len(points) > 3 and off < ((photo[:, r, c] - photo[:, start[0], start[1]]) ** 2).sum():
            break
        if not g[:, r, c].any():
            break
        way = np.array([-g[1, r, c], g[0, r, c]]) / np.linalg.norm(g[:, r, c])
        if before is not None and way @ before < 0:
            way = -way
        point = points[-1] + radius * way
        if (point < 0).any() or (point > last).any():
            break
        points.append(point)
        before = way
    return torch.from_numpy(np.stack(points))


@right("stroke")
def _(smooth, canvas, slope, start, radius):
    """Complex numbers: a right angle is a multiplication by i. The sum of magnitudes says what is nearer."""
    height, width = smooth.shape[1:]
    z, step, points = complex(*start), 0, []
    while True:
        points.append([z.real, z.imag])
        at = (slice(None), round(z.real), round(z.imag))
        off, away = (smooth[at] - canvas[at]).abs().sum(), (smooth[at] - smooth[:, start[0], start[1]]).abs().sum()
        g = complex(*slope[at].tolist())
        if len(points) == 12 or (len(points) >= 4 and off < away) or g == 0:
            return torch.tensor(points)
        new = radius * 1j * g / abs(g)
        if (new * complex(step).conjugate()).real < 0:
            new = -new
        if not (0 <= (z + new).real <= height - 1 and 0 <= (z + new).imag <= width - 1):
            return torch.tensor(points)
        z, step = z + new, new


@right("stroke")
def _(smooth, canvas, slope, start, radius):
    """All directions, and all answers to the rule of colours, before the first step; downwards first."""
    length = slope.norm(dim=0)
    ways = torch.stack([slope[1], -slope[0]]) / length.clamp(min=1e-12)
    colour = smooth[:, start[0], start[1], None, None]
    done = (smooth - canvas).norm(dim=0) < (smooth - colour).norm(dim=0)
    most = torch.tensor(smooth.shape[1:]) - 1
    points = torch.empty(12, 2)
    points[0] = torch.tensor(start)
    before = torch.tensor([1.0, 0.0])
    for n in range(1, 12):
        row, column = points[n - 1].round().long()
        if length[row, column] == 0 or (n >= 4 and done[row, column]):
            return points[:n]
        way = ways[:, row, column]
        before = way if n == 1 else torch.where(way @ before < 0, -way, way)
        points[n] = points[n - 1] + radius * before
        if (points[n] < 0).any() or (points[n] > most).any():
            return points[:n]
    return points


@right("stroke")
def _(smooth, canvas, slope, start, radius):
    """A function that calls itself; angles, and the smaller of two turns."""

    def onwards(points, angle):
        y, x = points[-1]
        at = (slice(None), round(y), round(x))
        photo, first = smooth[at], smooth[:, start[0], start[1]]
        far = torch.nn.functional.mse_loss(photo, canvas[at]) >= torch.nn.functional.mse_loss(photo, first)
        if len(points) == 12 or (len(points) >= 4 and not far):
            return points
        down, right_ = slope[at].tolist()
        if (down, right_) == (0, 0):
            return points
        both = [math.atan2(right_, down) + turn for turn in (math.pi / 2, -math.pi / 2)]
        angle = both[0] if angle is None else min(both, key=lambda one: abs(cmath.phase(cmath.rect(1, one - angle))))
        point = (y + radius * math.cos(angle), x + radius * math.sin(angle))
        if any(not 0 <= p <= size - 1 for p, size in zip(point, smooth.shape[1:], strict=True)):
            return points
        return onwards([*points, point], angle)

    return torch.tensor(onwards([start], None), dtype=torch.float32)


@right("stroke")
def _(smooth, canvas, slope, start, radius):
    """Of two next points the one that is further from the point before the last."""
    height, width = smooth.shape[1:]
    points = [torch.tensor(start)]
    for _ in range(11):
        point = points[-1]
        r, c = (int(x) for x in torch.round(point.float()))
        here = smooth[:, r, c]
        if len(points) >= 4 and (here - canvas[:, r, c]).norm() < (here - smooth[:, start[0], start[1]]).norm():
            break
        if torch.count_nonzero(slope[:, r, c]) == 0:
            break
        way = slope[:, r, c].flip(0) * torch.tensor([radius, -radius]) / slope[:, r, c].norm()
        one, other = point + way, point - way
        following = other if len(points) > 1 and torch.dist(other, points[-2]) > torch.dist(one, points[-2]) else one
        if following.min() < 0 or following[0] > height - 1 or following[1] > width - 1:
            break
        points.append(following)
    return torch.stack([point + 0.0 for point in points]) if len(points) > 1 else points[0][None]


# --- local_energy ---------------------------------------------------------------------------------------------------


@right("local_energy")
def _(picture, level):
    fine = blurred(picture, 2**level) if level > 0 else picture
    band = fine - blurred(picture, 2 ** (level + 1))
    return blurred(band**2, 2 ** (level + 1))


@right("local_energy")
def _(picture, level):
    """Channel by channel."""
    found = []
    for n in range(picture.shape[1]):
        one = picture[:, n : n + 1]
        coarse = blurred(one, 2.0 * 2**level)
        detail = (one if level == 0 else blurred(one, 1 << level)) - coarse
        found.append(blurred(detail * detail, 2.0 * 2**level))
    return torch.cat(found, 1)


@right("local_energy")
def _(picture, level):
    """Picture by picture, the signs turned round."""
    energies = []
    for one in picture.split(1):
        blurs = [one, *(blurred(one, 2.0 ** (k + 1)) for k in range(level + 1))] if level == 0 else None
        sharp, soft = blurs if blurs else (blurred(one, 2.0**level), blurred(one, 2.0 ** (level + 1)))
        energies.append(blurred((soft - sharp).abs() ** 2, 2.0 ** (level + 1)))
    return torch.cat(energies)


@right("local_energy")
def _(picture, level):
    """As channels of one large picture."""
    flat = picture.flatten(0, 1)[None]
    sigma = math.exp(math.log(2) * (level + 1))
    sharp = flat if not level else blurred(flat, sigma / 2)
    return blurred(torch.square(sharp - blurred(flat, sigma)), sigma).view_as(picture)


@right("local_energy")
def _(picture, level):
    """The square multiplied out."""
    wide = 2 ** (level + 1)
    a, b = picture, blurred(picture, wide)
    if level:
        a = blurred(picture, wide / 2)
    return blurred(a * (a - b) - b * (a - b), wide)
