"""Data for training, validation and test. In: the folder of the data sets. Out: images with their digits.

It knows drawings, and no network. Read in this order:

- `images`: labelled images
- `mnist`: MNIST's images
- `synthetic`: what programs draw
- `pen_data`: the pen strokes and characters of strokes.npz
- `pack`: makes strokes.npz
- `own`: your own digits
- `training_set`: the images of an epoch
- `splits`: training, validation and test, and their batches
"""
