// The file of the network, network.bin, as adder/export.py writes it.

/**
 * What the file holds: the settings of its header, and its tensors by name.
 * @param {ArrayBuffer} buffer
 * @returns {{ header: Object, tensors: Object<string, { shape: number[], values: Float32Array }> }}
 */
export function readNetworkFile(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  if (header.format !== "adder-network-1") throw new Error(`network.bin has the unknown format ${header.format}`);
  const tensors = {};
  for (const { name, shape, offset } of header.tensors) {
    const count = shape.reduce((product, side) => product * side, 1);
    tensors[name] = { shape, values: new Float32Array(buffer, 4 + length + offset, count) };
  }
  return { header, tensors };
}
