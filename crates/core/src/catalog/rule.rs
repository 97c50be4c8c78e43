//! Rules of the catalog: what a standard asks, who is entitled to what, what makes a record right. Each is dated, has its
//! source, and says how sure we are of it.

use super::duty::DutyState;
use super::parameter::{Confidence, Parameter};
use super::recurring::{DutyNodes, Recurring};
use super::source::{Mistake, Place, Words, texts};
use super::subject::{Attribute, SubjectKind};
use crate::rule::{Let, NodeIx, Program, Type, Vocabulary, compile};
use std::collections::BTreeMap;
use std::sync::Arc;
use yizhan_kit::Day;

/// What a rule is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RuleKind {
    /// A condition that everybody is to meet.
    Standard,
    /// Something that is to be done again and again.
    Duty,
    /// A paper that is to be on file.
    Paper,
    /// What makes a record right.
    Quality,
    /// What somebody may have.
    Entitlement,
    /// What is paid to whoever is enrolled, or by which weights something is divided; nobody is said to miss it.
    Payment,
}

texts!(
    RuleKind,
    "standard, duty, paper, quality, entitlement or payment",
    Standard = "standard",
    Duty = "duty",
    Paper = "paper",
    Quality = "quality",
    Entitlement = "entitlement",
    Payment = "payment",
);

/// How often something is due.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Per {
    /// Every month.
    Month,
    /// Every quarter.
    Quarter,
    /// Every half of a school year.
    Semester,
    /// Every year.
    Year,
    /// One time.
    Once,
}

texts!(
    Per,
    "month, quarter, semester, year or once",
    Month = "month",
    Quarter = "quarter",
    Semester = "semester",
    Year = "year",
    Once = "once",
);

impl Per {
    /// How often in a year; what comes once is counted once.
    pub fn times_a_year(self) -> i64 {
        match self {
            Self::Month => 12,
            Self::Quarter => 4,
            Self::Semester => 2,
            Self::Year | Self::Once => 1,
        }
    }
}

/// What a rule asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Asks {
    /// That something is so.
    Check {
        /// The expression.
        passes: String,
        /// What is said where it is not so.
        gap: Words,
    },
    /// Whether somebody is to have something, and has it.
    Entitlement {
        /// Who is entitled.
        entitled: String,
        /// Who receives it.
        receives: String,
        /// What is due each time.
        amount: Option<String>,
        /// How often.
        per: Per,
    },
}

/// A rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// Its name, unique in the catalog.
    pub name: String,
    /// What officers read.
    pub title: Words,
    /// Its file, without folder and ending.
    pub file: String,
    /// The kind of subject it is about.
    pub about: String,
    /// What kind of rule it is.
    pub kind: RuleKind,
    /// Who is judged by it at all: conditions that must all be met.
    pub when: Vec<String>,
    /// What it asks.
    pub asks: Asks,
    /// How it comes round again, of a duty that does.
    pub recurring: Option<Recurring>,
    /// What to do about it.
    pub mend: Option<Words>,
    /// The service whose case mends it.
    pub opens: Option<String>,
    /// The first day.
    pub from: Option<Day>,
    /// The first day no longer.
    pub to: Option<Day>,
    /// Where it is written.
    pub source: String,
    /// How sure we are.
    pub confidence: Confidence,
    /// The attributes it reads, by full name: whoever may not see one of them is not told how it came out.
    pub reads: Vec<String>,
    /// Its line.
    pub line: usize,
}

impl Rule {
    /// Whether it is in force on a day.
    pub fn holds_on(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day < to)
    }
}

/// A worked example of a rule file.
#[derive(Clone, PartialEq, Debug)]
pub struct RuleExample {
    /// The day.
    pub on: Day,
    /// What is known, as written.
    pub facts: toml::Table,
    /// What is expected of which rule.
    pub expect: BTreeMap<String, String>,
    /// The amounts that are expected.
    pub amount: BTreeMap<String, String>,
    /// Where duties that come round again are expected to stand.
    pub state: BTreeMap<String, DutyState>,
    /// When they are expected to be due; nothing where nobody can say.
    pub due: BTreeMap<String, Option<Day>>,
    /// Its line.
    pub line: usize,
}

/// A rule file.
#[derive(Clone, PartialEq, Debug)]
pub struct RuleFile {
    /// Its name.
    pub name: String,
    /// What officers read.
    pub title: Words,
    /// The kind of subject.
    pub about: String,
    /// What kind of rules it holds.
    pub kind: RuleKind,
    /// Its worked examples.
    pub examples: Vec<RuleExample>,
}

/// The nodes of a compiled rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Nodes {
    /// Who is judged.
    pub when: NodeIx,
    /// Whether it is so, or who is entitled.
    pub asks: NodeIx,
    /// Who receives.
    pub receives: Option<NodeIx>,
    /// What is due.
    pub amount: Option<NodeIx>,
    /// When it is due and what excuses, of a duty that comes round again.
    pub duty: Option<DutyNodes>,
}

impl Nodes {
    /// Those that make up its verdict.
    pub fn all(&self) -> impl Iterator<Item = NodeIx> {
        [Some(self.when), Some(self.asks), self.receives, self.amount].into_iter().flatten()
    }

    /// Those that tell when a duty is due.
    pub fn of_duty(&self) -> impl Iterator<Item = NodeIx> {
        let duty = self.duty.map(|duty| [Some(duty.last), Some(duty.due), duty.excused, duty.window]);
        duty.into_iter().flatten().flatten()
    }
}

/// The rules about one kind of subject, compiled together.
#[derive(Clone, Debug)]
pub struct Book {
    /// What computes them.
    pub program: Program,
    /// In which region each subject lies.
    pub place: Option<NodeIx>,
    /// The rules with their nodes, in order of file and line.
    pub rules: Vec<(Arc<Rule>, Nodes)>,
}

