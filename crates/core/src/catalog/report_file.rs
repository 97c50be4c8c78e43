//! Reads report files: which figures a report has, and what each of them counts.

use super::report::{
    Counted, Entries, Figure, Learned, Measure, Moved, Names, Report, ReportRead, Stand, Text, TextPart,
};
use super::source::{Place, Sheet, Words, texts};
use crate::rule::NodeIx;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;
use toml::value::Datetime;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    title: Spanned<Words>,
    about: Spanned<Words>,
    source: Spanned<String>,
    from: Spanned<Datetime>,
    to: Spanned<Datetime>,
    units: BTreeMap<String, String>,
    section: Vec<SectionShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SectionShape {
    title: Spanned<Words>,
    figure: Vec<FigureShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FigureShape {
    id: Spanned<String>,
    title: Spanned<Words>,
    unit: Spanned<String>,
    counts: Option<Spanned<String>>,
    measure: Option<Spanned<String>>,
    not_counted: Option<Spanned<Words>>,
    with: Option<Spanned<String>>,
    #[serde(default)]
    least: bool,
    public: Option<bool>,
    #[serde(default)]
    fund: Vec<Spanned<String>>,
    #[serde(default)]
    programme: Vec<Spanned<String>>,
    #[serde(default)]
    service: Vec<Spanned<String>>,
    from: Option<Spanned<String>>,
    to: Option<Spanned<String>>,
    payer: Option<Spanned<String>>,
    payee: Option<Spanned<String>>,
    members: Option<Spanned<String>>,
    layer: Option<Spanned<String>>,
    kind: Option<Spanned<String>>,
    r#where: Option<Spanned<String>>,
    among: Option<Spanned<String>>,
    value: Option<Spanned<String>>,
    attribute: Option<Spanned<String>>,
    #[serde(default)]
    is: Vec<Spanned<String>>,
    ended: Option<Spanned<bool>>,
    parameter: Option<Spanned<String>>,
    #[serde(default)]
    rule: Vec<Spanned<String>>,
    entries: Option<Spanned<String>>,
    reads: Option<Spanned<String>>,
    #[serde(default)]
    over: Vec<Spanned<String>>,
}

/// What `counts` may say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Transfers,
    Slips,
    Cases,
    Subjects,
    Facts,
    Parameter,
    Rule,
    Catalog,
    Figures,
    Period,
}

texts!(
    Of,
    "transfers, slips, cases, subjects, facts, parameter, rule, catalog, figures or period",
    Transfers = "transfers",
    Slips = "slips",
    Cases = "cases",
    Subjects = "subjects",
    Facts = "facts",
    Parameter = "parameter",
    Rule = "rule",
    Catalog = "catalog",
    Figures = "figures",
    Period = "period",
);

impl Of {
    /// The keys that go with it.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Transfers => &["fund", "programme", "service", "from", "to", "payer", "payee", "members"],
            Self::Slips => &["layer"],
            Self::Cases => &["service"],
            Self::Subjects => &["kind", "where", "among", "value"],
            Self::Facts => &["attribute", "is", "ended"],
            Self::Parameter => &["parameter"],
            Self::Rule => &["rule"],
            Self::Catalog => &["entries", "rule", "reads"],
            Self::Figures => &["over"],
            Self::Period => &[],
        }
    }

    /// What can be told of it.
    fn measures(self) -> &'static [Measure] {
        use Measure::*;
        match self {
            Self::Transfers => &[Sum, Times, Persons, Households, Villages, Subjects, Members],
            Self::Slips => &[Sum, Times, Persons],
            Self::Cases => &[Times, Villages],
            Self::Subjects => &[Subjects, Households, Villages, Sum, Mean, Rate, Values],
            Self::Facts => &[Times, Subjects, Households, Villages, Sum],
            Self::Parameter => &[Latest, FirstYear],
            Self::Rule => &[Gaps, Rhythm],
            Self::Catalog => &[Entries],
            Self::Figures => &[Ratio],
            Self::Period => &[Years],
        }
    }
}

/// What figures may count: the word for it, the keys that go with it, what may be told of it.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static [&'static str], &'static [Measure])> {
    Of::ALL.iter().map(|of| (of.as_str(), of.keys(), of.measures()))
}

