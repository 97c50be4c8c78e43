//! Forms drawn from their schema, and answers read back from what a browser sends.

use crate::case::view::words;
use serde_json::{Map, Value, json};
use yizhan_core::catalog::{Form, Level, Regions};
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Lang};

/// A field as the page draws it.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// The pointer of its answer, which is also its name in the form: `/destination/region`.
    pub pointer: String,
    /// What is asked.
    pub title: String,
    /// Whether an answer is needed.
    pub required: bool,
    /// How it is drawn.
    pub control: Control,
    /// The answer given before, or the first of several.
    pub value: String,
    /// All of several answers.
    pub values: Vec<String>,
    /// What was wrong with it.
    pub fault: Option<String>,
}

/// How a field is drawn.
#[derive(Debug, PartialEq, Eq)]
pub enum Control {
    /// A heading over the fields that follow.
    Group,
    /// The end of a group: what follows belongs to the whole again.
    Apart,
    /// What follows need not be looked at: it is folded away under its title, unless it was filled in.
    Fold,
    /// The end of what is folded away.
    Unfold,
    /// One line of text; with what a phone's keyboard should offer.
    Text {
        /// `text`, `tel`, `date` or `number`.
        kind: &'static str,
        /// The most characters.
        max: u64,
        /// `numeric`, `decimal` or `text`.
        keyboard: &'static str,
    },
    /// A place of the country, written; with the most characters. A script helps to find it.
    Place(u64),
    /// One of several, each with its value and title.
    Choice(Vec<(String, String)>),
    /// Any of several.
    Several(Vec<(String, String)>),
    /// Yes or no.
    Check,
    /// A village, grouped by township.
    Region(Vec<(String, Vec<(String, String)>)>),
    /// Sent without being asked.
    Hidden,
}

/// How many people have room on a page; more are declared from the receipt.
const PEOPLE: usize = 3;

/// What a browser sent: names and values, in order.
pub type Sent = Vec<(String, String)>;

/// The fields of a form, with the answers and faults of an earlier try.
pub fn fields(
    form: &Form,
    regions: &Regions,
    today: Day,
    lang: Lang,
    sent: &Sent,
    faults: &[(String, String)],
) -> Vec<Field> {
    let mut drawing = Drawing { regions, today, lang, sent, faults, fields: Vec::new() };
    drawing.object(&form.schema, "");
    drawing.fields
}

struct Drawing<'a> {
    regions: &'a Regions,
    today: Day,
    lang: Lang,
    sent: &'a Sent,
    faults: &'a [(String, String)],
    fields: Vec<Field>,
}

