//! The writer: one for each zone. It decides a group of acts on a draft of the image, appends all their rows in one
//! commit, and only then lets anyone see or hear of it.
//!
//! A state machine without a thread, a clock or chance of its own; [`crate::zone`] gives it a thread, a simulator may
//! drive it from a seed.

use crate::act::{Act, Effects, Scene};
use crate::catalog::Catalog;
use crate::image::{CatalogOf, Fault, Image};
use crate::journal;
use crate::ledger::Refused;
use crate::problem;
use crate::row::{JournalRow, Rows, SubjectId};
use crate::waist::{AppendError, Engine};
use std::collections::HashMap;
use std::sync::Arc;
use yizhan_kit::{Digest16, Moment, Problem};

/// The most acts in one commit.
pub const GROUP: usize = 1024;

/// What became of an act that was accepted, now or earlier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// Its place in the journal.
    pub seq: u64,
    /// When it was recorded.
    pub at: Moment,
    /// What it was about.
    pub about: Option<SubjectId>,
    /// Whether this is the answer that an earlier request under the same key got.
    pub repeated: bool,
}

/// The answer to one act.
pub type Answer = Result<Outcome, Problem>;

/// What a group came to.
pub enum Verdict {
    /// Everyone is answered, in order.
    Answered(Vec<Answer>),
    /// The commit was sent and nobody knows whether it arrived: ask [`Writer::resolve`] until it knows.
    InDoubt,
}

/// A group whose commit is in doubt.
struct Doubt {
    draft: Image,
    rows: Rows,
    answers: Vec<Answer>,
}

/// Writes one zone.
pub struct Writer {
    engine: Engine,
    epoch: u64,
    image: Image,
    doubt: Option<Doubt>,
    /// Why nothing can be written: the zone belongs to another, or its image is incomplete.
    closed: Option<Problem>,
}

/// A group decided on a draft.
struct Decided {
    draft: Image,
    rows: Vec<Rows>,
    answers: Vec<Answer>,
}

/// The first answer to a request, if it was made before: a repeat gets it again, whatever has happened since.
pub fn answered(image: &Image, key: Digest16, request: Digest16) -> Option<Answer> {
    let (seq, head) = image.find_request(key)?;
    if !head.is_for(request) {
        return Some(Err(key_reused()));
    }
    Some(Ok(Outcome { seq, at: head.at(), about: head.about(), repeated: true }))
}

fn key_reused() -> Problem {
    problem::KEY_REUSED.problem(
        "同一个 Idempotency-Key 之前提交过不同的内容。若要提交新的内容，请换一个编号。",
        "This Idempotency-Key came with another body before. Use a new key for a new request.",
    )
}

impl Writer {
    /// Takes a zone up where its image stands.
    pub fn new(engine: Engine, epoch: u64, image: Image) -> Self {
        Self { engine, epoch, image, doubt: None, closed: None }
    }

    /// What is known and durable.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// The engine it writes to.
    pub fn engine(&mut self) -> &mut Engine {
        &mut self.engine
    }

    /// Takes in acts that another owner wrote. Only while it decides nothing itself.
    ///
    /// # Errors
    /// When the rows do not continue what is known; then the image is as it was.
    pub fn follow(&mut self, acts: &[Rows], catalog_of: &mut CatalogOf<'_>) -> Result<(), Fault> {
        let mut draft = self.image.clone();
        let kind = draft.hash_kind;
        for rows in acts {
            let record = rows.journal.first();
            if record.is_none_or(|record| journal::record_hash(kind, draft.hash, record, rows) != record.hash) {
                let (n, what) = (draft.seq + 1, "the chain does not go on from what is known".into());
                return Err(Fault { seq: n, table: "journal", n, what });
            }
            draft.apply(rows, catalog_of)?;
        }
        draft.publish_followed(acts);
        self.image = draft;
        Ok(())
    }

    /// Decides from now on, as the owner of an epoch.
    pub fn own(&mut self, epoch: u64) {
        self.epoch = epoch;
        self.closed = None;
    }

    /// Whether it refuses every act.
    pub fn is_closed(&self) -> bool {
        self.closed.is_some()
    }

    /// Refuses every act from now on, with this.
    pub fn close(&mut self, why: Problem) {
        self.closed = Some(why);
    }

