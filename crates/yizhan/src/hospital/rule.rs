//! Amounts and bills as they come in, and money in the characters it is written with. Pure.

use super::model::{BillAsked, BillLine};
use yizhan_core::problem;
use yizhan_core::service::Asked;
use yizhan_core::settlement::amount;
use yizhan_kit::{Day, Fen, Problem};

/// The kind of care that is meant where a bill names none.
const USUAL: &str = "inpatient";

/// The most lines of a bill.
const MOST_LINES: usize = 400;

/// The longest name of an item.
const LONGEST_ITEM: usize = 100;

/// Reads a bill: its totals, the sums of its lines, or both where they agree.
///
/// # Errors
/// `form-invalid`, saying where.
pub fn bill(asked: &BillAsked, admitted: Day, level: Option<u8>) -> Result<Asked, Problem> {
    let discharged = day(&asked.discharged, "/bill/discharged")?;
    let of_lines = lines(&asked.lines)?;
    let texts = [&asked.total, &asked.own_pay, &asked.over_limit, &asked.first_pay];
    let mut sums = [Fen(0); 4];
    for (place, text) in texts.into_iter().enumerate() {
        let name = ["total", "own_pay", "over_limit", "first_pay"][place];
        let given = text.as_deref().map(|text| yuan(text, name)).transpose()?;
        sums[place] = match (given, of_lines) {
            (Some(given), Some(lines)) if given != lines[place] => {
                return Err(problem::FORM_INVALID.problem(
                    format!("{name} 为 {given}，与明细合计 {} 不符。", lines[place]),
                    format!("{name} is {given}, the lines come to {}.", lines[place]),
                ));
            }
            (Some(given), _) => given,
            (None, Some(lines)) => lines[place],
            (None, None) if place == 0 => {
                return Err(problem::FORM_INVALID.problem("缺少总费用或明细。", "There is no total and no line."));
            }
            (None, None) => Fen(0),
        };
    }
    let [total, out @ ..] = sums;
    Ok(Asked { kind: asked.kind.clone().unwrap_or_else(|| USUAL.to_owned()), level, admitted, discharged, total, out })
}

/// The sums of lines; nothing where there are none.
fn lines(lines: &[BillLine]) -> Result<Option<[Fen; 4]>, Problem> {
    if lines.is_empty() {
        return Ok(None);
    }
    if lines.len() > MOST_LINES {
        return Err(problem::FORM_INVALID
            .problem(format!("明细最多 {MOST_LINES} 行。"), format!("A bill has at most {MOST_LINES} lines.")));
    }
    let mut sums = [Fen(0); 4];
    for (n, line) in lines.iter().enumerate() {
        let bad = line.item.trim().is_empty()
            || line.item.chars().count() > LONGEST_ITEM
            || line.item.contains(|c: char| c.is_control() || "<>".contains(c));
        if bad {
            return Err(problem::FORM_INVALID
                .problem(format!("明细第 {} 行的名称有误。", n + 1), format!("The item of line {} is wrong.", n + 1)));
        }
        let texts = [Some(&line.amount), line.own_pay.as_ref(), line.over_limit.as_ref(), line.first_pay.as_ref()];
        for (sum, text) in sums.iter_mut().zip(texts) {
            let one = text.map(|text| yuan(text, &format!("lines/{n}"))).transpose()?.unwrap_or_default();
            *sum = sum.checked_add(one).unwrap_or(Fen(i64::MAX));
        }
    }
    Ok(Some(sums))
}

/// Reads an amount in yuan.
///
/// # Errors
/// `form-invalid`, naming it.
pub fn yuan(text: &str, name: &str) -> Result<Fen, Problem> {
    amount(text).ok_or_else(|| {
        problem::FORM_INVALID.problem(
            format!("{name} 不是金额，应如 20000.00。"),
            format!("{name} is no amount; write it like 20000.00."),
        )
    })
}

/// Reads a day.
///
/// # Errors
/// `form-invalid`, naming it.
pub fn day(text: &str, name: &str) -> Result<Day, Problem> {
    text.parse().map_err(|_| {
        problem::FORM_INVALID
            .problem(format!("{name} 不是日期。"), format!("{name} is no day; write it like 2021-02-01."))
    })
}

/// The first day of a month and of the next one, `2021-02`.
///
/// # Errors
/// `form-invalid`.
pub fn month(text: &str) -> Result<(Day, Day), Problem> {
    let wrong = || problem::FORM_INVALID.problem("月份应如 2021-02。", "A month is written like 2021-02.");
    let (year, month) = text.split_once('-').filter(|_| text.len() == 7).ok_or_else(wrong)?;
    let (year, month): (i32, u8) = (year.parse().map_err(|_| wrong())?, month.parse().map_err(|_| wrong())?);
    let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    Day::from_ymd(year, month, 1).zip(Day::from_ymd(next.0, next.1, 1)).ok_or_else(wrong)
}

/// The month of a day.
pub fn month_of(day: Day) -> String {
    let (year, month, _) = day.ymd();
    format!("{year:04}-{month:02}")
}

const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];

/// An amount in the characters that money is written with, as on a cheque: 壹仟柒佰捌拾柒元零壹分.
pub fn capital(amount: Fen) -> String {
    let sign = if amount.0 < 0 { "负" } else { "" };
    let fen = amount.0.unsigned_abs();
    let (yuan, jiao, fen) = (fen / 100, digit(fen / 10 % 10), digit(fen % 10));
    let mut text = String::from(sign);
    if yuan > 0 {
        text.push_str(&whole(yuan));
        text.push('元');
    }
    match (jiao, fen) {
        (0, 0) if yuan == 0 => text.push_str("零元整"),
        (0, 0) => text.push('整'),
        (jiao, 0) => text.extend([DIGITS[jiao], '角', '整']),
        (0, fen) if yuan == 0 => text.extend([DIGITS[fen], '分']),
        (0, fen) => text.extend(['零', DIGITS[fen], '分']),
        (jiao, fen) => text.extend([DIGITS[jiao], '角', DIGITS[fen], '分']),
    }
    text
}

fn digit(n: u64) -> usize {
    usize::try_from(n).unwrap_or(0)
}

/// A whole number above nothing, by groups of four digits.
fn whole(number: u64) -> String {
    let mut groups = Vec::new();
    let mut left = number;
    while left > 0 {
        groups.push(left % 10_000);
        left /= 10_000;
    }
    let mut text = String::new();
    let mut gap = false;
    for (place, group) in groups.iter().enumerate().rev() {
        if *group == 0 {
            gap = true;
            continue;
        }
        if !text.is_empty() && (gap || *group < 1_000) {
            text.push('零');
        }
        gap = false;
        four(*group, &mut text);
        text.push_str(["", "万", "亿", "万亿"][place.min(3)]);
    }
    text
}

fn four(group: u64, text: &mut String) {
    let mut begun = false;
    let mut gap = false;
    for (unit, name) in [(1_000, "仟"), (100, "佰"), (10, "拾"), (1, "")] {
        let one = group / unit % 10;
        if one == 0 {
            gap = begun;
            continue;
        }
        if gap {
            text.push('零');
        }
        (gap, begun) = (false, true);
        text.push(DIGITS[digit(one)]);
        text.push_str(name);
    }
}
