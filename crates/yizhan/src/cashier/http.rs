//! The cashier's API: what is to be paid for a case, for its holder, a terminal or an agent; the channels' notifications; what was
//! taken in, and what goes back.

use super::channel::{Notice, Sent};
use super::model::{BackDecided, BackWanted, PayBy, Payable, RefundAsked, TakingsDay, TakingsEntries};
use super::{act, rule, view};
use crate::answer::{Answered, Path, Query, lang};
use crate::app::App;
use crate::case::http::Secret;
use crate::case::model::Done;
use crate::staff::sessions;
use crate::who;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::Viewer;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::Giving;
use yizhan_kit::{Day, Fen, Problem};

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(payable, pay))
        .routes(routes!(asked_now))
        .routes(routes!(takings))
        .routes(routes!(entries))
        .routes(routes!(refunds))
        .routes(routes!(give_back))
        .routes(routes!(decide_back))
        .merge(notices())
}

/// Where the channels tell what they tell by themselves; a demonstration's own channels come in here beside the public door.
pub fn notices() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(notify))
}

/// What is to be paid for a case, and what was paid; with the codes that can be scanned now.
#[utoipa::path(get, path = "/api/payments/{number}", tag = "payment",
    params(("number" = String, Path, description = "the case's number"), Secret),
    responses((status = 200, body = Payable), (status = 404)))]
async fn payable(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(secret): Query<Secret>,
    headers: HeaderMap,
) -> Answered<Json<Payable>> {
    let image = app.image();
    let viewer = who::viewer(&app, &image, &headers, &number, &secret.k)?;
    Ok(Json(found(&app, &viewer, &number)?))
}

fn found(app: &App, viewer: &Viewer, number: &str) -> Result<Payable, Problem> {
    let image = app.image();
    let head = viewer.look(&image).numbered(number)?;
    view::payable(app, &image, viewer, head, lang())?
        .ok_or_else(|| problem::NOT_FOUND.problem("这件事不收款。", "Nothing is paid for this."))
}

/// Show a code: an order is made for what is left, or the open one is shown again.
#[utoipa::path(post, path = "/api/payments/{number}", tag = "payment",
    params(("number" = String, Path, description = "the case's number"), Secret), request_body = PayBy,
    responses((status = 200, body = Payable), (status = 404), (status = 409), (status = 503)))]
async fn pay(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(secret): Query<Secret>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<Payable>> {
    let image = app.image();
    let viewer = who::viewer(&app, &image, &headers, &number, &secret.k)?;
    let wanted: PayBy = who::parse(&body)?;
    let case = viewer.look(&image).numbered(&number)?.subject;
    drop(image);
    act::make(&app, &viewer, case, &wanted.channel).await?;
    Ok(Json(found(&app, &viewer, &number)?))
}

/// Ask the channels now whether a case's codes were paid, for whoever has just paid.
#[utoipa::path(post, path = "/api/payments/{number}/ask", tag = "payment",
    params(("number" = String, Path, description = "the case's number"), Secret),
    responses((status = 200, body = Payable), (status = 404), (status = 503)))]
async fn asked_now(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
    Query(secret): Query<Secret>,
    headers: HeaderMap,
) -> Answered<Json<Payable>> {
    let image = app.image();
    let viewer = who::viewer(&app, &image, &headers, &number, &secret.k)?;
    let case = viewer.look(&image).numbered(&number)?.subject;
    drop(image);
    ask_about(&app, case).await;
    Ok(Json(found(&app, &viewer, &number)?))
}

/// Asks about the open orders of a case; what a channel does not answer now is asked again by itself.
pub async fn ask_about(app: &App, case: SubjectId) {
    let image = app.image();
    let program = Viewer::program();
    let open = program.look(&image).orders_of(case).into_iter();
    let open: Vec<_> = open.filter(|order| order.state == yizhan_core::checkout::State::Open).collect();
    drop(image);
    for order in open {
        if let Err(problem) = act::ask(app, order.subject).await {
            tracing::debug!(%problem, "a channel was asked in vain");
        }
    }
}

/// What a channel tells by itself. It hears that we have it once it is committed.
#[utoipa::path(post, path = "/api/pay/{channel}/notify", tag = "payment",
    params(("channel" = String, Path, description = "`wechat` or `alipay`")),
    request_body(content = String, description = "as the channel sends it"),
    responses((status = 200), (status = 204), (status = 404), (status = 500)))]
