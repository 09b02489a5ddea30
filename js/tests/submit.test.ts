import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseForm, quickMistake, withValue } from "../src/core/form";
import { mountSubmit } from "../src/views/submit";
import type { Call } from "./mock-host";
import { MockHost } from "./mock-host";

vi.mock("../src/core/chunk", () => ({
  loadChunk: () => Promise.resolve({ RunView: ({ run }: { run: string }) => `the run ${run}` }),
}));

function field(name: string, kind: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { name, kind, help: "", hint: "", required: false, default: "", choices: [], fields: [], ...more };
}

const FORM = {
  label: "resnet@1",
  kind: "template",
  description: "<b>small</b>",
  groups: [
    { name: "run", fields: [field("experiment", "text", { required: true })] },
    {
      name: "params",
      fields: [
        field("lr", "number", { required: true, rules: { exclusiveMinimum: 0 }, hint: "more than 0" }),
        field("optimizer", "object", {
          fields: [field("kind", "choice", { choices: ["sgd", "<i>adam</i>"] })],
        }),
        field("layers", "list", { item: field("", "integer", { required: true }) }),
        field("amp", "boolean", { default: "false" }),
      ],
    },
    { name: "schedule", fields: [field("retries", "integer", { default: "0" })] },
  ],
  written: {
    run: { experiment: "digits" },
    params: { lr: "", optimizer: { kind: "" }, layers: ["64"], amp: "false" },
    schedule: { retries: "0" },
  },
};

describe("a field", () => {
  const number = parseForm({
    groups: [{ name: "g", fields: [field("x", "number", { rules: { maximum: 1 } })] }],
  })?.groups[0]?.fields[0];

  it.each([
    ["0.5", null],
    ["1e-4", null],
    [".5", null],
    ["", null],
    ["abc", "must be a number, as in 0.1 or 1e-4"],
    ["1.5", "must be at most 1"],
    ["Infinity", "must be a number, as in 0.1 or 1e-4"],
  ])("says of %j: %s", (written, says) => {
    expect(number && quickMistake(number, written)).toBe(says);
  });

  it("keeps a name such as __proto__ a name", () => {
    const written = withValue({ a: "1" }, ["__proto__"], "2") as Record<string, unknown>;
    expect(Object.keys(written)).toEqual(["a", "__proto__"]);
  });
});

