/** A part of the form that is folded: its name, and in short what is set in it. */
import { ChevronRight } from "lucide-react";
import { type ReactNode, useId } from "react";
import { Icon } from "../../ui/Icon.tsx";
import { Text } from "../../ui/Text.tsx";

export interface DisclosureProps {
  title: string;
  summary: string;
  open: boolean;
  onOpen: (open: boolean) => void;
  children: ReactNode;
}

export function Disclosure({ title, summary, open, onOpen, children }: DisclosureProps) {
  const id = useId();
  return (
    <>
      <button
        type="button"
        className="more"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => onOpen(!open)}
      >
        <Icon icon={ChevronRight} size={14} />
        <b>{title}</b>
        <span className="dim">
          <Text value={summary} max={160} />
        </span>
      </button>
      <div id={id} hidden={!open}>
        {children}
      </div>
    </>
  );
}
