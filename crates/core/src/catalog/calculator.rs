//! Calculators: what a tax, a premium or a late fee comes to, from a few answers, dated parameters and the work calendar. They
//! are written in the language of rules, about `given`, and know nobody.

use super::parameter::{Confidence, Parameter};
use super::source::{Mistake, Place, Sheet, Words, is_name};
use super::subject::{Attribute, Memory, ValueKind};
use crate::image::fact::Value;
use crate::row::SubjectId;
use crate::rule::{Ground, Let, NodeIx, Program, Run, Told, Type, Vocabulary, compile};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;
use toml::value::Datetime;
use yizhan_kit::calendar::WorkCalendar;
use yizhan_kit::{Day, Fen};

/// How expressions call what is given.
pub const GIVEN: &str = "given";

/// What something comes to.
#[derive(Clone, Debug)]
pub struct Calculator {
    /// Its file's name.
    pub name: String,
    /// What people read.
    pub title: Words,
    /// What it computes, in a sentence.
    pub about: Words,
    /// Where it is written.
    pub source: String,
    /// How sure we are of the arithmetic; of figures each parameter says it.
    pub confidence: Confidence,
    /// What the day is that it is computed for.
    pub day: Words,
    /// What is asked, in order.
    pub inputs: Vec<Input>,
    /// What it comes to, in order.
    pub results: Vec<Outcome>,
    /// Named values by `given.name`.
    pub lets: BTreeMap<String, Let>,
    /// What is asked, as rules read it.
    attributes: BTreeMap<String, Attribute>,
    program: Program,
    examples: Vec<Example>,
}

/// Something that is asked.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// A word on what is meant.
    pub hint: Option<Words>,
    /// What holds unless it is answered.
    pub default: Option<String>,
}

/// Something that is computed.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its name.
    pub name: String,
    /// What people read.
    pub title: Words,
    /// What it is counted in, of numbers.
    pub unit: Option<String>,
    when: Option<NodeIx>,
    node: NodeIx,
}

/// What an outcome came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Computed {
    /// Its place among the results.
    pub result: usize,
    /// The value, as rules compute with it; nothing where something is missing.
    pub value: Option<i64>,
    /// What the value is.
    pub of: Type,
    /// What it rests on, and what is missing.
    pub grounds: Vec<Ground>,
}

#[derive(Clone, Debug)]
struct Example {
    on: Day,
    given: BTreeMap<String, String>,
    expect: BTreeMap<String, String>,
    line: usize,
}

/// An answer that does not fit: which, and what would.
pub type Misfit = (String, String);

impl Calculator {
    /// What is asked, as it is declared.
    pub fn attribute(&self, input: &str) -> Option<&Attribute> {
        self.attributes.get(&format!("{GIVEN}.{input}"))
    }

    /// How many worked examples it has.
    pub fn examples(&self) -> usize {
        self.examples.len()
    }

    /// What answers come to on a day. Results whose condition does not hold are left out.
    ///
    /// # Errors
    /// The answers that do not fit.
    pub fn compute(
        &self,
        on: Day,
        given: &BTreeMap<String, String>,
        parameters: &BTreeMap<String, Parameter>,
        calendar: &WorkCalendar,
    ) -> Result<Vec<Computed>, Vec<Misfit>> {
        let mut told = Told::default();
        let slot = told.subject(GIVEN, SubjectId(1));
        let mut misfits: Vec<Misfit> = given
            .keys()
            .filter(|name| self.attribute(name).is_none())
            .map(|name| (name.clone(), "nothing of this name".to_owned()))
            .collect();
        for input in &self.inputs {
            let answer = given.get(&input.name).filter(|text| !text.trim().is_empty()).or(input.default.as_ref());
            let (Some(answer), Some(attribute)) = (answer, self.attribute(&input.name)) else { continue };
            match Value::parse(attribute, answer.trim()) {
                Ok(value) if fits(&value) => told.put(slot, attribute, &value),
                Ok(_) => misfits.push((input.name.clone(), "a number that is not below zero and not too large".into())),
                Err(bad) => misfits.push((input.name.clone(), bad.expected)),
            }
        }
        if !misfits.is_empty() {
            return Err(misfits);
        }
        let source = told.on(on, &self.program, &self.attributes, parameters).by(calendar);
        let mut run = Run::new(&self.program, &source);
        run.over(&source, &[0]);
        let mut computed = Vec::new();
        for (result, outcome) in self.results.iter().enumerate() {
            let applies = outcome.when.map_or(Some(true), |when| run.truths(when).get(0));
            if applies == Some(false) {
                continue;
            }
            let of = self.program.type_of(outcome.node).clone();
            let value = match of {
                Type::Truth => run.truths(outcome.node).get(0).map(i64::from),
                _ => run.numbers(outcome.node).get(0),
            };
            let why = if applies.is_none() { outcome.when.unwrap_or(outcome.node) } else { outcome.node };
            let grounds = run.inside(&source, why, 0);
            computed.push(Computed { result, value: value.filter(|_| applies.is_some()), of, grounds });
        }
        Ok(computed)
    }

