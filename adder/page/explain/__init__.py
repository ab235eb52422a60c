"""What the lessons of 'How it works' show. In: what the page asks. Out: JSON.

Read in this order:

- `lessons`: a function for each question
- `training_history`: snapshots and curves of the training
"""
