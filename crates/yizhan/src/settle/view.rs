//! Answers as lines of JSON.

use super::act::Answer;
use std::fmt::Write;
use yizhan_core::settlement::words::{arithmetic, why, write_fen};
use yizhan_core::settlement::{Account, Policy, Settled};
use yizhan_kit::{Fen, Lang};

/// How answers speak.
#[derive(Clone, Copy)]
pub struct Voice {
    /// The language.
    pub lang: Lang,
    /// How much is told.
    pub detail: Detail,
}

/// How much an answer tells.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Why each layer pays what it pays.
    Reason,
    /// And how it was reckoned.
    Trace,
}

/// Which way the amounts go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Paid,
    TakenBack,
}

/// Writes an answer with its line end; nothing for a blank line.
pub fn write(policy: &Policy, voice: Voice, answer: &Answer, into: &mut String) {
    match answer {
        Answer::Nothing => return,
        Answer::Bill(settled, before) => {
            into.push('{');
            slip(policy, voice, settled, before, Sign::Paid, into);
            into.push_str(",\"policy\":");
            text(&policy.name, into);
        }
        Answer::Cancelled(cancelled) => {
            let _ = write!(into, "{{\"cancelled\":{},", cancelled.was.line);
            slip(policy, voice, &cancelled.was, &cancelled.before, Sign::TakenBack, into);
            into.push_str(",\"recomputed\":[");
            for (place, (settled, before)) in cancelled.changed.iter().enumerate() {
                let comma = if place > 0 { "," } else { "" };
                let _ = write!(into, "{comma}{{\"line\":{},", settled.line);
                slip(policy, voice, settled, before, Sign::Paid, into);
                into.push('}');
            }
            into.push(']');
        }
        Answer::Refused(problem) => {
            into.push_str("{\"error\":{\"code\":");
            text(problem.kind.code, into);
            into.push_str(",\"message\":");
            text(problem.detail(voice.lang), into);
            into.push('}');
        }
    }
    into.push_str("}\n");
}

fn slip(policy: &Policy, voice: Voice, settled: &Settled, before: &Account, sign: Sign, into: &mut String) {
    let signed = |fen: Fen| if sign == Sign::TakenBack { Fen(-fen.0) } else { fen };
    let mut words = String::new();
    into.push_str("\"layers\":[");
    // The same bill on the same account again: it takes its steps as it did, and tells them.
    policy.table.settle_telling(&mut before.clone(), &settled.bill, |layer, step| {
        into.push_str(if layer > 0 { ",{\"payer\":" } else { "{\"payer\":" });
        text(&policy.payer(layer).id, into);
        into.push_str(",\"base\":\"");
        write_fen(signed(settled.slip.base[layer]), into);
        into.push_str("\",\"pay\":\"");
        write_fen(signed(settled.slip.pay[layer]), into);
        into.push_str("\",\"why\":");
        words.clear();
        if sign == Sign::TakenBack {
            words.push_str(if voice.lang == Lang::En { "Taken back. It was: " } else { "冲销。原为：" });
        }
        why(policy, layer, &settled.bill, step, voice.lang, &mut words);
        text(&words, into);
        if voice.detail == Detail::Trace {
            into.push_str(",\"trace\":");
            words.clear();
            arithmetic(policy, layer, &settled.bill, step, voice.lang, &mut words);
            text(&words, into);
        }
        into.push('}');
    });
    into.push_str("],\"personal\":\"");
    write_fen(signed(settled.slip.personal), into);
    into.push('"');
}

/// A text as JSON. Few have anything to escape.
pub(super) fn text(text: &str, into: &mut String) {
    if text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        into.push_str(&serde_json::Value::from(text).to_string());
    } else {
        into.push('"');
        into.push_str(text);
        into.push('"');
    }
}
