"""What is invented beside the data sets. Comes in: a random generator. Goes out: strokes.

Read `shapes` and `glyphs` (outlines, letters and signs), `negatives` (what people draw that is no digit), `pen_noise`
(what hands and devices do to a drawing).
"""
