//! The front door: every service by who one is, and by what one wants to do.

use crate::app::App;
use crate::case::{act, view};
use crate::demonstration::http::cast;
use crate::guide::rule::score;
use crate::notice::announce::{Announcement, for_everybody};
use crate::notice::view::{TipShown, tips};
use crate::resident::http::{frame, refused, render};
use crate::resident::page::Frame;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use std::cmp::Reverse;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use yizhan_core::catalog::{Audience, Reader, Service};
use yizhan_kit::Lang;

/// The front door.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().route("/", get(front))
}

/// A service on the front page.
struct Offer {
    href: String,
    title: String,
    about: String,
}

/// "I am …", with what there is for them.
struct Group {
    name: &'static str,
    title: &'static str,
    about: &'static str,
    offers: Vec<Offer>,
    /// In a demonstration, whom one can be with one click: login, and what they are called.
    doors: Vec<(String, String)>,
}

/// `/`
#[derive(Template)]
#[template(path = "front.html")]
struct Front {
    frame: Frame,
    typed: String,
    /// What was found, when something was asked.
    found: Option<Vec<Offer>>,
    groups: Vec<Group>,
    tips: Vec<TipShown>,
    told: Vec<Announcement>,
}

impl Front {
    /// Whether every service is shown: unless what was asked for was found.
    fn shows_everything(&self) -> bool {
        self.found.as_ref().is_none_or(Vec::is_empty)
    }
}

/// What one wants to do.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
}

async fn front(State(app): State<Arc<App>>, Query(asked): Query<Asked>, uri: Uri) -> Response {
    let image = app.image();
    let frame = frame(&app, &uri);
    let lang = frame.lang;
    let services: Vec<Arc<Service>> = match act::catalog(&image) {
        Ok((catalog, _)) => catalog.services.values().filter(|service| is_public(service)).cloned().collect(),
        Err(problem) => return refused(frame, &problem),
    };
    let typed: String = asked.q.trim().chars().take(60).collect();
    let found = (!typed.is_empty()).then(|| {
        let mut scored: Vec<_> =
            services.iter().filter_map(|service| Some((Reverse(score(service, &typed)?), service))).collect();
        scored.sort_by_key(|(score, service)| (*score, service.name.clone()));
        scored.into_iter().map(|(_, service)| offer(service, lang)).collect()
    });
    let groups = Audience::ALL.iter().map(|audience| group(&app, *audience, &services, lang)).collect();
    let tips = match act::catalog(&image) {
        Ok((catalog, _)) => tips(catalog, Reader::Resident, app.now().day(), lang),
        Err(_) => Vec::new(),
    };
    let told = for_everybody(&app, None);
    render(StatusCode::OK, &Front { frame, typed, found, groups, tips, told })
}

/// Whether somebody without an account may open a case of it.
fn is_public(service: &Service) -> bool {
    service.opened_by.iter().any(|role| role == "anyone" || role == "resident")
}

fn offer(service: &Service, lang: Lang) -> Offer {
    Offer {
        href: format!("/r/{}", service.name),
        title: view::words(&service.title, lang).to_owned(),
        about: view::words(&service.about, lang).to_owned(),
    }
}

fn group(app: &App, audience: Audience, services: &[Arc<Service>], lang: Lang) -> Group {
    let (zh, en) = match audience {
        Audience::Resident => (
            ("我是居民", "办证明；办到哪一步，凭回执查看"),
            ("I am a resident", "certificates; how they stand is on your receipt"),
        ),
        Audience::Returning => {
            (("我要返乡", "先申报，村里会联系您"), ("I am coming home", "declare first, the village will call you"))
        }
        Audience::Company => {
            (("我是企业或商户", "面向企业的事项"), ("I am a company or a shop", "what there is for companies"))
        }
        Audience::VillageWorker => (
            ("我是村（社区）工作人员", "接待办、打电话、登记"),
            ("I work for a village", "calls, arrivals, what waits"),
        ),
        Audience::Officer => (
            ("我是镇（街道）或区级工作人员", "审核、备案、看全局"),
            ("I work for a township or the district", "reviews, filing, the whole picture"),
        ),
    };
    let (title, about) = if lang == Lang::Zh { zh } else { en };
    // What is meant for them first of all comes first.
    let rank = |service: &&Arc<Service>| service.serves.iter().position(|to| *to == audience);
    let mut theirs: Vec<_> = services.iter().filter(|service| rank(service).is_some()).collect();
    theirs.sort_by_key(rank);
    Group {
        name: audience.as_str(),
        title,
        about,
        offers: theirs.into_iter().map(|service| offer(service, lang)).collect(),
        doors: doors(app, audience),
    }
}

/// Whom one can be with one click: one of each role.
fn doors(app: &App, audience: Audience) -> Vec<(String, String)> {
    if app.demo.is_none() {
        return Vec::new();
    }
    let roles: &[&str] = match audience {
        Audience::VillageWorker => &["village"],
        Audience::Officer => &[
            "township",
            "district",
            "hospital",
            "family-doctor",
            "desk-agent",
            "auditor",
            "system-administrator",
            "security-administrator",
        ],
        _ => return Vec::new(),
    };
    let cast = cast(app);
    let first = roles.iter().filter_map(|role| cast.iter().find(|one| one.role == *role));
    first.map(|one| (one.login.clone(), format!("{} · {}", one.area_name, role_name(&one.role)))).collect()
}

fn role_name(role: &str) -> &str {
    let (zh, en) = match role {
        "village" => ("村经办人", "village clerk"),
        "township" => ("镇级审核", "township officer"),
        "district" => ("区级备案", "district officer"),
        "hospital" => ("医院窗口", "hospital desk"),
        "family-doctor" => ("家庭医生", "family doctor"),
        "desk-agent" => ("远程坐席", "remote agent"),
        "auditor" => ("审计", "auditor"),
        "system-administrator" => ("系统管理员", "system administrator"),
        "security-administrator" => ("安全管理员", "security administrator"),
        other => (other, other),
    };
    if crate::answer::lang() == Lang::Zh { zh } else { en }
}
