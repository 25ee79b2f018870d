// A camera point near as it looks now: a picture every few seconds, stamped with its age.

import { make } from "./views.js";
import { reasonIn, word } from "./words.js";

const EVERY_MS = 3_000;

/**
 * The picture of one camera point; it stops when another page is shown.
 * @param {import("./link.js").Link} link asks central
 * @param {{id: string, name: string}} camera the point
 * @param {{back: () => void}} does
 */
export function cameraView(link, camera, { back }) {
  const picture = make("img", { class: "photo live", id: "camera-picture", alt: camera.name, hidden: true });
  const age = make("p", { class: "quiet-text", id: "camera-age", role: "status" }, word("looking"));
  const view = make("section", { class: "card", id: "camera" }, make("h1", {}, camera.name), picture, age,
    make("div", { class: "actions" }, make("button", { type: "button", id: "back", class: "wide", onclick: back },
      word("back"))));
  let takenAt = null;
  let trouble = "";
  const draw = () => {
    const seconds = takenAt && Math.max(0, Math.round((Date.now() - takenAt) / 1000));
    age.textContent = [takenAt ? word("picture_age")(seconds) : "", trouble].filter(Boolean).join(" ");
  };
  const look = async () => {
    try {
      const answer = await fetch(`/v1/handheld/cameras/${encodeURIComponent(camera.id)}/picture`,
        { headers: link.headers() });
      if (!answer.ok) throw new Error(reasonIn((await answer.json().catch(() => ({}))).error ?? `${answer.status}`));
      const old = picture.src;
      picture.src = URL.createObjectURL(await answer.blob());
      picture.hidden = false;
      if (old) URL.revokeObjectURL(old);
      // By this device's clock, less what passed on the way: two clocks need not agree.
      const [taken, sent] = [answer.headers.get("X-Zhihui-Taken-At"), answer.headers.get("Date")];
      takenAt = Date.now() - Math.max(0, new Date(sent) - new Date(taken));
      trouble = "";
    } catch (error) {
      trouble = error instanceof TypeError ? word("no_network") : error.message;
    }
  };
  const turn = async () => {
    if (!view.isConnected || !link.session) return URL.revokeObjectURL(picture.src);
    if (document.visibilityState === "visible") await look();
    draw();
    return setTimeout(turn, EVERY_MS);
  };
  queueMicrotask(turn);
  const ticking = setInterval(() => (view.isConnected ? draw() : clearInterval(ticking)), 1_000);
  return view;
}
