//! What makes a line a bill or a cancellation, and by which names the others are refused. Pure.

use super::model::{FIELDS, Row};
use serde_json::Value;
use yizhan_core::settlement::{Bill, BillFault, MOST_AMOUNT, Policy, amount};
use yizhan_kit::{Day, Fen, Kind, Problem};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $status:literal, $code:literal, $zh:literal, $en:literal;)*) => {
        $($(#[$doc])* pub static $name: Kind = Kind { code: $code, status: $status, title_zh: $zh, title_en: $en };)*
        /// Every refusal of a line, in the order in which it is looked for.
        pub static ALL: &[&Kind] = &[$(&$name),*];
    };
}

kinds! {
    /// Not an object, or a field that is missing or of the wrong type.
    BAD_JSON = 400, "bad-json", "无法读取", "Cannot be read";
    /// No amount.
    BAD_AMOUNT = 422, "bad-amount", "金额有误", "A wrong amount";
    /// No day, or an admission after the discharge.
    BAD_DATE = 422, "bad-date", "日期有误", "A wrong date";
    /// No level of hospitals.
    BAD_LEVEL = 422, "bad-level", "医院等级有误", "A wrong level";
    /// No category of the policy.
    UNKNOWN_CATEGORY = 422, "unknown-category", "没有这个身份类别", "Unknown category";
    /// The parts out of scope are more than the whole.
    EXCEEDS_TOTAL = 422, "exceeds-total", "分项超过总额", "The parts exceed the total";
    /// Earlier than the person's last bill in force.
    OUT_OF_ORDER = 409, "out-of-order", "早于上一张账单", "Earlier than the last bill";
    /// The line is no bill that was accepted.
    NO_SUCH_BILL = 404, "no-such-bill", "没有这张账单", "No such bill";
    /// It was cancelled before.
    ALREADY_CANCELLED = 409, "already-cancelled", "已经撤销", "Already cancelled";
}

/// What a line asks for.
#[derive(Debug)]
pub enum Asked {
    /// To settle a bill of a person.
    Bill(String, Bill),
    /// To cancel a line; absent when it names no number that a line can have.
    Cancel(Option<u64>),
}

/// Reads a line.
///
/// # Errors
/// What is wrong with it, the first of [`ALL`] that is found.
pub fn read(policy: &Policy, line: &[u8]) -> Result<Asked, Problem> {
    let mut row: Row = serde_json::from_slice(line).map_err(|error| {
        let zh = format!("不是一张账单或撤销的 JSON 对象，错在第 {} 个字节附近", error.column());
        BAD_JSON.problem(zh, format!("not one JSON object of a bill or a cancellation: {error}"))
    })?;
    if let Some(cancel) = &row.cancel {
        return read_cancel(&row, cancel);
    }
    check_types(&row)?;
    let Some(Value::String(person)) = row.fields[0].take() else { return Err(missing(&BAD_JSON, "person")) };
    let kind = match text(&row, "kind") {
        Some(kind) => policy.kind(kind).ok_or_else(|| {
            let known = list(policy.kinds.iter().map(|kind| kind.named.id.as_str()));
            BAD_JSON
                .problem(format!("没有类别 kind “{kind}”，应为 {known}"), format!("no kind {kind:?}; one of {known}"))
        })?,
        None => 0,
    };
    let amounts = [
        read_amount(&row, "total")?,
        read_amount(&row, "own_pay")?,
        read_amount(&row, "over_limit")?,
        read_amount(&row, "first_pay")?,
    ];
    let [total, own_pay, over_limit, first_pay] = amounts;
    let (admitted, discharged) = (read_day(&row, "admitted")?, read_day(&row, "discharged")?);
    let (level, category) = (read_level(&row), read_category(policy, &row));
    // The level is only put into the bill once the dates were looked at: each code has its turn.
    let bill = Bill {
        category: 0,
        kind,
        level: level.as_ref().copied().unwrap_or(0),
        admitted,
        discharged,
        total,
        own_pay,
        over_limit,
        first_pay,
    };
    let fault = bill.check().err();
    if fault == Some(BillFault::BadDate) {
        return Err(BAD_DATE.problem(
            format!("入院 {admitted} 晚于出院 {discharged}"),
            format!("admitted on {admitted}, after the discharge on {discharged}"),
        ));
    }
    level?;
    let category = category?;
    match fault {
        None => Ok(Asked::Bill(person, Bill { category, ..bill })),
        Some(BillFault::BadLevel | BillFault::BadDate) => Err(missing(&BAD_LEVEL, "level")),
        Some(BillFault::ExceedsTotal) => Err(EXCEEDS_TOTAL.problem(
            format!("自费、超限价与先行自付合计 {}，超过总额 {total}", bill.out_of_scope()),
            format!(
                "own_pay, over_limit and first_pay come to {}, more than the total of {total}",
                bill.out_of_scope()
            ),
        )),
    }
}

fn read_cancel(row: &Row, cancel: &Value) -> Result<Asked, Problem> {
    if let Some(place) = row.fields.iter().position(Option::is_some) {
        return Err(BAD_JSON.problem(
            format!("撤销不能同时带有 {}", FIELDS[place]),
            format!("a cancellation with {}; it holds `cancel` and nothing of a bill", FIELDS[place]),
        ));
    }
    match cancel {
        Value::Number(line) => Ok(Asked::Cancel(line.as_u64())),
        _ => Err(wrong_type("cancel", "行号（数字）", "the number of a line")),
    }
}

/// Every field is of its type, or absent. That an amount may not be a number is the amount's mistake.
fn check_types(row: &Row) -> Result<(), Problem> {
    for (name, value) in FIELDS.iter().zip(&row.fields) {
        let amount = matches!(*name, "total" | "own_pay" | "over_limit" | "first_pay");
        match value {
            None | Some(Value::String(_)) if *name != "level" => {}
            None | Some(Value::Number(_)) if *name == "level" || amount => {}
            _ if *name == "level" => return Err(wrong_type(name, "1、2 或 3", "a number 1, 2 or 3")),
            _ => return Err(wrong_type(name, "文本", "a text")),
        }
    }
    if text(row, "person").is_none_or(str::is_empty) { Err(missing(&BAD_JSON, "person")) } else { Ok(()) }
}

fn text<'r>(row: &'r Row, name: &str) -> Option<&'r str> {
    row.field(name)?.as_str()
}

