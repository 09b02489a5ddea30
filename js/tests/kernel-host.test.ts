import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FollowStatus } from "../src/core/host";
import { PROBE_LIMIT, QUIET_LIMIT } from "../src/widgets/following";
import { CALL_TIMEOUT, FIRST_REPEAT, KernelHost } from "../src/widgets/kernel-host";
import { wireRun } from "./helpers";
import { MockModel } from "./mock-model";

let model: MockModel;
let host: KernelHost;

beforeEach(() => {
  vi.useFakeTimers();
  model = new MockModel();
  host = new KernelHost(model);
});

afterEach(() => {
  vi.useRealTimers();
});

function follow(columns = 300) {
  const updates: unknown[] = [];
  const statuses: FollowStatus[] = [];
  const leave = host.follow(
    { name: "run", params: { run: "r1" }, columns },
    (update) => updates.push(update),
    (status) => statuses.push(status),
  );
  return { updates, statuses, leave, last: () => statuses.at(-1)?.kind };
}

describe("a call", () => {
  it("gets the answer with its own id, in whatever order answers come", async () => {
    const first = host.call("a", {});
    const second = host.call("b", { x: 1 });
    expect(model.sent).toMatchObject([
      { id: 1, op: "a", params: {} },
      { id: 2, op: "b", params: { x: 1 } },
    ]);
    const buffer = new DataView(new ArrayBuffer(8));
    model.message({ id: 2, result: "two" }, [buffer]);
    model.message({ id: 1, result: "one" });
    await expect(first).resolves.toEqual({ result: "one", buffers: [] });
    await expect(second).resolves.toEqual({ result: "two", buffers: [buffer] });
  });

  it("fails with the kind and message of the kernel", async () => {
    const call = host.call("runs.stop", {});
    model.message({ id: 1, error: { kind: "Unsupported", message: "vertex cannot" } });
    await expect(call).rejects.toMatchObject({ kind: "Unsupported", message: "vertex cannot" });
  });

  it("fails when no answer comes, and ignores one that comes too late", async () => {
    const call = expect(host.call("a", {})).rejects.toMatchObject({ kind: "Timeout" });
    vi.advanceTimersByTime(CALL_TIMEOUT);
    await call;
    expect(() => model.message({ id: 1, result: 1 })).not.toThrow();
  });

  it("is sent again, as the same request, until anything is heard", async () => {
    const call = host.call("a", {});
    await vi.advanceTimersByTimeAsync(FIRST_REPEAT + 2 * FIRST_REPEAT);
    expect(model.repeated).toEqual([model.sent[0], model.sent[0]]);
    model.message({ id: 1, result: 1 });
    await expect(call).resolves.toMatchObject({ result: 1 });
    const later = host.call("b", {});
    await vi.advanceTimersByTimeAsync(CALL_TIMEOUT / 2);
    expect(model.ops()).toEqual(["a", "b"]);
    expect(model.repeated).toHaveLength(2);
    model.message({ id: 2, result: 2 });
    await later;
  });

  it("is of its own page: another view of the same kernel has other requests", () => {
    const other = new MockModel();
    void new KernelHost(other).call("a", {});
    void host.call("a", {});
    expect(model.sent[0]?.once).not.toBe(other.sent[0]?.once);
  });

  it("fails at once when the comm is closed, before and after", async () => {
    const before = host.call("a", {});
    model.fire("comm:close");
    await expect(before).rejects.toMatchObject({ kind: "Closed" });
    await expect(host.call("b", {})).rejects.toMatchObject({ kind: "Closed" });
  });

  it("fails when sending fails", async () => {
    vi.spyOn(model, "send").mockImplementation(() => {
      throw new Error("no comm");
    });
    await expect(host.call("a", {})).rejects.toMatchObject({
      kind: "Closed",
      message: "The kernel of this panel is gone. Run the cell again.",
    });
  });

  it("is not disturbed by messages that make no sense", () => {
    expect(() => {
      model.message(null);
      model.message("text");
      model.message({ id: 99, result: 1 });
      model.message({ push: "update", run: "r1" });
      model.message({ push: "update", run: "nobody", update: {} });
    }).not.toThrow();
  });
});

