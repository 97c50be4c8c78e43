//! Taking money in: an order is made for a case, paid, closed, given back. Each is an act about the order; the case hears of
//! what was paid and given back. See [`crate::checkout`].

use super::guard;
use crate::access::{Deed, Role, Viewer, forbidden};
use crate::act::{Actor, Effects, NewFact, Scene, Verb};
use crate::checkout::{self, Back, Going, Order, Posts, State};
use crate::image::Image;
use crate::image::case::{CaseHead, StepVerb};
use crate::image::fact::Value;
use crate::ledger::Phase;
use crate::problem;
use crate::row::SubjectId;
use std::sync::Arc;
use yizhan_kit::{Day, Fen, Problem};

/// What steps of a case are called that tell of its orders.
pub const PAID: &str = "paid";
/// A payment went back, or is on its way.
pub const BACK: &str = "paid-back";
/// Somebody wants to give something back.
pub const BACK_ASKED: &str = "paid-back-asked";
/// Another does not.
pub const BACK_DECLINED: &str = "paid-back-declined";

/// The orders of a case, in order of making.
pub(crate) fn orders_of(image: &Image, case: SubjectId) -> Vec<Order> {
    let is_order = |subject: &SubjectId| image.kind(*subject).is_some_and(|kind| **kind == *checkout::ORDER);
    let of = |seq: u64| image.act(seq).and_then(crate::image::ActHead::about).filter(is_order);
    let mut moved: Vec<_> = image.ledger.of_case(case).filter_map(|one| Some((of(one.seq)?, one))).collect();
    moved.reverse();
    checkout::fold(moved)
}

/// The order that a subject is.
pub(crate) fn order(image: &Image, subject: SubjectId) -> Option<Order> {
    let case = match image.latest(subject, checkout::ORDER_CASE)? {
        Value::Int(case) => SubjectId(u32::try_from(case).ok()?),
        _ => return None,
    };
    orders_of(image, case).into_iter().find(|order| order.subject == subject)
}

/// Whether something may still be collected for a case: it is open, at the step that waits for it or before, and its details
/// are there.
pub fn collects_now(image: &Image, case: &CaseHead) -> bool {
    let service = image.service(case);
    let place = service.collects.as_ref().and_then(|collects| service.step(&collects.step));
    place.is_some_and(|(place, _)| case.state.is_open() && usize::from(case.step) <= place && case.key != 0)
}

fn no_order() -> Problem {
    problem::NOT_FOUND.problem("没有这笔支付单。", "There is no such order.")
}

fn must_be_program(scene: &Scene<'_>) -> Result<(), Problem> {
    if scene.actor == Actor::System {
        return Ok(());
    }
    Err(forbidden("只有程序自己可以这样做。", "Only the program itself may."))
}

/// Makes an order for what is still due for a case: by whoever holds its receipt, or an officer who may record on it. One that
/// is open already, by the same channel and of the same sum, is found again.
pub struct MakeOrder {
    /// The case.
    pub case: SubjectId,
    /// The channel's account.
    pub channel: SubjectId,
    /// The receiver's.
    pub receiver: SubjectId,
    /// What is due in all, as it was worked out from the records.
    pub due: Fen,
}

impl Verb for MakeOrder {
    fn name(&self) -> &'static str {
        "make-order"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        viewer.must(Deed::RecordEntry)?;
        let image = scene.image;
        let case = guard::find(image, &viewer, self.case)?;
        let Some(collects) = image.service(case).collects.as_ref().filter(|_| collects_now(image, case)) else {
            return Err(problem::MOVE_NOT_ALLOWED.problem("这件事现在不收款。", "Nothing is collected for this now."));
        };
        let orders = orders_of(image, self.case);
        let left = self.due.0 - checkout::kept(&orders).0;
        if left <= 0 {
            return Err(problem::NOTHING_DUE.problem("已经付清，不用再付。", "It is paid already; nothing is due."));
        }
        // One that runs out while it is scanned is of no use.
        let lasts = |order: &Order| {
            image.act(order.made).is_some_and(|act| checkout::until(act.at()) > scene.at.plus_ms(60_000))
        };
        let same = |order: &&Order| {
            order.channel == self.channel && order.state == State::Open && order.asked.0 == left && lasts(order)
        };
        if let Some(open) = orders.iter().find(same) {
            effects.about(open.subject);
            return Ok(());
        }
        let order = effects.subject(checkout::ORDER);
        let (value, from) = (case.subject.to_string(), scene.today());
        let attribute = checkout::ORDER_CASE;
        effects.fact(&NewFact { subject: order, attribute, value: Some(&value), from, to: None, source: "order" })?;
        let parties = (self.channel, self.receiver);
        effects.transfer(case.subject, Phase::Pending, None, &collects.fund, Some("order"), parties, Fen(left));
        effects.about(order);
        Ok(())
    }
}

