//! Funnels, difficulties and what follows from them, as people read them: only of halls in the viewer's area.

use super::act::Behaviour;
use super::model::{
    ChangedView, DifficultyView, FunnelStep, FunnelView, HomePlace, OrderSuggested, SignView, VisitsAsked,
    VisitsCounted, VolumeView,
};
use crate::app::App;
use crate::case::view::words;
use crate::device::act::Devices;
use crate::device::view::name;
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::behaviour::{Asked, compare, difficulties, funnels, order, volume};
use yizhan_core::image::Image;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::{Day, Lang, Problem};

/// Over how many days visits are counted unless somebody says otherwise.
const DAYS: i32 = 28;

/// What steps are called that most modules have; any other is a question of the module's form.
const STEPS: [(&str, &str, &str); 16] = [
    ("start", "开始", "Start"),
    ("card", "刷身份证", "Identity card"),
    ("face", "人脸识别", "Face"),
    ("choose", "选择事项", "Choose"),
    ("speak", "说出要办的事", "Say it"),
    ("fill", "填写", "Fill in"),
    ("scan", "拍照上传", "Scan papers"),
    ("check", "核对", "Check"),
    ("sign", "签字", "Sign"),
    ("pay", "缴费", "Pay"),
    ("call", "呼叫坐席", "Call the desk"),
    ("print", "打印", "Print"),
    ("papers", "拍材料", "Photograph papers"),
    ("hand-over", "转到手机", "Go on on the phone"),
    ("help", "找人帮忙", "Get help"),
    ("look", "查进度", "Look a matter up"),
];

/// What people call a step of a module.
fn step_title(image: &Image, module: &str, step: &str, lang: Lang) -> String {
    if let Some((_, zh, en)) = STEPS.iter().find(|(name, ..)| *name == step) {
        return if lang == Lang::Zh { *zh } else { *en }.to_owned();
    }
    let service = image.catalog().and_then(|catalog| catalog.services.get(module));
    let asked = service.and_then(|service| service.form.schema["properties"].as_object());
    let found = asked.and_then(|asked| asked.iter().find(|(name, _)| name.replace('_', "-") == step));
    let title = found.and_then(|(_, field)| field[if lang == Lang::Zh { "title" } else { "x-title-en" }].as_str());
    title.unwrap_or(step).to_owned()
}

/// What people call a module.
fn title(image: &Image, module: &str, lang: Lang) -> String {
    let service = image.catalog().and_then(|catalog| catalog.services.get(module));
    service.map_or(module, |service| words(&service.title, lang)).to_owned()
}

/// What is asked, for whoever asks.
fn asked(app: &App, viewer: &Viewer, of: &VisitsAsked) -> Result<Asked, Problem> {
    viewer.must(Deed::Count)?;
    let image = app.image();
    let mut halls: Vec<SubjectId> = viewer.look(&image).subjects_of("hall").collect();
    if let Some(hall) = of.hall {
        halls.retain(|one| one.0 == hall);
        if halls.is_empty() {
            return Err(crate::device::rule::missing());
        }
    }
    let day = |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty()).map(read_day).transpose();
    let today = app.now().day();
    Ok(Asked {
        from: Some(day(&of.from)?.unwrap_or(today.plus(1 - DAYS))),
        until: Some(day(&of.until)?.unwrap_or(today).plus(1)),
        module: of.module.clone().filter(|module| !module.is_empty()),
        halls: Some(halls),
    })
}

fn read_day(text: &str) -> Result<Day, Problem> {
    text.parse().map_err(|_| problem::FORM_INVALID.problem("请填写日期，例如 2021-02-01。", "Name a day, 2021-02-01."))
}

/// The funnels.
///
/// # Errors
/// `forbidden`, `form-invalid`.
pub fn funnel_views(app: &App, viewer: &Viewer, of: &VisitsAsked, lang: Lang) -> Result<Vec<FunnelView>, Problem> {
    let asked = asked(app, viewer, of)?;
    let (image, told) = (app.image(), Behaviour::of(app).look(|visits| funnels(visits, &asked)));
    let step = |module: &str, row: yizhan_core::behaviour::StepRow| FunnelStep {
        title: step_title(&image, module, &row.step, lang),
        step: row.step,
        reached: row.reached,
        errors: row.errors,
        help: row.help,
        lost: row.lost,
        median_tenths: row.median_tenths,
        ninth_tenths: row.ninth_tenths,
    };
    Ok(told
        .into_iter()
        .map(|funnel| FunnelView {
            title: title(&image, &funnel.module, lang),
            steps: funnel.steps.into_iter().map(|row| step(&funnel.module, row)).collect(),
            module: funnel.module,
            visits: funnel.visits,
            finished: funnel.finished,
            gave_up: funnel.gave_up,
            again: funnel.again,
            median_tenths: funnel.median_tenths,
        })
        .collect())
}

