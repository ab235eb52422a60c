"""What the lessons of 'How it works' show. Comes in: what the page asks. Goes out: JSON.

Read `lessons` (a function for each question), `growth` (how the network learned: snapshots and curves).
"""
