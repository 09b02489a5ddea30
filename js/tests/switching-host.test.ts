import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FollowStatus, Host } from "../src/core/host";
import { CLOSED, HostError, TIMEOUT } from "../src/core/host";
import { SwitchingHost } from "../src/widgets/switching-host";
import { MockHost } from "./mock-host";

const GONE: FollowStatus = { kind: "disconnected", since: 5, message: "The kernel is gone." };
const TOPIC = { name: "run", params: { run: "r1" }, columns: 300 };

let kernel: MockHost;
let server: MockHost;
let successor: ReturnType<typeof vi.fn<() => Promise<Host> | null>>;
let host: SwitchingHost;
let statuses: FollowStatus[];
let updates: unknown[];

beforeEach(() => {
  vi.useFakeTimers();
  kernel = new MockHost();
  server = new MockHost();
  successor = vi.fn(() => Promise.resolve<Host>(server));
  host = new SwitchingHost(kernel, successor);
  statuses = [];
  updates = [];
});

afterEach(() => {
  host.dispose();
  vi.useRealTimers();
});

function follow(): () => void {
  return host.follow(
    TOPIC,
    (update) => updates.push(update),
    (status) => statuses.push(status),
  );
}

async function settle(milliseconds = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
}

describe("when the kernel is gone", () => {
  it("what is followed goes on at the other host, and nobody hears of a break", async () => {
    follow();
    kernel.follows[0]?.onStatus(GONE);
    await settle();
    expect([kernel.follows[0]?.active, server.follows[0]?.active]).toEqual([false, true]);
    expect(server.follows[0]?.topic).toEqual(TOPIC);
    server.follows[0]?.onUpdate({ now: 1 }, []);
    server.follows[0]?.onStatus({ kind: "live" });
    expect(updates).toEqual([{ now: 1 }]);
    expect(statuses).toEqual([{ kind: "live" }]);
  });

  it("many views ask for the other host once, and new ones begin there", async () => {
    [1, 2, 3].forEach(follow);
    kernel.follows.forEach(({ onStatus }) => onStatus(GONE));
    await settle();
    follow()();
    expect(successor).toHaveBeenCalledOnce();
    expect(server.follows.map(({ active }) => active)).toEqual([true, true, true, false]);
    expect(kernel.follows).toHaveLength(3);
  });

  it("a request that the kernel can no longer have carried out is put to the other host", async () => {
    const answer = host.call("runs.stop", { run: "r1" });
    kernel.calls[0]?.reject(new HostError(CLOSED, "gone"));
    await settle();
    expect(server.calls).toMatchObject([{ op: "runs.stop", params: { run: "r1" } }]);
    server.calls[0]?.resolve({ result: "done", buffers: [] });
    await expect(answer).resolves.toMatchObject({ result: "done" });
  });

  it("a request that was not answered in time is not made twice", async () => {
    const answer = expect(host.call("runs.delete", {})).rejects.toMatchObject({ kind: "Timeout" });
    kernel.calls[0]?.reject(new HostError(TIMEOUT, "busy or gone"));
    await answer;
    expect(server.calls).toHaveLength(0);
  });

  it("a request waits while the other host is sought", async () => {
    let come: (host: Host) => void = () => undefined;
    successor.mockReturnValue(new Promise((resolve) => (come = resolve)));
    follow();
    kernel.follows[0]?.onStatus(GONE);
    void host.call("runs.points", {});
    await settle();
    expect([kernel.calls.length, server.calls.length]).toEqual([0, 0]);
    come(server);
    await settle();
    expect([kernel.calls.length, server.calls.length]).toEqual([0, 1]);
  });

  it("errors of the other host, of another bundle, are those of this one", async () => {
    follow();
    kernel.follows[0]?.onStatus(GONE);
    await settle();
    const answer = host.call("runs.rows", {});
    await settle();
    const foreign = Object.assign(new Error("no such column"), { kind: "InvalidFilter", column: 7 });
    server.calls[0]?.reject(foreign);
    const error = await answer.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(HostError);
    expect(error).toMatchObject({ kind: "InvalidFilter", message: "no such column", column: 7 });
  });
});

describe("where nobody takes over", () => {
  it("it is said as the kernel's host says it", async () => {
    successor.mockReturnValue(null);
    follow();
    kernel.follows[0]?.onStatus(GONE);
    await settle();
    expect(statuses).toEqual([GONE]);
  });

  it("it is said why, and asked again when the reader tries again", async () => {
    successor.mockReturnValueOnce(Promise.reject(new HostError("NotFound", "No such connection.")));
    follow();
    kernel.follows[0]?.onStatus(GONE);
    await settle(60_000);
    expect(statuses).toMatchObject([{ message: "The kernel is gone. No such connection." }]);
    expect(successor).toHaveBeenCalledOnce();
    follow();
    kernel.follows[1]?.onStatus(GONE);
    await settle();
    expect(server.follows).toHaveLength(2);
  });

  it("it is tried again by itself while the server is silent, and no more once nothing is followed", async () => {
    successor.mockImplementation(() => Promise.reject(new HostError(TIMEOUT, "silent")));
    const leave = follow();
    kernel.follows[0]?.onStatus(GONE);
    await settle(2_000);
    expect(successor).toHaveBeenCalledTimes(2);
    await settle(4_000);
    expect(successor).toHaveBeenCalledTimes(3);
    leave();
    await settle(60_000);
    expect(successor).toHaveBeenCalledTimes(3);
    expect(statuses).toEqual([GONE]);
  });

  it("a request fails with both reasons", async () => {
    successor.mockReturnValue(Promise.reject(new HostError("NotFound", "No such connection.")));
    const answer = host.call("runs.stop", {});
    kernel.calls[0]?.reject(new HostError(CLOSED, "The kernel is gone."));
    await expect(answer).rejects.toMatchObject({ message: "The kernel is gone. No such connection." });
  });
});
