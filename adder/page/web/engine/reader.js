// Reads drawings in the browser, with the network of network.bin, as adder/reader.py reads them.
import { newNetwork } from "./network.js";
import { readNetworkFile } from "./network_file.js";
import { strokesImage } from "./strokes_image.js";

/**
 * @typedef {Object} Reading a blank drawing has digit and sum null, and equal probabilities
 * @property {number | null} digit
 * @property {number | null} sum
 * @property {ArrayLike<number>} digitProbs ten
 * @property {ArrayLike<number>} sumProbs 19
 * @property {Float32Array} image 28 x 28 rows of 0 paper to 1 ink: what the network saw
 * @property {boolean} isDigit
 * @property {number} digitScore 0 to 1, higher = more like a digit
 */

/** @param {ArrayBuffer} buffer the content of network.bin */
export function newReader(buffer) {
  const file = readNetworkFile(buffer);
  const { drawing, threshold } = file.header;
  const network = newNetwork(file);

  function readImage(image, number) {
    const features = network.features(image);
    const digitProbs = softmax(network.digitLogits(features));
    const sumProbs = network.sumProbs(digitProbs, number);
    const digitScore = 1 / (1 + Math.exp(network.refusalLogit(features)));
    const [digit, sum] = [digitProbs, sumProbs].map(largest);
    return { digit, sum, digitProbs, sumProbs, image, isDigit: digitScore >= threshold, digitScore };
  }

  return {
    /**
     * @param {number[][][]} strokes points [x, y] in any unit
     * @param {number} number 0 to 9
     * @returns {Reading}
     */
    read(strokes, number) {
      const image = strokesImage(strokes, drawing);
      return image ? readImage(image, number) : blankReading(drawing.image.side, number);
    },
    readImage,
  };
}

function blankReading(side, number) {
  const digitProbs = new Float64Array(10).fill(0.1);
  const sumProbs = new Float64Array(19).fill(0.1, number, number + 10);
  return { digit: null, sum: null, digitProbs, sumProbs, image: new Float32Array(side * side), isDigit: false, digitScore: 0 };
}

function softmax(logits) {
  const highest = Math.max(...logits);
  const shares = logits.map((logit) => Math.exp(logit - highest));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / total);
}

const largest = (values) => values.indexOf(Math.max(...values));
