//! How phones come and go: enrolled by their user with a second factor, given short sessions for their secret, revoked.

use super::model::{PhoneEnrolled, PhoneRow};
use super::rule::{FRESH_MINUTES, PHONES, PROVED_DAYS, SESSION_MINUTES, revoked, unknown};
use crate::app::{App, Request, store};
use crate::case::view::area_name;
use crate::device;
use crate::staff::sessions;
use serde::{Deserialize, Serialize};
use yizhan_core::access::{Deed, Viewer, forbidden, may};
use yizhan_core::act::{Actor, Effects, Scene, Verb};
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_kit::digest::is_same_secret;
use yizhan_kit::id::{base32, random};
use yizhan_kit::{Moment, Problem};

/// The kind of working state.
const KIND: &str = "field-phone";

const FOR_EVER: Moment = Moment(i64::MAX);

/// A phone as it is kept, under its name.
#[derive(Serialize, Deserialize, Clone)]
struct Phone {
    staff: u32,
    /// What its user calls it.
    name: String,
    /// The digest of its secret.
    secret: String,
    enrolled: Moment,
    /// When the second factor was last given on it.
    proved: Moment,
    seen: Moment,
    revoked: Option<Revoked>,
}

/// That a phone was revoked: kept, so that it hears of it whenever it comes back.
#[derive(Serialize, Deserialize, Clone)]
struct Revoked {
    at: Moment,
    by: String,
}

/// Puts on record that a phone of somebody's came or went, or took a day's list along.
struct Recorded {
    name: &'static str,
    whose: SubjectId,
}

impl Verb for Recorded {
    fn name(&self) -> &'static str {
        self.name
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        let own = matches!(viewer.actor, Actor::Staff { id, .. } if id == self.whose);
        if !own {
            must_watch_over(&viewer, scene.image, self.whose, scene.today())?;
        }
        effects.about(self.whose);
        Ok(())
    }
}

/// Whether somebody may see and revoke another's phones: whoever manages staff, and whoever tends devices in their area.
fn must_watch_over(
    viewer: &Viewer,
    image: &yizhan_core::image::Image,
    whose: SubjectId,
    today: yizhan_kit::Day,
) -> Result<(), Problem> {
    if may(viewer.role, Deed::ManageStaff) {
        return Ok(());
    }
    viewer.must(Deed::TendDevices)?;
    let theirs = Viewer::of(image, Actor::Staff { id: whose, instead_of: None }, today).ok();
    match theirs.and_then(|theirs| theirs.area) {
        Some(area) if !viewer.covers(area) => Err(forbidden("不在您的辖区内。", "It is outside your area.")),
        _ => Ok(()),
    }
}

fn own(viewer: &Viewer) -> Result<SubjectId, Problem> {
    match viewer.actor {
        Actor::Staff { id, instead_of: None } => Ok(id),
        _ => Err(forbidden("请以本人身份登记手机。", "A phone is enrolled in one's own name.")),
    }
}

/// Enrols a phone of the viewer's. The second factor was given on signing in a moment ago (`proved`), or its code is now.
///
/// # Errors
/// `second-factor`, `wrong-password`; `form-invalid` for a name that is none, or too many phones.
pub async fn enrol(
    app: &App,
    viewer: &Viewer,
    proved: Option<Moment>,
    name: &str,
    code: &str,
) -> Result<PhoneEnrolled, Problem> {
    viewer.must(Deed::OpenCase)?;
    let (staff, name) = (own(viewer)?, device::rule::name(name)?);
    let now = app.real_clock.now();
    if proved.is_none_or(|at| now.0 - at.0 > FRESH_MINUTES * 60_000) {
        sessions::prove(app, &app.image().staff_login(staff).unwrap_or_default(), code)?;
    }
    if all(app)?.iter().filter(|(_, phone)| phone.staff == staff.0 && phone.revoked.is_none()).count() >= PHONES {
        return Err(problem::FORM_INVALID.problem(
            format!("一个人最多登记 {PHONES} 部手机，请先停用不用的。"),
            format!("Up to {PHONES} phones a person: revoke one that is not used."),
        ));
    }
    app.act(viewer.actor, Request::unkeyed(name.as_bytes()), Recorded { name: "enrol-phone", whose: staff }).await?;
    let (phone, secret) = (base32(&random::<10>(app.vault.entropy())), base32(&random::<20>(app.vault.entropy())));
    let kept = Phone {
        staff: staff.0,
        name,
        secret: digest(app, &secret),
        enrolled: now,
        proved: now,
        seen: now,
        revoked: None,
    };
    put(app, &phone, &kept)?;
    Ok(PhoneEnrolled { phone, secret, days: PROVED_DAYS })
}

