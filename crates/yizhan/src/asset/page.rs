//! 一牌一册两标识: the sign, the booklet, the asset's label and the label of the production cycle, as one prints them; and what
//! the code on them opens, without signing in. What must stand on which is not published: the layout is illustrative.

use super::model::{AssetPage, Known, ProjectPage, RightView};
use super::{book, view};
use crate::app::{App, blocking};
use crate::case::view::area_name;
use crate::pay;
use crate::resident::http::{code, frame, refused, render};
use crate::resident::page::Frame;
use crate::staff::sessions;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::image::fact::Value;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Lang, Problem};

/// What everybody may know of an asset: no person is among it.
struct Public {
    name: String,
    industry: String,
    place: String,
    owner: String,
    supervisor: String,
    year: String,
    amount: String,
}

impl Public {
    /// Of an asset that was taken over.
    fn of(app: &App, subject: u32, lang: Lang) -> Result<Self, Problem> {
        let image = app.image();
        let program = Viewer::program();
        let seen = program.look(&image);
        let asset = view::find(&seen, "asset", subject)?;
        let today = app.now().day();
        let fact = |of: SubjectId, name: &str| seen.fact(of, name, today);
        let text = |of: SubjectId, name: &str| match fact(of, name) {
            Some(Value::Text(text)) => text.to_string(),
            _ => String::new(),
        };
        let day = |of: SubjectId, name: &str| match fact(of, name) {
            Some(Value::Day(day)) => Some(day),
            _ => None,
        };
        let Some(taken_over) = day(asset, "asset.taken-over-on").filter(|day| *day <= today) else {
            return Err(problem::NOT_FOUND.problem("没有这项资产。", "There is no such asset."));
        };
        let holds = |kind: &str| {
            let rights = seen.naming("right.asset", asset, today).into_iter();
            let mine = rights.filter(|right| {
                text(*right, "right.kind") == kind
                    && day(*right, "right.from").is_some_and(|from| from <= today)
                    && day(*right, "right.ends").is_none_or(|ends| today < ends)
            });
            let holders = mine.filter_map(|right| match fact(right, "right.holder")? {
                Value::Subject(holder) => Some(pay::view::party(app, &image, holder, today)),
                _ => None,
            });
            holders.filter(|name| !name.is_empty()).collect::<Vec<_>>().join("、")
        };
        let project = match fact(asset, "asset.project") {
            Some(Value::Subject(project)) => Some(project),
            _ => None,
        };
        let approved = project.and_then(|project| day(project, "project.approved-on"));
        let industry = text(asset, "asset.industry");
        let known = image.attribute("asset.industry").and_then(|one| one.meaning(&industry));
        Ok(Self {
            name: text(asset, "asset.name"),
            industry: known.map_or(industry.clone(), |known| crate::case::view::words(known, lang).to_owned()),
            place: seen.place_of(asset).map(|area| area_name(&image, area)).unwrap_or_default(),
            owner: holds("ownership"),
            supervisor: holds("supervision"),
            year: approved.unwrap_or(taken_over).ymd().0.to_string(),
            amount: match fact(asset, "asset.worth") {
                Some(Value::Fen(fen)) => fen.to_string(),
                _ => String::new(),
            },
        })
    }
}

/// `/asset/{subject}`
#[derive(Template)]
#[template(path = "asset.html")]
struct Shown {
    frame: Frame,
    asset: Public,
}

/// What the code on a sign opens.
pub async fn public(State(app): State<Arc<App>>, Path(subject): Path<u32>, uri: Uri) -> Response {
    let frame = frame(&app, &uri);
    let mut answer = match blocking(|| Public::of(&app, subject, frame.lang)) {
        Ok(asset) => render(StatusCode::OK, &Shown { frame, asset }),
        Err(problem) => refused(frame, &problem),
    };
    answer.headers_mut().insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow"));
    answer
}

/// Which of them is printed; all of them unless said.
#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    of: String,
}

/// `/poster/asset/{subject}`
#[derive(Template)]
#[template(path = "asset-print.html")]
struct Printed {
    frame: Frame,
    subject: u32,
    of: String,
    asset: Public,
    page: AssetPage,
    project: Option<ProjectPage>,
    rights: Vec<RightView>,
    known: Vec<Known>,
    code: String,
    link: String,
}

impl Printed {
    fn wants(&self, which: &str) -> bool {
        self.of.is_empty() || self.of == which
    }
}

/// What is put up at an asset, for whoever looks after it.
pub async fn printed(
    State(app): State<Arc<App>>,
    Path(subject): Path<u32>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let frame = frame(&app, &uri);
    let lang = frame.lang;
    let drawn = blocking(|| -> Result<Printed, Problem> {
        let viewer = sessions::staff(&app, &headers)?;
        viewer.must(Deed::Count)?;
        let page = view::asset(&app, &viewer, subject, None, lang)?;
        let project = page.project.as_ref().map(|one| book::project(&app, &viewer, one.subject, lang)).transpose()?;
        let link = format!("{}/asset/{subject}", app.config.public_url());
        let known = project.as_ref().map(|one| one.known.iter().chain(&page.known)).into_iter().flatten();
        let known = known.filter(|one| !one.paper.is_empty()).map(|one| Known {
            title: one.title.clone(),
            says: one.says.clone(),
            from: one.from.clone(),
            paper: one.paper.clone(),
        });
        Ok(Printed {
            asset: Public::of(&app, subject, lang)?,
            rights: page.rights.iter().filter(|right| right.in_force).cloned().collect(),
            known: known.collect(),
            code: code(&link),
            of: wanted.of,
            frame: frame.clone(),
            project,
            page,
            link,
            subject,
        })
    });
    match drawn {
        Ok(page) => render(StatusCode::OK, &page),
        Err(problem) => refused(frame, &problem),
    }
}
