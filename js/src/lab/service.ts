/** What the plugins share: the way to the server, a host for each connection, and the state of the sidebar. */

import { PathExt } from "@jupyterlab/coreutils";
import { PromiseDelegate, Token } from "@lumino/coreutils";
import { Signal } from "@lumino/signaling";
import type { Params, Reply } from "../core/host";
import { errorText } from "../core/host";
import type { Fields } from "../core/parse";
import { isFields, text } from "../core/parse";
import type { Connection, Kept } from "../views/sidebar/kept";
import { SidebarModel } from "../views/sidebar/model";
import type { Preferences } from "./preferences";
import { readPreferences } from "./preferences";
import type { RunTarget } from "./run-target";
import { ServerHost } from "./server-host";
import { ServerLink } from "./server-link";

export const LOCAL = "local";

export interface ServerConnections {
  readonly connections: readonly Connection[];
  /** Backends that a new connection may have. */
  readonly backends: readonly string[];
}

export class TrackerService {
  readonly link = new ServerLink();
  readonly model: SidebarModel;
  readonly kept = new Signal<this, Kept>(this);
  readonly connectionsChanged = new Signal<this, void>(this);
  preferences: Preferences = readPreferences({});
  readonly followedChanged = new Signal<this, void>(this);
  readonly preferencesChanged = new Signal<this, void>(this);
  backends: readonly string[] = [];
  /** Folder on the machine of the server to which the paths of notebooks are relative. */
  root = "";
  /** The server was asked what it has, whatever came of it. */
  readonly loaded = new PromiseDelegate<void>();

  private readonly hosts = new Map<string, ServerHost>();
  /** In how many tabs a run is open, by connection and id. */
  private readonly followed = new Map<string, number>();

  constructor() {
    this.model = new SidebarModel(
      (connection) => this.host(connection),
      (kept) => this.kept.emit(kept),
    );
    this.link.listen({
      onPush: () => undefined,
      onBroken: (message) => this.model.setBroken(message),
      onOpen: () => this.model.setBroken(null),
    });
  }

  host(connection: string): ServerHost {
    const known = this.hosts.get(connection) ?? new ServerHost(this.link, connection);
    this.hosts.set(connection, known);
    return known;
  }

  /** The reader has opened runs; the result says that they were closed. */
  follow(targets: readonly RunTarget[]): () => void {
    const count = (change: number): void => {
      for (const { connection, id } of targets) {
        const key = `${connection}\n${id}`;
        this.followed.set(key, (this.followed.get(key) ?? 0) + change);
      }
      this.followedChanged.emit();
    };
    count(1);
    return () => count(-1);
  }

  /** Connections of which runs are open. */
  followedConnections(): ReadonlySet<string> {
    const open = Array.from(this.followed).filter(([, count]) => count > 0);
    return new Set(open.map(([key]) => key.slice(0, key.indexOf("\n"))));
  }

  isFollowed(connection: string, id: string): boolean {
    return (this.followed.get(`${connection}\n${id}`) ?? 0) > 0;
  }

  /** The reader has set something; it holds at once. */
  set(preferences: Preferences): void {
    this.preferences = preferences;
    this.model.setLook(preferences.look);
    this.preferencesChanged.emit();
  }

  call(connection: string, op: string, params: Params): Promise<Reply> {
    return this.host(connection).call(op, params);
  }

  /** An operation of the server itself. */
  async ask(op: string, params: Params = {}): Promise<Fields> {
    const { result } = await this.link.post(op, { params });
    return isFields(result) ? result : {};
  }

  /** Asks the server what it has; a failure is shown in the sidebar. Returns its version, or null. */
  async load(): Promise<string | null> {
    this.link.warm();
    try {
      const [about] = await Promise.all([this.ask("about"), this.loadConnections()]);
      this.root = text(about.root);
      this.connectionsChanged.emit();
      return text(about.version);
    } catch (error) {
      this.model.setConnections(null, errorText(error));
      return null;
    } finally {
      this.loaded.resolve();
    }
  }

  async loadConnections(): Promise<void> {
    const found = await this.ask("connections.list");
    const list = Array.isArray(found.connections) ? (found.connections as unknown[]) : [];
    this.backends = (Array.isArray(found.backends) ? (found.backends as unknown[]) : []).map(String);
    this.model.setConnections(
      list.filter(isFields).map((each) => ({ name: text(each.name), address: text(each.address) })),
    );
    this.connectionsChanged.emit();
  }

  /** Something may have changed: the server looks at once instead of at its next poll. */
  refresh(): void {
    for (const { name } of this.model.connections ?? []) {
      if (this.model.isOpen(name)) {
        this.call(name, "refresh", {}).catch(() => undefined); // the sidebar says why nothing comes
      }
    }
  }

  /** Asks a platform again that did not answer, also while it is left alone. */
  async retry(connection: string): Promise<void> {
    this.model.forget(connection); // what was refused for good is followed anew
    await this.ask("connections.test", { name: connection }).catch(() => undefined); // the sidebar says why
    await this.call(connection, "refresh", {}).catch(() => undefined);
  }

  /** Absolute path of a notebook on the machine of the server. */
  absolute(localPath: string): string {
    return this.root === "" ? localPath : `/${PathExt.join(this.root, localPath)}`.replace(/^\/+/, "/");
  }

  /** The path of a notebook as JupyterLab calls it; null when it lies outside of what JupyterLab shows. */
  relative(absolute: string): string | null {
    const root = this.root.endsWith("/") ? this.root : `${this.root}/`;
    return absolute.startsWith(root) ? absolute.slice(root.length) : null;
  }
}

export const ITracker = new Token<TrackerService>(
  "jupyter-tracker:ITracker",
  "Runs and experiments from the server, for the sidebar and what belongs to it.",
);
