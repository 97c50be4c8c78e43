//! The stock and what of it is where, computed from the facts of cases.

use super::act::{INCREASE, RECEIVE};
use super::model::{PacketView, Run, RunView, StockRow};
use super::rule;
use crate::app::App;
use crate::case::view::{given, words};
use yizhan_core::access::{Deed, Seen, Viewer};
use yizhan_core::image::Image;
use yizhan_core::image::case::{CaseHead, State};
use yizhan_core::image::fact::Value;
use yizhan_core::row::SubjectId;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Digest16, Lang, Problem};

/// A delivery of the stock.
pub struct Delivery {
    /// It.
    pub subject: SubjectId,
    /// `ordinary` or `special`.
    pub kind: String,
    /// The invoice code.
    pub code: String,
    /// Its numbers.
    pub run: Run,
}

/// The invoices of a case.
#[derive(Default)]
pub struct Packet {
    /// What the taxpayer has.
    pub runs: Vec<Run>,
    /// What is never given out.
    pub void: Vec<Run>,
}

/// How many a taxpayer may have in a month, and had.
pub struct Month {
    /// How many may be had; absent where the kind is not counted.
    pub quota: Option<u32>,
    /// How many were.
    pub used: u32,
    /// The last day of a larger number.
    pub until: Option<Day>,
}

fn text(seen: &Seen<'_>, subject: SubjectId, attribute: &str) -> String {
    match seen.latest(subject, attribute) {
        Some(Value::Text(text)) => text.to_string(),
        _ => String::new(),
    }
}

fn number(seen: &Seen<'_>, subject: SubjectId, attribute: &str) -> u32 {
    match seen.latest(subject, attribute) {
        Some(Value::Int(n)) => u32::try_from(n).unwrap_or(0),
        _ => 0,
    }
}

/// Every delivery the viewer has business with, in order.
pub fn deliveries(seen: &Seen<'_>) -> Vec<Delivery> {
    let delivery = |subject: SubjectId| Delivery {
        subject,
        kind: text(seen, subject, "invoice-stock.kind"),
        code: text(seen, subject, "invoice-stock.code"),
        run: Run {
            stock: subject.0,
            first: number(seen, subject, "invoice-stock.first"),
            last: number(seen, subject, "invoice-stock.last"),
        },
    };
    seen.subjects_of("invoice-stock").map(delivery).collect()
}

/// What stands in a case.
pub fn packet(seen: &Seen<'_>, case: SubjectId) -> Packet {
    let runs = |attribute| serde_json::from_str(&text(seen, case, attribute)).unwrap_or_default();
    Packet { runs: runs("invoice-receive.runs"), void: runs("invoice-receive.void") }
}

/// What of a delivery is out: with taxpayers, or lost. A case that was closed gave nothing out. One case may be left aside.
fn out(seen: &Seen<'_>, delivery: SubjectId, without: Option<SubjectId>) -> Vec<Run> {
    let mut taken = Vec::new();
    for case in seen.ever_naming("invoice-receive.stock", delivery) {
        let packet = packet(seen, case);
        taken.extend(packet.void);
        let ended = seen.case(case).is_ok_and(|head| matches!(head.state, State::Closed | State::Withdrawn));
        if !ended && Some(case) != without {
            taken.extend(packet.runs);
        }
    }
    taken
}

/// The free numbers of a kind that the desks of an area keep, the oldest delivery first.
pub fn free(seen: &Seen<'_>, area: RegionCode, kind: &str, without: Option<SubjectId>) -> Vec<Run> {
    let here = |one: &Delivery| one.kind == kind && seen.place_of(one.subject).is_some_and(|kept| kept.contains(area));
    let kept = deliveries(seen).into_iter().filter(here);
    kept.flat_map(|one| rule::free(one.run, &out(seen, one.subject, without))).collect()
}

/// The cases of a service about a taxpayer. The index of digests keeps a part of each; the case's own tells.
pub fn cases_of(seen: &Seen<'_>, taxpayer: Digest16, service: &str) -> Vec<SubjectId> {
    let attribute = format!("{service}.taxpayer");
    let own = taxpayer.to_string();
    let cases = seen.candidates(taxpayer).map(|(_, case)| case.subject);
    let mut cases: Vec<SubjectId> = cases.filter(|case| text(seen, *case, &attribute) == own).collect();
    cases.sort_unstable();
    cases.dedup();
    cases
}

