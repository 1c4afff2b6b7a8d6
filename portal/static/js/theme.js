// Runs before the first paint: the chosen theme, and the sign that scripts run at all.
(() => {
  const root = document.documentElement;
  root.dataset.scripts = "";
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch {
    // Storage may be refused: the system's theme stays.
  }
})();
