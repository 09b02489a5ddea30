/** Numbers, durations and times as people read them. Full values belong in a title, not here. */

import { trans } from "./translate";

const MISSING = "–";

/** Four significant digits; very large and very small ones with an exponent. */
export function formatNumber(value: number, digits = 4): string {
  if (Number.isNaN(value)) {
    return "NaN";
  }
  if (!Number.isFinite(value)) {
    return value > 0 ? "∞" : "−∞";
  }
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) {
    return minus(
      value
        .toExponential(digits - 1)
        .replace(/\.?0+e/, "e")
        .replace("e+", "e"),
    );
  }
  if (Number.isInteger(value)) {
    return minus(String(value));
  }
  // Digits before the point are never cut: 12345.6 says 12346, not 12350.
  const whole = Math.max(1, Math.floor(Math.log10(size)) + 1);
  return minus(size < 1 ? value.toPrecision(digits) : value.toFixed(Math.max(0, digits - whole)));
}

function minus(text: string): string {
  return text.replace("-", "−").replace("e-", "e−");
}

/** Labels on an axis: as short as the value allows. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e4 && size < 1e15) {
    const [unit, word]: [number, string] =
      size >= 1e12 ? [1e12, "T"] : size >= 1e9 ? [1e9, "G"] : size >= 1e6 ? [1e6, "M"] : [1e3, "k"];
    return minus(`${Number((value / unit).toPrecision(4))}${word}`);
  }
  if (size !== 0 && size < 1e-4) {
    return minus(value.toExponential(2).replace(/\.?0+e/, "e"));
  }
  return minus(String(Number(value.toPrecision(4))));
}

/** The value as exactly as a person may want it; float noise behind the seventh digit is left out. */
export function formatExact(value: number): string {
  return Number.isFinite(value) ? minus(String(Number(value.toPrecision(7)))) : formatNumber(value);
}

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

export function formatBytes(value: number, digits = 3): string {
  if (!Number.isFinite(value)) {
    return formatNumber(value);
  }
  let rest = Math.abs(value);
  let unit = 0;
  while (rest >= 1024 && unit < BYTE_UNITS.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return `${formatNumber(Math.sign(value) * Number(rest.toPrecision(digits)), digits)} ${BYTE_UNITS[unit] ?? ""}`;
}

/** A metric's value with the unit that its name promises. */
export function formatMetric(key: string, value: number): string {
  if (/(^|[/_.])bytes$/.test(key)) {
    return formatBytes(value);
  }
  if (/(^|[/_.])percent$/.test(key)) {
    return `${formatNumber(value, 3)} %`;
  }
  return formatNumber(value);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** `14 s`, `2 m 14 s`, `3 h 05 m`, `2 d 04 h`: the two largest units. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) {
    return MISSING;
  }
  if (seconds > 0 && seconds < 1) {
    return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  }
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) {
    return `${whole} s`;
  }
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) {
    return `${minutes} m ${two(whole % 60)} s`;
  }
  const hours = Math.floor(minutes / 60);
  if (hours < 24) {
    return `${hours} h ${two(minutes % 60)} m`;
  }
  return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
}

/** Durations on an axis: `0`, `30 s`, `2 m`, `1 h 30 m`. */
export function formatDurationTick(seconds: number): string {
  if (seconds === 0) {
    return "0";
  }
  return Math.abs(seconds) < 60
    ? minus(`${Number(seconds.toPrecision(3))} s`)
    : formatDuration(seconds).replace(/ 00 [smh]$/, "");
}

/** `now`, `14 s ago`, `3 h ago`; the exact time goes beside it, on hover. */
export function formatAge(then: number, now: number): string {
  return now - then < 2 ? formatSince(then, now) : trans.__("%1 ago", formatSince(then, now));
}

/** The same where "ago" goes without saying: `now`, `14 s`, `3 h`. */
export function formatSince(then: number, now: number): string {
  const seconds = Math.max(0, now - then);
  if (seconds < 2) {
    return trans.__("now");
  }
  const steps: [number, string][] = [
    [86400, "d"],
    [3600, "h"],
    [60, "m"],
    [1, "s"],
  ];
  const [size, unit] = steps.find(([limit]) => seconds >= limit) ?? [1, "s"];
  return `${Math.floor(seconds / size)} ${unit}`;
}

/** `12:04:31` in the reader's own time zone. */
export function formatClock(time: number): string {
  const date = new Date(time * 1000);
  if (Number.isNaN(date.getTime())) {
    return MISSING;
  }
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `2026-11-21 12:04:31` in the reader's own time zone. */
export function formatDateTime(time: number): string {
  const date = new Date(time * 1000);
  if (Number.isNaN(date.getTime())) {
    return MISSING;
  }
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${formatClock(time)}`;
}

/** Params as one line: text as it is, everything else as JSON. */
export function formatParam(value: unknown): string {
  if (typeof value === "string") {
    return value;
  }
  if (typeof value === "number") {
    return String(value);
  }
  const json = JSON.stringify(value) as string | undefined;
  return json ?? "–";
}