impl FigureShape {
    /// The keys of what is counted that it has, with a place in the file.
    fn keys(&self) -> Vec<(&'static str, std::ops::Range<usize>)> {
        let ones = [
            ("from", &self.from),
            ("to", &self.to),
            ("payer", &self.payer),
            ("payee", &self.payee),
            ("members", &self.members),
            ("layer", &self.layer),
            ("kind", &self.kind),
            ("where", &self.r#where),
            ("among", &self.among),
            ("value", &self.value),
            ("attribute", &self.attribute),
            ("parameter", &self.parameter),
            ("entries", &self.entries),
            ("reads", &self.reads),
        ];
        let lists = [
            ("fund", &self.fund),
            ("programme", &self.programme),
            ("service", &self.service),
            ("is", &self.is),
            ("rule", &self.rule),
            ("over", &self.over),
        ];
        let ones = ones.into_iter().filter_map(|(key, text)| Some((key, text.as_ref()?.span())));
        let lists = lists.into_iter().filter_map(|(key, texts)| Some((key, texts.first()?.span())));
        let ended = self.ended.iter().map(|ended| ("ended", ended.span()));
        ones.chain(lists).chain(ended).collect()
    }
}

pub(super) fn read(sheet: &mut Sheet<'_>) -> Option<ReportRead> {
    let shape = sheet.shape::<Shape>()?;
    let (from, to) = (sheet.day("from", &shape.from), sheet.day("to", &shape.to));
    let (from, to) = (from?, to?);
    if to < from {
        sheet.fault(&shape.to.span(), "the period ends before it begins", "`from` before `to`");
    }
    if shape.source.get_ref().trim().is_empty() {
        sheet.fault(&shape.source.span(), "a report without source", "whose account it is");
    }
    let mut read = ReportRead {
        report: Report {
            name: sheet.stem.to_owned(),
            title: sheet.words("title", shape.title),
            about: sheet.words("about", shape.about),
            source: shape.source.into_inner(),
            from,
            to,
            units: shape.units,
            sections: Vec::new(),
            figures: Vec::new(),
            books: BTreeMap::new(),
        },
        texts: Vec::new(),
        names: Vec::new(),
    };
    let mut seen = BTreeSet::new();
    // Figures that others name, and where.
    let mut named = Vec::new();
    for (section, row) in shape.section.into_iter().enumerate() {
        read.report.sections.push(sheet.words("title", row.title));
        for row in row.figure {
            if !seen.insert(row.id.get_ref().clone()) {
                sheet.fault(&row.id.span(), format!("figure `{}` stands twice", row.id.get_ref()), "each id once");
            }
            if !is_id(row.id.get_ref()) {
                let what = format!("`{}` is no id of a figure", row.id.get_ref());
                sheet.fault(
                    &row.id.span(),
                    what,
                    "up to 20 letters, digits and hyphens, and neither `sheet` nor `docx`",
                );
            }
            for other in row.with.iter().chain(&row.over) {
                named.push((sheet.place(&other.span()), other.get_ref().clone()));
            }
            if let Some(figure) = read_figure(sheet, &mut read, section, row) {
                read.report.figures.push(figure);
            }
        }
    }
    for (place, _) in named.iter().filter(|(_, id)| !seen.contains(id)) {
        sheet.mistakes.push(place.mistake("no such figure", "the id of a figure of this report"));
    }
    Some(read)
}

/// Whether a text may be the id of a figure: it stands in addresses, where `sheet` and `docx` are files.
fn is_id(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    plain && (1..=20).contains(&text.len()) && !["sheet", "docx"].contains(&text)
}

fn read_figure(sheet: &mut Sheet<'_>, read: &mut ReportRead, section: usize, row: FigureShape) -> Option<Figure> {
    let line = sheet.place(&row.id.span()).line;
    if !read.report.units.contains_key(row.unit.get_ref()) {
        let what = format!("`{}` is counted in nothing known", row.unit.get_ref());
        sheet.fault(&row.unit.span(), what, "a unit of [units], which says it in English");
    }
    let figure = |counted, measure, sheet: &mut Sheet<'_>, row: FigureShape| Figure {
        id: row.id.into_inner(),
        title: sheet.words("title", row.title),
        unit: row.unit.into_inner(),
        section,
        counted,
        measure,
        with: row.with.map(Spanned::into_inner),
        least: row.least,
        public: row.public.unwrap_or(true),
        money: false,
        reads: Vec::new(),
        line,
    };
    let (counts, measure) = match (&row.counts, &row.measure, &row.not_counted) {
        (None, None, Some(reason)) => {
            for (key, span) in row.keys() {
                sheet.fault(&span, format!("`{key}` of what is not counted"), "the reason alone");
            }
            let reason = sheet.words("not_counted", reason.clone());
            return Some(figure(Counted::Nothing(reason), Measure::None, sheet, row));
        }
        (Some(counts), Some(measure), None) => (counts, measure),
        _ => {
            let words: Vec<&str> = Of::ALL.iter().map(|one| one.as_str()).collect();
            let expected = format!("`counts` ({}) and `measure`, or `not_counted` with the reason", words.join(", "));
            sheet.fault(&row.id.span(), format!("{} is neither counted nor not", row.id.get_ref()), expected);
            return None;
        }
    };
    let of: Of = sheet.word("counts", counts)?;
    let told: Measure = sheet.word("measure", measure)?;
    if !of.measures().contains(&told) {
        let known: Vec<&str> = of.measures().iter().map(|one| one.as_str()).collect();
        let what = format!("`{}` of {}", told.as_str(), of.as_str());
        sheet.fault(&measure.span(), what, known.join(", "));
        return None;
    }
    for (key, span) in row.keys().into_iter().filter(|(key, _)| !of.keys().contains(key)) {
        sheet.fault(&span, format!("`{key}` does not go with {}", of.as_str()), of.keys().join(", "));
    }
    let mut work = Work { sheet, read, line, id: row.id.span() };
    let counted = work.counted(of, told, &row)?;
    let money = matches!(counted, Counted::Transfers(_) | Counted::Slips { .. }) && told == Measure::Sum;
    let mut figure = figure(counted, told, sheet, row);
    figure.money = money;
    Some(figure)
}

