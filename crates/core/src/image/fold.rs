//! The fold: how rows become memory. The only way the image changes, live and at start alike.

use super::case::{CaseHead, State, StepVerb};
use super::names::NameIx;
use super::{ADOPTED_CATALOG, ActHead, CatalogOf, FORGOTTEN, Fault, Image, NOBODY, SubjectHead, forgotten};
use crate::journal;
use crate::row::{FactRow, JournalRow, Record, Rows, StepRow, SubjectId};
use std::collections::HashSet;
use yizhan_kit::Digest16;
use yizhan_kit::codes::RegionCode;

impl Image {
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
            self.ledger.apply(row).map_err(|refused| self.fault("transfer", row.n, refused.says().1))?;
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

    /// As [`Image::publish`], of acts that another process wrote: what was forgotten is named by their facts, its digests by nobody.
    pub fn publish_followed(&self, acts: &[Rows]) {
        acts.iter().for_each(|rows| self.publish(rows));
        let gone: HashSet<u32> = acts.iter().flat_map(forgotten).map(short).collect();
        if !gone.is_empty() {
            self.blind.strike(&gone);
        }
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

    fn apply_step(&mut self, row: &StepRow, journal: &JournalRow) -> Result<(), Fault> {
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

    fn open_case(&mut self, row: &StepRow, journal: &JournalRow) -> Result<(), Fault> {
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
            for who in step.takers() {
                if let crate::catalog::Who::Role(role) = who {
                    self.names.word(role);
                }
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

    fn apply_fact(&mut self, row: &FactRow, catalog_of: &mut CatalogOf<'_>) -> Result<(), Fault> {
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
        if self.cases.get(head.slot as usize).is_some_and(|case| case.subject == row.subject) {
            self.apply_bill(row)?;
        }
        let name = self.names.word(&row.attribute);
        // What is learned of a case may bring it to another desk.
        let moves = self.case(row.subject).filter(|case| self.is_sent_by(case, &row.attribute)).cloned();
        if let Some(case) = &moves {
            self.leave_desk(case, head.slot as usize);
        }
        self.columns.entry(name).or_default().apply(head.slot, row, attribute);
        if let Some(case) = &moves {
            self.join_desk(case, head.slot as usize);
        }
        Ok(())
    }

    /// What a fact of a case says of a bill: whose it is, what it came to, that it stands no longer.
    fn apply_bill(&mut self, row: &FactRow) -> Result<(), Fault> {
        let Some(case) = self.case(row.subject) else { return Ok(()) };
        let service = self.service(case).clone();
        let Some(settles) = &service.settles else { return Ok(()) };
        if *row.attribute == *settles.slip {
            match &row.value {
                None => self.book.strike(row.subject),
                Some(text) => match serde_json::from_str(text) {
                    Ok(kept) => self.book.put(row.subject, row.seq, kept),
                    Err(error) => return Err(self.fault("fact", row.n, format!("is no slip: {error}"))),
                },
            }
        } else if *row.attribute == *settles.person
            && let Some(person) = row.value.as_deref().and_then(|text| text.parse().ok())
        {
            self.book.concerns(SubjectId(person), row.subject);
        }
        Ok(())
    }

    /// Whether an attribute says who takes the step that a case waits for.
    fn is_sent_by(&self, case: &CaseHead, attribute: &str) -> bool {
        let step = &self.service(case).steps[usize::from(case.step)];
        step.who_by.as_ref().is_some_and(|by| by.attribute == attribute)
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

fn area_of(row: &StepRow) -> Result<RegionCode, Fault> {
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
