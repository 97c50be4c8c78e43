//! Reports: figures that are published, each with what it counts. A definition holds no value: whoever reads it knows from which
//! records the figure comes, and the program counts them (`report/` of this crate).

use super::rule::{Book, Rulebook};
use super::source::{Mistake, Place, Words, texts};
use super::subject::{Attribute, Memory, SubjectKind, ValueKind};
use super::{Catalog, Every, Fund, Parameter, Programme, Service};
use crate::rule::{NodeIx, Part, Program, Type, Vocabulary, compile};
use crate::settlement::Policy;
use std::collections::BTreeMap;
use std::sync::Arc;
use yizhan_kit::Day;

/// A report.
#[derive(Clone, Debug)]
pub struct Report {
    /// Its file's name.
    pub name: String,
    /// What people read.
    pub title: Words,
    /// What it is about, in a sentence.
    pub about: Words,
    /// Whose account it is, or what asks for it.
    pub source: String,
    /// The first day of its period.
    pub from: Day,
    /// The last day of its period, on which stands are taken.
    pub to: Day,
    /// What its figures are counted in, in English, by the word of the definition.
    pub units: BTreeMap<String, String>,
    /// Its sections, in order.
    pub sections: Vec<Words>,
    /// Its figures, in order.
    pub figures: Vec<Figure>,
    /// What figures ask of subjects, compiled, by kind.
    pub books: BTreeMap<String, Book>,
}

impl Report {
    /// A figure by its id.
    pub fn figure(&self, id: &str) -> Option<(usize, &Figure)> {
        self.figures.iter().enumerate().find(|(_, figure)| figure.id == id)
    }
}

/// A figure.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Its id, unique in the report.
    pub id: String,
    /// What people read.
    pub title: Words,
    /// What it is counted in.
    pub unit: String,
    /// To which section it belongs.
    pub section: usize,
    /// What is counted.
    pub counted: Counted,
    /// What is told of what is counted.
    pub measure: Measure,
    /// The figure whose number is told beside it.
    pub with: Option<String>,
    /// Whether it is published as "more than": a lower bound.
    pub least: bool,
    /// Whether its total may be told to everybody.
    pub public: bool,
    /// Whether it is an amount of money.
    pub money: bool,
    /// The attributes it reads: whoever may not see one of them is not shown what lies behind it.
    pub reads: Vec<String>,
    /// Its line.
    pub line: usize,
}

/// What is told of what is counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Measure {
    /// The amounts together.
    Sum,
    /// How many there are.
    Times,
    /// How many different persons.
    Persons,
    /// How many different households.
    Households,
    /// How many different villages.
    Villages,
    /// How many different subjects.
    Subjects,
    /// How many persons the households paid had, time after time.
    Members,
    /// The middle of a value.
    Mean,
    /// How many of those asked for there are among all.
    Rate,
    /// How many different values occur.
    Values,
    /// What a parameter is on the last day.
    Latest,
    /// The year from which on a parameter has a value.
    FirstYear,
    /// How many do not pass a rule.
    Gaps,
    /// How often a duty is owed.
    Rhythm,
    /// How many entries the catalog has.
    Entries,
    /// One figure divided by another.
    Ratio,
    /// The years of the period.
    Years,
    /// Nothing: it is not counted.
    None,
}

texts!(
    Measure,
    "sum, times, persons, households, villages, subjects, members, mean, rate, values, latest, first-year, gaps, rhythm, entries, ratio or years",
    Sum = "sum",
    Times = "times",
    Persons = "persons",
    Households = "households",
    Villages = "villages",
    Subjects = "subjects",
    Members = "members",
    Mean = "mean",
    Rate = "rate",
    Values = "values",
    Latest = "latest",
    FirstYear = "first-year",
    Gaps = "gaps",
    Rhythm = "rhythm",
    Entries = "entries",
    Ratio = "ratio",
    Years = "years",
    None = "none",
);

impl Measure {
    /// Whether the same thing counts once, however often it occurs.
    pub fn is_distinct(self) -> bool {
        matches!(self, Self::Persons | Self::Households | Self::Villages | Self::Subjects | Self::Values)
    }
}

