//! The image: our memory of the diary. It is the fold of the rows in order, it answers every question that does not
//! need a sealed body or an old history, and it is never the truth: it is rebuilt from the rows at start.
//!
//! Its collections share structure, so that a clone costs little. A clone is what readers hold as a snapshot, and what
//! the writer tries a group of acts on before they are durable. An act's effects are taken in whole by [`Image::apply`],
//! the only way it changes, live and at start alike.

pub mod case;
pub mod fact;
pub mod index;
pub mod names;

use crate::catalog::{Attribute, Catalog, Service};
use crate::journal;
use crate::ledger::Ledger;
use crate::row::{Record, Rows, SubjectId};
use case::{CaseHead, Desk, State, StepVerb};
use fact::{Column, Value};
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
    pub ledger: Ledger,
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

    /// Takes in all that one act wrote: its journal record and its effect rows. Digests go into the shared indexes only
    /// by [`Image::publish`], once they are durable.
    ///
    /// # Errors
    /// When the rows do not continue what is remembered: a gap, a repeat, an unknown subject.
    pub fn apply(&mut self, rows: &Rows, catalog_of: &mut CatalogOf<'_>) -> Result<(), Fault> {
        let [journal] = rows.journal.as_slice() else {
            return Err(self.fault("journal", self.seq + 1, "an act has exactly one record"));
        };
        self.must_follow("journal", self.seq + 1, journal.seq)?;
        if journal.at < self.at {
            return Err(self.fault("journal", journal.seq, "recorded earlier than its predecessor"));
        }
        self.seq = journal.seq;
        self.hash = journal.hash;
        self.at = journal.at;
        self.acts.push_back(ActHead::new(journal));
        for row in &rows.subjects {
            self.must_follow("subject", self.counts.subjects, row.n())?;
            let kind = self.names.word(&row.kind);
            self.add_subject(kind, None);
        }
        self.apply_keys(rows, journal.keys)?;
        self.apply_bodies(rows, journal.last_body)?;
        for row in &rows.steps {
            self.must_follow("step", self.counts.steps + 1, row.n)?;
            self.counts.steps += 1;
            self.apply_step(row, journal)?;
        }
        for row in &rows.facts {
            self.must_follow("fact", self.counts.facts + 1, row.n)?;
            self.counts.facts += 1;
            self.apply_fact(row, catalog_of)?;
        }
        for row in &rows.transfers {
            self.must_follow("transfer", self.counts.transfers + 1, row.n)?;
            self.counts.transfers += 1;
            self.ledger.apply(row).map_err(|what| self.fault("transfer", row.n, what))?;
        }
        for row in &rows.outbox {
            self.must_follow("outbox", self.counts.outbox + 1, row.n)?;
            self.counts.outbox += 1;
        }
        Ok(())
    }

    /// Puts the digests of durable rows into the indexes that all snapshots share.
    pub fn publish(&self, rows: &Rows) {
        for row in &rows.journal {
            if let Some(key) = row.request_key {
                self.requests.insert(key, short(row.seq));
            }
        }
        for row in &rows.keys {
            for digest in row.digests() {
                self.blind.insert(digest, short(row.n));
            }
        }
        for key in &rows.forget {
            for digest in key.blind.chunks_exact(16) {
                self.blind.remove(Digest16(digest.try_into().expect("chunks of sixteen bytes")), short(key.n));
            }
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
    pub fn find_keys(&self, digest: Digest16) -> Vec<u64> {
        let known = self.keys.len();
        self.blind.candidates(digest).into_iter().filter(|n| *n as usize <= known).map(u64::from).collect()
    }

    /// Whose key it is.
    pub fn key_owner(&self, key: u64) -> Option<SubjectId> {
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

    /// The kind of a subject.
    pub fn kind(&self, subject: SubjectId) -> Option<&Arc<str>> {
        self.subjects.get(subject.index()).map(|head| self.names.text(head.kind))
    }

    /// The subjects of a kind, in order of creation.
    pub fn subjects_of(&self, kind: &str) -> impl Iterator<Item = SubjectId> + '_ {
        let members = self.names.find_word(kind).and_then(|name| self.kinds.get(&name));
        members.into_iter().flat_map(|members| members.iter().copied())
    }

    /// The row number of a subject's latest fact, from which its history is read backwards.
    pub fn last_fact(&self, subject: SubjectId) -> Option<u64> {
        self.subjects.get(subject.index()).map(|head| u64::from(head.last_fact)).filter(|n| *n != 0)
    }

    /// How many cases there are.
    pub fn case_count(&self) -> usize {
        self.cases.len()
    }

    /// The head of a case.
    pub fn case(&self, subject: SubjectId) -> Option<&CaseHead> {
        let head = self.subjects.get(subject.index())?;
        self.cases.get(head.slot as usize).filter(|case| case.subject == subject)
    }

    /// Every case, in order of opening.
    pub fn cases(&self) -> impl DoubleEndedIterator<Item = &CaseHead> + '_ {
        self.cases.iter()
    }

    /// The service of a case, as it was when the case opened.
    pub fn service(&self, case: &CaseHead) -> &Arc<Service> {
        let catalog = self.catalog_at(u64::from(case.catalog)).expect("a case names an adopted catalog");
        &catalog.services[&**self.names.text(case.service)]
    }

    /// The case of a service by day and number.
    pub fn find_case(&self, service: &str, day: Day, number: u32) -> Option<&CaseHead> {
        let service = self.names.find_word(service)?;
        let slot = *self.days.get(&(service, day))?.get((number as usize).checked_sub(1)?)?;
        self.cases.get(slot as usize)
    }

    /// A case by its public number, `T-20210131-000017`.
    pub fn find_numbered(&self, number: &str) -> Option<&CaseHead> {
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

    /// Where an open case waits.
    pub fn desk(&self, case: &CaseHead) -> Desk {
        let service = self.service(case);
        case::desk(&service.steps[usize::from(case.step)].who, |role| {
            self.names.find_word(role).unwrap_or(NameIx(u16::MAX))
        })
    }

    /// The open cases that wait at a desk in an area, the most urgent first. Cases without a deadline come last.
    pub fn waiting(&self, area: AreaIx, desk: Desk) -> impl Iterator<Item = &CaseHead> + '_ {
        self.work.get(&(area, desk)).into_iter().flat_map(|set| set.iter()).map(|(_, slot)| &self.cases[*slot as usize])
    }

    /// How many open cases wait at a desk in an area.
    pub fn waiting_count(&self, area: AreaIx, desk: Desk) -> usize {
        self.work.get(&(area, desk)).map_or(0, imbl::OrdSet::len)
    }

    /// The areas and desks at which open cases wait.
    pub fn desks(&self) -> impl Iterator<Item = (AreaIx, Desk)> + '_ {
        self.work.keys().copied()
    }

    /// Which staff took which step of a case whose route wants four eyes, by position on the route.
    pub fn takers(&self, case: SubjectId) -> &[(u32, u8)] {
        self.takers.get(&case.0).map_or(&[], |takers| takers)
    }

    /// What is true of a subject on a day, as far as memory goes.
    pub fn fact(&self, subject: SubjectId, attribute: &str, day: Day) -> Option<&Value> {
        let (column, slot) = self.column(subject, attribute)?;
        column.on(slot, day)
    }

    /// The latest value of an attribute, whatever the day.
    pub fn latest(&self, subject: SubjectId, attribute: &str) -> Option<&Value> {
        let (column, slot) = self.column(subject, attribute)?;
        column.latest(slot)
    }

    /// The timeline of an attribute kept in memory.
    pub fn spells(&self, subject: SubjectId, attribute: &str) -> &[fact::Spell] {
        self.column(subject, attribute).map_or(&[], |(column, slot)| column.spells(slot))
    }

    /// An attribute as the catalog in force declares it, or the newest catalog that did.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.catalogs.iter().rev().find_map(|catalog| catalog.attributes.get(name))
    }

    fn column(&self, subject: SubjectId, attribute: &str) -> Option<(&Column, u32)> {
        let head = self.subjects.get(subject.index())?;
        let column = self.columns.get(&self.names.find_word(attribute)?)?;
        Some((column, head.slot))
    }

    fn add_subject(&mut self, kind: NameIx, case_slot: Option<u32>) {
        let id = SubjectId(short(self.counts.subjects));
        let slot = case_slot.unwrap_or_else(|| {
            let members = self.kinds.entry(kind).or_default();
            members.push_back(id);
            short(members.len() as u64 - 1)
        });
        self.subjects.push_back(SubjectHead { kind, slot, last_fact: 0 });
        self.counts.subjects += 1;
    }

    /// Keys that were destroyed since leave a gap.
    fn apply_keys(&mut self, rows: &Rows, last: u64) -> Result<(), Fault> {
        if last < self.counts.keys {
            return Err(self.fault("journal", self.seq, "counts fewer keys than its predecessor"));
        }
        let first = self.counts.keys + 1;
        self.keys.extend((first..=last).map(|_| NOBODY));
        for row in &rows.keys {
            if row.n < first {
                return Err(self.fault("key", row.n, "was not made by this act"));
            }
            if row.n > last {
                continue; // left by a crash before its evidence was committed
            }
            self.keys.set(short(row.n) as usize - 1, row.subject);
        }
        self.counts.keys = last;
        Ok(())
    }

    /// Bodies are not read at start; their numbers are.
    fn apply_bodies(&mut self, rows: &Rows, last: u64) -> Result<(), Fault> {
        let first = self.counts.bodies + 1;
        let numbered = rows.bodies.iter().zip(first..).all(|(row, n)| row.n == n);
        let complete = rows.bodies.is_empty() || rows.bodies.len() as u64 == (last + 1).saturating_sub(first);
        if last < self.counts.bodies || !numbered || !complete {
            return Err(self.fault("body", first, "bodies are missing, or are not numbered in order"));
        }
        self.counts.bodies = last;
        Ok(())
    }

    fn apply_step(&mut self, row: &crate::row::StepRow, journal: &crate::row::JournalRow) -> Result<(), Fault> {
        let Some(verb) = StepVerb::parse(&row.verb) else {
            return Err(self.fault("step", row.n, "is an unknown verb"));
        };
        if verb == StepVerb::Open {
            return self.open_case(row, journal);
        }
        let Some(slot) = self.subjects.get(row.case.index()).map(|head| head.slot as usize) else {
            return Err(self.fault("step", row.n, "is about an unknown case"));
        };
        let Some(mut head) = self.cases.get(slot).filter(|head| head.subject == row.case).cloned() else {
            return Err(self.fault("step", row.n, "is about a subject that is no case"));
        };
        if row.before != Some(u64::from(head.last_step)) {
            return Err(self.fault("step", row.n, "does not follow the case's last step"));
        }
        let catalog = self.catalog_at(u64::from(head.catalog)).expect("a case names an adopted catalog").clone();
        let service = &catalog.services[&**self.names.text(head.service)];
        self.leave_desk(&head, slot);
        let taken = head.step;
        head.apply(row, verb, journal.at, service, &catalog.calendar);
        head.area = self.names.area(area_of(row)?);
        if !service.steps.iter().all(|step| step.same_person)
            && matches!(verb, StepVerb::Sign | StepVerb::SendBack)
            && let Some(staff) = journal::staff_of(&journal.actor)
        {
            self.add_taker(row.case.0, staff.0, taken);
        }
        self.join_desk(&head, slot);
        self.cases.set(slot, head);
        Ok(())
    }

    fn open_case(&mut self, row: &crate::row::StepRow, journal: &crate::row::JournalRow) -> Result<(), Fault> {
        self.must_follow("step", self.counts.subjects, u64::from(row.case.0))?;
        let service_name = self.names.word(&row.name);
        let area = self.names.area(area_of(row)?);
        let Some(catalog) = self.catalog_at(journal.catalog).cloned() else {
            return Err(self.fault("step", row.n, "was opened under a catalog that was never adopted"));
        };
        let Some(service) = catalog.services.get(&*row.name) else {
            return Err(self.fault("step", row.n, "was opened for a service its catalog does not have"));
        };
        for step in &service.steps {
            if let crate::catalog::Who::Role(role) = &step.who {
                self.names.word(role);
            }
        }
        let slot = self.cases.len();
        self.add_subject(service_name, Some(short(slot as u64)));
        let today = self.days.entry((service_name, journal.at.day())).or_default();
        today.push_back(short(slot as u64));
        let mut head = CaseHead {
            subject: row.case,
            service: service_name,
            catalog: u16::try_from(journal.catalog).expect("fewer than 65536 catalogs adopted"),
            area,
            state: State::Open,
            step: 0,
            opened: short(row.seq),
            changed: short(row.seq),
            due_minutes: 0,
            key: short(row.key.unwrap_or(0)),
            last_step: short(row.n),
            since_minutes: 0,
        };
        head.begin_step(journal.at, service, &catalog.calendar);
        self.join_desk(&head, slot);
        self.cases.push_back(head);
        Ok(())
    }

    fn add_taker(&mut self, case: u32, staff: u32, step: u8) {
        let mut takers = self.takers.get(&case).map_or_else(Vec::new, |takers| takers.to_vec());
        if !takers.contains(&(staff, step)) {
            takers.push((staff, step));
            self.takers.insert(case, takers.into());
        }
    }

    fn apply_fact(&mut self, row: &crate::row::FactRow, catalog_of: &mut CatalogOf<'_>) -> Result<(), Fault> {
        let Some(head) = self.subjects.get(row.subject.index()).copied() else {
            return Err(self.fault("fact", row.n, "is about an unknown subject"));
        };
        if row.before.unwrap_or(0) != u64::from(head.last_fact) {
            return Err(self.fault("fact", row.n, "does not follow its subject's last fact"));
        }
        self.subjects.set(row.subject.index(), SubjectHead { last_fact: short(row.n), ..head });
        if *row.attribute == *ADOPTED_CATALOG {
            let Some(body) = row.value.as_deref().and_then(|text| text.parse().ok()) else {
                return Err(self.fault("fact", row.n, "names no catalog body"));
            };
            let catalog = catalog_of(body).map_err(|what| self.fault("fact", row.n, what))?;
            self.catalogs.push_back(catalog);
            return Ok(());
        }
        if *row.attribute == *FORGOTTEN {
            let key = row.value.as_deref().and_then(|text| text.parse::<usize>().ok()).and_then(|n| n.checked_sub(1));
            return match key.filter(|place| *place < self.keys.len()) {
                Some(place) => {
                    self.keys.set(place, NOBODY);
                    Ok(())
                }
                None => Err(self.fault("fact", row.n, "forgets a key that was never made")),
            };
        }
        let Some(catalog) = self.catalogs.iter().rev().find(|catalog| catalog.attributes.contains_key(&*row.attribute))
        else {
            return Err(self.fault("fact", row.n, format!("attribute {} is in no adopted catalog", row.attribute)));
        };
        let catalog = catalog.clone();
        let attribute = &catalog.attributes[&*row.attribute];
        let name = self.names.word(&row.attribute);
        self.columns.entry(name).or_default().apply(head.slot, row, attribute);
        Ok(())
    }

    fn leave_desk(&mut self, head: &CaseHead, slot: usize) {
        if head.state.is_open() {
            let key = (head.area, self.desk(head));
            if let Some(set) = self.work.get_mut(&key) {
                set.remove(&(urgency(head), short(slot as u64)));
            }
        }
    }

    fn join_desk(&mut self, head: &CaseHead, slot: usize) {
        if head.state.is_open() {
            let key = (head.area, self.desk(head));
            self.work.entry(key).or_default().insert((urgency(head), short(slot as u64)));
        }
    }

    fn must_follow(&self, table: &'static str, expected: u64, found: u64) -> Result<(), Fault> {
        if expected == found {
            return Ok(());
        }
        Err(self.fault(table, found, format!("expected number {expected}")))
    }

    fn fault(&self, table: &'static str, n: u64, what: impl Into<String>) -> Fault {
        Fault { seq: self.seq, table, n, what: what.into() }
    }
}

fn urgency(head: &CaseHead) -> u32 {
    if head.due_minutes == 0 { u32::MAX } else { head.due_minutes }
}

fn area_of(row: &crate::row::StepRow) -> Result<RegionCode, Fault> {
    RegionCode::try_from(row.area).map_err(|_| Fault {
        seq: row.seq,
        table: "step",
        n: row.n,
        what: format!("area {} is no region code", row.area),
    })
}

fn short(n: u64) -> u32 {
    u32::try_from(n).expect("fewer than 2^32 rows in a zone")
}
