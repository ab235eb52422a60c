"""Data for training, validation and test. In: the folder of the data sets. Out: images with their digits.

It knows drawings, and no network. Read in this order:

- `download`: a file from the internet, checked
- `synthetic`: drawings that programs make
- `sources`: the data sets
- `own`: your own digits
- `training_set`: the images of an epoch
- `splits`: training, validation and test, and their batches
"""
