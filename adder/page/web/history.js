// What was on the pad before, and what was undone: whole states, whatever a state is.
export function undoHistory() {
  const LONGEST = 200;
  let past = [];
  let future = [];
  return {
    get canUndo() { return past.length > 0; },
    get canRedo() { return future.length > 0; },
    keep(state) {
      past = [...past, state].slice(-LONGEST);
      future = [];
    },
    forget: () => past.pop(),
    undo(now) {
      future.push(now);
      return past.pop();
    },
    redo(now) {
      past.push(now);
      return future.pop();
    },
  };
}
