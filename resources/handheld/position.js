// The officer's position: packed fixes to central while the page is in front, "asleep" when not.

const RECORD_BYTES = 28;
const SEND_EVERY_MS = 10_000;
const ASLEEP = 1;
const UNKNOWN = 65_535;

/** Return one packed fix as central takes it (little-endian, see the protocol's INGEST). */
export function pack(unitNo, fix, flags) {
  const view = new DataView(new ArrayBuffer(RECORD_BYTES));
  const { latitude, longitude, heading, speed, accuracy } = fix.coords;
  const known = value => value !== null && Number.isFinite(value);
  const clipped = value => Math.min(UNKNOWN - 1, Math.max(0, Math.round(value)));
  view.setUint32(0, unitNo, true);
  view.setBigUint64(4, BigInt(Math.round(fix.timestamp)), true);
  view.setInt32(12, Math.round(latitude * 1e7), true);
  view.setInt32(16, Math.round(longitude * 1e7), true);
  view.setUint16(20, known(heading) ? clipped(heading * 100) : UNKNOWN, true);
  view.setUint16(22, known(speed) ? clipped(speed * 100) : UNKNOWN, true);
  view.setUint16(24, known(accuracy) ? clipped(accuracy * 10) : UNKNOWN, true);
  view.setUint16(26, flags, true);
  return view.buffer;
}

/** Watches the device's position and sends it on. */
export class Positions {
  /**
   * @param {() => ({token: string, unitNo: number} | null)} session who is logged on
   * @param {(text: string) => void} trouble told when the device gives no position
   */
  constructor(session, trouble) {
    this.session = session;
    this.trouble = trouble;
    this.last = null;
    this.sentAt = 0;
    this.watch = null;
    document.addEventListener("visibilitychange", () => this.turned());
    addEventListener("pagehide", () => this.send(ASLEEP));
  }

  /** Begin to watch; does nothing when it is watching already. */
  start() {
    if (this.watch !== null || !navigator.geolocation) return;
    this.watch = navigator.geolocation.watchPosition(
      fix => this.took(fix),
      error => this.trouble(error.message),
      { enableHighAccuracy: true, maximumAge: 5_000, timeout: 30_000 },
    );
  }

  /** Stop watching, telling central that this position is no longer fresh. */
  stop() {
    if (this.watch !== null) navigator.geolocation.clearWatch(this.watch);
    this.watch = null;
    this.send(ASLEEP);
    this.last = null;
  }

  /** Return where the device is, `{latitude, longitude}`, or null if it does not say. */
  async here() {
    if (this.last) return this.last.coords;
    if (!navigator.geolocation) return null;
    return new Promise(resolve => navigator.geolocation.getCurrentPosition(
      fix => resolve(fix.coords),
      error => { this.trouble(error.message); resolve(null); },
      { enableHighAccuracy: true, maximumAge: 60_000, timeout: 10_000 },
    ));
  }

  took(fix) {
    this.last = fix;
    if (document.visibilityState === "visible" && Date.now() - this.sentAt >= SEND_EVERY_MS) {
      this.send(0);
    }
  }

  turned() {
    this.send(document.visibilityState === "visible" ? 0 : ASLEEP);
  }

  /** Send the last fix; a browser lets it go out even while the page is being put away. */
  send(flags) {
    const session = this.session();
    if (!this.last || !session || session.unitNo === null) return;
    this.sentAt = Date.now();
    fetch("/v1/positions", {
      method: "POST",
      keepalive: true,
      headers: {
        "Authorization": `Bearer ${session.token}`,
        "Content-Type": "application/octet-stream",
      },
      body: pack(session.unitNo, this.last, flags),
    }).catch(error => console.info("position not sent:", error.message));
  }
}
