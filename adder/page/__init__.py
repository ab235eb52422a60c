"""What people see. Comes in: what a visitor drew, picked and sent. Goes out: what the page shows, and /read's answers.

It knows drawings and what a Reading holds, and asks whatever reader it is given. Read `payload` (what may come in),
`answers` (readings as JSON), `explain` (what the lessons show), `server` (the page, its gate, opening and closing);
`web/` is what the browser runs, `web/lessons/` a file for each question of 'How it works'.
"""
