/** What a connection's colour is called in marks.css. */
import type { Colour } from "../../shared/connection.ts";

export const colourClass = (colour: Colour = "none"): string =>
  colour === "none" ? "" : `mark-${colour}`;
