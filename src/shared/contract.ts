/**
 * The contract: every procedure a face offers and the page, the preload port and the command line call.
 * Expected failures are the one typed error PROBLEM; anything else is a bug.
 */
import { appCalls } from "./contract-app.ts";
import { connectionCalls } from "./contract-connections.ts";
import { jobCalls } from "./contract-jobs.ts";
import { sessionCalls } from "./contract-sessions.ts";
import { simulatorCalls } from "./contract-simulator.ts";

export const contract = {
  ...appCalls,
  ...connectionCalls,
  ...sessionCalls,
  ...jobCalls,
  ...simulatorCalls,
};

export type Contract = typeof contract;
