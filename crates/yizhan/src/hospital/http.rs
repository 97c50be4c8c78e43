//! The room's API.

use super::model::{
    Admission, BillAsked, ChangeView, MonthAsked, OddRow, Opened, PapersAsked, PatientAsked, PatientView, Reasoned,
    ReconciledView, SettleAsked, SlipView, StatementRow, StatementView, StayRow, StayView, StaysAsked, SummaryView,
    Versioned,
};
use super::national::{self, Envelope, Output, Reply};
use super::{act, papers, rule, statement, view, watch};
use crate::answer::{Answered, Path, Query, lang};
use crate::app::{App, Request, blocking};
use crate::case::model::Done;
use crate::staff::sessions;
use crate::table::model::{LARGEST, Table};
use crate::who;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use axum::response::Response;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::{Deed, Role, Viewer, forbidden};
use yizhan_core::row::SubjectId;
use yizhan_core::service::{ConfirmClaims, Export};
use yizhan_core::writer::Outcome;
use yizhan_kit::{Lang, Problem};

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(find_patient))
        .routes(routes!(hospital_stays, hospital_admit))
        .routes(routes!(preview_bill))
        .routes(routes!(settle_bill))
        .routes(routes!(cancel_bill))
        .routes(routes!(record_share))
        .routes(routes!(discharge_summary))
        .routes(routes!(settlement))
        .routes(routes!(take_papers))
        .routes(routes!(preview_papers, settle_papers))
        .routes(routes!(changed_bills))
        .routes(routes!(settle_bills_again))
        .routes(routes!(payer_statements))
        .routes(routes!(statement_page))
        .routes(routes!(statement_file))
        .routes(routes!(unusual_bills))
        .routes(routes!(presettle_2303))
        .routes(routes!(settle_2304))
        .routes(routes!(cancel_2305))
        .merge(OpenApiRouter::new().routes(routes!(reconcile_statement)).layer(DefaultBodyLimit::max(LARGEST)))
}

/// Whoever sits at a hospital's desk.
fn desk(app: &App, headers: &HeaderMap) -> Result<Viewer, Problem> {
    let viewer = sessions::staff(app, headers)?;
    viewer.must(Deed::TakeStep)?;
    if viewer.clinic(&app.image()).is_none() {
        return Err(forbidden("只有医院窗口可以这样做。", "Only the desk of a hospital may."));
    }
    Ok(viewer)
}

/// Whoever may look at what is between payers and hospitals: a hospital at its own, officers and auditors at their area's.
fn looking(app: &App, headers: &HeaderMap) -> Result<Viewer, Problem> {
    let viewer = sessions::staff(app, headers)?;
    if viewer.role != Role::Hospital {
        viewer.must(Deed::Count)?;
    } else if viewer.clinic(&app.image()).is_none() {
        return Err(forbidden("该账号没有所属医院。", "This account belongs to no hospital."));
    }
    Ok(viewer)
}

fn done(outcome: &Outcome) -> Json<Done> {
    Json(Done { seq: outcome.seq, at: outcome.at.to_string() })
}

fn opened(app: &App, outcome: &Outcome) -> Result<Json<Opened>, Problem> {
    let image = app.image();
    let program = Viewer::program();
    let case = program.look(&image).case(outcome.about.unwrap_or(SubjectId(u32::MAX)))?;
    Ok(Json(Opened { number: image.number(case), seq: outcome.seq }))
}

/// Look a patient up by the whole number on their card: masked, with their category on the day of admission.
#[utoipa::path(post, path = "/api/hospital/patients", tag = "hospital", request_body = PatientAsked,
    responses((status = 200, body = PatientView), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn find_patient(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Json<PatientView>> {
    let viewer = desk(&app, &headers)?;
    let asked: PatientAsked = who::parse(&body)?;
    Ok(Json(blocking(|| view::patient(&app, &viewer, &asked, lang()))?))
}

/// The stays at my hospital.
#[utoipa::path(get, path = "/api/hospital/stays", tag = "hospital", params(StaysAsked),
    responses((status = 200, body = Vec<StayRow>), (status = 401), (status = 403)))]
async fn hospital_stays(
    State(app): State<Arc<App>>,
    Query(asked): Query<StaysAsked>,
    headers: HeaderMap,
) -> Answered<Json<Vec<StayRow>>> {
    let viewer = desk(&app, &headers)?;
    Ok(Json(blocking(|| view::stays(&app, &viewer, asked.closed, lang()))?))
}