impl Drawing<'_> {
    fn object(&mut self, schema: &Value, at: &str) {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let Some(properties) = schema["properties"].as_object() else { return };
        let mut grouped = false;
        for (name, property) in properties {
            let pointer = format!("{at}/{name}");
            let title = title(property, self.lang);
            if grouped && property["type"] != "object" && property["x-control"] != "hidden" {
                self.fields.push(self.field("", String::new(), false, Control::Apart));
                grouped = false;
            }
            let needed = required.iter().any(|other| other == name);
            if property["x-each"].is_object() {
                self.people(property, &pointer, title);
                grouped = false;
                continue;
            }
            if property["type"] == "object" && property["x-control"] == "hidden" {
                self.kept(&pointer);
                continue;
            }
            if property["type"] == "object" {
                self.fields.push(self.field(&pointer, title, needed, Control::Group));
                self.object(property, &pointer);
                grouped = true;
                continue;
            }
            let control = self.control(property);
            let mut field = self.field(&pointer, title, needed, control);
            if field.values.is_empty() && field.control == Control::Hidden {
                field.value = property["default"].as_str().unwrap_or_default().to_owned();
            }
            self.fields.push(field);
        }
    }

    /// What is not asked for and was answered before goes along.
    fn kept(&mut self, pointer: &str) {
        let below = format!("{pointer}/");
        let given = self.sent.iter().filter(|(name, value)| name.starts_with(&below) && !value.is_empty());
        for (name, _) in given {
            self.fields.push(self.field(name, String::new(), false, Control::Hidden));
        }
    }

    /// Room for a few people, folded away as long as nobody is named.
    fn people(&mut self, property: &Value, pointer: &str, title: String) {
        let named = self.sent.iter().any(|(name, value)| name.starts_with(&format!("{pointer}/")) && !value.is_empty());
        let mut fold = self.field(pointer, title, false, Control::Fold);
        fold.value = if named { "open".into() } else { String::new() };
        self.fields.push(fold);
        for n in 0..PEOPLE {
            let own = format!("{pointer}/{n}");
            let one = self::title(&property["items"], self.lang);
            self.fields.push(self.field(&own, format!("{one} {}", n + 1), false, Control::Group));
            let from = self.fields.len();
            self.object(&property["items"], &own);
            // Nobody need be named; who is named is named whole, which the form says when it is sent.
            self.fields[from..].iter_mut().for_each(|field| field.required = false);
        }
        self.fields.push(self.field("", String::new(), false, Control::Unfold));
    }

    fn field(&self, pointer: &str, title: String, required: bool, control: Control) -> Field {
        let given = self.sent.iter().filter(|(name, _)| name == pointer);
        let values: Vec<String> = given.map(|(_, value)| value.clone()).collect();
        let value = values.first().cloned().unwrap_or_default();
        let fault = self.faults.iter().find(|(at, _)| at == pointer).map(|(_, what)| what.clone());
        Field { pointer: pointer.to_owned(), title, required, control, value, values, fault }
    }

    fn control(&self, property: &Value) -> Control {
        if property["x-control"] == "hidden" {
            return Control::Hidden;
        }
        if property["x-control"] == "place" {
            return Control::Place(property["maxLength"].as_u64().unwrap_or(100));
        }
        if property["x-control"] == "region" {
            return Control::Region(self.villages(property["x-wider"].as_bool().unwrap_or_default()));
        }
        if let Some(options) = options(property, self.lang) {
            return Control::Choice(options);
        }
        match property["type"].as_str() {
            Some("boolean") => Control::Check,
            Some("array") => Control::Several(options(&property["items"], self.lang).unwrap_or_default()),
            Some("integer") => Control::Text { kind: "number", max: 10, keyboard: "numeric" },
            _ => {
                let max = property["maxLength"].as_u64().unwrap_or(200);
                let (kind, keyboard) = match (property["format"].as_str(), property["pattern"].as_str()) {
                    (Some("date"), _) => ("date", "text"),
                    (_, Some(pattern)) if pattern.starts_with("^1[3-9]") => ("tel", "tel"),
                    (_, Some(pattern)) if pattern.starts_with("^(3") => ("text", "decimal"),
                    _ => ("text", "text"),
                };
                Control::Text { kind, max, keyboard }
            }
        }
    }

    /// Villages by township; with the township itself, for whoever does not know which village, where a form takes that.
    fn villages(&self, wider: bool) -> Vec<(String, Vec<(String, String)>)> {
        let named = |code: RegionCode| {
            let region = self.regions.get_on(code, self.today);
            region.map(|region| (code.to_string(), words(&region.name, self.lang).to_owned()))
        };
        let townships =
            self.regions.all().filter(|region| region.level == Level::Township && region.holds_on(self.today));
        townships
            .map(|township| {
                let villages = self.regions.children(township.code).filter_map(|village| named(village.code));
                let name = words(&township.name, self.lang).to_owned();
                let unknown =
                    if self.lang == Lang::Zh { "不清楚是哪个村" } else { "I do not know which village" };
                let whole = wider.then(|| (township.code.to_string(), format!("{name} · {unknown}")));
                (name, villages.chain(whole).collect())
            })
            .collect()
    }
}

fn title(property: &Value, lang: Lang) -> String {
    let zh = property["title"].as_str().unwrap_or_default();
    match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => property["x-title-en"].as_str().unwrap_or(zh).to_owned(),
    }
}

