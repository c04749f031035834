// What the preview found wrong stands beside its field as well; a form that was drawn anew is looked at anew.
"use strict";
(() => {
  const form = document.getElementById("tariff");

  function beside() {
    for (const old of form.querySelectorAll(".field-error")) old.remove();
    for (const field of form.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
    for (const fault of document.querySelectorAll("#wrongs [data-field]")) {
      const field = form.elements[fault.dataset.field];
      const place = field instanceof RadioNodeList ? field[0] : field;
      if (!place || place.hasAttribute("aria-invalid")) continue;
      const why = document.createElement("small");
      why.className = "field-error";
      why.id = `why-${fault.dataset.field}`;
      why.textContent = fault.querySelector("span").textContent;
      place.after(why);
      place.setAttribute("aria-invalid", "true");
      place.setAttribute("aria-describedby", why.id);
    }
  }

  document.body.addEventListener("htmx:afterSettle", (event) => {
    const target = event.detail.target;
    if (target.id === "preview") beside();
    else if (target.id === "fields") document.body.dispatchEvent(new Event("redrawn"));
  });
})();
