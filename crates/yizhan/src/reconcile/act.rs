//! Taking a list in, deciding who is who, asking about those who have not declared.

use super::model::{Asked, BadRow, Brought as Said, Row, Taken};
use super::rule;
use super::view::{self, DECISION, FOLLOWED, LIST, PAIR, SAME, Verdict};
use crate::app::{App, Request, blocking, store};
use crate::case::{act, rule as words};
use crate::table::act::mapping;
use crate::table::model::Table;
use crate::table::rule::{self as table, Field, Names};
use serde_json::json;
use std::collections::HashSet;
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::act::{Effects, NewFact, Scene, Verb};
use yizhan_core::catalog::{Catalog, Form};
use yizhan_core::image::Image;
use yizhan_core::problem;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Lang, Problem};

/// The most rows of a list.
const ROWS: usize = 20_000;

/// Takes a list in: a case of its own, its rows sealed under the case's key. The same file for the same day is one list.
///
/// # Errors
/// `form-invalid`: no table, or no column that says who somebody is; then the headings are told (`headings`), and what a
/// column may hold (`fields`).
pub async fn take(app: &App, viewer: &Viewer, said: &Said, file: &[u8]) -> Result<Taken, Problem> {
    let table = blocking(|| Table::read(file))?;
    if table.rows.len() > ROWS {
        return Err(problem::FORM_INVALID.problem("一份名单最多 20000 行。", "A list has at most 20,000 rows."));
    }
    let image = app.image();
    let (service, _) = act::service(&image, LIST)?;
    let rows_form = &service.entry("rows").ok_or_else(act::no_entry)?.form;
    let item = &rows_form.schema["properties"]["rows"]["items"];
    let fields: Vec<Field> = table::fields(item).into_iter().filter(|field| field.pointer != "/line").collect();
    let columns = columns(app, &table, &fields, said.columns.as_deref())?;
    let form = Form::read(LIST, &item.to_string()).map_err(|mistake| store(&mistake))?;
    let (rows, bad) = read_rows(&image, &table, &columns, &form);
    if rows.is_empty() {
        let (zh, en) = ("没有一行能读懂，请看各行的说明。", "Not one row can be read.");
        return Err(problem::FORM_INVALID.problem(zh, en).with("rows", json!(bad)));
    }
    let area = viewer.area.map(|area| area.to_string()).unwrap_or_default();
    let mut form = json!({"region": area, "kind": said.kind, "supplier": said.supplier, "basis": said.basis, "seen_on": said.seen_on});
    if !said.carrier.is_empty() {
        form["carrier"] = json!(said.carrier);
    }
    let body = form.to_string().into_bytes();
    let held: Vec<&str> = columns.iter().map(|field| field.map_or("", |field| field.pointer.as_str())).collect();
    let key = app.vault.digest("list", &[file, &body, held.join(" ").as_bytes()].concat()).to_string();
    let answers = json!({"count": rows.len(), "rows": rows});
    // All that can be refused is refused before the list becomes a case.
    act::check(rows_form, &[], &answers, app.now().day())?;
    let opened = act::open(app, viewer.actor, LIST, Request::keyed("list", &key, &body), &body).await?;
    let receipt = act::receipt(app, &opened)?;
    let case = opened.about.ok_or_else(act::no_entry)?;
    let request = Request::keyed("rows of a list", &key, answers.to_string().as_bytes());
    act::record(app, viewer, request, case, "rows", answers).await?;
    Ok(Taken { number: receipt.number, rows: rows.len(), bad })
}

/// Which column holds what; a list must say who somebody is.
fn columns<'a>(
    app: &App,
    table: &Table,
    fields: &'a [Field],
    said: Option<&str>,
) -> Result<Vec<Option<&'a Field>>, Problem> {
    let mapping = mapping(app, "headings", table, fields, said)?;
    let has = |name: &str| mapping.columns.iter().flatten().any(|field| field.pointer == name);
    if !has("/name") || !(has("/citizen_number") || has("/mobile") || has("/birth")) {
        let (zh, en) = (
            "看不出哪一列是姓名，哪一列是证件号、手机号或出生日期；请指定。",
            "The headings do not tell which column is the name and which a number or a day of birth; say so.",
        );
        return Err(mapping.refusal(table, fields, zh, en));
    }
    mapping.remembered(app)
}

fn read_rows(image: &Image, table: &Table, columns: &[Option<&Field>], form: &Form) -> (Vec<Row>, Vec<BadRow>) {
    let names = Names::of(&image.catalog().expect("a service was found").regions, image.at.day());
    let (mut rows, mut bad) = (Vec::new(), Vec::new());
    for (line, cells) in &table.rows {
        let read =
            table::answers(cells, columns, &json!({"line": line}), &names).map_err(|faults| in_words(form, &faults));
        let read = read.and_then(|mut answers| {
            // Half a number says nothing; the row may still be found by what else it holds.
            for (field, name) in [("citizen_number", "citizen-number"), ("mobile", "mobile")] {
                if answers[field].as_str().is_some_and(|text| act::code_fault(name, text).is_some()) {
                    answers.as_object_mut().expect("a row is an object").shift_remove(field);
                }
            }
            if let Some(name) = answers["name"].as_str() {
                answers["name"] = json!(bare(name));
            }
            if let Some(address) = answers["address"].as_str().filter(|address| address.chars().count() > 200) {
                answers["address"] = json!(address.chars().take(200).collect::<String>());
            }
            form.check(&answers).map_err(|faults| in_words(form, &faults))?;
            serde_json::from_value::<Row>(answers).map_err(|_| "没有姓名".to_owned())
        });
        match read {
            Ok(row) if row.citizen_number.is_none() && row.mobile.is_none() && row.birth.is_none() => {
                bad.push(BadRow { line: *line, why: "没有可核对的证件号、手机号或出生日期".into() });
            }
            Ok(row) => rows.push(row),
            Err(why) => bad.push(BadRow { line: *line, why }),
        }
    }
    (rows, bad)
}

