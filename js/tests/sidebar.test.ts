import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { setTranslator } from "../src/core/translate";
import { VERSION } from "../src/lab/version";
import type { Kept } from "../src/views/sidebar/kept";
import { DEFAULT_LOOK } from "../src/views/sidebar/look";
import { SidebarModel } from "../src/views/sidebar/model";
import { filterOf, notebookFilter } from "../src/views/sidebar/query";
import type { Row } from "../src/views/sidebar/rows";
import { refOf } from "../src/views/sidebar/selection";
import { sparkPath } from "../src/views/sidebar/spark";
import { wireRun } from "./helpers";
import { MockHost } from "./mock-host";

describe("the search", () => {
  it("looks for words in names, and takes the filter language as it is", () => {
    expect(filterOf("  ")).toBe("");
    expect(filterOf("base")).toBe("(name ILIKE '%base%' OR experiment ILIKE '%base%')");
    expect(filterOf("a 50%")).toContain("'%50\\\\%%'");
    expect(filterOf("o'clock")).toContain("'%o''clock%'");
    expect(filterOf("metrics.loss < 0.2")).toBe("metrics.loss < 0.2");
    expect(filterOf("state in ('failed')")).toBe("state in ('failed')");
    expect(notebookFilter("/a/it's\\b.ipynb", "local")).toBe("tags.notebook = '/a/it''s\\\\b.ipynb'");
    expect(notebookFilter("/a/it's.ipynb", "mlflow+http://host")).toBe("tags.notebook = 'it''s.ipynb'");
  });
});

it("draws a small curve with gaps", () => {
  const numbers = new Float32Array([0, 0.5, 1, 0, NaN, 1]);
  expect(sparkPath(new DataView(numbers.buffer))).toBe("M1.0 13.0h0M39.0 1.0h0");
});

it("has the version of the package", () => {
  const file = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  expect(VERSION).toBe(file.version);
});

