// node read_drawings.js ENGINE FOLDER: reads FOLDER/drawings.json with FOLDER/network.bin and the reader.js in ENGINE, and writes
// FOLDER/answers.bin: for each drawing float32 numbers, the image, both probabilities, the score, is it a digit, digit, sum.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [engine, folder] = process.argv.slice(2);
const { newReader } = await import(pathToFileURL(`${engine}/reader.js`));
const reader = newReader(new Uint8Array(readFileSync(`${folder}/network.bin`)).buffer);
const { drawings, numbers } = JSON.parse(readFileSync(`${folder}/drawings.json`, "utf-8"));
const answers = drawings.map((strokes, i) => {
  const { image, digitProbs, sumProbs, digitScore, isDigit, digit, sum } = reader.read(strokes, numbers[i]);
  return [...image, ...digitProbs, ...sumProbs, digitScore, Number(isDigit), digit ?? -1, sum ?? -1];
});
writeFileSync(`${folder}/answers.bin`, Float32Array.from(answers.flat()));
