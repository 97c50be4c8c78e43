//! The image: our memory of the diary. It is the fold of the rows in order, it answers every question that does not
//! need a sealed body or an old history, and it is never the truth: it is rebuilt from the rows at start.
//!
//! Its collections share structure, so that a clone costs little. A clone is what readers hold as a snapshot, and what
//! the writer tries a group of acts on before they are durable. An act's effects are taken in whole by [`Image::apply`],
//! the only way it changes, live and at start alike.

pub mod case;
pub mod column;
pub mod fact;
mod fold;
pub mod index;
pub mod names;
mod staff;

use crate::catalog::{Attribute, Catalog, Level, Service, Who};
use crate::journal;
use crate::ledger::{Ledger, Limits};
use crate::row::{Rows, SubjectId};
use crate::settlement::{Book, Policy};
use case::{CaseHead, Desk};
use column::{Column, Spells};
use fact::Value;
use index::DigestIndex;
use names::{AreaIx, NameIx, Names};
use std::sync::Arc;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::digest::HashKind;
use yizhan_kit::{Day, Digest16, Hash32, Moment};

/// The attribute of subject 0, the zone itself, whose value is the body that holds the adopted catalog.
pub const ADOPTED_CATALOG: &str = "zone.catalog";

/// The attribute that records which purpose of a subject was forgotten.
pub const FORGOTTEN: &str = "zone.forgotten";

/// The keys whose forgetting an act records.
pub fn forgotten(rows: &Rows) -> impl Iterator<Item = u64> {
    let facts = rows.facts.iter().filter(|row| *row.attribute == *FORGOTTEN);
    facts.filter_map(|row| row.value.as_deref()?.parse().ok())
}

/// What the fold refuses: rows that cannot have been written by us.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The act.
    pub seq: u64,
    /// The table whose row is at fault.
    pub table: &'static str,
    /// Its row number.
    pub n: u64,
    /// What is wrong with it.
    pub what: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "act {}: {} {}: {}", self.seq, self.table, self.n, self.what)
    }
}

/// The owner of a key that was destroyed, or left by a crash.
const NOBODY: SubjectId = SubjectId(u32::MAX);

/// How many rows of each table there are: the next row number of each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Identities, which are counted from 0: subject 0 is the zone.
    pub subjects: u64,
    /// Facts.
    pub facts: u64,
    /// Steps.
    pub steps: u64,
    /// Transfers.
    pub transfers: u64,
    /// Bodies.
    pub bodies: u64,
    /// Deliveries.
    pub outbox: u64,
    /// Keys.
    pub keys: u64,
}

/// What is remembered of an act: enough to answer a repeat as it was answered first. There is one for every act, so it
/// is packed: 28 bytes.
#[derive(Clone, Debug)]
pub struct ActHead {
    /// Three quarters of the digest of its idempotency key; zeros when it had none.
    request_key: [u8; 12],
    /// A quarter of the request's digest, enough to tell a repeat from another body under the same key.
    request: [u8; 4],
    /// When it was recorded.
    at: [u8; 8],
    /// What it was about, plus one; 0 when nothing.
    about: u32,
}

impl ActHead {
    fn new(journal: &crate::row::JournalRow) -> Self {
        Self {
            request_key: journal.request_key.map_or([0; 12], first),
            request: first(journal.request),
            at: journal.at.0.to_le_bytes(),
            about: journal.about.map_or(0, |subject| subject.0 + 1),
        }
    }

    /// Whether a request under the same key asks for the same.
    pub fn is_for(&self, request: Digest16) -> bool {
        self.request == first::<4>(request)
    }

    /// When it was recorded.
    pub fn at(&self) -> Moment {
        Moment(i64::from_le_bytes(self.at))
    }

    /// The subject it was about.
    pub fn about(&self) -> Option<SubjectId> {
        self.about.checked_sub(1).map(SubjectId)
    }
}

fn first<const N: usize>(digest: Digest16) -> [u8; N] {
    digest.0[..N].try_into().expect("no more than sixteen bytes are asked for")
}

