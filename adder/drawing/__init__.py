"""Strokes or ink become the 28x28 image. Comes in: strokes, or ink on a canvas. Goes out: the image.

It knows how MNIST was made and what people's pens do, and no network. Read `curves` (from point to point), `strokes`
(pen trajectories, and how they are drawn), `raster` (strokes or ink -> the centred image), `collection` (drawings on
the disk), `table` (images as CSV).
"""