/// A channel says that an order was paid. What is due no more goes back in the same act.
pub struct TakePayment {
    /// The order.
    pub order: SubjectId,
    /// The channel's own number of the payment.
    pub number: String,
    /// How much.
    pub amount: Fen,
    /// The day on which it was paid.
    pub on: Day,
    /// What is due for the case in all, as of that day.
    pub due: Fen,
    /// What the case keeps of it, for its history: no personal details.
    pub body: Arc<[u8]>,
}

impl Verb for TakePayment {
    fn name(&self) -> &'static str {
        "take-payment"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        must_be_program(scene)?;
        let image = scene.image;
        let order = order(image, self.order).ok_or_else(no_order)?;
        let case = image.case(order.case).ok_or_else(no_order)?;
        if matches!(image.latest(order.subject, checkout::ORDER_NUMBER), Some(Value::Text(known)) if *known == *self.number)
        {
            // Told before, under another key: it is taken already.
            effects.about(order.subject);
            return Ok(());
        }
        let orders = orders_of(image, order.case);
        let wanted = if collects_now(image, case) { self.due } else { Fen(0) };
        let taking = checkout::take(&orders, &order, self.amount, wanted).map_err(|_| {
            problem::AMOUNT_DIFFERS.problem(
                format!("渠道说付了 {}，支付单是 {}。", self.amount, order.asked),
                format!("The channel says that {} was paid; {} was asked for.", self.amount, order.asked),
            )
        })?;
        let body = effects.body(None, &self.body);
        effects.step(case, StepVerb::Record, PAID, image.area(case), Some(body));
        let (phase, settles) = match taking.posts {
            Posts::Pending => (Phase::Post, Some(order.transfer)),
            Posts::Beside => (Phase::Direct, None),
        };
        let parties = (order.channel, order.receiver);
        effects.transfer(order.case, phase, settles, &order.fund, Some("order"), parties, self.amount);
        let (from, on) = (scene.today(), self.on.to_string());
        let fact = |subject, attribute, value| NewFact {
            subject,
            attribute,
            value: Some(value),
            from,
            to: None,
            source: "order",
        };
        effects.fact(&fact(order.subject, checkout::ORDER_NUMBER, self.number.as_str()))?;
        effects.fact(&fact(order.subject, checkout::ORDER_PAID_ON, on.as_str()))?;
        match (taking.back, &image.service(case).collects) {
            (Back::Kept, Some(collects)) => effects.fact(&fact(order.case, &collects.paid_on, on.as_str()))?,
            (Back::Kept, None) => {}
            (Back::Returned, _) => returning(effects, &order, self.amount),
        }
        effects.about(order.subject);
        Ok(())
    }
}

/// Sets aside what goes back.
fn returning(effects: &mut Effects<'_>, order: &Order, amount: Fen) {
    let parties = (order.receiver, order.channel);
    effects.transfer(order.case, Phase::Pending, None, &order.fund, Some("order-back"), parties, amount);
}

/// A channel says that an order was not paid and cannot be paid any more.
pub struct EndOrder {
    /// The order.
    pub order: SubjectId,
}

impl Verb for EndOrder {
    fn name(&self) -> &'static str {
        "end-order"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        must_be_program(scene)?;
        let order = order(scene.image, self.order).ok_or_else(no_order)?;
        if order.state == State::Open {
            let parties = (order.channel, order.receiver);
            let settles = Some(order.transfer);
            effects.transfer(order.case, Phase::Void, settles, &order.fund, Some("order"), parties, order.asked);
        }
        effects.about(order.subject);
        Ok(())
    }
}

/// A channel says what became of a refund.
pub struct EndRefund {
    /// The order.
    pub order: SubjectId,
    /// The refund's pending transfer.
    pub transfer: u64,
    /// What became of it.
    pub going: Going,
    /// What the case keeps of it.
    pub body: Arc<[u8]>,
}

impl Verb for EndRefund {
    fn name(&self) -> &'static str {
        "end-refund"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        must_be_program(scene)?;
        let image = scene.image;
        let order = order(image, self.order).ok_or_else(no_order)?;
        let case = image.case(order.case).ok_or_else(no_order)?;
        let waits = |one: &&checkout::Refund| one.transfer == self.transfer && one.going == Going::Waits;
        let refund = order.refunds.iter().find(waits).ok_or_else(|| {
            problem::TRANSFER_REFUSED.problem("这笔退款已经有结果了。", "This refund has ended already.")
        })?;
        let phase = match self.going {
            Going::Waits => return Err(no_order()),
            Going::Done => Phase::Post,
            Going::Failed => Phase::Void,
        };
        let body = effects.body(None, &self.body);
        effects.step(case, StepVerb::Record, BACK, image.area(case), Some(body));
        let parties = (order.receiver, order.channel);
        let (settles, rule) = (Some(self.transfer), Some("order-back"));
        effects.transfer(order.case, phase, settles, &order.fund, rule, parties, refund.amount);
        effects.about(order.subject);
        Ok(())
    }
}

