/** Theme and settings, for the title bar of the connect screen. */
import { Cookie, SlidersHorizontal, Spline } from "lucide-react";
import { go, useApp } from "../../state/app.ts";
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
      <IconButton
        icon={Cookie}
        label="Cookies"
        title="Decode and sign cookies, without a store"
        onClick={() => go("cookies")}
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
