//! How devices come and go: added to the register by an officer, enrolled by a code that is good once and for a day, retired.
//! Of codes and secrets only digests are kept.

use super::act::{Devices, FOR_EVER, Kept, delete, hall_of, put};
use super::rule;
use crate::app::{App, store};
use yizhan_core::access::{Deed, Viewer, forbidden};
use yizhan_core::act::{Effects, NewFact, Scene, Verb};
use yizhan_core::row::SubjectId;
use yizhan_kit::Problem;
use yizhan_kit::codes::RegionCode;
use yizhan_kit::id::{base32, random};

/// For how long a code may be traded.
pub const CODE_HOURS: u32 = 24;

/// Adds a hall or a device to the register.
pub struct Add {
    /// `hall` or `device`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Where: the attribute and its value.
    pub place: Place,
}

/// Where something stands.
pub enum Place {
    /// A hall, in an area.
    Area(RegionCode),
    /// A device, in a hall.
    Hall(SubjectId),
}

impl Verb for Add {
    fn name(&self) -> &'static str {
        "add-device"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        viewer.must(Deed::TendDevices)?;
        let (attribute, value) = match self.place {
            Place::Area(area) if viewer.covers(area) => ("area", area.to_string()),
            Place::Hall(hall)
                if scene.image.kind(hall).is_some_and(|kind| **kind == *"hall")
                    && viewer.look(scene.image).place_of(hall).is_some() =>
            {
                ("hall", hall.to_string())
            }
            _ => return Err(forbidden("不在您的辖区内。", "It is outside your area.")),
        };
        let subject = effects.subject(self.kind);
        for (name, value) in [(attribute, &value), ("name", &self.name)] {
            let attribute = format!("{}.{name}", self.kind);
            let source = "device-register";
            let (value, from) = (Some(value.as_str()), scene.today());
            effects.fact(&NewFact { subject, attribute: &attribute, value, from, to: None, source })?;
        }
        effects.about(subject);
        Ok(())
    }
}

/// Takes a device out of service for good.
pub struct Retire(pub SubjectId);

impl Verb for Retire {
    fn name(&self) -> &'static str {
        "retire-device"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        viewer.must(Deed::TendDevices)?;
        if hall_of(&viewer.look(scene.image), self.0).is_none() {
            return Err(rule::missing());
        }
        let (value, from) = (scene.today().to_string(), scene.today());
        effects.about(self.0);
        effects.fact(&NewFact {
            subject: self.0,
            attribute: "device.retired-on",
            value: Some(&value),
            from,
            to: None,
            source: "device-register",
        })
    }
}

/// Makes a code by which a device is enrolled once, within a day.
///
/// # Errors
/// The store's failure.
pub fn make_code(app: &App, device: SubjectId) -> Result<String, Problem> {
    let code = base32(&random::<10>(app.vault.entropy()));
    let until = app.real_clock.now().plus_ms(i64::from(CODE_HOURS) * 3_600_000);
    put(app, "device-code", &digest(app, &code), &Kept { device: device.0 }, until)?;
    Ok(code)
}

/// Trades a code for a secret. Every earlier secret of the device ends.
///
/// # Errors
/// `unknown-device` for a code that is none, was used or is over.
pub fn enrol(app: &App, code: &str) -> Result<(SubjectId, SubjectId, String), Problem> {
    let devices = Devices::of(app);
    let (name, now) = (digest(app, code), app.real_clock.now());
    let turn = app.taking.lock().expect("no panic while a code is taken");
    let kept = app.with_working(|working| working.get("device-code", &name, now)).map_err(|error| store(&error))?;
    let kept: Kept = serde_json::from_slice(&kept.ok_or_else(rule::unknown)?).map_err(|error| store(&error))?;
    delete(app, "device-code", &name)?;
    drop(turn);
    let device = SubjectId(kept.device);
    let image = app.image();
    let hall = hall_of(&Viewer::program().look(&image), device).ok_or_else(rule::unknown)?;
    end_secrets(app, device)?;
    let secret = base32(&random::<20>(app.vault.entropy()));
    let own = app.vault.digest("device", secret.as_bytes()).to_string();
    put(app, "device", &own, &kept, FOR_EVER)?;
    devices.known.write().expect("no panic while secrets are held").insert(own, device);
    devices.wall().seat(device, hall, now.0);
    devices.changed.send_modify(|version| *version += 1);
    Ok((device, hall, secret))
}

/// Ends the secrets of a device.
fn end_secrets(app: &App, device: SubjectId) -> Result<(), Problem> {
    let mut known = Devices::of(app).known.write().expect("no panic while secrets are held");
    let old: Vec<String> = known.iter().filter(|(_, of)| **of == device).map(|(name, _)| name.clone()).collect();
    for name in old {
        delete(app, "device", &name)?;
        known.remove(&name);
    }
    Ok(())
}

/// Forgets a device that was retired.
///
/// # Errors
/// The store's failure.
pub fn forget(app: &App, device: SubjectId) -> Result<(), Problem> {
    end_secrets(app, device)?;
    let devices = Devices::of(app);
    devices.wall().remove(device);
    if let Some(line) = devices.lines().remove(&device) {
        line.bell.notify_one();
    }
    devices.changed.send_modify(|version| *version += 1);
    Ok(())
}

fn digest(app: &App, code: &str) -> String {
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    app.vault.digest("device-code", code.as_bytes()).to_string()
}
