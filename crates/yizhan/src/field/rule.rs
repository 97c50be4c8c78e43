//! What holds of field phones.

use yizhan_kit::{Kind, Problem};

/// For how long a second factor that was given holds on one phone, in days.
pub const PROVED_DAYS: i64 = 30;

/// How long before a phone is enrolled its second factor may have been given, in minutes.
pub const FRESH_MINUTES: i64 = 10;

/// How long a session of a phone lasts, in minutes.
pub const SESSION_MINUTES: i64 = 15;

/// How many phones a worker may have at a time.
pub const PHONES: usize = 5;

/// This phone is not known, or its secret is another.
pub static UNKNOWN_PHONE: Kind =
    Kind { code: "unknown-phone", status: 401, title_zh: "不认识这部手机", title_en: "This phone is not known" };

/// The phone was revoked: what it keeps is to be wiped.
pub static PHONE_REVOKED: Kind =
    Kind {
        code: "phone-revoked", status: 403, title_zh: "这部手机已被停用", title_en: "This phone was revoked"
    };

/// `unknown-phone`.
pub fn unknown() -> Problem {
    UNKNOWN_PHONE.problem("不认识这部手机，请重新登记。", "This phone is not known here; please enrol it again.")
}

/// `phone-revoked`.
pub fn revoked() -> Problem {
    PHONE_REVOKED
        .problem("这部手机已被停用，上面的数据会被清除。", "This phone was revoked; what it keeps is being wiped.")
}
