// Brings a file to the server: how much of it is sent is shown here, what becomes of it on the file's own page.
"use strict";
(() => {
  const form = document.getElementById("import-form");
  const bar = document.getElementById("sending"), toast = document.getElementById("toast"), button = form.querySelector("button");
  const token = JSON.parse(document.body.getAttribute("hx-headers"))["x-csrf-token"];

  function say(text) {
    toast.textContent = text;
    toast.classList.add("bad");
    bar.hidden = true;
    button.disabled = false;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const file = form.elements.file.files[0];
    if (!file || button.disabled) return;
    if (file.size > Number(form.dataset.most)) return say(form.dataset.large);
    const [sort, source] = form.elements.source.value.split(":");
    const asked = new URLSearchParams({ sort, source, name: file.name, mapping: form.elements.mapping.value });
    const sending = new XMLHttpRequest();
    button.disabled = true;
    bar.hidden = false;
    sending.open("POST", `/imports/file?${asked}`);
    sending.setRequestHeader("x-csrf-token", token);
    sending.setRequestHeader("hx-request", "true");
    sending.upload.onprogress = (sent) => { if (sent.lengthComputable) { bar.max = sent.total; bar.value = sent.loaded; } };
    sending.onload = () => {
      const where = sending.getResponseHeader("hx-redirect");
      if (where) location.assign(where);
      else say(sending.responseText);
    };
    sending.onerror = () => say(document.body.dataset.offline);
    sending.send(file);
  });
})();
