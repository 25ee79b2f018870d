// A camera point near as it looks now: live where camera and browser can, else a picture every few seconds.

import * as film from "./livefilm.js";
import { make } from "./views.js";
import { reasonIn, word } from "./words.js";

const EVERY_MS = 3_000;
/** A film shorter than this has broken off; one as long as central allows is over by itself. */
const WHOLE_MS = 100_000;

/**
 * The view of one camera point; it stops when another page is shown or this one is hidden.
 * @param {import("./link.js").Link} link asks central
 * @param {{id: string, name: string}} camera the point
 * @param {{back: () => void}} does
 */
export function cameraView(link, camera, { back }) {
  const picture = make("img", { class: "photo live", id: "camera-picture", alt: camera.name, hidden: true });
  const video = make("video", { class: "photo live", id: "camera-live", "aria-label": camera.name, muted: true,
    playsinline: true, hidden: true });
  video.muted = true; // the attribute alone does not count for an element made by script
  const age = make("p", { class: "quiet-text", id: "camera-age", role: "status" }, word("looking"));
  const again = make("button", { type: "button", id: "camera-again", class: "wide", hidden: true }, word("look_again"));
  const view = make("section", { class: "card", id: "camera" }, make("h1", {}, camera.name), video, picture, age,
    make("div", { class: "actions" }, again, make("button", { type: "button", id: "back", class: "wide", onclick: back },
      word("back"))));
  const path = `/v1/handheld/cameras/${encodeURIComponent(camera.id)}`;
  const pictures = new Pictures(link, `${path}/picture`, picture);
  let mode = "live"; // "live", "pictures", "over"
  let why = "";
  let stop = null;
  const isSeen = () => view.isConnected && link.session && document.visibilityState === "visible";
  const draw = () => {
    again.hidden = mode !== "over";
    video.hidden = !video.classList.contains("plays");
    picture.hidden = !picture.src || !video.hidden;
    if (mode === "over") age.textContent = word("film_over");
    else if (!video.hidden) age.textContent = word("live_now");
    else age.textContent = [pictures.told(), why].filter(Boolean).join(" ") || word("looking");
  };
  const watch = async () => {
    if (!film.canPlay()) throw new Error(word("no_live"));
    const { signal } = stop = new AbortController();
    const begun = performance.now();
    const playing = () => { video.classList.add("plays"); draw(); };
    try {
      await film.play(video, `${path}/live`, { headers: link.headers(), signal, playing });
    } catch (error) {
      if (!signal.aborted) throw error; // put away is not failed
    } finally {
      stop = null;
      video.classList.remove("plays");
    }
    if (signal.aborted) return;
    if (performance.now() - begun < WHOLE_MS) throw new Error(word("film_broke"));
    mode = "over";
  };
  const turn = async () => {
    if (!view.isConnected || !link.session) return ended();
    if (isSeen() && mode === "live") {
      await watch().catch(error => {
        mode = "pictures";
        why = error instanceof TypeError ? "" : `${reasonIn(error.message)} ${word("pictures_instead")}`;
      });
    }
    if (isSeen() && mode === "pictures") await pictures.look();
    draw();
    return setTimeout(turn, mode === "pictures" ? EVERY_MS : 300);
  };
  const hidden = () => (isSeen() ? null : stop?.abort());
  document.addEventListener("visibilitychange", hidden);
  const ticking = setInterval(() => {
    hidden();
    if (view.isConnected) draw();
  }, 1_000);
  const ended = () => {
    clearInterval(ticking);
    document.removeEventListener("visibilitychange", hidden);
    stop?.abort();
    pictures.end();
  };
  again.onclick = () => { mode = "live"; draw(); };
  queueMicrotask(turn);
  return view;
}

/** Single pictures of a point, one after the other. */
class Pictures {
  constructor(link, path, picture) {
    Object.assign(this, { link, path, picture, takenAt: null, trouble: "" });
  }

  /** How old the picture is, and why there is no newer one. */
  told() {
    const seconds = this.takenAt && Math.max(0, Math.round((Date.now() - this.takenAt) / 1000));
    return [this.takenAt ? word("picture_age")(seconds) : "", this.trouble].filter(Boolean).join(" ");
  }

  async look() {
    try {
      const answer = await fetch(this.path, { headers: this.link.headers() });
      if (!answer.ok) throw new Error(reasonIn((await answer.json().catch(() => ({}))).error ?? `${answer.status}`));
      const old = this.picture.src;
      this.picture.src = URL.createObjectURL(await answer.blob());
      if (old) URL.revokeObjectURL(old);
      // By this device's clock, less what passed on the way: two clocks need not agree.
      const [taken, sent] = [answer.headers.get("X-Zhihui-Taken-At"), answer.headers.get("Date")];
      this.takenAt = Date.now() - Math.max(0, new Date(sent) - new Date(taken));
      this.trouble = "";
    } catch (error) {
      this.trouble = error instanceof TypeError ? word("no_network") : error.message;
    }
  }

  end() {
    if (this.picture.src) URL.revokeObjectURL(this.picture.src);
  }
}
