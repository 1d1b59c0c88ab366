/** A menu that drops from a button: arrows, Home, End, letters, Esc; closes on a click elsewhere. */
import type { LucideIcon } from "lucide-react";
import {
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { createPortal } from "react-dom";
import { Icon } from "./Icon.tsx";

export interface MenuItem {
  id: string;
  text: ReactNode;
  icon?: LucideIcon;
  end?: ReactNode;
  /** For a choice among several: shown as a radio item. */
  checked?: boolean;
  reason?: string | undefined;
  /** A heading or a line before this item. */
  heading?: string;
  separated?: boolean;
  onSelect: () => void;
}

interface ListProps {
  items: MenuItem[];
  label: string;
  anchor: RefObject<HTMLElement | null>;
  onClose: () => void;
}

function MenuList({ items, label, anchor, onClose }: ListProps) {
  const ref = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ left: 0, top: 0 });
  useLayoutEffect(() => {
    const from = anchor.current?.getBoundingClientRect();
    const box = ref.current?.getBoundingClientRect();
    if (!from || !box) return;
    const below = from.bottom + 4;
    const fits = below + box.height <= innerHeight - 8;
    setPlace({
      left: Math.max(8, Math.min(from.left, innerWidth - box.width - 8)),
      top: fits ? below : Math.max(8, from.top - box.height - 4),
    });
    const checked = ref.current?.querySelector<HTMLElement>("[aria-checked=true]");
    (checked ?? ref.current?.querySelector<HTMLElement>("[role^=menuitem]"))?.focus();
  }, [anchor]);
  useEffect(() => {
    const outside = (event: Event) => {
      const target = event.target as Node;
      if (!ref.current?.contains(target) && !anchor.current?.contains(target)) onClose();
    };
    document.addEventListener("pointerdown", outside, true);
    addEventListener("resize", onClose);
    return () => {
      document.removeEventListener("pointerdown", outside, true);
      removeEventListener("resize", onClose);
    };
  }, [anchor, onClose]);
  const keys = (event: KeyboardEvent) => {
    event.stopPropagation();
    const list = [...(ref.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
    const at = list.indexOf(document.activeElement as HTMLElement);
    const to = (index: number) => {
      event.preventDefault();
      list[(index + list.length) % list.length]?.focus();
    };
    if (event.key === "ArrowDown") to(at + 1);
    else if (event.key === "ArrowUp") to(at - 1);
    else if (event.key === "Home") to(0);
    else if (event.key === "End") to(list.length - 1);
    else if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      onClose();
      anchor.current?.focus();
    } else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey) {
      const next = [...list.slice(at + 1), ...list.slice(0, at + 1)].find((item) =>
        item.textContent?.trim().toLowerCase().startsWith(event.key.toLowerCase()),
      );
      next?.focus();
    }
  };
  return createPortal(
    <div ref={ref} role="menu" aria-label={label} className="menu" style={place} onKeyDown={keys}>
      {items.map((item) => (
        <div key={item.id} role="none">
          {item.separated && <hr />}
          {item.heading && <h3 role="presentation">{item.heading}</h3>}
          <button
            type="button"
            {...(item.checked === undefined
              ? { role: "menuitem" }
              : { role: "menuitemradio", "aria-checked": item.checked })}
            aria-disabled={item.reason ? true : undefined}
            title={item.reason}
            tabIndex={-1}
            onClick={() => {
              if (item.reason) return;
              onClose();
              anchor.current?.focus();
              item.onSelect();
            }}
          >
            {item.icon && <Icon icon={item.icon} />}
            <span className="item-text">{item.text}</span>
            {item.end && <span className="end">{item.end}</span>}
          </button>
        </div>
      ))}
    </div>,
    document.body,
  );
}

export interface MenuButtonProps {
  items: MenuItem[];
  label: string;
  className: string;
  title?: string;
  children: ReactNode;
  /** Opened from elsewhere too (a key): counts up. */
  openSignal?: number;
}

export function MenuButton(props: MenuButtonProps) {
  const { items, label, className, title, children, openSignal = 0 } = props;
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLButtonElement>(null);
  const seen = useRef(openSignal);
  useEffect(() => {
    if (openSignal !== seen.current) setOpen(true);
    seen.current = openSignal;
  }, [openSignal]);
  const close = useRef(() => setOpen(false)).current;
  return (
    <>
      <button
        ref={anchor}
        type="button"
        className={className}
        title={title}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={label}
        onClick={() => setOpen(!open)}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" || open) return;
          event.preventDefault();
          setOpen(true);
        }}
      >
        {children}
      </button>
      {open && <MenuList items={items} label={label} anchor={anchor} onClose={close} />}
    </>
  );
}
