//! The money that a step or an entry moves.

use crate::act::{Effects, Scene};
use crate::catalog::{Lines, Step};
use crate::image::case::CaseHead;
use crate::ledger::Phase;
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