/// How many of a kind a taxpayer may have in the month of a day, and had; one case may be left aside.
pub fn month(seen: &Seen<'_>, taxpayer: Digest16, kind: &str, on: Day, without: Option<SubjectId>) -> Month {
    let (year, month, _) = on.ymd();
    let in_month = |day: Day| (day.ymd().0, day.ymd().1) == (year, month);
    let mut used = 0;
    for case in cases_of(seen, taxpayer, RECEIVE.0) {
        let closed = seen.case(case).is_ok_and(|head| matches!(head.state, State::Closed | State::Withdrawn));
        if Some(case) == without || closed || text(seen, case, "invoice-receive.kind") != kind {
            continue;
        }
        let packed = seen.spells(case, "invoice-receive.packed");
        let this_month = packed.iter().next_back().is_some_and(|spell| in_month(spell.from));
        used += if this_month { number(seen, case, "invoice-receive.packed") } else { 0 };
    }
    let parameter = format!("invoice-quota-{kind}");
    let catalog = seen.image().catalog();
    let usual = catalog.and_then(|catalog| catalog.parameters.get(&parameter)?.at(on)?.value.parse::<u32>().ok());
    let grants = cases_of(seen, taxpayer, INCREASE).into_iter().filter_map(|case| {
        let until = match seen.latest(case, "invoice-increase.until") {
            Some(Value::Day(until)) if until >= on => until,
            _ => return None,
        };
        (text(seen, case, "invoice-increase.kind") == kind)
            .then(|| (number(seen, case, "invoice-increase.count"), until))
    });
    let grant = grants.max().filter(|(count, _)| usual.is_some_and(|usual| *count > usual));
    Month { quota: grant.map(|(count, _)| count).or(usual), used, until: grant.map(|(_, until)| until) }
}

fn shown(seen: &Seen<'_>, runs: &[Run]) -> Vec<RunView> {
    let view = |run: &Run| RunView {
        code: text(seen, SubjectId(run.stock), "invoice-stock.code"),
        first: rule::printed(run.first),
        last: rule::printed(run.last),
        count: run.count(),
    };
    runs.iter().map(view).collect()
}

/// The stock, for whoever keeps it or packs from it.
///
/// # Errors
/// `forbidden`.
pub fn stock(image: &Image, viewer: &Viewer, lang: Lang) -> Result<Vec<StockRow>, Problem> {
    viewer.must(Deed::SeeCase)?;
    let own = viewer.look(image);
    let program = Viewer::program();
    let seen = program.look(image);
    let row = |one: Delivery| {
        let left = rule::free(one.run, &out(&seen, one.subject, None));
        let said = image.attribute("invoice-stock.kind").and_then(|attribute| attribute.meaning(&one.kind));
        StockRow {
            subject: one.subject.0,
            kind_title: said.map_or(one.kind.as_str(), |said| words(said, lang)).to_owned(),
            kind: one.kind.clone(),
            code: one.code.clone(),
            first: rule::printed(one.run.first),
            last: rule::printed(one.run.last),
            count: one.run.count(),
            free: rule::count(&left),
            runs: shown(&seen, &left),
        }
    };
    Ok(deliveries(&own).into_iter().map(row).collect())
}

/// The invoices of a case that the viewer sees.
///
/// # Errors
/// The store's failure.
pub fn of_case(app: &App, image: &Image, case: &CaseHead) -> Result<PacketView, Problem> {
    let program = Viewer::program();
    let seen = program.look(image);
    let Packet { runs, void } = packet(&seen, case.subject);
    let mut view =
        PacketView { runs: shown(&seen, &runs), void: shown(&seen, &void), quota: None, used: 0, until: None };
    if case.key != 0 && image.service(case).name == RECEIVE.0 {
        let asked = given(app, &seen, case)?;
        let said = |name: &str| asked[name].as_str().unwrap_or_default();
        let taxpayer = app.vault.blind("taxpayer-number", said("taxpayer_number"));
        let month = month(&seen, taxpayer, said("kind"), app.now().day(), None);
        view.quota = month.quota;
        view.used = month.used;
        view.until = month.until.map(|until| until.to_string());
    }
    Ok(view)
}
