/** The suite over the drivers there are: one call each. */
import { conforms } from "./conformance.ts";
import { folderPlace, sqlitePlace } from "./places.ts";

const oddKeys = [
  "",
  "a",
  "A B",
  "__proto__",
  "<script>alert(1)</script>",
  "nul\0inside",
  "ключ",
  "🍪".repeat(50),
  "' OR 1=1 --",
  "x'00ff'",
  "t'ff'",
  "k".repeat(10_000),
  "\u202Ertl\n\t\u0007",
  "%_",
];

conforms("SQLite with a rollback journal", { place: () => sqlitePlace("delete"), oddKeys });
conforms("SQLite with a WAL", { place: () => sqlitePlace("wal"), oddKeys });
conforms("A folder of session files", { place: folderPlace, oddKeys: [] });
