// Texts of the page in both languages: log-on, tasks, outbox; the rest in the files beside it.

import { RECORDS, RECORD_REASONS } from "./words_records.js";
import { STREET, STREET_REASONS } from "./words_street.js";

const WORDS = {
  zh: {
    panic: "求助", panic_label: "紧急求助：连按两次", panic_again: "再按一次即发出紧急求助。",
    panic_sent: "紧急求助已发出，指挥中心正在响应。", equipment: "上岗装备与岗位",
    vehicle: "车牌", radio: "电台号", handheld: "城管通编号", body_camera: "执法记录仪", post: "岗位 / 巡区",
    new_device: "本机首次使用？", device_code: "管理员给的一次性验证码（没有可不填）",
    own_pin: "设置自己的口令", new_pin: "新口令（至少 6 位）", new_pin_again: "再输入一次", pins_differ: "两次输入的新口令不一致。",
    title: "城管通", call_sign: "呼号", pin: "口令", log_on: "登录", log_off: "退出",
    on_duty: "上岗", off_duty: "下岗", is_on_duty: "在岗", is_off_duty: "未上岗",
    tasks: "我的任务", empty: "暂无任务。指挥中心派单后会显示在这里并响铃。",
    accept: "接单", refuse: "拒单", on_the_way: "出发赶往", on_scene: "已到场",
    outcome: "反馈结果", outcome_text: "处理结果", photo: "现场照片、视频或录音",
    send: "提交", back: "返回", why: "拒单原因", place: "地点", summary: "内容", ordered: "派单时间",
    due: "时限", form: "违法形态", online: "已连接", offline: "离线", unsent: n => `${n} 条未发送`,
    asleep: "页面不在前台时定位会停止，指挥中心会看到您“休眠”。", no_position: "定位不可用：",
    wrong: "无法登录：", rejected: "中心未接受：", saved: "已保存，联网后自动发送。",
    others_unsent: n => `本机有另一人员的 ${n} 条记录未发送，该人员登录后自动发送。`,
    need_text: "请填写处理结果。", need_why: "请填写拒单原因。", other: "EN", late: "超时",
    state: { ordered: "待接收", delivered: "已送达", seen: "已读", accepted: "已接单",
      refused: "已拒单", en_route: "赶往中", on_scene: "已到场", cleared: "已完成",
      withdrawn: "已撤回" },
    level: { 1: "⬢ 特急", 2: "▲ 紧急", 3: "■ 一般", 4: "普通" },
  },
  en: {
    panic: "SOS", panic_label: "Call for help: tap twice",
    panic_again: "Tap once more to call for help.",
    panic_sent: "Your call for help is out; the command center responds.",
    equipment: "Equipment and post", vehicle: "Vehicle plate", radio: "Radio",
    handheld: "Handheld", body_camera: "Body camera", post: "Post or beat",
    new_device: "First time on this device?",
    device_code: "One-time code from an administrator, if you have one",
    own_pin: "Choose a PIN of your own", new_pin: "New PIN (6 or more)", new_pin_again: "Once more",
    pins_differ: "The new PIN was not the same both times.",
    title: "Handheld", call_sign: "Call sign", pin: "PIN", log_on: "Log on", log_off: "Log off",
    on_duty: "Go on duty", off_duty: "Go off duty", is_on_duty: "on duty",
    is_off_duty: "off duty", tasks: "My tasks",
    empty: "No tasks. When the command center sends you somewhere, it appears here with a sound.",
    accept: "Accept", refuse: "Refuse", on_the_way: "On the way", on_scene: "On scene",
    outcome: "Report outcome", outcome_text: "What was done", photo: "Photo, film or sound",
    send: "Send", back: "Back", why: "Why not", place: "Place",
    summary: "What", ordered: "Ordered at", due: "Limit", form: "Form", online: "connected",
    offline: "offline", unsent: n => `${n} not sent`,
    asleep: "While this page is not in front your position stops; the center sees you asleep.",
    no_position: "No position: ", wrong: "Could not log on: ", rejected: "Central did not accept: ",
    others_unsent: n => `Another officer has left ${n} unsent here; it goes when that one logs on.`,
    saved: "Saved; it is sent when you are online again.", need_text: "Say what was done.",
    need_why: "Say why not.", other: "中文", late: "late",
    state: { ordered: "ordered", delivered: "delivered", seen: "seen", accepted: "accepted",
      refused: "refused", en_route: "on the way", on_scene: "on scene", cleared: "done",
      withdrawn: "withdrawn" },
    level: { 1: "⬢ Critical", 2: "▲ High", 3: "■ Caution", 4: "Routine" },
  },
};

