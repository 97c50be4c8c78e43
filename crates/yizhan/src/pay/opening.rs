//! Coming from paper (期初补录): what was paid before the program came, brought in by a table and marked as opening records by
//! the service of their case. A table is taken when it agrees with the totals that were declared for it, whole or not at all.

use super::lines::Asked;
use super::model::{KeptLine, OpeningTotal, OpeningView};
use super::records;
use crate::app::{App, Request};
use crate::case::act::{self, Wanted};
use crate::case::view;
use crate::table::model::Table;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use yizhan_core::access::{Seen, Viewer};
use yizhan_core::image::Image;
use yizhan_core::image::case::StepVerb;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::codes::CitizenNumber;
use yizhan_kit::{Fen, Problem};

/// Reasons that are listed.
const LISTED: usize = 200;

/// The lines that a step's answers give: each names somebody of the area and an amount, and together they are what the case
/// declared.
///
/// # Errors
/// `form-invalid`, saying what does not agree.
pub fn given(image: &Image, asked: &Asked<'_>, declared: &Value, answers: &Value) -> Result<Vec<KeptLine>, Problem> {
    let wrong = |zh: String, en: String| Err(problem::FORM_INVALID.problem(zh, en));
    let program = Viewer::program();
    let seen = program.look(image);
    let area = image.area(asked.case);
    let rows = answers["rows"].as_array().cloned().unwrap_or_default();
    let (mut lines, mut met) = (Vec::new(), HashSet::new());
    for row in &rows {
        let subject = row["subject"].as_u64().and_then(|n| u32::try_from(n).ok()).map(SubjectId);
        let subject = subject.filter(|one| seen.place_of(*one).is_some_and(|place| area.contains(place)));
        let Some(subject) = subject.filter(|one| met.insert(*one)) else {
            return wrong(
                "补录的对象不在这个区域，或者出现两次。".into(),
                "A row names nobody of the area, or somebody twice.".into(),
            );
        };
        let amount = row["amount"].as_str().and_then(|text| text.parse::<Fen>().ok()).filter(|amount| *amount > Fen(0));
        let Some(amount) = amount else {
            return wrong("补录的金额不对。".into(), "A row has no amount.".into());
        };
        lines.push(KeptLine {
            subject: subject.0,
            amount: amount.to_string(),
            computed: amount.to_string(),
            reason: String::new(),
        });
    }
    let (count, sum) = (expected(asked, declared), super::lines::sum(&lines)?);
    if count != lines.len() as u64 || Some(sum) != asked.total {
        return wrong(
            format!(
                "补录 {} 笔 {sum} 元，与申报的 {count} 笔 {} 元不一致。",
                lines.len(),
                asked.total.unwrap_or_default()
            ),
            format!("{} rows of {sum} yuan do not agree with what was declared.", lines.len()),
        );
    }
    Ok(lines)
}

/// How many lines a case says there are.
fn expected(asked: &Asked<'_>, declared: &Value) -> u64 {
    let pointer = asked.service().batch.as_ref().and_then(|batch| batch.given.as_ref());
    pointer.and_then(|pointer| declared.pointer(pointer)?.as_u64()).unwrap_or(0)
}

