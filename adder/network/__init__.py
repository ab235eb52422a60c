"""The two-headed network. Comes in: images and numbers. Goes out: digit, sum, and whether it is a digit.

It knows neither drawings nor data sets. Read `backbones` (image -> features), `heads` (digit and number -> sum),
`model` (both together), `folding` (the same, faster to read with), `checkpoint` (the weights' file), `saliency` (which
ink spoke for the digit), `explanation` (filters, maps and votes on the way to it).
"""
