//! Invoices by post in one order: so many more a month are granted first; then they are packed, sent and signed for.

use super::families::day;
use super::play::{Desk, Script};
use super::years::Years;
use serde_json::{Value, json};

/// All of it.
///
/// # Errors
/// The figure that is no number.
pub(super) fn scripts(years: &Years<'_>) -> Result<Vec<Script>, String> {
    let count = years.targets.number("F100")?;
    if count == 0 {
        return Ok(Vec::new());
    }
    let village = years.maker.villages[0];
    let of = |more: Value| {
        let mut form = json!({"region": village.to_string(), "taxpayer": "示范商贸公司", "taxpayer_number": "91990100MA00000001",
            "name": "柳一", "mobile": "15400000001", "kind": "ordinary", "count": count});
        if let (Some(form), Value::Object(more)) = (form.as_object_mut(), more) {
            form.extend(more);
        }
        form
    };
    let until = "2020-12-31";
    let wanted = of(json!({"what": "count", "until": until, "why": "年底集中供货"}));
    let granted = Script::new("invoice-increase", village, wanted, years.morning(day(2020, 11, 3)), Desk::Agent)
        .attach(Desk::Agent, &["contract", "identity"])
        .sign(Desk::Agent)
        .answer(Desk::Agent, json!({"decision": "granted", "count": count, "until": until}));
    let order = of(json!({"delivery": "mail", "address": "示范县前街3号"}));
    let mailed = Script::new("invoice-receive", village, order, years.morning(day(2020, 11, 5)), Desk::Agent)
        .attach(Desk::Agent, &["identity"])
        .sign(Desk::Agent)
        .answer(Desk::Agent, json!({ "count": count }))
        .answer(Desk::Agent, json!({"by": "mail"}))
        .days(3)
        .sign(Desk::Agent);
    Ok(vec![granted, mailed])
}
