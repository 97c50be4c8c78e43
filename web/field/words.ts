// Every word of the field page, in both languages, side by side.
import { ref } from "vue";
import type { Lang } from "../parts/schema";

export const words = {
  field: ["一站 · 外勤", "yizhan · field"],
  other: ["English", "中文"],
  demo: ["演示系统，不是政府网站", "A demonstration, no government site"],
  online: ["有网络", "Online"],
  offline: ["没有网络，填的都先存在手机里", "No network; what you fill in is kept on the phone"],
  loading: ["请稍候", "One moment"],
  back: ["返回", "Back"],
  // enrolment
  enrol: ["登记这部手机", "Enrol this phone"],
  enrolAbout: ["有网络时登记一次，以后没有网络也能用。需要密码和动态口令；动态口令在工作台“我的账号”里启用。", "Enrol once where there is a network; then it works without one. It takes your password and a code of your authenticator, which is set up under “My account” in the console."],
  enrolDemo: ["演示：选一个账号直接登记，不用密码和动态口令。", "Demonstration: choose an account; no password or code is asked."],
  login: ["用户名", "Login name"],
  password: ["密码", "Password"],
  code: ["动态口令（6 位数字）", "Code of the authenticator"],
  phoneName: ["给手机起个名，方便停用时认出", "A name for this phone, to know it by"],
  enrolDo: ["登记", "Enrol"],
  noNetwork: ["没有网络，登记要在有网络的地方做一次。", "There is no network; enrolling needs one, once."],
  // the PIN
  pinNew: ["设一个离线密码", "Choose an offline PIN"],
  pinAbout: ["6 到 12 位数字，不要用 123456 或全部相同。手机里的数据用它加密，忘了找不回来，只能重新登记。", "6 to 12 digits, no row and not all the same. What the phone keeps is sealed with it. Forgotten it cannot be recovered: the phone is enrolled again."],
  pin: ["离线密码", "Offline PIN"],
  pinAgain: ["再输一次", "Once more"],
  pinWeak: ["太容易猜，请换一个 6 到 12 位的数字。", "That is easily guessed; choose another of 6 to 12 digits."],
  pinDiffers: ["两次不一样。", "The two differ."],
  pinSet: ["设好了，开始用", "Set it and begin"],
  locked: ["请输入离线密码", "Enter your offline PIN"],
  unlock: ["打开", "Open"],
  pinWrong: ["密码不对。", "That PIN is wrong."],
  pinLeft: ["还可以试的次数：", "Tries left:"],
  pinLast: ["次数用完就清除手机里的数据。", "After the last one everything on the phone is wiped."],
  pinWait: ["请等几秒再试：", "Wait before the next try, seconds:"],
  forgot: ["忘了密码？清除这部手机上的数据，再重新登记。没有送出的会丢失。", "Forgotten? Wipe this phone and enrol again. What was not sent is lost."],
  forgotDo: ["清除并重新登记", "Wipe and enrol again"],
  // wiped
  wiped: ["手机里的数据已清除", "Everything on this phone was wiped"],
  wipedRevoked: ["这部手机已被停用。名单、表格、照片和密钥都已清除。", "This phone was revoked. The list, forms, photos and keys are gone."],
  wipedPin: ["密码连续错了 10 次。名单、表格、照片和密钥都已清除。", "The PIN was wrong ten times. The list, forms, photos and keys are gone."],
  wipedOwn: ["名单、表格、照片和密钥都已清除。", "The list, forms, photos and keys are gone."],
  // the day
  today: ["今天要去的", "To go to today"],
  listOf: ["名单取于", "List fetched"],
  listNone: ["还没有名单。有网络时会自动取来。", "There is no list yet; it is fetched as soon as there is a network."],
  nothing: ["没有到期的事。", "Nothing is due."],
  find: ["按姓名或村找", "Find by name or village"],
  late: ["已超期（天）", "days late"],
  due: ["到期", "due"],
  done: ["已填", "Filled in"],
  queue: ["送出情况", "What was sent"],
  waitingMany: ["未发送", "To be sent"],
  returnedMany: ["退回", "Returned"],
  // the visit
  card: ["户情", "What is known"],
  others: ["最近来过的", "Who was here lately"],
  otherSame: ["同一天还有别人来过，两份都会保留。", "Somebody else was here on the same day; both visits stay."],
  visitDay: ["日期", "Day"],
  fill: ["填写", "Fill in"],
  unfill: ["不填这一项", "Leave this out"],
  more: ["路上看到的、没到期的", "Seen on the way, not due"],
  known: ["已知，不用再填：", "Known already:"],
  photos: ["照片", "Photos"],
  take: ["拍照", "Take a photo"],
  needed: ["请填写", "Please fill this in"],
  misshapen: ["填得不对，请检查", "This does not look right"],
  photoNeeded: ["核对时要看照片", "a photo is asked for when it is checked"],
  photoBad: ["这张照片打不开，请重拍。", "This photo cannot be opened; take it again."],
  removePhoto: ["删掉这张照片", "Remove this photo"],
  withPlace: ["照片带上位置", "Photos say where"],
  placeOn: ["照片带位置：开", "Photos say where: on"],
  handIn: ["填好了，交出去", "Done: hand it in"],
  handInNone: ["请先点“填写”选一项。", "Choose something to fill in first."],
  throwAway: ["不要这次填的", "Throw this visit away"],
  // the queue
  state_draft: ["没填完", "Not finished"],
  state_queued: ["未发送", "Not sent yet"],
  state_sending: ["正在发送", "Being sent"],
  state_sent: ["已送达", "Arrived"],
  state_returned: ["退回", "Returned"],
  sendNow: ["现在发送", "Send now"],
  correct: ["去改", "Correct it"],
  nothingFilled: ["还没有填过。", "Nothing was filled in yet."],
  photosSent: ["照片已送达", "photos arrived"],
  storage: ["浏览器没有答应长期保存，请把本页加到主屏幕，并尽快发送。", "The browser does not promise to keep this for long: add the page to the home screen and send soon."],
  damaged: ["有记录打不开，数目：", "Records that cannot be opened:"],
  askCode: ["这部手机满 30 天了，请输入动态口令再发送。", "Thirty days have passed; enter a code of your authenticator before anything is sent."],
  go: ["继续", "Go on"],
} as const satisfies Record<string, readonly [string, string]>;

export type Word = keyof typeof words;
export const lang = ref<Lang>(/(?:^|; )lang=en/.test(document.cookie) ? "en" : "zh");

/** A word in the language of the moment. */
export const t = (word: Word): string => words[word][lang.value === "zh" ? 0 : 1];

/** What a state is called. */
export const stateOf = (state: string): string => t(`state_${state}` as Word);

export function setLang(to: Lang): void {
  lang.value = to;
  document.cookie = `lang=${to}; Path=/; SameSite=Lax`;
  document.documentElement.lang = to === "zh" ? "zh-CN" : "en";
}
