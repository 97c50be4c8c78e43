//! Settling bills: what a case's step decides from the account of the person's year as the image knows it, so that two desks
//! at once cannot overspend a cap; what is cancelled, and settled again when the register says something else now.
//!
//! What a layer pays is one transfer from its payer, what is left to the person one from them: pending until the payer's
//! statement or the person's payment arrives. All of one settlement stand or fall together.

use super::guard::{may_move, may_record, must_be_other_eyes, not_allowed};
use super::reckon::{Asked, Change, Reckoned, about, again, links, reckon};
use super::step::ProposedFact;
use super::{pay, step};
use crate::access::{Deed, Viewer, forbidden};
use crate::act::{Effects, NewFact, Scene, Verb};
use crate::catalog::{Settles, Settling, Sharing};
use crate::image::case::{CaseHead, State, StepVerb};
use crate::ledger::Phase;
use crate::problem;
use crate::row::SubjectId;
use crate::settlement::Kept;
use crate::settlement::book;
use std::sync::Arc;
use yizhan_kit::{Fen, Problem};

/// Settles the bill of a case and signs its step.
pub struct SettleBill {
    /// The case.
    pub case: SubjectId,
    /// The version the actor saw.
    pub version: u64,
    /// The bill.
    pub bill: Asked,
    /// The bill as it was handed in, sealed.
    pub body: Arc<[u8]>,
}

impl Verb for SettleBill {
    fn name(&self) -> &'static str {
        "settle-bill"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        let (case, settles) = at(scene, &viewer, self.case, self.version, Settling::Bill)?;
        let Reckoned { policy, kept, .. } = reckon(scene.image, &about(scene.image, case, settles)?, &self.bill)?;
        let body = effects.body(Some(u64::from(case.key)), &self.body);
        let step = &scene.image.service(case).steps[usize::from(case.step)];
        effects.step(case, StepVerb::Sign, &step.name, scene.image.area(case), Some(body));
        keep(scene, effects, case, settles, Some(&kept))?;
        for link in links(scene.image, settles, &policy, &kept)? {
            pay::fit(scene.image, effects, case.subject, &link.link, link.amount);
        }
        Ok(())
    }
}

/// Cancels the settlement of a case, which waits for its bill again. Only the last of the person's year can be cancelled: what
/// later bills came to rests on it.
pub struct CancelBill {
    /// The case.
    pub case: SubjectId,
    /// The version the actor saw.
    pub version: u64,
    /// Why, sealed.
    pub body: Arc<[u8]>,
}

impl Verb for CancelBill {
    fn name(&self) -> &'static str {
        "cancel-bill"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        let image = scene.image;
        let case = may_move(image, &viewer, self.case, self.version, StepVerb::SendBack, scene.today())?;
        let service = image.service(case);
        let step = &service.steps[usize::from(case.step)];
        let before = usize::from(case.step).checked_sub(1).map(|place| &service.steps[place]);
        let (Some(settles), Some(Settling::Bill)) = (&service.settles, before.and_then(|step| step.settles)) else {
            return Err(not_allowed(StepVerb::SendBack, step));
        };
        let Some(entry) = image.book.of(case.subject) else { return Err(not_allowed(StepVerb::SendBack, step)) };
        let kept = entry.kept.clone();
        let year = image.book.year(SubjectId(kept.person), kept.year());
        let last = year.iter().rfind(|other| other.kept.policy == kept.policy);
        if last.is_some_and(|last| last.case != case.subject) {
            return Err(problem::NOT_LAST_BILL.problem(
                "此人本年度还有更晚的结算，须先撤销更晚的，再撤销这一笔。",
                "There is a later settlement of this person's year; it is cancelled first.",
            ));
        }
        let body = effects.body(Some(u64::from(case.key)), &self.body);
        effects.step(case, StepVerb::SendBack, &step.name, image.area(case), Some(body));
        keep(scene, effects, case, settles, None)?;
        let policy = super::reckon::policy_of(image, &kept)?;
        for link in links(image, settles, &policy, &kept)? {
            pay::fit(image, effects, case.subject, &link.link, Fen(0));
        }
        Ok(())
    }
}

/// What is done about the person's part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Share {
    /// So much of it was paid.
    Paid(Fen),
    /// It is to be paid in these parts.
    Split(Vec<Fen>),
    /// What was paid too much is given back.
    GivenBack,
}

