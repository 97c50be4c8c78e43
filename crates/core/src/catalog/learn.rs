//! What the register learns when a step is signed: facts about subjects that the application names, and subjects that are
//! added. Pointers go into the answers of the application, overlaid with those of the step; `/rows/*/person` is the person of
//! each row, and what else such a fact says stands in the same row.

use super::check::Claim;
use super::form::Form;
use super::service_file::Outward;
use super::source::Sheet;
use super::subject::ValueKind;
use serde::Deserialize;
use toml::Spanned;

/// A subject that is added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Added {
    /// How other facts of the step call it.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Where its name, its citizen number and its mobile number stand, of a person.
    pub identity: Option<[String; 3]>,
}

/// Whom a fact is about, or whom it names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Whom {
    /// The subject whose number stands at a pointer, or each of a list of them.
    Named(String),
    /// A subject that is added.
    Added(String),
    /// The case itself: `case`.
    Case,
    /// The subject that a fact of the case names, so that a later step speaks of whom an earlier one added:
    /// `industry-project.project`.
    Recalled(String),
    /// The subject that a fact of another names: `/contract contract.right`.
    Of {
        /// The other: a pointer, or an attribute of the case.
        whom: Box<Whom>,
        /// The attribute.
        attribute: String,
    },
}

/// What a fact says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Says {
    /// What stands at a pointer.
    Answer(String),
    /// Always this.
    Constant(String),
    /// A subject.
    Subject(Whom),
    /// The day on which the step is signed.
    Day,
    /// Nothing any more.
    Nothing,
}

/// A fact that the register learns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Learned {
    /// Whom it is about.
    pub of: Whom,
    /// The attribute's full name.
    pub attribute: String,
    /// What it says.
    pub says: Says,
    /// Only if this pointer holds this text.
    pub when: Option<(String, String)>,
    /// The pointer to the period in which alone it holds, `2021-01`; without, it holds from the day of signing on.
    pub during: Option<String>,
}

impl Learned {
    /// The pointer to the list whose rows it goes through, if it goes through one.
    pub fn list(&self) -> Option<&str> {
        match &self.of {
            Whom::Named(pointer) => pointer.split_once(EACH).map(|(list, _)| list),
            _ => None,
        }
    }

    /// What it says of one row.
    #[must_use]
    pub fn of_row(&self, n: usize) -> Self {
        let placed = |pointer: &String| pointer.replacen(EACH, &format!("/{n}/"), 1);
        let whom = |whom: &Whom| match whom {
            Whom::Named(pointer) => Whom::Named(placed(pointer)),
            other => other.clone(),
        };
        let says = match &self.says {
            Says::Answer(pointer) => Says::Answer(placed(pointer)),
            Says::Subject(other) => Says::Subject(whom(other)),
            other => other.clone(),
        };
        let when = self.when.as_ref().map(|(at, is)| (placed(at), is.clone()));
        let during = self.during.as_ref().map(placed);
        Self { of: whom(&self.of), attribute: self.attribute.clone(), says, when, during }
    }
}

/// What stands for each row of a list in a pointer.
const EACH: &str = "/*/";

