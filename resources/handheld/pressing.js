// Whether a finger or a mouse button is down: what lies under it is not exchanged before it is up again.

let isDown = false;
/** @type {(() => void) | null} */
let waiting = null;

/** Do a piece of work now, or as soon as nothing is pressed; of several the last one is done. */
export function whenReleased(work) {
  if (isDown) waiting = work;
  else work();
}

function released() {
  isDown = false;
  const work = waiting;
  waiting = null;
  work?.();
}

addEventListener("pointerdown", event => {
  // A select's list and a context menu take the release for themselves.
  isDown = event.isPrimary && event.button === 0 && !event.target.closest?.("select");
}, true);
// A mouse's click comes within its release, so what waited is done only after that.
for (const name of ["pointerup", "pointercancel"]) addEventListener(name, () => setTimeout(released), true);
addEventListener("click", () => { isDown = false; }, true);
addEventListener("blur", released);
