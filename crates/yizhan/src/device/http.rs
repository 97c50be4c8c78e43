//! The room's API: for devices themselves, and for whoever tends them.

use super::act::{self, Again, Devices, tended};
use super::enrol::{self, Add, Place, Retire};
use super::model::{
    BeatOf, DemoCodes, DeviceAdded, DeviceCode, DeviceConfigs, DeviceSettings, DeviceTicket, DeviceTold, DevicesTold,
    Enrol, Enrolled, NewDevice, NewHall, NewOrder, NewTicket, WallAsked, WallView,
};
use super::{rule, view};
use crate::answer::{Answered, Given, Path, Query};
use crate::app::{App, Request, blocking};
use crate::demonstration;
use crate::staff::sessions;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::act::Actor;
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::Problem;

/// The room's routes.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(wall, add_device))
        .routes(routes!(add_hall))
        .routes(routes!(device_code))
        .routes(routes!(enrol_device))
        .routes(routes!(beat))
        .routes(routes!(order))
        .routes(routes!(configs, configure))
        .routes(routes!(mend))
        .routes(routes!(retire))
        .routes(routes!(demo_codes))
        .merge(super::live::routes())
}

/// The device that a request comes from, by its secret.
///
/// # Errors
/// `unknown-device`.
pub fn device(app: &App, headers: &HeaderMap) -> Result<SubjectId, Problem> {
    let said = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let secret = said.strip_prefix("Bearer ").ok_or_else(rule::unknown)?;
    Devices::of(app).known(app, secret)
}

/// The wall: every device of the viewer's area, hall by hall, what is worst first.
#[utoipa::path(get, path = "/api/devices", tag = "device", params(WallAsked),
    responses((status = 200, body = WallView), (status = 401), (status = 403)))]
async fn wall(
    State(app): State<Arc<App>>,
    Query(asked): Query<WallAsked>,
    headers: HeaderMap,
) -> Answered<Json<WallView>> {
    let viewer = sessions::narrowed(sessions::staff(&app, &headers)?, asked.area.as_deref())?;
    Ok(Json(blocking(|| view::wall(&app, &viewer))?))
}

/// Add a hall to the register.
#[utoipa::path(post, path = "/api/halls", tag = "device", request_body = NewHall,
    responses((status = 201, body = DeviceAdded), (status = 401), (status = 403), (status = 422)))]
async fn add_hall(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Given(hall): Given<NewHall>,
) -> Answered<(StatusCode, Json<DeviceAdded>)> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::TendDevices)?;
    let area =
        hall.area.parse().map_err(|_| problem::UNKNOWN_REGION.problem("没有这个区划。", "There is no such region."))?;
    let verb = Add { kind: "hall", name: rule::name(&hall.name)?, place: Place::Area(area) };
    let request = sessions::request(&viewer, &headers, hall.name.as_bytes());
    let outcome = app.act(viewer.actor, request, verb).await?;
    Ok((StatusCode::CREATED, Json(DeviceAdded { subject: outcome.about.map_or(0, |subject| subject.0) })))
}

/// Add a device to the register; the answer is the code by which it is enrolled, once, within a day.
#[utoipa::path(post, path = "/api/devices", tag = "device", request_body = NewDevice,
    responses((status = 201, body = DeviceCode), (status = 401), (status = 403), (status = 422)))]
async fn add_device(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Given(new): Given<NewDevice>,
) -> Answered<(StatusCode, Json<DeviceCode>)> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::TendDevices)?;
    let verb = Add { kind: "device", name: rule::name(&new.name)?, place: Place::Hall(SubjectId(new.hall)) };
    let request = sessions::request(&viewer, &headers, new.name.as_bytes());
    let outcome = app.act(viewer.actor, request, verb).await?;
    let device = outcome.about.unwrap_or(SubjectId(0));
    Ok((StatusCode::CREATED, Json(new_code(&app, device)?)))
}

/// A new code for a device that is on the register already: its secret ends when the code is traded.
#[utoipa::path(post, path = "/api/devices/{device}/code", tag = "device", params(("device" = u32, Path)),
    responses((status = 200, body = DeviceCode), (status = 401), (status = 403), (status = 404)))]
async fn device_code(
    State(app): State<Arc<App>>,
    Path(device): Path<u32>,
    headers: HeaderMap,
) -> Answered<Json<DeviceCode>> {
    let viewer = sessions::staff(&app, &headers)?;
    let (device, _) = tended(&app, &viewer, device)?;
    Ok(Json(new_code(&app, device)?))
}

fn new_code(app: &App, device: SubjectId) -> Result<DeviceCode, Problem> {
    Ok(DeviceCode { device: device.0, code: enrol::make_code(app, device)?, hours: enrol::CODE_HOURS })
}

/// Trade a code for the device's secret. Asked by the device itself.
#[utoipa::path(post, path = "/api/devices/enrol", tag = "device", request_body = Enrol,
    responses((status = 200, body = Enrolled), (status = 401)))]
async fn enrol_device(State(app): State<Arc<App>>, Given(asked): Given<Enrol>) -> Answered<Json<Enrolled>> {
    let (device, hall, secret) = enrol::enrol(&app, &asked.code)?;
    let beat_seconds = u32::try_from(Devices::of(&app).wall().timing().beat_ms / 1000).unwrap_or(15);
    Ok(Json(Enrolled { device: device.0, hall: hall.0, secret, beat_seconds }))
}

/// A heartbeat by request, for a device whose line is down. The answer is everything it has not carried out yet.
#[utoipa::path(post, path = "/api/devices/beat", tag = "device", request_body = BeatOf,
    responses((status = 200, body = DeviceTold), (status = 401), (status = 422)))]
