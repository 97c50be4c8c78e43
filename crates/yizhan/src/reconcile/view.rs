//! What the rows of a list come to.

use super::model::{Candidate, ListPage, ListRow, Row, RowsAsked};
use super::rule::{self, Alike};
use crate::app::App;
use crate::case;
use crate::case::view::area_name;
use crate::finder;
use crate::serve::retention::forgotten_on;
use serde_json::Value as Json;
use std::collections::HashMap;
use yizhan_core::access::{Seen, Viewer};
use yizhan_core::image::Image;
use yizhan_core::image::case::{CaseHead, State};
use yizhan_core::image::fact::Value;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::codes::{CitizenNumber, Mobile};
use yizhan_kit::{Day, Problem};

/// What is declared, and what is asked about whoever did not.
pub(super) const DECLARED: &str = "travel-declaration";
pub(super) const FOLLOWED: &str = "undeclared-arrival";
pub(super) const LIST: &str = "arrival-list";

/// How many days before the day of a list a declaration may have been made.
const LOOKED_BACK: i32 = 45;

/// How many days after a village was asked about somebody it may be asked again.
const ASKED_AGAIN: i32 = 7;

/// The kind of subject that keeps a decision, and what it says.
pub(super) const DECISION: &str = "same-decision";
pub(super) const PAIR: &str = "same-decision.pair";
pub(super) const SAME: &str = "same-decision.same";

/// A list as it was brought: its rows, and its day.
pub(super) struct Brought {
    pub(super) rows: Vec<Row>,
    pub(super) seen_on: Day,
}

/// Reads a list of somebody who may see it.
pub(super) fn brought(app: &App, seen: &Seen<'_>, case: &CaseHead) -> Result<Brought, Problem> {
    let service = seen.image().service(case);
    if service.name != LIST {
        return Err(problem::CASE_NOT_FOUND.problem("这不是一份名单。", "This is no list."));
    }
    let steps = case::view::steps(app, case)?;
    let given = case::view::given(app, seen, case)?;
    let seen_on = given["seen_on"].as_str().and_then(|day| day.parse().ok()).unwrap_or(app.now().day());
    let body = steps.iter().find(|step| *step.name == *"rows").and_then(|step| step.body);
    let rows = match body {
        Some(body) => case::view::read_json(app, body)?["rows"].clone(),
        None => Json::Array(Vec::new()),
    };
    Ok(Brought { rows: serde_json::from_value(rows).unwrap_or_default(), seen_on })
}

/// What a row comes to.
pub(super) enum Verdict {
    /// They declared, in this case.
    Declared(SubjectId),
    /// They did not, and a village is asked about them in this case.
    Followed(SubjectId),
    /// They may be one of these.
    Possible(Vec<(SubjectId, Alike)>),
    /// Nobody knows of them.
    Undeclared,
}

/// What was decided before: by digest of the row and number of the case.
pub(super) fn decisions(image: &Image) -> HashMap<String, bool> {
    let program = Viewer::program();
    let seen = program.look(image);
    let decision = |subject| match (seen.latest(subject, PAIR), seen.latest(subject, SAME)) {
        (Some(Value::Text(pair)), Some(Value::Flag(same))) => Some((pair.to_string(), same)),
        _ => None,
    };
    seen.subjects_of(DECISION).filter_map(decision).collect()
}

/// The name of a decision: a digest of the row's person, and the case it was held against.
pub(super) fn pair(app: &App, row: &Row, number: &str) -> String {
    format!("{} {number}", app.vault.digest("row of a list", rule::identity(row).as_bytes()))
}

/// What a row comes to, by everything that is known in the zone.
///
/// # Errors
/// The store's failure.
pub(super) fn judge(
    app: &App,
    image: &Image,
    row: &Row,
    seen_on: Day,
    decided: &HashMap<String, bool>,
) -> Result<Verdict, Problem> {
    let program = Viewer::program();
    let seen = program.look(image);
    let mut found: Vec<&CaseHead> = Vec::new();
    let digest =
        |name: &str, value: &Option<String>| value.as_ref().map(|value| app.vault.blind(name, &value.to_uppercase()));
    for digest in [digest("citizen-number", &row.citizen_number), digest("mobile", &row.mobile)].into_iter().flatten() {
        for (key, case) in seen.candidates(digest) {
            if !found.iter().any(|known| known.subject == case.subject)
                && app.key(key).is_ok_and(|key| key.digests().any(|own| own == digest))
            {
                found.push(case);
            }
        }
    }
    // Names are looked for only where nothing better tells: every declaration has a citizen number.
    let by_name = row.birth.is_some() && row.citizen_number.is_none();
    let alike = if by_name { finder::view::of_name(app, &row.name)? } else { Vec::new() };
    for subject in alike {
        if let Ok(case) = seen.case(subject)
            && !found.iter().any(|known| known.subject == case.subject)
        {
            found.push(case);
        }
    }
    let (mut possible, mut followed) = (Vec::new(), None);
    for case in found {
        let service = &image.service(case).name;
        let back = if service == FOLLOWED && !case.state.is_open() { ASKED_AGAIN } else { LOOKED_BACK };
        let recent = image.opened_at(case).day() >= seen_on.plus(-back);
        let counts = service == FOLLOWED || service == DECLARED && still_counts(&seen, case);
        if case.key == 0 || !recent || !counts {
            continue;
        }
        let given = case::view::given(app, &seen, case)?;
        let Some(alike) = rule::alike(row, &given) else { continue };
        let sure = matches!(alike, Alike::Number | Alike::MobileAndName);
        if service == FOLLOWED {
            // Whoever is known by name and birth only was asked about by just these.
            let as_sure = sure || alike == Alike::NameAndBirth && row.citizen_number.is_none() && row.mobile.is_none();
            followed = followed.or(as_sure.then_some(case.subject));
            continue;
        }
        match decided.get(&pair(app, row, &image.number(case))) {
            Some(true) => return Ok(Verdict::Declared(case.subject)),
            Some(false) => {}
            None if sure => return Ok(Verdict::Declared(case.subject)),
            None => possible.push((case.subject, alike)),
        }
    }
    Ok(match (followed, possible.is_empty()) {
        (Some(case), _) => Verdict::Followed(case),
        (None, false) => Verdict::Possible(possible),
        (None, true) => Verdict::Undeclared,
    })
}

