/** The live view of a panel that a notebook has saved, over Jupyter's server: no kernel is needed for it. */

import { Widget } from "@lumino/widgets";
import type { Host } from "../core/host";
import type { Fields } from "../core/parse";
import { isFields, text } from "../core/parse";
import { readSettings } from "../core/table-settings";
import type { Place, Way } from "../core/way";
import { readPlace } from "../core/way";

/** What the metadata of an output tell of its panel. */
export interface SavedPanel {
  readonly panel: string;
  readonly place: Place;
  readonly shown: Fields;
}

type Unmount = () => void;
type Mount = (el: HTMLElement, host: Host, saved: SavedPanel) => Promise<Unmount>;

const mountRun: Mount = async (el, host, { place }) => {
  const { mountRunPanel } = await import("../views/run-panel");
  return mountRunPanel(el, host, { run: place.runs[0] ?? "" });
};

/** By kind; each view comes when it is first needed. */
const MOUNTS = new Map<string, Mount>(
  Object.entries({
    run: mountRun,
    submit: mountRun,
    runs: async (el, host, { shown }) => {
      const [{ mountRunsPanel }, { TableSession }] = await Promise.all([
        import("../views/runs-panel"),
        import("../core/table-session"),
      ]);
      return mountRunsPanel(el, new TableSession(host, readSettings(shown)));
    },
    compare: async (el, host, { place }) =>
      (await import("../views/compare")).mountCompare(el, host, { runs: place.runs }),
    classification: async (el, host, { place, shown }) => {
      const { mountClassification } = await import("../views/classification");
      return mountClassification(el, host, { runs: place.runs, name: text(shown.name) });
    },
    log: async (el, host, { place }) =>
      (await import("../views/log")).mountLogPanel(el, host, { run: place.runs[0] ?? "" }),
    events: async (el, host, { place }) =>
      (await import("../views/events")).mountEventPanel(el, host, { run: place.runs[0] ?? "" }),
  }),
);

/** Null for a panel that cannot be shown so: of an older notebook, or a form that was never submitted. */
export function readSaved(metadata: unknown): SavedPanel | null {
  const shown = isFields(metadata) ? metadata : {};
  const place = readPlace((name) => shown[name]);
  const panel = text(shown.panel);
  if (place === null || !MOUNTS.has(panel) || (place.runs.length === 0 && panel !== "runs")) {
    return null;
  }
  return { panel, place, shown };
}

class LiveView extends Widget {
  private readonly unmount: Unmount;

  constructor(node: HTMLElement, unmount: Unmount) {
    super({ node });
    this.unmount = unmount;
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.unmount();
    }
    super.dispose();
  }
}

/** Rejects when the server does not know the runs. */
export async function liveView(way: Way, saved: SavedPanel): Promise<Widget> {
  const host = await way.host(saved.place);
  const [run] = saved.place.runs;
  if (run !== undefined) {
    await host.call("runs.get", { run });
  }
  const node = document.createElement("div");
  const mount = MOUNTS.get(saved.panel) ?? mountRun;
  return new LiveView(node, await mount(node, host, saved));
}
