// Colours, type and shapes. Light and dark are both in the style sheet; the root's data-theme chooses.

import { createTheme } from "@mui/material/styles";

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", "Noto Sans CJK KR", sans-serif';

export const theme = createTheme({
  cssVariables: { colorSchemeSelector: "data-theme" },
  colorSchemes: {
    light: { palette: {
      primary: { main: "#0b6e6e" }, error: { main: "#b3261e" }, warning: { main: "#955300" }, background: { default: "#fbfcfb", paper: "#ffffff" }, divider: "#e2e7e5",
      text: { primary: "#1a2422", secondary: "#56635f" },
    } },
    dark: { palette: {
      primary: { main: "#5cc4bd" }, error: { main: "#ff8a80" }, background: { default: "#14191a", paper: "#1b2122" }, divider: "#2d3637",
      text: { primary: "#e6ecea", secondary: "#a3b1ad" },
    } },
  },
  shape: { borderRadius: 10 },
  typography: { fontFamily: FONT, fontSize: 14, button: { textTransform: "none", fontWeight: 600 }, h5: { fontWeight: 650 }, h6: { fontWeight: 650, fontSize: "1.05rem" } },
  components: {
    MuiButton: { defaultProps: { disableElevation: true } },
    MuiPaper: { styleOverrides: { root: { backgroundImage: "none" } } },
    MuiTooltip: { defaultProps: { enterDelay: 500, disableInteractive: true } },
    MuiListItemButton: { styleOverrides: { root: { borderRadius: 8 } } },
    MuiTextField: { defaultProps: { size: "small" } },
  },
});
