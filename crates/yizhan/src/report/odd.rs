//! What is odd about figures, in words.

use super::model::NoticeView;
use super::rule;
use crate::case::view::words;
use yizhan_core::catalog::report::Report;
use yizhan_core::report::Quantity;
use yizhan_core::report::notice::{Notice, Odd};
use yizhan_kit::Lang;

/// A notice as it is told.
pub fn view(report: &Report, notice: &Notice, lang: Lang) -> NoticeView {
    NoticeView {
        odd: notice.odd.as_str().to_owned(),
        figures: notice.figures.clone(),
        says: says(report, notice, lang),
    }
}

fn says(report: &Report, notice: &Notice, lang: Lang) -> String {
    let title = |n: usize| {
        let figure = notice.figures.get(n).and_then(|id| report.figure(id));
        figure.map_or("", |(_, figure)| words(&figure.title, lang))
    };
    let [one, other] = notice.of;
    let yuan = |fen: i128| Quantity { numer: fen, denom: 1 }.text("元", true);
    let (first, second, third) = (title(0), title(1), title(2));
    let (zh, en) = match notice.odd {
        Odd::BelowStandard => (
            format!("{first}：统计期内平均每人 {} 元，不到一年的标准 {} 元", yuan(one), yuan(other)),
            format!(
                "{first}: {} yuan a person in all years, less than the standard of one, {}",
                yuan(one),
                yuan(other)
            ),
        ),
        Odd::OutOfLine => (
            format!("{first}：平均每次 {} 元，同类各项居中的是 {} 元", yuan(one), yuan(other)),
            format!("{first}: {} yuan each, where its neighbours have {} in the middle", yuan(one), yuan(other)),
        ),
        Odd::NotEverywhere => (
            format!("{first}是 100%，但{second}只有 {one} 个，{third}有 {other} 个村"),
            format!("{first} is 100 %, and yet {second} are {one}, where {third} are {other} villages"),
        ),
        Odd::SameNumber => (
            format!("{first}和{second}都是 {one}，是两件事，请核对是不是抄错"),
            format!("{first} and {second} are both {one} and two different things: was one copied?"),
        ),
        Odd::MoreThanAll => (
            format!("{first} {one}，多于在册的 {other}：是累计的次数，不是人数或户数"),
            format!(
                "{first}: {one}, more than the {other} on the register; these are times, not persons or households"
            ),
        ),
        Odd::Leap => {
            let money = notice.figures.first().and_then(|id| report.figure(id)).is_some_and(|(_, figure)| figure.money);
            let number = |n: i128| if money { yuan(n) } else { n.to_string() };
            let (year, one, other) = (notice.year.unwrap_or_default(), number(one), number(other));
            (
                format!("{first}：{year} 年 {one}，其他年份居中的是 {other}"),
                format!("{first}: {one} in {year}, {other} in the middle of the other years"),
            )
        }
    };
    rule::either(zh, en, lang)
}
