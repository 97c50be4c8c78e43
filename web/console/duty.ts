// Who does what comes round again, and what the form demands, in words.
import { t, type Word } from "./words";

const doers: Record<string, Word> = { village: "doerVillage", township: "doerTownship", district: "doerDistrict", team: "doerTeam" };

const proven: Record<string, Word> = { form: "proofForm", photo: "proofPhoto", place: "proofPlace", signature: "proofSignature" };

/** Who does a duty. */
export const doer = (name: string): string => (doers[name] ? t(doers[name]) : name);

/** What a form demands. */
export const proofs = (names: string[]): string => names.map((name) => (proven[name] ? t(proven[name]) : name)).join(" · ");
