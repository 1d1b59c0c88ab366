/** Puts the chosen theme on the document; "system" follows the machine. */
import { useEffect } from "react";
import { useApp } from "../../state/app.ts";

export function useTheme(): void {
  const theme = useApp((state) => state.theme);
  useEffect(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const apply = () => {
      const resolved = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
      document.documentElement.dataset.theme = resolved;
    };
    apply();
    dark.addEventListener("change", apply);
    return () => dark.removeEventListener("change", apply);
  }, [theme]);
}
