// The API as its own description types it. A problem (RFC 9457) is thrown; a write carries an idempotency key of its own.
import createClient from "openapi-fetch";
import type { components, paths } from "./api";

export type Schemas = components["schemas"];
export type Me = Schemas["Me"];
export type WorkRow = Schemas["WorkRow"];
export type CasePage = Schemas["CasePage"];
export type DutyRow = Schemas["DutyRow"];
export type FactsKnown = Schemas["FactsKnown"];
export type RegionRow = Schemas["RegionRow"];

export interface Fault {
  at: string;
  what: string;
}

/** A refusal: what, which, and what next. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly faults: Fault[],
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
    throw new Problem(response.status, body.code ?? "unknown", body.title ?? "", body.detail ?? "", body.faults ?? []);
  },
});

/** What a call answered; a refusal was thrown before. */
async function answered<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}

const path = (number: string) => ({ path: { case: number } });

export const api = {
  me: () => answered(client.GET("/api/me")),
  signIn: (login: string, password: string, code: string | null) =>
    answered(client.POST("/api/sign-in", { body: { login, password, code } })),
  signOut: () => client.POST("/api/sign-out"),
  demoStaff: () => answered(client.GET("/api/demo/staff")),
  demoSignIn: (login: string) => answered(client.POST("/api/demo/sign-in", { body: { login } })),
  nextDay: () => answered(client.POST("/api/demo/next-day")),
  worklist: () => answered(client.GET("/api/worklist", { params: { query: { limit: 100 } } })),
  duties: () => answered(client.GET("/api/duties", { params: { query: { limit: 100 } } })),
  search: (text: string, area?: string) => answered(client.POST("/api/search", { body: { text, area } })),
  facts: (number: string, known_at: number | undefined, on: string | undefined) =>
    answered(client.GET("/api/cases/{case}/facts", { params: { ...path(number), query: { known_at, on } } })),
  regions: () => answered(client.GET("/api/regions")),
  page: (number: string) => answered(client.GET("/api/cases/{case}", { params: path(number) })),
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
};