describe("the rows", () => {
  let hosts: Record<string, MockHost>;
  let kept: Kept | null;
  let model: SidebarModel;

  beforeEach(() => {
    hosts = { local: new MockHost(), work: new MockHost() };
    kept = null;
    model = new SidebarModel(
      (name) => hosts[name] ?? new MockHost(),
      (now) => (kept = now),
    );
    model.setConnections([
      { name: "local", address: "local" },
      { name: "work", address: "mlflow+http://tracking.example" },
    ]);
    model.setShown(true);
    model.rows();
  });

  function rows(): Row[] {
    const { count, at } = model.rows();
    return Array.from({ length: count }, (_, place) => at(place));
  }

  function labels(): string[] {
    return rows()
      .filter(({ kind }) => kind !== "filler")
      .map((row) => {
        switch (row.kind) {
          case "filler":
            return "";
          case "section":
            return row.label;
          case "experiment":
            return row.experiment.name;
          case "note":
          case "step":
            return row.text;
          case "run":
            return row.run?.name ?? "…";
        }
      });
  }

  function followed(host = hosts.local) {
    return (host?.follows ?? []).filter(({ active }) => active).map(({ topic }) => topic);
  }

  function push(name: string, update: object, host = hosts.local): void {
    const found = host?.follows.filter(({ active, topic }) => active && topic.name === name).at(-1);
    found?.onUpdate({ now: 1, ...update }, []);
  }

  const EXPERIMENTS = [
    { id: "e1", name: "digits", runs: 2, active: 1 },
    { id: "e2", name: "faces", runs: 0, active: 0 },
  ];

  it("are connections at first, and only what is open is asked", () => {
    expect(labels()).toEqual(["On this machine", "Loading…", "work"]);
    expect(followed().map(({ name }) => name)).toEqual(["overview"]);
    expect(followed(hosts.work)).toEqual([]);
  });

  it("say what to do when there is nothing, and why when something is wrong", () => {
    push("overview", { experiments: [] });
    expect(labels().slice(1, 3)).toEqual(["No experiments yet: the first run makes one.", "New run…"]);
    push("overview", { error: { kind: "NotAuthenticated", message: "The token has expired." } });
    expect(labels().slice(1, 3)).toEqual(["The token has expired.", "Try again now"]);
    model.toggle("work");
    rows();
    push("overview", { error: { kind: "NotAuthenticated", message: "The token has expired." } }, hosts.work);
    expect(rows().at(-1)).toMatchObject({ kind: "step", step: "edit", connection: "work" });
    push("overview", { now: 2 }, hosts.work);
    expect(labels().at(-1)).toBe("Edit the connection to sign in…"); // a sign of life is no answer
    push("overview", { experiments: [], lacking: ["runs.submit"] }, hosts.work);
    expect(labels().at(-1)).toBe("No experiments yet: the first run makes one.");
    expect(model.lacks("work", "runs.submit")).toBe(true);
  });

  it("are runs below an experiment, fetched when they are looked at", async () => {
    push("overview", { experiments: EXPERIMENTS, active: 1 });
    model.toggle("local\ne1");
    rows();
    push("table", { version: 1, count: 2, active: 1, columns: [] });
    expect(labels()).toEqual(["On this machine", "digits", "…", "…", "faces", "work"]);
    const call = hosts.local?.calls.find(({ op }) => op === "runs.rows");
    expect(call?.params).toEqual({ experiment: "e1", from: 0, to: 100, known: {} });
    const found = [wireRun({ id: "a", name: "second" }), wireRun({ id: "b", name: "first" })];
    call?.resolve({ result: { version: 1, count: 2, start: 0, rows: found }, buffers: [] });
    await Promise.resolve();
    expect(labels()).toEqual(["On this machine", "digits", "second", "first", "faces", "work"]);
  });

  it("are read again where the table has changed, and what is the same is not sent again", async () => {
    push("overview", { experiments: EXPERIMENTS });
    model.toggle("local\ne1");
    rows();
    const answer = async (version: number, found: object[]): Promise<unknown> => {
      const call = hosts.local?.calls.filter(({ op }) => op === "runs.rows").at(-1);
      call?.resolve({ result: { version, count: 2, start: 0, rows: found }, buffers: [] });
      await Promise.resolve();
      rows();
      return call?.params.known;
    };
    const first = { ...wireRun({ id: "a", name: "second" }), digest: "d1" };
    const second = { ...wireRun({ id: "b", name: "first" }), digest: "d2" };
    await answer(1, [first, second]);
    push("table", { version: 1, count: 2, columns: [] });
    expect(labels().slice(2, 4)).toEqual(["second", "first"]);
    const asked = hosts.local?.calls.length;
    push("table", { version: 2, count: 2, columns: [] });
    rows();
    expect(hosts.local?.calls.length).toBe((asked ?? 0) + 1);
    const known = await answer(2, [
      { id: "a", same: true },
      { ...second, name: "renamed", digest: "d3" },
    ]);
    expect(known).toEqual({ a: "d1", b: "d2" });
    expect(labels().slice(2, 4)).toEqual(["second", "renamed"]);
    rows();
    expect(hosts.local?.calls.length).toBe((asked ?? 0) + 1);
  });

  it("of experiments name what is known of them, except while there is trouble", () => {
    const cursor = (): unknown => hosts.local?.follows[0]?.topic.cursor?.();
    expect(cursor()).toEqual({});
    push("overview", { experiments: EXPERIMENTS, version: 7 });
    expect(cursor()).toEqual({ known: 7 });
    push("overview", { error: { kind: "Unreachable", message: "no answer" } });
    expect(cursor()).toEqual({});
  });

  it("can be selected, also from one to another", async () => {
    push("overview", { experiments: EXPERIMENTS });
    model.toggle("local\ne1");
    rows();
    const found = ["a", "b", "c"].map((id) => wireRun({ id, name: id }));
    const call = hosts.local?.calls.at(-1);
    call?.resolve({ result: { version: 1, count: 3, start: 0, rows: found }, buffers: [] });
    await Promise.resolve();
    const { at } = model.rows();
    const { selection } = model;
    const ids = (): string[] => selection.list().map(({ run }) => run.id);
    selection.toggle(2, refOf(at(2)));
    selection.toggle(4, refOf(at(4)));
    expect(ids()).toEqual(["a", "c"]);
    selection.toggle(2, refOf(at(2)));
    expect(ids()).toEqual(["c"]);
    selection.setAnchor(4);
    selection.extend(1, at); // the experiment above is none
    expect(ids()).toEqual(["c", "b", "a"]);
    selection.clear();
    expect(selection.size).toBe(0);
  });

  it("follow at the pace that was set, and begin with the connection that was chosen", () => {
    expect(followed()[0]?.params).toEqual({ active_pause: 2, quiet_pause: 10 });
    model.setLook({ ...DEFAULT_LOOK, pace: { active: 1, quiet: 60 }, first: "work" });
    expect(labels()).toEqual(["work", "On this machine", "Loading…"]);
    expect(followed().map(({ params }) => params)).toEqual([{ active_pause: 1, quiet_pause: 60 }]);
  });

  it("speak the language of the reader", () => {
    const german = (text: string): string => (text === "On this machine" ? "Auf diesem Rechner" : text);
    setTranslator({ __: german, _n: german });
    expect(labels()[0]).toBe("Auf diesem Rechner");
    setTranslator(null);
  });

  it("of a long reason are as many as it has lines", () => {
    push("overview", { error: { kind: "Unreachable", message: "no answer ".repeat(8) } });
    expect(rows().map(({ kind }) => kind)).toEqual([
      "section",
      "note",
      "filler",
      "filler",
      "step",
      "section",
    ]);
  });

  it("of a hundred thousand runs are made only where they are seen", () => {
    push("overview", { experiments: EXPERIMENTS });
    model.toggle("local\ne1");
    rows();
    push("table", { version: 1, count: 100_000, columns: [] });
    const { count, at } = model.rows();
    expect(count).toBe(100_004);
    expect(at(60_000).kind).toBe("run");
    expect(at(count - 1)).toMatchObject({ kind: "section", label: "work" });
    expect(hosts.local?.calls.map(({ params }) => params.from)).toEqual([0, 59_900]);
  });

  it("of a search are runs of all experiments, and the mistake in it is told", () => {
    push("overview", { experiments: EXPERIMENTS });
    model.setSearch("metrics.loss >");
    rows();
    const table = hosts.local?.follows.at(-1);
    expect(table?.topic.params).toMatchObject({ where: "metrics.loss >" });
    table?.onStatus({ kind: "refused", message: "Expected a number" });
    expect(labels()).toEqual(["On this machine", "Expected a number", "work"]);
    model.setSearch("");
    rows();
    expect(followed().map(({ name }) => name)).toEqual(["overview"]);
  });

  it("begin with the runs of the notebook in front, if there are any", () => {
    push("overview", { experiments: EXPERIMENTS });
    model.setNotebook("/notebooks/train.ipynb");
    expect(labels()[0]).toBe("On this machine");
    push("table", { version: 1, count: 1, columns: [] });
    expect(labels().slice(0, 3)).toEqual(["This notebook", "…", "On this machine"]);
  });

  it("put favourites first, and that is kept", () => {
    push("overview", { experiments: EXPERIMENTS });
    model.toggleFavourite("local\ne2");
    expect(labels().slice(1, 3)).toEqual(["faces", "digits"]);
    expect(kept).toMatchObject({ favourites: ["local\ne2"] });
  });

  it("are followed only while they are shown", () => {
    model.setShown(false);
    model.rows();
    expect(followed()).toEqual([]);
    model.setShown(true);
    model.rows();
    expect(followed()).toHaveLength(1);
  });
});
