/** Local, staging or production, as three cards. */
import { useId } from "react";
import type { Environment } from "../../../shared/connection.ts";

const cards: { id: Environment; name: string; about: string }[] = [
  { id: "development", name: "Local", about: "no extra confirmation" },
  { id: "staging", name: "Staging", about: "marked as staging" },
  { id: "production", name: "Production", about: "typed name, hatched edge" },
];

export interface EnvironmentPickProps {
  value: Environment;
  onChange: (value: Environment) => void;
}

export function EnvironmentPick({ value, onChange }: EnvironmentPickProps) {
  const id = useId();
  return (
    <div className="row">
      <span className="lab" id={id}>
        Environment
      </span>
      <div className="envpick" role="radiogroup" aria-labelledby={id}>
        {cards.map((card) => (
          <label key={card.id} className={card.id === "production" ? "is-prod" : undefined}>
            <input
              type="radio"
              className="cover"
              name={id}
              checked={value === card.id}
              onChange={() => onChange(card.id)}
            />
            <i className="radio" />
            {card.name}
            <small>{card.about}</small>
          </label>
        ))}
      </div>
    </div>
  );
}