/// Gives a phone a session for its secret, and for a code where the last one is too long ago: the session's token, and whose
/// it is. A phone whose user has no role any more is as good as revoked.
///
/// # Errors
/// `unknown-phone`, `phone-revoked`, `second-factor`, `wrong-password`.
pub fn session(app: &App, phone: &str, secret: &str, code: &str) -> Result<(String, SubjectId), Problem> {
    let mut kept = get(app, phone)?.ok_or_else(unknown)?;
    if !is_same_secret(&kept.secret, &digest(app, secret)) {
        return Err(unknown());
    }
    let (staff, image) = (SubjectId(kept.staff), app.image());
    let holds = Viewer::of(&image, Actor::Staff { id: staff, instead_of: None }, app.now().day()).is_ok();
    if kept.revoked.is_some() || !holds {
        return Err(revoked());
    }
    let now = app.real_clock.now();
    if now.0 - kept.proved.0 > PROVED_DAYS * 86_400_000 {
        sessions::prove(app, &image.staff_login(staff).unwrap_or_default(), code)?;
        kept.proved = now;
    }
    kept.seen = now;
    put(app, phone, &kept)?;
    Ok((sessions::begin_on(app, staff, phone, SESSION_MINUTES)?, staff))
}

/// A phone that is known and was not revoked. Asked with each of its requests.
///
/// # Errors
/// `unknown-phone`, `phone-revoked`.
pub fn must_be_good(app: &App, phone: &str) -> Result<(), Problem> {
    match get(app, phone)?.ok_or_else(unknown)?.revoked {
        Some(_) => Err(revoked()),
        None => Ok(()),
    }
}

/// Where a phone stands: `good`, `revoked` or `unknown`.
///
/// # Errors
/// The store's failure.
pub fn standing(app: &App, phone: &str) -> Result<&'static str, Problem> {
    let (image, today) = (app.image(), app.now().day());
    let holds =
        |kept: &Phone| Viewer::of(&image, Actor::Staff { id: SubjectId(kept.staff), instead_of: None }, today).is_ok();
    Ok(match get(app, phone)? {
        None => "unknown",
        Some(kept) if kept.revoked.is_some() || !holds(&kept) => "revoked",
        Some(_) => "good",
    })
}

/// Revokes a phone: one's own, or one that the viewer watches over. Again is as good as once.
///
/// # Errors
/// `not-found` for a phone that is none of theirs.
pub async fn revoke(app: &App, viewer: &Viewer, phone: &str) -> Result<(), Problem> {
    let missing = || problem::NOT_FOUND.problem("没有这部手机。", "There is no such phone.");
    let mut kept = get(app, phone)?.ok_or_else(missing)?;
    let whose = SubjectId(kept.staff);
    if !is_theirs(app, viewer, whose) {
        return Err(missing());
    }
    if kept.revoked.is_some() {
        return Ok(());
    }
    let recorded = Recorded { name: "revoke-phone", whose };
    app.act(viewer.actor, Request::unkeyed(phone.as_bytes()), recorded).await?;
    let by = match viewer.actor {
        Actor::Staff { id, .. } => app.image().staff_name(id).unwrap_or_default(),
        _ => String::new(),
    };
    kept.revoked = Some(Revoked { at: app.real_clock.now(), by });
    put(app, phone, &kept)
}

