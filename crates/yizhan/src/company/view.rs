//! Companies as far as their handlers and their matters tell.

use super::model::{CompanyView, HandlerView, MonthView};
use crate::app::{App, store};
use crate::case::rule::{ends, masked_name};
use crate::case::view::{given, status};
use crate::invoice;
use yizhan_core::access::{Seen, Viewer};
use yizhan_core::image::Image;
use yizhan_core::image::case::CaseHead;
use yizhan_core::image::fact::Value;
use yizhan_core::problem;
use yizhan_kit::codes::Mobile;
use yizhan_kit::{Day, Digest16, Lang, Moment, Problem};

/// The service by which handlers are named.
pub const SERVICE: &str = "company-handler";

/// The purpose of what is told to the tax desk.
const PURPOSE: &str = "tax";

/// The most matters that are listed.
const MOST: usize = 50;

/// Where a handler stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Nobody has approved it yet, or its days lie ahead.
    Ahead,
    /// It holds today.
    Valid,
    /// Its days are over.
    Over,
    /// It was revoked.
    Revoked,
}

impl Standing {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ahead => "ahead",
            Self::Valid => "valid",
            Self::Over => "over",
            Self::Revoked => "revoked",
        }
    }
}

fn day(seen: &Seen<'_>, case: &CaseHead, attribute: &str) -> Option<Day> {
    match seen.latest(case.subject, attribute) {
        Some(Value::Day(day)) => Some(day),
        _ => None,
    }
}

fn is(seen: &Seen<'_>, case: &CaseHead, attribute: &str) -> bool {
    seen.latest(case.subject, attribute) == Some(Value::Flag(true))
}

/// Where a handler stands on a day, by the facts of their case.
pub fn standing(seen: &Seen<'_>, case: &CaseHead, today: Day) -> Standing {
    if is(seen, case, "company-handler.revoked") {
        return Standing::Revoked;
    }
    let (from, until) = (day(seen, case, "company-handler.from"), day(seen, case, "company-handler.until"));
    let (Some(from), Some(until), true) = (from, until, is(seen, case, "company-handler.approved")) else {
        return if case.state.is_open() { Standing::Ahead } else { Standing::Over };
    };
    if !case.state.is_open() || until < today {
        Standing::Over
    } else if today < from {
        Standing::Ahead
    } else {
        Standing::Valid
    }
}

/// The digest by which everything about a taxpayer is found.
pub fn digest(app: &App, number: &str) -> Digest16 {
    app.vault.blind("taxpayer-number", number.trim())
}

/// The cases told to the tax desk about a taxpayer, the latest first; none that is forgotten.
///
/// # Errors
/// The store's failure.
pub fn cases<'a>(app: &App, seen: &Seen<'a>, taxpayer: Digest16) -> Result<Vec<&'a CaseHead>, Problem> {
    let mut cases = Vec::new();
    for (key, case) in seen.candidates(taxpayer) {
        match app.key(key) {
            Ok(row) if row.digests().any(|own| own == taxpayer) => cases.push(case),
            Err(problem) if problem.kind.code != problem::FORGOTTEN.code => return Err(problem),
            _ => {}
        }
    }
    cases.retain(|case| seen.image().service(case).purpose == PURPOSE);
    cases.sort_by_key(|case| std::cmp::Reverse(case.opened));
    cases.dedup_by_key(|case| case.subject);
    Ok(cases)
}

/// The handlers that a company has today.
///
/// # Errors
/// The store's failure.
pub fn handlers<'a>(app: &App, seen: &Seen<'a>, taxpayer: Digest16) -> Result<Vec<&'a CaseHead>, Problem> {
    let today = app.now().day();
    let mut cases = cases(app, seen, taxpayer)?;
    cases.retain(|case| seen.image().service(case).name == SERVICE && standing(seen, case, today) == Standing::Valid);
    Ok(cases)
}

/// The handler of a company who has a telephone, today.
///
/// # Errors
/// The store's failure.
pub fn handler<'a>(
    app: &App,
    seen: &Seen<'a>,
    taxpayer: Digest16,
    mobile: &Mobile,
) -> Result<Option<&'a CaseHead>, Problem> {
    let theirs = app.vault.blind("mobile", mobile.as_str());
    for case in handlers(app, seen, taxpayer)? {
        if app.key(u64::from(case.key))?.digests().any(|own| own == theirs) {
            return Ok(Some(case));
        }
    }
    Ok(None)
}

/// A company whole, for whoever has verified one of its handlers.
///
/// # Errors
/// The store's failure.
pub fn company(
    app: &App,
    image: &Image,
    viewer: &Viewer,
    open: &super::act::OpenCompany,
    lang: Lang,
) -> Result<CompanyView, Problem> {
    let own = viewer.look(image);
    let today = app.now().day();
    let taxpayer = digest(app, &open.number);
    let all = cases(app, &own, taxpayer)?;
    let (handlers, matters): (Vec<&CaseHead>, Vec<&CaseHead>) =
        all.into_iter().partition(|case| image.service(case).name == SERVICE);
    let mut shown = Vec::new();
    let mut name = String::new();
    for case in handlers {
        let asked = given(app, &own, case)?;
        let text = |field: &str| asked[field].as_str().unwrap_or_default();
        if name.is_empty() {
            text("taxpayer").clone_into(&mut name);
        }
        let on = |attribute: &str| day(&own, case, attribute).map(|day| day.to_string()).unwrap_or_default();
        shown.push(HandlerView {
            number: image.number(case),
            name: masked_name(text("name")),
            mobile: text("mobile").parse::<Mobile>().map(|mobile| mobile.masked()).unwrap_or_default(),
            from: on("company-handler.from"),
            until: on("company-handler.until"),
            state: standing(&own, case, today).as_str().to_owned(),
        });
    }
    let program = Viewer::program();
    let month = |kind: &str| {
        let month = invoice::view::month(&program.look(image), taxpayer, kind, today, None);
        month.quota.map(|quota| MonthView { kind: kind.to_owned(), quota, used: month.used })
    };
    Ok(CompanyView {
        key: open.key.clone(),
        name,
        number: ends(&open.number),
        until: Moment(open.until).to_string(),
        handlers: shown,
        cases: matters.into_iter().take(MOST).map(|case| status(&own, case, lang)).collect(),
        invoices: ["ordinary", "special"].into_iter().filter_map(month).collect(),
    })
}

/// What is kept of companies that are open, read.
///
/// # Errors
/// When it is none of ours.
pub fn opened(bytes: &[u8]) -> Result<super::act::OpenCompany, Problem> {
    serde_json::from_slice(bytes).map_err(|error| store(&error))
}
