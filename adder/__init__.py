"""Draw a digit, pick a number: a two-headed network answers with the digit and with the sum.

Read in this order. `image` and `strokes` turn a drawing into the 28x28 image; `backbones`, `heads` and `model` are the
network and `recipes` the table of the ways to fit it; `sources`, `nondigits`, `data`, `augment`, `training` and
`distributed` fit it; `evaluation` and `report` say how good it is; `checkpoint` keeps it; `reader` loads it and reads
drawings; `page` is what people see.
"""
