"""The page as a server. Comes in: requests. Goes out: the page, and answers to those that pass.

Read `batching` (questions that are answered together), `head` and `first_paint` (the served HTML), `app` (the page and
its functions), `gate` and `sessions` (which requests pass), `connections` (how many, how long), `listening` (where, and
who is invited), `launch` (opening and closing).
"""
