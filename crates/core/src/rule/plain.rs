//! The same rules read by the `cel` crate's own interpreter, subject by subject: slow, and written by others. Tests and the
//! bench hold the compiled rules against it.

use super::arithmetic::share;
use super::compile::variable;
use super::money::{self, Received};
use super::part::Part;
use super::source::number;
use crate::access::Verdict;
use crate::catalog::{Asks, Attribute, Catalog, Rule, RuleKind};
use crate::image::Image;
use crate::image::fact::Value as Known;
use crate::row::SubjectId;
use cel::{Context, Program, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use yizhan_kit::{Day, Fen};

/// The rules of a catalog, parsed for the interpreter.
pub struct Plain<'a> {
    image: &'a Image,
    catalog: &'a Catalog,
    day: Day,
    /// What every question has: functions, parameters, the day.
    base: Context<'static, 'static>,
    /// The names that rules mention: nothing else is shown to the interpreter.
    mentioned: BTreeSet<String>,
    lets: Vec<(&'a str, String, Program)>,
    texts: BTreeMap<String, Program>,
}

/// A subject as the interpreter sees it: its variables, ready to be asked.
pub struct Asked<'a>(Context<'a, 'static>);

impl<'a> Plain<'a> {
    pub(crate) fn new(image: &'a Image, catalog: &'a Catalog, kinds: &[RuleKind], day: Day) -> Self {
        let parameters = catalog.parameters.values().filter_map(|parameter| {
            let value = number(&parameter.unit, &parameter.at(day)?.value)?;
            Some((variable(&parameter.name), Value::Int(value)))
        });
        let program = |text: &str| Program::compile(text).expect("checked when the catalog was loaded");
        let mut texts = BTreeMap::new();
        for rule in catalog.rules.rules().filter(|rule| kinds.contains(&rule.kind)) {
            let asks = match &rule.asks {
                Asks::Check { passes, .. } => vec![passes],
                Asks::Entitlement { entitled, receives, amount, .. } => {
                    [Some(entitled), Some(receives), amount.as_ref()].into_iter().flatten().collect()
                }
            };
            for text in rule.when.iter().chain(asks) {
                texts.entry(text.clone()).or_insert_with(|| program(text));
            }
        }
        let lets = catalog.rules.lets.values();
        let lets: Vec<_> = lets.map(|one| (one.about.as_str(), variable(&one.name), program(&one.is))).collect();
        let said = texts.keys().map(String::as_str).chain(catalog.rules.lets.values().map(|one| one.is.as_str()));
        let words = said.flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
        let mentioned = words.map(str::to_owned).collect();
        let base = context(day, map(parameters.collect()));
        Self { image, catalog, day, base, mentioned, lets, texts }
    }

    /// What a subject of a kind looks like.
    pub fn ask(&self, kind: &str, subject: SubjectId) -> Asked<'_> {
        let mut context = self.base.new_inner_scope();
        context.add_variable_from_value(variable(kind), self.subject(kind, subject, 3));
        Asked(context)
    }

    /// How a rule comes out, step by step.
    pub fn verdict(&self, rule: &Rule, asked: &Asked<'_>) -> Verdict {
        let truth = |text: &String| match self.texts[text].execute(&asked.0) {
            Ok(Value::Bool(truth)) => Some(truth),
            _ => None,
        };
        // The conditions are one conjunction: a false one decides, whatever is unknown.
        let when: Vec<Option<bool>> = rule.when.iter().map(truth).collect();
        if when.contains(&Some(false)) {
            return Verdict::NotJudged;
        }
        if when.contains(&None) {
            return Verdict::Unknown;
        }
        let (Asks::Check { passes: asks, .. } | Asks::Entitlement { entitled: asks, .. }) = &rule.asks;
        match truth(asks) {
            Some(true) => Verdict::Yes,
            Some(false) => Verdict::No,
            None => Verdict::Unknown,
        }
    }

    /// What is due.
    pub fn amount(&self, rule: &Rule, asked: &Asked<'_>) -> Option<i64> {
        let Asks::Entitlement { amount: Some(amount), .. } = &rule.asks else { return None };
        match self.texts[amount].execute(&asked.0) {
            Ok(Value::Int(fen)) => Some(fen),
            _ => None,
        }
    }

    /// A subject with its attributes, those it names and those who name it, a few steps deep.
    fn subject(&self, kind: &str, subject: SubjectId, depth: u8) -> Value {
        let mut fields = HashMap::new();
        let own = |one: &&Attribute| one.subject == kind;
        for attribute in self.catalog.attributes.values().filter(own) {
            let short = variable(attribute.name.rsplit('.').next().unwrap_or_default());
            if !self.mentioned.contains(&short) {
                continue;
            }
            let Some(known) = self.image.fact(subject, &attribute.name, self.day) else { continue };
            let value = match (known, &attribute.of) {
                (Known::Subject(named), Some(of)) if depth > 0 => self.subject(of, named, depth - 1),
                (Known::Subject(SubjectId(n)), _) => Value::Int(i64::from(n)),
                (Known::Flag(flag), _) => Value::Bool(flag),
                (Known::Int(n) | Known::Fen(Fen(n)), _) => Value::Int(n),
                (Known::Day(day), _) => Value::Int(i64::from(day.0)),
                (Known::Text(text), _) => Value::String(Arc::new(text.to_string())),
                (Known::Region(_) | Known::Sealed(_), _) => Value::Bool(true),
            };
            fields.insert(short, value);
        }
        let received = Received::new(self.image, self.day).of(subject);
        for name in self.catalog.attributes.keys().filter(|name| name.split('.').next() == Some(kind)) {
            if let Some(which) = money::which(name) {
                fields
                    .insert(variable(name.split_once('.').map_or("", |(_, short)| short)), Value::Int(received[which]));
            }
        }
        let back = |one: &&Attribute| one.of.as_deref() == Some(kind);
        for attribute in self.catalog.attributes.values().filter(back).filter(|_| depth > 0) {
            let Some(name) = attribute.back.as_ref().filter(|name| self.mentioned.contains(&variable(name))) else {
                continue;
            };
            let naming = self.image.naming(&attribute.name, subject, self.day);
            let naming = naming.into_iter().map(|one| self.subject(&attribute.subject, one, depth - 1));
            fields.insert(variable(name), Value::List(Arc::new(naming.collect())));
        }
        self.add_lets(kind, &mut fields);
        map(fields)
    }

    /// Named values, until no further one can be computed.
    fn add_lets(&self, kind: &str, fields: &mut HashMap<String, Value>) {
        loop {
            let known = fields.len();
            for (_, name, program) in self.lets.iter().filter(|(about, ..)| *about == kind) {
                if fields.contains_key(name) {
                    continue;
                }
                let mut context = self.base.new_inner_scope();
                context.add_variable_from_value(variable(kind), map(fields.clone()));
                if let Ok(value) = program.execute(&context) {
                    fields.insert(name.clone(), value);
                }
            }
            if fields.len() == known {
                return;
            }
        }
    }
}

