import { DockerMuiV6ThemeProvider } from "@docker/docker-mui-theme";
import CssBaseline from "@mui/material/CssBaseline";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import about from "./about.json";
import { App } from "./App";
import { provideThemes } from "./themes";

provideThemes();
document.title = about.title;

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element with the id root");

createRoot(root).render(
  <StrictMode>
    <DockerMuiV6ThemeProvider>
      <CssBaseline enableColorScheme />
      <App />
    </DockerMuiV6ThemeProvider>
  </StrictMode>,
);
