// Before the first paint: light or dark as it was chosen, else as the system has it, so that nothing flashes.
(() => {
  const mode = localStorage.getItem("ibidem-mode");
  const dark = mode === "dark" || (mode !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-theme", dark ? "dark" : "light");
})();
