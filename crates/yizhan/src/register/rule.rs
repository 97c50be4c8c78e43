//! What rules come to, in words.

use crate::case::rule::words as say;
use crate::case::view::words;
use yizhan_core::access::{Counts, Which};
use yizhan_core::catalog::{Asks, Catalog, Per, Rule, RuleKind};
use yizhan_core::rule::{Ground, GroundOf, Type};
use yizhan_kit::{Day, Fen, Lang};

use super::model::{GroundView, RuleCounts};

/// The kinds of rules, in the order of the board.
pub const KINDS: [RuleKind; 5] =
    [RuleKind::Standard, RuleKind::Duty, RuleKind::Paper, RuleKind::Entitlement, RuleKind::Quality];

/// What a kind of rules is called.
pub fn kind_title(kind: RuleKind, lang: Lang) -> &'static str {
    match kind {
        RuleKind::Standard => say("标准未达到", "Standards not met", lang),
        RuleKind::Duty => say("责任到期", "Duties overdue", lang),
        RuleKind::Paper => say("资料缺失", "Papers missing", lang),
        RuleKind::Entitlement => say("应享未享、应核", "Entitlements to settle", lang),
        RuleKind::Payment => say("发放", "Payments", lang),
        RuleKind::Quality => say("信息存疑", "Records in doubt", lang),
    }
}

/// The name of what is wrong.
pub fn which_name(which: Which) -> &'static str {
    match which {
        Which::Fails => "fails",
        Which::Missing => "missing",
        Which::Undue => "undue",
        Which::Unknown => "unknown",
    }
}

/// What is wrong, in words.
pub fn said(rule: &Rule, which: Which, lang: Lang) -> String {
    let title = words(&rule.title, lang);
    match (which, &rule.asks) {
        (Which::Fails, Asks::Check { gap, .. }) => words(gap, lang).to_owned(),
        (Which::Fails, Asks::Entitlement { .. }) => String::new(),
        (Which::Missing, _) => match lang {
            Lang::Zh => format!("符合条件，未享受{title}"),
            Lang::En => format!("Entitled, not receiving: {title}"),
        },
        (Which::Undue, _) => match lang {
            Lang::Zh => format!("正在享受{title}，是否符合待核实"),
            Lang::En => format!("Receiving, to be checked: {title}"),
        },
        (Which::Unknown, _) => match lang {
            Lang::Zh => format!("{title}：缺信息，无法判断"),
            Lang::En => format!("{title}: a fact is missing"),
        },
    }
}

/// Counts as the API gives them.
pub fn counts(counts: Counts) -> RuleCounts {
    RuleCounts {
        applies: counts.applies,
        yes: counts.yes,
        no: counts.no,
        unknown: counts.unknown,
        receiving: counts.receiving,
        missing: counts.missing,
        undue: counts.undue,
        due_a_year: Fen(counts.due_fen).to_string(),
    }
}

/// How often something is due, in words.
pub fn per(per: Per, lang: Lang) -> &'static str {
    match per {
        Per::Month => say("元/月", "yuan a month", lang),
        Per::Quarter => say("元/季度", "yuan a quarter", lang),
        Per::Semester => say("元/学期", "yuan a semester", lang),
        Per::Year => say("元/年", "yuan a year", lang),
        Per::Once => say("元（一次）", "yuan, once", lang),
    }
}

/// A ground in words; of whom it is is left open.
pub fn ground(catalog: &Catalog, ground: &Ground, day: Day, lang: Lang) -> GroundView {
    let (title, unit, dated) = match &ground.of {
        GroundOf::Fact(name) => match catalog.attributes.get(name) {
            Some(attribute) => (words(&attribute.title, lang), unit(attribute.unit.as_deref(), lang), None),
            None => (name.as_str(), "", None),
        },
        GroundOf::Named(name) => {
            let title = catalog.rules.lets.get(name).map_or(name.as_str(), |one| words(&one.title, lang));
            (title, if ground.kind == Type::Money { say("元", "yuan", lang) } else { "" }, None)
        }
        GroundOf::Parameter(name) => match catalog.parameters.get(name) {
            Some(parameter) => (words(&parameter.title, lang), unit(Some(&parameter.unit), lang), parameter.at(day)),
            None => (name.as_str(), "", None),
        },
        GroundOf::Count => (say("人数", "How many", lang), "", None),
    };
    let value = ground.value.map(|n| value(catalog, &ground.kind, n, ground.code.as_deref(), lang));
    let said = value.map(|value| if unit.is_empty() { value } else { format!("{value} {unit}") });
    GroundView {
        who: String::new(),
        title: title.to_owned(),
        says: said.unwrap_or_default(),
        missing: false,
        source: dated.map(|dated| dated.source.clone()).unwrap_or_default(),
        confidence: dated.map(|dated| dated.confidence.as_str().to_owned()).unwrap_or_default(),
    }
}

fn value(catalog: &Catalog, kind: &Type, n: i64, code: Option<&str>, lang: Lang) -> String {
    match kind {
        Type::Truth => say(if n != 0 { "是" } else { "否" }, if n != 0 { "yes" } else { "no" }, lang).to_owned(),
        Type::Money => Fen(n).to_string(),
        Type::Day => Day(i32::try_from(n).unwrap_or_default()).to_string(),
        Type::Ratio => format!("{}.{:02}%", n / 100, n % 100),
        Type::Code(name) => {
            let meaning = code.and_then(|code| catalog.attributes.get(name)?.meaning(code));
            meaning.map_or_else(|| code.unwrap_or_default().to_owned(), |meaning| words(meaning, lang).to_owned())
        }
        Type::Number | Type::Subject(_) | Type::Opaque => n.to_string(),
    }
}

/// What something is counted in, in words.
pub fn unit(unit: Option<&str>, lang: Lang) -> &str {
    match unit.unwrap_or_default() {
        "yuan" => say("元", "yuan", lang),
        "yuan/year" => say("元/年", "yuan a year", lang),
        "yuan/month" => say("元/月", "yuan a month", lang),
        "days" => say("天", "days", lang),
        "hours" => say("小时", "hours", lang),
        "days/year" => say("天/年", "days a year", lang),
        "litres/person/day" => say("升/人·日", "litres a person a day", lang),
        "minutes" => say("分钟", "minutes", lang),
        "months/year" => say("个月/年", "months a year", lang),
        "mu" => say("亩", "mu", lang),
        "hundredths" => "%",
        "points" => say("分", "points", lang),
        "persons" => say("人", "persons", lang),
        "square metres" => say("平方米", "square metres", lang),
        _ => "",
    }
}