async fn beat(State(app): State<Arc<App>>, headers: HeaderMap, Given(of): Given<BeatOf>) -> Answered<Json<DeviceTold>> {
    let device = device(&app, &headers)?;
    let (devices, now) = (Devices::of(&app), app.real_clock.now());
    let mut told = devices.beat(device, &of, now, &mut 0)?;
    told.orders = devices.orders(device, now, Again::All);
    Ok(Json(told))
}

/// Tell devices to restart their page, or to show a notice.
#[utoipa::path(post, path = "/api/devices/orders", tag = "device", request_body = NewOrder,
    responses((status = 200, body = DevicesTold), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn order(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Given(new): Given<NewOrder>,
) -> Answered<Json<DevicesTold>> {
    let viewer = sessions::staff(&app, &headers)?;
    viewer.must(Deed::TendDevices)?;
    if !matches!(new.what.as_str(), "restart" | "notice") || new.devices.is_empty() || new.devices.len() > 500 {
        let (zh, en) = ("只能重启页面或发通知，一次最多 500 台。", "Restart or notice, to 1 to 500 devices.");
        return Err(problem::FORM_INVALID.problem(zh, en).into());
    }
    let text = rule::notice(&new.text)?;
    Ok(Json(DevicesTold { devices: act::order(&app, &viewer, &new.devices, &new.what, &text)? }))
}

/// The configuration that devices should run, and those before it.
#[utoipa::path(get, path = "/api/devices/config", tag = "device",
    responses((status = 200, body = DeviceConfigs), (status = 401), (status = 403)))]
async fn configs(State(app): State<Arc<App>>, headers: HeaderMap) -> Answered<Json<DeviceConfigs>> {
    sessions::staff(&app, &headers)?.must(Deed::Count)?;
    Ok(Json(DeviceConfigs { versions: Devices::of(&app).configs() }))
}

/// Make a new version of the configuration, for every device.
#[utoipa::path(post, path = "/api/devices/config", tag = "device", request_body = DeviceSettings,
    responses((status = 200, body = super::model::DeviceConfig), (status = 401), (status = 403), (status = 422)))]
async fn configure(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Given(settings): Given<DeviceSettings>,
) -> Answered<Json<super::model::DeviceConfig>> {
    let viewer = sessions::staff(&app, &headers)?;
    Ok(Json(act::configure(&app, &viewer, settings)?))
}

/// Open a case by which a device is mended.
#[utoipa::path(post, path = "/api/devices/{device}/ticket", tag = "device", params(("device" = u32, Path)),
    request_body = NewTicket,
    responses((status = 200, body = DeviceTicket), (status = 401), (status = 403), (status = 404), (status = 422)))]
async fn mend(
    State(app): State<Arc<App>>,
    Path(device): Path<u32>,
    headers: HeaderMap,
    Given(new): Given<NewTicket>,
) -> Answered<Json<DeviceTicket>> {
    let viewer = sessions::staff(&app, &headers)?;
    let request = sessions::request(&viewer, &headers, format!("{device} {} {}", new.fault, new.what).as_bytes());
    Ok(Json(DeviceTicket { number: act::mend(&app, &viewer, request, device, &new.fault, &new.what).await? }))
}

/// Take a device out of service for good.
#[utoipa::path(post, path = "/api/devices/{device}/retire", tag = "device", params(("device" = u32, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
async fn retire(State(app): State<Arc<App>>, Path(device): Path<u32>, headers: HeaderMap) -> Answered<StatusCode> {
    let viewer = sessions::staff(&app, &headers)?;
    let (device, _) = tended(&app, &viewer, device)?;
    let request = sessions::request(&viewer, &headers, device.to_string().as_bytes());
    app.act(viewer.actor, request, Retire(device)).await?;
    enrol::forget(&app, device)?;
    Ok(StatusCode::NO_CONTENT)
}

/// How many codes a demonstration hands out at once.
const DEMO_CODES: usize = 2_000;

/// In a demonstration only: codes for devices from which nothing is heard, and for new ones in its halls by turns.
#[utoipa::path(post, path = "/api/demo/device-codes", tag = "device", request_body = DemoCodes,
    responses((status = 200, body = [DeviceCode]), (status = 403), (status = 422)))]
async fn demo_codes(State(app): State<Arc<App>>, Given(asked): Given<DemoCodes>) -> Answered<Json<Vec<DeviceCode>>> {
    demonstration::http::clock(&app)?;
    let image = app.image();
    let program = Viewer::program();
    let seen = program.look(&image);
    let halls: Vec<SubjectId> = seen.subjects_of("hall").collect();
    if halls.is_empty() || !(1..=DEMO_CODES).contains(&asked.count) {
        let (zh, en) = ("一次 1–2000 个，且至少有一个大厅。", "1 to 2,000 at once, and there must be a hall.");
        return Err(problem::FORM_INVALID.problem(zh, en).into());
    }
    let standing: Vec<SubjectId> =
        seen.subjects_of("device").filter(|device| act::hall_of(&seen, *device).is_some()).collect();
    let mut free: Vec<SubjectId> = {
        let wall = Devices::of(&app).wall();
        let is_free = |device: &&SubjectId| wall.find(**device).is_none_or(|seat| seat.silent_since().is_some());
        standing.iter().filter(is_free).take(asked.count).copied().collect()
    };
    for n in standing.len()..standing.len() + asked.count - free.len() {
        let hall = halls[n % halls.len()];
        let name = format!("{}号自助终端", n / halls.len() + 1);
        let verb = Add { kind: "device", name, place: Place::Hall(hall) };
        let outcome = app.act(Actor::System, Request::unkeyed(b"demo device"), verb).await?;
        free.extend(outcome.about);
    }
    Ok(Json(free.into_iter().map(|device| new_code(&app, device)).collect::<Result<_, _>>()?))
}
