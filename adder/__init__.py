"""Draw a digit, pick a number: a two-headed network answers with the digit and the sum.

- `files`: paths as people write them; a file is written whole or not at all
- `import_errors`: why a package cannot be imported, and what to do
- `drawing`: strokes -> the 28x28 image
- `pictures`: a photo or a screenshot -> the ink of its digit
- `inputs`: files and folders -> drawings
- `network`: image and number -> digit, sum, 'not a digit'
- `data`: what a run learns from, and what judges it
- `training`: a recipe and data -> weights
- `reader`: loaded weights that read strokes, ink and pictures
- `corrections`: misread drawings and what they were meant as, which adjust a reading
- `page`: what people see
- `export`: the network as a file that a browser reads without a server
- `__main__`: the command line, `python -m adder FILE...`

`hand` and `read` are earlier names, which work until version 1.2. The docstring of each folder says what goes in, what
comes out, and in which order to read it.
"""
