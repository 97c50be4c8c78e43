//! The room's API.

use super::model::{
    AccountView, Adjusts, LinesView, MoneyView, OnwardRow, OpeningRows, OpeningView, ProgrammeRow, ReplyView,
    Statement, TransferPage, UnusualRow,
};
use super::{bank, opening, records, trace, view};
use crate::answer::{Answered, Path, Query, lang};
use crate::app::{App, Request, blocking};
use crate::case::act;
use crate::staff::sessions;
use crate::table::model::{LARGEST, Table};
use crate::who;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::catalog::Afterwards;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{Export, may_record};
use yizhan_kit::Problem;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(programmes))
        .routes(routes!(case_lines))
        .routes(routes!(bank_file))
        .routes(routes!(money_by_fund))
        .routes(routes!(accounts_of))
        .routes(routes!(account_statement))
        .routes(routes!(account_onward))
        .routes(routes!(transfer_page))
        .routes(routes!(unusual_payments))
        .routes(routes!(opening_rows))
        .merge(
            OpenApiRouter::new()
                .routes(routes!(bank_reply))
                .routes(routes!(opening_table))
                .layer(DefaultBodyLimit::max(LARGEST)),
        )
}

fn counting(app: &App, headers: &HeaderMap) -> Result<Viewer, Problem> {
    let viewer = sessions::staff(app, headers)?;
    viewer.must(Deed::Count)?;
    Ok(viewer)
}

/// The programmes of the catalog: who pays whom by which rule, how often.
#[utoipa::path(get, path = "/api/programmes", tag = "pay",
    responses((status = 200, body = Vec<ProgrammeRow>), (status = 401), (status = 403)))]
async fn programmes(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<Vec<ProgrammeRow>>> {
    counting(&app, &headers)?;
    Ok(Json(view::programmes(&app, lang())?))
}

/// The lines of a case: proposed by rule with the adjustments given, or as they were frozen, with what became of each.
#[utoipa::path(post, path = "/api/cases/{case}/lines", tag = "pay", request_body = Adjusts,
    params(("case" = String, Path, description = "the case's number")),
    responses((status = 200, body = LinesView), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn case_lines(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<LinesView>> {
    let viewer = counting(&app, &headers)?;
    let asked: Adjusts = if body.is_empty() { Adjusts { adjust: Vec::new() } } else { who::parse(&body)? };
    Ok(Json(blocking(|| view::lines(&app, &viewer, &number, &asked.adjust, lang()))?))
}

/// The file for the bank: everything of a case that waits. That it was taken out is on record.
#[utoipa::path(get, path = "/api/cases/{case}/bank-file.csv", tag = "pay",
    params(("case" = String, Path, description = "the case's number")),
    responses((status = 200, content_type = "text/csv"), (status = 401), (status = 403), (status = 404)))]
async fn bank_file(State(app): State<Arc<App>>, Path(number): Path<String>, headers: HeaderMap) -> Answered<Response> {
    let viewer = counting(&app, &headers)?;
    let image = app.image();
    let case = viewer.look(&image).numbered(&number)?.clone();
    may_record(&image, &viewer, case.subject, &reply_of(&app, &viewer, &number)?)?;
    let title = image.service(&case).title.zh.clone();
    let text = blocking(|| bank::file(&app, &image, &case, &title, app.now().day()))?;
    app.act(viewer.actor, Request::unkeyed(b"bank-file"), Export).await?;
    let mut answer = text.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let disposition = format!("attachment; filename=\"{number}.csv\"");
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(answer)
}

/// The entry by which a case takes the bank's answer.
fn reply_of(app: &App, viewer: &Viewer, number: &str) -> Result<String, Problem> {
    let image = app.image();
    let case = viewer.look(&image).numbered(number)?;
    let entry = image.service(case).entries.iter().find(|entry| entry.lines == Some(Afterwards::Reply));
    entry.map(|entry| entry.name.clone()).ok_or_else(|| {
        problem::NOT_FOUND.problem("这类办件没有银行回盘。", "Cases of this kind have no bank's answer.")
    })
}

/// The bank's answer: an Excel or CSV file with the columns 流水号 and 结果. What fits a waiting line is posted or void;
/// rows that fit none are listed and nothing is done with them.
#[utoipa::path(post, path = "/api/cases/{case}/bank-reply", tag = "pay",
    params(("case" = String, Path, description = "the case's number")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "the file"),
    responses((status = 200, body = ReplyView), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn bank_reply(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<ReplyView>> {
    let viewer = counting(&app, &headers)?;
    let entry = reply_of(&app, &viewer, &number)?;
    let image = app.image();
    let case = viewer.look(&image).numbered(&number)?.clone();
    may_record(&image, &viewer, case.subject, &entry)?;
    let table = blocking(|| Table::read(&body))?;
    let (answers, view) = bank::read(&viewer.look(&image), &case, &table)?;
    if view.arrived + view.failed > 0 {
        let request = sessions::request(&viewer, &headers, &body);
        act::record(&app, &viewer, request, case.subject, &entry, answers).await?;
    }
    Ok(Json(view))
}

/// The money of my area, fund by fund, with the trial balance of the zone.
#[utoipa::path(get, path = "/api/money", tag = "pay",
    responses((status = 200, body = MoneyView), (status = 401), (status = 403)))]
async fn money_by_fund(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<MoneyView>> {
    let viewer = counting(&app, &headers)?;
    Ok(Json(blocking(|| view::money(&app, &viewer, lang()))?))
}

/// The accounts of a subject.
#[utoipa::path(get, path = "/api/accounts/{subject}", tag = "pay", params(("subject" = u32, Path, description = "The subject's number.")),
    responses((status = 200, body = Vec<AccountView>), (status = 401), (status = 403)))]
