//! Opening a case.

use crate::access::{Deed, Role, Viewer, forbidden};
use crate::act::{Effects, NewKey, Scene, Verb};
use crate::problem;
use crate::row::SubjectId;
use std::sync::Arc;
use yizhan_kit::Problem;
use yizhan_kit::codes::RegionCode;

/// Opens a case of a service in the area that its form names.
pub struct OpenCase {
    /// The service.
    pub service: Arc<str>,
    /// The adopted catalog by whose form the answers were checked.
    pub catalog: u64,
    /// The area that gets the case.
    pub area: RegionCode,
    /// The key of the case.
    pub key: NewKey,
    /// The answers, sealed under it.
    pub form: Arc<[u8]>,
}

impl Verb for OpenCase {
    fn name(&self) -> &'static str {
        "open-case"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        self.open(scene, effects).map(drop)
    }
}

impl OpenCase {
    fn open(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<SubjectId, Problem> {
        let viewer = Viewer::of(scene.image, scene.actor, scene.today())?;
        viewer.must(Deed::OpenCase)?;
        if scene.image.catalog_number() != self.catalog {
            return Err(problem::CATALOG_MOVED
                .problem(
                    "填写期间目录已更新，请再提交一次。",
                    "The catalog was updated meanwhile; please send it again.",
                )
                .retry_after(0));
        }
        let catalog = scene.image.catalog().expect("a catalog number above zero names a catalog");
        let Some(service) = catalog.services.get(&*self.service) else {
            return Err(problem::UNKNOWN_SERVICE
                .problem(format!("没有事项“{}”。", self.service), format!("There is no service {:?}.", self.service)));
        };
        let by_anyone = |role: &str| role == "anyone" && viewer.role == Role::Resident;
        if !service.opened_by.iter().any(|role| role == viewer.role.as_str() || by_anyone(role)) {
            return Err(forbidden(
                &format!("“{}”不能由“{}”发起。", service.title.zh, viewer.role.as_str()),
                &format!("{} is not opened by a {}.", service.title.en, viewer.role.as_str()),
            ));
        }
        if !catalog.regions.is_known(self.area, scene.today()) {
            return Err(problem::UNKNOWN_REGION
                .problem(format!("没有区划 {}。", self.area), format!("There is no region {} today.", self.area)));
        }
        Ok(effects.open_case(&self.service, self.area, &self.key, &self.form))
    }
}

/// Opens several cases together, all or none: somebody and their companions. The act is about the first.
pub struct OpenCases {
    /// The cases, at least one.
    pub cases: Vec<OpenCase>,
}

impl Verb for OpenCases {
    fn name(&self) -> &'static str {
        "open-case"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let mut first = None;
        for case in &self.cases {
            let opened = case.open(scene, effects)?;
            first.get_or_insert(opened);
        }
        if let Some(first) = first {
            effects.about(first);
        }
        Ok(())
    }
}
