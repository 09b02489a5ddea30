import { describe, expect, it } from "vitest";
import { parseAnsi, stripAnsi } from "../src/core/ansi";
import { LogBuffer, collapseReturns } from "../src/core/log-buffer";
import { parseLogLines } from "../src/core/parse";
import { isAtEnd, offsetOf, scrollToShow, scrollTopOf, spaceHeight, visibleRows } from "../src/core/virtual";
import { wireLine } from "./helpers";

const ESC = "\u001b";

function fill(
  buffer: LogBuffer,
  lines: readonly object[],
  more: { reset?: boolean; total?: number } = {},
): void {
  buffer.apply({ reset: more.reset ?? false, lines: parseLogLines(lines), total: more.total ?? 0 });
}

function texts(buffer: LogBuffer): string[] {
  return buffer.tail(100).map((entry) => entry.text);
}

describe("terminal colours", () => {
  it("cuts text into spans of one style each", () => {
    const spans = parseAnsi(`a ${ESC}[1;31mred${ESC}[0m b`);
    expect(spans.map(({ text, style }) => [text, style.color, style.bold])).toEqual([
      ["a ", null, false],
      ["red", 1, true],
      [" b", null, false],
    ]);
  });

  it("understands bright, 256 and true colours", () => {
    const colors = parseAnsi(`${ESC}[92ma${ESC}[38;5;196mb${ESC}[38;2;1;2;3mc${ESC}[38;5;3md`);
    expect(colors.map(({ style }) => style.color)).toEqual([10, "rgb(255, 0, 0)", "rgb(1, 2, 3)", 3]);
  });

  it("never lets text of the run into a colour", () => {
    const [span] = parseAnsi(`${ESC}[38;2;999;-1;xm;x`);
    expect(JSON.stringify(span?.style)).not.toContain("x");
  });

  it("drops cursor movements, titles, links and control characters", () => {
    expect(stripAnsi(`${ESC}[2K${ESC}[1Aa${ESC}]0;title\u0007b${ESC}]8;;http://x${ESC}\\c\u0008d\t`)).toBe(
      "abcd\t",
    );
  });

  it("leaves markup as the text that it is", () => {
    expect(parseAnsi("<b>x</b>").map(({ text }) => text)).toEqual(["<b>x</b>"]);
  });
});

describe("carriage returns", () => {
  it("let the text after the last one win", () => {
    expect(collapseReturns("10%\r20%\r30%")).toEqual({ text: "30%", rewind: false });
  });

  it("at the end leave the text until more comes", () => {
    expect(collapseReturns("30%\r")).toEqual({ text: "30%", rewind: true });
  });
});

describe("the log", () => {
  it("makes a progress bar one line that changes", () => {
    const log = new LogBuffer();
    fill(log, [wireLine(1, "10%", { terminated: false })]);
    fill(log, [wireLine(1, "\r20%", { terminated: false })]);
    fill(log, [wireLine(1, "\r30%\r", { terminated: false })]);
    expect(texts(log)).toEqual(["30%"]);
    fill(log, [wireLine(1, "40%")]);
    expect(texts(log)).toEqual(["40%"]);
  });

  it("continues a line that came in parts, also after a later one began", () => {
    const log = new LogBuffer();
    fill(log, [
      wireLine(1, "hel", { terminated: false }),
      wireLine(2, "warning", { stream: "stderr" }),
      wireLine(1, "lo"),
    ]);
    expect(texts(log)).toEqual(["hello", "warning"]);
  });

  it("begins anew on reset", () => {
    const log = new LogBuffer();
    fill(log, [wireLine(1, "old")]);
    fill(log, [wireLine(1, "new")], { reset: true });
    expect(texts(log)).toEqual(["new"]);
  });

  it("keeps older lines on reset where the new ones join on, and drops them where a gap lies between", () => {
    const log = new LogBuffer();
    fill(log, [wireLine(1, "one"), wireLine(2, "two")]);
    fill(log, [wireLine(2, "two"), wireLine(3, "three")], { reset: true });
    expect(texts(log)).toEqual(["one", "two", "three"]);
    fill(log, [wireLine(9, "nine")], { reset: true });
    expect(texts(log)).toEqual(["nine"]);
  });

  it("keeps its bound, drops the oldest and says how many", () => {
    const log = new LogBuffer(100);
    fill(
      log,
      Array.from({ length: 130 }, (_, line) => wireLine(line, `line ${line}`)),
      { total: 130 },
    );
    expect(log).toHaveLength(95);
    expect(log.dropped).toBe(35);
    expect(log.at(0)?.text).toBe("line 35");
    expect(log.total).toBe(130);
  });

  it("bounds a line without an end", () => {
    const log = new LogBuffer();
    fill(log, [wireLine(1, "x".repeat(100_000))]);
    expect(log.at(0)?.text.length).toBeLessThan(20_000);
  });
});

describe("a virtual list", () => {
  it("draws only the rows on the screen and a few beside", () => {
    expect(visibleRows(10_000, 300, 20, 100_000, 5)).toEqual({ first: 495, end: 520 });
  });

  it("stays inside the list at both ends", () => {
    expect(visibleRows(0, 300, 20, 3)).toEqual({ first: 0, end: 3 });
    expect(visibleRows(5000, 300, 20, 0)).toEqual({ first: 0, end: 0 });
  });

  it("knows when the reader is at the end", () => {
    expect(isAtEnd(1700, 300, 20, 100)).toBe(true);
    expect(isAtEnd(1000, 300, 20, 100)).toBe(false);
  });

  it("scrolls to a row only when it is out of sight", () => {
    expect(scrollToShow(5, 0, 300, 20)).toBe(0);
    expect(scrollToShow(50, 0, 300, 20)).toBe(860);
  });

  it("is lower than browsers can draw, however many rows there are, and still reaches each of them", () => {
    const count = 2_000_000;
    const space = spaceHeight(18, count);
    expect(space).toBeLessThan(17_000_000);
    expect(offsetOf(space - 300, 300, 18, count)).toBeCloseTo(18 * count - 300);
    expect(offsetOf(scrollTopOf(1_234_567 * 18, 300, 18, count), 300, 18, count)).toBeCloseTo(1_234_567 * 18);
    expect(spaceHeight(18, 1000)).toBe(18_000);
    expect(offsetOf(77, 300, 18, 1000)).toBe(77);
  });
});