async fn accounts_of(
    State(app): State<Arc<App>>,
    Path(subject): Path<u32>,
    headers: HeaderMap,
) -> Answered<Json<Vec<AccountView>>> {
    let viewer = counting(&app, &headers)?;
    Ok(Json(blocking(|| view::accounts(&app, &viewer, SubjectId(subject), lang()))))
}

/// As of which day.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AsOf {
    /// The day; today unless given.
    #[serde(default)]
    pub on: Option<String>,
}

/// An account's statement, as of any day.
#[utoipa::path(get, path = "/api/accounts/{subject}/{fund}", tag = "pay",
    params(("subject" = u32, Path, description = "The subject's number."), ("fund" = String, Path, description = "The fund's name."), AsOf),
    responses((status = 200, body = Statement), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn account_statement(
    State(app): State<Arc<App>>,
    Path((subject, fund)): Path<(u32, String)>,
    Query(asked): Query<AsOf>,
    headers: HeaderMap,
) -> Answered<Json<Statement>> {
    let viewer = counting(&app, &headers)?;
    Ok(Json(blocking(|| view::statement(&app, &viewer, &fund, SubjectId(subject), asked.on.as_deref(), lang()))?))
}

/// Where the money of an account went, by receiver.
#[utoipa::path(get, path = "/api/accounts/{subject}/{fund}/onward", tag = "pay",
    params(("subject" = u32, Path, description = "The subject's number."), ("fund" = String, Path, description = "The fund's name.")),
    responses((status = 200, body = Vec<OnwardRow>), (status = 401), (status = 403), (status = 404)))]
async fn account_onward(
    State(app): State<Arc<App>>,
    Path((subject, fund)): Path<(u32, String)>,
    headers: HeaderMap,
) -> Answered<Json<Vec<OnwardRow>>> {
    let viewer = counting(&app, &headers)?;
    Ok(Json(blocking(|| trace::onward(&app, &viewer, &fund, SubjectId(subject)))?))
}

/// A transfer back to its signatures, its rule, the figures it was computed with and its papers.
#[utoipa::path(get, path = "/api/transfers/{n}", tag = "pay", params(("n" = u64, Path, description = "The transfer's number.")),
    responses((status = 200, body = TransferPage), (status = 401), (status = 403), (status = 404)))]
async fn transfer_page(
    State(app): State<Arc<App>>,
    Path(n): Path<u64>,
    headers: HeaderMap,
) -> Answered<Json<TransferPage>> {
    let viewer = counting(&app, &headers)?;
    Ok(Json(blocking(|| trace::transfer(&app, &viewer, n, lang()))?))
}

/// What is unusual among the payments of my area. Nothing is stopped by it.
#[utoipa::path(get, path = "/api/money/unusual", tag = "pay",
    responses((status = 200, body = Vec<UnusualRow>), (status = 401), (status = 403)))]
async fn unusual_payments(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<Vec<UnusualRow>>> {
    let viewer = counting(&app, &headers)?;
    Ok(Json(blocking(|| trace::unusual(&app, &viewer, lang()))?))
}

/// Whether a table is only looked at.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct OpeningAsked {
    /// Sign the step when everything agrees; else nothing is kept.
    #[serde(default)]
    pub sign: bool,
    /// Why the rows do not agree with the totals, where they need not.
    #[serde(default)]
    pub because: Option<String>,
}

/// A table of what was paid before, held against the totals of its case: Excel or CSV with 金额 and 身份证号 or 户编号.
#[utoipa::path(post, path = "/api/cases/{case}/opening", tag = "pay",
    params(("case" = String, Path, description = "the case's number"), OpeningAsked),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "the file"),
    responses((status = 200, body = OpeningView), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn opening_table(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(asked): Query<OpeningAsked>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<OpeningView>> {
    let viewer = counting(&app, &headers)?;
    viewer.look(&app.image()).numbered(&number)?;
    let table = blocking(|| Table::read(&body))?;
    let request = sessions::request(&viewer, &headers, &body);
    Ok(Json(opening::bring(&app, &viewer, request, &number, &table, asked.sign, asked.because).await?))
}

/// The rows of projects or contracts that a case brought, as they were signed, beside its totals.
#[utoipa::path(get, path = "/api/cases/{case}/opening", tag = "pay",
    params(("case" = String, Path, description = "the case's number")),
    responses((status = 200, body = OpeningRows), (status = 401), (status = 403), (status = 404)))]
async fn opening_rows(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Answered<Json<OpeningRows>> {
    let viewer = counting(&app, &headers)?;
    Ok(Json(blocking(|| records::kept(&app, &viewer, &number, lang()))?))
}
