"""A drawing becomes the 28x28 image. Comes in: strokes, ink on a canvas, or a picture's file. Goes out: the image.

It knows how MNIST was made and what people's pens and cameras do, and no network. Read `curves` (from point to point),
`strokes` (pen trajectories, and how they are drawn), `image` (ink -> the centred image), `picture` (a file -> grey
values), `ground` (what is darker than the paper), `hypotheses` (what of it may be the digit), `collection` (drawings on
the disk), `table` (images as CSV), `inputs` (whatever files hold).
"""
