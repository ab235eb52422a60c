"""Weights from data. Comes in: a recipe and the data sets. Goes out: a run's folder with weights, metrics and pictures.

It knows drawings and networks, and neither the page nor who will read. Read `recipes` (the ways to fit a network),
`download` and `sources` (the data sets), `shapes`, `letters` and `nondigits` (what is no digit), `hands` (what hands
make of a drawing), `own` (your own digits), `epochs` and `data` (what a run learns from), `augment` (random warps),
`run` (its state), `training` (the loop), `graph` (a step on CUDA), `distributed` (several processes), `distillation`
(learning from larger networks), `snapshots` (networks on the way), `evaluation` (how good it is), `report` (what people
see).
"""
