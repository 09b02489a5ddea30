import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { RunSession } from "../../core/session";
import { SYSTEM_PREFIX, hasEnded } from "../../core/wire";
import { isText, useChoice } from "../common/choices";
import { useSession } from "../common/hooks";
import type { Tab } from "../common/tabs";
import { Tabs } from "../common/tabs";
import { Connection } from "./connection";
import { Curves } from "./curves";
import { Events } from "./events";
import { Failure } from "./failure";
import { Header } from "./header";
import { Log } from "./log";
import { LogTail } from "./log-tail";
import { Params } from "./params";
import { Skeleton } from "./skeleton";

const NO_METRICS = "No metrics yet: call run.log({...}).";
const NEVER_ANY = "No metrics were logged.";
const NO_SYSTEM = "No system metrics: this run does not record any.";

export function RunPanel({ session }: { session: RunSession }): JSX.Element {
  useSession(session);
  const [tab, setTab] = useChoice(session, "tab", "curves", isText);
  const syncKey = useId();
  const { run } = session;

  if (run === null) {
    return (
      <>
        <Connection session={session} />
        {session.status.kind !== "refused" && <Skeleton />}
      </>
    );
  }
  const live = !hasEnded(run.state);
  const keys = Array.from(session.series.keys());
  const metrics = keys.filter((key) => !key.startsWith(SYSTEM_PREFIX));
  const system = keys.filter((key) => key.startsWith(SYSTEM_PREFIX));
  const tabs: Tab[] = [
    { id: "curves", label: "Curves" },
    { id: "log", label: "Log", count: session.log.total },
    { id: "events", label: "Events", count: session.events.length },
    { id: "params", label: "Params" },
    { id: "system", label: "System" },
  ];
  return (
    <>
      <Header session={session} run={run} live={live} />
      <Failure session={session} run={run} onOpenLog={() => setTab("log")} />
      <Tabs label={`Run ${run.name}`} tabs={tabs} selected={tab} onSelect={setTab}>
        {tab === "curves" && (
          <>
            <Curves
              key="curves"
              name="curves"
              session={session}
              keys={metrics}
              initialX="step"
              live={live}
              syncKey={syncKey}
              empty={live ? NO_METRICS : NEVER_ANY}
            />
            <LogTail session={session} live={live} onOpen={() => setTab("log")} />
          </>
        )}
        {tab === "log" && <Log session={session} />}
        {tab === "events" && <Events session={session} />}
        {tab === "params" && <Params session={session} run={run} />}
        {tab === "system" && (
          <Curves
            key="system"
            name="system"
            initialX="relative"
            live={live}
            session={session}
            keys={system}
            syncKey={`${syncKey}-system`}
            empty={NO_SYSTEM}
          />
        )}
      </Tabs>
      {/* Below everything: it comes and goes, and must not move what is being read. */}
      <Connection session={session} />
    </>
  );
}
