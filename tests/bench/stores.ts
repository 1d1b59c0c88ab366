/** Stores on servers, the app beside Python in the same run. BENCH_SERVERS=postgres,mariadb names some of them. */
import { sql } from "./stores/sql.ts";

const asked = (process.env["BENCH_SERVERS"] ?? "postgres,mariadb").split(",");

export async function run(): Promise<void> {
  for (const name of asked) if (name === "postgres" || name === "mariadb") await sql(name);
}