/// Holds a table against a case; signs its step when everything agrees and that is wanted.
///
/// # Errors
/// `not-found`, `form-invalid` for a table without the columns, the refusals of signing.
pub async fn bring(
    app: &Arc<App>,
    viewer: &Viewer,
    request: Request,
    number: &str,
    table: &Table,
    signs: bool,
    because: Option<String>,
) -> Result<OpeningView, Problem> {
    crate::register::view::known(app);
    let image = app.image();
    let case = viewer.look(&image).numbered(number)?.clone();
    if records::Kind::of(image.service(&case)).is_some() {
        return records::bring(app, viewer, request, number, table, signs, because).await;
    }
    let program = Viewer::program();
    let seen = program.look(&image);
    let declared = view::given(app, &seen, &case)?;
    let (catalog, _) = act::catalog(&image)?;
    let asked = super::lines::asked(app, &image, catalog, &case, &declared)?;
    if asked.service().batch.as_ref().is_none_or(|batch| batch.given.is_none()) {
        return Err(problem::NOT_FOUND.problem("这类办件不收补录表。", "Cases of this kind take no such table."));
    }
    let about = catalog.rules.rule(&asked.programme.rule).map(|(book, ..)| book.program.about().to_owned());
    let (rows, bad) = read(app, &seen, &asked, about.as_deref().unwrap_or_default(), table)?;
    let amounts = rows.iter().filter_map(|(_, amount)| amount.parse::<Fen>().ok());
    let sum = Fen::checked_sum(amounts).unwrap_or_default();
    let mut view = OpeningView {
        rows: rows.len(),
        sum: sum.to_string(),
        expected_rows: expected(&asked, &declared),
        expected_sum: asked.total.unwrap_or_default().to_string(),
        agrees: false,
        signed: false,
        known: 0,
        totals: Vec::new(),
        bad,
    };
    let total = |zh, en, found: &str, stated: &str| OpeningTotal {
        title: crate::case::rule::words(zh, en, crate::answer::lang()).to_owned(),
        found: found.to_owned(),
        stated: stated.to_owned(),
        agrees: found == stated,
    };
    view.totals = vec![
        total("总笔数", "How many payments", &view.rows.to_string(), &view.expected_rows.to_string()),
        total("总金额（元）", "Total, yuan", &view.sum, &view.expected_sum),
    ];
    view.agrees = view.bad.is_empty() && view.rows as u64 == view.expected_rows && Some(sum) == asked.total;
    if signs && view.agrees {
        let rows: Vec<Value> = rows.iter().map(|(one, amount)| json!({"subject": one.0, "amount": amount})).collect();
        let answers = Some(json!({ "rows": rows }));
        let (version, verb) = (u64::from(case.changed), StepVerb::Sign);
        let wanted = Wanted { case: case.subject, version, verb, to: None, answers, reason: None };
        act::step(app, viewer, request, wanted).await?;
        view.signed = true;
    }
    Ok(view)
}

/// A row that can be taken: who, and how much.
type Taken = (SubjectId, String);

/// The rows of a table: by citizen number or by household number, with an amount; a name is compared where it stands.
fn read(
    app: &App,
    seen: &Seen<'_>,
    asked: &Asked<'_>,
    about: &str,
    table: &Table,
) -> Result<(Vec<Taken>, Vec<String>), Problem> {
    let column = |names: &[&str]| table.headings.iter().position(|heading| names.contains(&heading.trim()));
    let number = column(&["身份证号", "证件号码", "公民身份号码"]);
    let (home, name) = (column(&["户编号", "户号"]), column(&["姓名", "户主姓名"]));
    let Some(amount) = column(&["金额", "发放金额", "amount"]).filter(|_| number.is_some() || home.is_some())
    else {
        return Err(problem::FORM_INVALID
            .problem("表格要有“金额”，以及“身份证号”或“户编号”。", "The table has 金额, and 身份证号 or 户编号."));
    };
    let area = seen.image().area(asked.case);
    let today = app.now().day();
    // Every number once, not once a row.
    let homes = if home.is_some() { seen.holding("household.number", "") } else { Vec::new() };
    let homes: HashMap<&str, SubjectId> = homes.iter().map(|(household, number)| (&**number, *household)).collect();
    let (mut rows, mut bad, mut met) = (Vec::new(), Vec::new(), HashSet::new());
    for (line, cells) in &table.rows {
        let cell = |at: Option<usize>| at.and_then(|at| cells.get(at)).map(|cell| cell.trim()).unwrap_or_default();
        let person = cell(number).to_uppercase().parse::<CitizenNumber>().ok().and_then(|number| {
            let numbers = app.finder.numbers.read().expect("no panic while the numbers are held");
            numbers.find(&number).first().copied()
        });
        let by_home = || homes.get(cell(home)).copied();
        let who = match about {
            "person" => person,
            _ => person.and_then(|one| crate::register::view::household_of(seen, one, today)).or_else(by_home),
        };
        let mine = who.filter(|one| seen.place_of(*one).is_some_and(|place| area.contains(place)));
        let named = |one: SubjectId| crate::register::view::who(app, seen, one, today);
        let money = cell(Some(amount)).replace([',', '，'], "").parse::<Fen>().ok().filter(|money| *money > Fen(0));
        let why = match (mine, money) {
            (None, _) => "登记里没有这个人或户，或者不在这个区域",
            (_, None) => "金额不对",
            (Some(one), _) if !cell(name).is_empty() && named(one) != cell(name) => "姓名与登记不符",
            (Some(one), _) if !met.insert(one) => "同一个对象出现两次，请合并成一行",
            (Some(one), Some(money)) => {
                rows.push((one, money.to_string()));
                continue;
            }
        };
        if bad.len() < LISTED {
            bad.push(format!("{line}: {why}"));
        }
    }
    Ok((rows, bad))
}