    /// The examples that do not come out as written.
    pub(super) fn faults(&self, parameters: &BTreeMap<String, Parameter>, calendar: &WorkCalendar) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        for example in &self.examples {
            let place = Place { file: format!("calculator/{}.toml", self.name), line: example.line };
            let found: BTreeMap<String, String> = match self.compute(example.on, &example.given, parameters, calendar) {
                Ok(all) => all.iter().map(|one| (self.results[one.result].name.clone(), text(one))).collect(),
                Err(misfits) => misfits.into_iter().map(|(name, _)| (name, "refused".to_owned())).collect(),
            };
            for (name, expected) in &example.expect {
                let known = self.results.iter().any(|one| one.name == *name) || self.attribute(name).is_some();
                let found = found.get(name).map_or(if known { "left out" } else { "no result" }, String::as_str);
                if found != expected {
                    mistakes.push(place.mistake(format!("`{name}` is {found}, not {expected}"), ""));
                }
            }
        }
        mistakes
    }
}

/// Nobody's price is below zero or beyond what a hundredfold still holds.
fn fits(value: &Value) -> bool {
    match value {
        Value::Int(n) => (0..=1_000_000).contains(n),
        Value::Fen(Fen(n)) => (0..=100_000_000_000_000).contains(n),
        Value::Day(day) => (1900..2200).contains(&day.ymd().0),
        _ => true,
    }
}

