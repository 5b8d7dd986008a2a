import type { ThemeOptions } from "@mui/material/styles";

const shared: ThemeOptions = {
  typography: {
    fontFamily: 'Roboto, Inter, system-ui, -apple-system, "Segoe UI", sans-serif',
    fontSize: 14,
    button: { textTransform: "none" },
  },
};

const light: ThemeOptions = {
  ...shared,
  palette: {
    mode: "light",
    primary: { main: "#1d5fd1" },
    background: { default: "#f6f7f9", paper: "#ffffff" },
    divider: "#dfe3e8",
  },
};

const dark: ThemeOptions = {
  ...shared,
  palette: {
    mode: "dark",
    primary: { main: "#7db0ff" },
    background: { default: "#12181f", paper: "#1b232c" },
    divider: "#2e3a47",
  },
};

/**
 * Docker Desktop puts its own themes there before the page loads. Other desktops and a plain browser do not, and
 * Docker's theme has no colours of its own: https://www.npmjs.com/package/@docker/docker-mui-theme
 */
export function provideThemes(): void {
  const page: Partial<Pick<typeof globalThis, "__ddMuiV6Themes">> = window;
  page.__ddMuiV6Themes ??= { light, dark };
}
