//! Calculators without a script: a form that is asked again with its answers in the address, and what they come to.

use super::model::CalculatedView;
use super::view;
use crate::answer::Query;
use crate::app::App;
use crate::case::act;
use crate::case::rule::words as say;
use crate::case::view::words;
use crate::resident::form::{Control, Field};
use crate::resident::http::{frame, refused, render};
use crate::resident::page::Frame;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use yizhan_core::catalog::calculator::Misfit;
use yizhan_core::catalog::{Calculator, ValueKind};
use yizhan_kit::{Day, Lang};

/// The pages.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().route("/calc", get(list)).route("/calc/{calculator}", get(page))
}

/// `/calc`
#[derive(Template)]
#[template(path = "calculators.html")]
struct List {
    frame: Frame,
    /// Where, what it is called, what it computes.
    all: Vec<(String, String, String)>,
}

/// `/calc/{calculator}`
#[derive(Template)]
#[template(path = "calculator.html")]
struct Page {
    frame: Frame,
    title: String,
    about: String,
    source: String,
    confidence: &'static str,
    action: String,
    fields: Vec<Field>,
    found: Option<CalculatedView>,
}

async fn list(State(app): State<Arc<App>>, uri: Uri) -> Response {
    let frame = frame(&app, &uri);
    let image = app.image();
    let lang = frame.lang;
    match act::catalog(&image) {
        Ok((catalog, _)) => {
            let row = |one: &Calculator| {
                let said = |text| words(text, lang).to_owned();
                (format!("/calc/{}", one.name), said(&one.title), said(&one.about))
            };
            let all = catalog.calculators.values().map(row).collect();
            render(StatusCode::OK, &List { frame, all })
        }
        Err(problem) => refused(frame, &problem),
    }
}

async fn page(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Query(mut given): Query<BTreeMap<String, String>>,
    uri: Uri,
) -> Response {
    let frame = frame(&app, &uri);
    let lang = frame.lang;
    let image = app.image();
    let found = act::catalog(&image).and_then(|(catalog, _)| Ok((catalog, view::find(catalog, &name)?)));
    let (catalog, one) = match found {
        Ok(found) => found,
        Err(problem) => return refused(frame, &problem),
    };
    // What a page carries of its own is no answer.
    given.retain(|name, _| name == "on" || one.attribute(name).is_some());
    let asked = given.contains_key("on");
    let on = given.remove("on").unwrap_or_else(|| app.now().day().to_string());
    let mut faults: Vec<Misfit> = Vec::new();
    let mut found = None;
    match on.parse::<Day>() {
        Err(_) => faults.push(("on".into(), String::new())),
        // An unchecked box is not sent: it is a no, and not what holds unless it is answered.
        Ok(day) if asked => match view::calculated(catalog, one, day, &given, lang) {
            Ok(calculated) => found = Some(calculated),
            Err(misfits) => faults = misfits,
        },
        Ok(_) => {}
    }
    let page = Page {
        title: words(&one.title, lang).to_owned(),
        about: words(&one.about, lang).to_owned(),
        source: one.source.clone(),
        confidence: one.confidence.as_str(),
        action: format!("/calc/{name}"),
        fields: fields(one, &given, &on, &faults, lang),
        found,
        frame,
    };
    render(StatusCode::OK, &page)
}

/// The day, then what is asked.
fn fields(one: &Calculator, given: &BTreeMap<String, String>, on: &str, faults: &[Misfit], lang: Lang) -> Vec<Field> {
    let field = |name: &str, title: String, required: bool, control: Control, value: String| Field {
        pointer: name.to_owned(),
        title,
        required,
        control,
        values: vec![value.clone()],
        value,
        fault: faults.iter().find(|(at, _)| at == name).map(|_| expected(one, name, lang).to_owned()),
    };
    let day = Control::Text { kind: "date", max: 10, keyboard: "numeric" };
    let mut all = vec![field("on", words(&one.day, lang).to_owned(), true, day, on.to_owned())];
    for input in &one.inputs {
        let Some(attribute) = one.attribute(&input.name) else { continue };
        let control = match attribute.kind {
            ValueKind::Flag => Control::Check,
            ValueKind::Code => Control::Choice(
                attribute.codes.iter().map(|(code, meaning)| (code.clone(), words(meaning, lang).to_owned())).collect(),
            ),
            ValueKind::Day => Control::Text { kind: "date", max: 10, keyboard: "numeric" },
            ValueKind::Fen => Control::Text { kind: "text", max: 16, keyboard: "decimal" },
            _ => Control::Text { kind: "text", max: 8, keyboard: "numeric" },
        };
        let hint = input.hint.as_ref().map(|hint| format!(" · {}", words(hint, lang))).unwrap_or_default();
        let title = format!("{}{hint}", words(&attribute.title, lang));
        let value = given.get(&input.name).or(input.default.as_ref()).cloned().unwrap_or_default();
        all.push(field(&input.name, title, false, control, value));
    }
    all
}

/// What would fit, in people's words.
fn expected<'a>(one: &Calculator, name: &str, lang: Lang) -> &'a str {
    match one.attribute(name).map(|attribute| attribute.kind) {
        Some(ValueKind::Fen) => say("请填金额，例如 113000 或 113000.50", "an amount, like 113000 or 113000.50", lang),
        Some(ValueKind::Int) => say("请填整数", "a whole number", lang),
        Some(ValueKind::Code) => say("请选一项", "choose one", lang),
        _ => say("请填日期，例如 2021-02-01", "a day, like 2021-02-01", lang),
    }
}