/// A computed value as examples write it.
fn text(computed: &Computed) -> String {
    let Some(value) = computed.value else { return "unknown".to_owned() };
    match computed.of {
        Type::Money => Fen(value).to_string(),
        Type::Day => Day(i32::try_from(value).unwrap_or_default()).to_string(),
        Type::Truth => (value != 0).to_string(),
        Type::Ratio => format!("{}.{:02}%", value / 100, value % 100),
        _ => value.to_string(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    title: Spanned<Words>,
    about: Spanned<Words>,
    source: Spanned<String>,
    confidence: Spanned<String>,
    day: Option<Spanned<Words>>,
    input: Vec<InputShape>,
    #[serde(default, rename = "let")]
    lets: Vec<LetShape>,
    result: Vec<ResultShape>,
    example: Vec<ExampleShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InputShape {
    name: Spanned<String>,
    title: Spanned<Words>,
    kind: Spanned<String>,
    unit: Option<String>,
    hint: Option<Spanned<Words>>,
    default: Option<Spanned<String>>,
    #[serde(default)]
    codes: Vec<CodeShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeShape {
    code: String,
    zh: String,
    en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LetShape {
    name: Spanned<String>,
    title: Spanned<Words>,
    is: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResultShape {
    name: Spanned<String>,
    title: Spanned<Words>,
    is: Spanned<String>,
    when: Option<Spanned<String>>,
    unit: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleShape {
    on: Spanned<Datetime>,
    given: toml::Table,
    expect: BTreeMap<String, String>,
}

/// What a file says, before it is compiled.
pub(super) struct CalculatorRead {
    shape: Shape,
    title: Words,
    about: Words,
    day: Words,
    confidence: Confidence,
    inputs: Vec<Input>,
    attributes: BTreeMap<String, Attribute>,
    examples: Vec<Example>,
    name: String,
    lines: BTreeMap<usize, Place>,
}

pub(super) fn read(sheet: &mut Sheet<'_>) -> Option<CalculatorRead> {
    let shape = sheet.shape::<Shape>()?;
    let (title, about) = (sheet.words("title", shape.title.clone()), sheet.words("about", shape.about.clone()));
    let day = shape.day.clone().map(|day| sheet.words("day", day));
    let day = day.unwrap_or_else(|| Words { zh: "日期".into(), en: "Day".into() });
    let confidence = sheet.word("confidence", &shape.confidence)?;
    if shape.source.get_ref().trim().is_empty() {
        sheet.fault(&shape.source.span(), "a calculator without source", "where it is written");
    }
    sheet.names("input", shape.input.iter().map(|one| &one.name));
    sheet.names("value", shape.lets.iter().map(|one| &one.name));
    sheet.names("result", shape.result.iter().map(|one| &one.name));
    let (mut inputs, mut attributes) = (Vec::new(), BTreeMap::new());
    for row in &shape.input {
        let (input, attribute) = read_input(sheet, row)?;
        attributes.insert(attribute.name.clone(), attribute);
        inputs.push(input);
    }
    for one in &shape.lets {
        let name = one.name.get_ref();
        if !is_name(name) || attributes.contains_key(&format!("{GIVEN}.{name}")) {
            sheet.fault(&one.name.span(), format!("`{name}` is also an input"), "a name of its own");
        }
    }
    let mut examples = Vec::new();
    for row in &shape.example {
        let line = sheet.place(&row.on.span()).line;
        let given = row.given.iter().map(|(key, value)| (key.clone(), written(value))).collect();
        let on = sheet.day("on", &row.on)?;
        examples.push(Example { on, given, expect: row.expect.clone(), line });
    }
    for one in &shape.result {
        if !examples.iter().any(|example| example.expect.contains_key(one.name.get_ref())) {
            let what = format!("result `{}` stands in no example", one.name.get_ref());
            sheet.fault(&one.name.span(), what, "an [[example]] that expects it");
        }
    }
    let spans = shape.lets.iter().map(|one| one.is.span()).chain(
        shape
            .result
            .iter()
            .flat_map(|one| [Some(one.is.span()), one.when.as_ref().map(Spanned::span)].into_iter().flatten()),
    );
    let lines = spans.map(|span| (span.start, sheet.place(&span))).collect();
    let name = sheet.stem.to_owned();
    Some(CalculatorRead { shape, title, about, day, confidence, inputs, attributes, examples, name, lines })
}

fn written(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn read_input(sheet: &mut Sheet<'_>, row: &InputShape) -> Option<(Input, Attribute)> {
    let kind = sheet.word::<ValueKind>("kind", &row.kind)?;
    if !matches!(kind, ValueKind::Flag | ValueKind::Int | ValueKind::Fen | ValueKind::Day | ValueKind::Code) {
        sheet.fault(&row.kind.span(), "an input that nobody can compute with", "flag, int, fen, day or code");
    }
    if (kind == ValueKind::Code) == row.codes.is_empty() {
        sheet.fault(&row.kind.span(), "codes that do not go with the kind", "codes for kind code, and for no other");
    }
    let attribute = Attribute {
        name: format!("{GIVEN}.{}", row.name.get_ref()),
        subject: GIVEN.to_owned(),
        title: sheet.words("title", row.title.clone()),
        kind,
        unit: row.unit.clone(),
        many: false,
        seen_by: Vec::new(),
        paper: None,
        sealed: None,
        memory: Memory::Current,
        of: None,
        back: None,
        computed: None,
        private: false,
        columns: Vec::new(),
        codes: row
            .codes
            .iter()
            .map(|one| (one.code.clone(), Words { zh: one.zh.clone(), en: one.en.clone() }))
            .collect(),
    };
    if let Some(default) = &row.default
        && let Err(bad) = Value::parse(&attribute, default.get_ref())
    {
        sheet.fault(&default.span(), format!("`default` cannot be `{}`", default.get_ref()), bad.expected);
    }
    let hint = row.hint.clone().map(|hint| sheet.words("hint", hint));
    let default = row.default.as_ref().map(|default| default.get_ref().clone());
    Some((Input { name: row.name.get_ref().clone(), hint, default }, attribute))
}

impl CalculatorRead {
    /// Compiles what a file says; a mistake names its line.
    pub(super) fn compile(
        self,
        parameters: &BTreeMap<String, Parameter>,
        mistakes: &mut Vec<Mistake>,
    ) -> Option<Calculator> {
        let Self { shape, title, about, day, confidence, inputs, attributes, examples, name, lines } = self;
        let of = |one: &LetShape| Let {
            about: GIVEN.to_owned(),
            name: one.name.get_ref().clone(),
            title: one.title.get_ref().clone(),
            is: one.is.get_ref().clone(),
        };
        let lets: BTreeMap<String, Let> =
            shape.lets.iter().map(|one| (format!("{GIVEN}.{}", one.name.get_ref()), of(one))).collect();
        let words = Vocabulary::new(&attributes, parameters, &lets);
        let mut program = Program::new(GIVEN);
        let mut whole = true;
        let mut node = |text: &Spanned<String>, wanted: Option<&Type>| {
            let node = compile(&mut program, &words, text.get_ref(), wanted);
            node.map_err(|wrong| {
                whole = false;
                mistakes.push(lines[&text.span().start].mistake(wrong.what, wrong.expected));
            })
            .ok()
        };
        for one in &shape.lets {
            node(&one.is, None);
        }
        let mut results = Vec::new();
        for one in &shape.result {
            let when = one.when.as_ref().map(|when| node(when, Some(&Type::Truth)));
            if let Some(is) = node(&one.is, None) {
                results.push(Outcome {
                    name: one.name.get_ref().clone(),
                    title: one.title.get_ref().clone(),
                    unit: one.unit.clone(),
                    when: when.flatten(),
                    node: is,
                });
            }
        }
        let source = shape.source.into_inner();
        whole.then_some(Calculator {
            name,
            title,
            about,
            day,
            source,
            confidence,
            inputs,
            results,
            lets,
            attributes,
            program,
            examples,
        })
    }
}
