//! A transfer back to its signatures, its rule and the figures it was computed with, and its papers; an account onward to
//! where its money went.

use super::model::{OnwardRow, SignedRow, TraceParameter, TransferPage, UnusualRow};
use super::{view, watch};
use crate::app::App;
use crate::case::view::{steps, words};
use crate::case::{act, rule};
use std::collections::BTreeMap;
use yizhan_core::access::{Seen, Viewer};
use yizhan_core::catalog::Catalog;
use yizhan_core::image::Image;
use yizhan_core::image::case::{CaseHead, StepVerb};
use yizhan_core::ledger::Transfer;
use yizhan_core::problem;
use yizhan_core::row::{JournalRow, SubjectId};
use yizhan_kit::{Day, Fen, Lang, Problem};

/// Unusual things that are listed.
const LISTED: usize = 200;

/// Transfers that are shown of where money came from.
const SOURCES: usize = 5;

/// A transfer whole.
///
/// # Errors
/// `not-found`, the store's failure.
pub fn transfer(app: &App, viewer: &Viewer, n: u64, lang: Lang) -> Result<TransferPage, Problem> {
    let image = app.image();
    let seen = viewer.look(&image);
    let missing =
        || problem::NOT_FOUND.problem("没有这笔转账，或者不在您的辖区内。", "There is no such transfer in your area.");
    let one = seen.transfer(n).ok_or_else(missing)?;
    let (catalog, _) = act::catalog(&image)?;
    let linked = seen.transfers().filter(|other| other.seq == one.seq && other.n != n).count();
    let settles = one.settles.and_then(|pending| seen.transfer(pending));
    let program = Viewer::program();
    let all = program.look(&image);
    let case = all.case(one.case).ok();
    let on = settled_on(&image, &one);
    Ok(TransferPage {
        pending: settles.map(|pending| view::transfer(app, &seen, &pending, lang)),
        linked,
        signed: case.map(|case| signed(app, &image, case, lang)).transpose()?.unwrap_or_default(),
        catalog: case.map(|case| u64::from(case.catalog)).unwrap_or_default(),
        parameters: parameters(catalog, &one.rule, on, lang),
        sources: sources(&seen, &one).iter().map(|one| view::transfer(app, &seen, one, lang)).collect(),
        rule_page: catalog.programmes.get(&*one.rule).map_or_else(|| one.rule.to_string(), |found| found.rule.clone()),
        rule_source: catalog.programmes.get(&*one.rule).map(|one| one.source.clone()).unwrap_or_default(),
        transfer: view::transfer(app, &seen, &one, lang),
    })
}

/// The latest transfers that brought money to the account a transfer gave from, before it.
fn sources(seen: &Seen<'_>, one: &Transfer) -> Vec<Transfer> {
    let came = seen
        .statement(&one.fund, one.debit)
        .filter(|other| other.credit == one.debit && other.moves() && other.n < one.n && other.seq <= one.seq);
    came.take(SOURCES).collect()
}

/// The day on which a transfer was recorded.
fn settled_on(image: &Image, one: &Transfer) -> Day {
    image.act(one.seq).map_or(image.at.day(), |act| act.at().day())
}

/// The figures that the rule of a programme reads, as they were on the day.
fn parameters(catalog: &Catalog, programme: &str, on: Day, lang: Lang) -> Vec<TraceParameter> {
    let Some(programme) = catalog.programmes.get(programme) else { return Vec::new() };
    let names = catalog.rules.parameters_of(&programme.rule);
    let named = names.iter().filter_map(|name| {
        let parameter = catalog
            .parameters
            .values()
            .find(|one| one.name == *name || yizhan_core::rule::variable(&one.name) == *name)?;
        let dated = parameter.at(on)?;
        Some(TraceParameter {
            title: words(&parameter.title, lang).to_owned(),
            value: dated.value.clone(),
            from: dated.from.to_string(),
            source: dated.source.clone(),
            confidence: dated.confidence.as_str().to_owned(),
        })
    });
    named.collect()
}