describe("following", () => {
  it("asks the kernel with the width and hands on the pushes", () => {
    const { updates, last } = follow(640);
    expect(model.sent[0]).toMatchObject({ op: "follow", params: { topic: "run", run: "r1", columns: 640 } });
    model.push({ run: wireRun() });
    expect(updates).toHaveLength(1);
    expect(last()).toBe("live");
  });

  it("is shared: all hear every push, and the kernel is told to stop once", () => {
    const one = follow(300);
    const two = follow(800);
    expect(model.sent.at(-1)?.params).toMatchObject({ columns: 800 });
    model.push({});
    expect([one.updates.length, two.updates.length]).toEqual([1, 1]);
    one.leave();
    expect(model.ops()).not.toContain("unfollow");
    two.leave();
    two.leave();
    expect(model.ops().filter((op) => op === "unfollow")).toHaveLength(1);
  });

  it("says that it is refused, with the reason, and does not insist", async () => {
    const { statuses } = follow();
    model.message({ id: 1, error: { kind: "NotFound", message: "no such run" } });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(statuses).toEqual([{ kind: "refused", message: "no such run" }]);
    expect(model.ops()).toEqual(["follow"]);
  });

  it("says that it is disconnected when nobody answers, and tries again with growing pauses", async () => {
    const { last } = follow();
    await vi.advanceTimersByTimeAsync(CALL_TIMEOUT);
    expect(last()).toBe("disconnected");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(model.ops()).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(CALL_TIMEOUT + 3_900);
    expect(model.ops()).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(100);
    expect(model.ops()).toHaveLength(3);
    model.push({});
    expect(last()).toBe("live");
  });

  it("stays live when pushes come although a busy kernel does not answer", async () => {
    const { last } = follow();
    await vi.advanceTimersByTimeAsync(1_000);
    model.push({ run: wireRun() });
    await vi.advanceTimersByTimeAsync(CALL_TIMEOUT);
    expect(last()).toBe("live");
  });

  it("notices that a live run has gone quiet, keeps the time of the last word and asks again", async () => {
    const { statuses } = follow();
    model.message({ id: 1, result: {} });
    model.push({ run: wireRun() });
    const heard = Date.now();
    await vi.advanceTimersByTimeAsync(QUIET_LIMIT + PROBE_LIMIT);
    expect(statuses.at(-1)).toMatchObject({ kind: "disconnected", since: heard });
    expect(model.ops()).toEqual(["follow", "follow"]);
  });

  it("does not take a run that has nothing to say for a kernel that is gone", async () => {
    const { last } = follow();
    model.message({ id: 1, result: {} });
    model.push({ run: wireRun() });
    await vi.advanceTimersByTimeAsync(QUIET_LIMIT);
    model.message({ id: 2, result: {} });
    await vi.advanceTimersByTimeAsync(PROBE_LIMIT);
    expect(last()).toBe("live");
  });

  it("does not expect news of a run that has ended", async () => {
    const { last } = follow();
    model.message({ id: 1, result: {} });
    model.push({ run: wireRun({ state: "succeeded" }), live: false });
    await vi.advanceTimersByTimeAsync(10 * QUIET_LIMIT);
    expect(last()).toBe("live");
    expect(model.ops()).toEqual(["follow"]);
  });

  it("ends for good when the comm closes", async () => {
    const { last, leave } = follow();
    model.fire("comm:close");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(last()).toBe("disconnected");
    leave();
    expect(model.ops()).toEqual(["follow"]);
  });

  it("leaves no listener behind", () => {
    host.dispose();
    expect(model.listeners()).toBe(0);
  });
});
