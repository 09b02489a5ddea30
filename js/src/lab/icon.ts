import { LabIcon } from "@jupyterlab/ui-components";

/** A curve that falls, with the point where it is now. */
export const trackerIcon = new LabIcon({
  name: "jupyter-tracker:icon",
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16">
  <path class="jp-icon3" fill="#616161" d="M2 2h1.3v10.7H14V14H2z"/>
  <path class="jp-icon3" style="fill:none" fill="none" stroke="#616161" stroke-width="1.4" d="M4.6 3.6c.9 4.6 2.6 6 4.9 6.5"/>
  <circle class="jp-icon3" fill="#616161" cx="11.6" cy="10.3" r="1.7"/>
</svg>`,
});
