/** A labelled control with its hint and its problem, wired for screen readers. */
import { ChevronDown, CircleAlert } from "lucide-react";
import {
  createContext,
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type SelectHTMLAttributes,
  useContext,
  useId,
} from "react";
import type { Problem } from "../../shared/problem.ts";
import { Icon } from "./Icon.tsx";

interface Wiring {
  id: string;
  describedBy: string | undefined;
  bad: boolean;
}
const FieldContext = createContext<Wiring | null>(null);

export interface FieldProps {
  label: ReactNode;
  /** Beside the label, quiet. */
  aside?: ReactNode;
  hint?: ReactNode;
  problem?: Pick<Problem, "message" | "hint"> | null;
  className?: string;
  children: ReactNode;
}

export function Field({ label, aside, hint, problem, className, children }: FieldProps) {
  const id = useId();
  const ids = [hint ? `${id}-hint` : "", problem ? `${id}-bad` : ""].filter(Boolean).join(" ");
  return (
    <div className={`field ${className ?? ""}`.trim()}>
      <label className="lab" htmlFor={id}>
        {label}
        {aside && <span className="dim">{aside}</span>}
      </label>
      <FieldContext.Provider value={{ id, describedBy: ids || undefined, bad: Boolean(problem) }}>
        {children}
      </FieldContext.Provider>
      {hint && (
        <p className="help" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {problem && (
        <p className="bad" id={`${id}-bad`} role="alert">
          <Icon icon={CircleAlert} />
          <span>
            {problem.message}
            {problem.hint && <span>{problem.hint}</span>}
          </span>
        </p>
      )}
    </div>
  );
}

/** What a control inside a Field spreads on its native element. */
export function useField(): {
  id?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: true;
} {
  const wiring = useContext(FieldContext);
  if (!wiring) return {};
  return {
    id: wiring.id,
    ...(wiring.describedBy ? { "aria-describedby": wiring.describedBy } : {}),
    ...(wiring.bad ? { "aria-invalid": true as const } : {}),
  };
}

export interface InputProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "className"> {
  unit?: string;
  mono?: boolean;
  /** After the text, inside the box. */
  end?: ReactNode;
  className?: string;
  ref?: Ref<HTMLInputElement>;
}

export function Input({ unit, mono, end, className, ref, ...rest }: InputProps) {
  const wiring = useField();
  const bad = wiring["aria-invalid"] || rest["aria-invalid"];
  return (
    <span
      className={`input${mono ? " mono" : ""}${bad ? " is-bad" : ""} ${className ?? ""}`.trim()}
    >
      <input spellCheck={false} autoComplete="off" {...wiring} {...rest} ref={ref} />
      {unit && <span className="unit">{unit}</span>}
      {end}
    </span>
  );
}

export interface SelectProps extends Omit<SelectHTMLAttributes<HTMLSelectElement>, "className"> {
  className?: string;
}

export function Select({ className, children, ...rest }: SelectProps) {
  const wiring = useField();
  return (
    <span className={`select ${className ?? ""}`.trim()}>
      <select {...wiring} {...rest}>
        {children}
      </select>
      <Icon icon={ChevronDown} />
    </span>
  );
}
