//! Kinds of subjects and their attributes.

use super::source::{Place, Sheet, Words, is_name, texts};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// A kind of subject: person, household, staff, village …
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SubjectKind {
    /// Its file's name.
    pub name: String,
    /// What officers read.
    pub title: Words,
    /// The attribute that says where one is: a region, or another subject that is somewhere. Without it nobody but the
    /// program sees subjects of this kind.
    pub lies_in: Option<String>,
}

/// What may be known of a subject.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attribute {
    /// Its full name, `person.sex`.
    pub name: String,
    /// The kind of subject, or the service whose cases have it.
    pub subject: String,
    /// What officers read.
    pub title: Words,
    /// What its values are.
    pub kind: ValueKind,
    /// What its values are counted in.
    pub unit: Option<String>,
    /// Whether several values may hold at a time.
    pub many: bool,
    /// Who may see it: levels and roles.
    pub seen_by: Vec<String>,
    /// The paper that proves it.
    pub paper: Option<String>,
    /// The purpose whose key seals it.
    pub sealed: Option<String>,
    /// How much of its history is kept in memory.
    pub memory: Memory,
    /// For an attribute that names a subject: the kind it names.
    pub of: Option<String>,
    /// How rules call those who name a subject by it: `members`.
    pub back: Option<String>,
    /// Who computes it, where it is no fact: what a citizen number says is computed by `identity`.
    pub computed: Option<String>,
    /// Whether it stays off cards that are printed: health, disability, what tells the same.
    pub private: bool,
    /// The headings under which tables bring it.
    pub columns: Vec<String>,
    /// The codes it may hold, with their meaning.
    pub codes: Vec<(String, Words)>,
}

impl Attribute {
    /// What a code means.
    pub fn meaning(&self, code: &str) -> Option<&Words> {
        self.codes.iter().find(|(known, _)| known == code).map(|(_, words)| words)
    }
}

/// What an attribute's values are, all written as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ValueKind {
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Int,
    /// An amount, `12.34`.
    Fen,
    /// A number with one decimal, `36.5`, kept as tenths.
    Decimal1,
    /// A civil day.
    Day,
    /// One of a list of codes.
    Code,
    /// Free text.
    Text,
    /// Another subject.
    Subject,
    /// A region's twelve digits.
    Region,
}

texts!(
    ValueKind,
    "one of flag, int, fen, decimal1, day, code, text, subject, region",
    Flag = "flag",
    Int = "int",
    Fen = "fen",
    Decimal1 = "decimal1",
    Day = "day",
    Code = "code",
    Text = "text",
    Subject = "subject",
    Region = "region",
);

/// How much of an attribute the image remembers; the rest is read from rows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Memory {
    /// What holds now.
    Current,
    /// What held in recent weeks.
    Window,
    /// Everything.
    History,
}

texts!(Memory, "current, window or history", Current = "current", Window = "window", History = "history");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    title: Spanned<Words>,
    lies_in: Option<Spanned<String>>,
    #[serde(default)]
    attribute: Vec<AttributeShape>,
}

/// An attribute as a file declares it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AttributeShape {
    name: Spanned<String>,
    title: Spanned<Words>,
    kind: Spanned<String>,
    unit: Option<String>,
    #[serde(default)]
    many: bool,
    seen_by: Vec<Spanned<String>>,
    paper: Option<String>,
    sealed: Option<Spanned<String>>,
    memory: Option<Spanned<String>>,
    of: Option<Spanned<String>>,
    back: Option<Spanned<String>>,
    computed: Option<String>,
    #[serde(default)]
    private: bool,
    #[serde(default)]
    columns: Vec<String>,
    #[serde(default)]
    codes: Vec<CodeShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeShape {
    code: Spanned<String>,
    zh: String,
    en: String,
}

/// A role or level that a file names.
pub(super) struct RoleClaim {
    pub(super) place: Place,
    pub(super) role: String,
}

/// A subject kind and its attributes.
pub(super) struct SubjectRead {
    pub(super) kind: SubjectKind,
    pub(super) attributes: Vec<Attribute>,
}

