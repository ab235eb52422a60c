"""What people see. Comes in: what a visitor drew, picked and sent. Goes out: what the page shows, and /read's answers.

It knows drawings and what a Reading holds, and asks whatever reader it is given: no network, no weights, no training.
Read `payload` (what may come in), `answers` (what is told), `explaining` (what the lessons are told), `together`
(questions that wait), `component` (the page and its functions), `gate` and `sessions` (which requests pass),
`connections` (how many, how long), `head` (what others see), `first` (what stands there before Gradio does),
`listening` (where, and who is invited), `serving` (opening and closing); `web/` is what the browser runs,
`web/lessons/` a room for each question of 'How it works'.
"""
