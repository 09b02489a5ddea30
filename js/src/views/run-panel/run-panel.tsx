import type { ComponentProps, JSX } from "preact";
import { useState } from "preact/hooks";
import type { RunSession } from "../../core/session";
import { SYSTEM_PREFIX, hasEnded } from "../../core/wire";
import { trans } from "../../core/translate";
import { isText, useChoice } from "../common/choices";
import { useSession, useUniqueId } from "../common/hooks";
import { Part } from "../common/part";
import type { Tab } from "../common/tabs";
import { Tabs } from "../common/tabs";
import type { CloneForm } from "../details/clone-form";
import { About } from "./about";
import type { Notice } from "./actions";
import { Connection } from "./connection";
import { useContents } from "./contents";
import type { Curves } from "./curves";
import { Failure } from "./failure";
import { Header } from "./header";
import { LogTail } from "./log-tail";
import { Skeleton } from "./skeleton";

/** What stands where there are no curves. */
function emptyWords(system: boolean, live: boolean): string {
  if (system) {
    return trans.__("No system metrics: this run does not record any.");
  }
  return live ? trans.__("No metrics yet: call run.log({...}).") : trans.__("No metrics were logged.");
}

export function RunPanel({ session }: { session: RunSession }): JSX.Element {
  useSession(session);
  const [tab, setTab] = useChoice(session, "tab", "curves", isText);
  const [cloning, setCloning] = useState(false);
  const [notice, setNotice] = useState<Notice | null>(null);
  const contents = useContents(session);
  const syncKey = useUniqueId();
  const { run, host } = session;

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
  const saved = contents.checkpoints + contents.models;
  const tabs: Tab[] = [
    { id: "curves", label: trans.__("Curves") },
    { id: "log", label: trans.__("Log"), count: session.log.total },
    { id: "events", label: trans.__("Events"), count: session.events.length },
    { id: "params", label: trans.__("Params") },
    ...(run.kind === "sweep" ? [{ id: "trials", label: trans.__("Trials"), count: contents.children }] : []),
    ...(contents.classifications > 0 ? [{ id: "classification", label: trans.__("Classification") }] : []),
    ...(contents.artifacts > 0
      ? [{ id: "artifacts", label: trans.__("Artifacts"), count: contents.artifacts }]
      : []),
    ...(saved > 0 ? [{ id: "saved", label: trans.__("Checkpoints"), count: saved }] : []),
    { id: "system", label: trans.__("System") },
    { id: "code", label: trans.__("Code") },
    { id: "environment", label: trans.__("Environment") },
  ];
  const shown = tabs.some(({ id }) => id === tab) ? tab : "curves";

  const curves = (system: boolean): JSX.Element => (
    <Part<ComponentProps<typeof Curves>>
      key={system ? "system" : "curves"}
      host={host}
      chunk="curves"
      name="Curves"
      props={{
        session,
        live,
        keys: keys.filter((key) => key.startsWith(SYSTEM_PREFIX) === system),
        name: system ? "system" : "curves",
        initialX: system ? "relative" : "step",
        syncKey: system ? `${syncKey}-system` : syncKey,
        empty: emptyWords(system, live),
      }}
    />
  );
  const detail = (name: string, more: object = {}): JSX.Element => (
    <Part key={name} host={host} chunk="details" name={name} props={{ session, ...more }} />
  );
  const onTime = (time: number): void => {
    session.pointTo(time);
    setTab("curves");
  };

  const content: Readonly<Record<string, () => JSX.Element>> = {
    curves: () => (
      <>
        {curves(false)}
        <LogTail session={session} live={live} onOpen={() => setTab("log")} />
      </>
    ),
    log: () => <Part key="log" host={host} chunk="log" name="Log" props={{ session, onTime }} />,
    events: () => detail("Events"),
    params: () => detail("Params", { run }),
    trials: () => detail("Trials", { count: contents.children }),
    classification: () => (
      <Part
        key="classification"
        host={host}
        chunk="classification"
        name="Classification"
        props={{ host, run: run.id }}
      />
    ),
    artifacts: () => detail("Artifacts", { count: contents.artifacts }),
    saved: () => detail("Saved", { checkpoints: contents.checkpoints, models: contents.models }),
    system: () => curves(true),
    code: () => detail("Code"),
    environment: () => detail("Environment"),
  };

  return (
    <>
      <Header
        session={session}
        run={run}
        live={live}
        code={contents.code}
        onClone={() => setCloning(true)}
        onNotice={setNotice}
      />
      <About session={session} run={run} notice={notice} onNotice={setNotice} />
      {cloning && (
        <Part<ComponentProps<typeof CloneForm>>
          host={host}
          chunk="details"
          name="CloneForm"
          props={{
            session,
            run,
            onDone: (made) => {
              setCloning(false);
              if (made !== null) {
                setNotice({
                  text: trans.__("%1 was submitted; its id is %2.", made.name, made.id.slice(0, 8)),
                  bad: false,
                });
              }
            },
          }}
        />
      )}
      <Failure session={session} run={run} onOpenLog={() => setTab("log")} />
      <Tabs label={trans.__("Run %1", run.name)} tabs={tabs} selected={shown} onSelect={setTab}>
        {content[shown]?.()}
      </Tabs>
      {/* Below everything: it comes and goes, and must not move what is being read. */}
      <Connection session={session} />
    </>
  );
}