/// Admit a patient without deposit.
#[utoipa::path(post, path = "/api/hospital/stays", tag = "hospital", request_body = Admission,
    responses((status = 200, body = Opened), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn hospital_admit(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Json<Opened>> {
    let viewer = desk(&app, &headers)?;
    let asked: Admission = who::parse(&body)?;
    let outcome = act::admit(&app, &viewer, sessions::request(&viewer, &headers, &body), &asked).await?;
    Ok(opened(&app, &outcome)?)
}

/// What a bill would come to, were it settled now. Nothing is kept.
#[utoipa::path(post, path = "/api/hospital/stays/{case}/preview", tag = "hospital", request_body = BillAsked,
    params(("case" = String, Path, description = "the case's number")),
    responses((status = 200, body = SlipView), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn preview_bill(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<SlipView>> {
    let viewer = desk(&app, &headers)?;
    let asked: BillAsked = who::parse(&body)?;
    let image = app.image();
    let seen = viewer.look(&image);
    let (case, admitted) = act::stay(&seen, &number)?;
    let reckoned = seen.reckon(case.subject, &rule::bill(&asked, admitted, None)?)?;
    Ok(Json(view::previewed(&seen, case, &reckoned, lang())?))
}

/// Settle the bill of a stay.
#[utoipa::path(post, path = "/api/hospital/stays/{case}/settle", tag = "hospital", request_body = SettleAsked,
    params(("case" = String, Path, description = "the case's number")),
    responses((status = 200, body = StayView), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn settle_bill(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<StayView>> {
    let viewer = desk(&app, &headers)?;
    let asked: SettleAsked = who::parse(&body)?;
    let request = sessions::request(&viewer, &headers, &body);
    act::settle(&app, &viewer, request, &number, asked.version, &asked.bill).await?;
    Ok(Json(blocking(|| view::stay(&app, &viewer, &number, lang()))?))
}

/// Cancel the settlement of a stay, which waits for its bill again; the last of the person's year only.
#[utoipa::path(post, path = "/api/hospital/stays/{case}/cancel", tag = "hospital", request_body = Reasoned,
    params(("case" = String, Path, description = "the case's number")),
    responses((status = 200, body = StayView), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn cancel_bill(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<StayView>> {
    let viewer = desk(&app, &headers)?;
    let asked: Reasoned = who::parse(&body)?;
    let request = sessions::request(&viewer, &headers, &body);
    act::cancel(&app, &viewer, request, &number, Some(asked.version), &asked.reason).await?;
    Ok(Json(blocking(|| view::stay(&app, &viewer, &number, lang()))?))
}

/// Record a payment, an agreement on instalments, a refund: the answers of the entry's form.
#[utoipa::path(post, path = "/api/hospital/stays/{case}/shares/{entry}", tag = "hospital",
    request_body(content = serde_json::Value, description = "the answers, by the entry's form"),
    params(("case" = String, Path, description = "the case's number"), ("entry" = String, Path, description = "`payment`, `instalments` or `refund`")),
    responses((status = 200, body = StayView), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn record_share(
    State(app): State<Arc<App>>,
    Path((number, entry)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<StayView>> {
    let viewer = desk(&app, &headers)?;
    let answers: serde_json::Value = who::parse(&body)?;
    let request = sessions::request(&viewer, &headers, &body);
    act::share(&app, &viewer, request, &number, &entry, &answers).await?;
    Ok(Json(blocking(|| view::stay(&app, &viewer, &number, lang()))?))
}

/// What is wrong with a patient, and the lines of their bill: for the desk of their hospital. The reading is on record.
#[utoipa::path(post, path = "/api/hospital/stays/{case}/summary", tag = "hospital",
    params(("case" = String, Path, description = "the case's number")),
    responses((status = 200, body = SummaryView), (status = 401), (status = 403), (status = 404), (status = 410)))]
async fn discharge_summary(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Answered<Json<SummaryView>> {
    let viewer = desk(&app, &headers)?;
    Ok(Json(view::summary(&app, &viewer, &number).await?))
}

/// A case that settles a bill, with its slip.
#[utoipa::path(get, path = "/api/settlements/{case}", tag = "hospital",
    params(("case" = String, Path, description = "the case's number")),
    responses((status = 200, body = StayView), (status = 401), (status = 403), (status = 404)))]
async fn settlement(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Answered<Json<StayView>> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::SeeCase)?;
    Ok(Json(blocking(|| view::stay(&app, &viewer, &number, lang()))?))
}

/// Take in a bill that was paid elsewhere, to be reimbursed from its papers.
#[utoipa::path(post, path = "/api/settlements/papers", tag = "hospital", request_body = PapersAsked,
    responses((status = 200, body = Opened), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn take_papers(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Json<Opened>> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::Count)?;
    let asked: PapersAsked = who::parse(&body)?;
    let outcome = papers::take(&app, &viewer, sessions::request(&viewer, &headers, &body), &asked).await?;
    Ok(opened(&app, &outcome)?)
}

/// What the papers of a case would come to now.
#[utoipa::path(get, path = "/api/settlements/papers/{case}", tag = "hospital",
    params(("case" = String, Path, description = "the case's number")),
    responses((status = 200, body = SlipView), (status = 401), (status = 403), (status = 404), (status = 409)))]
async fn preview_papers(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Answered<Json<SlipView>> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::Count)?;
    Ok(Json(blocking(|| papers::preview(&app, &viewer, &number, lang()))?))
}

/// Settle a bill from the papers of its case: each payer's part goes to the person.
#[utoipa::path(post, path = "/api/settlements/papers/{case}", tag = "hospital", request_body = Versioned,
    params(("case" = String, Path, description = "the case's number")),
    responses((status = 200, body = StayView), (status = 401), (status = 403), (status = 404), (status = 409)))]
async fn settle_papers(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<StayView>> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::TakeStep)?;
    let asked: Versioned = who::parse(&body)?;
    papers::settle(&app, &viewer, sessions::request(&viewer, &headers, &body), &number, asked.version).await?;
    Ok(Json(blocking(|| view::stay(&app, &viewer, &number, lang()))?))
}

/// The slips that come to something else by what the register says now, and by how much.
#[utoipa::path(get, path = "/api/settlements/changed", tag = "hospital",
    responses((status = 200, body = Vec<ChangeView>), (status = 401), (status = 403)))]
