/** The command line's entry. */
import { main } from "./cli/main.ts";

// Not exitCode alone: a standard input that is still open would keep the process.
process.exit(await main(process.argv.slice(2)));
