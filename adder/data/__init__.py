"""What a run learns from and is judged by. Comes in: the folder of the data sets. Goes out: images with their digits.

It knows drawings, and no network. Read `download` and `sources` (the data sets), `synthetic` (what is invented), `own`
(your own digits), `training_set` (what an epoch shows), `splits` (training, validation and test, and their batches).
"""
