// Zip archives in the browser, read and written by slices: no archive is held in memory as a whole. What goes wrong is told
// by the key of a text.

const LOCAL = 0x04034b50, CENTRAL = 0x02014b50, END = 0x06054b50;
const FULL_32 = 0xffffffff, FULL_16 = 0xffff;
const UTF8_NAMES = 0x0800;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit += 1) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});

async function crc32(blob) {
  let crc = 0xffffffff;
  const reader = blob.stream().getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    for (const byte of part.value) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 255];
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** Numbers of 2 or 4 bytes, written one after the other. */
function record(...fields) {
  const bytes = new DataView(new ArrayBuffer(fields.reduce((sum, [width]) => sum + width, 0)));
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) bytes.setUint16(at, value, true);
    else bytes.setUint32(at, value, true);
    at += width;
  }
  return bytes.buffer;
}

/** An archive of `[{ name, blob }]`, stored as they are; a name that is there already gets a number. Up to 4 GB. */
export async function zip(files) {
  const parts = [], directory = [], taken = new Set();
  let offset = 0;
  const now = new Date();
  const time = (now.getHours() << 11) | (now.getMinutes() << 5) | (now.getSeconds() >> 1);
  const date = (Math.max(0, now.getFullYear() - 1980) << 9) | ((now.getMonth() + 1) << 5) | now.getDate();
  for (const { name, blob } of files) {
    const label = new TextEncoder().encode(free(name, taken));
    const shared = [[2, 20], [2, UTF8_NAMES], [2, 0], [2, time], [2, date], [4, await crc32(blob)], [4, blob.size], [4, blob.size], [2, label.length], [2, 0]];
    parts.push(record([4, LOCAL], ...shared), label, blob);
    directory.push(record([4, CENTRAL], [2, 20], ...shared, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), label);
    offset += 30 + label.length + blob.size;
  }
  const size = directory.reduce((sum, part) => sum + part.byteLength, 0);
  if (offset + size >= FULL_32 || files.length >= FULL_16) throw new Error("zip.large");
  const end = record([4, END], [2, 0], [2, 0], [2, files.length], [2, files.length], [4, size], [4, offset], [2, 0]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

function free(name, taken) {
  const [, stem, extension] = name.match(/^(.*?)(\.[^./]*)?$/s);
  let unique = name;
  for (let count = 2; taken.has(unique.toLowerCase()); count += 1) unique = `${stem}_${count}${extension ?? ""}`;
  taken.add(unique.toLowerCase());
  return unique;
}

/**
 * The files of an archive: `[{ name, size, blob() }]`, each unpacked when it is asked for. Throws where it is none, is damaged,
 * or has more than 65,535 files or 4 GB (zip64): such are not looked into.
 */
export async function entries(archive) {
  const { count, offset, size } = await findDirectory(archive);
  if (offset + size > archive.size) throw damaged();
  const view = new DataView(await archive.slice(offset, offset + size).arrayBuffer());
  const found = [];
  for (let index = 0, at = 0; index < count; index += 1) {
    if (at + 46 > view.byteLength || view.getUint32(at, true) !== CENTRAL) throw damaged();
    const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
    const next = at + 46 + nameLength + extraLength + commentLength;
    if (next > view.byteLength) throw damaged();
    const bytes = new Uint8Array(view.buffer, at + 46, nameLength);
    const name = new TextDecoder(flags & UTF8_NAMES ? "utf-8" : "latin1").decode(bytes);
    const place = { packed: view.getUint32(at + 20, true), size: view.getUint32(at + 24, true), offset: view.getUint32(at + 42, true) };
    if (!name.endsWith("/")) found.push({ name, size: place.size, blob: () => unpack(archive, place, method, flags) });
    at = next;
  }
  return found;
}

async function findDirectory(archive) {
  const from = Math.max(0, archive.size - 22 - FULL_16);
  const view = new DataView(await archive.slice(from).arrayBuffer());
  for (let at = view.byteLength - 22; at >= 0; at -= 1) {
    if (view.getUint32(at, true) !== END || at + 22 + view.getUint16(at + 20, true) > view.byteLength) continue;
    return { count: view.getUint16(at + 10, true), size: view.getUint32(at + 12, true), offset: view.getUint32(at + 16, true) };
  }
  throw damaged();
}

async function unpack(archive, { packed, size, offset }, method, flags) {
  const head = new DataView(await archive.slice(offset, offset + 30).arrayBuffer());
  if (head.byteLength < 30 || head.getUint32(0, true) !== LOCAL || flags & 1) throw damaged();
  const from = offset + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const content = archive.slice(from, from + packed);
  if (content.size !== packed) throw damaged();
  if (method === 0) return content;
  if (method !== 8) throw damaged();
  // What unpacks to more than it said is cut off: no memory for bombs.
  let room = size;
  const limit = new TransformStream({ transform(chunk, controller) {
    room -= chunk.length;
    if (room < 0) controller.error(damaged());
    else controller.enqueue(chunk);
  } });
  return new Response(content.stream().pipeThrough(new DecompressionStream("deflate-raw")).pipeThrough(limit)).blob();
}

function damaged() {
  return new Error("zip.damaged");
}
