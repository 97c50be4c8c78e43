//! Forms: JSON Schemas, compiled once, formats asserted.

use super::Mistake;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, Validator};
use serde_json::Value;
use yizhan_kit::Day;
use yizhan_kit::codes::CitizenNumber;

/// What a form's schema may say beyond JSON Schema 2020-12; anything else that begins with `x-` is a mistake.
///
/// - `x-title-en`, `x-enum-titles`: a title in English; a title in both languages for each code.
/// - `x-fault`: what is said, in both languages, when the answer does not fit.
/// - `x-control`: `region` draws the villages, `place` helps to name a place of the country, `members` offers the people of
///   the household that is asked about, `subject` lets a subject be looked for, `hidden` is sent without being asked, `position` is where
///   one is, `latitude,longitude` as a phone says it.
/// - `x-of`: beside the number of a subject, of which kinds it is; `x-among`: which other answer it belongs to.
/// - `x-wider`: beside a region, whether a township or the district may be named too.
/// - `x-within-days`: beside a day, the first and last day that fit, counted from today.
/// - `x-guardian`: beside a citizen number, below how many years a guardian must be named, and where.
/// - `x-shared`: what companions on one journey have in common.
/// - `x-each`: beside a list of people, that each of them is a case of their own, with what is shared, `copied` or
///   `presumed`.
/// - `x-posted`: that the answer is shown on the board of notices, because it is about no person: a project's name.
/// - `x-secret`: that the answer is the person's own: it is never shown to an agent who helps to fill the form in.
/// - `x-points`: beside an answer with codes, how many points each is worth; `x-score`: beside a number, that it is what
///   the points of the answers come to, and is never typed.
/// - `x-heading`: what else a column of a table may be called that holds the answer.
const MARKS: [&str; 16] = [
    "x-title-en",
    "x-enum-titles",
    "x-fault",
    "x-control",
    "x-of",
    "x-among",
    "x-wider",
    "x-within-days",
    "x-guardian",
    "x-shared",
    "x-each",
    "x-posted",
    "x-secret",
    "x-points",
    "x-score",
    "x-heading",
];

/// A form that people fill in.
#[derive(Debug)]
pub struct Form {
    /// The schema's path in the catalog.
    pub path: String,
    /// The schema, as screens draw it.
    pub schema: Value,
    /// The schema, compiled.
    pub validator: Validator,
}

