// What the shell's template lacks: the language of the page, zoom on phones, and the reader's theme before first paint.
(() => {
  const root = document.documentElement;
  root.lang = "en";
  document.querySelector("meta[name=viewport]")?.setAttribute("content", "width=device-width, initial-scale=1");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    const chosen = localStorage.getItem("curbs:theme") ?? "auto";
    root.dataset.theme = chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen;
  };
  dark.addEventListener("change", show);
  window.curbsTheme = (chosen) => {
    localStorage.setItem("curbs:theme", chosen);
    show();
  };
  show();
})();
