"""Strokes or ink become the 28x28 image. In: strokes, or ink on a canvas. Out: the image.

It knows how MNIST was made and how people draw, and no network. Read in this order:

- `curves`: the smooth line through the points of a stroke
- `strokes`: pen trajectories, and the ink they leave on a canvas
- `raster`: strokes or ink -> the centred 28x28 image
- `collection`: drawings in a file of JSON lines
- `image_csv`: images as CSV
"""
