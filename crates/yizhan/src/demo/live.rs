//! Work under way when a demonstration begins: journeys and proofs in every state, made through the same doors that
//! everyone uses, on a clock that is set from event to event.

use super::money::Stories;
use super::{Maker, civic, picture};
use crate::app::{App, Request};
use crate::case::act::{self, Wanted};
use crate::paper;
use serde_json::{Value, json};
use std::collections::HashMap;
use tokio::task::JoinSet;
use yizhan_core::access::Viewer;
use yizhan_core::act::{Act, Actor};
use yizhan_core::image::case::StepVerb;
use yizhan_core::row::SubjectId;
use yizhan_kit::clock::DemoClock;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Day, Moment};

const JOURNEY: &str = "travel-declaration";
const PROOF: &str = "residence-proof";
const HELP: &str = "home-help";

/// What happens to a case at a moment.
pub(super) enum Event {
    Open,
    Take,
    Call,
    Contact,
    Arrive(Day),
    Plan,
    Report { evening: bool, tenths: u32 },
    Test(Day),
    Paper,
    Sign(Desk),
    Bring,
    SendBack(Desk),
    Object,
    Forward(RegionCode),
    Close,
    Withdraw,
}

/// Who signs.
#[derive(Clone, Copy)]
pub(super) enum Desk {
    Village,
    Township,
    District,
}

/// One case and where it is.
pub(super) struct Story {
    service: &'static str,
    area: RegionCode,
    form: Value,
    case: Option<SubjectId>,
}

impl Story {
    /// Nothing of it has happened yet.
    pub(super) fn new(service: &'static str, area: RegionCode, form: Value) -> Self {
        Self { service, area, form, case: None }
    }
}

/// Plays every story up to the moment at which the demonstration begins. At its end the month is reported.
///
/// # Errors
/// The refusal that a story ran into.
pub async fn play(app: &App, clock: &DemoClock, maker: &Maker<'_>, month: Vec<Act>) -> Result<usize, String> {
    let begins = maker.begins;
    let mut stories = Vec::new();
    let mut events: Vec<(Moment, usize, Event)> = Vec::new();
    let villages: Vec<RegionCode> = maker.catalog.regions.villages().map(|region| region.code).collect();
    let today = begins.day();
    for (village, area) in villages.iter().enumerate() {
        let elsewhere = villages[(village + 1) % villages.len()];
        // Three of ten kinds in each village, and others in the next.
        for kind in [0, 3, 7] {
            let (n, place) = (village + kind, stories.len());
            let arriving = today.plus(i32::try_from(n % 5).unwrap_or(0) - 1);
            let form = declaration(maker, place, *area, arriving);
            stories.push(Story { service: JOURNEY, area: *area, form, case: None });
            events.extend(journey(n, maker, today, elsewhere).into_iter().map(|(at, event)| (at, place, event)));
        }
    }
    for n in 0..villages.len() / 4 {
        let area = villages[n * 4];
        let place = stories.len();
        let form = json!({"name": maker.full_name(n % 2 == 0), "region": area.to_string(), "reason": maker.chance.pick(&["子女入学", "办理社保", "贷款申请", "办理就业登记"])});
        stories.push(Story { service: PROOF, area, form, case: None });
        events.extend(proof(n, today).into_iter().map(|(at, event)| (at, place, event)));
    }
    // Somebody at home asks for help: just now, too long ago, on the way, done.
    for (n, area) in villages.iter().copied().enumerate().filter(|(n, _)| n % 6 == 2) {
        let place = stories.len();
        let person = maker.stranger(2_000_000 + n);
        let (need, detail) =
            *maker.chance.pick(&[("medicine", "降压药两盒"), ("food", "蔬菜和面粉"), ("doctor", "腿疼，走不动")]);
        let form = json!({"name": person.name, "mobile": person.mobile, "place": {"region": area.to_string(), "detail": "后街12号"}, "need": need, "detail": detail});
        stories.push(Story { service: HELP, area, form, case: None });
        let ago = |days: i32, hour: i64| at(today, -days, hour, (n % 50) as i64);
        let happened = match n / 6 % 4 {
            0 => vec![(ago(0, 8), Event::Open)],
            1 => vec![(ago(1, 20), Event::Open)],
            2 => vec![(ago(1, 17), Event::Open), (ago(1, 18), Event::Sign(Desk::Village))],
            _ => vec![(ago(2, 9), Event::Open), (ago(2, 10), Event::Sign(Desk::Village)), (ago(2, 15), Event::Bring)],
        };
        events.extend(happened.into_iter().map(|(at, event)| (at, place, event)));
    }
    for (story, happens) in civic::stories(app, maker, today) {
        let place = stories.len();
        stories.push(story);
        events.extend(happens.into_iter().map(|(at, event)| (at, place, event)));
    }
    events.sort_by_key(|(at, place, _)| (*at, *place));
    let image = app.image();
    let staff: HashMap<String, SubjectId> = image.staff().filter_map(|id| Some((image.staff_login(id)?, id))).collect();
    drop(image);
    let mut money = Stories::new(app, maker);
    let mut month = Some((at(today, -1, 20, 0), month));
    for (n, (at, place, event)) in events.into_iter().enumerate().filter(|(_, (at, ..))| *at < begins) {
        pay_until(app, clock, &mut money, &staff, at).await?;
        if let Some((evening, reports)) = month.take_if(|(evening, _)| *evening <= at) {
            clock.set(evening);
            hand_in(app, reports).await?;
        }
        clock.set(at);
        let story = &mut stories[place];
        happen(app, &staff, story, event, n)
            .await
            .map_err(|what| format!("{} of {}: {what}", story.service, story.area))?;
    }
    pay_until(app, clock, &mut money, &staff, begins).await?;
    clock.set(begins);
    Ok(stories.iter().filter(|story| story.case.is_some()).count() + money.cases())
}

