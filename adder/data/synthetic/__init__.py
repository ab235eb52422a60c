"""Drawings that are made up. In: a random generator. Out: strokes.

Read in this order:

- `shapes`: outlines and signs
- `glyphs`: letters and signs of fonts
- `negatives`: drawings that are not digits
- `pen_noise`: what people and devices do to a drawing
"""
