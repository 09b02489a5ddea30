/** The log of one run, by itself. */

import type { JSX } from "preact";
import type { Host } from "../../core/host";
import type { RunSession } from "../../core/session";
import { sessionOf } from "../../core/session";
import { useSession } from "../common/hooks";
import { mountOnSession } from "../common/mount";
import { RunLine } from "../common/run-line";
import { Connection } from "../run-panel/connection";
import { Log } from "./log";
import "../common/common.css";
import "../run-panel/run-panel.css";
import "../log/log.css";

function LogPanel({ session }: { session: RunSession }): JSX.Element {
  useSession(session);
  return (
    <>
      <RunLine session={session} />
      {session.status.kind !== "refused" && <Log session={session} />}
      <Connection session={session} />
    </>
  );
}

export function mountLogPanel(el: HTMLElement, host: Host, options: { readonly run: string }): () => void {
  const session = sessionOf(host, options.run, "run", ["log"]);
  return mountOnSession(el, session, <LogPanel session={session} />, () => 50);
}
