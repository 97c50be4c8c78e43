//! What the register learns by a signed step.

use super::pay::{self, Payment};
use super::zone::NewSealed;
use crate::access::{Viewer, forbidden};
use crate::act::{Effects, NewFact, Scene};
use crate::ledger::Phase;
use crate::problem;
use crate::row::SubjectId;
use yizhan_kit::{Day, Fen, Problem};

/// A subject that is known, or one that the step adds, by its place among them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// It is known.
    Known(SubjectId),
    /// It is added.
    Added(usize),
    /// It is the case itself.
    Case,
}

/// What a fact says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Word {
    /// A text.
    Text(String),
    /// A subject.
    Subject(Whose),
    /// The day of the act.
    Today,
    /// Nothing any more.
    Nothing,
}

/// A fact about the register.
pub struct LearnedFact {
    /// Whom it is about.
    pub of: Whose,
    /// The attribute's full name.
    pub attribute: String,
    /// What it says.
    pub says: Word,
    /// The first day it holds and the first it no longer does, if it ends; from today on without.
    pub days: Option<(Day, Option<Day>)>,
}

/// Money that moves with what is learned: one side may only be added now.
pub struct LearnedMove {
    /// The fund.
    pub fund: String,
    /// What it follows.
    pub rule: Option<String>,
    /// Whose account gives.
    pub from: Whose,
    /// Whose account receives.
    pub to: Whose,
    /// How much.
    pub amount: Fen,
}

/// Everything that the register learns by a step.
#[derive(Default)]
pub struct Lesson {
    /// Who is added: kind, and identifying fields.
    pub adds: Vec<(String, Option<NewSealed>)>,
    /// What becomes known.
    pub facts: Vec<LearnedFact>,
    /// What moves with it.
    pub moves: Vec<LearnedMove>,
}

impl Lesson {
    /// Writes it. Whoever signs must have business with everybody it is about.
    pub(super) fn write(
        &self,
        scene: &Scene<'_>,
        viewer: &Viewer,
        case: SubjectId,
        effects: &mut Effects<'_>,
    ) -> Result<(), Problem> {
        let mine = |subject: SubjectId| scene.image.place_of(subject).is_some_and(|place| viewer.covers(place));
        let mut added = Vec::new();
        let source = format!("case:{case}");
        for (kind, secret) in &self.adds {
            let id = effects.subject(kind);
            added.push(id);
            let Some(secret) = secret else { continue };
            let key = effects.key(id, &secret.key);
            let (attribute, source, from) = (secret.attribute.as_str(), source.as_str(), scene.today());
            let fact = NewFact { subject: id, attribute, value: None, from, to: None, source };
            effects.sealed_fact(&fact, key, &secret.sealed)?;
        }
        let find = |whose: Whose| match whose {
            Whose::Added(place) => added.get(place).copied().ok_or_else(nobody),
            Whose::Case => Ok(case),
            Whose::Known(subject) if mine(subject) => Ok(subject),
            Whose::Known(_) => Err(forbidden(
                "申请里的户或人不在您的辖区内。",
                "The application names a household or a person outside your area.",
            )),
        };
        for fact in &self.facts {
            self.must_fit(scene, fact)?;
            let subject = find(fact.of)?;
            let text = match &fact.says {
                Word::Text(text) => Some(text.clone()),
                Word::Subject(whose) => Some(find(*whose)?.to_string()),
                Word::Today => Some(scene.today().to_string()),
                Word::Nothing => None,
            };
            effects.fact(&NewFact {
                subject,
                attribute: &fact.attribute,
                value: text.as_deref(),
                from: fact.days.map_or(scene.today(), |(from, _)| from),
                to: fact.days.and_then(|(_, to)| to),
                source: &source,
            })?;
        }
        let payment = |one: &LearnedMove| -> Result<Payment, Problem> {
            Ok(Payment {
                fund: one.fund.clone(),
                rule: one.rule.clone(),
                from: find(one.from)?,
                to: find(one.to)?,
                amount: one.amount,
                phase: Phase::Direct,
                settles: None,
            })
        };
        let payments = self.moves.iter().map(payment).collect::<Result<Vec<_>, _>>()?;
        pay::write(effects, case, &payments);
        effects.about(case);
        Ok(())
    }

    /// A number in an answer may be anybody's: what is said of somebody must be said of their kind, and name the kind that
    /// the attribute names.
    fn must_fit(&self, scene: &Scene<'_>, fact: &LearnedFact) -> Result<(), Problem> {
        let Some(attribute) = scene.image.attribute(&fact.attribute) else { return Ok(()) };
        let is = |whose: Whose, kind: &str| match whose {
            Whose::Added(place) => self.adds.get(place).is_some_and(|(added, _)| added == kind),
            Whose::Known(subject) => scene.image.kind(subject).is_some_and(|known| **known == *kind),
            Whose::Case => true,
        };
        let of = is(fact.of, &attribute.subject);
        let named = match (&fact.says, &attribute.of) {
            (Word::Subject(whose), Some(kind)) => is(*whose, kind),
            _ => true,
        };
        if of && named {
            return Ok(());
        }
        Err(problem::FORM_INVALID.problem(
            format!("“{}”指明的对象种类不对。", attribute.title.zh),
            format!("{}: the subject that was named is of another kind.", attribute.title.en),
        ))
    }
}

fn nobody() -> Problem {
    problem::FORM_INVALID.problem("没有这个对象。", "There is no such subject.")
}
