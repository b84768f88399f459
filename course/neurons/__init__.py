"""What neurons see: pictures that a channel answers to most, ways back from an answer to the pixels, dreams.

`ascent` climbs on a score; `spectrum` is a way to write a picture down in which climbing goes well; `dreaming`
exaggerates what a layer sees in a photo; `backward` walks from an answer back to the picture; `patches` looks for what
a channel answers to in many pictures.
"""
