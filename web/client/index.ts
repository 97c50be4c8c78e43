// The API as its own description types it. A problem (RFC 9457) is thrown; a write carries an idempotency key of its own.
import createClient from "openapi-fetch";
import type { components, paths } from "./api";

export type Schemas = components["schemas"];
export type Me = Schemas["Me"];
export type WorkRow = Schemas["WorkRow"];
export type Worklist = Schemas["Worklist"];
export type CasePage = Schemas["CasePage"];
export type DutyRow = Schemas["DutyRow"];
export type FactsKnown = Schemas["FactsKnown"];
export type RegionRow = Schemas["RegionRow"];
export type Bulk = Schemas["Bulk"];
export type BulkRow = Schemas["BulkRow"];
export type PaperRow = Schemas["PaperRow"];

export type HouseholdPart = Schemas["HouseholdPart"];
export type HouseholdPage = Schemas["HouseholdPage"];

/** What of the register is asked for. */
export type RegisterAsked = NonNullable<paths["/api/gaps"]["get"]["parameters"]["query"]>;

/** Which day, which part of my area. */
export type DayAsked = NonNullable<paths["/api/day"]["get"]["parameters"]["query"]>;

/** Which visits are asked for. */
export type VisitsAsked = NonNullable<paths["/api/behaviour/funnels"]["get"]["parameters"]["query"]>;

/** Which cases are asked for. */
export type Asked = NonNullable<paths["/api/worklist"]["get"]["parameters"]["query"]>;

/** What is asked of the map of reports. */
export type ReportAsked = NonNullable<paths["/api/figures/{report}"]["get"]["parameters"]["query"]>;
export type PatrolAsked = NonNullable<paths["/api/patrol"]["get"]["parameters"]["query"]>;

export interface Fault {
  at: string;
  /** What is wrong, in English, for programs. */
  what: string;
  /** What is wrong, in the reader's language. */
  said: string;
}

/** A refusal: what, which, and what next. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly faults: Fault[],
    /** What else it says, for programs. */
    readonly extra: Record<string, unknown> = {},
  ) {
    super(detail || title);
  }
}

const client = createClient<paths>({ baseUrl: "/" });

client.use({
  onRequest({ request }) {
    if (request.method !== "GET") request.headers.set("Idempotency-Key", crypto.randomUUID());
    return request;
  },
  async onResponse({ response }) {
    if (response.ok) return undefined;
    const body = await response.json().catch(() => ({}));
    throw new Problem(response.status, body.code ?? "unknown", body.title ?? "", body.detail ?? "", body.faults ?? [], body);
  },
});

/** What a call answered; a refusal was thrown before. */
async function answered<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}

const path = (number: string) => ({ path: { case: number } });

/** The address of a list as a file. */
export const fileOf = (list: "worklist" | "cases" | "duties", asked: Asked): string => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) if (value && name !== "from" && name !== "limit") query.set(name, String(value));
  return `/api/${list}.xlsx?${query}`;
};

/** The address of a paper's content or small picture. */
export const paperOf = (number: string, hash: string, what: "content" | "thumbnail"): string =>
  `/api/cases/${encodeURIComponent(number)}/papers/${hash}/${what}`;

/** The address of the file of what waits for the bank. */
export const bankFileOf = (number: string): string => `/api/cases/${encodeURIComponent(number)}/bank-file.csv`;

/** The address of a photograph of a call. */
export const callPhotoOf = (call: number, n: number): string => `/api/calls/${call}/photos/${n}`;

/** The address of a recording, for whoever says why it is heard. */
export const recordingOf = (call: number, reason: string): string => `/api/calls/${call}/recording/heard?reason=${encodeURIComponent(reason)}`;

/** The address of the rows of an import that wait, as a file. */
export const badRowsOf = (name: string): string => `/api/register/imports/${encodeURIComponent(name)}/bad.xlsx`;

/** The address of a payer's statement as a file. */
export const statementFileOf = (payer: number, clinic: number, month: string): string =>
  `/api/settlements/statements/${payer}/${clinic}/detail.xlsx?month=${encodeURIComponent(month)}`;

