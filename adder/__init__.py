"""Draw a digit, pick a number: a two-headed network answers with the digit and with the sum.

    drawing/   strokes, ink or a picture -> the 28x28 image
    network/   image and number -> digit, sum, refusal
    learning/  a recipe and data -> weights
    files      paths as people write them; a file is written whole or not at all
    imports    why a package cannot be imported, and the remedy
    choice     of what may be ink in a picture, what is the digit
    hand       a person's own lessons, that move a reading
    reader     drawing + network: loaded weights that read drawings
    read       the command line: files in, digits and sums out
    growth     how it learned: its snapshots, and the curves of others
    page/      what people see

Each folder's docstring says what comes in, what goes out, and in which order to read it.
"""
