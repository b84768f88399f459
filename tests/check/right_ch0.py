"""Chapter 0: right, in other ways than the course's."""

import numpy as np
import torch
from PIL import Image
from torch.nn import functional
from torchvision.transforms import functional as transforms
from torchvision.transforms.v2 import functional as transforms2

from tests.check._right import right

# --- Chapter 0 ------------------------------------------------------------------------------------------------------


@right("to_tensor")
def _(picture):
    return transforms.to_tensor(picture).unsqueeze(0)


@right("to_tensor")
def _(picture):
    return torch.from_numpy(np.moveaxis(np.array(picture, dtype=np.float32), -1, 0)[None] / 255)


@right("to_tensor")
def _(picture):
    width, height = picture.size
    x = torch.zeros(1, 3, height, width)
    for row in range(height):
        for column in range(width):
            for channel, level in enumerate(picture.getpixel((column, row))):
                x[0, channel, row, column] = level / 255
    return x


@right("to_tensor")
def _(picture):
    bands = [torch.tensor(list(band.tobytes())).view(picture.height, picture.width) for band in picture.split()]
    return torch.stack(bands)[None].to(torch.float32).div(255).requires_grad_()


@right("to_tensor")
def _(picture):
    return transforms2.to_dtype(transforms2.to_image(picture), torch.float32, scale=True)[None]  # a subclass of Tensor


@right("to_image")
def _(image):
    return transforms.to_pil_image((image[0].clamp(0, 1) * 255).round().to(torch.uint8))


@right("to_image")
def _(image):
    levels = np.rint(255 * np.clip(image.numpy()[0].astype(np.float64), 0, 1))
    return Image.fromarray(np.ascontiguousarray(levels.transpose(1, 2, 0)).astype(np.uint8))


@right("to_image")
def _(image):
    height, width = image.shape[2:]
    picture = Image.new("RGB", (width, height))
    for row in range(height):
        for column in range(width):
            levels = [min(255, max(0, round(255 * x))) for x in image[0, :, row, column].tolist()]
            picture.putpixel((column, row), tuple(levels))
    return picture


@right("to_image")
def _(image):
    bands = image[0].mul(255).add(0.5).clamp(0, 255).byte().numpy()
    return Image.merge("RGB", [Image.fromarray(band) for band in bands])


@right("normalise")
def _(image, mean, std):
    return transforms.normalize(image, mean, std)


@right("normalise")
def _(image, mean, std):
    result = torch.empty_like(image)
    for b in range(image.shape[0]):
        for c in range(3):
            result[b, c] = (image[b, c] - mean[c]) / std[c]
    return result


@right("normalise")
def _(image, mean, std):
    return functional.batch_norm(image, torch.tensor(mean), torch.tensor(std) ** 2, eps=0)


@right("normalise")
def _(image, mean, std):
    last = image.movedim(1, -1)
    return ((last - torch.tensor(mean)) / torch.tensor(std)).movedim(-1, 1)


@right("denormalise")
def _(x, mean, std):
    return torch.stack([plane * s + m for plane, m, s in zip(x.unbind(1), mean, std, strict=True)], dim=1)


@right("denormalise")
def _(x, mean, std):
    return torch.einsum("bchw,c->bchw", x, torch.tensor(std)) + torch.tensor(mean).reshape(3, 1, 1)


@right("denormalise")
def _(x, mean, std):
    return transforms.normalize(transforms.normalize(x, (0, 0, 0), [1 / s for s in std]), [-m for m in mean], (1, 1, 1))


@right("denormalise")
def _(x, mean, std):
    return functional.conv2d(x, torch.diag(torch.tensor(std))[:, :, None, None], torch.tensor(mean))


# --- Chapter 1 ------------------------------------------------------------------------------------------------------
