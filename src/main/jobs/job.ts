/** What is known of one running job, kept from its batches as they come in. */
import type { Batch, Job } from "../../shared/job.ts";
import type { Problem } from "../../shared/problem.ts";

export interface JobPlan {
  id: string;
  kind: Job["kind"];
  connection: string;
  title: string;
  total: number | null;
  facts?: Job["facts"];
}

/** A batch as the work reports it; `size` is what it was allowed to take. */
export interface BatchDone {
  rows: number;
  bytes: number;
  skipped: number;
  lockMs: number;
  pauseMs: number;
  size: number;
  note: string;
}

const newest = 50;
const slowest = 100;
const mostSamples = 600;
/** Seconds over which the rate is taken. */
const rateWindow = 5;

/** A job's state; `clock` is milliseconds that only go forward. */
export class JobState {
  readonly #job: Job;
  readonly #clock: () => number;
  readonly #start: number;
  #pausedAt: number | null = null;
  #pausedMs = 0;
  #number = 0;
  #slow: Batch[] = [];
  #recent: Batch[] = [];
  /** [seconds of work since the start, sessions done by then] */
  #marks: [number, number][] = [[0, 0]];
  /** What the next sample covers, and how long samples are by now. */
  #second = { from: 0, rows: 0, lockMs: 0 };
  #sampleSeconds = 1;

  constructor(plan: JobPlan, clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#start = clock();
    this.#job = {
      id: plan.id,
      kind: plan.kind,
      connection: plan.connection,
      title: plan.title,
      status: "running",
      startedAt: new Date().toISOString(),
      endedAt: null,
      elapsedMs: 0,
      done: 0,
      total: plan.total,
      bytes: 0,
      rate: 0,
      batchSize: 0,
      longestLockMs: 0,
      skipped: 0,
      batches: [],
      samples: [],
      binJob: null,
      facts: plan.facts ?? [],
      problem: null,
    };
  }

  get ended(): boolean {
    return this.#job.endedAt !== null;
  }

  /** A copy that later changes leave alone. */
  snapshot(): Job {
    const seconds = this.#seconds();
    return {
      ...this.#job,
      elapsedMs: Math.round(seconds * 1000),
      rate: this.ended ? average(this.#job.done, seconds) : this.#rate(seconds),
      batches: [...new Set([...this.#slow, ...this.#recent])].sort((a, b) => b.number - a.number),
      samples: [...this.#job.samples],
      facts: [...this.#job.facts],
    };
  }

  batch(done: BatchDone, slow: boolean): void {
    const job = this.#job;
    const batch: Batch = {
      at: new Date().toISOString(),
      number: ++this.#number,
      rows: done.rows,
      lockMs: done.lockMs,
      pauseMs: done.pauseMs,
      note: done.note,
    };
    this.#recent = [batch, ...this.#recent].slice(0, newest);
    if (slow && this.#slow.length < slowest) this.#slow.push(batch);
    job.done += done.rows;
    // An estimate may have been too low.
    if (job.total !== null && job.total < job.done) job.total = job.done;
    job.bytes += done.bytes;
    job.skipped += done.skipped;
    job.batchSize = done.size;
    job.longestLockMs = Math.max(job.longestLockMs, done.lockMs);
    const seconds = this.#seconds();
    this.#marks.push([seconds, job.done]);
    while ((this.#marks[1]?.[0] ?? seconds) < seconds - rateWindow) this.#marks.shift();
    this.#sample(seconds, done);
  }

  expect(total: number): void {
    this.#job.total = total;
  }

  keptIn(binJob: string | null): void {
    this.#job.binJob = binJob;
  }

  fact(title: string, text: string): void {
    this.#job.facts.push({ title, text });
  }

  pause(): void {
    if (this.ended || this.#pausedAt !== null) return;
    this.#pausedAt = this.#clock();
    this.#job.status = "paused";
  }

  resume(): void {
    if (this.ended || this.#pausedAt === null) return;
    this.#pausedMs += this.#clock() - this.#pausedAt;
    this.#pausedAt = null;
    this.#job.status = "running";
  }

  end(status: "stopped" | "done" | "failed", problem: Problem | null = null): void {
    if (this.ended) return;
    this.resume();
    const seconds = this.#seconds();
    if (this.#second.rows > 0) this.#addSample(seconds);
    this.#job.elapsedMs = Math.round(seconds * 1000);
    this.#job.status = status;
    this.#job.problem = problem;
    this.#job.endedAt = new Date().toISOString();
  }

  #seconds(): number {
    if (this.ended) return this.#job.elapsedMs / 1000;
    return ((this.#pausedAt ?? this.#clock()) - this.#start - this.#pausedMs) / 1000;
  }

  #rate(seconds: number): number {
    const [from, done] = this.#marks[0] ?? [0, 0];
    return average(this.#job.done - done, seconds - from);
  }

  #sample(seconds: number, { rows, lockMs }: BatchDone): void {
    this.#second.rows += rows;
    this.#second.lockMs = Math.max(this.#second.lockMs, lockMs);
    if (seconds - this.#second.from >= this.#sampleSeconds) this.#addSample(seconds);
  }

  #addSample(seconds: number): void {
    const { samples } = this.#job;
    const { from, rows, lockMs } = this.#second;
    samples.push([seconds, average(rows, seconds - from), lockMs]);
    this.#second = { from: seconds, rows: 0, lockMs: 0 };
    if (samples.length <= mostSamples) return;
    // A long job keeps every second sample, again and again, so that its whole course stays in view.
    this.#job.samples = samples.filter((_, at) => at % 2 === 0);
    this.#sampleSeconds *= 2;
  }
}

const average = (count: number, seconds: number): number =>
  seconds > 0 ? Math.round(count / seconds) : 0;