impl Share {
    fn is(&self) -> Sharing {
        match self {
            Self::Paid(_) => Sharing::Pay,
            Self::Split(_) => Sharing::Instalments,
            Self::GivenBack => Sharing::GiveBack,
        }
    }
}

/// Records something about the person's part of a settled bill, and moves its money.
pub struct RecordShare {
    /// The case.
    pub case: SubjectId,
    /// The entry's name in the service.
    pub entry: String,
    /// The answers, sealed.
    pub body: Arc<[u8]>,
    /// The facts they give rise to.
    pub facts: Vec<ProposedFact>,
    /// What is done.
    pub share: Share,
}

impl Verb for RecordShare {
    fn name(&self) -> &'static str {
        StepVerb::Record.as_str()
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        let image = scene.image;
        let (case, entry) = may_record(image, &viewer, self.case, &self.entry)?;
        let settled = image.book.of(case.subject).zip(image.service(case).settles.as_ref());
        let (Some((kept, settles)), true) = (settled, entry.share == Some(self.share.is())) else {
            return Err(problem::MOVE_NOT_ALLOWED.problem("还没有结算。", "Nothing is settled yet."));
        };
        let policy = super::reckon::policy_of(image, &kept.kept)?;
        let own = links(image, settles, &policy, &kept.kept)?.into_iter().find(|link| link.payer.is_none());
        let own = own.ok_or_else(nothing_waits)?.link;
        let body = effects.body(Some(u64::from(case.key)), &self.body);
        effects.step(case, StepVerb::Record, &entry.name, image.area(case), Some(body));
        step::add_facts(scene, effects, case, &self.facts, &entry.name)?;
        let stands = pay::stands(image, case.subject, &own);
        let due = Fen(stands.waits.iter().map(|(_, amount)| amount.0).sum());
        match &self.share {
            Share::Paid(amount) if amount.0 <= 0 || *amount > due => Err(too_much(*amount, due)),
            Share::Paid(amount) => {
                let mut left = *amount;
                for (n, waits) in stands.waits {
                    let part = Fen(left.0.min(waits.0));
                    if part.0 == 0 {
                        break;
                    }
                    left = Fen(left.0 - part.0);
                    pay::arrive(effects, case.subject, &own, n, waits, part);
                }
                Ok(())
            }
            Share::Split(parts) => {
                let sum = Fen::checked_sum(parts.iter().copied()).unwrap_or(Fen(i64::MAX));
                if parts.len() < 2 || parts.iter().any(|part| part.0 <= 0) || sum != due {
                    return Err(too_much(sum, due));
                }
                for (n, waits) in &stands.waits {
                    pay::void(effects, case.subject, &own, *n, *waits);
                }
                for part in parts {
                    pay::wait(effects, case.subject, &own, *part);
                }
                Ok(())
            }
            Share::GivenBack if stands.back.is_empty() => Err(nothing_waits()),
            Share::GivenBack => {
                let back = own.turned();
                for (n, waits) in stands.back {
                    pay::arrive(effects, case.subject, &back, n, waits, waits);
                }
                Ok(())
            }
        }
    }
}

/// Settles the bills of a person's year again, by what the register says now of the days of admission; the differences are
/// moved, each by the case it belongs to. Signs the step of the case that decided so.
pub struct SettleAgain {
    /// The case that decides it.
    pub case: SubjectId,
    /// The version the actor saw.
    pub version: u64,
    /// Whose bills.
    pub person: SubjectId,
    /// Of which year.
    pub year: i32,
    /// The changes that were looked at, sealed.
    pub body: Arc<[u8]>,
    /// How many bills were seen to change, so that nobody signs what moved since.
    pub changes: usize,
}

