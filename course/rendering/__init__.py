"""Other roads to a picture in a style: brush strokes, patches, local energies, and colours that stay a photo's."""