#[derive(Clone, Copy, Debug)]
struct SubjectHead {
    kind: NameIx,
    /// Its place among the subjects of its kind, or among the cases.
    slot: u32,
    /// The row number of its latest fact.
    last_fact: u32,
}

/// The memory of one zone.
#[derive(Clone)]
pub struct Image {
    /// The last act.
    pub seq: u64,
    /// The last act's hash.
    pub hash: Hash32,
    /// The hash function of the chain.
    pub hash_kind: HashKind,
    /// When the last act was recorded.
    pub at: Moment,
    /// Row numbers used so far.
    pub counts: Counts,
    pub(crate) names: Names,
    /// What money there is.
    pub(crate) ledger: Ledger,
    /// The bills that are settled.
    pub(crate) book: Book,
    acts: imbl::Vector<ActHead>,
    subjects: imbl::Vector<SubjectHead>,
    cases: imbl::Vector<CaseHead>,
    kinds: imbl::HashMap<NameIx, imbl::Vector<SubjectId>>,
    columns: imbl::HashMap<NameIx, Column>,
    /// Open cases by where they wait, ordered by when they are due.
    work: imbl::HashMap<(AreaIx, Desk), imbl::OrdSet<(u32, u32)>>,
    /// How many cases of a service were opened on a day, and which was the first of them.
    days: imbl::HashMap<(NameIx, Day), imbl::Vector<u32>>,
    /// Who took which step of cases whose route wants four eyes.
    takers: imbl::HashMap<u32, Arc<[(u32, u8)]>>,
    catalogs: imbl::Vector<Arc<Catalog>>,
    /// Whose key each is, by row number; [`NOBODY`] once destroyed.
    keys: imbl::Vector<SubjectId>,
    requests: Arc<DigestIndex>,
    blind: Arc<DigestIndex>,
}

impl Limits for Image {
    fn may_owe(&self, fund: &str, account: SubjectId) -> Option<bool> {
        let fund = self.catalog()?.funds.get(fund)?;
        Some(self.kind(account).is_some_and(|kind| fund.may_owe.iter().any(|owing| **owing == **kind)))
    }

    fn is_case(&self, subject: SubjectId) -> bool {
        self.case(subject).is_some()
    }
}

/// Finds the catalog that an adopting act brought, by the row number of its body.
pub type CatalogOf<'a> = dyn FnMut(u64) -> Result<Arc<Catalog>, String> + 'a;

impl Image {
    /// The memory of a zone in which nothing has happened.
    pub fn empty(hash_kind: HashKind) -> Self {
        Self {
            seq: 0,
            hash: journal::genesis(hash_kind),
            hash_kind,
            at: Moment(0),
            counts: Counts::default(),
            names: Names::default(),
            ledger: Ledger::default(),
            book: Book::default(),
            acts: imbl::Vector::new(),
            subjects: imbl::Vector::new(),
            cases: imbl::Vector::new(),
            kinds: imbl::HashMap::new(),
            columns: imbl::HashMap::new(),
            work: imbl::HashMap::new(),
            days: imbl::HashMap::new(),
            takers: imbl::HashMap::new(),
            catalogs: imbl::Vector::new(),
            keys: imbl::Vector::new(),
            requests: Arc::default(),
            blind: Arc::default(),
        }
    }

    /// The act that was done under an idempotency key.
    pub fn find_request(&self, key: Digest16) -> Option<(u64, &ActHead)> {
        if !self.requests.may_have(key) {
            return None;
        }
        self.requests.candidates(key).into_iter().find_map(|n| {
            let head = self.acts.get((n as usize).checked_sub(1)?)?;
            (head.request_key == first::<12>(key)).then_some((u64::from(n), head))
        })
    }

    /// An act.
    pub fn act(&self, seq: u64) -> Option<&ActHead> {
        self.acts.get(usize::try_from(seq.checked_sub(1)?).ok()?)
    }

    /// The row numbers of the keys that may belong to a digest of the blind index.
    pub(crate) fn find_keys(&self, digest: Digest16) -> Vec<u64> {
        let known = self.keys.len();
        self.blind.candidates(digest).into_iter().filter(|n| *n as usize <= known).map(u64::from).collect()
    }

