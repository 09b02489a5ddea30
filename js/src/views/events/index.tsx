/** The events of one run, by themselves. */

import type { JSX } from "preact";
import type { Host } from "../../core/host";
import type { RunSession } from "../../core/session";
import { sessionOf } from "../../core/session";
import { useSession } from "../common/hooks";
import { mountOnSession } from "../common/mount";
import { RunLine } from "../common/run-line";
import { Connection } from "../run-panel/connection";
import { Events } from "./events";
import "../common/common.css";
import "../run-panel/run-panel.css";
import "../log/log.css";

function EventPanel({ session }: { session: RunSession }): JSX.Element {
  useSession(session);
  return (
    <>
      <RunLine session={session} />
      {session.status.kind !== "refused" && <Events session={session} />}
      <Connection session={session} />
    </>
  );
}

export function mountEventPanel(el: HTMLElement, host: Host, options: { readonly run: string }): () => void {
  const session = sessionOf(host, options.run, "run", ["events"]);
  return mountOnSession(el, session, <EventPanel session={session} />, () => 50);
}
