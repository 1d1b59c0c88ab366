/** Theme and settings, for the title bar of the connect screen. */
import { SlidersHorizontal } from "lucide-react";
import { useApp } from "../../state.ts";
import { IconButton } from "../../ui/Button.tsx";
import { ThemeMenu } from "./ThemeMenu.tsx";

export function TitleTools() {
  return (
    <>
      <ThemeMenu />
      <IconButton
        icon={SlidersHorizontal}
        label="Settings"
        title="Settings. Ctrl+,"
        onClick={() => useApp.setState({ settingsOpen: true })}
      />
    </>
  );
}
