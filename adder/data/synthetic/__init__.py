"""Synthetic drawings, and synthetic faults of real ones. In: a random generator. Out: strokes, and ink.

Read in this order:

- `shapes`: outlines and signs
- `glyphs`: letters and signs of fonts
- `printed`: printed digits
- `negatives`: drawings that are not digits
- `noise`: blobs of ink
- `pen_noise`: faults of pens and devices, and other styles of writing a digit
"""
