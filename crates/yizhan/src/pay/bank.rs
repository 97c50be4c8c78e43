//! The bank's file out and its answer in, matched line by line. The layout is said in `docs/bank-file.md`.

use super::account;
use super::model::ReplyView;
use crate::app::App;
use crate::register;
use crate::table::model::Table;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use yizhan_core::access::{Seen, Viewer};
use yizhan_core::catalog::{Afterwards, Entry};
use yizhan_core::image::Image;
use yizhan_core::image::case::CaseHead;
use yizhan_core::ledger::{Phase, Transfer};
use yizhan_core::problem;
use yizhan_core::service::Payment;
use yizhan_kit::{Day, Problem};

/// The headings of the file that goes to the bank.
const OUT: &str = "流水号,收款人,开户银行,账号,金额,附言";

/// The file of everything of a case that waits: one transfer a row, UTF-8 with a mark, as Excel opens it.
///
/// # Errors
/// The store's failure.
pub fn file(app: &App, image: &Image, case: &CaseHead, title: &str, on: Day) -> Result<String, Problem> {
    let program = Viewer::program();
    let seen = program.look(image);
    let mut waiting: Vec<Transfer> = seen.transfers_of(case.subject).filter(Transfer::waits).collect();
    waiting.reverse();
    let mut text = format!("\u{feff}{OUT}\r\n");
    for one in waiting {
        let account = account::find(app, &seen, one.credit, on)?.unwrap_or_default();
        let name = register::view::who(app, &seen, one.credit, on);
        let holder = if account.holder.is_empty() { name } else { account.holder };
        let cells = [one.n.to_string(), holder, account.bank, account.number, one.amount.to_string(), title.to_owned()];
        text.push_str(&cells.map(|cell| quoted(&cell)).join(","));
        text.push_str("\r\n");
    }
    Ok(text)
}

/// A cell as CSV: quoted where it must be, and never a formula of a spreadsheet.
fn quoted(cell: &str) -> String {
    let cell = if cell.starts_with(['=', '+', '-', '@']) { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

/// Reads a bank's answer: what fits a waiting line, and which rows fit none.
///
/// # Errors
/// `form-invalid` for a file without the headings.
pub fn read(seen: &Seen<'_>, case: &CaseHead, table: &Table) -> Result<(Value, ReplyView), Problem> {
    let column = |names: &[&str]| table.headings.iter().position(|heading| names.contains(&heading.trim()));
    let number = column(&["流水号", "number", "序号"]);
    let result = column(&["结果", "处理结果", "result", "状态"]);
    let (Some(number), Some(result)) = (number, result) else {
        return Err(problem::FORM_INVALID
            .problem("回盘文件要有“流水号”和“结果”两列。", "The bank's answer has the columns 流水号 and 结果."));
    };
    let (why, amount) = (column(&["失败原因", "原因", "why"]), column(&["金额", "amount"]));
    let reference = column(&["银行流水", "reference"]);
    let waiting: HashMap<u64, Transfer> =
        seen.transfers_of(case.subject).filter(Transfer::waits).map(|one| (one.n, one)).collect();
    let mut view = ReplyView { arrived: 0, failed: 0, unmatched: Vec::new() };
    let (mut rows, mut met) = (Vec::new(), HashSet::new());
    for (line, cells) in &table.rows {
        let cell = |at: usize| cells.get(at).map(|cell| cell.trim()).unwrap_or_default();
        let waits = cell(number).parse::<u64>().ok().and_then(|n| waiting.get(&n));
        let arrived = match cell(result) {
            "成功" | "ok" | "success" | "1" => Some(true),
            "失败" | "failed" | "0" => Some(false),
            _ => None,
        };
        let other = waits.zip(amount).is_some_and(|(one, at)| cell(at).parse().ok() != Some(one.amount));
        let what = match (waits, arrived) {
            (None, _) => "没有这笔待付",
            (_, None) => "结果不是“成功”或“失败”",
            _ if other => "金额不符",
            (Some(one), _) if !met.insert(one.n) => "同一流水号出现两次",
            (Some(one), Some(arrived)) => {
                let mut row = json!({"n": one.n, "arrived": arrived});
                let plain = |at: Option<usize>| at.map(cell).filter(|text| !text.is_empty()).map(safe);
                if let Some(why) = plain(why).filter(|_| !arrived) {
                    row["why"] = json!(why);
                }
                if let Some(reference) =
                    plain(reference).filter(|text| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
                {
                    row["reference"] = json!(reference);
                }
                rows.push(row);
                if arrived {
                    view.arrived += 1
                } else {
                    view.failed += 1
                }
                continue;
            }
        };
        view.unmatched.push(format!("{line}: {} {what}", cell(number)));
    }
    Ok((json!({"rows": rows}), view))
}

/// What a bank wrote, without the characters that a form refuses.
fn safe(text: &str) -> String {
    let text: String = text.chars().filter(|c| !"<>;={}\\\"`".contains(*c)).take(200).collect();
    text.trim().to_owned()
}

/// The transfers that follow from an entry: what arrived is posted, what failed is void; what failed is set aside again.
///
/// # Errors
/// `not-found` for a line that does not wait, `form-invalid` where nothing failed.
pub fn payments(
    image: &Image,
    viewer: &Viewer,
    case: &CaseHead,
    entry: &Entry,
    answers: &Value,
) -> Result<Vec<Payment>, Problem> {
    let seen = viewer.look(image);
    match entry.lines {
        None => Ok(Vec::new()),
        Some(Afterwards::Reply) => {
            let rows = answers["rows"].as_array().cloned().unwrap_or_default();
            let settle = |row: &Value| {
                let n = row["n"].as_u64().unwrap_or(0);
                let found = seen.transfer(n).filter(|one| one.case == case.subject && one.waits());
                let one = found.ok_or_else(|| {
                    problem::NOT_FOUND
                        .problem(format!("{n} 不是这一批的待付。"), format!("{n} does not wait in this batch."))
                })?;
                let phase = if row["arrived"] == true { Phase::Post } else { Phase::Void };
                Ok(payment(&one, phase, Some(one.n)))
            };
            rows.iter().map(settle).collect()
        }
        Some(Afterwards::Again) => {
            let failed = failed(&seen, case);
            if failed.is_empty() {
                return Err(problem::FORM_INVALID.problem("没有失败的笔。", "Nothing failed."));
            }
            Ok(failed.iter().map(|one| payment(one, Phase::Pending, None)).collect())
        }
    }
}

/// The voided transfers of those who were not paid in the end, in order.
fn failed(seen: &Seen<'_>, case: &CaseHead) -> Vec<Transfer> {
    let mut met = HashSet::new();
    let latest = seen.transfers_of(case.subject).filter(|one| met.insert(one.credit));
    let mut failed: Vec<Transfer> = latest.filter(|one| one.phase == Phase::Void).collect();
    failed.reverse();
    failed
}

fn payment(one: &Transfer, phase: Phase, settles: Option<u64>) -> Payment {
    Payment {
        fund: one.fund.to_string(),
        rule: Some(one.rule.to_string()).filter(|rule| !rule.is_empty()),
        from: one.debit,
        to: one.credit,
        amount: one.amount,
        phase,
        settles,
    }
}
