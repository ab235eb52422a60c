"""Weights from data. In: a recipe and the data sets. Out: a run's folder with weights, metrics and pictures.

It knows data and networks. Read in this order:

- `augment`: random warps of images
- `recipes`: the ways to fit a network
- `distributed`: several processes
- `distillation`: learning from larger networks
- `run`: the state of a run
- `snapshots`: the network at several steps of its training
- `cuda_graph`: a whole step as one CUDA graph
- `evaluation`: how good the network is
- `report`: metrics and pictures for people
- `loop`: epochs and steps
"""