    /// Decides a group and makes it durable.
    ///
    /// # Panics
    /// When a group is still in doubt.
    pub fn commit(&mut self, now: Moment, acts: &[Act]) -> Verdict {
        assert!(self.doubt.is_none(), "a group in doubt is resolved before the next one is taken");
        if let Some(why) = &self.closed {
            return Verdict::Answered(acts.iter().map(|_| Err(why.clone())).collect());
        }
        let decided = self.decide(now, acts);
        if decided.rows.is_empty() {
            return Verdict::Answered(decided.answers);
        }
        let accepted = decided.rows.len();
        match self.append(decided) {
            Ok(verdict) => verdict,
            // One bad row must harm only its own act.
            Err(_) if accepted > 1 => self.commit_singly(now, acts),
            Err(what) => {
                let refused = problem::ROW_REFUSED
                    .problem(format!("数据库拒绝了这一行：{what}"), format!("The database refused a row: {what}"));
                Verdict::Answered(acts.iter().map(|_| Err(refused.clone())).collect())
            }
        }
    }

    /// Finds out what became of the group in doubt, by reading the head again. Answers nothing while it cannot be read.
    pub fn resolve(&mut self) -> Option<Vec<Answer>> {
        let doubt = self.doubt.as_ref()?;
        let head = self.engine.settled_head().ok()?;
        let (before, after) = (self.image.seq, doubt.draft.seq);
        let committed = head.seq == after && head.hash == doubt.draft.hash && head.epoch == self.epoch;
        let untouched = head.seq == before && head.epoch == self.epoch;
        let doubt = self.doubt.take()?;
        if committed {
            return Some(self.adopt(doubt.draft, &doubt.rows, doubt.answers));
        }
        let why =
            if untouched { unavailable("提交没有完成", "the commit did not happen") } else { self.fenced() };
        Some(refuse_accepted(doubt.answers, self.image.seq, &why))
    }

    fn decide(&self, now: Moment, acts: &[Act]) -> Decided {
        let mut decided = Decided {
            draft: self.image.clone(),
            rows: Vec::with_capacity(acts.len()),
            answers: Vec::with_capacity(acts.len()),
        };
        let mut in_group: HashMap<Digest16, (Digest16, Outcome)> = HashMap::new();
        for act in acts {
            let answer = match self.earlier(act, &in_group) {
                Some(answer) => answer,
                None => decided.take(now, act, &self.image),
            };
            if let (Some(key), Ok(outcome)) = (act.request_key, &answer) {
                in_group.entry(key).or_insert((act.request, *outcome));
            }
            decided.answers.push(answer);
        }
        decided
    }

    /// The answer that an earlier request under the same key got.
    fn earlier(&self, act: &Act, in_group: &HashMap<Digest16, (Digest16, Outcome)>) -> Option<Answer> {
        let key = act.request_key?;
        match in_group.get(&key) {
            Some((request, outcome)) if *request == act.request => Some(Ok(Outcome { repeated: true, ..*outcome })),
            Some(_) => Some(Err(key_reused())),
            None => answered(&self.image, key, act.request),
        }
    }

    /// Appends what was decided. Only a refused row is an error, because only then it is worth trying singly.
    fn append(&mut self, decided: Decided) -> Result<Verdict, String> {
        let Decided { draft, rows: of_acts, answers } = decided;
        let mut rows = Rows::default();
        for act in of_acts {
            rows.append(act);
        }
        match self.engine.append(self.epoch, self.image.seq, draft.hash, &rows) {
            Ok(()) => Ok(Verdict::Answered(self.adopt(draft, &rows, answers))),
            Err(AppendError::Refused(what)) => Err(what),
            Err(AppendError::Fenced) => {
                let why = self.fenced();
                Ok(Verdict::Answered(refuse_accepted(answers, self.image.seq, &why)))
            }
            Err(AppendError::Full(what)) => {
                let why =
                    problem::STORE_FULL.problem(format!("没有保存：{what}"), format!("Nothing was saved: {what}"));
                Ok(Verdict::Answered(refuse_accepted(answers, self.image.seq, &why.retry_after(30))))
            }
            Err(AppendError::Unreachable(what)) => {
                Ok(Verdict::Answered(refuse_accepted(answers, self.image.seq, &unavailable(&what, &what))))
            }
            Err(AppendError::Unknown(_)) => {
                self.doubt = Some(Doubt { draft, rows, answers });
                Ok(self.resolve().map_or(Verdict::InDoubt, Verdict::Answered))
            }
        }
    }