/// Whether a declaration still says that somebody comes: not one that was taken back, or ended as no journey at all.
fn still_counts(seen: &Seen<'_>, case: &CaseHead) -> bool {
    match case.state {
        State::Withdrawn => false,
        State::Closed => match seen.latest(case.subject, "travel-declaration.ended") {
            Some(Value::Text(how)) => !matches!(&*how, "not-coming" | "mistaken" | "duplicate"),
            _ => seen.latest(case.subject, "travel-declaration.arrived").is_some(),
        },
        _ => true,
    }
}

fn masked(number: Option<&str>) -> String {
    let number = number.unwrap_or_default();
    let whole = number.parse::<CitizenNumber>().map(|number| number.masked());
    whole.or_else(|_| number.parse::<Mobile>().map(|number| number.masked())).unwrap_or_default()
}

/// A list, and what its rows come to.
///
/// # Errors
/// `case-not-found`, `forgotten`, the store's failure.
pub fn page(app: &App, viewer: &Viewer, number: &str, asked: &RowsAsked) -> Result<ListPage, Problem> {
    let image = app.image();
    let seen = viewer.look(&image);
    let case = seen.numbered(number)?;
    let list = brought(app, &seen, case)?;
    let decided = decisions(&image);
    let mut page = ListPage {
        number: number.to_owned(),
        total: list.rows.len(),
        declared: 0,
        followed: 0,
        possible: 0,
        undeclared: 0,
        destroyed_on: forgotten_on(&image, case).map(|day| day.to_string()),
        rows: Vec::new(),
    };
    let mut rows = Vec::new();
    for (n, row) in list.rows.iter().enumerate() {
        let verdict = judge(app, &image, row, list.seen_on, &decided)?;
        let (order, count) = match &verdict {
            Verdict::Possible(_) => (0, &mut page.possible),
            Verdict::Undeclared => (1, &mut page.undeclared),
            Verdict::Followed(_) => (2, &mut page.followed),
            Verdict::Declared(_) => (3, &mut page.declared),
        };
        *count += 1;
        rows.push((order, n, row, verdict));
    }
    rows.sort_by_key(|(order, n, ..)| (*order, *n));
    let drawn = rows.into_iter().map(|(_, n, row, verdict)| drawn(app, &seen, n, row, verdict));
    let wanted = drawn.filter(|row| match row {
        Ok(row) => asked.state.as_ref().is_none_or(|state| *state == row.state),
        Err(_) => true,
    });
    page.rows = wanted.skip(asked.from).take(asked.limit.min(500)).collect::<Result<_, _>>()?;
    Ok(page)
}

fn drawn(app: &App, seen: &Seen<'_>, n: usize, row: &Row, verdict: Verdict) -> Result<ListRow, Problem> {
    let image = seen.image();
    let mut drawn = ListRow {
        row: n,
        line: row.line,
        name: row.name.clone(),
        citizen_number: masked(row.citizen_number.as_deref()),
        mobile: masked(row.mobile.as_deref()),
        birth: row.birth.clone().unwrap_or_default(),
        address: row.address.clone().unwrap_or_default(),
        state: String::new(),
        number: String::new(),
        area_name: String::new(),
        candidates: Vec::new(),
    };
    let program = Viewer::program();
    let all = program.look(image);
    let mut of = |subject: SubjectId, state: &str| -> Result<(), Problem> {
        let case = all.case(subject)?;
        drawn.state = state.to_owned();
        drawn.area_name = area_name(image, image.area(case));
        drawn.number = seen.case(subject).map(|case| image.number(case)).unwrap_or_default();
        Ok(())
    };
    match verdict {
        Verdict::Declared(subject) => of(subject, "declared")?,
        Verdict::Followed(subject) => of(subject, "followed")?,
        Verdict::Undeclared => drawn.state = "undeclared".into(),
        Verdict::Possible(candidates) => {
            drawn.state = "possible".into();
            for (subject, alike) in candidates {
                let case = all.case(subject)?;
                let given = case::view::given(app, &all, case)?;
                let text = |name: &str| given[name].as_str().unwrap_or_default().to_owned();
                drawn.candidates.push(Candidate {
                    number: image.number(case),
                    // Of whoever is another area's, the name is only begun.
                    name: match seen.case(subject) {
                        Ok(_) => text("name"),
                        Err(_) => text("name").chars().take(1).chain(['*', '*']).collect(),
                    },
                    citizen_number: masked(Some(&text("citizen_number"))),
                    mobile: masked(Some(&text("mobile"))),
                    area_name: area_name(image, image.area(case)),
                    alike: if alike == Alike::Mobile { "mobile" } else { "name-birth" }.to_owned(),
                });
            }
        }
    }
    Ok(drawn)
}
