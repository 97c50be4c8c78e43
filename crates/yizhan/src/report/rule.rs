//! How a report is said: what was counted in one line, and the whole as Markdown or comma-separated values.

use super::model::{RecordBehind, ReportView};
use crate::case::rule::words as say;
use crate::case::view::words;
use yizhan_core::access::Role;
use yizhan_core::catalog::report::{Counted, Entries, Figure, Learned, Measure, Moved, Report};
use yizhan_core::catalog::{Catalog, Level, Words};
use yizhan_core::report::{Asked, Cell};
use yizhan_kit::{Day, Lang};

/// The days that are counted: of the report's period those asked for. Nothing when none are left.
pub fn period(report: &Report, year: Option<i32>, from: Option<Day>, to: Option<Day>) -> Option<(Day, Day)> {
    let (mut first, mut last) = (from.unwrap_or(report.from), to.unwrap_or(report.to));
    if let Some(year) = year {
        first = first.max(Day::from_ymd(year, 1, 1)?);
        last = last.min(Day::from_ymd(year, 12, 31)?);
    }
    (first <= last).then_some((first, last))
}

/// A role as the public reads it.
pub fn role(role: Role, lang: Lang) -> &'static str {
    let (zh, en) = match role {
        Role::Officer(Level::Village) => ("村级经办人员", "officer of the village"),
        Role::Officer(Level::Township) => ("镇级经办人员", "officer of the township"),
        Role::Officer(Level::District) => ("区级经办人员", "officer of the district"),
        other => (other.as_str(), other.as_str()),
    };
    say(zh, en, lang)
}

/// How much more something is, with its sign.
pub fn signed(text: &str) -> String {
    if text.starts_with('-') || text == "0" { text.to_owned() } else { format!("+{text}") }
}

/// The one of two texts that is read.
pub fn either(zh: String, en: String, lang: Lang) -> String {
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

/// A list of titles.
fn listed<'a>(names: &'a [String], title: impl Fn(&'a str) -> &'a str, lang: Lang) -> String {
    let titles: Vec<&str> = names.iter().map(|name| title(name)).collect();
    titles.join(say("、", ", ", lang))
}

/// What was counted, in one line; or why nothing is.
pub fn how(catalog: &Catalog, figure: &Figure, asked: &Asked, lang: Lang) -> String {
    let told = match &figure.counted {
        Counted::Nothing(reason) => {
            return format!("{}{}", say("不统计：", "not counted: ", lang), words(reason, lang));
        }
        Counted::Transfers(moved) => transfers(catalog, moved, lang),
        Counted::Slips { payer } => {
            let payers = catalog.policies.values().flat_map(|policy| &policy.payers);
            let title = payers.filter(|one| one.id == *payer).map(|one| words(&one.title, lang)).next();
            let said = say("有效结算单，支付方：", "settlement slips that stand, paid by: ", lang);
            format!("{said}{}", title.unwrap_or(payer))
        }
        Counted::Cases { services } => {
            let titles = listed(services, |name| service(catalog, name, lang), lang);
            format!("{}{titles}", say("办结的办件：", "cases completed: ", lang))
        }
        Counted::Subjects(stand) => {
            let title = kind(catalog, &stand.kind, lang);
            format!("{}{title}", say("登记在册：", "as registered: ", lang))
        }
        Counted::Facts(learned) => facts(catalog, learned, lang),
        Counted::Parameter(name) => {
            let title = catalog.parameters.get(name).map_or(name.as_str(), |one| words(&one.title, lang));
            format!("{}{title}", say("目录参数：", "parameter of the catalog: ", lang))
        }
        Counted::Rule(name) => {
            let title = catalog.rules.rule(name).map_or(name.as_str(), |(_, rule, _)| words(&rule.title, lang));
            format!("{}{title}", say("规则：", "rule: ", lang))
        }
        Counted::Entries(Entries::Layers) => {
            say("当日有效的结算政策各层", "layers of the policy of settlement in force", lang).to_owned()
        }
        Counted::Entries(Entries::Rules(names)) => {
            let title = |name| catalog.rules.rule(name).map_or(name, |(_, rule, _)| words(&rule.title, lang));
            format!("{}{}", say("目录规则：", "rules of the catalog: ", lang), listed(names, title, lang))
        }
        Counted::Entries(Entries::Reads(named)) => {
            let title = catalog.rules.lets.get(named).map_or(named.as_str(), |one| words(&one.title, lang));
            format!("{}{title}", say("判断所用的指标：", "indicators that are judged: ", lang))
        }
        Counted::Figures([above, below]) => format!("{above} ÷ {below}"),
        Counted::Period => say("统计期间的年数", "years of the period", lang).to_owned(),
    };
    let stands =
        matches!(figure.counted, Counted::Subjects(_) | Counted::Parameter(_) | Counted::Rule(_) | Counted::Entries(_));
    let days = if stands { asked.to.to_string() } else { format!("{}—{}", asked.from, asked.to) };
    let measured = measured(figure.measure, lang);
    let stop = say("；", "; ", lang);
    if measured.is_empty() { format!("{told}{stop}{days}") } else { format!("{measured}{stop}{told}{stop}{days}") }
}

fn measured(measure: Measure, lang: Lang) -> &'static str {
    match measure {
        Measure::Sum => say("金额或数量合计", "sum", lang),
        Measure::Times => say("笔数（人次）", "how many times", lang),
        Measure::Persons => say("不同的人，每人只数一次", "different persons, each once", lang),
        Measure::Households => say("不同的户，每户只数一次", "different households, each once", lang),
        Measure::Villages => say("不同的村，每村只数一次", "different villages, each once", lang),
        Measure::Subjects => say("不同的对象，每个只数一次", "each once", lang),
        Measure::Members => {
            say("每次所付户当天的人口相加", "members of the households paid, added up time by time", lang)
        }
        Measure::Mean => say("平均", "mean", lang),
        Measure::Rate => say("占全部的比例", "share of all", lang),
        Measure::Values => say("不同取值的个数", "different values", lang),
        Measure::Latest => say("最后一天的值", "value on the last day", lang),
        Measure::FirstYear => say("起始年份", "first year", lang),
        Measure::Gaps => say("未通过的个数", "how many do not pass", lang),
        Measure::Rhythm => say("应做次数", "how often it is owed", lang),
        Measure::Entries => say("条目数", "entries", lang),
        Measure::Ratio | Measure::Years | Measure::None => "",
    }
}

