/**
 * For every page of a signed-in person: `<form data-sign-out data-unsent-warning="…{n}…">`.
 * Leaving the account empties what this device keeps of shared texts; unsent words are named first.
 */
import { forgetEverything, unsentAnywhere } from "./device.js";

const LONGEST_WAIT_MS = 2000;

document.addEventListener("submit", (event) => {
  const form = event.target.closest?.("[data-sign-out]");
  if (!form || form.dataset.emptied === "yes") return;
  event.preventDefault();
  const unsent = unsentAnywhere();
  const warning = (form.dataset.unsentWarning ?? "").replace("{n}", String(unsent));
  if (unsent > 0 && warning && !confirm(warning)) return;
  form.dataset.emptied = "yes";
  dispatchEvent(new CustomEvent("rembuk:signing-out"));
  const patience = new Promise((resolve) => setTimeout(resolve, LONGEST_WAIT_MS));
  Promise.race([forgetEverything().catch(() => {}), patience]).then(() =>
    form.requestSubmit(event.submitter),
  );
});
