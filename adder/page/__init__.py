"""What people see. In: what a visitor draws, picks and sends. Out: what the page shows, and the answers of /read.

It knows drawings and what a Reading holds, and asks the reader that it is given. Read in this order:

- `payload`: checks of what comes in
- `answers`: readings as JSON
- `explain`: what the lessons of 'How it works' show
- `server`: the page, its checks, its start and its end

`web/` holds what the browser runs.
"""