fn title_of<'a>(title: Option<&'a Words>, name: &'a str, lang: Lang) -> &'a str {
    title.map_or(name, |title| words(title, lang))
}

fn kind<'a>(catalog: &'a Catalog, name: &'a str, lang: Lang) -> &'a str {
    title_of(catalog.subjects.get(name).map(|kind| &kind.title), name, lang)
}

fn service<'a>(catalog: &'a Catalog, name: &'a str, lang: Lang) -> &'a str {
    title_of(catalog.services.get(name).map(|service| &service.title), name, lang)
}

fn transfers(catalog: &Catalog, moved: &Moved, lang: Lang) -> String {
    let mut parts = vec![say("已付的转账", "transfers paid", lang).to_owned()];
    let programme = |name| title_of(catalog.programmes.get(name).map(|one| &one.title), name, lang);
    let fund = |name| title_of(catalog.funds.get(name).map(|one| &one.title), name, lang);
    let named = [
        (say("项目：", "programme: ", lang), listed(&moved.programmes, programme, lang)),
        (say("资金：", "fund: ", lang), listed(&moved.funds, fund, lang)),
        (say("事项：", "service: ", lang), listed(&moved.services, |name| service(catalog, name, lang), lang)),
        (say("付方：", "from: ", lang), moved.from.iter().map(|name| kind(catalog, name, lang)).collect()),
        (say("收方：", "to: ", lang), moved.to.iter().map(|name| kind(catalog, name, lang)).collect()),
    ];
    parts
        .extend(named.into_iter().filter(|(_, names)| !names.is_empty()).map(|(what, names)| format!("{what}{names}")));
    parts.join(say("，", ", ", lang))
}

fn facts(catalog: &Catalog, learned: &Learned, lang: Lang) -> String {
    let attribute = catalog.attributes.get(&learned.attribute);
    let title = title_of(attribute.map(|one| &one.title), &learned.attribute, lang);
    let of = learned.attribute.split('.').next().unwrap_or_default();
    let whose = if catalog.services.contains_key(of) { service(catalog, of, lang) } else { kind(catalog, of, lang) };
    format!("{}{whose} · {title}", say("期内记录的事实：", "facts learned: ", lang))
}