/// Lets what moves money happen, up to a moment.
async fn pay_until(
    app: &App,
    clock: &DemoClock,
    money: &mut Stories,
    staff: &HashMap<String, SubjectId>,
    until: Moment,
) -> Result<(), String> {
    while let Some(at) = money.next().filter(|at| *at <= until) {
        clock.set(at);
        money.step(app, staff).await?;
    }
    Ok(())
}

/// Hands many acts in at once, so that they share a commit.
async fn hand_in(app: &App, acts: Vec<Act>) -> Result<(), String> {
    let mut waiting = JoinSet::new();
    for act in acts {
        let zone = app.zone.clone();
        waiting.spawn(async move { zone.submit(act).await });
    }
    waiting.join_all().await.into_iter().try_for_each(|answer| answer.map(drop).map_err(|problem| problem.to_string()))
}

/// The events of a journey. Ten kinds take turns, so that neighbouring villages differ.
fn journey(n: usize, maker: &Maker<'_>, today: Day, elsewhere: RegionCode) -> Vec<(Moment, Event)> {
    let ago = |days: i32, hour: i64, minute: i64| at(today, -days, hour, minute + (n % 50) as i64);
    match n % 10 {
        0 => vec![(ago(1, 19, 0), Event::Open)],
        // A call that nobody answered, and a deadline that passed this morning.
        1 => vec![(ago(2, 21, 0), Event::Open), (ago(1, 9, 0), Event::Call), (ago(1, 17, 0), Event::Call)],
        2 => vec![(ago(2, 10, 0), Event::Open), (ago(2, 15, 0), Event::Contact)],
        3 => vec![
            (ago(3, 8, 30), Event::Open),
            (ago(3, 14, 0), Event::Contact),
            (ago(1, 18, 0), Event::Arrive(today.plus(-1))),
        ],
        4 => vec![(ago(2, 12, 0), Event::Open), (ago(1, 10, 0), Event::Forward(elsewhere))],
        5 => vec![(ago(6, 9, 0), Event::Open), (ago(6, 11, 0), Event::Contact), (ago(4, 9, 0), Event::Close)],
        6 => vec![(ago(5, 9, 0), Event::Open), (ago(5, 16, 0), Event::Withdraw)],
        // Day 14 was the day before yesterday: released.
        7 => monitored(maker, today, 16, 16, n),
        // Day 14 is today: everything is there, the release waits.
        8 => monitored(maker, today, 14, 14, n),
        _ => monitored(maker, today, 1 + i32::try_from(n / 10).unwrap_or(0) % 13, 14, n),
    }
}

