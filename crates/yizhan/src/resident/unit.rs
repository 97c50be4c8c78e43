//! A unit declares for several people, from a table: a hotel, an employer, a village. No account is needed, as for
//! everyone else; who declared stands in each case.

use super::http::{frame, refused, render};
use super::page::Frame;
use crate::answer;
use crate::app::{App, Request, blocking};
use crate::case::{act, rule as words, view};
use crate::flood::act::{Token, admit, admit_more};
use crate::sheet::Sheet;
use crate::table::model::{LARGEST, Table};
use crate::table::rule::{self, Field, Names};
use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::sync::Arc;
use yizhan_core::act::Actor;
use yizhan_core::catalog::Service;
use yizhan_core::problem;
use yizhan_kit::id::{base32, random};
use yizhan_kit::{Lang, Problem};

/// The most people at once.
const ROWS: usize = 500;

/// The room's routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/unit/{service}", get(page).post(send).layer(DefaultBodyLimit::max(LARGEST + 64 * 1024)))
        .route("/unit/{service}/table.xlsx", get(template))
}

/// `/unit/{service}`
#[derive(Template)]
#[template(path = "unit.html")]
struct Unit {
    frame: Frame,
    service: String,
    title: String,
    told: Vec<String>,
    /// The columns that are needed, and those that may be there.
    needed: Vec<String>,
    optional: Vec<String>,
    unit: String,
    mobile: String,
    problem: Option<String>,
    done: Option<Done>,
    /// What is sent back with the next try, while the queue is long.
    key: String,
    ticket: String,
}

/// What became of a table.
struct Done {
    /// The rows that are declared: line, name, number, and where the receipt is.
    good: Vec<(usize, String, String, String)>,
    /// The rows that are not: line, and why.
    bad: Vec<(usize, String)>,
    /// The same rows as a file to correct and send again.
    again: String,
}

fn found(app: &App, name: &str) -> Result<Arc<Service>, Problem> {
    let image = app.image();
    let (service, _) = act::service(&image, name)?;
    if !service.by_table {
        let (zh, en) = ("这个事项不能成批办理。", "This service is not asked for by tables.");
        return Err(problem::UNKNOWN_SERVICE.problem(zh, en));
    }
    Ok(service.clone())
}

fn drawn(frame: Frame, service: &Service) -> Unit {
    let fields = rule::fields(&service.form.schema);
    let at = usize::from(frame.lang == Lang::En);
    let named = |required: bool| {
        let of = fields.iter().filter(move |field| must_be_there(field) == required && !is_said_once(field));
        of.map(|field| field.names[at].clone()).collect()
    };
    Unit {
        service: service.name.clone(),
        title: view::words(&service.title, frame.lang).to_owned(),
        told: super::http::told(service.notice.as_ref(), frame.lang),
        needed: named(true),
        optional: named(false),
        unit: String::new(),
        mobile: String::new(),
        problem: None,
        done: None,
        key: String::new(),
        ticket: String::new(),
        frame,
    }
}

/// What a unit says once for all: that everyone was told and agrees; that nobody has companions of their own.
fn is_said_once(field: &Field) -> bool {
    matches!(field.pointer.as_str(), "/consent" | "/companions")
}

fn must_be_there(field: &Field) -> bool {
    field.required && !field.is_yes_or_no()
}

async fn page(State(app): State<Arc<App>>, Path(name): Path<String>, uri: Uri) -> Response {
    let frame = frame(&app, &uri);
    match found(&app, &name) {
        Ok(service) => render(StatusCode::OK, &drawn(frame, &service)),
        Err(problem) => refused(frame, &problem),
    }
}

/// An empty table with the right headings.
async fn template(State(app): State<Arc<App>>, Path(name): Path<String>, uri: Uri) -> Response {
    let service = match found(&app, &name) {
        Ok(service) => service,
        Err(problem) => return refused(frame(&app, &uri), &problem),
    };
    let lang = answer::lang();
    let at = usize::from(lang == Lang::En);
    let fields = rule::fields(&service.form.schema);
    let columns = fields.iter().filter(|field| !is_said_once(field)).map(|field| {
        let mark =
            if must_be_there(field) { if lang == Lang::Zh { "（必填）" } else { " (required)" } } else { "" };
        (format!("{}{mark}", field.names[at]), 18)
    });
    let sheet =
        Sheet { title: view::words(&service.title, lang).to_owned(), columns: columns.collect(), rows: Vec::new() };
    match sheet.answer(&name) {
        Ok(answer) => answer.into_response(),
        Err(problem) => refused(frame(&app, &uri), &problem),
    }
}

async fn send(State(app): State<Arc<App>>, Path(name): Path<String>, uri: Uri, mut sent: Multipart) -> Response {
    let frame = frame(&app, &uri);
    let service = match found(&app, &name) {
        Ok(service) => service,
        Err(problem) => return refused(frame, &problem),
    };
    let mut page = drawn(frame, &service);
    let (mut file, mut agreed) = (Vec::new(), false);
    while let Ok(Some(field)) = sent.next_field().await {
        let named = field.name().unwrap_or_default().to_owned();
        let Ok(bytes) = field.bytes().await else { break };
        let text = || String::from_utf8_lossy(&bytes).trim().to_owned();
        match named.as_str() {
            "unit" => page.unit = text(),
            "mobile" => page.mobile = text(),
            "_key" => page.key = text(),
            "_ticket" => page.ticket = text(),
            "agreed" => agreed = true,
            "file" => file = bytes.to_vec(),
            _ => {}
        }
    }
    let lang = page.frame.lang;
    if page.key.is_empty() {
        page.key = base32(&random::<16>(app.vault.entropy()));
    }
    match declare(&app, &service, &page, agreed, &file).await {
        Ok(done) => {
            page.done = Some(done);
            render(StatusCode::OK, &page)
        }
        Err(problem) => {
            page.problem = Some(problem.detail(lang).to_owned());
            if let Some(ticket) = problem.extra("ticket").and_then(Value::as_str) {
                let (zh, en) = (
                    "现在申报的人很多，请等 10 秒后再选一次文件上传。",
                    "Many people are declaring now; wait ten seconds, choose the file again and send it.",
                );
                page.problem = Some(page.frame.t(zh, en).to_owned());
                page.ticket = ticket.to_owned();
            }
            render(StatusCode::from_u16(problem.kind.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY), &page)
        }
    }
}