fn context(today: Day, parameters: Value) -> Context<'static, 'static> {
    let mut context = Context::default();
    let day = |n: i64| Day(i32::try_from(n).unwrap_or(i32::MAX));
    let mut add = || {
        context.add_function("age", move |born: i64| i64::from(Day::age_years(day(born), today)))?;
        context.add_function("year", move |n: i64| i64::from(day(n).ymd().0))?;
        context.add_function("month", move |n: i64| i64::from(day(n).ymd().1))?;
        let part = |text: Arc<String>| Part::parse(&text).unwrap_or(Part::Day);
        context.add_function("part_start", move |n: i64, text: Arc<String>| i64::from(part(text).start(day(n)).0))?;
        context.add_function("part_end", move |n: i64, text: Arc<String>| i64::from(part(text).end(day(n)).0))?;
        context.add_function("share", |amount: i64, ratio: i64| share(amount, ratio).unwrap_or(i64::MAX))?;
        context.add_function("min", |a: i64, b: i64| a.min(b))?;
        context.add_function("max", |a: i64, b: i64| a.max(b))?;
        context.add_function("day", |text: Arc<String>| text.parse::<Day>().map_or(0, |day| i64::from(day.0)))?;
        context.add_function("yuan", |amount: Value| match amount {
            Value::Int(yuan) => yuan * 100,
            Value::String(text) => text.parse::<Fen>().map_or(0, |fen| fen.0),
            _ => 0,
        })?;
        context.add_function("sum", |list: Arc<Vec<Value>>| {
            let number = |one: &Value| if let Value::Int(n) = one { *n } else { 0 };
            list.iter().map(number).sum::<i64>()
        })
    };
    add().expect("names of our own");
    context.add_variable_from_value("today", Value::Int(i64::from(today.0)));
    context.add_variable_from_value("parameter", parameters);
    context
}

fn map(fields: HashMap<String, Value>) -> Value {
    Value::Map(fields.into())
}
