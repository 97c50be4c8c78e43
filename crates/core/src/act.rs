//! An act: who wants what, under which idempotency key. Deciding it is pure: it reads the image and answers with the
//! rows it would write or with a named refusal. It has no clock, no engine and no chance; ids, time, nonces and sealed
//! bytes are handed in.

use crate::catalog::Attribute;
use crate::image::case::{CaseHead, StepVerb};
use crate::image::fact::Value;
use crate::image::{Counts, FORGOTTEN, Image};
use crate::ledger::Phase;
use crate::problem;
use crate::row::{BodyRow, FactRow, ForgetKey, KeyRow, OutboxRow, Rows, StepRow, SubjectId, SubjectRow, TransferRow};
use std::sync::Arc;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Digest16, Fen, Moment, Problem};

/// Who acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Actor {
    /// The program itself, or the engineer at its command line.
    System,
    /// Somebody without an account.
    Resident,
    /// Whoever holds the receipt of a case.
    Holder(SubjectId),
    /// A member of staff, possibly as a deputy.
    Staff {
        /// Who.
        id: SubjectId,
        /// In whose place, by a dated delegation.
        instead_of: Option<SubjectId>,
    },
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Resident => f.write_str("resident"),
            Self::Holder(case) => write!(f, "holder:{case}"),
            Self::Staff { id, instead_of: None } => write!(f, "staff:{id}"),
            Self::Staff { id, instead_of: Some(other) } => write!(f, "staff:{id} for staff:{other}"),
        }
    }
}

/// What may be done: one type for each verb, in core and in the rooms.
pub trait Verb: Send + Sync {
    /// Its name in the journal.
    fn name(&self) -> &'static str;

    /// Decides it: adds what it would write to `effects`.
    ///
    /// # Errors
    /// A named refusal; then nothing is written.
    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem>;
}

impl Verb for Box<dyn Verb> {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        (**self).decide(scene, effects)
    }
}

/// A request to do something.
#[derive(Clone)]
pub struct Act {
    /// Who wants it.
    pub actor: Actor,
    /// The digest of scope and idempotency key, when the request had one.
    pub request_key: Option<Digest16>,
    /// The digest of the request.
    pub request: Digest16,
    /// What is wanted.
    pub verb: Arc<dyn Verb>,
}

/// What a decision may look at.
pub struct Scene<'a> {
    /// What is known, the acts decided before in the same group included.
    pub image: &'a Image,
    /// Who acts.
    pub actor: Actor,
    /// When it will be recorded.
    pub at: Moment,
}

impl Scene<'_> {
    /// The civil day of the act.
    pub fn today(&self) -> Day {
        self.at.day()
    }
}

/// A key made for one person and purpose, before the decision.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What for.
    pub purpose: Arc<str>,
    /// Wrapped under the zone's key.
    pub wrapped: Arc<[u8]>,
    /// Digests of the blind index, 16 bytes each.
    pub blind: Arc<[u8]>,
}

/// A fact to record.
#[derive(Clone, Debug)]
pub struct NewFact<'a> {
    /// Whom it is about.
    pub subject: SubjectId,
    /// The attribute's full name.
    pub attribute: &'a str,
    /// Its canonical text; absent to retract.
    pub value: Option<&'a str>,
    /// The first day it holds.
    pub from: Day,
    /// The first day it no longer holds.
    pub to: Option<Day>,
    /// Where it comes from.
    pub source: &'a str,
}

/// What an act would write. It gives out row numbers that continue the image's.
pub struct Effects<'a> {
    image: &'a Image,
    seq: u64,
    counts: Counts,
    rows: Rows,
    about: Option<SubjectId>,
}

impl<'a> Effects<'a> {
    /// Nothing yet, for the act after the image's last.
    pub fn new(image: &'a Image) -> Self {
        Self { image, seq: image.seq + 1, counts: image.counts, rows: Rows::default(), about: None }
    }

    /// The rows, the subject the act is about, and how many rows of each table there would be.
    pub fn into_rows(self) -> (Rows, Option<SubjectId>, Counts) {
        (self.rows, self.about, self.counts)
    }

    /// Names the subject that the answer speaks of.
    pub fn about(&mut self, subject: SubjectId) {
        self.about = Some(subject);
    }

    /// A new identity of a kind.
    pub fn subject(&mut self, kind: &str) -> SubjectId {
        let id = self.next_subject();
        self.rows.subjects.push(SubjectRow { id, seq: self.seq, kind: kind.into() });
        id
    }

    /// A key for a person and purpose.
    pub fn key(&mut self, subject: SubjectId, key: &NewKey) -> u64 {
        self.counts.keys += 1;
        self.rows.keys.push(KeyRow {
            n: self.counts.keys,
            seq: self.seq,
            subject,
            purpose: key.purpose.clone(),
            wrapped: key.wrapped.clone(),
            blind: key.blind.clone(),
        });
        self.counts.keys
    }

    /// A sealed body.
    pub fn body(&mut self, key: Option<u64>, sealed: &Arc<[u8]>) -> u64 {
        self.counts.bodies += 1;
        self.rows.bodies.push(BodyRow { n: self.counts.bodies, seq: self.seq, key, sealed: sealed.clone() });
        self.counts.bodies
    }