pub(super) fn read(sheet: &mut Sheet<'_>, roles: &mut Vec<RoleClaim>) -> Option<SubjectRead> {
    let shape = sheet.shape::<Shape>()?;
    let title = sheet.words("title", shape.title);
    let attributes = read_attributes(sheet, shape.attribute, roles);
    if let Some(place) = &shape.lies_in {
        let kinds = [ValueKind::Region, ValueKind::Subject];
        let found = attributes.iter().find(|attribute| attribute.name == *place.get_ref());
        if !found.is_some_and(|attribute| kinds.contains(&attribute.kind)) {
            sheet.fault(
                &place.span(),
                format!("`lies_in` cannot be `{}`", place.get_ref()),
                "one of this file's attributes, of kind region or subject",
            );
        }
    }
    let kind = SubjectKind { name: sheet.stem.to_owned(), title, lies_in: shape.lies_in.map(Spanned::into_inner) };
    Some(SubjectRead { kind, attributes })
}

/// Reads the attributes that a subject or service file declares; their names begin with the file's.
pub(super) fn read_attributes(
    sheet: &mut Sheet<'_>,
    rows: Vec<AttributeShape>,
    roles: &mut Vec<RoleClaim>,
) -> Vec<Attribute> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut attributes = Vec::new();
    for row in rows {
        let line = sheet.place(&row.name.span()).line;
        if let Some(first) = seen.insert(row.name.get_ref().clone(), line) {
            let what = format!("attribute `{}` stands twice, first in line {first}", row.name.get_ref());
            sheet.fault(&row.name.span(), what, "each name once");
        }
        attributes.extend(read_attribute(sheet, row, roles));
    }
    attributes
}

fn read_attribute(sheet: &mut Sheet<'_>, row: AttributeShape, roles: &mut Vec<RoleClaim>) -> Option<Attribute> {
    let name = row.name.get_ref();
    if !name.split_once('.').is_some_and(|(subject, rest)| subject == sheet.stem && is_name(rest)) {
        sheet.fault(
            &row.name.span(),
            format!("attribute name `{name}` does not fit its file"),
            format!("{}.some-name", sheet.stem),
        );
    }
    let kind = sheet.word::<ValueKind>("kind", &row.kind);
    let memory = row.memory.as_ref().map_or(Some(Memory::Current), |memory| sheet.word("memory", memory));
    if row.seen_by.is_empty() {
        sheet.fault(
            &row.name.span(),
            format!("attribute `{name}` is seen by nobody"),
            "at least one level or role in `seen_by`",
        );
    }
    for role in &row.seen_by {
        roles.push(RoleClaim { place: sheet.place(&role.span()), role: role.get_ref().clone() });
    }
    let (kind, memory) = (kind?, memory?);
    if (kind == ValueKind::Code) == row.codes.is_empty() {
        let what = format!(
            "attribute `{name}` of kind {} has {}",
            kind.as_str(),
            if row.codes.is_empty() { "no codes" } else { "codes" }
        );
        sheet.fault(&row.kind.span(), what, "codes for kind code, and for no other");
    }
    if let Some(purpose) = &row.sealed {
        if kind != ValueKind::Text {
            sheet.fault(&purpose.span(), format!("attribute `{name}` is sealed but not text"), "kind = \"text\"");
        }
        sheet.names("purpose", [purpose]);
    }
    for place in row.of.iter().chain(&row.back) {
        if kind != ValueKind::Subject {
            sheet.fault(&place.span(), format!("attribute `{name}` names no subject"), "kind = \"subject\"");
        }
    }
    sheet.names("relation", row.back.as_ref());
    let mut codes: Vec<(String, Words)> = Vec::new();
    for code in row.codes {
        if codes.iter().any(|(known, _)| known == code.code.get_ref()) {
            sheet.fault(&code.code.span(), format!("code `{}` stands twice", code.code.get_ref()), "each code once");
        }
        codes.push((code.code.into_inner(), Words { zh: code.zh, en: code.en }));
    }
    Some(Attribute {
        name: row.name.get_ref().clone(),
        subject: sheet.stem.to_owned(),
        title: sheet.words("title", row.title),
        kind,
        unit: row.unit,
        many: row.many,
        seen_by: row.seen_by.into_iter().map(Spanned::into_inner).collect(),
        paper: row.paper,
        sealed: row.sealed.map(Spanned::into_inner),
        memory,
        of: row.of.map(Spanned::into_inner),
        back: row.back.map(Spanned::into_inner),
        computed: row.computed,
        private: row.private,
        columns: row.columns,
        codes,
    })
}
