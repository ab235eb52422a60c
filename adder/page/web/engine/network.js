// The network of adder/network/: a stem and two residual stages read the image, linear layers score the digits and 'not a digit',
// and P(sum) is the convolution of P(digit) with P(value | number). Maps are flat arrays [y][x][channel], the channel last.

const BLOCK = 8; // outputs of a convolution that are added up together

/**
 * @param {{ header: Object, tensors: Object }} file what readNetworkFile returns
 */
export function newNetwork({ header, tensors }) {
  const layer = (name) => ({ weights: tensors[`${name}.weight`], bias: tensors[`${name}.bias`]?.values });
  const conv = (name) => ({ ...layer(name), weights: inBlocks(tensors[`${name}.weight`]) });
  const stem = { weights: inBlocks(tensors["stem.weight"]) };
  const norm = { scale: tensors["stem.scale"].values, bias: tensors["stem.bias"].values };
  const stages = ["stage1", "stage2"].map((name) => ["widen", "conv1", "conv2"].map((part) => conv(`${name}.${part}`)));
  const side = header.drawing.image.side;

  function runStage(map, [widen, conv1, conv2]) {
    const skipped = relu(convolve(map, widen));
    const added = convolve(relu(convolve(skipped, conv1)), conv2);
    for (let i = 0; i < added.values.length; i++) added.values[i] += skipped.values[i];
    return relu(added);
  }

  return {
    /**
     * The input of the digit layer, (width,).
     * @param {Float32Array} image 28 x 28 rows of 0 paper to 1 ink
     */
    features(image) {
      const normalised = Float64Array.from(image, (ink) => (ink - header.mean) / header.std);
      let map = maxPool(convolve({ side, channels: 1, values: normalised }, stem));
      const { values, channels } = map;
      for (let i = 0; i < values.length; i++) values[i] = values[i] * norm.scale[i % channels] + norm.bias[i % channels];
      map = maxPool(runStage(relu(map), stages[0]));
      return meanOf(runStage(map, stages[1]));
    },

    /** Features -> ten digit logits, divided by the temperature. */
    digitLogits: (features) => linear(features, layer("digit")).map((logit) => logit / header.temperature),

    /** Features -> the not-a-digit logit: higher = less like a digit. */
    refusalLogit: (features) => linear(features, layer("refusal"))[0],

    /** P(digit), ten numbers, and a number from 0 to 9 -> P(sum), 19 numbers. */
    sumProbs(digitProbs, number) {
      const { values } = tensors.value;
      const probs = new Float64Array(19);
      digitProbs.forEach((ofDigit, digit) => {
        for (let value = 0; value < 10; value++) probs[digit + value] += ofDigit * values[10 * number + value];
      });
      return probs;
    },
  };
}

// A convolution with zero padding, the size stays. Half of the inputs are 0 after a ReLU, so it first lists the others around a
// pixel, then adds up their weights for a block of outputs at a time.
function convolve({ side, channels, values }, { weights: { shape, values: weights }, bias }) {
  const [kernel, , , outputs] = shape;
  const reach = kernel >> 1;
  const result = new Float64Array(side * side * outputs);
  const inputs = new Float64Array(kernel * kernel * channels);
  const rows = new Int32Array(inputs.length); // where the weights of each input start
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      let count = 0;
      for (let dy = Math.max(-reach, -y); dy <= reach && y + dy < side; dy++) {
        for (let dx = Math.max(-reach, -x); dx <= reach && x + dx < side; dx++) {
          const pixel = ((y + dy) * side + x + dx) * channels;
          const tap = ((dy + reach) * kernel + dx + reach) * channels;
          for (let channel = 0; channel < channels; channel++) {
            const input = values[pixel + channel];
            inputs[count] = input;
            rows[count] = (tap + channel) * BLOCK;
            if (input !== 0) count++;
          }
        }
      }
      const place = (y * side + x) * outputs;
      for (let output = 0; output < outputs; output += BLOCK) {
        const start = output * inputs.length;
        let a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
        for (let i = 0; i < count; i++) {
          const input = inputs[i];
          const row = rows[i] + start;
          a += input * weights[row];
          b += input * weights[row + 1];
          c += input * weights[row + 2];
          d += input * weights[row + 3];
          e += input * weights[row + 4];
          f += input * weights[row + 5];
          g += input * weights[row + 6];
          h += input * weights[row + 7];
        }
        const at = place + output;
        result[at] = a;
        result[at + 1] = b;
        result[at + 2] = c;
        result[at + 3] = d;
        result[at + 4] = e;
        result[at + 5] = f;
        result[at + 6] = g;
        result[at + 7] = h;
      }
      if (bias) for (let output = 0; output < outputs; output++) result[place + output] += bias[output];
    }
  }
  return { side, channels: outputs, values: result };
}

// Weights (height, width, inputs, outputs) as doubles, eight outputs together, in the order in which `convolve` reads them.
function inBlocks({ shape, values }) {
  const outputs = shape[3];
  const inputs = values.length / outputs;
  const blocks = new Float64Array(values.length);
  for (let input = 0; input < inputs; input++)
    for (let output = 0; output < outputs; output++)
      blocks[(output - (output % BLOCK)) * inputs + input * BLOCK + (output % BLOCK)] = values[input * outputs + output];
  return { shape, values: blocks };
}

// The largest of each 2 x 2 pixels; an odd last row is dropped, as PyTorch drops it.
function maxPool({ side, channels, values }) {
  const half = side >> 1;
  const result = new Float64Array(half * half * channels);
  for (let y = 0; y < half; y++) {
    for (let x = 0; x < half; x++) {
      const above = (2 * y * side + 2 * x) * channels;
      const below = above + side * channels;
      const place = (y * half + x) * channels;
      for (let i = 0; i < channels; i++)
        result[place + i] = Math.max(values[above + i], values[above + channels + i], values[below + i], values[below + channels + i]);
    }
  }
  return { side: half, channels, values: result };
}

function relu(map) {
  const { values } = map;
  for (let i = 0; i < values.length; i++) if (values[i] < 0) values[i] = 0;
  return map;
}

function meanOf({ side, channels, values }) {
  const means = new Float64Array(channels);
  for (let i = 0; i < values.length; i++) means[i % channels] += values[i] / (side * side);
  return means;
}

function linear(features, { weights: { shape: [, outputs], values: weights }, bias }) {
  const result = Float64Array.from(bias);
  features.forEach((feature, i) => {
    for (let output = 0; output < outputs; output++) result[output] += feature * weights[i * outputs + output];
  });
  return result;
}