/// Somebody at home since so many days, who reports twice a day but for a day forgotten.
fn monitored(maker: &Maker<'_>, today: Day, since: i32, release_after: i32, n: usize) -> Vec<(Moment, Event)> {
    let arrived = today.plus(-since);
    let minute = (n % 50) as i64;
    let mut events = vec![
        (at(arrived, -1, 9, minute), Event::Open),
        (at(arrived, -1, 11, minute), Event::Contact),
        (at(arrived, 0, 7, minute), Event::Arrive(arrived)),
        (at(arrived, 0, 7, 55), Event::Plan),
    ];
    for day in 0..since.min(15) {
        let forgotten = n.is_multiple_of(3) && day == 4;
        if !forgotten {
            events.push((at(arrived, day, 8, minute), Event::Report { evening: false, tenths: tenths(maker) }));
        }
        // Somebody here and there had a fever last evening, and nobody has answered it yet.
        let fever = n % 40 == 9 && day + 1 == since;
        let tenths = if fever { 378 } else { tenths(maker) };
        events.push((at(arrived, day, 19, minute), Event::Report { evening: true, tenths }));
    }
    // The second sample is taken a day early, so that its result is there on the day of the release.
    for day in [7, 13] {
        if since > day {
            events.push((at(arrived, day, 10, minute), Event::Test(arrived.plus(day))));
            if day == 7 && n % 4 == 1 {
                events.push((at(arrived, day, 11, minute), Event::Paper));
            }
        }
    }
    if since > release_after.max(14) - 1 && release_after > 14 {
        events.push((at(arrived, 15, 9, minute), Event::Sign(Desk::Village)));
    }
    events
}

fn tenths(maker: &Maker<'_>) -> u32 {
    361 + u32::try_from(maker.chance.below(9)).unwrap_or(0)
}

/// The events of a proof of residence: proposed, on notice, objected to, reviewed, sent back, filed.
fn proof(n: usize, today: Day) -> Vec<(Moment, Event)> {
    use Desk::{District, Township, Village};
    let ago = |days: i32, hour: i64| at(today, -days, hour, (n % 50) as i64);
    let mut events = vec![(ago(9, 9), Event::Open), (ago(9, 15), Event::Sign(Village))];
    match n % 6 {
        0 => return vec![(ago(1, 16), Event::Open)],
        1 => return vec![(ago(2, 9), Event::Open), (ago(1, 10), Event::Sign(Village))],
        2 => return vec![(ago(3, 9), Event::Open), (ago(2, 15), Event::Sign(Village)), (ago(1, 11), Event::Object)],
        3 => {}
        4 => events.push((ago(4, 10), Event::Sign(Township))),
        _ if n % 12 == 5 => events.push((ago(4, 10), Event::SendBack(Township))),
        _ => events.extend([(ago(4, 10), Event::Sign(Township)), (ago(3, 14), Event::Sign(District))]),
    }
    events
}