async fn declare(app: &App, service: &Arc<Service>, page: &Unit, agreed: bool, file: &[u8]) -> Result<Done, Problem> {
    let invalid = |zh: &str, en: &str| problem::FORM_INVALID.problem(zh, en);
    if !agreed {
        return Err(invalid("请先告知每一位，并勾选已取得同意。", "Tell everyone first, and tick that they agree."));
    }
    if file.is_empty() {
        return Err(invalid("请选择表格文件。", "Choose the file with the table."));
    }
    admit(app, Token { key: &page.key, proof: "", ticket: &page.ticket })?;
    let table = blocking(|| Table::read(file))?;
    if table.rows.len() > ROWS {
        return Err(invalid("一次最多 500 人，请分成几份。", "At most 500 people at a time; send it in parts."));
    }
    admit_more(app, table.rows.len())?;
    let fields = rule::fields(&service.form.schema);
    let columns = rule::columns(&table.headings, &fields);
    let lacking: Vec<&str> = fields
        .iter()
        .filter(|field| must_be_there(field) && !is_said_once(field))
        .filter(|field| !columns.iter().flatten().any(|found| found.pointer == field.pointer))
        .map(|field| field.names[usize::from(page.frame.lang == Lang::En)].as_str())
        .collect();
    if !lacking.is_empty() {
        let lacking = lacking.join("、");
        return Err(problem::FORM_INVALID
            .problem(format!("表里缺少这些列：{lacking}。"), format!("These columns are missing: {lacking}.")));
    }
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let names = Names::of(&catalog.regions, app.now().day());
    let base = base(service, page);
    let rows = table.rows.iter().map(|(line, cells)| {
        let (columns, names, base) = (&columns, &names, &base);
        async move {
            let answers = rule::answers(cells, columns, base, names);
            let outcome = match answers {
                Ok(answers) => one(app, service, &answers).await,
                Err(faults) => Err(said(service, &faults, page.frame.lang)),
            };
            (*line, cells, outcome)
        }
    });
    let mut done = Done { good: Vec::new(), bad: Vec::new(), again: String::new() };
    let mut again = csv::Writer::from_writer(Vec::new());
    let heading = page.frame.t("错误", "Mistakes");
    let _ = again.write_record(table.headings.iter().map(String::as_str).chain([heading]));
    for (line, cells, outcome) in futures_util::future::join_all(rows).await {
        match outcome {
            Ok((who, number, link)) => done.good.push((line, who, number, link)),
            Err(why) => {
                let _ = again.write_record(cells.iter().map(String::as_str).chain([why.as_str()]));
                done.bad.push((line, why));
            }
        }
    }
    // A file that needs no server to keep it: the table itself, packed into the link.
    let text = String::from_utf8(again.into_inner().unwrap_or_default()).unwrap_or_default();
    done.again = format!("data:text/csv;charset=utf-8,%EF%BB%BF{}", escaped(&text));
    Ok(done)
}

/// What is the same for every row: what a unit says once, and what is sent without being asked.
fn base(service: &Service, page: &Unit) -> Value {
    let mut base = json!({});
    for (name, property) in service.form.schema["properties"].as_object().into_iter().flatten() {
        match name.as_str() {
            "consent" => base[name] = json!(true),
            "companions" => base[name] = json!(0),
            "declared_by" => base[name] = json!({"unit": page.unit, "mobile": page.mobile}),
            _ if property["default"].is_string() => base[name] = property["default"].clone(),
            _ if property["type"] == "object" && property["required"] == json!(["has"]) => {
                base[name] = json!({"has": false})
            }
            _ => {}
        }
    }
    base
}

/// Declares one row. The same row sent again is the same declaration.
async fn one(app: &App, service: &Service, answers: &Value) -> Result<(String, String, String), String> {
    let body = answers.to_string().into_bytes();
    let lang = answer::lang();
    let key = app.vault.digest("row of a table", &body).to_string();
    let request = Request::keyed(&format!("unit {}", service.name), &key, &body);
    let opened = act::open(app, Actor::Resident, &service.name, request, &body).await;
    let receipt = opened.and_then(|outcome| act::receipt(app, &outcome));
    let who = answers["name"].as_str().unwrap_or_default().to_owned();
    receipt.map(|receipt| (who, receipt.number, receipt.page)).map_err(|problem| {
        let faults = super::http::faults(&problem);
        if faults.is_empty() { problem.detail(lang).to_owned() } else { said(service, &faults, lang) }
    })
}

/// Faults of a row in words, each with the column it is about.
fn said(service: &Service, faults: &[(String, String)], lang: Lang) -> String {
    let one = |(at, what): &(String, String)| {
        let column = service.form.at(at).map(|property| words::titled(property, at, lang)).unwrap_or_default();
        format!("{column}：{what}")
    };
    faults.iter().map(one).collect::<Vec<_>>().join("；")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => escaped.push(char::from(byte)),
            _ => {
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
    }
    escaped
}