    /// Whose key it is.
    pub(crate) fn key_owner(&self, key: u64) -> Option<SubjectId> {
        self.keys.get(usize::try_from(key.checked_sub(1)?).ok()?).copied().filter(|owner| *owner != NOBODY)
    }

    /// The adopted catalog in force.
    pub fn catalog(&self) -> Option<&Arc<Catalog>> {
        self.catalogs.last()
    }

    /// The number of the adopted catalog in force, 0 before the first.
    pub fn catalog_number(&self) -> u64 {
        self.catalogs.len() as u64
    }

    /// An adopted catalog by number, from 1.
    pub fn catalog_at(&self, number: u64) -> Option<&Arc<Catalog>> {
        self.catalogs.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    /// A policy of settlement, as the newest catalog that has it says.
    pub fn policy(&self, name: &str) -> Option<&Arc<Policy>> {
        self.catalogs.iter().rev().find_map(|catalog| catalog.policies.get(name))
    }

    /// The kind of a subject.
    pub fn kind(&self, subject: SubjectId) -> Option<&Arc<str>> {
        self.subjects.get(subject.index()).map(|head| self.names.text(head.kind))
    }

    /// The kind of a subject, by the number of its word.
    pub(crate) fn kind_ix(&self, subject: SubjectId) -> Option<NameIx> {
        self.subjects.get(subject.index()).map(|head| head.kind)
    }

    /// The subjects of a kind, in order of creation.
    pub(crate) fn subjects_of(&self, kind: &str) -> impl Iterator<Item = SubjectId> + '_ {
        let members = self.names.find_word(kind).and_then(|name| self.kinds.get(&name));
        members.into_iter().flat_map(|members| members.iter().copied())
    }

    /// The subjects that name another by an attribute on a day.
    pub(crate) fn naming(&self, attribute: &str, named: SubjectId, day: Day) -> Vec<SubjectId> {
        let Some(column) = self.column_of(attribute) else { return Vec::new() };
        let mut slots = Vec::new();
        column.naming(named, day, &mut slots);
        slots.into_iter().filter_map(|slot| self.owner_at(attribute, slot)).collect()
    }

    /// Whose value lies in a slot of an attribute's column. Cases of all services share one count of slots.
    fn owner_at(&self, attribute: &str, slot: u32) -> Option<SubjectId> {
        let kind = self.attribute(attribute).map_or("", |attribute| &attribute.subject);
        match self.members_of(kind) {
            Some(members) => members.get(slot as usize).copied(),
            None => self.cases.get(slot as usize).map(|case| case.subject),
        }
    }

    /// The subjects that named another by an attribute on some day, or were once said to.
    pub(crate) fn ever_naming(&self, attribute: &str, named: SubjectId) -> Vec<SubjectId> {
        let Some(column) = self.column_of(attribute) else { return Vec::new() };
        column.pointing_to(named).iter().filter_map(|slot| self.owner_at(attribute, *slot)).collect()
    }

    /// The subjects whose latest text of an attribute holds what is looked for, with the text.
    pub(crate) fn holding(&self, attribute: &str, part: &str) -> Vec<(SubjectId, Arc<str>)> {
        let Some(column) = self.column_of(attribute) else { return Vec::new() };
        let kind = self.attribute(attribute).map_or("", |attribute| &attribute.subject);
        let Some(members) = self.members_of(kind) else { return Vec::new() };
        let found = column.holding(part).into_iter();
        found.filter_map(|(slot, text)| Some((members.get(slot as usize).copied()?, text))).collect()
    }

    /// The subjects of a kind by slot.
    pub(crate) fn members_of(&self, kind: &str) -> Option<&imbl::Vector<SubjectId>> {
        self.names.find_word(kind).and_then(|name| self.kinds.get(&name))
    }

    /// A subject's place among those of its kind.
    pub(crate) fn slot_of(&self, subject: SubjectId) -> Option<u32> {
        self.subjects.get(subject.index()).map(|head| head.slot)
    }

