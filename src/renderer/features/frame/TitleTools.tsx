/** Theme and settings, for the title bar of the connect screen. */
import { SlidersHorizontal, Spline } from "lucide-react";
import { go, useApp } from "../../state.ts";
import { IconButton } from "../../ui/Button.tsx";
import { ThemeMenu } from "./ThemeMenu.tsx";

export function TitleTools() {
  return (
    <>
      <IconButton
        icon={Spline}
        label="Simulate"
        title="Simulate, without a store"
        onClick={() => go("simulate")}
      />
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
