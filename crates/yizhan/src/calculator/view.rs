//! Calculators and what they come to, in words.

use super::model::{CalculatedView, CalculatorView, CodeView, InputView, ResultView};
use crate::case::rule::words as say;
use crate::case::view::words;
use crate::register::model::GroundView;
use crate::register::rule::unit;
use std::collections::BTreeMap;
use yizhan_core::catalog::calculator::Misfit;
use yizhan_core::catalog::{Calculator, Catalog, Computed, ValueKind};
use yizhan_core::problem;
use yizhan_core::rule::{Ground, GroundOf, Type};
use yizhan_kit::{Day, Fen, Lang, Problem};

/// A calculator by name.
///
/// # Errors
/// `not-found`.
pub fn find<'a>(catalog: &'a Catalog, name: &str) -> Result<&'a Calculator, Problem> {
    catalog
        .calculators
        .get(name)
        .ok_or_else(|| problem::NOT_FOUND.problem("没有这个计算器。", "There is no such calculator."))
}

/// A calculator as the API gives it.
pub fn calculator(one: &Calculator, lang: Lang) -> CalculatorView {
    let input = |input: &yizhan_core::catalog::calculator::Input| {
        let attribute = one.attribute(&input.name)?;
        Some(InputView {
            name: input.name.clone(),
            title: words(&attribute.title, lang).to_owned(),
            hint: input.hint.as_ref().map(|hint| words(hint, lang).to_owned()).unwrap_or_default(),
            kind: attribute.kind.as_str().to_owned(),
            unit: unit(attribute.unit.as_deref(), lang).to_owned(),
            default: input.default.clone(),
            codes: attribute
                .codes
                .iter()
                .map(|(code, meaning)| CodeView { code: code.clone(), title: words(meaning, lang).to_owned() })
                .collect(),
        })
    };
    CalculatorView {
        name: one.name.clone(),
        title: words(&one.title, lang).to_owned(),
        about: words(&one.about, lang).to_owned(),
        day: words(&one.day, lang).to_owned(),
        source: one.source.clone(),
        confidence: one.confidence.as_str().to_owned(),
        inputs: one.inputs.iter().filter_map(input).collect(),
    }
}

/// Answers as people write them: an amount may have commas and no decimals.
pub fn tidied(one: &Calculator, given: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let tidy = |(name, text): (&String, &String)| {
        let amount = one.attribute(name).is_some_and(|attribute| attribute.kind == ValueKind::Fen);
        let mut text = text.trim().to_owned();
        if amount {
            text.retain(|c| !matches!(c, ',' | '，' | ' ' | '元'));
            match text.split_once('.') {
                None if !text.is_empty() => text.push_str(".00"),
                Some((_, decimals)) if decimals.len() == 1 => text.push('0'),
                _ => {}
            }
        }
        (name.clone(), text)
    };
    given.iter().map(tidy).collect()
}

/// What answers come to on a day.
///
/// # Errors
/// The answers that do not fit.
pub fn calculated(
    catalog: &Catalog,
    one: &Calculator,
    on: Day,
    given: &BTreeMap<String, String>,
    lang: Lang,
) -> Result<CalculatedView, Vec<Misfit>> {
    let computed = one.compute(on, &tidied(one, given), &catalog.parameters, &catalog.calendar)?;
    let results = computed.iter().map(|found| result(catalog, one, found, on, lang)).collect();
    Ok(CalculatedView { on: on.to_string(), results })
}

fn result(catalog: &Catalog, one: &Calculator, found: &Computed, on: Day, lang: Lang) -> ResultView {
    let outcome = &one.results[found.result];
    let value = found.value.map(|n| plain(&found.of, n));
    let counted = if found.of == Type::Money { "yuan" } else { outcome.unit.as_deref().unwrap_or_default() };
    ResultView {
        name: outcome.name.clone(),
        title: words(&outcome.title, lang).to_owned(),
        says: found.value.map(|n| spoken(one, &found.of, n, None, counted, lang)).unwrap_or_default(),
        value,
        grounds: found.grounds.iter().map(|ground| said(catalog, one, ground, on, lang)).collect(),
    }
}

/// A ground in words.
fn said(catalog: &Catalog, one: &Calculator, ground: &Ground, on: Day, lang: Lang) -> GroundView {
    let (title, counted, dated) = match &ground.of {
        GroundOf::Fact(name) => {
            let input = name.rsplit('.').next().and_then(|input| one.attribute(input));
            let counted = input.and_then(|input| input.unit.as_deref()).unwrap_or_default();
            (input.map_or(name.as_str(), |input| words(&input.title, lang)), counted, None)
        }
        GroundOf::Named(name) => {
            let counted = if ground.kind == Type::Money { "yuan" } else { "" };
            (one.lets.get(name).map_or(name.as_str(), |named| words(&named.title, lang)), counted, None)
        }
        GroundOf::Parameter(name) => match catalog.parameters.get(name) {
            Some(parameter) => (words(&parameter.title, lang), parameter.unit.as_str(), parameter.at(on)),
            None => (name.as_str(), "", None),
        },
        GroundOf::Count => (say("个数", "How many", lang), "", None),
    };
    let says = ground.value.map(|n| spoken(one, &ground.kind, n, ground.code.as_deref(), counted, lang));
    GroundView {
        who: String::new(),
        title: title.to_owned(),
        says: says.unwrap_or_default(),
        missing: ground.value.is_none(),
        source: dated.map(|dated| dated.source.clone()).unwrap_or_default(),
        confidence: dated.map(|dated| dated.confidence.as_str().to_owned()).unwrap_or_default(),
    }
}

fn plain(of: &Type, n: i64) -> String {
    match of {
        Type::Money => Fen(n).to_string(),
        Type::Day => Day(i32::try_from(n).unwrap_or_default()).to_string(),
        Type::Truth => (n != 0).to_string(),
        Type::Ratio => format!("{}.{:02}%", n / 100, n % 100),
        _ => n.to_string(),
    }
}

fn spoken(one: &Calculator, of: &Type, n: i64, code: Option<&str>, counted: &str, lang: Lang) -> String {
    let text = match (of, code) {
        (Type::Truth, _) => say(if n != 0 { "是" } else { "否" }, if n != 0 { "yes" } else { "no" }, lang).to_owned(),
        (Type::Code(name), Some(code)) => {
            let input = name.rsplit('.').next().and_then(|input| one.attribute(input));
            let meaning = input.and_then(|input| input.meaning(code));
            meaning.map_or_else(|| code.to_owned(), |meaning| words(meaning, lang).to_owned())
        }
        _ => plain(of, n),
    };
    let counted = unit(Some(counted), lang);
    if counted.is_empty() || *of == Type::Ratio { text } else { format!("{text} {counted}") }
}