    /// The row number of a subject's latest fact, from which its history is read backwards.
    pub(crate) fn last_fact(&self, subject: SubjectId) -> Option<u64> {
        self.subjects.get(subject.index()).map(|head| u64::from(head.last_fact)).filter(|n| *n != 0)
    }

    /// How many cases there are.
    pub fn case_count(&self) -> usize {
        self.cases.len()
    }

    /// The head of a case.
    pub(crate) fn case(&self, subject: SubjectId) -> Option<&CaseHead> {
        let head = self.subjects.get(subject.index())?;
        self.cases.get(head.slot as usize).filter(|case| case.subject == subject)
    }

    /// Every case, in order of opening.
    pub(crate) fn cases(&self) -> impl DoubleEndedIterator<Item = &CaseHead> + '_ {
        self.cases.iter()
    }

    /// The service of a case, as it was when the case opened.
    pub fn service(&self, case: &CaseHead) -> &Arc<Service> {
        let catalog = self.catalog_at(u64::from(case.catalog)).expect("a case names an adopted catalog");
        &catalog.services[&**self.names.text(case.service)]
    }

    /// The case of a service by day and number.
    pub(crate) fn find_case(&self, service: &str, day: Day, number: u32) -> Option<&CaseHead> {
        let service = self.names.find_word(service)?;
        let slot = *self.days.get(&(service, day))?.get((number as usize).checked_sub(1)?)?;
        self.cases.get(slot as usize)
    }

    /// A case by its public number, `T-20210131-000017`.
    pub(crate) fn find_numbered(&self, number: &str) -> Option<&CaseHead> {
        let mut parts = number.split('-');
        let (prefix, day, n) = (parts.next()?, parts.next()?, parts.next()?.parse().ok()?);
        let text = |range| day.get(range);
        let day = format!("{}-{}-{}", text(0..4)?, text(4..6)?, text(6..8)?).parse().ok()?;
        let service = self.catalogs.iter().rev().find_map(|catalog| {
            catalog
                .services
                .values()
                .find(|service| service.number_prefix == prefix)
                .map(|service| service.name.clone())
        })?;
        self.find_case(&service, day, n).filter(|case| self.number(case) == number)
    }

    /// The cases of a service, in order of opening.
    pub(crate) fn cases_of(&self, service: &str) -> Vec<&CaseHead> {
        let Some(name) = self.names.find_word(service) else { return Vec::new() };
        let slots = self.days.iter().filter(|((of, _), _)| *of == name).flat_map(|(_, slots)| slots.iter());
        let mut cases: Vec<&CaseHead> = slots.filter_map(|slot| self.cases.get(*slot as usize)).collect();
        cases.sort_unstable_by_key(|case| case.subject);
        cases
    }

    /// The day a case was opened, which is part of its number.
    pub fn opened_at(&self, case: &CaseHead) -> Moment {
        self.acts[case.opened as usize - 1].at()
    }

    /// The public number of a case: `T-20210131-000017`, the seventeenth of its service on that day.
    pub fn number(&self, case: &CaseHead) -> String {
        let day = self.opened_at(case).day();
        let slot = self.subjects[case.subject.index()].slot;
        let of_day = self.days.get(&(case.service, day)).and_then(|slots| slots.binary_search(&slot).ok());
        let n = of_day.expect("a case is among those of its day") + 1;
        let (year, month, day) = day.ymd();
        format!("{}-{year:04}{month:02}{day:02}-{n:06}", self.service(case).number_prefix)
    }

    /// The code of the area that has a case.
    pub fn area(&self, case: &CaseHead) -> RegionCode {
        self.names.code(case.area)
    }

    /// Where an open case waits: at the desk of its step, or at that of its area where the area is larger. A journey to
    /// "somewhere in the township" waits for the township, never for a village that nobody named.
    pub fn desk(&self, case: &CaseHead) -> Desk {
        match self.who(case) {
            Who::Level(level) => Desk::from(self.at_least(case, *level)),
            Who::Role(role) => Desk::Role(self.names.find_word(role).unwrap_or(NameIx(u16::MAX))),
            Who::Opener => Desk::Opener,
        }
    }

    /// Who takes the step that a case waits for: by what is known of the case, where its route says so.
    pub fn who<'a>(&'a self, case: &CaseHead) -> &'a Who {
        let step = &self.service(case).steps[usize::from(case.step)];
        let Some(by) = &step.who_by else { return &step.who };
        match self.latest(case.subject, &by.attribute) {
            Some(Value::Text(code)) => by.is.get(&*code).unwrap_or(&step.who),
            _ => &step.who,
        }
    }

    /// The level that does for a case what a level is to do: the area's own, where that is larger.
    pub fn at_least(&self, case: &CaseHead, level: Level) -> Level {
        level.max(Level::of(self.area(case)))
    }

    /// The open cases that wait at a desk in an area, the most urgent first. Cases without a deadline come last.
    pub(crate) fn waiting(&self, area: AreaIx, desk: Desk) -> impl Iterator<Item = &CaseHead> + '_ {
        self.work.get(&(area, desk)).into_iter().flat_map(|set| set.iter()).map(|(_, slot)| &self.cases[*slot as usize])
    }

    /// How many open cases wait at a desk in an area.
    pub(crate) fn waiting_count(&self, area: AreaIx, desk: Desk) -> usize {
        self.work.get(&(area, desk)).map_or(0, imbl::OrdSet::len)
    }

    /// The areas and desks at which open cases wait.
    pub(crate) fn desks(&self) -> impl Iterator<Item = (AreaIx, Desk)> + '_ {
        self.work.keys().copied()
    }

    /// Which staff took which step of a case whose route wants four eyes, by position on the route.
    pub(crate) fn takers(&self, case: SubjectId) -> &[(u32, u8)] {
        self.takers.get(&case.0).map_or(&[], |takers| takers)
    }

    /// What is true of a subject on a day, as far as memory goes.
    pub(crate) fn fact(&self, subject: SubjectId, attribute: &str, day: Day) -> Option<Value> {
        let (column, slot) = self.column(subject, attribute)?;
        column.on(slot, day)
    }

    /// The latest value of an attribute, whatever the day.
    pub(crate) fn latest(&self, subject: SubjectId, attribute: &str) -> Option<Value> {
        let (column, slot) = self.column(subject, attribute)?;
        column.latest(slot)
    }

    /// The timeline of an attribute kept in memory.
    pub(crate) fn spells(&self, subject: SubjectId, attribute: &str) -> Spells<'_> {
        self.column(subject, attribute).map_or(Spells::One(None), |(column, slot)| column.spells(slot))
    }

    /// Where a subject of the register is: the catalog says which of its attributes tells, over other subjects if need be.
    pub(crate) fn place_of(&self, subject: SubjectId) -> Option<RegionCode> {
        let mut subject = subject;
        // A person lies in a household, a household in a village; nothing lies deeper than that.
        for _ in 0..3 {
            let kind = self.catalog()?.subjects.get(&**self.kind(subject)?)?;
            match self.latest(subject, kind.lies_in.as_deref()?)? {
                Value::Region(code) => return Some(code),
                Value::Subject(other) => subject = other,
                _ => return None,
            }
        }
        None
    }

    /// An attribute as the catalog in force declares it, or the newest catalog that did.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.catalogs.iter().rev().find_map(|catalog| catalog.attributes.get(name))
    }

    /// One attribute of all its subjects.
    pub(crate) fn column_of(&self, attribute: &str) -> Option<&Column> {
        self.columns.get(&self.names.find_word(attribute)?)
    }

    /// The place of a case in the columns of its service.
    pub(crate) fn slot(&self, case: &CaseHead) -> u32 {
        self.subjects[case.subject.index()].slot
    }

    fn column(&self, subject: SubjectId, attribute: &str) -> Option<(&Column, u32)> {
        let head = self.subjects.get(subject.index())?;
        // Slots are counted by kind: another kind's attribute would tell of somebody else.
        let kind = self.names.text(head.kind);
        let own = attribute.strip_prefix(&**kind).is_some_and(|rest| rest.starts_with('.'));
        let column = self.columns.get(&self.names.find_word(attribute)?)?;
        own.then_some((column, head.slot))
    }
}
