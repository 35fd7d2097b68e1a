// Reading payloads: codes to numbers, what is refused.

import assert from "node:assert/strict";
import { test } from "node:test";

import { NO_NUMBER, blocksOf, bytesOf, decodePayload, numbersOf } from "../../../visualization/assets/codec.js";
import { payloadOf } from "./payload.mjs";

const ENTRY = { at: 1, shape: [2, 2], scale: [0.5, 10], offset: [1, 0] };

test("codes become numbers by row, with scale and offset, and the last code is no number", () => {
  const numbers = numbersOf(ENTRY, new Uint16Array([9, 0, 4, NO_NUMBER, 3]));
  assert.deepEqual([...numbers], [1, 3, NaN, 30]);
});

test("an offset of 0 stands for no offset in any row", () => {
  assert.deepEqual([...numbersOf({ ...ENTRY, offset: 0 }, new Uint16Array([9, 2, 4, 5, 3]))], [1, 2, 50, 30]);
});

test("a payload is inflated and its blocks are found wherever they are", async () => {
  const header = await decodePayload(payloadOf({ charts: { lead: { values: ENTRY } }, list: [{ a: ENTRY }] }, [9, 2, 4, 5, 3]));
  assert.equal(blocksOf(header).length, 2);
  assert.deepEqual([...header.charts.lead.values.data], [2, 3, 50, 30]);
});

test("another format is refused with the cure", async () => {
  await assert.rejects(decodePayload(payloadOf({ format: 7 }, [])), /format 1 expected, 7 found; reload/);
});

test("bytes come as views, buffers or not at all", () => {
  const buffer = new Uint8Array([1, 2, 3, 4]).buffer;
  assert.deepEqual([...bytesOf(new DataView(buffer, 1, 2))], [2, 3]);
  assert.equal(bytesOf(buffer).length, 4);
  assert.equal(bytesOf(null).length, 0);
});
