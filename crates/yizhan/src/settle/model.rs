//! What a line holds: a bill's fields as they came, or the number of a line to cancel.

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// The fields of a bill, in the order in which they are told.
pub const FIELDS: [&str; 10] =
    ["person", "category", "kind", "level", "admitted", "discharged", "total", "own_pay", "over_limit", "first_pay"];

/// A line as it came: what is missing is absent.
#[derive(Default, Debug)]
pub struct Row {
    /// By place in [`FIELDS`].
    pub fields: [Option<Value>; FIELDS.len()],
    /// The line that it cancels.
    pub cancel: Option<Value>,
}

impl Row {
    /// A field by name.
    pub fn field(&self, name: &str) -> Option<&Value> {
        let place = FIELDS.iter().position(|field| *field == name)?;
        self.fields[place].as_ref()
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Row;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a bill or a cancellation")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
                let mut row = Row::default();
                while let Some(Name(name)) = map.next_key()? {
                    let place = FIELDS.iter().position(|field| *field == name);
                    let slot = match place {
                        Some(place) => &mut row.fields[place],
                        None if name == "cancel" => &mut row.cancel,
                        // Hospitals send more than is read here. A list or an object of a name that nobody knows is another
                        // kind of document, and refused.
                        None => match map.next_value()? {
                            Value::Array(_) | Value::Object(_) => {
                                return Err(Error::custom(format!("`{name}` is no field of a bill")));
                            }
                            _ => continue,
                        },
                    };
                    if slot.is_some() {
                        map.next_value::<IgnoredAny>()?;
                        return Err(Error::custom(format!("`{name}` stands twice")));
                    }
                    *slot = Some(map.next_value()?);
                }
                Ok(row)
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// A field's name, borrowed from the line where it has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }
        deserializer.deserialize_str(Text).map(Name)
    }
}