async fn changed_bills(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<Vec<ChangeView>>> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::Count)?;
    Ok(Json(blocking(|| papers::changed(&app, &viewer, lang()))?))
}

/// Settle the bills of a person's year again, by the case that decided so; the differences are moved.
#[utoipa::path(post, path = "/api/settlements/again/{case}", tag = "hospital", request_body = Versioned,
    params(("case" = String, Path, description = "the case's number")),
    responses((status = 200, body = Done), (status = 401), (status = 403), (status = 404), (status = 409)))]
async fn settle_bills_again(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<Done>> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::TakeStep)?;
    let asked: Versioned = who::parse(&body)?;
    let request = sessions::request(&viewer, &headers, &body);
    Ok(done(&papers::again(&app, &viewer, request, &number, asked.version).await?))
}

/// What each payer owes each hospital for a month.
#[utoipa::path(get, path = "/api/settlements/statements", tag = "hospital", params(MonthAsked),
    responses((status = 200, body = Vec<StatementRow>), (status = 401), (status = 403), (status = 422)))]
async fn payer_statements(
    State(app): State<Arc<App>>,
    Query(asked): Query<MonthAsked>,
    headers: HeaderMap,
) -> Answered<Json<Vec<StatementRow>>> {
    let viewer = looking(&app, &headers)?;
    let month = statement::month(&app, asked.month.as_deref())?;
    Ok(Json(blocking(|| statement::all(&app, &viewer, &month, lang()))?))
}

/// A payer's statement for a hospital and a month, slip by slip.
#[utoipa::path(get, path = "/api/settlements/statements/{payer}/{clinic}", tag = "hospital",
    params(("payer" = u32, Path, description = "the payer's number"), ("clinic" = u32, Path, description = "the hospital's; 0 for people who had paid themselves"), MonthAsked),
    responses((status = 200, body = StatementView), (status = 401), (status = 403), (status = 422)))]
async fn statement_page(
    State(app): State<Arc<App>>,
    Path(of): Path<(u32, u32)>,
    Query(asked): Query<MonthAsked>,
    headers: HeaderMap,
) -> Answered<Json<StatementView>> {
    let viewer = looking(&app, &headers)?;
    let month = statement::month(&app, asked.month.as_deref())?;
    Ok(Json(blocking(|| statement::one(&app, &viewer, of, &month, lang()))?))
}

/// The same as an Excel file. That it was taken out is on record.
#[utoipa::path(get, path = "/api/settlements/statements/{payer}/{clinic}/detail.xlsx", tag = "hospital",
    params(("payer" = u32, Path, description = "the payer's number"), ("clinic" = u32, Path, description = "the hospital's"), MonthAsked),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = 401), (status = 403), (status = 422)))]
async fn statement_file(
    State(app): State<Arc<App>>,
    Path(of): Path<(u32, u32)>,
    Query(asked): Query<MonthAsked>,
    headers: HeaderMap,
) -> Answered<Response> {
    let viewer = looking(&app, &headers)?;
    let month = statement::month(&app, asked.month.as_deref())?;
    let view = blocking(|| statement::one(&app, &viewer, of, &month, Lang::Zh))?;
    app.act(viewer.actor, Request::unkeyed(b"statement"), Export).await?;
    Ok(statement::sheet(&view).answer(&format!("statement-{}-{}-{month}", of.0, of.1))?)
}

