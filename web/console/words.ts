// Every word of the console, in both languages, side by side: what has one has the other.
import { ref } from "vue";
import type { Lang } from "../parts/schema";

export const words = {
  // the frame
  console: ["一站 · 工作台", "yizhan · console"],
  demo: ["演示系统，不是政府网站。现在是", "A demonstration, no government site. It is"],
  nextDay: ["下一天", "Next day"],
  other: ["English", "中文"],
  skip: ["跳到正文", "Skip to content"],
  menu: ["导航", "Navigation"],
  signOut: ["退出登录", "Sign out"],
  dark: ["深色", "Dark"],
  light: ["浅色", "Light"],
  keys: ["快捷键", "Keyboard"],
  help: ["帮助", "Help"],
  news: ["消息", "News"],
  noNews: ["没有新消息。", "No news."],
  newCase: ["新到", "New"],
  allowNews: ["允许桌面通知", "Allow desktop notifications"],
  clear: ["全部知道了", "Clear"],
  messages: ["短信", "Messages"],
  frontDoor: ["首页", "Front page"],
  instead: ["代", "in place of"],
  // sign-in
  signIn: ["登录", "Sign in"],
  login: ["用户名", "Name"],
  password: ["密码", "Password"],
  code: ["动态口令或恢复码", "Code of your authenticator, or a recovery code"],
  be: ["演示：以这个身份进入", "Demonstration: enter as"],
  village: ["村（社区）经办人", "A village's clerk"],
  enter: ["进入", "Enter"],
  orBy: ["或者使用", "or by"],
  // lists
  worklist: ["待办", "My work"],
  cases: ["办件", "Cases"],
  overview: ["全局", "Overview"],
  catalog: ["目录", "Catalog"],
  account: ["我的账号", "My account"],
  journal: ["账本", "Journal"],
  none: ["没有待办。新的申报会自动出现在这里。", "Nothing waits. New declarations appear here by themselves."],
  noCases: ["没有符合条件的办件。换个条件试试。", "No case fits. Try other filters."],
  noDuties: ["没有到期或逾期的事项。", "Nothing is due or overdue."],
  loading: ["正在读取…", "Loading…"],
  failed: ["读不到数据。", "It could not be read."],
  retry: ["重试", "Try again"],
  refusedTitle: ["没有权限", "Not allowed"],
  number: ["编号", "Number"],
  who: ["姓名", "Name"],
  service: ["事项", "Service"],
  step: ["环节", "Step"],
  area: ["辖区", "Area"],
  wholeArea: ["全部辖区", "Whole area"],
  due: ["期限", "Due"],
  duties: ["到期与逾期", "Due and overdue"],
  duty: ["应办事项", "Duty"],
  whose: ["责任人", "Whose"],
  state: ["状态", "State"],
  openedAt: ["收件时间", "Opened"],
  openedOn: ["收件日期", "Opened on"],
  all: ["全部", "All"],
  excel: ["导出 Excel", "Excel"],
  onlyOverdue: ["只看逾期", "Overdue only"],
  onNotice: ["公示中", "On notice"],
  total: ["共", "in all"],
  selected: ["已选", "chosen"],
  select: ["选择", "Choose"],
  late: ["逾期", "late"],
  left: ["剩", "left"],
  day: ["天", "d"],
  hour: ["小时", "h"],
  minute: ["分钟", "min"],
  // bulk
  bulk: ["批量办理", "Several at once"],
  preview: ["预览", "Preview"],
  previewAbout: ["下面是每一件会怎样。确认之前什么都不会改变。", "This is what would become of each. Nothing changes before you confirm."],
  bulkMoves: ["可以办理", "moves"],
  bulkStays: ["不能办理", "stays"],
  bulkDone: ["已办理", "done"],
  confirm: ["确认办理", "Confirm"],
  cancel: ["取消", "Cancel"],
  close_: ["关闭", "Close"],
  // search
  search: ["查找", "Find"],
  searchHint: ["姓名、拼音、首字母、号码后四位、编号", "Name, pinyin, initials, last four digits, case number"],
  found: ["查找结果", "Found"],
  people: ["居民", "People"],
  notFound: ["辖区内没有找到。换个写法，或输入完整号码。", "Nobody in your area. Try another spelling, or the whole number."],
  more: ["结果太多，只显示最接近的。请多输入一些。", "There are more; the best are shown. Type more of it."],
  catching: ["索引还在更新，刚登记的姓名可能暂时查不到；完整号码不受影响。", "The index is catching up: names recorded just now may be missing. Whole numbers are not."],
  citizenNumber: ["身份证号", "Citizen number"],
  mobile: ["手机号", "Mobile"],
  // a case
  back: ["返回", "Back"],
  next: ["下一件", "Next case"],
  answers: ["申报内容", "What was declared"],
  show: ["查看完整号码", "Show the numbers"],
  shownWhole: ["已记录：完整号码由您查看。", "On record: you have read the numbers."],
  contact: ["为联系本人", "to contact them"],
  visit: ["为走访", "to visit them"],
  check: ["为核对", "to check"],
  now: ["现在要办", "To do now"],
  nothingNow: ["这一件现在不需要您办理。", "There is nothing for you to do on it now."],
  sign: ["完成本环节", "Complete this step"],
  otherWays: ["转出、退回或结束", "Forward, send back or close"],
  forward: ["转出", "Forward"],
  close: ["结束", "Close"],
  sendBack: ["退回", "Send back"],
  answer: ["答复异议", "Answer the objection"],
  reason: ["理由", "Reason"],
  to: ["转往", "To"],
  entries: ["登记", "Record"],
  save: ["保存", "Save"],
  saved: ["已保存", "Saved"],
  history: ["办理经过", "What happened"],
  forgotten: ["个人信息已按规定删除。", "The personal details were deleted by rule."],
  notice: ["公示至", "On notice until"],
  noAnswers: ["没有可以显示的内容。", "There is nothing to show."],
  papers: ["材料", "Papers"],
  noPapers: ["还没有材料。", "No papers yet."],
  addPaper: ["添加", "Add"],
  uploading: ["正在上传", "Uploading"],
  resume: ["网络断了，正在续传…", "The connection was lost; going on…"],
  paperRead: ["打开会记录在案。", "Opening it is put on record."],
  page: ["第", "Page"],
  download: ["下载", "Download"],
  known: ["当时知道什么", "What was known"],
  knownAt: ["截至哪次登记", "After which entry"],
  trueOn: ["哪一天的情况（可不选）", "True on which day (optional)"],
  today: ["现在", "Now"],
  nothingKnown: ["还没有登记任何情况。", "Nothing is recorded yet."],
  due_: ["待完成", "Due"],
  overdue: ["已逾期", "Overdue"],
  missed: ["未完成", "Missed"],
  fulfilled: ["已完成", "Done"],
  expected: ["未到时间", "Ahead"],
  open: ["办理中", "In progress"],
  objected: ["有异议", "Objected"],
  completed: ["已办结", "Completed"],
  withdrawn: ["已撤回", "Withdrawn"],
  closed: ["已结束", "Closed"],
  did_open: ["申请", "Request"],
  did_sign: ["办结环节", "Step done"],
  did_send_back: ["退回", "Sent back"],
  did_object: ["提出异议", "Objection"],
  did_answer: ["答复异议", "Objection answered"],
  did_withdraw: ["撤回", "Withdrawn"],
  did_forward: ["转出", "Forwarded"],
  did_close: ["结束", "Closed"],
  did_record: ["登记", "Recorded"],
  did_attach: ["添加材料", "Paper added"],
  did_read: ["查看个人信息", "Details read"],
  did_forget: ["删除个人信息", "Details deleted"],
  did_open_case: ["申请", "Request"],
  did_found_zone: ["建区", "Zone founded"],
  did_found_demonstration: ["建演示区", "Demonstration founded"],
  did_adopt_catalog: ["启用目录", "Catalog adopted"],
  did_add_subject: ["登记对象", "Subject added"],
  did_set_facts: ["登记事实", "Facts recorded"],
  did_delegate: ["委托代办", "Deputy named"],
  did_export: ["导出清单", "List exported"],
  // overview
  byArea: ["各片区在办", "Open cases by area"],
  byService: ["各事项在办", "Open cases by service"],
  byDay: ["近 14 天收件", "Opened in the last 14 days"],
  opened: ["收件", "Opened"],
  ended: ["已结束", "Ended"],
  inTime: ["按期", "In time"],
  asTable: ["看数字", "As a table"],
  opensCases: ["点任何数字，看它数的是哪些办件。", "Click any number to see the cases it counts."],
  // catalog
  services: ["事项", "Services"],
  parameters: ["参数", "Figures"],
  attributes: ["属性", "Attributes"],
  files: ["文件", "Files"],
  inForce: ["现行", "In force"],
  source: ["来源", "Source"],
  value: ["数值", "Value"],
  from: ["自", "From"],
  until: ["至", "Until"],
  confidence: ["把握", "Confidence"],
  confirmed: ["已核实", "Confirmed"],
  likely: ["较可能", "Likely"],
  illustrative: ["示例", "Illustrative"],
  illustrativeAbout: ["示例值只为让程序能运行，不是法规；请由本区设定。", "An illustrative value lets the program run. It is no law; the district sets its own."],
  route: ["流程", "Route"],
  within: ["时限", "Within"],
  noticeDays: ["公示天数", "Days on notice"],
  fourEyes: ["双人", "Four eyes"],
  examples: ["算例", "Examples"],
  accepted: ["通过", "accepted"],
  refusedAt: ["退回，因", "refused at"],
  keepDays: ["办结后保存天数", "Days kept after its end"],
  openedBy: ["谁可以发起", "Opened by"],
  seenBy: ["谁可以看", "Seen by"],
  provedBy: ["凭据", "Proved by"],
  kind: ["类型", "Type"],
  version: ["目录版本", "Catalog version"],
  escalate: ["逾期升级", "Raised to"],
  days: ["第几天", "On days"],
  yes: ["是", "yes"],
  no: ["否", "no"],
  // account
  changePassword: ["修改密码", "Change the password"],
  oldPassword: ["现在的密码", "The password now"],
  newPassword: ["新密码（至少 10 个字符）", "The new password (ten characters or more)"],
  changed: ["已修改，其他地方的登录已退出。", "Changed; your other sessions have ended."],
  factor: ["动态口令", "Second factor"],
  factorOn: ["已启用：登录时除密码外还要动态口令。", "On: signing in wants a code beside the password."],
  factorOff: ["未启用。建议用手机上的验证器应用启用。", "Off. Turn it on with an authenticator on your phone."],
  factorStart: ["启用", "Turn on"],
  factorStop: ["停用", "Turn off"],
  factorScan: ["用验证器应用扫码，或手工输入密钥；然后输入它显示的六位数字。", "Scan this with an authenticator, or type the secret in; then enter the six digits it shows."],
  factorCode: ["六位数字", "Six digits"],
  recovery: ["恢复码只显示这一次。每个只能用一次，请抄下来放好。", "Recovery codes are shown this once; each is good once. Write them down and keep them safe."],
  sessions: ["登录的地方", "Where I am signed in"],
  thisOne: ["本机", "this one"],
  lastSeen: ["最近使用", "Last used"],
  end: ["退出", "End"],
  deputy: ["请假委托", "Deputy during leave"],
  deputyAbout: ["委托期间，同事可以代您办理；每一步都记录是代办。", "While you are away a colleague may act in your place; every step says so."],
  colleague: ["同事", "Colleague"],
  delegate: ["委托", "Name deputy"],
  delegated: ["已委托。", "Done."],
  noColleagues: ["本岗位没有可委托的同事。", "You have no colleague of the same role here."],
  actFor: ["代谁办理", "Act in place of"],
  myself: ["本人", "Myself"],
  // journal
  act: ["序号", "Act"],
  at: ["时间", "At"],
  actor: ["谁", "Who"],
  did: ["做了什么", "Did what"],
  hash: ["链", "Chain"],
  verifyHint: ["每条记录含前一条的摘要。用 yizhan verify 可以验证整条链。", "Each record holds a digest of the one before. `yizhan verify` proves the whole chain."],
  older: ["更早", "Earlier"],
  newer: ["更晚", "Later"],
} as const satisfies Record<string, readonly [zh: string, en: string]>;