/// A name without what lists add to it: `王伟（儿童）`, `ZHANG/SAN`.
fn bare(name: &str) -> String {
    let own = name.split(['(', '（', '[', '【']).next().unwrap_or_default();
    own.replace(['/', '*', '_'], " ").trim().to_owned()
}

fn in_words(form: &Form, faults: &[(String, String)]) -> String {
    let one = |(at, what): &(String, String)| {
        let column = form.at(at).map_or_else(String::new, |property| words::titled(property, at, Lang::Zh));
        format!("{column}：{what}")
    };
    faults.iter().map(one).collect::<Vec<_>>().join("；")
}

/// Keeps whether a row and a case are the same person.
pub struct Decide {
    /// Digest of the row, and the case's number.
    pub pair: String,
    /// Whether they are.
    pub same: bool,
}

impl Verb for Decide {
    fn name(&self) -> &'static str {
        "decide-same"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        viewer.must(Deed::RecordEntry)?;
        viewer.must(Deed::ReadPerson)?;
        let subject = effects.subject(DECISION);
        let same = self.same.to_string();
        for (attribute, value) in [(PAIR, &self.pair), (SAME, &same)] {
            let (value, from) = (Some(value.as_str()), scene.today());
            effects.fact(&NewFact { subject, attribute, value, from, to: None, source: "reconcile" })?;
        }
        effects.about(subject);
        Ok(())
    }
}

/// Opens a case for every row that nobody knows of, with the village it seems to belong to. Asked again, nobody is asked
/// about twice.
///
/// # Errors
/// As for the list itself.
pub async fn follow(app: &App, viewer: &Viewer, number: &str) -> Result<Asked, Problem> {
    let image = app.image();
    let seen = viewer.look(&image);
    let list = view::brought(app, &seen, seen.numbered(number)?)?;
    let (catalog, _) = act::catalog(&image)?;
    let names = Names::of(&catalog.regions, app.now().day());
    let decided = view::decisions(&image);
    let mut asked = Asked { opened: 0, bad: Vec::new() };
    let mut known = HashSet::new();
    for row in &list.rows {
        // Two legs of one journey are one person.
        let identity = rule::identity(row);
        if !known.insert(identity.clone()) {
            continue;
        }
        if !matches!(view::judge(app, &image, row, list.seen_on, &decided)?, Verdict::Undeclared) {
            continue;
        }
        let area = home(app, &image, catalog, row, &names).or(viewer.area);
        let mut form = json!({"name": row.name, "seen_on": list.seen_on.to_string(), "list": number, "place": {"region": area.map(|area| area.to_string())}});
        for (name, value) in [
            ("citizen_number", &row.citizen_number),
            ("mobile", &row.mobile),
            ("birth", &row.birth),
            ("transport", &row.transport),
        ] {
            if let Some(value) = value {
                form[name] = json!(value);
            }
        }
        if let Some(address) = &row.address {
            form["place"]["detail"] = json!(address);
        }
        let body = form.to_string().into_bytes();
        let once = app.vault.digest("row of a list", identity.as_bytes()).to_string();
        let key = format!("{once} {}", list.seen_on);
        let request = Request::keyed("follow a row", &key, key.as_bytes());
        match act::open(app, viewer.actor, FOLLOWED, request, &body).await {
            Ok(outcome) => asked.opened += usize::from(!outcome.repeated),
            Err(problem) => {
                asked.bad.push(BadRow { line: row.line, why: problem.detail(crate::answer::lang()).to_owned() })
            }
        }
    }
    Ok(asked)
}

/// Where somebody seems to belong: where the register has them, or the village that the address names.
fn home(app: &App, image: &Image, catalog: &Catalog, row: &Row, names: &Names) -> Option<RegionCode> {
    let program = Viewer::program();
    let seen = program.look(image);
    let digest = row.citizen_number.as_ref().map(|number| app.vault.blind("citizen-number", &number.to_uppercase()));
    let known = digest.and_then(|digest| {
        let holds = |key| app.key(key).is_ok_and(|key| key.digests().any(|own| own == digest));
        seen.subjects(digest).find(|(key, _)| holds(*key)).and_then(|(_, subject)| seen.place_of(subject))
    });
    let named = || row.address.as_deref().and_then(|address| names.within(address)).and_then(|code| code.parse().ok());
    known.or_else(named).filter(|code| catalog.regions.is_known(*code, app.now().day()))
}
