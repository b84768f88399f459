"use strict";
// Everything works without this script: it only makes the pages livelier.

const MOST_BYTES = 12e6;

// The styles: what is chosen, beside the button.
const bar = document.querySelector(".bar .chosen");
if (bar) {
  const boxes = [...document.querySelectorAll("input[name=style]")];
  const tell = () => {
    const names = boxes.filter((box) => box.checked).map((box) => box.closest(".card").querySelector("span").textContent);
    bar.textContent = names.length === 0 ? "" : names.length === 1 ? `Chosen: ${names[0]}` : `Chosen: ${names.join(", ")}`;
  };
  boxes.forEach((box) => box.addEventListener("change", tell));
  tell();
}

// A picture that is too large is told of before it is sent, for that may take a minute.
for (const field of document.querySelectorAll("input[type=file]")) {
  field.addEventListener("change", () => {
    const [file] = field.files;
    if (file) for (const other of field.form.querySelectorAll("input[type=file]")) {
      if (other !== field) { other.value = ""; other.setCustomValidity(""); }  // what was chosen last is meant
    }
    field.setCustomValidity(file && file.size > MOST_BYTES ? "This picture has more than 12 MB. Choose a smaller one." : "");
    if (!field.reportValidity()) return;
    if (file && field.form.matches(".send")) send(field.form);
  });
}
function send(form) {
  form.querySelector(".sending").textContent = "Sending your photo …";
  form.requestSubmit();
}

// A job: news from the studio, until it is over.
const easel = document.querySelector("[data-job]");
if (easel) {
  const address = `/job/${easel.dataset.job}`;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const picture = document.getElementById("picture");
  const said = document.getElementById("spoken");
  let news = null;
  let quarter = -1;

  const hear = (event) => {
    const job = JSON.parse(event.data);
    if (!["waiting", "painting"].includes(job.state)) {
      news.close();
      location.reload();
      return;
    }
    document.getElementById("words").textContent = job.words;
    document.getElementById("progress").value = job.percent;
    if (said.textContent !== job.spoken) said.textContent = job.spoken;
    const now = Math.floor(job.percent / 25);
    if (job.picture && (!calm.matches || now !== quarter)) {
      quarter = now;
      const next = new Image();
      next.onload = () => {
        picture.src = next.src;
        picture.alt = picture.alt.replace("not painted yet", "half painted");
        picture.parentElement.classList.remove("empty");
      };
      next.src = `${address}/picture?n=${job.picture}`;
    }
  };
  const listen = () => {
    if (news) news.close();
    news = new EventSource(`${address}/events`);
    news.addEventListener("job", hear);
    // The browser connects again by itself, unless the studio refuses: then the page says what became of the job.
    news.onerror = () => {
      document.getElementById("words").textContent = said.textContent = "The studio does not answer. Trying again …";
      if (news.readyState === EventSource.CLOSED) setTimeout(again, 3000);
    };
  };
  const again = () => fetch("/healthz").then(() => location.reload(), () => setTimeout(again, 3000));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) listen(); });
  addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
  listen();
}
