// The words of field work in the console, in both languages; words.ts takes them in.
export const fieldWords = {
  phones: ["外勤手机", "Field phones"],
  phonesAbout: ["下乡用的手机：登记要动态口令，停用后下一次联网就清除。", "Phones that go along: enrolling takes a second factor, and one that is revoked wipes itself with its next contact."],
  phonesOpen: ["打开外勤页面", "Open the field page"],
  noPhones: ["还没有登记手机。", "No phone is enrolled."],
  phoneWhose: ["使用人", "User"],
  phoneEnrolled: ["登记于", "Enrolled"],
  phoneRevoke: ["停用", "Revoke"],
  phoneRevoked: ["已停用", "Revoked"],
  visitsHere: ["来过的人", "Who was here"],
  visitsSameDay: ["同一天另有走访", "another visit of the same day"],
  sameDayAbout: ["同一天还有别人去过，两份都保留，核对时请一起看。", "Somebody else was there on the same day. Both stay; look at them together."],
  takenAt: ["拍摄于", "Taken"],
  takenWhere: ["位置", "at"],
} as const satisfies Record<string, readonly [zh: string, en: string]>;
