"""Trains a network. In: a recipe and the data sets. Out: a run's folder with weights, metrics and pictures.

It knows data and networks. Read in this order:

- `augment`: random warps of images
- `recipes`: network, optimiser and schedule for each set of weights
- `distributed`: several processes
- `run`: the state of a run
- `snapshots`: the network at several steps of its training, as files
- `cuda_graph`: a whole step as one CUDA graph
- `evaluation`: how good the network is
- `report`: metrics and plots for people
- `loop`: epochs and steps
"""