/// What is counted.
#[derive(Clone, PartialEq, Debug)]
pub enum Counted {
    /// Transfers that moved money in the period.
    Transfers(Moved),
    /// Slips that stand, discharged in the period, whose layer pays something.
    Slips {
        /// Who pays by the layer, as policies name it.
        payer: String,
    },
    /// Cases that came to their end in the period.
    Cases {
        /// Of which services.
        services: Vec<String>,
    },
    /// Subjects as they are on the last day.
    Subjects(Stand),
    /// Facts that hold from a day of the period and were learned in it.
    Facts(Learned),
    /// A parameter on the last day.
    Parameter(String),
    /// A rule on the last day.
    Rule(String),
    /// Entries of the catalog.
    Entries(Entries),
    /// Two other figures: the first divided by the second.
    Figures([String; 2]),
    /// The period itself.
    Period,
    /// Nothing, for a reason.
    Nothing(Words),
}

/// Which transfers; what is not said does not matter.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Moved {
    /// The funds.
    pub funds: Vec<String>,
    /// The programmes or rules that the transfers follow.
    pub programmes: Vec<String>,
    /// The services of the cases that they cite.
    pub services: Vec<String>,
    /// The kind of whoever gives.
    pub from: Option<String>,
    /// The kind of whoever receives.
    pub to: Option<String>,
    /// What must be so of whoever gives, on the last day.
    pub payer: Option<NodeIx>,
    /// What must be so of whoever receives, on the last day.
    pub payee: Option<NodeIx>,
    /// A flag by which members of a household that was paid count as persons, on the day of the transfer.
    pub members: Option<String>,
}

/// Which subjects, and what of them.
#[derive(Clone, PartialEq, Debug)]
pub struct Stand {
    /// Their kind.
    pub kind: String,
    /// Which of them.
    pub which: NodeIx,
    /// Among whom, of a rate.
    pub among: Option<NodeIx>,
    /// What of them.
    pub value: Option<NodeIx>,
}

/// Which facts.
#[derive(Clone, PartialEq, Debug)]
pub struct Learned {
    /// The attribute.
    pub attribute: String,
    /// The values that count; all of them where none is named.
    pub is: Vec<String>,
    /// Of a case only when it came to its end.
    pub ended: bool,
}

/// Which entries of the catalog.
#[derive(Clone, PartialEq, Debug)]
pub enum Entries {
    /// The layers of the policy of settlement in force on the last day.
    Layers,
    /// These rules, of which those count that are in force on the last day.
    Rules(Vec<String>),
    /// The attributes that a named value reads.
    Reads(String),
}

impl Entries {
    /// What they are in a catalog on a day, each by its name.
    pub fn of(&self, catalog: &Catalog, day: Day) -> Vec<String> {
        match self {
            Self::Layers => {
                let in_force = catalog.policies.values().filter(|policy| policy.holds_on(day));
                let policy = in_force.max_by_key(|policy| policy.from);
                policy.map_or_else(Vec::new, |policy| {
                    (0..policy.layers.len()).map(|layer| policy.payer(layer).id.clone()).collect()
                })
            }
            Self::Rules(names) => {
                let holds = |name: &&String| catalog.rules.rule(name).is_some_and(|(_, rule, _)| rule.holds_on(day));
                names.iter().filter(holds).cloned().collect()
            }
            Self::Reads(named) => {
                let words = Vocabulary::new(&catalog.attributes, &catalog.parameters, &catalog.rules.lets);
                let Some(one) = catalog.rules.lets.get(named) else { return Vec::new() };
                let mut program = Program::new(&one.about);
                let node = compile(&mut program, &words, &one.is, None);
                node.map_or_else(|_| Vec::new(), |node| program.reads_for(&[node]))
            }
        }
    }
}

/// What a duty owes within a part of the calendar that a unit names after its stroke, `次/年`.
pub fn times_within(every: &Every, unit: &str) -> Option<i64> {
    let months = match unit.rsplit('/').next()? {
        "年" => 12,
        "季度" => 3,
        "月" => 1,
        _ => return None,
    };
    match every {
        Every::Part(Part::Months(each)) if *each > 0 && months % i64::from(*each) == 0 => {
            Some(months / i64::from(*each))
        }
        _ => None,
    }
}