/** Central speaks English on the wire; what an officer may be told, in Chinese. */
const REASONS = [
  [/^(.+) still has a task;.*$/, "$1 仍有任务，反馈或撤回后才能下岗。"],
  [/^Only (.+) itself can say this;.*$/, "只有 $1 本人可以这样报告，请以该呼号登录。"],
  [/^The outcome is empty;.*$/, "处理结果为空，请写明发现和处理情况。"],
  [/^.* is “withdrawn” and cannot become .*$/, "该任务已被指挥中心撤回。"],
  [/^.* is “cleared” and cannot become .*$/, "该任务已经完成。"],
  [/^.* is “(.+)” and cannot become “(.+)” from there\.$/, "该任务现为“$1”，不能变为“$2”。"],
  [/^The bytes of this evidence have not come yet;.*$/, "照片尚未传到中心，请重新拍摄提交。"],
  [/^Evidence of more than (\d+) MB .*$/, "照片超过 $1 MB，请换小一些的照片。"],
  [/^(.+) is not a task of yours;.*$/, "$1 不是您的任务，不能添加证据。"],
  [/^Name and password do not belong together;.*$/, "呼号或口令不正确。"],
  [/^This PIN was given to you:.*$/, "此口令由他人发放，请在下方设置自己的口令再登录。"],
  [/^A PIN has (\d+) to (\d+) digits.*$/, "口令应为 $1 至 $2 位数字或字母，请另选一个。"],
  [/^The new PIN is the old one;.*$/, "新口令与原口令相同，请另选一个。"],
  [/^This PIN is guessed at once.*$/, "该口令太易被猜中（连号、同一数字或呼号），请另选一个。"],
  [/^Too many wrong passwords for (.+): wait (\d+) s,.*$/, "$1 口令错误次数过多，请 $2 秒后再试，或请管理员解锁。"],
  [/^Too much at once from here: wait (\d+) s,.*$/, "请求过于频繁，请 $1 秒后再试。"],
  [/^This device \(.+, number (\w+)\) waits for .*$/, "本机（编号 $1）等待管理员同意。请告知管理员编号，或索取一次性验证码，再登录。"],
  [/^This device \(.+, number (\w+)\) was shut out .*$/, "本机（编号 $1）已被管理员停用，不能登录。"],
  [/^This device \(.+, number (\w+)\) does not have the key .*$/, "本机（编号 $1）的密钥与中心所存不符，请向管理员索取一次性验证码。"],
  [/^Your session was renewed from elsewhere .*$/, "登录已在别处续期，为安全起见已结束，请重新登录。"],
  [/^Your session has ended;.*$/, "登录已过期，请重新登录。"],
];

let language = localStorage.getItem("language") || (navigator.language.startsWith("zh") ? "zh" : "en");

/** Return the text for a key in the chosen language. */
export function word(key) {
  return WORDS[language][key] ?? STREET[language][key] ?? RECORDS[language][key];
}

/** Return central's reason in the chosen language; one that is not known as it was said. */
export function reasonIn(reason) {
  if (language === "en") return reason;
  const [pattern, text] = [...REASONS, ...STREET_REASONS, ...RECORD_REASONS].find(([known]) => known.test(reason)) ?? [null, reason];
  if (!pattern) return reason;
  const states = WORDS.zh.state;
  return reason.replace(pattern, text).replace(/“(\w+)”/g, (all, code) => `“${states[code] ?? code}”`);
}

/** The chosen language, "zh" or "en". */
export function chosen() {
  return language;
}

/** Change to the other language. */
export function switchLanguage() {
  language = language === "zh" ? "en" : "zh";
  localStorage.setItem("language", language);
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
}
