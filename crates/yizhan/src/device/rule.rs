//! What may be said to devices and of them.

use super::model::DeviceSettings;
use yizhan_core::catalog::is_unseen;
use yizhan_core::device::Fault;
use yizhan_core::problem;
use yizhan_kit::{Kind, Problem};

/// Nobody is known by this secret or code.
pub static UNKNOWN_DEVICE: Kind =
    Kind {
        code: "unknown-device", status: 401, title_zh: "不认识这台设备", title_en: "This device is not known"
    };

/// The line is a WebSocket.
pub static UPGRADE_NEEDED: Kind = Kind {
    code: "upgrade-needed",
    status: 426,
    title_zh: "这里只接受 WebSocket",
    title_en: "Only a WebSocket is taken here",
};

/// Checks a name that people give: one to forty characters, none that a page could take for markup.
///
/// # Errors
/// `form-invalid`.
pub fn name(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let fits = (1..=40).contains(&text.chars().count());
    if fits && !text.chars().any(|c| c.is_control() || is_unseen(c) || "<>{}=;\"\\`".contains(c)) {
        return Ok(text.to_owned());
    }
    Err(problem::FORM_INVALID
        .problem("名称为 1–40 个字，不能有特殊符号。", "A name has 1 to 40 characters and no special signs."))
}

/// Checks what a notice says: up to two hundred characters, one line.
///
/// # Errors
/// `form-invalid`.
pub fn notice(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.chars().count() <= 200 && !text.chars().any(|c| c.is_control() || is_unseen(c)) {
        return Ok(text.to_owned());
    }
    Err(problem::FORM_INVALID.problem("通知最多 200 字，一行。", "A notice has at most 200 characters, on one line."))
}

/// Whether a text is a name as modules and steps have it: letters and hyphens, so that nobody's number fits in.
pub fn is_word(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}

/// Checks settings.
///
/// # Errors
/// `form-invalid`.
pub fn settings(settings: &DeviceSettings) -> Result<(), Problem> {
    let mut names = settings.order.clone();
    names.sort_unstable();
    names.dedup();
    let order =
        settings.order.len() <= 60 && names.len() == settings.order.len() && names.iter().all(|name| is_word(name));
    if order && (30..=600).contains(&settings.idle_seconds) {
        return Ok(());
    }
    Err(problem::FORM_INVALID.problem(
        "首页最多 60 个事项，不能重复；无操作退出时间为 30–600 秒。",
        "The home screen has at most 60 different services; a visit is over after 30 to 600 seconds.",
    ))
}

/// What is wrong, by the name of the API, in the words of a case.
///
/// # Errors
/// `form-invalid`.
pub fn fault(name: &str) -> Result<&str, Problem> {
    let known = Fault::ALL.into_iter().any(|fault| fault.as_str() == name) || name == "other";
    if known {
        Ok(name)
    } else {
        Err(problem::FORM_INVALID.problem("没有这种故障。", "There is no such fault."))
    }
}

/// `upgrade-needed`.
pub fn upgrade_needed() -> Problem {
    UPGRADE_NEEDED.problem("请以 WebSocket 连接。", "Connect by a WebSocket.")
}

/// `unknown-device`.
pub fn unknown() -> Problem {
    UNKNOWN_DEVICE.problem("请重新登记这台设备。", "Enrol this device again.")
}

/// `not-found`: no such device or hall in the viewer's area.
pub fn missing() -> Problem {
    problem::NOT_FOUND.problem("没有这台设备，或者不在您的辖区内。", "There is no such device or hall in your area.")
}
