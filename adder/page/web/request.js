// The server's answer, or an Error after 8 s: a silent server counts as a failed one.
const PATIENCE = 8000; // ms

export function withPatience(answer) {
  let timer;
  const silence = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error("no answer")), PATIENCE)));
  return Promise.race([answer, silence]).finally(() => clearTimeout(timer));
}