fn options(property: &Value, lang: Lang) -> Option<Vec<(String, String)>> {
    let values = property["enum"].as_array()?;
    let titles = property["x-enum-titles"].as_array();
    let option = |(place, value): (usize, &Value)| {
        let text = value.as_str().unwrap_or_default().to_owned();
        let titled = titles
            .and_then(|titles| titles.get(place))
            .and_then(|title| title[if lang == Lang::Zh { "zh" } else { "en" }].as_str().map(str::to_owned));
        (text.clone(), titled.unwrap_or(text))
    };
    Some(values.iter().enumerate().map(option).collect())
}

/// The answers that a browser's names and values stand for, by the form's types. What was left empty is left out; a box
/// that was not ticked is `false`.
pub fn answers(form: &Form, sent: &Sent) -> Value {
    object(&form.schema, "", sent)
}

fn object(schema: &Value, at: &str, sent: &Sent) -> Value {
    let mut answers = Map::new();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let pointer = format!("{at}/{name}");
        let given = sent.iter().find(|(name, _)| *name == pointer).map(|(_, value)| value.trim());
        let answer = match property["type"].as_str() {
            Some("object") if property["x-control"] == "hidden" => {
                let inner = object(property, &pointer, sent);
                inner.as_object().is_some_and(|inner| !inner.is_empty()).then_some(inner)
            }
            Some("object") => {
                let inner = object(property, &pointer, sent);
                // What is sent without being asked says nothing where nothing else was said.
                let hidden = |name: &String| property["properties"][name]["x-control"] == "hidden";
                let silent = inner.as_object().is_some_and(|inner| !inner.is_empty() && inner.keys().all(hidden));
                (!silent).then_some(inner)
            }
            Some("boolean") => Some(json!(given.is_some_and(|value| value == "true"))),
            Some("integer") => given
                .filter(|value| !value.is_empty())
                .map(|value| value.parse::<i64>().map_or_else(|_| json!(value), |n| json!(n))),
            Some("array") if property["items"]["type"] == "object" => people(&property["items"], &pointer, sent),
            Some("array") => {
                let chosen = sent.iter().filter(|(name, _)| *name == pointer).map(|(_, value)| json!(value));
                Some(Value::Array(chosen.collect()))
            }
            _ => given.filter(|value| !value.is_empty()).map(|value| json!(value)),
        };
        if let Some(answer) = answer {
            answers.insert(name.clone(), answer);
        }
    }
    Value::Object(answers)
}

/// The people who were named; none when nobody was. Rows that were left empty between others are left out.
fn people(item: &Value, at: &str, sent: &Sent) -> Option<Value> {
    let each = (0..PEOPLE).map(|n| object(item, &format!("{at}/{n}"), sent));
    let named: Vec<Value> = each.filter(|one| one.as_object().is_some_and(|one| !one.is_empty())).collect();
    (!named.is_empty()).then_some(Value::Array(named))
}

/// What a browser would have sent for these answers.
pub fn sent_from(answers: &Value) -> Sent {
    let mut sent = Sent::new();
    flatten(answers, "", &mut sent);
    sent
}

fn flatten(answer: &Value, at: &str, into: &mut Sent) {
    match answer {
        Value::Object(fields) => fields.iter().for_each(|(name, field)| flatten(field, &format!("{at}/{name}"), into)),
        Value::Array(items) => items.iter().enumerate().for_each(|(n, item)| match item {
            Value::Object(_) => flatten(item, &format!("{at}/{n}"), into),
            _ => flatten(item, at, into),
        }),
        Value::Null => {}
        Value::String(text) => into.push((at.to_owned(), text.clone())),
        other => into.push((at.to_owned(), other.to_string())),
    }
}

/// Reads `application/x-www-form-urlencoded`.
pub fn decode(body: &[u8]) -> Sent {
    form_urlencoded::parse(body).into_owned().collect()
}
