//! Reads the policies of settlement: who pays, in which order, for whom, by which figures.

use super::policy_example::{ExampleShape, read_example};
use super::policy_terms::{self, LayerTerms, TermsShape};
use super::source::{Sheet, Words};
use crate::settlement::engine::{MOST_LAYERS, Table, UNREAD};
use crate::settlement::policy::{Admission, Base, Beside, CareKind, Layer, Named, Per, Policy, Standing, Told};
use serde::Deserialize;
use std::str::FromStr;
use toml::Spanned;
use toml::value::Datetime;
use yizhan_kit::Day;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    title: Spanned<Words>,
    about: Spanned<Words>,
    from: Spanned<Datetime>,
    to: Option<Spanned<Datetime>>,
    standing: Spanned<String>,
    payer: Vec<NamedShape>,
    category: Vec<CategoryShape>,
    kind: Vec<KindShape>,
    layer: Vec<Spanned<LayerShape>>,
    #[serde(default)]
    beside: Vec<BesideShape>,
    example: Vec<Spanned<ExampleShape>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedShape {
    id: Spanned<String>,
    zh: String,
    en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoryShape {
    id: Spanned<String>,
    zh: String,
    en: String,
    #[serde(default)]
    when: Vec<Spanned<ToldShape>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToldShape {
    attribute: String,
    is: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KindShape {
    id: Spanned<String>,
    zh: String,
    en: String,
    #[serde(default)]
    admission: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LayerShape {
    payer: Spanned<String>,
    base: Spanned<String>,
    accumulator: Option<Spanned<String>>,
    rounding: RoundingShape,
    source: Spanned<String>,
    confidence: Spanned<String>,
    note: Option<Spanned<Words>>,
    terms: Vec<Spanned<TermsShape>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoundingShape {
    per: Spanned<String>,
    half: Spanned<String>,
    to: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BesideShape {
    payer: Spanned<String>,
    about: Spanned<Words>,
    source: Spanned<String>,
    confidence: Spanned<String>,
}

pub(super) fn read(sheet: &mut Sheet<'_>) -> Option<Policy> {
    let shape = sheet.shape::<Shape>()?;
    let mistakes = sheet.mistakes.len();
    let (title, about) = (sheet.words("title", shape.title), sheet.words("about", shape.about));
    let standing = sheet.word::<Standing>("standing", &shape.standing);
    let (from, to) = read_days(sheet, &shape.from, shape.to.as_ref())?;
    let payers = read_names(sheet, "payer", shape.payer);
    let (categories, told) = read_categories(sheet, shape.category);
    let kinds = read_kinds(sheet, shape.kind);
    if shape.layer.len() > MOST_LAYERS {
        let span = shape.layer[MOST_LAYERS].span();
        sheet.fault(&span, format!("{} layers", shape.layer.len()), format!("{MOST_LAYERS} at most"));
    }
    let mut layers: Vec<Layer> = Vec::new();
    let mut terms: Vec<LayerTerms> = Vec::new();
    for row in shape.layer {
        let (layer, own) = read_layer(sheet, standing, layers.len(), &payers, &categories, &kinds, row)?;
        if let Some(payer) = layers.iter().position(|before| before.payer == layer.payer) {
            let what = format!("layer {} has the payer of layer {}", layers.len() + 1, payer + 1);
            sheet.fault(&own.span, what, "a payer of its own");
        }
        layers.push(layer);
        terms.push(own);
    }
    policy_terms::check_accumulators(sheet, &terms);
    let beside = read_beside(sheet, &payers, &layers, shape.beside)?;
    if sheet.mistakes.len() > mistakes {
        return None;
    }
    let table = fill(&terms, &categories, &kinds);
    let mut policy = Policy {
        name: sheet.stem.to_owned(),
        title,
        about,
        from,
        to,
        standing: standing?,
        payers,
        categories,
        told,
        kinds,
        layers,
        beside,
        examples: Vec::new(),
        table,
    };
    for row in shape.example {
        let example = read_example(sheet, &policy, row)?;
        policy.examples.push(example);
    }
    Some(policy)
}

fn read_days(
    sheet: &mut Sheet<'_>,
    from: &Spanned<Datetime>,
    to: Option<&Spanned<Datetime>>,
) -> Option<(Day, Option<Day>)> {
    let first = sheet.day("from", from)?;
    let Some(to) = to else { return Some((first, None)) };
    let end = sheet.day("to", to)?;
    if end <= first {
        sheet.fault(&to.span(), "the policy ends before it begins", "`from` before `to`");
    }
    Some((first, Some(end)))
}

fn read_names(sheet: &mut Sheet<'_>, what: &str, rows: Vec<NamedShape>) -> Vec<Named> {
    sheet.names(what, rows.iter().map(|row| &row.id));
    rows.into_iter().map(|row| read_name(sheet, row.id, row.zh, row.en)).collect()
}

fn read_name(sheet: &mut Sheet<'_>, id: Spanned<String>, zh: String, en: String) -> Named {
    let title = sheet.words(id.get_ref(), Spanned::new(id.span(), Words { zh, en }));
    Named { id: id.into_inner(), title }
}

/// The categories, and what the register says of each. Everybody is of the first, who is of no other.
fn read_categories(sheet: &mut Sheet<'_>, rows: Vec<CategoryShape>) -> (Vec<Named>, Vec<Vec<Told>>) {
    if let Some(told) = rows.first().and_then(|row| row.when.first()) {
        sheet.fault(
            &told.span(),
            "the first category asks for something",
            "no `when`: whoever is of no other is of it",
        );
    }
    let mut told = Vec::new();
    let mut named = Vec::new();
    for row in rows {
        let one = |told: Spanned<ToldShape>| {
            let line = sheet.place(&told.span()).line;
            let ToldShape { attribute, is } = told.into_inner();
            Told { attribute, is, line }
        };
        told.push(row.when.into_iter().map(one).collect());
        named.push(NamedShape { id: row.id, zh: row.zh, en: row.en });
    }
    (read_names(sheet, "category", named), told)
}

fn read_kinds(sheet: &mut Sheet<'_>, rows: Vec<KindShape>) -> Vec<CareKind> {
    sheet.names("kind", rows.iter().map(|row| &row.id));
    let kind = |row: KindShape| CareKind {
        admission: if row.admission { Admission::Counted } else { Admission::None },
        named: read_name(sheet, row.id, row.zh, row.en),
    };
    rows.into_iter().map(kind).collect()
}

fn read_payer(sheet: &mut Sheet<'_>, payers: &[Named], payer: &Spanned<String>) -> Option<usize> {
    let place = payers.iter().position(|known| known.id == *payer.get_ref());
    if place.is_none() {
        let known = payers.iter().map(|known| known.id.as_str()).collect::<Vec<_>>().join(", ");
        sheet.fault(&payer.span(), format!("no payer `{}`", payer.get_ref()), format!("one of {known}"));
    }
    place
}

fn read_source(sheet: &mut Sheet<'_>, source: Spanned<String>) -> String {
    if source.get_ref().trim().is_empty() {
        sheet.fault(&source.span(), "figures without source", "where they are written");
    }
    source.into_inner()
}

fn read_layer(
    sheet: &mut Sheet<'_>,
    standing: Option<Standing>,
    number: usize,
    payers: &[Named],
    categories: &[Named],
    kinds: &[CareKind],
    row: Spanned<LayerShape>,
) -> Option<(Layer, LayerTerms)> {
    let span = row.span();
    let row = row.into_inner();
    let payer = read_payer(sheet, payers, &row.payer);
    let base = sheet.word::<Base>("base", &row.base);
    if let Some(base) = base
        && (base == Base::InScope) != (number == 0)
    {
        let what = format!("layer {} with base `{}`", number + 1, row.base.get_ref());
        sheet.fault(&row.base.span(), what, "in-scope for the first layer, a remainder for every other");
    }
    let per = sheet.word::<Per>("per", &row.rounding.per);
    let _ = sheet.word::<HalfUp>("half", &row.rounding.half);
    let _ = sheet.word::<ToFen>("to", &row.rounding.to);
    let confidence = sheet.word::<super::Confidence>("confidence", &row.confidence);
    if standing == Some(Standing::Adopted) && confidence.is_some_and(|sure| sure != super::Confidence::Confirmed) {
        let what = format!("an adopted policy with a layer that is {}", row.confidence.get_ref());
        sheet.fault(&row.confidence.span(), what, "layers that are confirmed, or standing = \"illustrative\"");
    }
    let source = read_source(sheet, row.source);
    let note = row.note.map(|note| sheet.words("note", note));
    let whole = policy_terms::Whole { span, base: base?, per: per?, accumulator: row.accumulator, categories, kinds };
    let terms = policy_terms::read(sheet, whole, row.terms);
    Some((Layer { payer: payer?, base: base?, per: per?, source, confidence: confidence?, note }, terms))
}

/// The one direction in which half a fen goes.
struct HalfUp;

impl FromStr for HalfUp {
    type Err = super::Expected;
    fn from_str(text: &str) -> Result<Self, super::Expected> {
        if text == "up" { Ok(Self) } else { Err(super::Expected("up")) }
    }
}

/// The one unit to which a layer rounds.
struct ToFen;

impl FromStr for ToFen {
    type Err = super::Expected;
    fn from_str(text: &str) -> Result<Self, super::Expected> {
        if text == "fen" { Ok(Self) } else { Err(super::Expected("fen")) }
    }
}

fn read_beside(
    sheet: &mut Sheet<'_>,
    payers: &[Named],
    layers: &[Layer],
    rows: Vec<BesideShape>,
) -> Option<Vec<Beside>> {
    let mut beside = Vec::new();
    for row in rows {
        let payer = read_payer(sheet, payers, &row.payer)?;
        if layers.iter().any(|layer| layer.payer == payer) {
            sheet.fault(&row.payer.span(), format!("`{}` is also a layer", row.payer.get_ref()), "one or the other");
        }
        beside.push(Beside {
            named: payers[payer].clone(),
            about: sheet.words("about", row.about),
            source: read_source(sheet, row.source),
            confidence: sheet.word("confidence", &row.confidence)?,
        });
    }
    Some(beside)
}

fn fill(layers: &[LayerTerms], categories: &[Named], kinds: &[CareKind]) -> Table {
    let admissions = kinds.iter().map(|kind| kind.admission == Admission::Counted).collect();
    let mut table = Table::new(layers.len(), categories.len(), admissions);
    let names = policy_terms::accumulators(layers);
    for kind in 0..kinds.len() {
        for category in 0..categories.len() {
            for level in 0..crate::settlement::engine::LEVELS {
                for layer in layers {
                    let (mut terms, more, accumulator) = layer.terms_of(kind, category, level);
                    let place = accumulator.and_then(|name| names.iter().position(|known| *known == name));
                    terms.accumulator = place.map_or(UNREAD, |place| u8::try_from(place).expect("few accumulators"));
                    table.push(terms, more);
                }
            }
        }
    }
    table
}
