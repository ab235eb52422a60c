"""The page as a server. In: requests. Out: the page, and answers to the requests that it allows.

Read in this order:

- `batching`: requests that are answered together
- `html_head`: the head of the HTML, and headers
- `bundle`: JavaScript modules, as one script
- `first_paint`: a pad that draws before Gradio is there
- `app`: the page and its functions
- `sessions`: limits on what Gradio remembers
- `envelope`: what Gradio wraps a call in
- `gate`: which requests are allowed
- `connections`: limits on connections
- `listening`: addresses, ports and how to join
- `launch`: start and end
"""