async fn happen(
    app: &App,
    staff: &HashMap<String, SubjectId>,
    story: &mut Story,
    event: Event,
    n: usize,
) -> Result<(), String> {
    let request = Request::keyed("demonstration", &n.to_string(), b"");
    let Some(case) = story.case else {
        let body = story.form.to_string();
        let outcome = act::open(app, Actor::Resident, story.service, request, body.as_bytes()).await;
        story.case = outcome.map_err(|problem| problem.to_string())?.about;
        return Ok(());
    };
    let officer = |desk: Desk| {
        let login = match desk {
            Desk::Village => format!("v{}", story.area),
            Desk::Township => format!("t{}", story.area.parent().unwrap_or(story.area)),
            Desk::District => "district".to_owned(),
        };
        staff.get(&login).map(|id| Actor::Staff { id: *id, instead_of: None }).ok_or(login)
    };
    let image = app.image();
    let program = Viewer::program();
    let version =
        program.look(&image).case(case).map(|head| u64::from(head.changed)).map_err(|what| what.to_string())?;
    let step = |verb, answers: Value| Wanted { case, version, verb, to: None, answers: Some(answers), reason: None };
    let (actor, wanted) = match event {
        Event::Open => return Ok(()),
        Event::Take => (officer(Desk::Village)?, Wanted { answers: None, ..step(StepVerb::Sign, Value::Null) }),
        Event::Call => {
            let answers = json!({"outcome": "no-answer", "note": "无人接听，稍后再拨"});
            return entry(app, officer(Desk::Village)?, request, case, "call", answers).await;
        }
        Event::Report { evening, tenths } => {
            let name = if evening { "report-evening" } else { "report-morning" };
            let answers = json!({"temperature": format!("{}.{}", tenths / 10, tenths % 10), "symptoms": []});
            return entry(app, Actor::Holder(case), request, case, name, answers).await;
        }
        Event::Test(day) => {
            let answers = json!({"sampled_on": day.to_string(), "result": "negative", "laboratory": "示范区医院"});
            return entry(app, officer(Desk::Village)?, request, case, "test", answers).await;
        }
        Event::Paper => {
            let viewer = Viewer::of(&image, Actor::Holder(case), app.now().day()).map_err(|what| what.to_string())?;
            let attached =
                paper::act::attach(app, &viewer, case, "test-report", "核酸检测报告.png", picture::sheet(n)).await;
            return attached.map(drop).map_err(|problem| problem.to_string());
        }
        Event::Contact => (officer(Desk::Village)?, step(StepVerb::Sign, json!({"outcome": "reached"}))),
        Event::Arrive(day) => (officer(Desk::Village)?, step(StepVerb::Sign, json!({"arrived_on": day.to_string()}))),
        Event::Plan => (officer(Desk::Village)?, step(StepVerb::Sign, json!({"place": "home"}))),
        Event::Sign(desk) => (officer(desk)?, Wanted { answers: None, ..step(StepVerb::Sign, Value::Null) }),
        Event::Bring => (officer(Desk::Village)?, step(StepVerb::Sign, json!({"done": "已送到家"}))),
        Event::SendBack(desk) => {
            (officer(desk)?, because(step(StepVerb::SendBack, Value::Null), "请补充租房合同复印件"))
        }
        Event::Object => (Actor::Resident, because(step(StepVerb::Object, Value::Null), "该户去年已搬走，请再核实")),
        Event::Forward(to) => {
            let wanted = because(step(StepVerb::Forward, Value::Null), "本人说住在邻村");
            let wanted = Wanted { to: Some(to), ..wanted };
            (officer(Desk::Village)?, wanted)
        }
        Event::Close => (officer(Desk::Village)?, because(step(StepVerb::Close, Value::Null), "行程取消，不再返乡")),
        Event::Withdraw => (Actor::Holder(case), Wanted { answers: None, ..step(StepVerb::Withdraw, Value::Null) }),
    };
    let viewer = Viewer::of(&image, actor, app.now().day()).map_err(|problem| problem.to_string())?;
    act::step(app, &viewer, request, wanted).await.map(drop).map_err(|problem| problem.to_string())
}

async fn entry(
    app: &App,
    actor: Actor,
    request: Request,
    case: SubjectId,
    name: &str,
    answers: Value,
) -> Result<(), String> {
    let viewer = Viewer::of(&app.image(), actor, app.now().day()).map_err(|problem| problem.to_string())?;
    act::record(app, &viewer, request, case, name, answers).await.map(drop).map_err(|problem| problem.to_string())
}

fn because(wanted: Wanted, reason: &str) -> Wanted {
    Wanted { answers: None, reason: Some(reason.to_owned()), ..wanted }
}

fn declaration(maker: &Maker<'_>, n: usize, area: RegionCode, arriving: Day) -> Value {
    let person = maker.stranger(1_000_000 + n);
    let (place, risk) = *maker.chance.pick(&[
        ("北京市朝阳区", "low"),
        ("天津市滨海新区", "low"),
        ("江苏省苏州市", "low"),
        ("浙江省杭州市", "low"),
        ("广东省深圳市", "low"),
        ("河北省石家庄市", "medium"),
    ]);
    let transport = *maker.chance.pick(&["train", "car", "coach"]);
    let mut form = json!({
        "name": person.name, "citizen_number": person.number, "mobile": person.mobile,
        "origin": {"place": place, "risk": risk},
        "destination": {"region": area.to_string(), "detail": format!("{}街{}号", maker.chance.pick(&["前", "后", "中", "东"]), n % 60 + 1)},
        "arriving_on": arriving.to_string(), "transport": transport, "nucleic_test": {"has": false},
        "companions": n % 4, "consent": true, "notice_version": "2021-01"
    });
    // Here and there a family travels together.
    if n % 12 == 5 {
        let other = maker.stranger(3_000_000 + n);
        form["people"] = json!([{"name": other.name, "citizen_number": other.number}]);
        form["companions"] = json!(1);
    }
    if transport == "train" {
        form["transport_number"] = json!(format!("G{}", 1000 + n * 7));
    }
    form
}

fn at(day: Day, days: i32, hour: i64, minute: i64) -> Moment {
    day.plus(days).start().plus_ms((hour * 60 + minute) * 60_000)
}
