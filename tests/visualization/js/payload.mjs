// A payload as visualization/codec.py packs it.

import { deflateSync } from "node:zlib";

export function payloadOf(header, codes) {
  const text = new TextEncoder().encode(JSON.stringify({ format: 1, ...header }));
  const padded = new Uint8Array(Math.ceil((text.length + 4) / 4) * 4 - 4).fill(32);
  padded.set(text);
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, padded.length, true);
  return deflateSync(Buffer.concat([size, padded, new Uint8Array(new Uint16Array(codes).buffer)]));
}
