/** Answers of the server with binary buffers; `jupyter_tracker/server/frames.py` writes them. */

/** The JSON and the buffers of a frame. Throws when the bytes are none. */
export function unpackFrame(data: ArrayBuffer): { content: unknown; buffers: DataView[] } {
  const header = new DataView(data);
  const count = header.getUint32(0, true);
  let at = 4 * (count + 1);
  const parts: DataView[] = [];
  for (let index = 1; index <= count; index += 1) {
    const length = header.getUint32(4 * index, true);
    parts.push(new DataView(data, at, length));
    at += length;
  }
  const [json, ...buffers] = parts;
  return { content: JSON.parse(new TextDecoder().decode(json)) as unknown, buffers };
}