/// What must be compiled for a figure, and where it stands.
pub(super) struct Text {
    pub(super) figure: usize,
    pub(super) part: TextPart,
    pub(super) kind: String,
    pub(super) place: Place,
    pub(super) text: String,
}

/// Of which part of a figure an expression is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TextPart {
    Payer,
    Payee,
    Which,
    Among,
    Value,
}

impl TextPart {
    fn key(self) -> &'static str {
        match self {
            Self::Payer => "payer",
            Self::Payee => "payee",
            Self::Which => "where",
            Self::Among => "among",
            Self::Value => "value",
        }
    }
}

/// Something of the catalog that a figure names.
pub(super) enum Names {
    Fund(String),
    Programme(String),
    Service(String),
    Kind(String),
    Flag(String),
    Remembered(String),
    Parameter(String),
    Rule(String),
    Rhythm(String, String),
    Named(String),
    Payer(String),
}

/// A report, with what it takes for granted and what is still to be compiled.
pub(super) struct ReportRead {
    pub(super) report: Report,
    pub(super) texts: Vec<Text>,
    pub(super) names: Vec<(Place, Names)>,
}

/// What reports are checked against.
pub(super) struct Around<'a> {
    pub(super) subjects: &'a BTreeMap<String, SubjectKind>,
    pub(super) attributes: &'a BTreeMap<String, Attribute>,
    pub(super) parameters: &'a BTreeMap<String, Parameter>,
    pub(super) funds: &'a BTreeMap<String, Fund>,
    pub(super) programmes: &'a [&'a Programme],
    pub(super) services: &'a [(Arc<Service>, Place)],
    pub(super) policies: &'a BTreeMap<String, Arc<Policy>>,
    pub(super) rules: &'a Rulebook,
}

impl Around<'_> {
    fn fault(&self, names: &Names) -> Option<(String, &'static str)> {
        let service = |name: &str| self.services.iter().any(|(known, _)| known.name == name);
        let missing = |what: &str, name: &str, expected| Some((format!("no {what} `{name}`"), expected));
        match names {
            Names::Fund(name) if !self.funds.contains_key(name) => missing("fund", name, "a file in fund/"),
            Names::Programme(name) if !self.programmes.iter().any(|one| one.name == *name) => {
                missing("programme", name, "a file in programme/")
            }
            Names::Service(name) if !service(name) => missing("service", name, "a file in service/"),
            Names::Kind(name) if !self.subjects.contains_key(name) => {
                missing("kind of subject", name, "a file in subject/")
            }
            Names::Parameter(name) if !self.parameters.contains_key(name) => {
                missing("parameter", name, "a file in parameter/")
            }
            Names::Rule(name) | Names::Rhythm(name, _) if self.rules.rule(name).is_none() => {
                missing("rule", name, "a rule of a file in rule/")
            }
            Names::Rhythm(name, unit) => {
                let every =
                    self.rules.rule(name).and_then(|(_, rule, _)| rule.recurring.as_ref()).map(|one| &one.every);
                let known = every.and_then(|every| times_within(every, unit)).is_some();
                (!known)
                    .then(|| (format!("`{name}` is not owed so often in {unit}"), "a duty that is owed in parts of it"))
            }
            Names::Named(name) if !self.rules.lets.contains_key(name) => {
                missing("named value", name, "kind.name of a [[let]]")
            }
            Names::Payer(id) => {
                let known = self.policies.values().any(|policy| policy.payers.iter().any(|payer| payer.id == *id));
                if known { None } else { missing("payer of a layer", id, "the id of a payer in settlement/") }
            }
            Names::Flag(name) | Names::Remembered(name) => {
                let Some(attribute) = self.attributes.get(name) else {
                    return missing("attribute", name, "an attribute of a file in subject/ or service/");
                };
                let flag = matches!(names, Names::Flag(_)) && attribute.kind != ValueKind::Flag;
                if flag {
                    return Some((format!("`{name}` is no flag"), "an attribute of kind flag"));
                }
                // Of a case whatever is told once stays; of a subject only what remembers its past.
                let kept = attribute.memory == Memory::History || service(&attribute.subject);
                (!kept).then(|| (format!("the past of `{name}` is not remembered"), "`memory = \"history\"`"))
            }
            _ => None,
        }
    }
}

