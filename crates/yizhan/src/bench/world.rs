//! What benches work on: an empty zone in a temporary folder or on a server, and declarations made by number.

use crate::app::App;
use crate::command::Common;
use crate::config::Config;
use crate::serve;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::oneshot;
use yizhan_core::catalog::Catalog;
use yizhan_core::zone::Damage;
use yizhan_kit::codes::{CitizenNumber, RegionCode};
use yizhan_kit::{Day, Moment};

/// The service that benches open cases of.
pub const SERVICE: &str = "travel-declaration";

/// An empty place for a zone, removed when dropped.
pub struct Place {
    /// The folder of the zone, or of its keys.
    pub folder: PathBuf,
    /// What `--data` says.
    pub data: String,
}

impl Place {
    /// A new place, on a server when its address is given.
    ///
    /// # Errors
    /// When no folder can be made.
    pub fn new(name: &str, server: Option<String>) -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("yizhan-bench-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let data = server.unwrap_or_else(|| folder.display().to_string());
        let config = format!("key_folder = {:?}\n", folder.display().to_string());
        std::fs::write(folder.join("yizhan.toml"), config).map_err(|error| error.to_string())?;
        Ok(Self { folder, data })
    }

    /// The options that name it on a command line.
    pub fn common(&self) -> Common {
        Common { data: self.data.clone(), catalog: None, config: Some(self.config_file()) }
    }

    /// Its configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.folder.join("yizhan.toml")
    }

    /// Its configuration.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn config(&self) -> Result<Config, String> {
        Config::read(Some(&self.config_file()))
    }

    /// Opens it, founding the zone where it is empty.
    ///
    /// # Errors
    /// What kept it from opening.
    pub fn start(&self) -> Result<(Arc<App>, oneshot::Receiver<()>), String> {
        serve::start(&self.common(), self.config()?, None, Damage::Refused)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Declarations, the same for the same number.
#[derive(Clone)]
pub struct Declarations {
    villages: Arc<Vec<RegionCode>>,
    today: Day,
}

impl Declarations {
    /// Declarations to the villages of a catalog.
    pub fn new(catalog: &Catalog, now: Moment) -> Self {
        Self { villages: Arc::new(catalog.regions.villages().map(|region| region.code).collect()), today: now.day() }
    }

    /// The village that one of them goes to.
    pub fn village(&self, n: usize) -> RegionCode {
        self.villages[n.wrapping_mul(2_654_435_761) % self.villages.len()]
    }

    /// The day they name.
    pub fn today(&self) -> String {
        self.today.to_string()
    }

    /// The citizen number of one of them.
    ///
    /// # Panics
    /// Never: its parts are valid by construction.
    pub fn number(&self, n: usize) -> CitizenNumber {
        let born = Day(i32::try_from(n / 1000 % 20_000).expect("below twenty thousand"));
        let order = u16::try_from(n % 1000).expect("below a thousand");
        CitizenNumber::compose("990100", born, order).expect("a valid prefix and order")
    }

    /// One of them, about a kilobyte of JSON.
    ///
    /// # Panics
    /// Never: its parts are valid by construction.
    pub fn body(&self, n: usize) -> String {
        let number = self.number(n);
        let village = self.village(n);
        let long = "示范路一百二十三号院四号楼五单元六零七室，门口有一棵大槐树，进村后第二个路口右转即到。".repeat(2);
        format!(
            r#"{{"name":"测试{n}","citizen_number":"{number}","mobile":"154{mobile:08}","origin":{{"place":"{place}","risk":"low"}},"destination":{{"region":"{village}","detail":"{detail}"}},"arriving_on":"{today}","transport":"train","transport_number":"G{train}","nucleic_test":{{"has":true,"sampled_on":"{today}"}},"companions":{companions},"consent":true,"notice_version":"2021-01"}}"#,
            mobile = n % 100_000_000,
            place = long.chars().take(90).collect::<String>(),
            detail = long.chars().take(95).collect::<String>(),
            today = self.today,
            train = n % 9000 + 1000,
            companions = n % 5,
        )
    }
}

/// Whether a folder's file system is the one the figures are meant for: a disk, not memory.
pub fn tell_disk(folder: &Path) {
    eprintln!("data in {}", folder.display());
}