describe("the form", () => {
  let host: MockHost;
  let el: HTMLElement;
  let unmount: () => void;

  const frame = (time = 50): Promise<void> =>
    act(async () => {
      await vi.advanceTimersByTimeAsync(time);
    });
  const last = (op: string): Call => {
    const found = host.calls.filter((call) => call.op === op).at(-1);
    if (found === undefined) {
      throw new Error(`${op} was not asked`);
    }
    return found;
  };
  const answer = async (op: string, result: unknown): Promise<void> => {
    last(op).resolve({ result, buffers: [] });
    await frame();
  };
  const control = (name: string): HTMLInputElement => {
    const label = Array.from(el.querySelectorAll("label")).find((each) => each.textContent.startsWith(name));
    const found = label && el.querySelector<HTMLInputElement>(`#${label.getAttribute("for") ?? "none"}`);
    if (!found) {
      throw new Error(`there is no field ${name}`);
    }
    return found;
  };
  const note = (input: HTMLElement): string =>
    el.querySelector(`#${input.getAttribute("aria-describedby") ?? "none"}`)?.textContent ?? "";
  const write = async (input: HTMLInputElement, value: string): Promise<void> => {
    input.value = value;
    input.dispatchEvent(new Event(input.tagName === "SELECT" ? "change" : "input", { bubbles: true }));
    await frame();
  };
  const press = async (words: string): Promise<void> => {
    const found = Array.from(el.querySelectorAll("button")).find(
      (each) => each.textContent === words || each.getAttribute("aria-label") === words,
    );
    await act(() => found?.click());
    await frame();
  };
  const submit = async (): Promise<void> => {
    el.querySelector("form")?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
    await frame();
  };

  beforeEach(async () => {
    vi.useFakeTimers({ now: 1_000_000 });
    host = new MockHost();
    el = document.createElement("div");
    document.body.append(el);
    unmount = mountSubmit(el, host, { run: "" });
    await frame();
    await answer("form.get", FORM);
  });

  afterEach(() => {
    unmount();
    el.remove();
    vi.useRealTimers();
  });

  it("has a field for each value, and text as text", () => {
    expect(control("experiment").value).toBe("digits");
    expect(note(control("lr"))).toBe("more than 0");
    expect(control("lr").getAttribute("aria-required")).toBe("true");
    expect(el.querySelector("header b")?.textContent).toBe("resnet@1");
    expect(el.querySelectorAll("header b, bdi i")).toHaveLength(1);
    expect(control("amp").type).toBe("checkbox");
    expect(el.querySelector("fieldset")?.textContent).toContain("<i>adam</i>");
  });

  it("says what is wrong with a field once somebody was there, and asks the kernel when the typing rests", async () => {
    await write(control("lr"), "-1");
    expect(note(control("lr"))).toBe("must be more than 0");
    expect(control("lr").getAttribute("aria-invalid")).toBe("true");
    await write(control("lr"), "2");
    expect(host.calls.filter(({ op }) => op === "form.validate")).toHaveLength(0);
    await frame(500);
    expect(last("form.validate").params.written).toMatchObject({ params: { lr: "2", layers: ["64"] } });
    await answer("form.validate", {
      mistakes: [
        { path: "params.lr", message: "2.0 is greater than the maximum of 1" },
        { path: "params.optimizer.kind", message: "is missing" },
      ],
    });
    expect(note(control("lr"))).toContain("greater than the maximum");
    expect(note(control("kind"))).toBe("");
  });

  it("tells all mistakes at once after an attempt, and goes to the first", async () => {
    await submit();
    const mistakes = [
      { path: "params.lr", message: "is missing" },
      { path: "params.layers[0]", message: "64 is too large" },
      { path: "params", message: "does not fit" },
      { path: "schedule.retries", message: "must be whole" },
    ];
    await answer("form.submit", { mistakes });
    expect(el.querySelector(".jp-tracker-submit-end")?.textContent).toContain("4 mistakes");
    expect(document.activeElement).toBe(control("lr"));
    expect(el.querySelector(".jp-tracker-items")?.textContent).toContain("64 is too large");
    expect(el.textContent).toContain("params: does not fit");
    const groups = Array.from(el.querySelectorAll("details"));
    expect(groups.find((each) => each.textContent.startsWith("Time"))?.open).toBe(true);
  });

  it("adds to lists and takes away", async () => {
    await press("Add to layers");
    const items = el.querySelectorAll<HTMLInputElement>(".jp-tracker-items input");
    expect(items).toHaveLength(2);
    await write(items[1] ?? control("none"), "32");
    await press("Remove layers 1");
    await frame(500);
    expect(last("form.validate").params.written).toMatchObject({ params: { layers: ["32"] } });
  });

  it("hides secrets, sends them once, and forgets them", async () => {
    await press("Add a variable");
    const [name, value, secret] = el.querySelectorAll<HTMLInputElement>(".jp-tracker-variable input");
    await write(name ?? control("none"), "TOKEN");
    await write(value ?? control("none"), "hunter2");
    await act(() => secret?.click());
    await frame();
    expect(el.querySelector<HTMLInputElement>("[aria-label='Value of TOKEN']")?.type).toBe("password");
    await submit();
    expect(last("form.submit").params.written).toMatchObject({
      variables: [{ name: "TOKEN", value: "hunter2", secret: true }],
    });
    await answer("form.submit", { run: "r1" });
    expect(el.querySelector(".jp-tracker-variable")).toBeNull();
  });

  it("is submitted once, and keeps what was written when it is drawn anew", async () => {
    await write(control("lr"), "0.5");
    unmount();
    unmount = mountSubmit(el, host, { run: "" });
    await frame();
    expect(control("lr").value).toBe("0.5");
    await submit();
    await submit();
    expect(host.calls.filter(({ op }) => op === "form.submit")).toHaveLength(1);
  });

  it("gives its place to the run", async () => {
    unmount();
    unmount = mountSubmit(el, host, { run: "r1" });
    await frame();
    expect(el.textContent).toBe("the run r1");
  });

  it("says why nothing was submitted", async () => {
    await submit();
    last("form.submit").reject(new Error("As many runs wait as may."));
    await frame();
    expect(el.querySelector("[role=alert]")?.textContent).toBe("As many runs wait as may.");
    expect(el.querySelector<HTMLButtonElement>("button[type=submit]")?.disabled).toBe(false);
  });
});
