import { ServerConnection } from "@jupyterlab/services";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FollowStatus } from "../src/core/host";
import { ServerHost } from "../src/lab/server-host";
import { ServerLink, IDLE_LIMIT } from "../src/lab/server-link";

vi.mock("@jupyterlab/services", () => ({
  ServerConnection: { makeSettings: () => ({}), makeRequest: vi.fn() },
}));
vi.mock("@jupyterlab/coreutils", () => ({ URLExt: { join: (...parts: string[]) => parts.join("/") } }));

interface Sent {
  id: number;
  op: string;
  params: Record<string, unknown>;
}

class FakeSocket {
  static made: FakeSocket[] = [];
  /** Whether the server knows the pages that come back. */
  static knows = true;
  readonly sent: Sent[] = [];
  readonly resumed: Record<string, unknown>[] = [];
  closed = false;
  binaryType = "";
  onopen: () => void = () => undefined;
  onclose: () => void = () => undefined;
  onmessage: (event: { data: unknown }) => void = () => undefined;

  constructor(readonly url: string) {
    FakeSocket.made.push(this);
  }

  send(message: string): void {
    const { id, op, params } = JSON.parse(message) as Sent;
    if (op === "resume") {
      this.resumed.push(params);
      const result = { page: "p1", resumed: FakeSocket.knows && params.page === "p1" };
      this.onmessage({ data: JSON.stringify({ id, result }) });
    } else {
      this.sent.push({ id, op, params });
    }
  }

  close(): void {
    this.closed = true;
    this.onclose();
  }

  answer(more: object = { result: {} }): void {
    this.onmessage({ data: JSON.stringify({ id: this.sent.at(-1)?.id, ...more }) });
  }

  push(update: object, key = this.sent.at(-1)?.params.key): void {
    this.onmessage({ data: JSON.stringify({ push: key, update }) });
  }
}

const request = vi.mocked(ServerConnection.makeRequest);
let host: ServerHost;
let link: ServerLink;

function reply(body: unknown, status = 200, type = "application/json"): void {
  const data = body instanceof ArrayBuffer ? body : JSON.stringify(body);
  request.mockResolvedValueOnce(new Response(data, { status, headers: { "Content-Type": type } }));
}

function frame(content: object, ...buffers: number[][]): ArrayBuffer {
  const parts = [
    new TextEncoder().encode(JSON.stringify(content)),
    ...buffers.map((bytes) => new Uint8Array(bytes)),
  ];
  const header = [parts.length, ...parts.map((part) => part.length)];
  const data = new Uint8Array(4 * header.length + parts.reduce((sum, part) => sum + part.length, 0));
  header.forEach((value, index) => new DataView(data.buffer).setUint32(4 * index, value, true));
  let at = 4 * header.length;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return data.buffer;
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.made = [];
  FakeSocket.knows = true;
  request.mockReset();
  const settings = { baseUrl: "http://lab", wsUrl: "ws://lab", token: "t k", WebSocket: FakeSocket };
  link = new ServerLink(settings as unknown as ServerConnection.ISettings);
  host = new ServerHost(link, "work");
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a request", () => {
  it("names its profile and brings result and buffers", async () => {
    reply(frame({ result: { a: 1 } }, [1, 2], [3]), 200, "application/octet-stream");
    const { result, buffers } = await host.call("runs.sparks", { x: 1 });
    expect(result).toEqual({ a: 1 });
    expect(buffers.map((buffer) => buffer.byteLength)).toEqual([2, 1]);
    expect(buffers[1]?.getUint8(0)).toBe(3);
    const [url, init] = request.mock.calls[0] ?? [];
    expect(url).toBe("http://lab/jupyter-tracker/api/runs.sparks");
    expect(JSON.parse(init?.body as string)).toEqual({ profile: "work", params: { x: 1 } });
  });

  it("for a part of the views goes through the cache of the browser", async () => {
    reply("code", 200, "text/plain");
    // What stands in for the answer writes JSON.
    expect((await host.call("assets.get", { name: "curves" })).result).toEqual({ text: '"code"' });
    const [url, init] = request.mock.calls[0] ?? [];
    expect([url, init]).toMatchObject([
      "http://lab/jupyter-tracker/api/assets/curves",
      { cache: "no-cache" },
    ]);
    reply({ error: { kind: "NotFound", message: "There is no chunk 'x'." } }, 404);
    await expect(host.call("assets.get", { name: "x" })).rejects.toMatchObject({ kind: "NotFound" });
  });

  it("fails with the kind and message of the server", async () => {
    reply({ error: { kind: "NotFound", message: "There is no run 'x'." } }, 404);
    await expect(host.call("runs.get", {})).rejects.toMatchObject({ kind: "NotFound", unanswered: false });
  });

  it("says that the sign-in has expired, that the server part is missing, or that nobody answers", async () => {
    reply({ message: "Forbidden" }, 403);
    await expect(host.call("a", {})).rejects.toMatchObject({ kind: "SignedOut" });
    reply("<html>", 404, "text/html");
    await expect(host.call("a", {})).rejects.toThrow(/jupyter server extension enable/);
    reply("<html>", 502, "text/html");
    await expect(host.call("a", {})).rejects.toThrow(/HTTP 502/);
    request.mockRejectedValueOnce(new TypeError("network"));
    await expect(host.call("a", {})).rejects.toMatchObject({ kind: "Timeout", unanswered: true });
  });
});