    /// Opens a case of a service in an area, with its sealed form.
    pub fn open_case(&mut self, service: &str, area: RegionCode, key: &NewKey, form: &Arc<[u8]>) -> SubjectId {
        let case = self.next_subject();
        let key = self.key(case, key);
        let body = self.body(Some(key), form);
        self.counts.steps += 1;
        self.rows.steps.push(StepRow {
            n: self.counts.steps,
            seq: self.seq,
            case,
            verb: StepVerb::Open.as_str().into(),
            name: service.into(),
            area: area.into(),
            key: Some(key),
            body: Some(body),
            before: None,
        });
        self.about = Some(case);
        case
    }

    /// A later step of a case.
    pub fn step(&mut self, case: &CaseHead, verb: StepVerb, name: &str, area: RegionCode, body: Option<u64>) {
        self.counts.steps += 1;
        self.rows.steps.push(StepRow {
            n: self.counts.steps,
            seq: self.seq,
            case: case.subject,
            verb: verb.as_str().into(),
            name: name.into(),
            area: area.into(),
            key: None,
            body,
            before: Some(u64::from(case.last_step)),
        });
        self.about = Some(case.subject);
    }

    /// A fact, checked against its attribute.
    ///
    /// # Errors
    /// `unknown-attribute` and `wrong-type`.
    pub fn fact(&mut self, fact: &NewFact<'_>) -> Result<(), Problem> {
        let attribute = self.attribute(fact.attribute)?;
        if let Some(text) = fact.value {
            Value::parse(attribute, text).map_err(|bad| problem::wrong_type(fact.attribute, text, &bad.expected))?;
        }
        self.push_fact(fact, None);
        Ok(())
    }

    /// A fact whose value is sealed under a key.
    ///
    /// # Errors
    /// `unknown-attribute`; `wrong-type` when the attribute is not a sealed one.
    pub fn sealed_fact(&mut self, fact: &NewFact<'_>, key: u64, sealed: &Arc<[u8]>) -> Result<(), Problem> {
        if self.attribute(fact.attribute)?.sealed.is_none() {
            return Err(problem::wrong_type(fact.attribute, "a sealed value", "an open value"));
        }
        self.push_fact(fact, Some((key, sealed)));
        Ok(())
    }

    /// A fact about the zone itself, which no catalog declares: which catalog is adopted, what was forgotten.
    pub(crate) fn zone_fact(
        &mut self,
        subject: SubjectId,
        attribute: &'static str,
        value: &str,
        on: Day,
        source: &str,
    ) {
        self.push_fact(&NewFact { subject, attribute, value: Some(value), from: on, to: None, source }, None);
    }

    #[allow(clippy::too_many_arguments, reason = "a transfer cites its case, its rule and what it settles")]
    /// A transfer in one of its phases. Whether it is possible is decided when it is folded in; see [`crate::ledger`].
    pub fn transfer(
        &mut self,
        case: SubjectId,
        phase: Phase,
        pending: Option<u64>,
        fund: &str,
        rule: Option<&str>,
        parties: (SubjectId, SubjectId),
        amount: Fen,
    ) -> u64 {
        self.counts.transfers += 1;
        self.rows.transfers.push(TransferRow {
            n: self.counts.transfers,
            seq: self.seq,
            case,
            phase: phase.as_str().into(),
            pending,
            fund: fund.into(),
            debit: parties.0,
            credit: parties.1,
            amount_fen: amount.0,
            rule: rule.map(Into::into),
        });
        self.counts.transfers
    }

    /// Something to deliver after the commit.
    pub fn deliver(&mut self, kind: &str, key: Option<u64>, payload: &Arc<[u8]>) {
        self.counts.outbox += 1;
        self.rows.outbox.push(OutboxRow {
            n: self.counts.outbox,
            seq: self.seq,
            kind: kind.into(),
            key,
            payload: payload.clone(),
        });
    }

    /// Destroys a subject's key once the act is durable; `blind` are its digests.
    pub fn forget(&mut self, subject: SubjectId, key: u64, blind: &Arc<[u8]>, on: Day) {
        self.zone_fact(subject, FORGOTTEN, &key.to_string(), on, "forget");
        self.rows.forget.push(ForgetKey { n: key, blind: blind.clone() });
    }

    fn attribute(&self, name: &str) -> Result<&'a Attribute, Problem> {
        self.image.attribute(name).ok_or_else(|| problem::unknown_attribute(name))
    }

    fn next_subject(&mut self) -> SubjectId {
        let id = SubjectId(u32::try_from(self.counts.subjects).expect("fewer than 2^32 subjects in a zone"));
        self.counts.subjects += 1;
        id
    }

    fn push_fact(&mut self, fact: &NewFact<'_>, sealed: Option<(u64, &Arc<[u8]>)>) {
        self.counts.facts += 1;
        let earlier = self.rows.facts.iter().rev().find(|row| row.subject == fact.subject).map(|row| row.n);
        self.rows.facts.push(FactRow {
            n: self.counts.facts,
            seq: self.seq,
            subject: fact.subject,
            attribute: fact.attribute.into(),
            value: fact.value.map(Into::into),
            sealed: sealed.map(|(_, bytes)| bytes.clone()),
            key: sealed.map(|(key, _)| key),
            true_from: fact.from,
            true_to: fact.to,
            before: earlier.or_else(|| self.image.last_fact(fact.subject)),
            source: fact.source.into(),
        });
    }
}
