import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { words } from "./words";

const here = import.meta.dirname;
const sources = readdirSync(here, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(vue|ts)$/.test(name) && !/(words|test)\.ts$/.test(name) && !name.endsWith(".test.ts"))
  .map((name) => ({ name, text: readFileSync(join(here, name), "utf8") }));

test("every word is said in both languages, and they differ", () => {
  for (const [name, [zh, en]] of Object.entries(words)) {
    expect(zh.trim(), name).not.toBe("");
    expect(en.trim(), name).not.toBe("");
    expect(/\p{Script=Han}/u.test(en) && name !== "other", `${name}: the English is Chinese`).toBe(false);
  }
});

test("no page says anything that is not a word of both languages", () => {
  for (const { name, text } of sources) {
    const template = text.match(/<template>([\s\S]*)<\/template>/)?.[1] ?? "";
    const han = text.replace(/\/\/.*$/gm, "").match(/[\p{Script=Han}]+/u);
    expect(han, `${name} holds Chinese outside words.ts`).toBeNull();
    // Text between tags must come from an expression.
    const bare = template.replace(/<(?:[^>"]|"[^"]*")*>/g, "\u0000").replace(/{{[\s\S]*?}}/g, "").split("\u0000").map((part) => part.trim());
    expect(bare.filter((part) => /[A-Za-z]{3,}/.test(part) && part !== "PDF"), `${name} holds text outside words.ts`).toEqual([]);
  }
});

test("every word is used", () => {
  const all = sources.map(({ text }) => text).join("\n");
  const computed = /^(did_|due_$|overdue|missed|fulfilled|expected|open$|objected|completed|withdrawn|closed|confirmed|likely|illustrative$|(state|fault|condition|order|sign|turn|measure|callState|channel|outcome|figure|ending|level|needed|paper|stock|handler|serves|kind|unit|counts|tells|key|entries|how|countedIn|by)_)/;
  const unused = Object.keys(words).filter((name) => !computed.test(name) && !new RegExp(`["'\`]${name}["'\`]`).test(all));
  expect(unused).toEqual([]);
});
