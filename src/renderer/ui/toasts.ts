/** Short messages at the foot of the window, the newest last; the one with Undo stays longer. */
import { create } from "zustand";

export interface Toast {
  id: number;
  text: string;
  tone: "done" | "warning" | "danger";
  action?: { text: string; run: () => void };
}

interface Toasts {
  list: Toast[];
}

export const useToasts = create<Toasts>(() => ({ list: [] }));

let lastId = 0;

export function closeToast(id: number): void {
  useToasts.setState(({ list }) => ({ list: list.filter((toast) => toast.id !== id) }));
}

/** Shows a message; `action` gives it a button ("Undo"). Danger stays until closed. */
export function showToast(toast: Omit<Toast, "id" | "tone"> & { tone?: Toast["tone"] }): number {
  lastId += 1;
  const id = lastId;
  useToasts.setState(({ list }) => ({
    list: [...list.slice(-2), { tone: "done", ...toast, id }],
  }));
  if (toast.tone !== "danger") setTimeout(() => closeToast(id), toast.action ? 12_000 : 6_000);
  return id;
}
