import { describe, expect, it, vi } from "vitest";
import { panelCode, runCode } from "../src/lab/code";
import { GroupHost } from "../src/lab/group-host";
import { readPreferences } from "../src/lab/preferences";
import { readSettings } from "../src/core/table-settings";
import { MockHost } from "./mock-host";

vi.mock("../src/lab/service", () => ({ LOCAL: "local" }));
vi.mock("@lumino/widgets", () => ({ Widget: Object }));

describe("settings", () => {
  it("are read as they are set, and what cannot be read is as it is by default", () => {
    expect(readPreferences({ notifications: "loud", columns: "state", quietPollSeconds: "often" })).toEqual(
      readPreferences({}),
    );
    const set = readPreferences({
      notifications: "none",
      columns: ["age", "metric", "spin"],
      activePollSeconds: 0,
      quietPollSeconds: 60,
      defaultConnection: "work",
    });
    expect(set.notify).toBe("none");
    expect(set.look.columns).toEqual(["metric", "age"]);
    expect(set.look.pace).toEqual({ active: 0.5, quiet: 60 });
    expect([set.connection, set.look.first]).toEqual(["work", "work"]);
  });

  it("of a table come back as far as they can be read", () => {
    const kept = {
      where: "params.lr > 1",
      columns: ["name", 7],
      view: { pinned: 3, widths: { a: 80, b: "x" } },
    };
    expect(readSettings(kept)).toMatchObject({
      where: "params.lr > 1",
      columns: ["name"],
      lifecycle: "active",
      view: { pinned: ["name"], widths: { a: 80 }, group: "" },
    });
  });
});

describe("code", () => {
  const one = { connection: "local", id: "r1" };
  const two = { connection: 'w"ork', id: "r2" };

  it("gets one run or several, of any connection", () => {
    expect(runCode(one)).toContain('run = jt.connect().runs.get("r1")');
    expect(runCode(one, two)).toContain('jt.connect("w\\"ork").runs.get("r2"),\n]');
    expect(panelCode(one)).toContain('jt.RunPanel(jt.connect().runs.get("r1"))');
    expect(panelCode(one, two)).toMatch(/jt\.ComparePanel\(\n.*"r1"\),\n.*"r2"\),\n\)$/);
  });
});

describe("runs of several connections", () => {
  it("lead each to its own", async () => {
    const hosts: Record<string, MockHost> = { local: new MockHost(), work: new MockHost() };
    const target = (connection: string, id: string) => ({ connection, id, name: id });
    const all = [target("local", "a"), target("work", "a"), target("work", "b"), target("work", "b")];
    const group = new GroupHost((name) => hosts[name] ?? new MockHost(), all);
    expect(group.keys).toEqual(["a", "a~2", "b"]);
    void group.call("runs.environment", { run: "a~2" });
    expect(hosts.work?.calls.at(-1)).toMatchObject({ op: "runs.environment", params: { run: "a" } });
    group.follow({ name: "curves", params: { run: "a" }, columns: 9 }, vi.fn(), vi.fn());
    expect(hosts.local?.follows.at(-1)?.topic.params).toEqual({ run: "a" });
    void group.call("runs.code_difference", { run: "a~2", other: "b" });
    expect(hosts.work?.calls.at(-1)?.params).toEqual({ run: "a", other: "b" });
    await expect(group.call("runs.code_difference", { run: "a", other: "b" })).rejects.toThrow(/notebook/);
    void group.call("assets.get", { name: "curves" });
    expect(hosts.local?.calls.at(-1)?.op).toBe("assets.get");
  });
});