/// Who signed a case, when, and which papers were attached.
fn signed(app: &App, image: &Image, case: &CaseHead, lang: Lang) -> Result<Vec<SignedRow>, Problem> {
    let service = image.service(case);
    let mut rows = Vec::new();
    for step in steps(app, case)? {
        let verb = StepVerb::parse(&step.verb);
        let title = match verb {
            Some(StepVerb::Open) => &service.title,
            Some(StepVerb::Sign | StepVerb::SendBack | StepVerb::Object | StepVerb::Answer) => {
                let Some((_, step)) = service.step(&step.name) else { continue };
                &step.title
            }
            Some(StepVerb::Record) => {
                let Some(entry) = service.entry(&step.name) else { continue };
                &entry.title
            }
            Some(StepVerb::Attach | StepVerb::Accept | StepVerb::Return) => {
                let Some(paper) = service.paper(&step.name) else { continue };
                &paper.title
            }
            _ => continue,
        };
        let record: Option<JournalRow> =
            app.read(|reader| reader.one(step.seq)).map_err(|error| crate::app::store(&error))?;
        let Some(record) = record else { continue };
        let staff = yizhan_core::journal::staff_of(&record.actor).and_then(|id| image.staff_name(id));
        rows.push(SignedRow {
            seq: step.seq,
            at: record.at.to_string(),
            actor: staff.unwrap_or_else(|| record.actor.to_string()),
            verb: step.verb.to_string(),
            title: words(title, lang).to_owned(),
        });
    }
    rows.reverse();
    Ok(rows)
}

/// Where the money of an account went: by receiver, what arrived and in how many transfers, the most first.
///
/// # Errors
/// `not-found`.
pub fn onward(app: &App, viewer: &Viewer, fund: &str, account: SubjectId) -> Result<Vec<OnwardRow>, Problem> {
    let image = app.image();
    let seen = viewer.look(&image);
    if seen.balance(fund, account).is_none() {
        return Err(
            problem::NOT_FOUND.problem("没有这个账户，或者不在您的辖区内。", "There is no such account in your area.")
        );
    }
    let mut sums: BTreeMap<SubjectId, (Fen, usize)> = BTreeMap::new();
    for one in seen.statement(fund, account).filter(|one| one.debit == account && one.moves()) {
        let (sum, count) = sums.entry(one.credit).or_default();
        *sum = sum.checked_add(one.amount).unwrap_or(*sum);
        *count += 1;
    }
    let mut rows: Vec<(Fen, OnwardRow)> = sums
        .into_iter()
        .map(|(to, (sum, transfers))| {
            let who = view::who(app, &seen, to, app.now().day());
            (sum, OnwardRow { subject: to.0, who, sum: sum.to_string(), transfers })
        })
        .collect();
    rows.sort_by_key(|(sum, row)| (std::cmp::Reverse(*sum), row.subject));
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// What is unusual among the payments of the viewer's area.
///
/// # Errors
/// The store's failure.
pub fn unusual(app: &App, viewer: &Viewer, lang: Lang) -> Result<Vec<UnusualRow>, Problem> {
    let image = app.image();
    let seen = viewer.look(&image);
    let (catalog, _) = act::catalog(&image)?;
    let payments = watch::payments(app, &seen)?;
    let found = watch::unusual(&payments, watch::limits(catalog, app.now().day()));
    Ok(found.into_iter().take(LISTED).map(|one| row(app, &seen, &one, lang)).collect())
}

fn row(app: &App, seen: &Seen<'_>, one: &watch::Unusual, lang: Lang) -> UnusualRow {
    let (zh, en) = match one.what {
        watch::What::Split => {
            ("同一人短期内多笔，单笔略低于审批限额", "several payments, each just below the threshold")
        }
        watch::What::SharedAccount => ("多户共用一个银行账户", "one bank account for people of many households"),
        watch::What::AfterDeath => ("死亡之后仍有发放", "paid after a death"),
        watch::What::Round => ("同批金额中的整数", "a round sum among amounts that are not"),
    };
    let shown = one.transfers.iter().take(20).filter_map(|n| seen.transfer(*n));
    UnusualRow {
        what: one.what.as_str().to_owned(),
        says: rule::words(zh, en, lang).to_owned(),
        count: one.transfers.len(),
        transfers: shown.map(|transfer| view::transfer(app, seen, &transfer, lang)).collect(),
    }
}