/// A payer's own list, Excel or CSV with 结算单号 and 金额, held against ours: what agrees is paid, the rest is listed.
#[utoipa::path(post, path = "/api/settlements/statements/{payer}/{clinic}/reply", tag = "hospital",
    params(("payer" = u32, Path, description = "the payer's number"), ("clinic" = u32, Path, description = "the hospital's"), MonthAsked),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "the file"),
    responses((status = 200, body = ReconciledView), (status = 401), (status = 403), (status = 409), (status = 422)))]
async fn reconcile_statement(
    State(app): State<Arc<App>>,
    Path(of): Path<(u32, u32)>,
    Query(asked): Query<MonthAsked>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<ReconciledView>> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::KeepLists)?;
    let month = statement::month(&app, asked.month.as_deref())?;
    let table = blocking(|| Table::read(&body))?;
    let (view, transfers) = blocking(|| statement::reconcile(&viewer, &app.image(), of, &month, &table))?;
    if !transfers.is_empty() {
        let request = sessions::request(&viewer, &headers, &body);
        app.act(viewer.actor, request, ConfirmClaims { payer: SubjectId(of.0), transfers }).await?;
    }
    Ok(Json(view))
}

/// What is unusual among the slips of my area. Nothing is stopped by it.
#[utoipa::path(get, path = "/api/settlements/unusual", tag = "hospital",
    responses((status = 200, body = Vec<OddRow>), (status = 401), (status = 403)))]
async fn unusual_bills(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<Vec<OddRow>>> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::Count)?;
    Ok(Json(blocking(|| watch::rows(&app, &viewer, lang()))?))
}

/// An answer of the national interface: a refusal is told in it, under the stable code.
fn reply(envelope: Envelope, came: Result<Option<Output>, Problem>) -> Json<Reply> {
    let Envelope { infno, msgid, .. } = envelope;
    let (infcode, err_msg, output) = match came {
        Ok(output) => (0, None, output),
        Err(problem) => (-1, Some(format!("{}: {}", problem.kind.code, problem.detail(lang()))), None),
    };
    Json(Reply { infno, infcode, inf_refmsgid: msgid, err_msg, output })
}

fn envelope(body: &[u8], infno: &str) -> Result<Envelope, Problem> {
    let envelope: Envelope = who::parse(body)?;
    if envelope.infno != infno {
        return Err(yizhan_core::problem::BODY_INVALID
            .problem(format!("infno 应为 {infno}。"), format!("The infno of this address is {infno}.")));
    }
    Ok(envelope)
}

/// 2303 住院预结算: what a bill would come to. The stay's number is `mdtrt_id`.
#[utoipa::path(post, path = "/api/fsi/2303", tag = "national", request_body = Envelope,
    responses((status = 200, body = Reply), (status = 400), (status = 401), (status = 403)))]
async fn presettle_2303(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Json<Reply>> {
    let viewer = desk(&app, &headers)?;
    let envelope = envelope(&body, "2303")?;
    let came = blocking(|| national::presettle(&app, &viewer, &envelope, lang()));
    Ok(reply(envelope, came.map(Some)))
}

/// 2304 住院结算. A repeat under the same Idempotency-Key gets the settlement that stands.
#[utoipa::path(post, path = "/api/fsi/2304", tag = "national", request_body = Envelope,
    responses((status = 200, body = Reply), (status = 400), (status = 401), (status = 403)))]
async fn settle_2304(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Json<Reply>> {
    let viewer = desk(&app, &headers)?;
    let envelope = envelope(&body, "2304")?;
    let request = sessions::request(&viewer, &headers, &body);
    let came = national::settle(&app, &viewer, request, &envelope, lang()).await;
    Ok(reply(envelope, came.map(Some)))
}

/// 2305 住院结算撤销: the last of the person's year only; what stood is told.
#[utoipa::path(post, path = "/api/fsi/2305", tag = "national", request_body = Envelope,
    responses((status = 200, body = Reply), (status = 400), (status = 401), (status = 403)))]
async fn cancel_2305(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answered<Json<Reply>> {
    let viewer = desk(&app, &headers)?;
    let envelope = envelope(&body, "2305")?;
    let request = sessions::request(&viewer, &headers, &body);
    let came = national::cancel(&app, &viewer, request, &envelope, lang()).await;
    Ok(reply(envelope, came))
}
