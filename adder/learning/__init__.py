"""Weights from data. Comes in: a recipe and the data sets. Goes out: a run's folder with weights, metrics and pictures.

It knows drawings and networks, and neither the page nor who will read. Read `recipes` (the ways to fit a network),
`download` and `sources` (the data sets), `shapes`, `letters` and `nondigits` (what is no digit), `hands` (what hands
make of a drawing), `data` (what a run learns from), `augment` (random warps), `training` (the loop), `distributed`
(several processes), `evaluation` (how good it is), `report` (what people see).
"""
