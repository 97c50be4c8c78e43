//! The money that a step or an entry moves.

use crate::act::{Effects, Scene};
use crate::catalog::{Lines, Settling, Step};
use crate::image::Image;
use crate::image::case::CaseHead;
use crate::image::fact::Value;
use crate::ledger::{Phase, Transfer};
use crate::problem;
use crate::row::SubjectId;
use std::collections::HashSet;
use yizhan_kit::{Fen, Problem};

/// A transfer to be made. Those of one act stand or fall together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payment {
    /// The fund.
    pub fund: String,
    /// The rule or programme it follows.
    pub rule: Option<String>,
    /// Whose account gives.
    pub from: SubjectId,
    /// Whose account receives.
    pub to: SubjectId,
    /// How much.
    pub amount: Fen,
    /// In which phase.
    pub phase: Phase,
    /// The pending transfer it settles.
    pub settles: Option<u64>,
}

/// Writes transfers of a case.
pub(super) fn write(effects: &mut Effects<'_>, case: SubjectId, payments: &[Payment]) {
    for one in payments {
        let parties = (one.from, one.to);
        effects.transfer(case, one.phase, one.settles, &one.fund, one.rule.as_deref(), parties, one.amount);
    }
}

/// Between whom money of a settlement moves, by which rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// The fund.
    pub fund: String,
    /// The rule: a policy and who pays by it.
    pub rule: String,
    /// Who gives.
    pub from: SubjectId,
    /// Who receives.
    pub to: SubjectId,
}

impl Link {
    /// The way back.
    pub(super) fn turned(&self) -> Self {
        Self { from: self.to, to: self.from, ..self.clone() }
    }
}

/// What a case moved along a link so far.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Stands {
    /// What waits, with its transfers, the earliest first.
    pub waits: Vec<(u64, Fen)>,
    /// What waits on the way back.
    pub back: Vec<(u64, Fen)>,
    /// What arrived, less what went back.
    pub moved: Fen,
}

/// What a case moved along a link so far.
pub fn stands(image: &Image, case: SubjectId, link: &Link) -> Stands {
    let mut stands = Stands::default();
    for one in image.ledger.of_case(case).filter(|one| *one.fund == *link.fund && *one.rule == *link.rule) {
        let forth = (one.debit, one.credit) == (link.from, link.to);
        if !forth && (one.credit, one.debit) != (link.from, link.to) {
            continue;
        }
        if one.waits() {
            if forth { &mut stands.waits } else { &mut stands.back }.push((one.n, one.amount));
        } else if one.moves() {
            stands.moved = Fen(stands.moved.0 + if forth { one.amount.0 } else { -one.amount.0 });
        }
    }
    stands.waits.reverse();
    stands.back.reverse();
    stands
}

/// Makes what a case moves along a link come to an amount: what waits and does not fit is void, what is missing is set
/// aside, what arrived too much is set aside on the way back.
pub(super) fn fit(image: &Image, effects: &mut Effects<'_>, case: SubjectId, link: &Link, wanted: Fen) {
    let Stands { waits, back, moved } = stands(image, case, link);
    let sum = |list: &[(u64, Fen)]| list.iter().map(|(_, amount)| amount.0).sum::<i64>();
    if moved.0 + sum(&waits) - sum(&back) == wanted.0 {
        return;
    }
    let turned = link.turned();
    for (link, list) in [(link, waits), (&turned, back)] {
        for (n, amount) in list {
            void(effects, case, link, n, amount);
        }
    }
    match wanted.0 - moved.0 {
        0 => {}
        more if more > 0 => wait(effects, case, link, Fen(more)),
        less => wait(effects, case, &turned, Fen(-less)),
    }
}

/// Sets an amount aside.
pub(super) fn wait(effects: &mut Effects<'_>, case: SubjectId, link: &Link, amount: Fen) {
    effects.transfer(case, Phase::Pending, None, &link.fund, Some(&link.rule), (link.from, link.to), amount);
}

/// Releases what was set aside.
pub(super) fn void(effects: &mut Effects<'_>, case: SubjectId, link: &Link, n: u64, amount: Fen) {
    effects.transfer(case, Phase::Void, Some(n), &link.fund, Some(&link.rule), (link.from, link.to), amount);
}

/// So much of what was set aside arrives; the rest is set aside anew.
pub(super) fn arrive(effects: &mut Effects<'_>, case: SubjectId, link: &Link, n: u64, waits: Fen, amount: Fen) {
    effects.transfer(case, Phase::Post, Some(n), &link.fund, Some(&link.rule), (link.from, link.to), amount);
    if amount < waits {
        wait(effects, case, link, Fen(waits.0 - amount.0));
    }
}

/// A step that collects the person's part is signed once nothing of it waits, and nothing has to be given back.
pub(super) fn must_be_collected(scene: &Scene<'_>, case: &CaseHead, step: &Step) -> Result<(), Problem> {
    let settles = scene.image.service(case).settles.as_ref().filter(|_| step.settles == Some(Settling::Collect));
    let Some(person) = settles.and_then(|settles| scene.image.latest(case.subject, &settles.person)) else {
        return Ok(());
    };
    let theirs = |one: &Transfer| Value::Subject(one.debit) == person || Value::Subject(one.credit) == person;
    if !scene.image.ledger.of_case(case.subject).any(|one| one.waits() && theirs(&one)) {
        return Ok(());
    }
    Err(problem::DUTY_OPEN.problem("个人应付部分还没有结清。", "The person's part is not settled yet."))
}

/// A step that settles is signed once nothing waits any more and everybody was paid in the end.
pub(super) fn must_be_settled(scene: &Scene<'_>, case: &CaseHead, step: &Step) -> Result<(), Problem> {
    if step.lines != Some(Lines::Settle) {
        return Ok(());
    }
    let open = unpaid(scene, case);
    if open == 0 {
        return Ok(());
    }
    Err(problem::DUTY_OPEN
        .problem(format!("还有 {open} 笔没有付到账，不能对账完结。"), format!("{open} payments have not arrived yet.")))
}

/// How many of a case's payees still wait for their money, or were not paid.
fn unpaid(scene: &Scene<'_>, case: &CaseHead) -> usize {
    let mut met = HashSet::new();
    let latest = scene.image.ledger.of_case(case.subject).filter(|one| met.insert((one.fund.clone(), one.credit)));
    latest.filter(|one| !one.moves()).count()
}
