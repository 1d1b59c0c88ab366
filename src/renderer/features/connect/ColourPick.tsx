/** A connection's own colour, which its icon takes wherever it is listed. */
import { useId } from "react";
import { type Colour, colourSchema } from "../../../shared/connection.ts";
import { colourClass } from "../../ui/marks.ts";

export interface ColourPickProps {
  value: Colour;
  onChange: (value: Colour) => void;
}

export function ColourPick({ value, onChange }: ColourPickProps) {
  const id = useId();
  return (
    <div className="row">
      <span className="lab" id={id}>
        Colour <span className="dim">of its icon in lists</span>
      </span>
      <div className="colourpick" role="radiogroup" aria-labelledby={id}>
        {colourSchema.options.map((colour) => (
          <label key={colour} title={colour} className={colourClass(colour)}>
            <input
              type="radio"
              className="cover"
              name={id}
              aria-label={colour}
              checked={value === colour}
              onChange={() => onChange(colour)}
            />
          </label>
        ))}
      </div>
    </div>
  );
}
