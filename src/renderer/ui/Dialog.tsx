/** A modal over the page: the native dialog keeps the focus in, and gives it back on close. */
import { type FormEvent, type ReactNode, useId, useLayoutEffect, useRef } from "react";

export interface DialogProps {
  title: ReactNode;
  onClose: () => void;
  /** Enter submits where given. */
  onSubmit?: () => void;
  /** Buttons, the safe one first. */
  buttons: ReactNode;
  production?: boolean;
  wide?: boolean;
  children: ReactNode;
}

/** Mounted means open. The element with `data-autofocus` gets the focus, else the first control. */
export function Dialog(props: DialogProps) {
  const { title, onClose, onSubmit, buttons, production, wide, children } = props;
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    dialog?.showModal();
    dialog?.querySelector<HTMLElement>("[data-autofocus]")?.focus();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit?.();
  };
  return (
    <dialog
      ref={ref}
      className={`dialog${production ? " dialog-prod" : ""}${wide ? " dialog-wide" : ""}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <form onSubmit={submit}>
        <div className="in">
          <h2 id={id}>{title}</h2>
          {children}
        </div>
        <div className="btns">{buttons}</div>
      </form>
    </dialog>
  );
}