describe("following", () => {
  async function follow() {
    const updates: unknown[] = [];
    const statuses: FollowStatus[] = [];
    const leave = host.follow(
      { name: "run", params: { run: "r1" }, columns: 10 },
      (update) => updates.push(update),
      (status) => statuses.push(status),
    );
    const socket = FakeSocket.made.at(-1);
    socket?.onopen();
    await vi.advanceTimersByTimeAsync(0);
    return { updates, statuses, leave, socket };
  }

  it("opens one stream for the page and passes updates on", async () => {
    const { updates, statuses, socket } = await follow();
    expect(socket?.url).toBe("ws://lab/jupyter-tracker/api/stream?token=t%20k");
    expect(socket?.sent[0]).toMatchObject({
      op: "follow",
      params: { profile: "work", topic: "run", run: "r1" },
    });
    socket?.answer();
    socket?.push({ live: true });
    host.follow({ name: "overview", params: {}, columns: 1 }, vi.fn(), vi.fn());
    await vi.advanceTimersByTimeAsync(0);
    expect(FakeSocket.made).toHaveLength(1);
    expect(updates).toEqual([{ live: true }]);
    expect(statuses.at(-1)).toEqual({ kind: "live" });
  });

  it("goes on where it was when the stream broke", async () => {
    const { updates, statuses, socket } = await follow();
    socket?.answer();
    socket?.push({ n: 1 });
    socket?.push({ n: 2 });
    reply({ result: {} });
    socket?.close();
    await vi.advanceTimersByTimeAsync(0);
    const again = FakeSocket.made[1];
    again?.onopen();
    await vi.advanceTimersByTimeAsync(0);
    expect(again?.resumed).toEqual([{ page: "p1", received: 2 }]);
    again?.push({ n: 3 }, socket?.sent[0]?.params.key);
    expect(updates).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(again?.sent).toEqual([]); // nothing is followed anew
    expect(statuses.map(({ kind }) => kind)).not.toContain("disconnected");
  });

  it("begins anew when the server does not know the page any more", async () => {
    const { statuses, socket } = await follow();
    socket?.answer();
    socket?.push({ live: true });
    reply({ result: {} });
    FakeSocket.knows = false;
    socket?.close();
    await vi.advanceTimersByTimeAsync(0);
    const again = FakeSocket.made[1];
    again?.onopen();
    await vi.advanceTimersByTimeAsync(0);
    expect(statuses.at(-1)).toMatchObject({
      kind: "disconnected",
      message: expect.stringContaining("anew") as string,
    });
    await vi.advanceTimersByTimeAsync(5000);
    expect(FakeSocket.made).toHaveLength(2);
    expect(again?.sent[0]).toMatchObject({ op: "follow", params: { run: "r1" } });
  });

  it("tries again while the server is away", async () => {
    const { statuses, socket } = await follow();
    socket?.answer();
    request.mockRejectedValue(new TypeError("network"));
    socket?.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(statuses.at(-1)?.kind).toBe("disconnected");
    await vi.advanceTimersByTimeAsync(2000);
    expect(FakeSocket.made).toHaveLength(2);
    FakeSocket.made[1]?.onopen();
    await vi.advanceTimersByTimeAsync(0);
    expect(FakeSocket.made[1]?.sent[0]).toMatchObject({ op: "follow", params: { run: "r1" } });
  });

  it("follows everything anew when the page itself closed the stream", async () => {
    const { socket } = await follow();
    socket?.answer();
    reply({ result: {} });
    link.close();
    await vi.advanceTimersByTimeAsync(5000);
    FakeSocket.made[1]?.onopen();
    await vi.advanceTimersByTimeAsync(0);
    expect(FakeSocket.made[1]?.resumed).toEqual([{ page: null, received: 0 }]);
    expect(FakeSocket.made[1]?.sent[0]).toMatchObject({ op: "follow", params: { run: "r1" } });
  });

  it("of a topic with a cursor goes on behind it", async () => {
    let cursor: object | null = null;
    const topic = { name: "alerts", params: {}, columns: 1, cursor: () => ({ cursor }) };
    host.follow(topic, vi.fn(), vi.fn());
    FakeSocket.made[0]?.onopen();
    await vi.advanceTimersByTimeAsync(0);
    cursor = { run: "r1", sequence: 4 };
    host.onBroken("gone");
    await vi.advanceTimersByTimeAsync(5000);
    const cursors = FakeSocket.made[0]?.sent.map(({ params }) => params.cursor);
    expect(cursors).toEqual([null, { run: "r1", sequence: 4 }]);
  });

  it("says so when the sign-in has expired", async () => {
    const { statuses, socket } = await follow();
    socket?.answer();
    request.mockResolvedValue(new Response("{}", { status: 403 }));
    socket?.close();
    await vi.advanceTimersByTimeAsync(10);
    expect(
      statuses.some((status) => status.kind === "disconnected" && status.message.includes("sign in")),
    ).toBe(true);
  });

  it("is refused for good when the server says no", async () => {
    const { statuses, socket } = await follow();
    socket?.answer({ error: { kind: "NotFound", message: "There is no profile 'work'." } });
    await vi.advanceTimersByTimeAsync(0);
    expect(statuses.at(-1)).toEqual({ kind: "refused", message: "There is no profile 'work'." });
  });

  it("closes the stream a while after nobody follows any more", async () => {
    const { leave, socket } = await follow();
    socket?.answer();
    leave();
    await vi.advanceTimersByTimeAsync(0);
    expect(socket?.sent.at(-1)?.op).toBe("unfollow");
    reply({ result: {} });
    await vi.advanceTimersByTimeAsync(IDLE_LIMIT);
    expect(socket?.closed).toBe(true);
  });
});
