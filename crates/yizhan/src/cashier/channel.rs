//! What a channel is to us, whichever it is: an order is made, asked about, closed; a payment is given back; a day's bill is
//! fetched; what the channel tells by itself is verified. Every call blocks and may take as long as a channel may.

use crate::outward;
use std::time::Duration;
use yizhan_kit::{Day, Fen, Moment};

/// What is asked of a channel when an order is made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// Our number of the order.
    pub order: String,
    /// How much.
    pub amount: Fen,
    /// What for, as the payer reads it; names nobody.
    pub what: String,
    /// Until when it can be paid.
    pub until: Moment,
}

/// A payment as a channel tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The channel's own number.
    pub number: String,
    /// How much was paid.
    pub amount: Fen,
    /// When.
    pub at: Moment,
}

/// What a channel says of an order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    /// It knows of none, or nobody has looked at it yet.
    Unknown,
    /// It waits to be paid.
    Waiting,
    /// It was paid.
    Paid(Receipt),
    /// It was not paid and cannot be paid any more.
    Closed,
}

/// What is asked of a channel when something is given back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Back {
    /// Our number of the order.
    pub order: String,
    /// Our number of the refund.
    pub refund: String,
    /// How much.
    pub amount: Fen,
    /// Of how much.
    pub of: Fen,
    /// Why, as the payer reads it.
    pub why: String,
}

/// What a channel says of a refund.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Returned {
    /// It knows of none.
    Unknown,
    /// It is on its way.
    Waiting,
    /// The payer has it.
    Done,
    /// It does not take place.
    Closed,
    /// It got stuck: the payer's account does not take it.
    Stuck,
}

/// What a channel tells by itself, verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Notice {
    /// An order was paid.
    Paid {
        /// Our number of it.
        order: String,
        /// The payment.
        receipt: Receipt,
    },
    /// Something became of a refund.
    Returned {
        /// Our number of it.
        refund: String,
        /// What.
        told: Returned,
    },
    /// Something that asks for nothing.
    Nothing,
}

/// A row of a day's bill.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct BillRow {
    /// Our number of the order.
    pub order: String,
    /// The channel's own.
    pub number: String,
    /// Our number of the refund; absent of a payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<String>,
    /// How much, in fen.
    pub fen: i64,
}

/// Why a channel could not be asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// No answer, or none that can be read: whether it was done is not known.
    Unanswered(String),
    /// It refused, under its signature.
    Refused {
        /// Its code.
        code: String,
        /// What it says.
        says: String,
    },
    /// An answer that is not the channel's own word.
    Untrue(String),
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unanswered(what) => write!(f, "no answer: {what}"),
            Self::Refused { code, says } => write!(f, "{code}: {says}"),
            Self::Untrue(what) => write!(f, "not the channel's own word: {what}"),
        }
    }
}

/// What was sent to us as it came.
pub struct Sent<'a> {
    /// A header by its name in small letters; empty where there is none.
    pub header: &'a dyn Fn(&str) -> String,
    /// The body.
    pub body: &'a [u8],
}

/// A way to pay.
pub trait Channel: Send + Sync {
    /// Its name in addresses and in the register: `wechat`, `alipay`.
    fn code(&self) -> &'static str;

    /// Makes an order, or finds it made: what the payer's code holds.
    ///
    /// # Errors
    /// See [`Trouble`].
    fn create(&self, asked: &Asked) -> Result<String, Trouble>;

    /// Asks what became of an order.
    ///
    /// # Errors
    /// See [`Trouble`].
    fn query(&self, order: &str) -> Result<Told, Trouble>;

    /// Closes an order that nobody paid. That it answers does not mean that it cannot have been paid: ask once more.
    ///
    /// # Errors
    /// See [`Trouble`].
    fn close(&self, order: &str) -> Result<(), Trouble>;

    /// Gives back; under the same number it happens once.
    ///
    /// # Errors
    /// See [`Trouble`].
    fn refund(&self, back: &Back) -> Result<Returned, Trouble>;

    /// Asks what became of a refund.
    ///
    /// # Errors
    /// See [`Trouble`].
    fn refunded(&self, order: &str, refund: &str) -> Result<Returned, Trouble>;

    /// The bill of a day: nothing while it is not there yet.
    ///
    /// # Errors
    /// See [`Trouble`].
    fn bill(&self, day: Day) -> Result<Option<Vec<BillRow>>, Trouble>;

    /// Reads what the channel sent by itself.
    ///
    /// # Errors
    /// Why it is not believed.
    fn notice(&self, sent: &Sent<'_>) -> Result<Notice, String>;

    /// What the channel wants to hear when it has been heard, and when not: a status, a kind and a text.
    fn reply(&self, heard: Result<(), ()>) -> (u16, &'static str, &'static str);
}

/// An agent that waits so long and takes every status as an answer.
pub fn agent(timeout: Duration) -> ureq::Agent {
    outward::settings(timeout).http_status_as_error(false).max_idle_connections_per_host(32).build().into()
}

/// The most bytes of an answer, a bill apart.
pub const LARGEST_ANSWER: u64 = 256 * 1024;

/// The most bytes of a bill: some hundred thousand rows.
pub const LARGEST_BILL: u64 = 256 * 1024 * 1024;

/// An answer's body.
///
/// # Errors
/// `Unanswered`.
pub fn read(response: ureq::http::Response<ureq::Body>, most: u64) -> Result<Vec<u8>, Trouble> {
    let mut body = response.into_body();
    body.with_config().limit(most).read_to_vec().map_err(|error| Trouble::Unanswered(error.to_string()))
}