fn read_amount(row: &Row, name: &'static str) -> Result<Fen, Problem> {
    let Some(value) = row.field(name) else { return Err(missing(&BAD_AMOUNT, name)) };
    value.as_str().and_then(amount).ok_or_else(|| {
        BAD_AMOUNT.problem(
            format!("{name} 不能是 {value}，应为文本，最多两位小数，0 至 {MOST_AMOUNT}，如 \"20000.00\""),
            format!(
                "{name} cannot be {value}; a text with at most two decimals, 0 to {MOST_AMOUNT}, like \"20000.00\""
            ),
        )
    })
}

fn read_day(row: &Row, name: &'static str) -> Result<Day, Problem> {
    let Some(value) = text(row, name) else { return Err(missing(&BAD_DATE, name)) };
    value.parse().map_err(|_| {
        let shown = Value::from(value);
        BAD_DATE.problem(
            format!("{name} 不能是 {shown}，应为日期，如 2020-03-09"),
            format!("{name} cannot be {shown}; a day like 2020-03-09"),
        )
    })
}

fn read_level(row: &Row) -> Result<u8, Problem> {
    let Some(value) = row.field("level") else { return Err(missing(&BAD_LEVEL, "level")) };
    match value.as_u64() {
        Some(level @ 1..=3) => Ok(u8::try_from(level - 1).unwrap_or(0)),
        _ => Err(BAD_LEVEL
            .problem(format!("level 不能是 {value}，应为 1、2 或 3"), format!("level cannot be {value}; 1, 2 or 3"))),
    }
}

fn read_category(policy: &Policy, row: &Row) -> Result<u8, Problem> {
    let Some(value) = text(row, "category") else { return Err(missing(&UNKNOWN_CATEGORY, "category")) };
    policy.category(value).ok_or_else(|| {
        let (shown, known) = (Value::from(value), list(policy.categories.iter().map(|category| category.id.as_str())));
        UNKNOWN_CATEGORY.problem(
            format!("category 不能是 {shown}，应为 {known} 之一"),
            format!("category cannot be {shown}; one of {known}"),
        )
    })
}

fn missing(kind: &'static Kind, name: &str) -> Problem {
    kind.problem(format!("缺少 {name}"), format!("{name} is missing"))
}

fn wrong_type(name: &str, zh: &str, en: &str) -> Problem {
    BAD_JSON.problem(format!("{name} 的类型不对，应为{zh}"), format!("{name} is of a wrong type; expected {en}"))
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