export type Word = keyof typeof words;

const kept = (): Lang => (typeof document !== "undefined" && document.cookie.includes("lang=en") ? "en" : "zh");

export const lang = ref<Lang>(kept());

/** A word in the chosen language. */
export const t = (word: Word): string => words[word][lang.value === "zh" ? 0 : 1];

const known = (name: string): name is Word => name in words;

/** A state in words. */
export const state = (name: string): string => {
  const word = name === "due" ? "due_" : name;
  return known(word) ? t(word) : name;
};

/** What was done, in words. */
export const verb = (name: string): string => {
  const word = `did_${name.replaceAll("-", "_")}`;
  return known(word) ? t(word) : name;
};

const roles: Record<string, readonly [string, string]> = {
  village: ["村（社区）", "village"],
  township: ["镇（街道）", "township"],
  district: ["区级", "district"],
  hospital: ["医院窗口", "hospital desk"],
  "desk-agent": ["远程坐席", "remote agent"],
  auditor: ["审计", "auditor"],
  "system-administrator": ["系统管理员", "system administrator"],
  "security-administrator": ["安全管理员", "security administrator"],
  resident: ["居民", "residents"],
  anyone: ["任何人", "anyone"],
  holder: ["持回执人", "whoever holds the receipt"],
  opener: ["发起人", "whoever opened it"],
};

/** A role or level in words. */
export const role = (name: string): string => roles[name]?.[lang.value === "zh" ? 0 : 1] ?? name;

const units: Record<string, readonly [string, string]> = {
  yuan: ["元", "yuan"],
  "yuan/year": ["元/年", "yuan/year"],
  "yuan/month": ["元/月", "yuan/month"],
  days: ["天", "days"],
  hours: ["小时", "hours"],
  count: ["个", ""],
  ratio: ["", ""],
  celsius: ["℃", "°C"],
};

/** What a figure is counted in, in words. */
export const unit = (name: string | null | undefined): string => units[name ?? ""]?.[lang.value === "zh" ? 0 : 1] ?? name ?? "";

export function setLang(to: Lang): void {
  lang.value = to;
  document.cookie = `lang=${to}; Path=/; SameSite=Lax`;
  document.documentElement.lang = to === "zh" ? "zh-CN" : "en";
}

/** A moment as people read it. */
export const moment = (text: string | null | undefined): string => (text ? text.slice(0, 16).replace("T", " ") : "");
