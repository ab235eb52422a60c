"""The commands behind the figures and pictures of README.md and docs/: `python -m bench.NAME --help` explains each.

What several of them share:

- `command`: paths, flags, and one line where something is missing
- `tables`: Markdown tables, intervals, mean and deviation
- `drawings`: pen strokes of people
- `synthetic_pictures`: pictures made from pen strokes
- `server`: demo.py in a process of its own
- `browser`: Chromium, and a mouse that draws
- `visitors`: people who draw, without a browser

`figures` runs the others, and writes docs/figures.json. Parts of one: `drawn` compares the
`systems` in `sweeps`, and `addition` withholds `pairs`.
"""