/// One figure while it is read.
struct Work<'a, 's> {
    sheet: &'a mut Sheet<'s>,
    read: &'a mut ReportRead,
    line: usize,
    id: std::ops::Range<usize>,
}

impl Work<'_, '_> {
    fn names(&mut self, texts: &[Spanned<String>], what: fn(String) -> Names) -> Vec<String> {
        for text in texts {
            let place = self.sheet.place(&text.span());
            self.read.names.push((place, what(text.get_ref().clone())));
        }
        texts.iter().map(|text| text.get_ref().clone()).collect()
    }

    fn name(&mut self, text: Option<&Spanned<String>>, what: fn(String) -> Names) -> Option<String> {
        text.map(|text| self.names(std::slice::from_ref(text), what).remove(0))
    }

    /// What must be said.
    fn must<'t>(&mut self, key: &str, text: Option<&'t Spanned<String>>) -> Option<&'t Spanned<String>> {
        if text.is_none() {
            self.sheet.fault(&self.id, format!("`{key}` is missing"), "what is counted");
        }
        text
    }

    /// An expression about a kind, to be compiled when all files are read.
    fn text(&mut self, part: TextPart, kind: Option<&str>, text: &Spanned<String>) {
        let place = self.sheet.place(&text.span());
        let Some(kind) = kind else {
            self.sheet.fault(&text.span(), "a condition on nobody", "the kind of whoever gives or receives");
            return;
        };
        let (figure, kind) = (self.read.report.figures.len(), kind.to_owned());
        self.read.texts.push(Text { figure, part, kind, place, text: text.get_ref().clone() });
    }

    fn here(&self) -> Place {
        Place { file: self.sheet.path.to_owned(), line: self.line }
    }

    fn counted(&mut self, of: Of, told: Measure, row: &FigureShape) -> Option<Counted> {
        Some(match of {
            Of::Transfers => Counted::Transfers(self.moved(row)),
            Of::Slips => {
                let layer = self.must("layer", row.layer.as_ref())?;
                Counted::Slips { payer: self.name(Some(layer), Names::Payer)? }
            }
            Of::Cases => {
                let services = self.names(&row.service, Names::Service);
                if services.is_empty() {
                    self.sheet.fault(&self.id, "`service` is missing", "the services whose cases count");
                }
                Counted::Cases { services }
            }
            Of::Subjects => self.stand(told, row)?,
            Of::Facts => {
                let attribute = self.must("attribute", row.attribute.as_ref())?;
                let attribute = self.name(Some(attribute), Names::Remembered)?;
                let is = row.is.iter().map(|text| text.get_ref().clone()).collect();
                Counted::Facts(Learned { attribute, is, ended: row.ended.as_ref().is_some_and(|one| *one.get_ref()) })
            }
            Of::Parameter => {
                let parameter = self.must("parameter", row.parameter.as_ref())?;
                Counted::Parameter(self.name(Some(parameter), Names::Parameter)?)
            }
            Of::Rule => {
                let [rule] = row.rule.as_slice() else {
                    self.sheet.fault(&self.id, "not one rule", "`rule` with one name");
                    return None;
                };
                let name = self.name(Some(rule), Names::Rule)?;
                if told == Measure::Rhythm {
                    let unit = row.unit.get_ref().clone();
                    self.read.names.push((self.here(), Names::Rhythm(name.clone(), unit)));
                }
                Counted::Rule(name)
            }
            Of::Catalog => Counted::Entries(self.entries(row)?),
            Of::Figures => {
                let [first, second] = row.over.as_slice() else {
                    self.sheet.fault(&self.id, "not two figures", "`over` with two ids");
                    return None;
                };
                Counted::Figures([first.get_ref().clone(), second.get_ref().clone()])
            }
            Of::Period => Counted::Period,
        })
    }

    fn moved(&mut self, row: &FigureShape) -> Moved {
        let moved = Moved {
            funds: self.names(&row.fund, Names::Fund),
            programmes: self.names(&row.programme, Names::Programme),
            services: self.names(&row.service, Names::Service),
            from: self.name(row.from.as_ref(), Names::Kind),
            to: self.name(row.to.as_ref(), Names::Kind),
            payer: None,
            payee: None,
            members: self.name(row.members.as_ref(), Names::Flag),
        };
        if let Some(text) = &row.payer {
            self.text(TextPart::Payer, moved.from.as_deref(), text);
        }
        if let Some(text) = &row.payee {
            self.text(TextPart::Payee, moved.to.as_deref(), text);
        }
        if moved.funds.is_empty() && moved.programmes.is_empty() && moved.services.is_empty() {
            self.sheet.fault(&self.id, "all money there is", "`fund`, `programme` or `service`");
        }
        moved
    }

    fn stand(&mut self, told: Measure, row: &FigureShape) -> Option<Counted> {
        let kind = self.must("kind", row.kind.as_ref())?;
        let kind = self.name(Some(kind), Names::Kind)?;
        let which = self.must("where", row.r#where.as_ref())?;
        self.text(TextPart::Which, Some(&kind), which);
        for (key, part, text, needed) in [
            ("among", TextPart::Among, &row.among, told == Measure::Rate),
            ("value", TextPart::Value, &row.value, matches!(told, Measure::Sum | Measure::Mean | Measure::Values)),
        ] {
            match text {
                Some(text) if needed => self.text(part, Some(&kind), text),
                Some(text) => {
                    self.sheet.fault(&text.span(), format!("`{key}` does not go with {}", told.as_str()), "");
                }
                None if needed => self.sheet.fault(&self.id, format!("`{key}` is missing"), "an expression"),
                None => {}
            }
        }
        Some(Counted::Subjects(Stand { kind, which: NodeIx::default(), among: None, value: None }))
    }

    fn entries(&mut self, row: &FigureShape) -> Option<Entries> {
        let entries = self.must("entries", row.entries.as_ref())?;
        match (entries.get_ref().as_str(), &row.reads) {
            ("layers", None) if row.rule.is_empty() => Some(Entries::Layers),
            ("rules", None) if !row.rule.is_empty() => Some(Entries::Rules(self.names(&row.rule, Names::Rule))),
            ("reads", Some(reads)) if row.rule.is_empty() => {
                Some(Entries::Reads(self.name(Some(reads), Names::Named)?))
            }
            _ => {
                let expected = "layers; rules with `rule`; or reads with the named value in `reads`";
                self.sheet.fault(&entries.span(), "no entries of the catalog", expected);
                None
            }
        }
    }
}
