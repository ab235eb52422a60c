"""What a run learns from, and what judges it. In: the folder of the data sets. Out: images with their digits.

It knows drawings, and no network. Read in this order:

- `download`: a file from the network, checked
- `synthetic`: drawings that are made up
- `sources`: the data sets
- `own`: your own digits
- `training_set`: what an epoch shows
- `splits`: training, validation and test, and their batches
"""