impl Form {
    /// Reads and compiles a schema.
    ///
    /// # Errors
    /// A mistake with the line where JSON or schema goes wrong; for a schema it is the line of the offending key.
    pub fn read(path: &str, text: &str) -> Result<Self, Mistake> {
        let mistake =
            |line, what, expected: &str| Mistake { file: path.to_owned(), line, what, expected: expected.to_owned() };
        let schema: Value = serde_json::from_str(text)
            .map_err(|error| mistake(error.line(), format!("not JSON: {error}"), "a JSON Schema"))?;
        if schema.get("type").and_then(Value::as_str) != Some("object") {
            return Err(mistake(1, "the form is not an object".into(), "\"type\": \"object\" at the top"));
        }
        if let Some(mark) = unknown_mark(&schema) {
            let line = text.find(&format!("\"{mark}\"")).map_or(1, |at| text[..at].matches('\n').count() + 1);
            return Err(mistake(line, format!("no mark `{mark}`"), &MARKS.join(", ")));
        }
        let built = jsonschema::options()
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false)
            .with_pattern_options(PatternOptions::regex())
            .build(&schema);
        match built {
            Ok(validator) => Ok(Self { path: path.to_owned(), schema, validator }),
            Err(error) => {
                let pointer = error.instance_path().to_string();
                Err(mistake(
                    line_of(text, &pointer),
                    format!("not a JSON Schema at `{pointer}`: {error}"),
                    "a valid schema",
                ))
            }
        }
    }

    /// Judges answers, and what they come to where points are counted. A missing or surplus answer is named by its own pointer; no answer is repeated in a message.
    ///
    /// # Errors
    /// Every fault as pointer and message, ordered by pointer.
    pub fn check(&self, answers: &Value) -> Result<(), Vec<(String, String)>> {
        let mut faults = Vec::new();
        self.look_for_points(answers, &mut faults);
        if faults.is_empty() && self.validator.is_valid(answers) {
            return Ok(());
        }
        for error in self.validator.iter_errors(answers) {
            let at = error.instance_path().to_string();
            match error.kind() {
                ValidationErrorKind::Required { property } => {
                    let name = property.as_str().unwrap_or_default();
                    faults.push((format!("{at}/{}", escaped(name)), "is required".to_owned()));
                }
                ValidationErrorKind::AdditionalProperties { unexpected } => {
                    let unknown = |name: &String| (format!("{at}/{}", escaped(name)), "is not asked for".to_owned());
                    faults.extend(unexpected.iter().map(unknown));
                }
                _ => faults.push((at, error.masked().to_string())),
            }
        }
        faults.sort();
        faults.dedup();
        Err(faults)
    }

    /// As [`Form::check`], and what a schema cannot say: that a text is not blank and holds no signs that cannot be seen,
    /// that a day lies within `x-within-days` of the day on which it is answered.
    ///
    /// # Errors
    /// As for [`Form::check`].
    pub fn check_on(&self, answers: &Value, today: Day) -> Result<(), Vec<(String, String)>> {
        let mut faults = self.check(answers).err().unwrap_or_default();
        self.look_at(answers, "", today, &mut faults);
        self.look_for_guardian(answers, today, &mut faults);
        if faults.is_empty() {
            return Ok(());
        }
        faults.sort();
        faults.dedup_by(|(one, _), (other, _)| one == other);
        Err(faults)
    }

    /// What companions on one journey have in common, out of what one of them answered: the properties marked `x-shared`.
    /// Empty for a form that knows no companions.
    pub fn shared(&self, answers: &Value) -> Value {
        let marked = self.schema["properties"].as_object().into_iter().flatten();
        let marked = marked.filter(|(_, property)| property["x-shared"] == true);
        marked.filter_map(|(name, _)| Some((name.clone(), answers.get(name)?.clone()))).collect()
    }

    /// The name of the list of people of whom each is a case of their own, where the form has one.
    pub fn each(&self) -> Option<&str> {
        let mut properties = self.schema["properties"].as_object().into_iter().flatten();
        properties.find(|(_, property)| property["x-each"].is_object()).map(|(name, _)| name.as_str())
    }

    /// What each of the people whom answers name is declared with: what is shared, what `x-each` copies or presumes, and
    /// what is said of themselves. A child's guardian is whoever declares.
    pub fn companions(&self, answers: &Value, people: &Value, today: Day) -> Vec<Value> {
        let Some(list) = self.each() else { return Vec::new() };
        let rule = &self.schema["properties"][list]["x-each"];
        let each = people.as_array().into_iter().flatten();
        each.map(|person| {
            let mut own = self.shared(answers);
            for name in rule["copied"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                own[name] = answers[name].clone();
            }
            let said = rule["presumed"].as_object().into_iter().chain(person.as_object()).flatten();
            said.for_each(|(name, answer)| own[name] = answer.clone());
            let mut faults = Vec::new();
            self.look_for_guardian(&own, today, &mut faults);
            if !faults.is_empty() {
                own["guardian"] = serde_json::json!({"name": answers["name"], "relation": "同行人"});
                if let Some(version) = self.at("/guardian/notice_version").map(|property| &property["const"]) {
                    own["guardian"]["notice_version"] = version.clone();
                }
            }
            own
        })
        .collect()
    }

    /// What answers say on the board of notices, each under its title in both languages: the properties marked `x-posted`.
    pub fn posted<'a>(&'a self, answers: &'a Value) -> impl Iterator<Item = ([&'a str; 2], &'a str)> {
        let marked = self.schema["properties"].as_object().into_iter().flatten();
        let marked = marked.filter(|(_, property)| property["x-posted"] == true);
        let title = |property: &'a Value| ["title", "x-title-en"].map(|key| property[key].as_str().unwrap_or_default());
        marked.filter_map(move |(name, property)| Some((title(property), answers.get(name)?.as_str()?)))
    }

    /// Fills in what the points of answers come to, where the form counts them; whether it does.
    pub fn count_points(&self, answers: &mut Value) -> bool {
        let Some((name, points)) = self.points(answers) else { return false };
        if let Some(answers) = answers.as_object_mut() {
            answers.entry(name).or_insert(points.into());
        }
        true
    }

    /// The answer that is counted, and what it comes to.
    fn points(&self, answers: &Value) -> Option<(&str, i64)> {
        let properties = self.schema["properties"].as_object()?;
        let (name, _) = properties.iter().find(|(_, property)| property["x-score"] == true)?;
        let worth = |(name, property): (&String, &Value)| property["x-points"][answers[name].as_str()?].as_i64();
        Some((name, properties.iter().filter_map(worth).sum()))
    }

    /// What is counted is not typed.
    fn look_for_points(&self, answers: &Value, faults: &mut Vec<(String, String)>) {
        if let Some((name, points)) = self.points(answers)
            && answers.get(name).is_some_and(|typed| *typed != points)
        {
            faults.push((format!("/{}", escaped(name)), format!("is counted from the answers: {points}")));
        }
    }

    /// Whether companions may be declared from one another.
    pub fn knows_companions(&self) -> bool {
        self.at("/with").is_some()
    }

    /// A child is declared by a guardian: `x-guardian` beside the citizen number says below how many years, and where the
    /// guardian is named.
    fn look_for_guardian(&self, answers: &Value, today: Day, faults: &mut Vec<(String, String)>) {
        for (name, property) in self.schema["properties"].as_object().into_iter().flatten() {
            let rule = &property["x-guardian"];
            let (Some(years), Some(at)) = (rule["below_years"].as_i64(), rule["at"].as_str()) else { continue };
            let number = answers[name].as_str().and_then(|text| text.parse::<CitizenNumber>().ok());
            let child = number.is_some_and(|number| i64::from(Day::age_years(number.birth(), today)) < years);
            let named = answers.pointer(at).and_then(Value::as_str).is_some_and(|name| !name.trim().is_empty());
            if child && !named {
                faults.push((at.to_owned(), format!("a guardian declares a child under {years}")));
            }
        }
    }

    fn look_at(&self, answer: &Value, at: &str, today: Day, faults: &mut Vec<(String, String)>) {
        let mut fault = |what: String| faults.push((at.to_owned(), what));
        match answer {
            Value::Object(fields) => {
                let each = fields.iter();
                each.for_each(|(name, field)| self.look_at(field, &format!("{at}/{}", escaped(name)), today, faults));
            }
            Value::Array(items) => {
                let each = items.iter().enumerate();
                each.for_each(|(n, item)| self.look_at(item, &format!("{at}/{n}"), today, faults));
            }
            Value::String(text) if text.chars().any(is_unseen) => fault("holds signs that cannot be seen".into()),
            Value::String(text) if !text.is_empty() && text.trim().is_empty() => fault("is blank".into()),
            Value::String(text) => {
                let within = self.at(at).map(|property| &property["x-within-days"]);
                let days = |name: &str| within.and_then(|within| within[name].as_i64()).map(i32::try_from);
                let (Some(Ok(from)), Some(Ok(to))) = (days("from"), days("to")) else { return };
                let (first, last) = (today.plus(from), today.plus(to));
                // A day of a year that the calendar does not know, 9999, is outside too.
                if !text.parse::<Day>().is_ok_and(|day| first <= day && day <= last) {
                    fault(format!("is not between {first} and {last}"));
                }
            }
            _ => {}
        }
    }

    /// The part of the schema that describes what a pointer into the answers names, `/destination/region`.
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        let mut here = self.resolved(&self.schema)?;
        for part in pointer.strip_prefix('/')?.split('/') {
            let part = part.replace("~1", "/").replace("~0", "~");
            let next = match here.get("properties").and_then(|properties| properties.get(&part)) {
                Some(property) => property,
                None => here.get("items").filter(|_| part.parse::<usize>().is_ok())?,
            };
            here = self.resolved(next)?;
        }
        Some(here)
    }

    fn resolved<'a>(&'a self, schema: &'a Value) -> Option<&'a Value> {
        match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => self.schema.pointer(reference.strip_prefix('#')?),
            None => Some(schema),
        }
    }
}

/// The first mark that nobody reads: a slip of the pen that would otherwise do nothing.
fn unknown_mark(schema: &Value) -> Option<&str> {
    match schema {
        Value::Object(fields) => fields.iter().find_map(|(name, field)| {
            let unknown = name.starts_with("x-") && !MARKS.contains(&name.as_str());
            if unknown { Some(name.as_str()) } else { unknown_mark(field) }
        }),
        Value::Array(items) => items.iter().find_map(unknown_mark),
        _ => None,
    }
}

/// Whether a character is there without being seen: controls, and marks that turn the direction of what is read.
pub fn is_unseen(c: char) -> bool {
    let direction =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    direction || (c.is_control() && !matches!(c, '\n' | '\t'))
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The line of the key a pointer ends at: each of its parts is looked for after the one before.
fn line_of(text: &str, pointer: &str) -> usize {
    let mut position = 0;
    for part in pointer.split('/').skip(1) {
        if let Some(found) = text[position..].find(&format!("\"{part}\"")) {
            position += found + 1;
        }
    }
    text[..position].matches('\n').count() + 1
}
