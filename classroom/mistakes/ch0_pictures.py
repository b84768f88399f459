"""Chapter 0: what students write for pictures and tensors when they misunderstand something."""

import numpy as np
import torch
from PIL import Image
from torchvision.transforms import functional as transforms

from classroom.mistakes.registry import wrong

# --- to_tensor ------------------------------------------------------------------------------------------------------


@wrong("to_tensor", "levels")
def _(picture):
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float()


@wrong("to_tensor", "still_bytes")
def _(picture):
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None]


@wrong("to_tensor", "divided_by_256")
def _(picture):
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 256


@wrong("to_tensor", "bgr")
def _(picture):
    array = np.array(picture)[:, :, ::-1].copy()
    return torch.from_numpy(array).permute(2, 0, 1)[None] / 255


@wrong("to_tensor", "reshaped")
def _(picture):
    array = np.array(picture)
    height, width, channels = array.shape
    return torch.from_numpy(array).reshape(1, channels, height, width) / 255


@wrong("to_tensor", "minus_one_to_one")
def _(picture):
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 127.5 - 1


@wrong("to_tensor", "own_maximum")
def _(picture):
    x = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float()
    return x / x.max()


@wrong("to_tensor", "stretched")
def _(picture):
    x = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float()
    return (x - x.min()) / (x.max() - x.min())


@wrong("to_tensor", "transposed")
def _(picture):
    width, height = picture.size
    return torch.from_numpy(np.array(picture).T.copy()).reshape(1, 3, height, width) / 255


@wrong("to_tensor", "mirrored")
def _(picture):
    return transforms.to_tensor(picture)[None].flip(-1)


@wrong("to_tensor", "upside_down")
def _(picture):
    return transforms.to_tensor(picture)[None].flip(2)


@wrong("to_tensor", "channels_last")
def _(picture):
    return torch.from_numpy(np.array(picture))[None] / 255


@wrong("to_tensor", "no_batch")
def _(picture):
    return transforms.to_tensor(picture)


@wrong("to_tensor", "width_first")
def _(picture):
    return torch.from_numpy(np.array(picture)).permute(2, 1, 0)[None] / 255


@wrong("to_tensor", "dtype")
def _(picture):
    return torch.from_numpy(np.array(picture) / 255).permute(2, 0, 1)[None]


@wrong("to_tensor", "left_torch")
def _(picture):
    return np.array(picture).transpose(2, 0, 1)[None] / 255


@wrong("to_tensor", "raised")
def _(picture):
    return torch.tensor(picture.size) + picture.shape


@wrong("to_tensor", "type")
def _(picture):
    return picture.convert("RGB")


# --- to_image -------------------------------------------------------------------------------------------------------


@wrong("to_image", "not_clamped")
def _(image):
    return Image.fromarray((image[0] * 255).round().permute(1, 2, 0).to(torch.int64).numpy().astype(np.uint8))


@wrong("to_image", "not_clamped_cut")
def _(image):
    return transforms.to_pil_image(image[0])


@wrong("to_image", "cut")
def _(image):
    return transforms.to_pil_image(image[0].clamp(0, 1))


@wrong("to_image", "stretched")
def _(image):
    image = (image - image.min()) / (image.max() - image.min())
    return Image.fromarray((image[0] * 255).round().byte().permute(1, 2, 0).numpy())


@wrong("to_image", "stretched_cut")
def _(image):
    image = (image - image.min()) / (image.max() - image.min())
    return transforms.to_pil_image(image[0])


