//! Forms: JSON Schemas, compiled once, formats asserted.

use super::Mistake;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

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

    /// Judges answers. A missing or surplus answer is named by its own pointer; no answer is repeated in a message.
    ///
    /// # Errors
    /// Every fault as pointer and message, ordered by pointer.
    pub fn check(&self, answers: &Value) -> Result<(), Vec<(String, String)>> {
        if self.validator.is_valid(answers) {
            return Ok(());
        }
        let mut faults = Vec::new();
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