async fn notify(
    State(app): State<Arc<App>>,
    Path(code): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Response> {
    let channel = app.cashier.channel(&code)?;
    let header = |name: &str| headers.get(name).and_then(|text| text.to_str().ok()).unwrap_or_default().to_owned();
    let read = channel.notice(&Sent { header: &header, body: &body });
    let heard = match read {
        Ok(notice) => hear(&app, &code, notice).await.map_err(|problem| problem.to_string()),
        Err(what) => Err(what),
    };
    if let Err(what) = &heard {
        tracing::warn!(channel = code, what, "a notification is not taken");
    }
    let (status, kind, text) = channel.reply(heard.map_err(drop));
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Ok((status, [(header::CONTENT_TYPE, kind)], text).into_response())
}

async fn hear(app: &App, code: &str, notice: Notice) -> Result<(), Problem> {
    match notice {
        Notice::Nothing => Ok(()),
        Notice::Paid { order, receipt } => act::taken(app, code, &order, &receipt).await,
        Notice::Returned { refund, told } => {
            let found = rule::find_back(app, &app.image(), &refund);
            let (order, transfer) =
                found.ok_or_else(|| problem::NOT_FOUND.problem("没有这笔退款。", "There is no such refund."))?;
            act::returned(app, &order, transfer, told).await.map(drop)
        }
    }
}

/// Which days.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct DaysAsked {
    /// The last day; today unless given.
    #[param(value_type = Option<String>)]
    pub until: Option<Day>,
    /// How many days back, at most 62.
    pub days: Option<i32>,
    /// The language.
    #[serde(default)]
    #[param(ignore)]
    #[allow(dead_code, reason = "read by the layer around every request")]
    pub lang: Option<String>,
}

/// What was taken in, day by day and channel by channel, beside the channels' bills.
#[utoipa::path(get, path = "/api/takings", tag = "payment", params(DaysAsked),
    responses((status = 200, body = [TakingsDay]), (status = 401), (status = 403)))]
async fn takings(
    State(app): State<Arc<App>>,
    Query(asked): Query<DaysAsked>,
    headers: HeaderMap,
) -> Answered<Json<Vec<TakingsDay>>> {
    let viewer = sessions::staff(&app, &headers)?;
    let (last, count) = (asked.until.unwrap_or(app.now().day()), asked.days.unwrap_or(31).clamp(1, 62));
    Ok(Json(view::days(&app, &viewer, last, count, lang())?))
}

/// A day of a channel, entry by entry: in both, only ours, only theirs, another sum.
#[utoipa::path(get, path = "/api/takings/{channel}/{day}", tag = "payment",
    params(("channel" = String, Path), ("day" = String, Path)),
    responses((status = 200, body = TakingsEntries), (status = 401), (status = 403)))]
async fn entries(
    State(app): State<Arc<App>>,
    Path((channel, day)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answered<Json<TakingsEntries>> {
    let viewer = sessions::staff(&app, &headers)?;
    let day = day.parse().map_err(|_| problem::FORM_INVALID.problem("日期不对。", "That is no day."))?;
    Ok(Json(view::entries(&app, &viewer, &channel, day)?))
}

/// The refunds that somebody asked for and another decides on.
#[utoipa::path(get, path = "/api/refunds", tag = "payment",
    responses((status = 200, body = [RefundAsked]), (status = 401), (status = 403)))]
async fn refunds(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<Vec<RefundAsked>>> {
    let viewer = sessions::staff(&app, &headers)?;
    Ok(Json(view::asked(&app, &viewer)?))
}

/// Ask for something to go back of a payment. Another decides.
#[utoipa::path(post, path = "/api/orders/{order}/back", tag = "payment", params(("order" = u32, Path)),
    request_body = BackWanted,
    responses((status = 200, body = Done), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn give_back(
    State(app): State<Arc<App>>,
    Path(order): Path<u32>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<Done>> {
    let viewer = sessions::staff(&app, &headers)?;
    let wanted: BackWanted = who::parse(&body)?;
    let amount: Fen = wanted
        .amount
        .parse()
        .map_err(|_| problem::FORM_INVALID.problem("金额写成 12.34 的样子。", "Write the amount like 12.34."))?;
    let request = sessions::request(&viewer, &headers, &body);
    let (order, giving) = (SubjectId(order), Giving::Asked(amount));
    let outcome = act::give_back(&app, &viewer, request, order, giving, Some(&wanted.why)).await?;
    Ok(Json(Done { seq: outcome.seq, at: outcome.at.to_string() }))
}

/// Decide on what somebody else wants to go back.
#[utoipa::path(post, path = "/api/orders/{order}/back/decide", tag = "payment", params(("order" = u32, Path)),
    request_body = BackDecided,
    responses((status = 200, body = Done), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn decide_back(
    State(app): State<Arc<App>>,
    Path(order): Path<u32>,
    headers: HeaderMap,
    body: Bytes,
) -> Answered<Json<Done>> {
    let viewer = sessions::staff(&app, &headers)?;
    let decided: BackDecided = who::parse(&body)?;
    let (giving, why) = match decided.verdict.as_str() {
        "agree" => (Giving::Agreed, None),
        "decline" => (Giving::Declined, Some(decided.why.as_str())),
        other => {
            let (zh, en) = (format!("不认识的决定“{other}”。"), format!("Unknown verdict {other:?}."));
            return Err(problem::BODY_INVALID.problem(zh, en).into());
        }
    };
    let request = sessions::request(&viewer, &headers, &body);
    let outcome = act::give_back(&app, &viewer, request, SubjectId(order), giving, why).await?;
    Ok(Json(Done { seq: outcome.seq, at: outcome.at.to_string() }))
}
