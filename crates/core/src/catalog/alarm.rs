//! Alarms: what must not wait for anybody's list. An alarm is computed from facts and is open until an answer is recorded
//! after the fact that raised it; it is never ticked off.

use super::parameter::Parameter;
use super::service::Who;
use super::source::Words;
use super::subject::Attribute;
use crate::image::fact::Value;
use std::collections::BTreeMap;
use yizhan_kit::Day;

/// Something that raises an alarm.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alarm {
    /// Its name within the service.
    pub name: String,
    /// What officers read.
    pub title: Words,
    /// What is to be done at once.
    pub next: Words,
    /// What whoever holds the receipt reads meanwhile.
    pub holder: Option<Words>,
    /// Which facts raise it: any of them.
    pub when: Vec<Condition>,
    /// Who is told at once, beside everybody who sees the case.
    pub raised_to: Vec<Who>,
    /// The attribute whose fact, recorded later, answers it.
    pub answered_by: String,
    /// Worked examples.
    pub examples: Vec<AlarmExample>,
}

/// A fact that raises an alarm.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Condition {
    /// The attribute.
    pub attribute: String,
    /// What its value must be.
    pub test: Test,
}

/// What a value must be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Test {
    /// At least the value of a parameter on the day the fact is true.
    AtLeast(String),
    /// This code.
    Is(String),
}

impl Condition {
    /// Whether a value, true on a day, raises the alarm. Without a parameter in force nothing does.
    pub fn is_met(
        &self,
        value: &Value,
        day: Day,
        attribute: &Attribute,
        parameters: &BTreeMap<String, Parameter>,
    ) -> bool {
        match &self.test {
            Test::Is(code) => matches!(value, Value::Text(text) if **text == **code),
            Test::AtLeast(name) => {
                let least = parameters.get(name).and_then(|parameter| parameter.at(day));
                let least = least.and_then(|least| Value::parse(attribute, &least.value).ok());
                match (value, least) {
                    (Value::Int(value), Some(Value::Int(least))) => *value >= least,
                    (Value::Fen(value), Some(Value::Fen(least))) => *value >= least,
                    _ => false,
                }
            }
        }
    }
}

/// A worked example of an alarm.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlarmExample {
    /// The attribute of the fact.
    pub attribute: String,
    /// Its value, as text.
    pub value: String,
    /// The day it is true.
    pub on: Day,
    /// Whether it raises the alarm.
    pub raises: Raises,
    /// Where it is written.
    pub line: usize,
}

/// Whether an example raises its alarm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Raises {
    /// It does.
    Alarm,
    /// It does not.
    Nothing,
}

impl AlarmExample {
    /// What does not come out as the example says; absent when all does.
    pub fn fault(
        &self,
        alarm: &Alarm,
        attributes: &BTreeMap<String, Attribute>,
        parameters: &BTreeMap<String, Parameter>,
    ) -> Option<String> {
        let Some(attribute) = attributes.get(&self.attribute) else {
            return Some(format!("no attribute `{}`", self.attribute));
        };
        let Ok(value) = Value::parse(attribute, &self.value) else {
            return Some(format!("`{}` cannot be `{}`", self.attribute, self.value));
        };
        let of_it = alarm.when.iter().filter(|condition| condition.attribute == self.attribute);
        let raised = of_it.into_iter().any(|condition| condition.is_met(&value, self.on, attribute, parameters));
        let said = self.raises == Raises::Alarm;
        (raised != said).then(|| {
            let (is, ought) = if raised { ("raises", "nothing") } else { ("raises nothing, not", "an alarm") };
            format!("alarm `{}`: `{}` of {} {is} {ought}", alarm.name, self.attribute, self.value)
        })
    }
}
