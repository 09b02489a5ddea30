/** What the entries of all widgets have in common. Each model gets a host of its own that outlives its views, so
 *  that an output which is drawn again shows the last picture at once. */

import type { Host } from "../core/host";
import { KernelHost } from "./kernel-host";
import { watchKernel } from "./kernel-watch";
import type { WidgetModel } from "./model";
import { serverSuccessor } from "./server-successor";
import { SwitchingHost } from "./switching-host";

interface RenderProps {
  readonly model: WidgetModel;
  readonly el: HTMLElement;
}

export interface Widget {
  initialize(props: Pick<RenderProps, "model">): () => void;
  render(props: RenderProps): () => void;
}

/** Puts a view into an element; the returned function takes it out again. */
export type Mount = (el: HTMLElement, host: Host, model: WidgetModel) => () => void;

/** The host of a model: its kernel, and Jupyter's server once that is gone. */
class ModelHost extends SwitchingHost {
  readonly kernel: KernelHost;

  constructor(model: WidgetModel, standsAlone: (model: WidgetModel) => boolean) {
    const kernel = new KernelHost(model);
    super(kernel, () => (standsAlone(model) ? serverSuccessor(model) : null));
    this.kernel = kernel;
  }

  override dispose(): void {
    super.dispose();
    this.kernel.dispose();
  }
}

/** A widget whose view is mounted anew when one of these traits changes. `standsAlone` says whether it can go on when
 *  its kernel is gone. */
export function widget(
  mount: Mount,
  traits: readonly string[],
  standsAlone: (model: WidgetModel) => boolean = () => true,
): () => Widget {
  return () => {
    let host: ModelHost | null = null;
    return {
      initialize({ model }) {
        const own = new ModelHost(model, standsAlone);
        host = own;
        return () => own.dispose();
      },

      render({ model, el }) {
        const own = (host ??= new ModelHost(model, standsAlone));
        const unwatch = watchKernel(model, el, () => own.kernel.close());
        let unmount = mount(el, own, model);
        const again = (): void => {
          unmount();
          unmount = mount(el, own, model);
        };
        traits.forEach((trait) => model.on(`change:${trait}`, again));
        return () => {
          traits.forEach((trait) => model.off(`change:${trait}`, again));
          unwatch();
          unmount();
        };
      },
    };
  };
}

/** A trait that holds text. */
export function textTrait(model: WidgetModel, name: string): string {
  const value = model.get(name);
  return typeof value === "string" ? value : "";
}

/** A trait that is a list of texts. */
export function textsTrait(model: WidgetModel, name: string): string[] {
  const value = model.get(name);
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}
