/** Entry of the RunPanel widget. Each model gets a host of its own that outlives its views, so that an
 *  output which is drawn again shows the last picture at once. */

import { mountRunPanel } from "../views/run-panel";
import { KernelHost } from "./kernel-host";
import type { WidgetModel } from "./model";

interface RenderProps {
  readonly model: WidgetModel;
  readonly el: HTMLElement;
}

function runOf(model: WidgetModel): string {
  const run = model.get("run");
  return typeof run === "string" ? run : "";
}

interface Widget {
  initialize(props: Pick<RenderProps, "model">): () => void;
  render(props: RenderProps): () => void;
}

export default (): Widget => {
  let host: KernelHost | null = null;

  return {
    initialize({ model }) {
      const own = new KernelHost(model);
      host = own;
      return () => own.dispose();
    },

    render({ model, el }) {
      const own = (host ??= new KernelHost(model));
      let unmount = mountRunPanel(el, own, { run: runOf(model) });
      const onRun = (): void => {
        unmount();
        unmount = mountRunPanel(el, own, { run: runOf(model) });
      };
      model.on("change:run", onRun);
      return () => {
        model.off("change:run", onRun);
        unmount();
      };
    },
  };
};
