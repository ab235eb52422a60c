"""A picture becomes the ink of its digit. In: the bytes of a file. Out: the ink, and its frame in the picture.

It knows what cameras and screens do, and no network. Read in this order:

- `decode`: bytes -> pixels
- `ink_masks`: what is darker than the paper, lighter, or of another colour
- `candidates`: the parts of it that may be the digit
- `select`: the candidate that the network is most confident of
"""
