/** System, light or dark. */
import { Contrast, Monitor, Moon, Sun } from "lucide-react";
import { setPreference, useApp } from "../../state/app.ts";
import { Icon } from "../../ui/Icon.tsx";
import { MenuButton } from "../../ui/Menu.tsx";

const themes = [
  { id: "system" as const, text: "As the system", icon: Monitor },
  { id: "light" as const, text: "Light", icon: Sun },
  { id: "dark" as const, text: "Dark", icon: Moon },
];

export function ThemeMenu() {
  const theme = useApp((state) => state.theme);
  return (
    <MenuButton
      label="Theme"
      title="Theme"
      className="iconbtn"
      items={themes.map((item) => ({
        ...item,
        checked: item.id === theme,
        onSelect: () => setPreference({ theme: item.id }),
      }))}
    >
      <Icon icon={Contrast} />
    </MenuButton>
  );
}
