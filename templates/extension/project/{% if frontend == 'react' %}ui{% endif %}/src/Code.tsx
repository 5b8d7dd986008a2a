import Box from "@mui/material/Box";
import type { ReactNode } from "react";

/** A path or a command in running text. */
export function Code({ children }: { children: ReactNode }) {
  return (
    <Box
      component="code"
      sx={{
        paddingX: 0.75,
        borderRadius: 1,
        backgroundColor: "action.selected",
        fontFamily: '"Roboto Mono", ui-monospace, Menlo, Consolas, monospace',
        fontSize: "0.875em",
      }}
    >
      {children}
    </Box>
  );
}