/// All rules.
#[derive(Clone, Debug, Default)]
pub struct Rulebook {
    /// By kind of subject.
    pub books: BTreeMap<String, Book>,
    /// Named values by `kind.name`.
    pub lets: BTreeMap<String, Let>,
    /// The files.
    pub files: Vec<RuleFile>,
}

impl Rulebook {
    /// A rule by name, with the book it is in.
    pub fn rule(&self, name: &str) -> Option<(&Book, &Arc<Rule>, Nodes)> {
        self.books.values().find_map(|book| {
            book.rules.iter().find(|(rule, _)| rule.name == name).map(|(rule, nodes)| (book, rule, *nodes))
        })
    }

    /// The parameters that a rule reads, itself or through the values it uses.
    pub fn parameters_of(&self, name: &str) -> Vec<String> {
        let Some((book, _, nodes)) = self.rule(name) else { return Vec::new() };
        book.program.parameters_for(&nodes.all().chain(nodes.of_duty()).collect::<Vec<_>>())
    }

    /// Every rule, by kind of subject.
    pub fn rules(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.books.values().flat_map(|book| book.rules.iter().map(|(rule, _)| rule))
    }
}

/// Compiles all rules; a mistake names the rule's file and line.
pub(super) fn compile_all(
    rules: Vec<Rule>,
    lets: BTreeMap<String, (Let, Place)>,
    files: Vec<RuleFile>,
    subjects: &BTreeMap<String, SubjectKind>,
    attributes: &BTreeMap<String, Attribute>,
    parameters: &BTreeMap<String, Parameter>,
    mistakes: &mut Vec<Mistake>,
) -> Rulebook {
    for (full, (_, place)) in &lets {
        if attributes.contains_key(full) {
            mistakes.push(place.mistake(format!("`{full}` is also an attribute"), "a name of its own"));
        }
    }
    let places: BTreeMap<String, Place> = lets.iter().map(|(full, (_, place))| (full.clone(), place.clone())).collect();
    let lets: BTreeMap<String, Let> = lets.into_iter().map(|(full, (one, _))| (full, one)).collect();
    let words = Vocabulary::new(attributes, parameters, &lets);
    // Named values that nobody uses must be right too.
    for (full, one) in &lets {
        let mut program = Program::new(&one.about);
        if let Err(wrong) = compile(&mut program, &words, &one.is, None) {
            mistakes.push(places[full].mistake(format!("`is` of `{full}`: {}", wrong.what), wrong.expected));
        }
    }
    let mut book = Rulebook { books: BTreeMap::new(), lets: lets.clone(), files };
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for rule in rules {
        let place = Place { file: format!("rule/{}.toml", rule.file), line: rule.line };
        if let Some(first) = names.insert(rule.name.clone(), rule.file.clone()) {
            mistakes
                .push(place.mistake(format!("rule `{}` stands twice, first in {first}", rule.name), "each name once"));
            continue;
        }
        let of_kind = book.books.entry(rule.about.clone()).or_insert_with(|| Book {
            program: Program::new(&rule.about),
            place: None,
            rules: Vec::new(),
        });
        match nodes(&mut of_kind.program, &words, &rule) {
            Ok(nodes) => {
                let reads = of_kind.program.reads_for(&nodes.all().chain(nodes.of_duty()).collect::<Vec<_>>());
                of_kind.rules.push((Arc::new(Rule { reads, ..rule }), nodes));
            }
            Err((key, wrong)) => {
                mistakes.push(place.mistake(format!("`{key}` of `{}`: {}", rule.name, wrong.what), wrong.expected));
            }
        }
    }
    for of_kind in book.books.values_mut() {
        of_kind.place = of_kind.program.place(subjects, attributes);
    }
    book
}

fn nodes(
    program: &mut Program,
    words: &Vocabulary<'_>,
    rule: &Rule,
) -> Result<Nodes, (&'static str, crate::rule::Mistaken)> {
    let all = rule.when.iter().map(|when| format!("({when})")).collect::<Vec<_>>().join(" && ");
    let when = if all.is_empty() { "true".to_owned() } else { all };
    // What a duty is made of is told before the expression that follows from it.
    let duty = rule.recurring.as_ref().map(|recurring| duty_nodes(program, words, recurring)).transpose()?;
    let mut truth = |key, text: &str| compile(program, words, text, Some(&Type::Truth)).map_err(|wrong| (key, wrong));
    let when = truth("when", &when)?;
    match &rule.asks {
        Asks::Check { passes, .. } => {
            let asks = truth("passes", passes)?;
            Ok(Nodes { when, asks, receives: None, amount: None, duty })
        }
        Asks::Entitlement { entitled, receives, amount, .. } => {
            let asks = truth("entitled", entitled)?;
            let receives = Some(truth("receives", receives)?);
            let amount = amount
                .as_ref()
                .map(|amount| compile(program, words, amount, Some(&Type::Money)).map_err(|wrong| ("amount", wrong)));
            Ok(Nodes { when, asks, receives, amount: amount.transpose()?, duty: None })
        }
    }
}

fn duty_nodes(
    program: &mut Program,
    words: &Vocabulary<'_>,
    recurring: &Recurring,
) -> Result<DutyNodes, (&'static str, crate::rule::Mistaken)> {
    let [last, due, excused, window] = recurring.texts().map(|(key, text, of)| {
        text.map(|text| compile(program, words, &text, Some(&of)).map_err(|wrong| (key, wrong))).transpose()
    });
    let known = "a duty counts an attribute and has a due day";
    Ok(DutyNodes { last: last?.expect(known), due: due?.expect(known), excused: excused?, window: window? })
}
