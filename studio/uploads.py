"""What somebody sends: how much is taken, and what kind of file it is by its first bytes. No picture is opened here.

Names that browsers give, of files and of types, are never looked at: they say what somebody else believes.
"""

from __future__ import annotations

MOST_BYTES = 12 * 10**6
MOST_PIXELS = 50_000_000
MOST_NARROW = 4  # times longer than wide: the network's deepest layer needs 16 pixels of a first stage of 128
LEAST_SIDE = 32

TOO_LARGE = "This picture has more than 12 MB. Choose a smaller one, or send a screenshot of it."
EMPTY = "There was no picture in the form. Choose one, then send it."

_PICTURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
)
_OTHERS = (
    (b"%PDF", "This is a PDF, not a picture. Send a photo, or a screenshot of the page."),
    (b"PK\3\4", "This is a document or an archive, not a picture. Send a photo."),
    (b"\x1aE\xdf\xa3", "This is a video. Send a photo, or a screenshot of the video."),
)
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
HEIC = (
    "This is a HEIC picture, which few programs but Apple's read. Send a screenshot of it, or set Camera > Formats to "
    "“Most Compatible”."
)
UNKNOWN = (
    "This is no picture that we can read. Send a JPEG, PNG or WebP file: any photo or screenshot of a phone is one."
)


class UploadError(ValueError):
    """What was sent cannot be used; the message is for the page, beside the field.

    Attributes:
        status: of the answer in HTTP.
    """

    def __init__(self, sentence: str, status: int = 422) -> None:
        super().__init__(sentence)
        self.status = status


def kind_of(content: bytes) -> str:
    """The format of a picture, by its content alone.

    Raises:
        UploadError: if it is empty, too large, or no picture that we read.
    """
    if not content:
        raise UploadError(EMPTY)
    if len(content) > MOST_BYTES:
        raise UploadError(TOO_LARGE, 413)
    head = content[:64]
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[4:8] == b"ftyp":
        if b"avif" in head[8:32] or b"avis" in head[8:32]:
            return "AVIF"
        sentence = HEIC if head[8:12] in _HEIF else "This is a video. Send a photo, or a screenshot of the video."
        raise UploadError(sentence, 415)
    for start, kind in _PICTURES:
        if head.startswith(start):
            return kind
    for start, sentence in _OTHERS:
        if head.startswith(start):
            raise UploadError(sentence, 415)
    if b"<svg" in content[:1024] or head.lstrip().startswith(b"<"):
        raise UploadError("This is a drawing or a page in XML, not a photo. Send a screenshot of it.", 415)
    raise UploadError(UNKNOWN, 415)