/** A file as it is. */
const asFile = (file: File) => ({
  body: file as unknown as number[],
  bodySerializer: (body: unknown) => body as File,
  headers: { "Content-Type": "application/octet-stream" },
});

export const api = {
  me: () => answered(client.GET("/api/me")),
  ways: () => answered(client.GET("/api/sign-in/ways")),
  signIn: (login: string, password: string, code: string | null) =>
    answered(client.POST("/api/sign-in", { body: { login, password, code } })),
  signOut: () => client.POST("/api/sign-out"),
  demoStaff: () => answered(client.GET("/api/demo/staff")),
  demoSignIn: (login: string) => answered(client.POST("/api/demo/sign-in", { body: { login } })),
  nextDay: () => answered(client.POST("/api/demo/next-day")),

  worklist: (query: Asked) => answered(client.GET("/api/worklist", { params: { query } })),
  cases: (query: Asked) => answered(client.GET("/api/cases", { params: { query } })),
  duties: (query: Asked) => answered(client.GET("/api/duties", { params: { query } })),
  overview: (area: string) => answered(client.GET("/api/overview", { params: { query: { area } } })),
  riskAreas: (on: string) => answered(client.GET("/api/risk-areas", { params: { query: { on } } })),
  setRiskAreas: (body: Schemas["RiskList"]) => answered(client.POST("/api/risk-areas", { body })),
  previewPlans: (body: Schemas["Proposed"]) => answered(client.POST("/api/plans/preview", { body })),
  voiceIntents: () => answered(client.GET("/api/voice/intents")),
  voiceMatch: (text: string) => answered(client.POST("/api/voice/match", { body: { text } })),
  voiceUnmatched: () => answered(client.GET("/api/voice/unmatched")),
  voiceDraft: (body: Schemas["VoiceDraft"]) => answered(client.POST("/api/voice/draft", { body })),
  readTable: (file: File) =>
    answered(client.POST("/api/tables/read", asFile(file))),
  reports: (area: string, from: number, limit: number) => answered(client.GET("/api/reports", { params: { query: { area, from, limit } } })),
  board: (service: string, area: string) => answered(client.GET("/api/board", { params: { query: { service, area } } })),
  list: (number: string, state: string, from: number, limit: number) =>
    answered(client.GET("/api/lists/{number}", { params: { path: { number }, query: { state: state || undefined, from, limit } } })),
  bringList: (query: NonNullable<paths["/api/lists"]["post"]["parameters"]["query"]>, file: File) =>
    answered(client.POST("/api/lists", { params: { query }, ...asFile(file) })),
  decide: (number: string, body: Schemas["Decision"]) =>
    answered(client.POST("/api/lists/{number}/decide", { params: { path: { number } }, body })),
  follow: (number: string) => answered(client.POST("/api/lists/{number}/follow", { params: { path: { number } } })),
  rules: (query: RegisterAsked) => answered(client.GET("/api/rules", { params: { query } })),
  rule: (rule: string, query: RegisterAsked) => answered(client.GET("/api/rules/{rule}", { params: { path: { rule }, query } })),
  day: (query: DayAsked) => answered(client.GET("/api/day", { params: { query } })),
  trend: (person: number) => answered(client.GET("/api/people/{person}/trend", { params: { path: { person } } })),
  gaps: (query: RegisterAsked) => answered(client.GET("/api/gaps", { params: { query } })),
  gapBoard: (query: RegisterAsked) => answered(client.GET("/api/gaps/board", { params: { query } })),
  household: (subject: number, on?: string, known_at?: number, of?: number) =>
    answered(client.GET("/api/households/{subject}", { params: { path: { subject }, query: { on, known_at, of } } })),
  householdActs: (subject: number) => answered(client.GET("/api/households/{subject}/acts", { params: { path: { subject } } })),
  programmes: () => answered(client.GET("/api/programmes")),
  lines: (number: string, adjust: Schemas["Adjust"][]) =>
    answered(client.POST("/api/cases/{case}/lines", { params: path(number), body: { adjust } })),
  bankReply: (number: string, file: File) =>
    answered(client.POST("/api/cases/{case}/bank-reply", { params: path(number), ...asFile(file) })),
  money: () => answered(client.GET("/api/money")),
  payable: (number: string) => answered(client.GET("/api/payments/{number}", { params: { path: { number } } })),
  showCode: (number: string, channel: string) =>
    answered(client.POST("/api/payments/{number}", { params: { path: { number } }, body: { channel } })),
  askPaid: (number: string) => answered(client.POST("/api/payments/{number}/ask", { params: { path: { number } } })),
  takings: () => answered(client.GET("/api/takings", { params: { query: {} } })),
  takingsOf: (channel: string, day: string) =>
    answered(client.GET("/api/takings/{channel}/{day}", { params: { path: { channel, day } } })),
  refunds: () => answered(client.GET("/api/refunds")),
  wantBack: (order: number, amount: string, why: string) =>
    answered(client.POST("/api/orders/{order}/back", { params: { path: { order } }, body: { amount, why } })),
  decideBack: (order: number, verdict: "agree" | "decline", why: string) =>
    answered(client.POST("/api/orders/{order}/back/decide", { params: { path: { order } }, body: { verdict, why } })),
  accounts: (subject: number) => answered(client.GET("/api/accounts/{subject}", { params: { path: { subject } } })),
  statement: (subject: number, fund: string, on?: string) =>
    answered(client.GET("/api/accounts/{subject}/{fund}", { params: { path: { subject, fund }, query: { on } } })),
  transfer: (n: number) => answered(client.GET("/api/transfers/{n}", { params: { path: { n } } })),
  onward: (subject: number, fund: string) => answered(client.GET("/api/accounts/{subject}/{fund}/onward", { params: { path: { subject, fund } } })),
  unusual: () => answered(client.GET("/api/money/unusual")),
  projects: (area: string) => answered(client.GET("/api/projects", { params: { query: { area } } })),
  project: (subject: number) => answered(client.GET("/api/projects/{subject}", { params: { path: { subject } } })),
  assets: (area: string, on?: string) => answered(client.GET("/api/assets", { params: { query: { area, on } } })),
  asset: (subject: number, on?: string) => answered(client.GET("/api/assets/{subject}", { params: { path: { subject }, query: { on } } })),
  published: () => answered(client.GET("/api/figures")),
  report: (report: string, query: ReportAsked) => answered(client.GET("/api/figures/{report}", { params: { path: { report }, query } })),
  figure: (report: string, figure: string, query: ReportAsked) => answered(client.GET("/api/figures/{report}/{figure}", { params: { path: { report, figure }, query } })),
  patrol: (query: PatrolAsked) => answered(client.GET("/api/patrol", { params: { query } })),
  stations: (area: string) => answered(client.GET("/api/stations", { params: { query: { area } } })),
  volunteers: (area: string) => answered(client.GET("/api/volunteers", { params: { query: { area } } })),
  campaigns: (area: string) => answered(client.GET("/api/campaigns", { params: { query: { area } } })),
  collectives: (area: string) => answered(client.GET("/api/collectives", { params: { query: { area } } })),
  collective: (subject: number) => answered(client.GET("/api/collectives/{subject}", { params: { path: { subject } } })),
  opening: (number: string, file: File, query: { sign: boolean; because?: string }) =>
    answered(client.POST("/api/cases/{case}/opening", { params: { ...path(number), query }, ...asFile(file) })),
  figuresOf: (number: string) => answered(client.GET("/api/cases/{case}/figures", { params: path(number) })),
  catalogChange: (number: string) => answered(client.GET("/api/cases/{case}/catalog-change", { params: path(number) })),
  openingRows: (number: string) => answered(client.GET("/api/cases/{case}/opening", { params: path(number) })),
  patient: (citizen_number: string, admitted: string) => answered(client.POST("/api/hospital/patients", { body: { citizen_number, admitted } })),
  stays: (closed: boolean) => answered(client.GET("/api/hospital/stays", { params: { query: { closed } } })),
  admit: (body: Schemas["Admission"]) => answered(client.POST("/api/hospital/stays", { body })),
  previewBill: (number: string, body: Schemas["BillAsked"]) => answered(client.POST("/api/hospital/stays/{case}/preview", { params: path(number), body })),
  settleBill: (number: string, version: number, bill: Schemas["BillAsked"]) =>
    answered(client.POST("/api/hospital/stays/{case}/settle", { params: path(number), body: { version, bill } })),
  cancelBill: (number: string, version: number, reason: string) =>
    answered(client.POST("/api/hospital/stays/{case}/cancel", { params: path(number), body: { version, reason } })),
  share: (number: string, entry: string, answers: unknown) =>
    answered(client.POST("/api/hospital/stays/{case}/shares/{entry}", { params: { path: { case: number, entry } }, body: answers as Record<string, never> })),
  dischargeSummary: (number: string) => answered(client.POST("/api/hospital/stays/{case}/summary", { params: path(number) })),
  settlement: (number: string) => answered(client.GET("/api/settlements/{case}", { params: path(number) })),
  previewPapers: (number: string) => answered(client.GET("/api/settlements/papers/{case}", { params: path(number) })),
  settlePapers: (number: string, version: number) => answered(client.POST("/api/settlements/papers/{case}", { params: path(number), body: { version } })),
  changedBills: () => answered(client.GET("/api/settlements/changed")),
  settleAgain: (number: string, version: number) => answered(client.POST("/api/settlements/again/{case}", { params: path(number), body: { version } })),
  statements: (month: string) => answered(client.GET("/api/settlements/statements", { params: { query: { month } } })),
  statementOfPayer: (payer: number, clinic: number, month: string) =>
    answered(client.GET("/api/settlements/statements/{payer}/{clinic}", { params: { path: { payer, clinic }, query: { month } } })),
  reconcile: (payer: number, clinic: number, month: string, file: File) =>
    answered(client.POST("/api/settlements/statements/{payer}/{clinic}/reply", { params: { path: { payer, clinic }, query: { month } }, ...asFile(file) })),
  unusualBills: () => answered(client.GET("/api/settlements/unusual")),
  moveParameter: (body: Schemas["Moved"]) => answered(client.POST("/api/parameters/move", { body })),
  importTable: (query: NonNullable<paths["/api/register/imports"]["post"]["parameters"]["query"]>, file: File) =>
    answered(client.POST("/api/register/imports", { params: { query }, ...asFile(file) })),
  importState: (name: string) => answered(client.GET("/api/register/imports/{import}", { params: { path: { import: name } } })),
  devices: (area: string) => answered(client.GET("/api/devices", { params: { query: { area } } })),
  addHall: (body: Schemas["NewHall"]) => answered(client.POST("/api/halls", { body })),
  addDevice: (body: Schemas["NewDevice"]) => answered(client.POST("/api/devices", { body })),
  deviceCode: (device: number) => answered(client.POST("/api/devices/{device}/code", { params: { path: { device } } })),
  order: (body: Schemas["NewOrder"]) => answered(client.POST("/api/devices/orders", { body })),
  mendDevice: (device: number, body: Schemas["NewTicket"]) => answered(client.POST("/api/devices/{device}/ticket", { params: { path: { device } }, body })),
  retireDevice: (device: number) => client.POST("/api/devices/{device}/retire", { params: { path: { device } } }),
  deviceConfigs: () => answered(client.GET("/api/devices/config")),
  configureDevices: (body: Schemas["DeviceSettings"]) => answered(client.POST("/api/devices/config", { body })),
  funnels: (query: VisitsAsked) => answered(client.GET("/api/behaviour/funnels", { params: { query } })),
  difficulties: (query: VisitsAsked) => answered(client.GET("/api/behaviour/difficulties", { params: { query } })),
  visitVolume: (query: VisitsAsked) => answered(client.GET("/api/behaviour/volume", { params: { query } })),
  homeOrder: (query: VisitsAsked) => answered(client.GET("/api/behaviour/order", { params: { query } })),
  changed: (query: VisitsAsked) => answered(client.GET("/api/behaviour/changed", { params: { query } })),
  callWall: () => answered(client.GET("/api/calls/wall")),
  pastCalls: (query: NonNullable<paths["/api/calls"]["get"]["parameters"]["query"]>) => answered(client.GET("/api/calls", { params: { query } })),
  callNumber: (call: number) => answered(client.POST("/api/calls/{call}/number", { params: { path: { call } } })),
  sendLink: (call: number) => answered(client.POST("/api/calls/{call}/link", { params: { path: { call } } })),
  photoAsPaper: (call: number, n: number, body: Schemas["PhotoTo"]) => answered(client.POST("/api/calls/{call}/photos/{n}/paper", { params: { path: { call, n } }, body })),
  recordingState: (call: number) => answered(client.GET("/api/calls/{call}/recording", { params: { path: { call } } })),
  recordingOver: (call: number) => answered(client.POST("/api/calls/{call}/recording", { params: { path: { call } } })),
  search: (text: string, area: string) => answered(client.POST("/api/search", { body: { text, area } })),
  subjects: (body: Partial<Schemas["SubjectsWanted"]>) => answered(client.POST("/api/subjects", { body: body as Schemas["SubjectsWanted"] })),
  places: (q: string) => answered(client.GET("/api/places", { params: { query: { q } } })),
  regions: () => answered(client.GET("/api/regions")),
  journal: (after: number) => answered(client.GET("/api/journal", { params: { query: { after, limit: 50 } } })),

  page: (number: string) => answered(client.GET("/api/cases/{case}", { params: path(number) })),
  facts: (number: string, known_at: number | undefined, on: string | undefined) =>
    answered(client.GET("/api/cases/{case}/facts", { params: { ...path(number), query: { known_at, on } } })),
  read: (number: string, reason: string) =>
    answered(client.POST("/api/cases/{case}/read", { params: path(number), body: { reason } })),
  step: (number: string, body: Schemas["Step"]) =>
    answered(client.POST("/api/cases/{case}/steps", { params: path(number), body })),
  entry: (number: string, entry: string, answers: unknown) =>
    answered(
      client.POST("/api/cases/{case}/entries/{entry}", {
        params: { path: { case: number, entry } },
        body: answers as Record<string, never>,
      }),
    ),
  preview: (body: Bulk) => answered(client.POST("/api/bulk/preview", { body })),
  bulk: (body: Bulk) => answered(client.POST("/api/bulk", { body })),
  papers: (number: string) => answered(client.GET("/api/cases/{case}/papers", { params: path(number) })),
  judge: (number: string, paper: string, body: Schemas["Verdict"]) =>
    answered(client.POST("/api/cases/{case}/papers/{paper}/verdict", { params: { path: { case: number, paper } }, body })),
  uploadLink: (number: string, paper: string) =>
    answered(client.POST("/api/cases/{case}/papers/{paper}/link", { params: { path: { case: number, paper } } })),
  parcelsOf: (number: string) => answered(client.GET("/api/cases/{case}/parcels", { params: path(number) })),
  invoicesOf: (number: string) => answered(client.GET("/api/cases/{case}/invoices", { params: path(number) })),
  announcements: () => answered(client.GET("/api/announcements")),
  parcels: () => answered(client.GET("/api/parcels")),
  invoiceStock: () => answered(client.GET("/api/invoices/stock")),
  takeInvoicesIn: (body: Schemas["NewStock"]) => answered(client.POST("/api/invoices/stock", { body })),
  companyCode: (body: Schemas["HandlerAsked"]) => answered(client.POST("/api/companies/code", { body })),
  openCompany: (body: Schemas["HandlerProved"]) => answered(client.POST("/api/companies", { body })),
  openCompanies: () => answered(client.GET("/api/companies")),
  closeCompany: (key: string) => client.POST("/api/companies/close", { body: { key } }),
  voiceNone: (text: string) => answered(client.POST("/api/voice/match", { body: { text, none_fits: true } })),
  attach: (number: string, paper: string, upload: string) =>
    answered(client.POST("/api/cases/{case}/papers/{paper}", { params: { path: { case: number, paper } }, body: { upload } })),

  open: (service: string, answers: unknown) =>
    answered(client.POST("/api/cases/{case}", { params: { path: { case: service }, header: { "Idempotency-Key": crypto.randomUUID() } }, body: answers as Record<string, never> })),
  services: () => answered(client.GET("/api/services")),
  catalog: () => answered(client.GET("/api/catalog")),
  catalogService: (service: string) => answered(client.GET("/api/catalog/services/{service}", { params: { path: { service } } })),
  catalogFile: (file: string) => answered(client.GET("/api/catalog/file", { params: { query: { path: file } } })),

  figureChoices: () => answered(client.GET("/api/report-drafts")),
  shapeReport: (body: Schemas["ReportDraft"]) => answered(client.POST("/api/report-drafts", { body })),
  previewFigures: (body: Schemas["PreviewAsked"]) => answered(client.POST("/api/report-drafts/figures", { body })),
  openFigureDraft: (figure: string, body: Schemas["PreviewAsked"]) => answered(client.POST("/api/report-drafts/figures/{figure}", { params: { path: { figure } }, body })),

  editorChoices: () => answered(client.GET("/api/editor")),
  editorNew: (body: Schemas["NewService"]) => answered(client.POST("/api/editor/new", { body })),
  editorDraft: (body: Schemas["Draft"]) => answered(client.POST("/api/editor/draft", { body })),
  editorPreview: (body: Schemas["Draft"]) => answered(client.POST("/api/editor/preview", { body })),
  editorPropose: (body: Schemas["Proposal"]) => answered(client.POST("/api/editor/propose", { body })),
  beginTrial: (body: Schemas["DraftFile"][]) => answered(client.POST("/api/editor/trials", { body })),
  trial: (trial: string) => answered(client.GET("/api/editor/trials/{trial}", { params: { path: { trial } } })),
  endTrial: (trial: string) => client.DELETE("/api/editor/trials/{trial}", { params: { path: { trial } } }),
  trialPaper: (trial: string, body: Schemas["TrialPaper"]) => client.POST("/api/editor/trials/{trial}/paper", { params: { path: { trial } }, body }),
  /** The program inside a trial, asked as a resident or one of its staff. */
  inTrial: async <T>(trial: string, who: string, path: string, body?: unknown): Promise<T> => {
    const headers: Record<string, string> = { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() };
    const answer = await fetch(`/api/editor/trials/${trial}/as/${who}/${path}`, body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) });
    const said = await answer.json().catch(() => ({}));
    if (answer.ok) return said as T;
    throw new Problem(answer.status, said.code ?? "unknown", said.title ?? "", said.detail ?? "", said.faults ?? [], said);
  },

  changePassword: (old: string, wanted: string) => client.POST("/api/me/password", { body: { old, new: wanted } }),
  offerFactor: (password: string, code: string) => answered(client.POST("/api/me/factor", { body: { password, code } })),
  acceptFactor: (code: string) => answered(client.POST("/api/me/factor/accept", { body: { code } })),
  removeFactor: (password: string, code: string) => client.POST("/api/me/factor/remove", { body: { password, code } }),
  phones: () => answered(client.GET("/api/field/phones")),
  allPhones: () => answered(client.GET("/api/field/phones/all")),
  revokePhone: (phone: string) => client.POST("/api/field/phones/{phone}/revoke", { params: { path: { phone } } }),
  visits: (subject: number) => answered(client.GET("/api/subjects/{subject}/visits", { params: { path: { subject } } })),
  staffAccounts: () => answered(client.GET("/api/staff")),
  appoint: (body: Schemas["Appointment"]) => client.POST("/api/staff", { body }),
  changeOffice: (login: string, body: Schemas["Office"]) => client.POST("/api/staff/{login}/office", { params: { path: { login } }, body }),
  newPassword: (login: string, body: Schemas["FreshPassword"]) => client.POST("/api/staff/{login}/password", { params: { path: { login } }, body }),
  unlockAccount: (login: string) => client.POST("/api/staff/{login}/unlock", { params: { path: { login } } }),
  dismiss: (login: string) => client.POST("/api/staff/{login}/dismiss", { params: { path: { login } } }),
  sessions: () => answered(client.GET("/api/me/sessions")),
  endSession: (name: string) => client.POST("/api/me/sessions/end", { body: { name } }),
  colleagues: () => answered(client.GET("/api/colleagues")),
  delegate: (to: string, from: string, until: string) => client.POST("/api/delegations", { body: { to, from, until } }),
  actFor: (whom: string | null) => answered(client.POST("/api/act-for", { body: { whom } })),
};
