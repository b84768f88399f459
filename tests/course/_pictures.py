"""Shared by the tests of pictures: making small ones, and comparing colours."""

import struct
import zlib

import numpy as np
import torch
from PIL import Image

RED, BLUE, WHITE, GREY = (1, 0, 0), (0, 0, 1), (1, 1, 1), (0.5, 0.5, 0.5)


def flat(mode, colour, size=(24, 16)):
    return Image.new(mode, size, colour)


def random_picture(seed, height, width):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, bits, colour_type, rows):
    """A PNG byte by byte, for what Pillow does not write: 16-bit colour, and a header that lies."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def assert_near(image, expected, tolerance):
    """As torch.testing.assert_close, whose first call costs seconds of imports."""
    assert image.shape == expected.shape
    assert (image - expected).abs().max() <= tolerance


def assert_colour(image, colour, tolerance=0.0):
    expected = torch.tensor(colour, dtype=torch.float32).reshape(1, 3, 1, 1).expand_as(image)
    assert_near(image, expected, tolerance + 1e-6)