fn is_theirs(app: &App, viewer: &Viewer, whose: SubjectId) -> bool {
    let own = matches!(viewer.actor, Actor::Staff { id, .. } if id == whose);
    own || must_watch_over(viewer, &app.image(), whose, app.now().day()).is_ok()
}

/// The phones of the viewer; or every phone that they watch over.
///
/// # Errors
/// `forbidden`, or the store's failure.
pub fn list(app: &App, viewer: &Viewer, whose: Whose) -> Result<Vec<PhoneRow>, Problem> {
    let image = app.image();
    if whose == Whose::Everybodys && !may(viewer.role, Deed::ManageStaff) {
        viewer.must(Deed::TendDevices)?;
    }
    let shown = |kept: &Phone| match whose {
        Whose::Own => matches!(viewer.actor, Actor::Staff { id, .. } if id.0 == kept.staff),
        Whose::Everybodys => is_theirs(app, viewer, SubjectId(kept.staff)),
    };
    let mut rows: Vec<(bool, Moment, PhoneRow)> = Vec::new();
    for (phone, kept) in all(app)?.into_iter().filter(|(_, kept)| shown(kept)) {
        let staff = SubjectId(kept.staff);
        let place = Viewer::of(&image, Actor::Staff { id: staff, instead_of: None }, app.now().day()).ok();
        let revoked = kept.revoked.as_ref();
        rows.push((
            revoked.is_some(),
            kept.seen,
            PhoneRow {
                phone,
                who: image.staff_name(staff).unwrap_or_default(),
                login: image.staff_login(staff).unwrap_or_default(),
                area_name: place.and_then(|one| one.area).map(|area| area_name(&image, area)).unwrap_or_default(),
                enrolled: kept.enrolled.to_string(),
                seen: kept.seen.to_string(),
                revoked: revoked.map(|one| one.at.to_string()).unwrap_or_default(),
                revoked_by: revoked.map(|one| one.by.clone()).unwrap_or_default(),
                name: kept.name,
            },
        ));
    }
    // What is in use first, what was heard last before it.
    rows.sort_by_key(|(over, seen, _)| (*over, std::cmp::Reverse(*seen)));
    Ok(rows.into_iter().map(|(.., row)| row).collect())
}

/// Whose phones are listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// One's own.
    Own,
    /// All that one watches over.
    Everybodys,
}

fn digest(app: &App, secret: &str) -> String {
    app.vault.digest(KIND, secret.as_bytes()).to_string()
}

fn get(app: &App, phone: &str) -> Result<Option<Phone>, Problem> {
    let now = app.real_clock.now();
    let bytes = app.with_working(|working| working.get(KIND, phone, now)).map_err(|error| store(&error))?;
    bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose().map_err(|error| store(&error))
}

fn all(app: &App) -> Result<Vec<(String, Phone)>, Problem> {
    let now = app.real_clock.now();
    let kept = app.with_working(|working| working.list(KIND, now)).map_err(|error| store(&error))?;
    let read = |(name, bytes): (String, Vec<u8>)| Ok((name, serde_json::from_slice(&bytes)?));
    kept.into_iter().map(read).collect::<Result<_, serde_json::Error>>().map_err(|error| store(&error))
}

fn put(app: &App, phone: &str, kept: &Phone) -> Result<(), Problem> {
    let bytes = serde_json::to_vec(kept).map_err(|error| store(&error))?;
    app.with_working(|working| working.put(KIND, phone, &bytes, FOR_EVER)).map_err(|error| store(&error))
}

/// Puts on record that the viewer took a day's list along.
///
/// # Errors
/// `forbidden`.
pub async fn take_along(app: &App, viewer: &Viewer) -> Result<(), Problem> {
    let verb = Recorded { name: "take-day-along", whose: own(viewer)? };
    app.act(viewer.actor, Request::unkeyed(b"field-day"), verb).await.map(drop)
}
