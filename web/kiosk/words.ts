// Every word of the terminal, in both languages, side by side.
import { ref } from "vue";
import type { Lang } from "../parts/schema";

export const words = {
  // the frame
  terminal: ["自助终端", "Self-service terminal"],
  other: ["English", "中文"],
  bigger: ["大字", "Large type"],
  smaller: ["标准字", "Normal type"],
  aloud: ["朗读：开", "Reads aloud"],
  silent: ["朗读：关", "Silent"],
  home: ["回到首页", "Home"],
  help: ["找人帮忙", "Get help"],
  back: ["上一步", "Back"],
  next: ["下一步", "Next"],
  leave: ["不办了", "Stop here"],
  demo: ["演示系统，不是政府网站", "A demonstration, no government site"],
  offline: ["网络断开了。已填的内容还在这台终端上，网络恢复后接着办。", "The network is down. What you filled in is still here; go on when it is back."],
  loading: ["请稍候", "One moment"],
  again: ["再试一次", "Try again"],
  // enrolment
  enrol: ["启用这台终端", "Enrol this terminal"],
  enrolAbout: ["请输入工作台“终端”页上给出的一次性启用码。", "Type the one-time code from the page of terminals in the console."],
  enrolCode: ["启用码", "Code"],
  enrolDo: ["启用", "Enrol"],
  enrolDemo: ["演示：直接启用", "Demonstration: enrol it now"],
  // idle
  still: ["您还在吗？", "Are you still there?"],
  stillAbout: ["为保护您的信息，没有操作时会自动清除并回到首页。还剩", "To keep your details private this screen is cleared when nobody touches it. Seconds left:"],
  stillHere: ["我还在，继续办", "I am here, go on"],
  // home
  welcome: ["您要办什么？", "What would you like to do?"],
  welcomeAbout: ["点一项，或者按住“说一句话”直接说。", "Touch one, or say it."],
  speak: ["说一句话", "Say it"],
  tax: ["办税缴费", "Taxes and contributions"],
  others: ["其他办事", "Other services"],
  calculate: ["算一算", "Work it out"],
  query: ["查进度", "Where my matter stands"],
  // module
  before: ["办之前", "Before you begin"],
  needs: ["要准备的材料", "Papers you need"],
  needsNone: ["不用带材料。", "No papers are needed."],
  needsHow: ["填完后可以在这里拍照，也可以用手机拍。", "You can photograph them here or with your phone afterwards."],
  begin: ["开始填写", "Begin"],
  toPhone: ["转到手机上接着填", "Go on on my phone"],
  toPhoneAbout: ["用手机扫码，在手机上接着填。15 分钟内有效，只能取一次；取走后这台终端会清除。", "Scan it and go on on your phone: once, within 15 minutes. Nothing stays here."],
  toPhoneDone: ["扫好了，清除这台终端", "Scanned: clear this terminal"],
  question: ["第", "Question"],
  questionOf: ["问，共", "of"],
  questions: ["问", ""],
  needed: ["这一项必须填。", "This has to be answered."],
  misshapen: ["格式不对，请检查。", "This does not look right."],
  yes: ["是", "Yes"],
  no: ["否", "No"],
  skip: ["不用填，跳过", "Skip"],
  whichTown: ["先选街道、乡镇", "First the township"],
  otherTown: ["换一个街道、乡镇", "Another township"],
  check: ["请核对", "Please check"],
  checkAbout: ["点一项可以改。确认无误再提交。", "Touch an answer to change it. Send it when all is right."],
  send: ["确认提交", "Send it"],
  empty: ["没有填", "not answered"],
  // done
  done: ["已提交", "It is handed in"],
  number: ["回执编号", "Receipt number"],
  doneAbout: ["手机扫码保存回执，随时看进度、补材料、缴款。", "Scan the receipt to follow it, send papers and pay from your phone."],
  print: ["打印回执", "Print the receipt"],
  printed: ["打印出来了吗？", "Was it printed?"],
  printedNo: ["没打出来", "No"],
  printedSorry: ["抱歉，已通知工作人员。请用手机扫码保存回执。", "Sorry, the staff know. Please scan the receipt instead."],
  papers: ["拍材料", "Photograph papers"],
  papersAbout: ["把材料放在镜头下，看清楚了再拍。", "Lay the paper under the camera."],
  shoot: ["拍照", "Take the picture"],
  reshoot: ["重拍", "Again"],
  use: ["就用这张", "Use it"],
  sent: ["已交", "sent"],
  noCamera: ["这台终端现在没有摄像头可用，请扫回执二维码用手机拍。", "No camera works here; scan the receipt and use your phone."],
  pay: ["缴款", "Pay"],
  payNow: ["现在缴款", "Pay now"],
  payEither: ["用微信或支付宝扫其中一个，只需付一次。", "Scan one of them with WeChat or Alipay, once."],
  paid: ["已付款", "Paid"],
  dueInAll: ["应缴合计", "Due in all"],
  yuan: ["元", "yuan"],
  finish: ["办完了", "I am done"],
  keepSafe: ["请妥善保存，凭此查询进度。", "Keep it: it shows where your matter stands."],
  // voice
  speakAbout: ["想办什么就说什么，例如“我要代开发票”。", "In Chinese, say what you need."],
  hold: ["按住说话", "Hold and speak"],
  listening: ["正在听……", "Listening…"],
  recognising: ["正在识别……", "Understanding…"],
  cannotHear: ["这台终端没有语音识别，请打字，或点下面的例句。", "This terminal cannot hear; type, or touch an example."],
  unheard: ["没有听清，请再说一遍，或者打字。", "That was not heard. Say it again, or type."],
  typeIt: ["或者打字", "Or type it"],
  ask: ["问一问", "Ask"],
  heard: ["我听到的是", "What was heard"],
  mean: ["您是要办", "Do you mean"],
  meanYes: ["是，就办这个", "Yes"],
  choose: ["您要办的是不是：", "Is it one of these?"],
  noneFits: ["都不是，找人帮忙", "None of these: get help"],
  notUnderstood: ["没有听懂", "That was not understood"],
  goTo: ["去办：", "Go to: "],
  examples: ["没有话筒？点一句录好的话", "No microphone? Touch a recorded sentence"],
  // help
  helpAbout: ["工作人员会帮您，一步一步办完。", "Somebody will help you to the end."],
  callNow: ["一键呼叫坐席", "Call an agent"],
  callWaits: ["正在呼叫坐席，请看右边的屏幕", "Calling an agent; look at the screen beside this one"],
  callTalks: ["正在与坐席通话，您填的内容坐席能看到", "You are talking with an agent, who sees what you fill in"],
  hangUp: ["挂断", "Hang up"],
  proposes: ["坐席建议这一项填：", "The agent proposes:"],
  take: ["就这样填", "Take it"],
  refuse: ["不用", "No"],
  helpCall: ["打电话", "Call"],
  helpPhone: ["或者用手机扫码，在手机上呼叫", "Or scan, and call from your phone"],
  helpHere: ["也可以请大厅里的工作人员过来。", "Or ask the staff of this hall."],
  // query
  queryAbout: ["扫一下回执上的二维码，或者输入回执链接。", "Scan the code on your receipt, or type its link."],
  queryLink: ["回执链接", "Link of the receipt"],
  queryDo: ["查询", "Look"],
  queryPhone: ["没带回执？手机扫码，用手机号查。", "No receipt? Scan, and look by your phone number."],
  queryWrong: ["这不是回执上的链接。", "This is no link of a receipt."],
  state: ["状态", "State"],
  state_open: ["办理中", "under way"],
  state_done: ["已办结", "done"],
  state_closed: ["已办结", "closed"],
  state_withdrawn: ["已撤回", "withdrawn"],
  handledBy: ["办理单位", "Handled by"],
  // calculators
  calcDay: ["按哪天算", "For which day"],
  compute: ["算一下", "Compute"],
  comesTo: ["算出来是", "It comes to"],
  missing: ["还缺", "missing"],
  basis: ["依据", "Source"],
  illustrative: ["示例数值，以主管部门核定为准", "illustrative; the authority's own figure decides"],
  // the companion
  companionIdle: ["请在左边的屏幕上操作", "Please use the screen beside this one"],
  companionIdleAbout: ["触摸屏幕即可开始。可以说话，可以换大字，可以转到手机上办，也可以找人帮忙。", "Touch it to begin. You may speak, switch to large type, go on on your phone, or get help."],
  companionStep: ["现在", "Now"],
} as const satisfies Record<string, readonly [string, string]>;

export type Word = keyof typeof words;
export const lang = ref<Lang>("zh");
export const care = ref(false);

/** A word in the language of the moment. */
export const t = (word: Word): string => words[word][lang.value === "zh" ? 0 : 1];

/** A state of a case in a word. */
export const stateOf = (state: string): string => (`state_${state}` in words ? t(`state_${state}` as Word) : state);

/** Sets how the terminal speaks and looks; what is asked of the server is answered alike. */
export function setLook(to: Lang, large: boolean): void {
  lang.value = to;
  care.value = large;
  document.cookie = `lang=${to}; Path=/; SameSite=Lax`;
  document.cookie = `care=${large ? 1 : 0}; Path=/; SameSite=Lax`;
  document.documentElement.lang = to === "zh" ? "zh-CN" : "en";
  document.documentElement.classList.toggle("care", large);
}
