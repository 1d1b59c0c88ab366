/** Where toasts appear: a polite status region. */
import { CircleAlert, CircleCheck, TriangleAlert, X } from "lucide-react";
import { Button, IconButton } from "./Button.tsx";
import { Icon } from "./Icon.tsx";
import { visible } from "./Text.tsx";
import { closeToast, useToasts } from "./toasts.ts";

const icons = { done: CircleCheck, warning: TriangleAlert, danger: CircleAlert };

export function ToastRegion() {
  const list = useToasts((state) => state.list);
  return (
    <section className="toasts" role="status" aria-label="Messages">
      {list.map(({ id, text, tone, action }) => (
        <div key={id} className={`toast is-${tone}`}>
          <Icon icon={icons[tone]} />
          <div>{visible(text)}</div>
          {action && (
            <Button
              onClick={() => {
                closeToast(id);
                action.run();
              }}
            >
              {action.text}
            </Button>
          )}
          <IconButton icon={X} label="Close message" onClick={() => closeToast(id)} />
        </div>
      ))}
    </section>
  );
}
