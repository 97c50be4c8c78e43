// What a form's schema says, as screens need it.

export interface Schema {
  title?: string;
  "x-title-en"?: string;
  type?: string;
  format?: string;
  enum?: string[];
  "x-enum-titles"?: { zh: string; en: string }[];
  "x-control"?: string;
  "x-of"?: string[];
  "x-among"?: string;
  "x-wider"?: boolean;
  default?: string;
  "x-fault"?: { zh: string; en: string };
  pattern?: string;
  maxLength?: number;
  maxItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
}

export type Lang = "zh" | "en";

/** What a field is called. */
export function title(schema: Schema | undefined, lang: Lang, name = ""): string {
  if (!schema) return name;
  return (lang === "en" ? schema["x-title-en"] : schema.title) ?? schema.title ?? name;
}

/** The choices of a field, each with its value and title. */
export function options(schema: Schema, lang: Lang): { value: string; title: string }[] {
  return (schema.enum ?? []).map((value, place) => ({ value, title: schema["x-enum-titles"]?.[place]?.[lang] ?? value }));
}

/** What is hidden from residents and yet drawn for officers: another household, one of the members that were chosen. */
export function drawn(schema: Schema, name: string): "household" | "member" | undefined {
  const field = schema.properties?.[name];
  if (field?.["x-control"] !== "hidden" || field.type !== "integer") return undefined;
  if (name === "host") return "household";
  return name === "head" && schema.properties?.members ? "member" : undefined;
}

/** Answers without what was left empty. What is hidden is sent as it was set from outside, or as the form sets it. */
export function filled(schema: Schema, answers: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const answer = answers[name];
    if (property["x-control"] === "hidden") {
      const sent = answer ?? property.default;
      if (sent !== undefined) result[name] = sent;
    } else if (property.items?.type === "object") {
      const people = ((answer ?? []) as Record<string, unknown>[]).map((one) => filled(property.items!, one));
      if (people.length) result[name] = people;
    }
    else if (property.type === "object") {
      const inner = filled(property, (answer ?? {}) as Record<string, unknown>);
      // What is sent without being asked says nothing where nothing else was said.
      const said = Object.keys(inner).some((one) => property.properties?.[one]?.["x-control"] !== "hidden");
      if (said || !Object.keys(inner).length) result[name] = inner;
    }
    else if (property.type === "boolean") result[name] = answer === true;
    else if (property.type === "array") result[name] = answer ?? [];
    else if (property.type === "integer" && answer !== undefined && answer !== "") result[name] = Number(answer);
    else if (answer !== undefined && answer !== "") result[name] = answer;
  }
  return result;
}