    fn commit_singly(&mut self, now: Moment, acts: &[Act]) -> Verdict {
        let mut answers = Vec::with_capacity(acts.len());
        for act in acts {
            match self.commit(now, std::slice::from_ref(act)) {
                Verdict::Answered(answer) => answers.extend(answer),
                Verdict::InDoubt => {
                    // The rest was not tried; the one in doubt is answered by `resolve`, after those before it.
                    let doubt = self.doubt.as_mut().expect("a verdict in doubt leaves a doubt");
                    answers.append(&mut doubt.answers);
                    answers.resize_with(acts.len(), || Err(unavailable("请重试", "please retry")));
                    doubt.answers = answers;
                    return Verdict::InDoubt;
                }
            }
        }
        Verdict::Answered(answers)
    }

    /// The draft is durable: it is the image now.
    fn adopt(&mut self, draft: Image, rows: &Rows, answers: Vec<Answer>) -> Vec<Answer> {
        draft.publish(rows);
        self.image = draft;
        if !rows.forget.is_empty() {
            let keys: Vec<u64> = rows.forget.iter().map(|key| key.n).collect();
            // If this fails, the next start does it: the evidence of forgetting is durable.
            let _ = self.engine.forget(&keys);
        }
        answers
    }

    fn fenced(&mut self) -> Problem {
        let why = not_the_owner();
        self.closed = Some(why.clone());
        why
    }
}

/// `fenced`: somebody else decides here.
pub fn not_the_owner() -> Problem {
    problem::FENCED
        .problem("本实例不负责本区，请重试。", "This instance does not own the zone; please retry.")
        .retry_after(1)
}

impl Decided {
    fn take(&mut self, now: Moment, act: &Act, image: &Image) -> Answer {
        let at = now.max(self.draft.at);
        let scene = Scene { image: &self.draft, actor: act.actor, at };
        let mut effects = Effects::new(&self.draft);
        act.verb.decide(&scene, &mut effects)?;
        let (mut rows, about, counts) = effects.into_rows();
        // The ledger is the one part of the fold that may say no to what a verb proposes: ask it before the draft changes.
        if !rows.transfers.is_empty() {
            let mut ledger = self.draft.ledger.clone();
            for row in &rows.transfers {
                ledger.decide(row, &self.draft).map_err(refused)?;
            }
        }
        let kind = self.draft.hash_kind;
        let mut record = JournalRow {
            seq: self.draft.seq + 1,
            at,
            actor: act.actor.to_string().into(),
            verb: act.verb.name().into(),
            request_key: act.request_key,
            request: act.request,
            catalog: self.draft.catalog_number(),
            about,
            keys: counts.keys,
            last_body: counts.bodies,
            bodies: journal::bodies_hash(kind, &rows),
            hash: self.draft.hash,
        };
        record.hash = journal::record_hash(kind, self.draft.hash, &record, &rows);
        let outcome = Outcome { seq: record.seq, at, about, repeated: false };
        rows.journal.push(record);
        if let Err(fault) = self.draft.apply(&rows, &mut catalog_in(&rows)) {
            // A verb proposed what the fold refuses. Nothing of it may stay in the draft.
            self.draft = image.clone();
            for accepted in &self.rows {
                self.draft.apply(accepted, &mut catalog_in(accepted)).expect("what was folded once folds again");
            }
            return Err(problem::ROW_REFUSED.problem(fault.to_string(), fault.to_string()));
        }
        self.rows.push(rows);
        Ok(outcome)
    }
}

/// Money that cannot move so, by name.
fn refused(refused: Refused) -> Problem {
    let (zh, en) = refused.says();
    let overdraft = refused == Refused::Overdraft;
    if overdraft { &problem::OVERDRAFT } else { &problem::TRANSFER_REFUSED }
        .problem(format!("{zh}。"), format!("A transfer {en}."))
}

/// Finds an adopted catalog among the bodies of the act that adopts it.
fn catalog_in(rows: &Rows) -> impl FnMut(u64) -> Result<Arc<Catalog>, String> + '_ {
    |n| {
        let body = rows.bodies.iter().find(|body| body.n == n).ok_or("the catalog's body is missing")?;
        Catalog::shared(&body.sealed)
    }
}

/// Answers a group that was not written: what was durable before keeps its answer, a repeat within the group does not.
fn refuse_accepted(answers: Vec<Answer>, durable: u64, why: &Problem) -> Vec<Answer> {
    let own = |outcome: Outcome| if outcome.seq <= durable { Ok(outcome) } else { Err(why.clone()) };
    answers.into_iter().map(|answer| answer.and_then(own)).collect()
}

fn unavailable(zh: &str, en: &str) -> Problem {
    problem::STORE_UNAVAILABLE.problem(format!("没有保存：{zh}"), format!("Nothing was saved: {en}")).retry_after(2)
}