@wrong("to_image", "bgr")
def _(image):
    array = (image[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
    return Image.fromarray(array[:, :, ::-1].copy())


@wrong("to_image", "reshaped")
def _(image):
    height, width = image.shape[2:]
    return Image.fromarray((image.clamp(0, 1) * 255).round().byte().reshape(height, width, 3).numpy())


@wrong("to_image", "size")
def _(image):
    return Image.fromarray((image[0].clamp(0, 1) * 255).round().byte().permute(2, 1, 0).contiguous().numpy())


@wrong("to_image", "times_256_cut")
def _(image):
    return Image.fromarray((image[0] * 256).clamp(0, 255).byte().permute(1, 2, 0).numpy())


@wrong("to_image", "times_256")
def _(image):
    return Image.fromarray((image[0] * 256).round().clamp(0, 255).byte().permute(1, 2, 0).numpy())


@wrong("to_image", "from_minus_one")
def _(image):
    return Image.fromarray(((image[0] + 1) / 2 * 255).clamp(0, 255).round().byte().permute(1, 2, 0).numpy())


@wrong("to_image", "rounded_early")
def _(image):
    return Image.fromarray((image[0].clamp(0, 1).round() * 255).byte().permute(1, 2, 0).numpy())


@wrong("to_image", "not_pixels")
def _(image):
    return Image.fromarray(image[0].permute(1, 2, 0).numpy())


@wrong("to_image", "mode")
def _(image):
    return Image.fromarray((image[0].mean(0).clamp(0, 1) * 255).round().byte().numpy())


@wrong("to_image", "type")
def _(image):
    return (image[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0)


@wrong("to_image", "modifies_input")
def _(image):
    return transforms.to_pil_image(image[0].clamp_(0, 1).mul(255).round().byte())


@wrong("to_image", "double")
def _(image):
    scale = 255 if image.dtype == torch.float32 else 1
    return Image.fromarray((image[0].clamp(0, 1) * scale).round().byte().permute(1, 2, 0).numpy())


# --- normalise ------------------------------------------------------------------------------------------------------


def channels(numbers):
    return torch.tensor(numbers).view(1, 3, 1, 1)


@wrong("normalise", "not_divided")
def _(image, mean, std):
    return image - channels(mean)


@wrong("normalise", "not_subtracted")
def _(image, mean, std):
    return image / channels(std)


@wrong("normalise", "divided_first")
def _(image, mean, std):
    return image / channels(std) - channels(mean)


@wrong("normalise", "multiplied")
def _(image, mean, std):
    return (image - channels(mean)) * channels(std)


@wrong("normalise", "added")
def _(image, mean, std):
    return (image + channels(mean)) / channels(std)


@wrong("normalise", "way_back")
def _(image, mean, std):
    return image * channels(std) + channels(mean)


@wrong("normalise", "own_statistics")
def _(image, mean, std):
    return (image - image.mean((2, 3), keepdim=True)) / image.std((2, 3), keepdim=True)


@wrong("normalise", "batch_statistics")
def _(image, mean, std):
    return (image - image.mean((0, 2, 3), keepdim=True)) / image.std((0, 2, 3), keepdim=True)


@wrong("normalise", "bgr")
def _(image, mean, std):
    return (image - channels(mean[::-1])) / channels(std[::-1])


@wrong("normalise", "variance")
def _(image, mean, std):
    return (image - channels(mean)) / channels(std) ** 2


@wrong("normalise", "root")
def _(image, mean, std):
    return (image - channels(mean)) / channels(std) ** 0.5


@wrong("normalise", "one_mean")
def _(image, mean, std):
    return (image - sum(mean) / 3) / (sum(std) / 3)


@wrong("normalise", "first_mean")
def _(image, mean, std):
    return (image - mean[0]) / std[0]


@wrong("normalise", "broadcast")
def _(image, mean, std):
    return (image - torch.tensor(mean)) / torch.tensor(std)


@wrong("normalise", "broadcast_rows")
def _(image, mean, std):
    return (image - torch.tensor(mean)[:, None]) / torch.tensor(std)[:, None]


@wrong("normalise", "tuple")
def _(image, mean, std):
    return (image - mean) / std


@wrong("normalise", "shapes")
def _(image, mean, std):
    return (image - torch.tensor(mean).view(3, 1, 1, 1)) / torch.tensor(std).view(3, 1, 1, 1)


@wrong("normalise", "dtype")
def _(image, mean, std):
    mean, std = (torch.from_numpy(np.array(numbers)).view(1, 3, 1, 1) for numbers in (mean, std))
    return (image - mean) / std


@wrong("normalise", "modifies_input")
def _(image, mean, std):
    image -= channels(mean)
    image /= channels(std)
    return image


@wrong("normalise", "detached")
def _(image, mean, std):
    with torch.no_grad():
        return (image - channels(mean)) / channels(std)


@wrong("normalise", "left_torch")
def _(image, mean, std):
    return torch.from_numpy(((image.numpy().transpose(0, 2, 3, 1) - mean) / std).transpose(0, 3, 1, 2)).float()


@wrong("normalise", "none")
def _(image, mean, std):
    image = (image - channels(mean)) / channels(std)


@wrong("normalise", "returns_input")
def _(image, mean, std):
    for c in range(3):
        _ = (image[:, c] - mean[c]) / std[c]
    return image


@wrong("normalise", "shape")
def _(image, mean, std):
    return torch.stack([(image[:, c] - mean[c]) / std[c] for c in range(3)])


@wrong("normalise", "arguments")
def _(image):
    return (image - channels((0.485, 0.456, 0.406))) / channels((0.229, 0.224, 0.225))


# --- denormalise ----------------------------------------------------------------------------------------------------


@wrong("denormalise", "not_added")
def _(x, mean, std):
    return x * channels(std)


@wrong("denormalise", "not_multiplied")
def _(x, mean, std):
    return x + channels(mean)


@wrong("denormalise", "wrong_order")
def _(x, mean, std):
    return (x + channels(mean)) * channels(std)


@wrong("denormalise", "divided")
def _(x, mean, std):
    return x / channels(std) + channels(mean)


@wrong("denormalise", "way_there")
def _(x, mean, std):
    return transforms.normalize(x, mean, std)


@wrong("denormalise", "clamped")
def _(x, mean, std):
    return (x * channels(std) + channels(mean)).clamp(0, 1)


@wrong("denormalise", "subtracted")
def _(x, mean, std):
    return x * channels(std) - channels(mean)


@wrong("denormalise", "swapped")
def _(x, mean, std):
    return x * channels(mean) + channels(std)


@wrong("denormalise", "bgr")
def _(x, mean, std):
    return x * channels(std[::-1]) + channels(mean[::-1])


@wrong("denormalise", "one_mean")
def _(x, mean, std):
    return x * np.mean(std).item() + np.mean(mean).item()


@wrong("denormalise", "levels")
def _(x, mean, std):
    return 255 * (x * channels(std) + channels(mean))


@wrong("denormalise", "broadcast")
def _(x, mean, std):
    return x * torch.tensor(std) + torch.tensor(mean)


@wrong("denormalise", "broadcast_rows")
def _(x, mean, std):
    return x * torch.tensor(std).view(3, 1) + torch.tensor(mean).view(3, 1)


@wrong("denormalise", "detached")
def _(x, mean, std):
    return x.detach() * channels(std) + channels(mean)


@wrong("denormalise", "modifies_input")
def _(x, mean, std):
    return x.mul_(channels(std)).add_(channels(mean))


@wrong("denormalise", "recursion")
def denormalise(x, mean, std):
    return denormalise(x * channels(std), mean, std) + channels(mean)


@wrong("denormalise", "unknown_name")
def _(x, mean, std):
    return image * channels(std) + channels(mean)  # noqa: F821


@wrong("denormalise", "type")
def _(x, mean, std):
    return [x[:, c] * std[c] + mean[c] for c in range(3)]


# --- Found later ------------------------------------------------------------------------------------------------------


def of_planes(change):
    """A picture of [1, 3, H, W], whose levels `change` makes of [H, W, 3]."""
    return lambda image: Image.fromarray(change(image[0].permute(1, 2, 0)).to(torch.uint8).numpy())


wrong("to_image", "absolute")(of_planes(lambda x: (x.abs().clamp(max=1) * 255).round()))
wrong("to_image", "absolute_cut")(of_planes(lambda x: x.abs().clamp(max=1) * 255))
wrong("to_image", "times_256_wrapped")(of_planes(lambda x: (x.clamp(0, 1) * 256).round().int()))
wrong("to_image", "no_255")(of_planes(lambda x: x.clamp(0, 1).round()))
wrong("to_image", "no_255_cut")(of_planes(lambda x: x.clamp(0, 1)))


@wrong("normalise", "levels")
def _(image, mean, std):
    return (image * 255 - torch.tensor(mean).view(1, 3, 1, 1)) / torch.tensor(std).view(1, 3, 1, 1)


@wrong("normalise", "divided_by_255")
def _(image, mean, std):
    return (image / 255 - torch.tensor(mean).view(1, 3, 1, 1)) / torch.tensor(std).view(1, 3, 1, 1)


def of_levels(change):
    """A tensor of a picture, which `change` makes of its levels [1, 3, H, W]."""
    return lambda picture: change(torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float())


def by_channel(formula):
    """What a formula of a picture, mean and std makes, these lying along the channels."""
    return lambda x, mean, std: formula(x, *(torch.tensor(numbers).view(1, 3, 1, 1) for numbers in (mean, std)))


wrong("to_tensor", "integer_division")(of_levels(lambda x: (x.int() // 255).float()))
wrong("to_tensor", "multiplied")(of_levels(lambda x: x * 255))
wrong("to_tensor", "inverted")(of_levels(lambda x: 1 - x / 255))


@wrong("to_tensor", "normalised")
def _(picture):
    return transforms.normalize(transforms.to_tensor(picture), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))[None]


@wrong("to_tensor", "grey")
def _(picture):
    return transforms.to_tensor(picture.convert("L"))[None]


wrong("to_image", "rounded_up")(of_planes(lambda x: (x.clamp(0, 1) * 255).ceil()))
wrong("to_image", "inverted")(of_planes(lambda x: 255 - (x.clamp(0, 1) * 255).round()))
wrong("to_image", "own_maximum")(of_planes(lambda x: ((x / x.max()).clamp(0, 1) * 255).round()))
wrong("to_image", "sigmoid")(of_planes(lambda x: (x.sigmoid() * 255).round()))


@wrong("to_image", "denormalised")
def _(image):
    mean, std = (torch.tensor(numbers) for numbers in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    return of_planes(lambda x: ((x * std + mean).clamp(0, 1) * 255).round())(image)


wrong("normalise", "precedence")(by_channel(lambda x, mean, std: x - mean / std))
wrong("normalise", "swapped")(by_channel(lambda x, mean, std: (x - std) / mean))
wrong("normalise", "mean_added_back")(by_channel(lambda x, mean, std: (x - mean) * std + mean))
wrong("denormalise", "variance")(by_channel(lambda x, mean, std: x * std**2 + mean))
wrong("denormalise", "root")(by_channel(lambda x, mean, std: x * std**0.5 + mean))
wrong("denormalise", "way_there_multiplied")(by_channel(lambda x, mean, std: (x - mean) * std))
wrong("denormalise", "levels_divided")(by_channel(lambda x, mean, std: (x * std + mean) / 255))
