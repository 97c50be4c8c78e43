//! The auditor's routes.

use crate::answer::{Answered, Query};
use crate::app::App;
use crate::staff::sessions;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::Deed;
use yizhan_core::row::JournalRow;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(journal))
}

/// After which act to read the journal.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// The act.
    #[serde(default)]
    pub after: u64,
    /// How many at most, up to 1000.
    #[serde(default = "fifty")]
    pub limit: usize,
}

fn fifty() -> usize {
    50
}

/// A record of the journal.
#[derive(Serialize, ToSchema)]
pub struct JournalEntry {
    /// Its place in the chain.
    pub seq: u64,
    /// When it was recorded.
    pub at: String,
    /// Who did it.
    pub actor: String,
    /// What was done.
    pub verb: String,
    /// The case it is about.
    pub case: Option<String>,
    /// The account it is about, by login name.
    pub whom: Option<String>,
    /// The chained hash.
    pub hash: String,
}

/// The journal, for auditors.
#[utoipa::path(get, path = "/api/journal", tag = "case", params(After), responses((status = 200, body = [JournalEntry]), (status = 401), (status = 403)))]
async fn journal(
    State(app): State<Arc<App>>,
    Query(page): Query<After>,
    headers: HeaderMap,
) -> Answered<Json<Vec<JournalEntry>>> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::ReadJournal)?;
    let image = app.image();
    let seen = viewer.look(&image);
    let after = i64::try_from(page.after).unwrap_or(i64::MAX);
    let rows = app
        .read(|reader| reader.page::<JournalRow>(after, page.limit.min(1000)))
        .map_err(|error| crate::app::store(&error))?;
    let entries = rows.into_iter().map(|row| JournalEntry {
        seq: row.seq,
        at: row.at.to_string(),
        actor: row.actor.to_string(),
        verb: row.verb.to_string(),
        case: row.about.and_then(|about| seen.case(about).ok()).map(|case| image.number(case)),
        whom: row.about.and_then(|about| image.account(about)),
        hash: row.hash.to_string(),
    });
    Ok(Json(entries.collect()))
}
