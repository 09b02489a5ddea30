/** Exponential moving average with the start-up bias taken out, so that the first points are not
 *  pulled towards zero. `weight` 0 gives the values back; values that are no numbers stay gaps. */
export function smooth(values: Float64Array, weight: number): Float64Array {
  if (weight <= 0) {
    return values;
  }
  const result = new Float64Array(values.length);
  let average = 0;
  let debias = 1;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? NaN;
    if (!Number.isFinite(value)) {
      result[index] = NaN;
      continue;
    }
    average = weight * average + (1 - weight) * value;
    debias *= weight;
    result[index] = average / (1 - debias);
  }
  return result;
}
