/** What is deleted and how: the left side before the start. */
import { useId } from "react";
import type { OpenStore } from "../../../shared/connection.ts";
import type { Job, PurgePreview } from "../../../shared/job.ts";
import { Input, Select } from "../../ui/Field.tsx";
import { count, size } from "../../ui/format.ts";
import { Checkbox, Switch } from "../../ui/Switch.tsx";
import { EarlierRuns } from "./EarlierRuns.tsx";
import { holdsLocks, type Plan, type Unit, unitMs, wholeNumber } from "./plan.ts";
import { StartPurge } from "./StartPurge.tsx";

export interface PlanFormProps {
  store: OpenStore;
  plan: Plan;
  onChange: (change: Partial<Plan>) => void;
  preview: PurgePreview | null;
  runs: Job[];
  onShow: (id: string) => void;
}

interface MsOptionProps {
  title: string;
  help: string;
  value: string;
  least: number;
  most: number;
  onChange: (value: string) => void;
}

function MsOption({ title, help, value, least, most, onChange }: MsOptionProps) {
  const id = useId();
  const read = wholeNumber(value, least, most);
  const bad = "problem" in read;
  return (
    <div className="opt">
      <label htmlFor={id}>{title}</label>
      <span className={bad ? "help is-bad" : "help"} id={`${id}-help`}>
        {bad ? read.problem : help}
      </span>
      <Input
        id={id}
        className="ctl"
        unit="ms"
        inputMode="numeric"
        value={value}
        aria-describedby={`${id}-help`}
        {...(bad ? { "aria-invalid": true as const } : {})}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}

/** Counted with those Django never removes, where they are asked for. */
function binHelp(preview: PurgePreview | null): string {
  if (!preview) return "Deleted sessions can be put back from there.";
  const { needs, free, fits } = preview.bin;
  const about = preview.estimated ? "about " : "";
  const counting = preview.exact || preview.estimated ? "" : " so far";
  const cost = `Needs ${about}${size(needs)}${counting}`;
  if (fits) return `${cost}, ${size(free)} are free.`;
  return `${cost}, only ${size(free)} are free. Raise the limit in Settings, or go on without a copy.`;
}

export function PlanForm({ store, plan, onChange, preview, runs, onShow }: PlanFormProps) {
  const never = preview?.neverRemoved;
  const locks = holdsLocks(store);
  const inCache = store.kind === "cache";
  const tooFull = plan.backup && preview?.bin.fits === false;
  return (
    <div className="plan" data-region="plan">
      <form
        className="plan-scroll"
        aria-label="Purge plan"
        onSubmit={(event) => event.preventDefault()}
      >
        <section>
          <h2>What to delete</h2>
          <div className="sentence">
            Sessions that expired
            <Select
              aria-label="Expired"
              value={plan.when}
              onChange={(event) =>
                onChange({ when: event.target.value === "now" ? "now" : "over" })
              }
            >
              <option value="now">before now</option>
              <option value="over">over</option>
            </Select>
            {plan.when === "over" && (
              <>
                <Input
                  className="amount"
                  aria-label="Amount"
                  inputMode="numeric"
                  value={plan.amount}
                  {...("problem" in wholeNumber(plan.amount, 1, 100_000)
                    ? { "aria-invalid": true as const }
                    : {})}
                  onChange={(event) => onChange({ amount: event.target.value })}
                />
                <Select
                  aria-label="Unit"
                  value={plan.unit}
                  onChange={(event) => onChange({ unit: event.target.value as Unit })}
                >
                  {Object.keys(unitMs).map((unit) => (
                    <option key={unit}>{unit}</option>
                  ))}
                </Select>
                ago
              </>
            )}
          </div>
          <div className="guards">
            <Checkbox checked fixed help="Always on. Each batch checks the expiry again.">
              Never delete active sessions
            </Checkbox>
            {store.capabilities.neverRemoved && (
              <Checkbox
                checked={plan.includeNeverRemoved}
                help={
                  never
                    ? `${count(never.count)} sessions, ${size(never.bytes)}. ${never.why}`
                    : inCache
                      ? "Sessions that the cache keeps for ever."
                      : "Sessions that clearsessions leaves alone for ever."
                }
                onChange={(includeNeverRemoved) => onChange({ includeNeverRemoved })}
              >
                {inCache
                  ? "Also those without an expiry"
                  : "Also those Django's own rule never removes"}
              </Checkbox>
            )}
          </div>
        </section>
        <section>
          <h2>How to run it</h2>
          <div className="opts">
            <div className="opt">
              <span>Keep a copy in the recycle bin</span>
              <span className={tooFull ? "help is-bad" : "help"} id="purge-bin-help">
                {plan.backup
                  ? binHelp(preview)
                  : "Off: what is deleted is gone for good and cannot be put back."}
              </span>
              <Switch
                className="ctl"
                label="Keep a copy in the recycle bin"
                describedBy="purge-bin-help"
                checked={plan.backup}
                onChange={(backup) => onChange({ backup })}
              />
            </div>
            <MsOption
              title={locks ? "Longest lock" : "Longest batch"}
              help={
                locks
                  ? "Batches shrink until other queries wait no longer than this."
                  : "Batches shrink until none takes longer than this."
              }
              value={plan.maxLockMs}
              least={5}
              most={10_000}
              onChange={(maxLockMs) => onChange({ maxLockMs })}
            />
            <MsOption
              title="Pause between batches"
              help={locks ? "Time left to other queries." : "Time left to the site."}
              value={plan.pauseMs}
              least={0}
              most={60_000}
              onChange={(pauseMs) => onChange({ pauseMs })}
            />
          </div>
        </section>
        {runs.length > 0 && (
          <section>
            <h2>Earlier runs</h2>
            <EarlierRuns runs={runs} shown={null} onShow={onShow} />
          </section>
        )}
      </form>
      <StartPurge
        store={store}
        plan={plan}
        preview={preview}
        onStarted={(job, limit) => onChange({ job, limits: { ...plan.limits, [job]: limit } })}
      />
    </div>
  );
}
