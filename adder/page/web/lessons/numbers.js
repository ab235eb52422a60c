// Numbers from the server, base64 of their bytes, as arrays; and numbers as text.
export const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
export const floatsOf = (text) => new Float32Array(bytesOf(text).buffer);
export const wordsOf = (text) => new Uint16Array(bytesOf(text).buffer);

export const rounded = (value, places) => (Math.abs(value) < 0.5 * 10 ** -places ? "0" : value.toFixed(places).replace("-", "−"));
export const signed = (value, places) => (value > 0 && rounded(value, places) !== "0" ? "+" : "") + rounded(value, places);