/// What somebody does about giving back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Giving {
    /// Wants so much of it to go back.
    Asked(Fen),
    /// Another agrees: it goes back.
    Agreed,
    /// Another, or they themselves, do not.
    Declined,
}

/// Gives something back of an order: one asks, saying why, and another of the district agrees.
pub struct GiveBack {
    /// The order.
    pub order: SubjectId,
    /// What is done.
    pub giving: Giving,
    /// Why, sealed under the case's key.
    pub body: Option<Arc<[u8]>>,
}

impl Verb for GiveBack {
    fn name(&self) -> &'static str {
        "give-back"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let image = scene.image;
        let viewer = Viewer::of(image, scene.actor, scene.today())?;
        viewer.must(Deed::TakeStep)?;
        let order = order(image, self.order).ok_or_else(no_order)?;
        let case = guard::find(image, &viewer, order.case)?;
        let Actor::Staff { id, .. } = scene.actor else {
            return Err(forbidden("请由工作人员办理。", "Staff only."));
        };
        let asked = match image.latest(order.subject, checkout::ORDER_BACK) {
            Some(Value::Fen(amount)) => Some(amount),
            _ => None,
        };
        let asked_by = match image.latest(order.subject, checkout::ORDER_BACK_BY) {
            Some(Value::Int(staff)) => u32::try_from(staff).ok().map(SubjectId),
            _ => None,
        };
        let body = self.body.as_ref().map(|sealed| effects.body(Some(u64::from(case.key)), sealed));
        let step = |name, effects: &mut Effects<'_>| {
            effects.step(case, StepVerb::Record, name, image.area(case), body);
        };
        let amount = match (self.giving, asked) {
            (Giving::Asked(amount), None) => {
                if amount.0 <= 0 || amount > order.kept() {
                    return Err(problem::FORM_INVALID.problem(
                        format!("最多可退 {}。", order.kept()),
                        format!("At most {} can go back.", order.kept()),
                    ));
                }
                step(BACK_ASKED, effects);
                Some(amount)
            }
            (Giving::Asked(_), Some(_)) => {
                return Err(problem::MOVE_NOT_ALLOWED
                    .problem("已经有人申请退款，等待另一人复核。", "A refund was asked for; another decides on it."));
            }
            (_, None) => return Err(problem::MOVE_NOT_ALLOWED.problem("没有人申请退款。", "Nobody asked for it.")),
            (Giving::Declined, Some(_)) => {
                step(BACK_DECLINED, effects);
                None
            }
            (Giving::Agreed, Some(amount)) => {
                if viewer.role != Role::Officer(crate::catalog::Level::District) {
                    return Err(forbidden("退款由区级复核。", "The district agrees to refunds."));
                }
                if asked_by == Some(id) {
                    return Err(problem::FOUR_EYES
                        .problem("申请退款的人不能自己复核。", "Whoever asked for a refund does not agree to it."));
                }
                if amount > order.kept() {
                    return Err(problem::FORM_INVALID.problem("已经退过了。", "It went back already."));
                }
                step(BACK, effects);
                returning(effects, &order, amount);
                None
            }
        };
        let (from, by) = (scene.today(), id.to_string());
        let text = amount.map(|amount| amount.to_string());
        for (attribute, value) in
            [(checkout::ORDER_BACK, text.as_deref()), (checkout::ORDER_BACK_BY, amount.map(|_| by.as_str()))]
        {
            effects.fact(&NewFact { subject: order.subject, attribute, value, from, to: None, source: "give-back" })?;
        }
        effects.about(order.subject);
        Ok(())
    }
}

/// The bill of a channel's day was fetched.
pub struct KeepBill {
    /// The channel's account.
    pub channel: SubjectId,
    /// The day.
    pub day: Day,
    /// Its rows: numbers and amounts, no personal details.
    pub rows: Arc<[u8]>,
}

impl Verb for KeepBill {
    fn name(&self) -> &'static str {
        "keep-bill"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        must_be_program(scene)?;
        let body = effects.body(None, &self.rows).to_string();
        let (subject, attribute, to) = (self.channel, checkout::CHANNEL_BILL, Some(self.day.plus(1)));
        effects.fact(&NewFact { subject, attribute, value: Some(&body), from: self.day, to, source: "bill" })?;
        effects.about(self.channel);
        Ok(())
    }
}