/// A report as Markdown.
pub fn markdown(report: &ReportView, lang: Lang) -> String {
    let mut text =
        format!("# {}\n\n{}\n\n{} — {} {}\n", report.title, report.about, report.from, report.to, report.area);
    let head =
        say("| 编号 | 指标 | 数值 | 单位 | 对应数 | 怎么数的 |", "| id | figure | value | unit | count | how |", lang);
    for section in &report.sections {
        text.push_str(&format!("\n## {}\n\n{head}\n|---|---|---:|---|---:|---|\n", section.title));
        for figure in &section.figures {
            let value = if figure.least && !figure.value.is_empty() {
                format!("≥ {}", figure.value)
            } else {
                figure.value.clone()
            };
            text.push_str(&format!(
                "| {} | {} | {value} | {} | {} | {} |\n",
                figure.id, figure.title, figure.unit_said, figure.count, figure.how
            ));
        }
    }
    if !report.notices.is_empty() {
        text.push_str(&format!("\n## {}\n\n", say("值得核对", "Worth a look", lang)));
        for notice in &report.notices {
            text.push_str(&format!("- {} ({})\n", notice.says, notice.figures.join(", ")));
        }
    }
    text
}

/// A report as comma-separated values: `id,value,unit,count,how`.
///
/// # Errors
/// When it cannot be written.
pub fn csv(report: &ReportView) -> Result<String, String> {
    let figures = report.sections.iter().flat_map(|section| &section.figures);
    let mut rows: Vec<[&str; 5]> =
        figures.map(|one| [one.id.as_str(), &one.value, &one.unit, &one.count, &one.how]).collect();
    rows.sort_unstable_by_key(|row| row[0]);
    separated(["id", "value", "unit", "count", "how"], rows)
}

/// What is behind a figure as comma-separated values: `n,day,what,who,amount`.
///
/// # Errors
/// When it cannot be written.
pub fn lines_csv(lines: &[RecordBehind]) -> Result<String, String> {
    let n: Vec<String> = lines.iter().map(|line| line.n.to_string()).collect();
    let rows = lines.iter().zip(&n).map(|(one, n)| [n.as_str(), &one.day, &one.what, &one.who, &one.amount]);
    separated(["n", "day", "what", "who", "amount"], rows)
}

/// Rows as comma-separated values.
///
/// # Errors
/// When they cannot be written.
pub fn separated<'a, const N: usize>(
    head: [&str; N],
    rows: impl IntoIterator<Item = [&'a str; N]>,
) -> Result<String, String> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(head).map_err(|error| error.to_string())?;
    for row in rows {
        out.write_record(row).map_err(|error| error.to_string())?;
    }
    let bytes = out.into_inner().map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

/// What is behind a figure as Markdown.
pub fn lines_markdown(lines: &[RecordBehind], lang: Lang) -> String {
    let head = say("| 号 | 日期 | 是什么 | 对象 | 数额 |", "| n | day | what | who | amount |", lang);
    let mut text = format!("{head}\n|---:|---|---|---|---:|\n");
    for line in lines {
        text.push_str(&format!("| {} | {} | {} | {} | {} |\n", line.n, line.day, line.what, line.who, line.amount));
    }
    text
}

/// A cell that is about fewer people than these is told together with others.
pub const FEWEST: u64 = 5;

/// Whether a figure is about people, so that a small number of it could tell of somebody.
pub fn is_personal(figure: &Figure) -> bool {
    let people = |kind: &str| matches!(kind, "person" | "household" | "house");
    match &figure.counted {
        Counted::Transfers(moved) => moved.to.as_deref().is_none_or(people),
        Counted::Slips { .. } => true,
        Counted::Subjects(stand) => people(&stand.kind),
        Counted::Facts(learned) => learned.attribute.split('.').next().is_some_and(people),
        Counted::Rule(_) => figure.measure == Measure::Gaps,
        _ => false,
    }
}

/// Which of the cells of a figure are told together: those about fewer than five people, and so many others that they cannot be told
/// by subtraction.
pub fn merged(personal: bool, cells: &[Cell]) -> Vec<bool> {
    let small = |cell: &Cell| personal && (1..FEWEST).contains(&cell.people);
    let mut merged: Vec<bool> = cells.iter().map(small).collect();
    loop {
        let (number, people) = cells
            .iter()
            .zip(&merged)
            .filter(|(_, merged)| **merged)
            .fold((0, 0), |(number, people), (cell, _)| (number + 1, people + cell.people));
        if number == 0 || (number > 1 && people >= FEWEST) {
            return merged;
        }
        // The next smallest joins; a cell about nobody hides nobody.
        let others = cells.iter().enumerate().filter(|(at, cell)| !merged[*at] && cell.people > 0);
        match others.min_by_key(|(_, cell)| cell.people) {
            Some((at, _)) => merged[at] = true,
            None => return merged,
        }
    }
}
