import { beforeEach, describe, expect, it, vi } from "vitest";
import type { RunSession } from "../src/core/session";
import { sessionOf } from "../src/core/session";
import { pointsBuffer, push, wirePoints, wireRun } from "./helpers";
import { MockHost } from "./mock-host";

let host: MockHost;
let session: RunSession;

beforeEach(() => {
  host = new MockHost();
  session = sessionOf(host, "r1");
});

describe("a session", () => {
  it("is one for all views of a run on a host", () => {
    expect(sessionOf(host, "r1")).toBe(session);
    expect(sessionOf(host, "r2")).not.toBe(session);
    expect(sessionOf(new MockHost(), "r1")).not.toBe(session);
  });

  it("follows as long as somebody is attached, and keeps what it knows afterwards", () => {
    const leave = session.attach(300);
    const leaveToo = session.attach(300);
    expect(host.follows).toHaveLength(1);
    push(host.follows[0], { run: wireRun() });
    leave();
    leave();
    expect(host.follows[0]?.active).toBe(true);
    leaveToo();
    expect(host.follows[0]?.active).toBe(false);
    expect(session.run?.name).toBe("baseline");
  });

  it("asks again when a much wider view comes", () => {
    session.attach(300);
    session.attach(900);
    expect(host.follows.map(({ topic, active }) => [topic.columns, active])).toEqual([
      [300, false],
      [900, true],
    ]);
  });

  it("appends points and replaces them on reset", () => {
    session.attach(300);
    const [follow] = host.follows;
    push(follow, { points: [wirePoints("loss", 1)] }, [pointsBuffer([{ step: 1, value: 1 }])]);
    push(follow, { points: [wirePoints("loss", 1, { reset: false })] }, [
      pointsBuffer([{ step: 2, value: 2 }]),
    ]);
    expect(session.series.get("loss")).toHaveLength(2);
    push(follow, { points: [wirePoints("loss", 1)] }, [pointsBuffer([{ step: 3, value: 3 }])]);
    expect(Array.from(session.series.get("loss")?.step ?? [])).toEqual([3]);
  });

  it("corrects its clock by the kernel's", () => {
    vi.useFakeTimers({ now: 2_000_000 });
    session.attach(300);
    push(host.follows[0], { now: 1500 });
    expect(session.now()).toBe(1500);
    vi.useRealTimers();
  });

  it("tells its listeners once per frame, however many pushes come", async () => {
    const listener = vi.fn();
    session.subscribe(listener);
    session.attach(300);
    push(host.follows[0], { run: wireRun() });
    push(host.follows[0], { run: wireRun() });
    await new Promise(requestAnimationFrame);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it("takes the state after a stop from the answer", async () => {
    const stopped = session.act("runs.stop");
    expect(host.calls[0]).toMatchObject({ op: "runs.stop", params: { run: "r1" } });
    host.calls[0]?.resolve({ result: { run: wireRun({ state: "stopping" }) }, buffers: [] });
    await stopped;
    expect(session.run?.state).toBe("stopping");
  });

  it("does not take another run from an answer for its own", async () => {
    const cloned = session.act("runs.clone", { params: { lr: 1 } });
    host.calls[0]?.resolve({ result: { run: wireRun({ id: "r2" }) }, buffers: [] });
    expect((await cloned)?.id).toBe("r2");
    expect(session.run).toBeNull();
  });

  it("follows only the parts that it is made for", () => {
    const other = new MockHost();
    sessionOf(other, "r1", "run", ["log"]).attach(50);
    expect(other.follows[0]?.topic.params).toEqual({ run: "r1", parts: ["log"] });
  });

  it("brings the points of a range", async () => {
    const asked = session.points({ keys: ["loss"], x: "step", from: 1, to: 2, columns: 100 });
    expect(host.calls[0]?.params).toEqual({
      run: "r1",
      keys: ["loss"],
      x: "step",
      from: 1,
      to: 2,
      columns: 100,
    });
    const rows = [{ step: 1, value: 5 }];
    host.calls[0]?.resolve({ result: { points: [wirePoints("loss", 1)] }, buffers: [pointsBuffer(rows)] });
    expect((await asked).get("loss")?.value[0]).toBe(5);
  });
});
