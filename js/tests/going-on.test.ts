/** Entries of widgets whose kernel goes, and the way over the server that the extension of JupyterLab offers. */

import { Signal } from "@lumino/signaling";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Host } from "../src/core/host";
import { HostError } from "../src/core/host";
import { offerWay } from "../src/core/way";
import { readSaved } from "../src/lab/live-view";
import { ServerWay } from "../src/lab/server-way";
import type { TrackerService } from "../src/lab/service";
import { widget } from "../src/widgets/entry";
import { MockHost } from "./mock-host";
import { MockModel } from "./mock-model";

const RUN = { panel: "run", home: "local:aa", run: "r1" };

let hosts: Map<string, MockHost>;
let ask: ReturnType<typeof vi.fn<(op: string, params: { home: string }) => Promise<object>>>;
let way: ServerWay;

beforeEach(() => {
  hosts = new Map();
  ask = vi.fn((_op, { home }) => Promise.resolve({ name: home === "local:aa" ? "local" : "work" }));
  const service = {
    ask,
    host: (name: string) => {
      const known = hosts.get(name) ?? new MockHost();
      hosts.set(name, known);
      return known;
    },
    connectionsChanged: new Signal<object, void>({}),
  };
  way = new ServerWay(service as unknown as TrackerService);
  offerWay(way);
});

afterEach(() => {
  Reflect.deleteProperty(globalThis, Symbol.for("jupyter_tracker.host"));
});

async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

describe("a widget whose kernel goes", () => {
  let model: MockModel;
  let el: HTMLElement;
  let seen: Host;
  let mounts: number;
  let close: () => void;

  function show(standsAlone?: () => boolean): void {
    model = new MockModel();
    model.traits.set("home", "local:aa");
    el = document.createElement("div");
    document.body.append(el);
    mounts = 0;
    const entry = widget(
      (_el, host) => {
        seen = host;
        mounts += 1;
        return host.follow({ name: "run", params: { run: "r1" }, columns: 1 }, vi.fn(), vi.fn());
      },
      [],
      standsAlone,
    )();
    const end = entry.initialize({ model });
    const leave = entry.render({ model, el });
    close = () => {
      leave();
      end();
      el.remove();
    };
  }

  afterEach(() => close());

  it("goes on over the server, in the same view and on the same host", async () => {
    show();
    way.tellGone(document.body);
    await settle();
    const server = hosts.get("local");
    expect(server?.calls).toMatchObject([{ op: "runs.get", params: { run: "r1" } }]);
    server?.calls[0]?.resolve({ result: {}, buffers: [] });
    await settle();
    expect(server?.follows).toMatchObject([{ topic: { name: "run" }, active: true }]);
    expect(mounts).toBe(1);
    void seen.call("runs.stop", { run: "r1" });
    await settle();
    expect(server?.calls.at(-1)?.op).toBe("runs.stop");
    close();
    expect(server?.follows[0]?.active).toBe(false);
    expect(model.listeners()).toBe(0);
  });

  it("notices it by the mark of the widget manager, also when it never had one", async () => {
    show();
    el.classList.add("jupyter-widgets-disconnected");
    model.fire("comm_live_update");
    await settle();
    await settle();
    expect(hosts.get("local")?.calls).toHaveLength(1);
  });

  it("does not mind the kernels of other notebooks", async () => {
    show();
    way.tellGone(document.createElement("div"));
    await settle();
    expect(ask).not.toHaveBeenCalled();
  });

  it("stays with its kernel when only that knows what it shows", async () => {
    show(() => false);
    way.tellGone(document.body);
    await settle();
    expect(ask).not.toHaveBeenCalled();
    await expect(seen.call("form.submit", {})).rejects.toMatchObject({
      kind: "Closed",
      message: "The kernel of this panel is gone. Run the cell again.",
    });
  });
});

describe("the way over the server", () => {
  it("leads to the connection of each run, by the keys that the kernel gave them", async () => {
    const host = await way.host({
      home: "local:aa",
      runs: ["r1", "r1~2"],
      elsewhere: { "r1~2": ["mlflow:bb", "r1"] },
    });
    void host.call("runs.get", { run: "r1" });
    void host.call("runs.get", { run: "r1~2" });
    expect(hosts.get("local")?.calls.map(({ params }) => params)).toEqual([{ run: "r1" }]);
    expect(hosts.get("work")?.calls.map(({ params }) => params)).toEqual([{ run: "r1" }]);
  });

  it("asks the server once for each place, and again after a failure", async () => {
    const place = { home: "local:aa", runs: [], elsewhere: {} };
    ask.mockReturnValueOnce(Promise.reject(new HostError("NotFound", "There is no connection 'local:aa'.")));
    await expect(way.host(place)).rejects.toMatchObject({
      message: expect.stringContaining("add one in the sidebar") as string,
    });
    await Promise.all([way.host(place), way.host(place)]);
    expect(ask).toHaveBeenCalledTimes(2);
  });
});

describe("what a saved output tells of its panel", () => {
  it("is enough to show it", () => {
    const place = { home: "local:aa", runs: ["r1"], elsewhere: {} };
    expect(readSaved(RUN)).toEqual({ panel: "run", place, shown: RUN });
    expect(readSaved({ panel: "runs", home: "local:aa", where: "x" })?.shown.where).toBe("x");
    const pair = { panel: "compare", home: "a", runs: ["r1", "k"], elsewhere: { k: ["b", "r2"] } };
    expect(readSaved(pair)?.place).toEqual({
      home: "a",
      runs: ["r1", "k"],
      elsewhere: { k: ["b", "r2"] },
    });
  });

  it.each([
    null,
    "text",
    { panel: "run" },
    { ...RUN, panel: "constructor" },
    { ...RUN, panel: "submit", run: "" },
    { ...RUN, home: 7 },
    { ...RUN, run: ["r1"] },
  ])("is not, when it is %j", (metadata) => {
    expect(readSaved(metadata)).toBeNull();
  });

  it("leaves out what makes no sense", () => {
    const odd = { panel: "compare", home: "a", runs: ["r1", 7, null], elsewhere: { r1: "b", r2: [1] } };
    expect(readSaved(odd)?.place).toEqual({ home: "a", runs: ["r1"], elsewhere: {} });
  });
});