/// Everything that the register learns by a step.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Learning {
    /// Who is added.
    pub adds: Vec<Added>,
    /// What becomes known.
    pub facts: Vec<Learned>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AddShape {
    name: Spanned<String>,
    kind: String,
    identity: Option<IdentityShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IdentityShape {
    name: Spanned<String>,
    citizen_number: Spanned<String>,
    mobile: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LearnShape {
    of: Spanned<String>,
    attribute: Spanned<String>,
    from: Option<Spanned<String>>,
    constant: Option<String>,
    subject: Option<Spanned<String>>,
    #[serde(default)]
    day: bool,
    #[serde(default)]
    ends: bool,
    when: Option<WhenShape>,
    during: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhenShape {
    at: Spanned<String>,
    is: String,
}

pub(super) fn read(
    sheet: &mut Sheet<'_>,
    out: &mut Outward<'_>,
    forms: [Option<&Form>; 2],
    adds: Vec<AddShape>,
    rows: Vec<LearnShape>,
) -> Learning {
    let mut learning = Learning::default();
    let point = |sheet: &mut Sheet<'_>, pointer: &Spanned<String>| {
        let first = pointer.get_ref().replacen(EACH, "/0/", 1);
        let known = forms.into_iter().flatten().any(|form| form.at(&first).is_some());
        if !known {
            let what = format!("no form of this step has anything at `{}`", pointer.get_ref());
            sheet.fault(&pointer.span(), what, "a pointer to a property of the application or of the step's form");
        }
    };
    for row in adds {
        let identity = row.identity.map(|identity| {
            let mobile = identity.mobile.map(|mobile| {
                point(sheet, &mobile);
                mobile.into_inner()
            });
            point(sheet, &identity.name);
            point(sheet, &identity.citizen_number);
            [identity.name.into_inner(), identity.citizen_number.into_inner(), mobile.unwrap_or_default()]
        });
        learning.adds.push(Added { name: row.name.into_inner(), kind: row.kind, identity });
    }
    let names: Vec<String> = learning.adds.iter().map(|added| added.name.clone()).collect();
    let mut claims = Vec::new();
    let mut whom = |sheet: &mut Sheet<'_>, text: &Spanned<String>| {
        let (span, said) = (text.span(), text.get_ref().as_str());
        let (first, attribute) = said.split_once(' ').map_or((said, None), |(first, rest)| (first, Some(rest.trim())));
        let mut claim = |attribute: &str| {
            let (place, by, attribute) = (sheet.place(&span), sheet.stem.to_owned(), attribute.to_owned());
            claims.push(Claim::OfKind { place, by, attribute, kind: ValueKind::Subject });
        };
        if let Some(attribute) = attribute {
            claim(attribute);
        }
        let whom = if first.starts_with('/') {
            point(sheet, &Spanned::new(span, first.to_owned()));
            Whom::Named(first.to_owned())
        } else if first.contains('.') {
            claim(first);
            Whom::Recalled(first.to_owned())
        } else if first == "case" {
            Whom::Case
        } else {
            if !names.iter().any(|name| name == first) {
                let expected = "a pointer, the name of somebody in `adds`, `case`, or an attribute of the case";
                sheet.fault(&span, format!("nobody is added as `{first}`"), expected);
            }
            Whom::Added(first.to_owned())
        };
        match attribute {
            Some(attribute) => Whom::Of { whom: Box::new(whom), attribute: attribute.to_owned() },
            None => whom,
        }
    };
    for row in rows {
        let span = row.attribute.span();
        let says = match (&row.from, row.constant, &row.subject, row.day, row.ends) {
            (Some(pointer), None, None, false, false) => {
                point(sheet, pointer);
                Says::Answer(pointer.get_ref().clone())
            }
            (None, Some(text), None, false, false) => Says::Constant(text),
            (None, None, Some(subject), false, false) => Says::Subject(whom(sheet, subject)),
            (None, None, None, true, false) => Says::Day,
            (None, None, None, false, true) => Says::Nothing,
            _ => {
                let expected = "one of `from`, `constant`, `subject`, `day = true`, `ends = true`";
                sheet.fault(&span, format!("`{}` has no single value", row.attribute.get_ref()), expected);
                continue;
            }
        };
        let (at, during) = (row.when.as_ref().map(|when| &when.at), row.during.as_ref());
        at.into_iter().chain(during).for_each(|pointer| point(sheet, pointer));
        for other in row.from.iter().chain(&row.subject).chain(at).chain(during) {
            same_list(sheet, &row.of, other);
        }
        let (place, by, attribute) = (sheet.place(&span), sheet.stem.to_owned(), row.attribute.get_ref().clone());
        // What holds in a period that may be over is asked for in that period.
        out.claims.push(match during {
            Some(_) => Claim::Remembered { place, by, attribute },
            None => Claim::Known { place, by, attribute },
        });
        learning.facts.push(Learned {
            of: whom(sheet, &row.of),
            attribute: row.attribute.into_inner(),
            says,
            when: row.when.map(|when| (when.at.into_inner(), when.is)),
            during: row.during.map(Spanned::into_inner),
        });
    }
    out.claims.extend(claims);
    learning
}

/// Whatever goes through the rows of a list goes through those whose people the fact is about.
fn same_list(sheet: &mut Sheet<'_>, of: &Spanned<String>, other: &Spanned<String>) {
    let list = |pointer: &Spanned<String>| pointer.get_ref().split_once(EACH).map(|(list, _)| list.to_owned());
    if let Some(walked) = list(other)
        && list(of).as_ref() != Some(&walked)
    {
        let what = format!("`{}` goes through a list that `of` does not", other.get_ref());
        sheet.fault(&other.span(), what, format!("`of` with {walked}{EACH}"));
    }
}
