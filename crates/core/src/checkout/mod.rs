//! An order is money that a person is asked for: made, shown as a code, paid or closed; given back in whole or in part.
//!
//! It has no table of its own. Making an order sets its amount aside from the channel's account to the receiver's; that it was
//! paid posts this transfer, that it cannot be paid any more voids it, and what goes back is a transfer the other way, pending
//! until the channel has done it. So books and orders cannot differ, and a state is a fold over transfers. What ties a transfer
//! to its order is the act that wrote it, which is about the order.
//!
//! Whatever order the channel's answers, notifications and our own questions come in: a payment is taken once (its request is
//! keyed by the channel's own number), a payment that nothing asks for any more is taken and given back in the same act, and
//! nothing is forgotten, because what waits in the ledger is asked about until it does not.

#[cfg(test)]
mod tests;

use crate::ledger::{Phase, Transfer};
use crate::row::SubjectId;
use std::sync::Arc;
use yizhan_kit::{Fen, Moment};

/// The kind of subject that an order is.
pub const ORDER: &str = "payment-order";
/// The case it is for.
pub const ORDER_CASE: &str = "payment-order.case";
/// The channel's own number of its payment.
pub const ORDER_NUMBER: &str = "payment-order.number";
/// The day on which it was paid.
pub const ORDER_PAID_ON: &str = "payment-order.paid-on";
/// What somebody wants to give back of it.
pub const ORDER_BACK: &str = "payment-order.back";
/// Who wants it.
pub const ORDER_BACK_BY: &str = "payment-order.back-by";
/// The kind of subject that a channel is.
pub const CHANNEL: &str = "pay-channel";
/// Which channel one is.
pub const CHANNEL_CODE: &str = "pay-channel.code";
/// The bills of a channel: of each day the body that keeps it.
pub const CHANNEL_BILL: &str = "pay-channel.bill";

/// For how long a code can be paid.
const LASTS_MS: i64 = 15 * 60_000;
/// The least, for one that is asked for right before midnight.
const LEAST_MS: i64 = 2 * 60_000;

/// Until when an order can be paid that was made at a moment: a quarter of an hour, but not into the next day, for what is due
/// may grow by the day.
pub fn until(made: Moment) -> Moment {
    let midnight = made.day().plus(1).start().plus_ms(-1000);
    made.plus_ms(LASTS_MS).min(midnight).max(made.plus_ms(LEAST_MS))
}

/// How far an order has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It can be paid.
    Open,
    /// It was paid.
    Paid,
    /// It cannot be paid any more.
    Closed,
}

/// How far a refund has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Going {
    /// The channel has not done it yet.
    Waits,
    /// The payer has it.
    Done,
    /// It did not take place.
    Failed,
}

/// Something that goes back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refund {
    /// Its pending transfer.
    pub transfer: u64,
    /// How much.
    pub amount: Fen,
    /// How far it has come.
    pub going: Going,
}

/// An order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// Its identity.
    pub subject: SubjectId,
    /// The case it is for.
    pub case: SubjectId,
    /// The channel's account.
    pub channel: SubjectId,
    /// The receiver's.
    pub receiver: SubjectId,
    /// The fund.
    pub fund: Arc<str>,
    /// The transfer that set its amount aside.
    pub transfer: u64,
    /// The act that made it.
    pub made: u64,
    /// How much was asked for.
    pub asked: Fen,
    /// How far it has come.
    pub state: State,
    /// What was paid on it: what was asked for, or more where it was paid twice.
    pub taken: Fen,
    /// What goes back.
    pub refunds: Vec<Refund>,
}

impl Order {
    /// What went back, or is on its way.
    pub fn back(&self) -> Fen {
        Fen(self.refunds.iter().filter(|one| one.going != Going::Failed).map(|one| one.amount.0).sum())
    }

    /// What is kept of it.
    pub fn kept(&self) -> Fen {
        Fen(self.taken.0 - self.back().0)
    }
}

/// The orders of a case, from its transfers in order of time, each with the order that its act was about.
pub fn fold(moved: impl IntoIterator<Item = (SubjectId, Transfer)>) -> Vec<Order> {
    let mut orders: Vec<Order> = Vec::new();
    for (subject, one) in moved {
        let known = orders.iter_mut().find(|order| order.subject == subject);
        match (one.phase, known) {
            (Phase::Pending, None) => orders.push(Order {
                subject,
                case: one.case,
                channel: one.debit,
                receiver: one.credit,
                fund: one.fund.clone(),
                transfer: one.n,
                made: one.seq,
                asked: one.amount,
                state: State::Open,
                taken: Fen(0),
                refunds: Vec::new(),
            }),
            (_, None) => {}
            (Phase::Pending, Some(order)) => {
                order.refunds.push(Refund { transfer: one.n, amount: one.amount, going: Going::Waits });
            }
            (Phase::Direct, Some(order)) => order.taken = Fen(order.taken.0 + one.amount.0),
            (Phase::Post | Phase::Void, Some(order)) => {
                let posted = one.phase == Phase::Post;
                if one.settles == Some(order.transfer) {
                    order.state = if posted { State::Paid } else { State::Closed };
                    order.taken = Fen(order.taken.0 + if posted { one.amount.0 } else { 0 });
                }
                let refund = order.refunds.iter_mut().find(|refund| one.settles == Some(refund.transfer));
                if let Some(refund) = refund {
                    refund.going = if posted { Going::Done } else { Going::Failed };
                }
            }
        }
    }
    orders
}

/// What is kept of all orders of a case.
pub fn kept(orders: &[Order]) -> Fen {
    Fen(orders.iter().map(|order| order.kept().0).sum())
}

/// How a payment is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taking {
    /// What its order had set aside is posted; otherwise it is money beside it: the order was closed, or paid before.
    pub posts: Posts,
    /// Whether it goes back at once.
    pub back: Back,
}

/// Which transfer takes a payment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Posts {
    /// The one that was set aside.
    Pending,
    /// One of its own.
    Beside,
}

/// Whether a payment is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Back {
    /// It is.
    Kept,
    /// It goes back: nothing is due any more.
    Returned,
}

/// A payment of another sum than was asked for: nothing is taken, somebody looks at it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Differs;

/// How a payment on an order of these is taken, while so much is due for the case in all.
///
/// # Errors
/// [`Differs`].
pub fn take(orders: &[Order], order: &Order, amount: Fen, due: Fen) -> Result<Taking, Differs> {
    if amount != order.asked {
        return Err(Differs);
    }
    let posts = if order.state == State::Open { Posts::Pending } else { Posts::Beside };
    let fits = kept(orders).0.saturating_add(amount.0) <= due.0;
    // What was paid before cannot be paid again: two payments on one order are one too many.
    let back = if fits && order.state != State::Paid { Back::Kept } else { Back::Returned };
    Ok(Taking { posts, back })
}
