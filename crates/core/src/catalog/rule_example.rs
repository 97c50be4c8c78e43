//! Walks the worked examples of rule files.

use super::rule::{Book, RuleExample, RuleFile};
use super::source::{Mistake, Place};
use super::subject::{Attribute, ValueKind};
use super::{Catalog, Nodes};
use crate::access::Judged;
use crate::image::fact::Value;
use crate::row::SubjectId;
use crate::rule::{Run, Told};
use yizhan_kit::{Day, Fen};

/// Every example that does not come out as written.
pub(super) fn walk(catalog: &Catalog) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for file in &catalog.rules.files {
        for example in &file.examples {
            let place = Place { file: format!("rule/{}.toml", file.name), line: example.line };
            mistakes.extend(faults(catalog, file, example).into_iter().map(|what| place.mistake(what, "")));
        }
    }
    mistakes
}

fn faults(catalog: &Catalog, file: &RuleFile, example: &RuleExample) -> Vec<String> {
    let Some(book) = catalog.rules.books.get(&file.about) else { return Vec::new() };
    let mut telling = Telling { catalog, told: Told::default(), next: 1 };
    if let Err(what) = telling.subject(&file.about, &example.facts) {
        return vec![what];
    }
    let told = telling.told;
    let source = told.on(example.on, &book.program, &catalog.attributes, &catalog.parameters);
    let named =
        example.expect.keys().chain(example.amount.keys()).chain(example.state.keys()).chain(example.due.keys());
    let named = named.filter_map(|name| find(book, name));
    let all = named.flat_map(|nodes| nodes.all().chain(nodes.of_duty()).collect::<Vec<_>>());
    let mut run = Run::of(&book.program, &source, &all.collect::<Vec<_>>());
    run.over(&source, &[0]);
    let mut faults = Vec::new();
    for (name, expected) in &example.expect {
        match find(book, name) {
            None => faults.push(format!("no rule `{name}` about {}", file.about)),
            Some(nodes) => {
                let entitlement = nodes.receives.is_some();
                let found = match (run.truths(nodes.when).get(0), run.truths(nodes.asks).get(0)) {
                    (Some(false), _) => "not-judged",
                    (None, _) | (_, None) => "unknown",
                    (_, Some(true)) => {
                        if entitlement {
                            "entitled"
                        } else {
                            "passes"
                        }
                    }
                    (_, Some(false)) => {
                        if entitlement {
                            "not-entitled"
                        } else {
                            "fails"
                        }
                    }
                };
                if found != expected {
                    faults.push(format!("`{name}` is {found}, not {expected}"));
                }
            }
        }
    }
    let subjects = [SubjectId(1)];
    let judged = Judged::told(&subjects, &[None], &run);
    let owed = |name: &str| {
        let (rule, nodes) = book.rules.iter().find(|(rule, _)| rule.name == name)?;
        judged.owed(rule, nodes, 0, example.on)
    };
    for (name, expected) in &example.state {
        let found = owed(name).map_or("not owed", |owed| owed.state.as_str());
        if found != expected.as_str() {
            faults.push(format!("`{name}` is {found}, not {}", expected.as_str()));
        }
    }
    for (name, expected) in &example.due {
        let say = |due: Option<Day>| due.map_or_else(|| "on no known day".to_owned(), |due| format!("on {due}"));
        let found = owed(name).map(|owed| owed.due);
        if found != Some(*expected) {
            let found = found.map_or_else(|| "never".to_owned(), say);
            faults.push(format!("`{name}` is due {found}, not {}", say(*expected)));
        }
    }
    for (name, expected) in &example.amount {
        let found =
            find(book, name).and_then(|nodes| run.numbers(nodes.amount?).get(0)).map(|fen| Fen(fen).to_string());
        if found.as_ref() != Some(expected) {
            faults.push(format!("`{name}` comes to {}, not {expected}", found.as_deref().unwrap_or("nothing")));
        }
    }
    faults
}

fn find(book: &Book, name: &str) -> Option<Nodes> {
    book.rules.iter().find(|(rule, _)| rule.name == name).map(|(_, nodes)| *nodes)
}

struct Telling<'a> {
    catalog: &'a Catalog,
    told: Told,
    next: u32,
}

impl Telling<'_> {
    fn subject(&mut self, kind: &str, facts: &toml::Table) -> Result<SubjectId, String> {
        let id = SubjectId(self.next);
        self.next += 1;
        let slot = self.told.subject(kind, id);
        for (key, value) in facts {
            let full = format!("{kind}.{key}");
            if let Some(attribute) = self.catalog.attributes.get(&full) {
                let value = self.value(attribute, value).map_err(|expected| format!("`{key}`: {expected}"))?;
                self.told.put(slot, attribute, &value);
            } else if self.catalog.rules.lets.contains_key(&full) {
                let number = given(value).ok_or_else(|| format!("`{key}` cannot be given so"))?;
                self.told.give(slot, &full, number);
            } else {
                self.naming(kind, key, id, value)?;
            }
        }
        Ok(id)
    }

    /// Those who name a subject.
    fn naming(&mut self, kind: &str, back: &str, named: SubjectId, value: &toml::Value) -> Result<(), String> {
        let names = |one: &&Attribute| one.of.as_deref() == Some(kind) && one.back.as_deref() == Some(back);
        let catalog = self.catalog;
        let attribute = catalog.attributes.values().find(names);
        let (Some(attribute), toml::Value::Array(list)) = (attribute, value) else {
            return Err(format!("`{kind}` has no `{back}`"));
        };
        for one in list {
            let toml::Value::Table(facts) = one else { return Err(format!("`{back}` is a list of tables")) };
            let id = self.subject(&attribute.subject, facts)?;
            let slot = self.told.subject(&attribute.subject, id);
            self.told.put(slot, attribute, &Value::Subject(named));
        }
        Ok(())
    }

    fn value(&mut self, attribute: &Attribute, value: &toml::Value) -> Result<Value, String> {
        let text = match value {
            toml::Value::Table(facts) => {
                let of = attribute.of.clone().ok_or("names no subject")?;
                return self.subject(&of, facts).map(Value::Subject);
            }
            toml::Value::String(text) => text.clone(),
            toml::Value::Boolean(flag) => flag.to_string(),
            toml::Value::Integer(n) => n.to_string(),
            toml::Value::Datetime(day) => day.to_string(),
            _ => return Err("a text, a whole number, a flag or a day".to_owned()),
        };
        if attribute.kind == ValueKind::Subject {
            return Err("a table: what is known of the one named".to_owned());
        }
        Value::parse(attribute, &text).map_err(|bad| bad.expected)
    }
}

/// A named value as it is given: a flag, a number, a day or an amount in quotes.
fn given(value: &toml::Value) -> Option<i64> {
    match value {
        toml::Value::Boolean(flag) => Some(i64::from(*flag)),
        toml::Value::Integer(n) => Some(*n),
        toml::Value::Datetime(day) => day.to_string().parse::<Day>().ok().map(|day| i64::from(day.0)),
        toml::Value::String(text) => text.parse::<Fen>().ok().map(|fen| fen.0),
        _ => None,
    }
}
