/** The page's entry. */
import "./no-eval.ts";

import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";
import { start } from "./start.ts";
import "./ui/fonts.ts";
import "./ui/tokens.css";
import "./ui/base.css";
import "./ui/shell.css";
import "./ui/sidebar.css";
import "./ui/controls.css";
import "./ui/marks.css";
import "./ui/states.css";
import "./ui/native.css";

start();
const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