impl Verb for SettleAgain {
    fn name(&self) -> &'static str {
        "settle-again"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        let image = scene.image;
        let case = may_move(image, &viewer, self.case, self.version, StepVerb::Sign, scene.today())?;
        let step = &image.service(case).steps[usize::from(case.step)];
        if step.settles != Some(Settling::Again) || case.state != State::Open {
            return Err(not_allowed(StepVerb::Sign, step));
        }
        must_be_other_eyes(scene, case, step)?;
        if !image.place_of(self.person).is_some_and(|place| viewer.covers(place)) {
            return Err(forbidden("此人不在您的辖区内。", "This person is outside your area."));
        }
        let changes = again(image, self.person, self.year)?;
        if changes.is_empty() || changes.len() != self.changes {
            return Err(problem::NOTHING_CHANGES.problem(
                "按现在的身份重算，结算没有变化，或者刚刚又变了，请刷新后再看。",
                "By what the register says now nothing changes, or it changed again just now; look once more.",
            ));
        }
        let body = effects.body(Some(u64::from(case.key)), &self.body);
        effects.step(case, StepVerb::Sign, &step.name, image.area(case), Some(body));
        for Change { case: stay, was, now } in &changes {
            let (Some(stay), Ok(policy)) = (image.case(*stay), super::reckon::policy_of(image, now)) else { continue };
            let Some(settles) = &image.service(stay).settles else { continue };
            keep(scene, effects, stay, settles, Some(now))?;
            // What a layer paid before and pays no longer goes back as well.
            let mut wanted = links(image, settles, &policy, was)?;
            wanted.iter_mut().for_each(|link| link.amount = Fen(0));
            for link in links(image, settles, &policy, now)? {
                match wanted.iter_mut().find(|known| known.link == link.link) {
                    Some(known) => known.amount = link.amount,
                    None => wanted.push(link),
                }
            }
            for link in wanted {
                pay::fit(image, effects, stay.subject, &link.link, link.amount);
            }
        }
        effects.about(case.subject);
        Ok(())
    }
}

/// A payer's statement was held against ours: what agrees is paid.
pub struct ConfirmClaims {
    /// The payer.
    pub payer: SubjectId,
    /// The pending transfers that agree, on either way between the payer and whoever it owes.
    pub transfers: Vec<u64>,
}

impl Verb for ConfirmClaims {
    fn name(&self) -> &'static str {
        "confirm-claims"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        viewer.must(Deed::KeepLists)?;
        let image = scene.image;
        if !image.place_of(self.payer).is_some_and(|place| viewer.covers(place)) {
            return Err(forbidden("这个支付方不在您的辖区内。", "This payer is outside your area."));
        }
        for n in &self.transfers {
            let one = image.ledger.transfer(*n).filter(|one| one.waits());
            let Some(one) = one.filter(|one| one.debit == self.payer || one.credit == self.payer) else {
                return Err(nothing_waits());
            };
            let parties = (one.debit, one.credit);
            let rule = Some(&*one.rule).filter(|rule| !rule.is_empty());
            effects.transfer(one.case, Phase::Post, Some(*n), &one.fund, rule, parties, one.amount);
        }
        effects.about(self.payer);
        Ok(())
    }
}

/// The case, when the viewer may sign its step, which does this with bills.
fn at<'a>(
    scene: &Scene<'a>,
    viewer: &Viewer,
    case: SubjectId,
    version: u64,
    wanted: Settling,
) -> Result<(&'a CaseHead, &'a Settles), Problem> {
    let case = may_move(scene.image, viewer, case, version, StepVerb::Sign, scene.today())?;
    let service = scene.image.service(case);
    let step = &service.steps[usize::from(case.step)];
    let (Some(settles), true) = (&service.settles, step.settles == Some(wanted) && case.state == State::Open) else {
        return Err(not_allowed(StepVerb::Sign, step));
    };
    must_be_other_eyes(scene, case, step)?;
    Ok((case, settles))
}

/// Records what a bill came to, or that it stands no longer.
fn keep(
    scene: &Scene<'_>,
    effects: &mut Effects<'_>,
    case: &CaseHead,
    settles: &Settles,
    kept: Option<&Kept>,
) -> Result<(), Problem> {
    let text = kept.map(|kept| serde_json::to_string(kept).expect("names and numbers"));
    let (attribute, value, from) = (settles.slip.as_str(), text.as_deref(), scene.today());
    effects.fact(&NewFact { subject: case.subject, attribute, value, from, to: None, source: "settlement" })
}

/// What the bills of a case's person's year came to before it: for whoever tells why.
pub(crate) fn before<'a>(image: &'a crate::image::Image, entry: &book::Entry) -> impl Iterator<Item = &'a book::Entry> {
    let year = image.book.year(SubjectId(entry.kept.person), entry.kept.year());
    let case = entry.case;
    year.iter().take_while(move |other| other.case != case)
}

fn too_much(amount: Fen, due: Fen) -> Problem {
    problem::FORM_INVALID.problem(
        format!("金额 {amount} 与待付的 {due} 不符。"),
        format!("{amount} does not fit the {due} that is still to be paid."),
    )
}

fn nothing_waits() -> Problem {
    problem::TRANSFER_REFUSED.problem("没有待付的款项。", "Nothing waits to be paid.")
}
