//! What runs of invoices are, and how they are shown.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yizhan_kit::Kind;

/// Numbers in a row of one delivery of the stock, both ends included.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug, ToSchema)]
pub struct Run {
    /// The delivery, a subject of the register.
    pub stock: u32,
    /// The first number.
    pub first: u32,
    /// The last number.
    pub last: u32,
}

impl Run {
    /// How many numbers they are.
    pub fn count(&self) -> u32 {
        self.last - self.first + 1
    }
}

/// A delivery of blank invoices to the desk.
#[derive(Deserialize, ToSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct NewStock {
    /// `ordinary` or `special`.
    pub kind: String,
    /// The invoice code, ten or twelve digits.
    pub code: String,
    /// The first number.
    pub first: u32,
    /// The last number.
    pub last: u32,
    /// The area whose desk keeps it.
    pub area: String,
}

/// That a delivery is in the stock.
#[derive(Serialize, ToSchema)]
pub struct StockAdded {
    /// The delivery.
    pub subject: u32,
}

/// A delivery as it stands.
#[derive(Serialize, ToSchema)]
pub struct StockRow {
    /// The delivery.
    pub subject: u32,
    /// `ordinary` or `special`.
    pub kind: String,
    /// That in words.
    pub kind_title: String,
    /// The invoice code.
    pub code: String,
    /// The first number.
    pub first: String,
    /// The last number.
    pub last: String,
    /// How many there were.
    pub count: u32,
    /// How many are free.
    pub free: u32,
    /// Which are.
    pub runs: Vec<RunView>,
}

/// A run as it is printed.
#[derive(Serialize, ToSchema, Clone, PartialEq, Eq, Debug)]
pub struct RunView {
    /// The invoice code.
    pub code: String,
    /// The first number, eight digits.
    pub first: String,
    /// The last number.
    pub last: String,
    /// How many.
    pub count: u32,
}

/// The invoices of a case.
#[derive(Serialize, ToSchema)]
pub struct PacketView {
    /// What the taxpayer has of it.
    pub runs: Vec<RunView>,
    /// What was lost, and is never given out.
    pub void: Vec<RunView>,
    /// How many of the kind the taxpayer may have this month; absent once the case is forgotten or its kind is not counted.
    pub quota: Option<u32>,
    /// How many of them they had.
    pub used: u32,
    /// From when on a larger number holds no more.
    pub until: Option<String>,
}

/// Too many for a month.
pub static QUOTA_EXCEEDED: Kind =
    Kind {
        code: "quota-exceeded", status: 409, title_zh: "超过核定份数", title_en: "More than the taxpayer may have"
    };

/// The stock has too few.
pub static STOCK_SHORT: Kind =
    Kind { code: "stock-short", status: 409, title_zh: "库存不足", title_en: "Too few in the stock" };

/// The numbers are in the stock already.
pub static STOCK_OVERLAPS: Kind = Kind {
    code: "stock-overlaps",
    status: 409,
    title_zh: "号段重复",
    title_en: "These numbers are in the stock already",
};

/// Whoever brings invoices back does not have them.
pub static NOT_THEIRS: Kind =
    Kind { code: "not-theirs", status: 409, title_zh: "不是本户领用的发票", title_en: "These are not theirs" };

/// There is nothing to send.
pub static NOTHING_PACKED: Kind =
    Kind { code: "nothing-packed", status: 409, title_zh: "还没有配票", title_en: "Nothing is packed" };
