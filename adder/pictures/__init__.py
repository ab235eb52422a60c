"""A picture becomes the ink of its digit. Comes in: a file's bytes. Goes out: the ink, and where in the picture it is.

It knows what cameras and screens do, and no network. Read `decode` (bytes -> grey values), `ground` (what is darker
than the paper), `candidates` (what of it may be the digit), `select` (the candidate that is most surely a digit, asked
of whoever can read).
"""
