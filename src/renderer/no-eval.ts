/** Imported before anything that makes schemas: zod probes for eval as it makes them, and the page's policy forbids it. */
import { config } from "zod";

config({ jitless: true });
