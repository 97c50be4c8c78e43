// Every word of the console, in both languages.
import { ref } from "vue";
import type { Lang } from "../parts/schema";

export const words = {
  zh: {
    console: "一站 · 工作台", signIn: "登录", login: "用户名", password: "密码", code: "动态口令或恢复码", signOut: "退出", demo: "演示系统，不是政府网站。今天是",
    nextDay: "下一天", be: "以这个身份进入", worklist: "待办", none: "没有待办。新的申报会自动出现。", number: "编号", who: "姓名", service: "事项",
    step: "环节", area: "区域", due: "期限", duties: "到期与逾期", noDuties: "没有到期或逾期的事项。", duty: "应办", state: "状态", back: "返回待办",
    answers: "申报内容", show: "查看全部", contact: "为联系本人", visit: "为走访", check: "为核对", now: "办理", sign: "完成本环节",
    forward: "转出", close: "结束", sendBack: "退回", answer: "答复异议", reason: "理由", to: "转往", entries: "登记", save: "保存",
    history: "经过", forgotten: "个人信息已按规定删除。", other: "English", notice: "公示至",
    due_: "待完成", overdue: "已逾期", missed: "未完成", fulfilled: "已完成", expected: "未到时间",
    did_open: "申请", did_sign: "办结环节", did_send_back: "退回", did_object: "提出异议", did_answer: "答复异议", did_withdraw: "撤回",
    did_forward: "转出", did_close: "结束", did_record: "登记", did_read: "查看个人信息", did_forget: "删除个人信息", village: "村（社区）经办人", enter: "进入",
    known: "当时知道什么", knownAt: "截至哪次登记", trueOn: "哪一天的情况（可不选）", today: "现在", nothingKnown: "还没有登记任何情况。",
    search: "查找", byNumber: "身份证号", byMobile: "手机号", find: "查找", notFound: "辖区内没有找到。请核对号码是否完整。",
    open: "办理中", objected: "有异议", completed: "已办结", withdrawn: "已撤回", closed: "已结束",
  },
  en: {
    console: "yizhan · console", signIn: "Sign in", login: "Name", password: "Password", code: "Code of your authenticator, or a recovery code", signOut: "Sign out", demo: "A demonstration, no government site. Today is",
    nextDay: "Next day", be: "Enter as", worklist: "Waiting for me", none: "Nothing waits. New declarations appear by themselves.", number: "Number", who: "Name", service: "Service",
    step: "Step", area: "Area", due: "Due", duties: "Due and overdue", noDuties: "Nothing is due or overdue.", duty: "Duty", state: "State", back: "Back to the list",
    answers: "What was declared", show: "Show whole", contact: "to contact them", visit: "to visit them", check: "to check", now: "To do now", sign: "Complete this step",
    forward: "Forward", close: "Close", sendBack: "Send back", answer: "Answer the objection", reason: "Reason", to: "To", entries: "Record", save: "Save",
    history: "What happened", forgotten: "The personal details were deleted by rule.", other: "中文", notice: "On notice until",
    due_: "Due", overdue: "Overdue", missed: "Missed", fulfilled: "Done", expected: "Ahead",
    did_open: "Request", did_sign: "Step done", did_send_back: "Sent back", did_object: "Objection", did_answer: "Objection answered", did_withdraw: "Withdrawn",
    did_forward: "Forwarded", did_close: "Closed", did_record: "Recorded", did_read: "Details read", did_forget: "Details deleted", village: "A village's clerk", enter: "Enter",
    known: "What was known", knownAt: "After which entry", trueOn: "True on which day (optional)", today: "Now", nothingKnown: "Nothing is recorded yet.",
    search: "Find a person", byNumber: "Identity number", byMobile: "Mobile number", find: "Find", notFound: "Nobody in your area. Is the number whole?",
    open: "In progress", objected: "Objected", completed: "Completed", withdrawn: "Withdrawn", closed: "Closed",
  },
} as const;

export type Word = keyof (typeof words)["zh"];

const kept = () => (typeof document !== "undefined" && document.cookie.includes("lang=en") ? "en" : "zh");

export const lang = ref<Lang>(kept());

/** A word in the chosen language. */
export const t = (word: Word): string => words[lang.value][word];

/** A state in words. */
export const state = (name: string): string => t((name === "due" ? "due_" : name) as Word) ?? name;

/** What was done, in words. */
export const verb = (name: string): string => t(`did_${name.replaceAll("-", "_")}` as Word) ?? name;

export function switchLang(): void {
  lang.value = lang.value === "zh" ? "en" : "zh";
  document.cookie = `lang=${lang.value}; Path=/; SameSite=Lax`;
  document.documentElement.lang = lang.value === "zh" ? "zh-CN" : "en";
}

/** A moment as people read it. */
export const moment = (text: string | null | undefined): string => (text ? text.slice(0, 16).replace("T", " ") : "");