/// The difficulties.
///
/// # Errors
/// `forbidden`, `form-invalid`.
pub fn difficulty_views(
    app: &App,
    viewer: &Viewer,
    of: &VisitsAsked,
    lang: Lang,
) -> Result<Vec<DifficultyView>, Problem> {
    let asked = asked(app, viewer, of)?;
    let image = app.image();
    let seen = viewer.look(&image);
    let found = Behaviour::of(app).look(|visits| difficulties(visits, &asked));
    let view = |one: yizhan_core::behaviour::Difficulty| DifficultyView {
        title: title(&image, &one.module, lang),
        step_title: step_title(&image, &one.module, &one.step, lang),
        module: one.module,
        step: one.step,
        hall: one.hall.map(|hall| hall.0),
        hall_name: one.hall.map(|hall| name(&seen, hall, "hall.name")).unwrap_or_default(),
        signs: one
            .signs
            .iter()
            .map(|sign| SignView {
                sort: sign.sort.as_str().into(),
                hits: sign.hits,
                of: sign.of,
                usual_permille: sign.usual_ppm.div_ceil(1000),
                left: sign.left,
            })
            .collect(),
        score: one.score,
    };
    Ok(found.into_iter().take(100).map(view).collect())
}

/// The business.
///
/// # Errors
/// `forbidden`, `form-invalid`.
pub fn volume_view(app: &App, viewer: &Viewer, of: &VisitsAsked, lang: Lang) -> Result<VolumeView, Problem> {
    let asked = asked(app, viewer, of)?;
    let image = app.image();
    let seen = viewer.look(&image);
    let told = Behaviour::of(app).look(|visits| volume(visits, &asked));
    Ok(VolumeView {
        visits: told.visits,
        hours: told.hours.to_vec(),
        modules: told
            .modules
            .into_iter()
            .map(|(module, visits)| VisitsCounted { title: title(&image, &module, lang), name: module, visits })
            .collect(),
        halls: told
            .halls
            .into_iter()
            .map(|(hall, visits)| VisitsCounted {
                title: name(&seen, hall, "hall.name"),
                name: hall.0.to_string(),
                visits,
            })
            .collect(),
        days: told
            .days
            .into_iter()
            .map(|(day, visits)| VisitsCounted { title: day.to_string(), name: day.to_string(), visits })
            .collect(),
    })
}

/// The order of the home screen that visits suggest.
///
/// # Errors
/// `forbidden`, `form-invalid`.
pub fn order_view(app: &App, viewer: &Viewer, of: &VisitsAsked, lang: Lang) -> Result<OrderSuggested, Problem> {
    let asked = asked(app, viewer, of)?;
    let image = app.image();
    let shown = Devices::of(app).newest().map(|config| config.settings.order).unwrap_or_default();
    let told = Behaviour::of(app).look(|visits| order(visits, &asked, &shown));
    Ok(OrderSuggested {
        passed_now: told.passed_now,
        passed_then: told.passed_then,
        modules: told
            .modules
            .into_iter()
            .map(|one| HomePlace {
                title: title(&image, &one.module, lang),
                module: one.module,
                visits: one.visits,
                now: one.now,
            })
            .collect(),
    })
}

/// A module before and after a day.
///
/// # Errors
/// `forbidden`, `form-invalid`.
pub fn changed_views(app: &App, viewer: &Viewer, of: &VisitsAsked, lang: Lang) -> Result<Vec<ChangedView>, Problem> {
    let asked = asked(app, viewer, of)?;
    let on = of.on.as_deref().map(read_day).transpose()?;
    let days = i32::from(of.days.unwrap_or(7));
    let (Some(module), Some(on), 1..=90) = (&asked.module, on, days) else {
        let (zh, en) =
            ("请选择事项、变化的日期和比较的天数（1–90）。", "Name a module, the day of the change and 1 to 90 days.");
        return Err(problem::FORM_INVALID.problem(zh, en));
    };
    let image = app.image();
    let told = Behaviour::of(app).look(|visits| compare(visits, &asked, module, on, days));
    Ok(told
        .into_iter()
        .map(|row| ChangedView {
            step_title: row.step.as_deref().map(|step| step_title(&image, module, step, lang)).unwrap_or_default(),
            step: row.step,
            measure: row.measure.as_str().into(),
            before: row.before.0,
            before_of: row.before.1,
            after: row.after.0,
            after_of: row.after.1,
            turn: row.turn.as_str().into(),
        })
        .collect())
}
