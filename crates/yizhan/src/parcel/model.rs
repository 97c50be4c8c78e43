//! What parcels are and how they are shown.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yizhan_core::catalog::Words;
use yizhan_kit::{Kind, Moment};

/// Where a parcel goes.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Who signs for it.
    pub name: String,
    /// Their telephone.
    pub mobile: String,
    /// Where they are.
    pub address: String,
}

/// What a carrier may say of a parcel.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// The carrier has it.
    Accepted,
    /// It is on its way.
    Moving,
    /// It is being brought to the door.
    Delivering,
    /// It was signed for.
    Signed,
    /// It is back at the sender.
    Returned,
    /// It is lost.
    Lost,
}

impl Word {
    /// Its name in facts and in the API; the parcel's state from then on.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Moving => "moving",
            Self::Delivering => "delivering",
            Self::Signed => "signed",
            Self::Returned => "returned",
            Self::Lost => "lost",
        }
    }

    /// Whether nothing comes after it.
    pub fn is_last(self) -> bool {
        matches!(self, Self::Signed | Self::Returned | Self::Lost)
    }
}

/// Something that a carrier said.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// When it happened.
    pub at: Moment,
    /// What.
    pub what: Word,
    /// Where.
    #[serde(default)]
    pub place: String,
}

/// A parcel of a case.
#[derive(Serialize, ToSchema)]
pub struct ParcelView {
    /// The carrier's number; absent until it has answered.
    pub waybill: Option<String>,
    /// `asked`, `sent`, or the carrier's last word: `accepted`, `moving`, `delivering`, `signed`, `returned`, `lost`.
    pub state: String,
    /// That in words.
    pub said: String,
    /// When it was asked for.
    pub at: String,
    /// What the carrier said, the latest first.
    pub events: Vec<EventView>,
}

/// Something that a carrier said, as it is shown.
#[derive(Serialize, ToSchema)]
pub struct EventView {
    /// When it happened.
    pub at: String,
    /// In words.
    pub said: String,
    /// Where.
    pub place: String,
}

/// A parcel on the list of those under way.
#[derive(Serialize, ToSchema)]
pub struct ParcelRow {
    /// The case.
    pub number: String,
    /// The service.
    pub title: String,
    /// The area's name.
    pub area_name: String,
    /// The parcel.
    #[serde(flatten)]
    pub parcel: ParcelView,
}

/// What is told when a parcel moves.
pub fn told(what: Word, waybill: &str) -> Option<Words> {
    let (zh, en) = match what {
        Word::Accepted => (
            format!("您的邮件已由 EMS 寄出，运单号 {waybill}，可在“我的办件”查看。"),
            format!("Your parcel is on its way by EMS, {waybill}; follow it among your matters."),
        ),
        Word::Signed => (format!("邮件 {waybill} 已签收。"), format!("Parcel {waybill} was signed for.")),
        Word::Returned => (
            format!("邮件 {waybill} 没能投递，已退回，我们会与您联系后重新寄送。"),
            format!("Parcel {waybill} could not be delivered and came back; we call you and send it again."),
        ),
        Word::Lost => (
            format!("邮件 {waybill} 在途中遗失，我们会重新办理并寄送，不收费用。"),
            format!("Parcel {waybill} was lost; it is made out and sent again free of charge."),
        ),
        Word::Moving | Word::Delivering => return None,
    };
    Some(Words { zh, en })
}

/// A parcel needs somewhere to go.
pub static ADDRESS_MISSING: Kind = Kind {
    code: "address-missing",
    status: 409,
    title_zh: "没有收件地址",
    title_en: "There is no address to send it to",
};

/// What the carrier said is known already, or comes from nobody who may say it.
pub static NOT_NEWS: Kind =
    Kind { code: "not-news", status: 409, title_zh: "物流信息已登记", title_en: "This is known already" };
