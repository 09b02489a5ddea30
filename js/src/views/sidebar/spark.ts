/** Small curves: steps and values as float32 from 0 to 1, to a path of an SVG. */

export const SPARK_WIDTH = 40;
export const SPARK_HEIGHT = 14;

/** A gap in the values is NaN; one point alone is a dot. */
export function sparkPath(buffer: DataView): string {
  const count = Math.floor(buffer.byteLength / 8);
  let path = "";
  let pen = false;
  for (let index = 0; index < count; index += 1) {
    const across = buffer.getFloat32(4 * index, true);
    const up = buffer.getFloat32(4 * (count + index), true);
    const drawn = Number.isFinite(across) && Number.isFinite(up);
    if (drawn) {
      const x = (1 + across * (SPARK_WIDTH - 2)).toFixed(1);
      const y = (1 + (1 - up) * (SPARK_HEIGHT - 2)).toFixed(1);
      path += pen ? `L${x} ${y}` : `M${x} ${y}h0`;
    }
    pen = drawn;
  }
  return path;
}