impl ReportRead {
    /// Checks what the report names and compiles what it asks; a mistake names its file and line.
    pub(super) fn join(self, around: &Around<'_>, mistakes: &mut Vec<Mistake>) -> Report {
        let Self { mut report, texts, names } = self;
        for (place, named) in &names {
            if let Some((what, expected)) = around.fault(named) {
                mistakes.push(place.mistake(what, expected));
            }
        }
        let words = Vocabulary::new(around.attributes, around.parameters, &around.rules.lets);
        for Text { figure, part, kind, place, text } in texts {
            let of_kind = report.books.entry(kind.clone()).or_insert_with(|| Book {
                program: Program::new(&kind),
                place: None,
                rules: Vec::new(),
            });
            let wanted = (part != TextPart::Value).then_some(&Type::Truth);
            let node = match compile(&mut of_kind.program, &words, &text, wanted) {
                Ok(node) => node,
                Err(wrong) => {
                    mistakes.push(place.mistake(format!("`{}`: {}", part.key(), wrong.what), wrong.expected));
                    continue;
                }
            };
            let of = of_kind.program.type_of(node).clone();
            let reads = of_kind.program.reads_for(&[node]);
            // A figure that could not be read whole is a mistake of its own.
            let Some(figure) = report.figures.get_mut(figure) else { continue };
            figure.reads.extend(reads);
            if part == TextPart::Value {
                let fits = match figure.measure {
                    Measure::Values => matches!(of, Type::Code(_) | Type::Number | Type::Subject(_)),
                    _ => matches!(of, Type::Money | Type::Number),
                };
                if !fits {
                    mistakes.push(place.mistake(
                        format!("`value` of {} comes to {of}", figure.id),
                        "an amount or a number; of `values` a code",
                    ));
                }
                figure.money = of == Type::Money;
            }
            set(&mut figure.counted, part, node);
        }
        for of_kind in report.books.values_mut() {
            of_kind.place = of_kind.program.place(around.subjects, around.attributes);
        }
        for figure in &mut report.figures {
            match &figure.counted {
                Counted::Parameter(name) => {
                    let unit = around.parameters.get(name).map_or("", |parameter| &parameter.unit);
                    figure.money = figure.measure == Measure::Latest && unit.starts_with("yuan");
                }
                Counted::Facts(learned) => {
                    figure.reads.push(learned.attribute.clone());
                    let kind = around.attributes.get(&learned.attribute).map(|attribute| attribute.kind);
                    figure.money = figure.measure == Measure::Sum && kind == Some(ValueKind::Fen);
                }
                Counted::Rule(name) => {
                    let reads = around.rules.rule(name).map(|(_, rule, _)| rule.reads.clone());
                    figure.reads.extend(reads.unwrap_or_default());
                }
                _ => {}
            }
        }
        // A share tells of what it is made of.
        for ix in 0..report.figures.len() {
            let Counted::Figures(of) = report.figures[ix].counted.clone() else { continue };
            let reads = of.iter().filter_map(|id| report.figure(id)).flat_map(|(_, one)| one.reads.clone());
            let reads: Vec<String> = reads.collect();
            report.figures[ix].reads.extend(reads);
        }
        for figure in &mut report.figures {
            figure.reads.sort_unstable();
            figure.reads.dedup();
        }
        report
    }
}

fn set(counted: &mut Counted, part: TextPart, node: NodeIx) {
    match (counted, part) {
        (Counted::Transfers(moved), TextPart::Payer) => moved.payer = Some(node),
        (Counted::Transfers(moved), TextPart::Payee) => moved.payee = Some(node),
        (Counted::Subjects(stand), TextPart::Which) => stand.which = node,
        (Counted::Subjects(stand), TextPart::Among) => stand.among = Some(node),
        (Counted::Subjects(stand), TextPart::Value) => stand.value = Some(node),
        _ => {}
    }
}
