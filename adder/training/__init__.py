"""Weights from data. Comes in: a recipe and the data sets. Goes out: a run's folder with weights, metrics and pictures.

It knows data and networks, and not who will read. Read `recipes` (the ways to fit a network), `augment` (random warps),
`run` (its state), `loop` (epochs and steps), `graph` (a step on CUDA), `distributed` (several processes),
`distillation` (learning from larger networks), `snapshots` (networks on the way), `evaluation` (how good it is),
`report` (what people see of it).
"""
