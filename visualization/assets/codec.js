// Payloads of visualization/payload.py: a JSON header, then 16-bit codes with scale and offset by row, all of it deflated.

export const NO_NUMBER = 65535;
export const PAYLOAD_FORMAT = 1;

// Header of a payload whose blocks have `data`, a Float64Array; rejects with one line if the bytes are none.
export async function decodePayload(bytes) {
  const raw = await inflate(bytes);
  const size = new DataView(raw.buffer, raw.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(raw.subarray(4, 4 + size)));
  if (header.format !== PAYLOAD_FORMAT) {
    throw new Error(`payload: format ${PAYLOAD_FORMAT} expected, ${header.format} found; reload the page`);
  }
  const codes = new Uint16Array(raw.slice(4 + size).buffer);
  for (const entry of blocksOf(header)) entry.data = numbersOf(entry, codes);
  return header;
}

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export function blocksOf(part) {
  if (part === null || typeof part !== "object") return [];
  if ("at" in part && "scale" in part && "shape" in part) return [part];
  return Object.values(part).flatMap(blocksOf);
}

export function numbersOf(entry, codes) {
  const count = entry.shape.reduce((product, length) => product * length, 1);
  const rows = entry.scale.length;
  const width = rows ? count / rows : 0;
  const data = new Float64Array(count);
  for (let row = 0; row < rows; row += 1) {
    const scale = entry.scale[row];
    const offset = entry.offset ? entry.offset[row] : 0;
    for (let place = row * width; place < (row + 1) * width; place += 1) {
      const code = codes[entry.at + place];
      data[place] = code === NO_NUMBER ? NaN : offset + scale * code;
    }
  }
  return data;
}

// Bytes of a widget's trait: a DataView, an ArrayBuffer or a typed array, empty or not.
export function bytesOf(value) {
  if (!value) return new Uint8Array(0);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}
