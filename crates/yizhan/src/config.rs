//! The one configuration file, `yizhan.toml`, with its defaults. Unknown keys are refused.

use crate::network::Network;
use crate::outward;
use crate::serve::logbook::LEAST_DAYS;
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use yizhan_core::access::Role;
use yizhan_kit::digest::HashKind;
use yizhan_kit::seal::Cipher;

/// What an engineer may set. Every field has a default, so that no file is needed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The address people use, for QR codes and links.
    pub public_url: String,
    /// A certificate chain in PEM, to answer under TLS; with `tls_key`.
    pub tls_certificate: Option<PathBuf>,
    /// The certificate's key in PEM.
    pub tls_key: Option<PathBuf>,
    /// The file that holds the master key; in the data folder unless set.
    pub master_key: Option<PathBuf>,
    /// The folder of the key store's zone key when the data is on PostgreSQL.
    pub key_folder: PathBuf,
    /// `aes-256-gcm` or `sm4-gcm`, for what is sealed from now on.
    pub cipher: String,
    /// `sha-256` or `sm3`, chosen when the zone is founded.
    pub hash: String,
    /// Idle minutes after which staff are signed out.
    pub idle_minutes: u32,
    /// Hours after which staff sign in again, whatever they are doing.
    pub session_hours: u32,
    /// Failed sign-ins after which an account is locked for a while.
    pub lock_after: u32,
    /// Minutes for which it is locked.
    pub lock_minutes: u32,
    /// The identity provider by which staff may sign in.
    pub oidc: Option<Oidc>,
    /// The app by which residents may be known, `login_claim` being the claim that holds their telephone number.
    pub super_app: Option<Oidc>,
    /// Where text messages and signals are handed over.
    pub messages: Messages,
    /// The engine that understands speech on this machine.
    pub speech: Option<Speech>,
    /// Who carries parcels.
    pub parcels: Parcels,
    /// The TURN server by which two browsers find each other through walls.
    pub turn: Option<Turn>,
    /// The exchange for ordinary telephones.
    pub exchange: Option<Exchange>,
    /// Where cameras of kitchens may be looked at.
    pub kitchens: Kitchens,
    /// By which channels people may pay, and where their keys lie.
    pub payment: Payment,
    /// Proxies beside those on this machine, whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// How many of several instances keep a zone in memory, its owner included: whoever takes it over is one of them.
    pub copies: usize,
    /// Declarations a minute from one address; a family, a hotel or a whole village may share one.
    pub per_address_minute: u32,
    /// How many requests of people who are not signed in are worked on at once; the others wait a little.
    pub at_once: usize,
    /// Declarations a day with one telephone number.
    pub per_number_day: u32,
    /// Bits of work that a browser's script is asked for while the queue is long: one more doubles the work.
    pub proof_bits: u32,
    /// Log lines as JSON.
    pub json_logs: bool,
    /// Where log lines are kept, and for how long.
    pub logs: Logs,
    /// Roles whose accounts do nothing without a second factor: `system-administrator` …
    pub factor_roles: Vec<String>,
    /// From where alone the three administrators do anything; none: from everywhere. This machine always may.
    pub administrators_from: Vec<Network>,
}

/// Where log lines are kept. Without a folder they go to standard error, and whoever runs the program keeps them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Logs {
    /// The folder, a file a day.
    pub folder: Option<PathBuf>,
    /// For how many days, no fewer than six months.
    pub days: u32,
}

impl Default for Logs {
    fn default() -> Self {
        Self { folder: None, days: 200 }
    }
}

/// Where text messages and signals are handed over, each as JSON by POST under an `Idempotency-Key`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Messages {
    /// The SMS gateway: gets `key`, `to` and `text`.
    pub sms: Option<String>,
    /// A webhook of the district's own: hears of cases opened and moved, papers returned and alarms raised, by number, never
    /// by name.
    pub webhook: Option<String>,
    /// The file of a secret shared with it, by which each message is signed.
    pub webhook_secret: Option<PathBuf>,
}

/// Who carries parcels.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Parcels {
    /// The carrier's address: takes orders and tells what became of them. Without one a local carrier does as if.
    pub carrier: Option<String>,
}

/// Where cameras of kitchens may be looked at.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Kitchens {
    /// The gateways, each as scheme, host and port: `http://10.1.2.3:8080`. No other host is asked, whatever the register says.
    pub gateways: Vec<String>,
}

/// The engine that understands speech.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speech {
    /// The file of its model.
    pub model: PathBuf,
    /// How many threads it may take: 1 or 2.
    #[serde(default = "one")]
    pub threads: u8,
}

fn one() -> u8 {
    1
}

/// A TURN server that knows one secret (coturn's `use-auth-secret`).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// Its addresses, separated by commas: `turn:turn.example.cn:3478?transport=udp,turns:turn.example.cn:5349`.
    pub url: String,
    /// The file that holds its secret.
    pub secret_file: PathBuf,
}

impl Turn {
    /// Its secret.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn secret(&self) -> Result<String, String> {
        secret_in(&self.secret_file)
    }
}

/// An exchange that tells of calls by ordinary telephone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// The file that holds the secret by which it signs.
    pub secret_file: PathBuf,
}

impl Exchange {
    /// Its secret.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn secret(&self) -> Result<String, String> {
        secret_in(&self.secret_file)
    }
}

fn secret_in(file: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let secret = text.trim();
    if secret.len() < 16 {
        return Err(format!("{}: a secret has at least 16 characters", file.display()));
    }
    Ok(secret.to_owned())
}

/// By which channels people may pay. Keys are named by file, never written here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Payment {
    /// WeChat Pay.
    pub wechat: Option<WeChatPay>,
    /// Alipay.
    pub alipay: Option<Alipay>,
}

/// WeChat Pay, APIv3.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeChatPay {
    /// The merchant's number (`mchid`).
    pub merchant: String,
    /// The application's (`appid`).
    pub app: String,
    /// The serial number of the merchant's certificate.
    pub serial: String,
    /// The file of the merchant's private key.
    pub key: PathBuf,
    /// The file of the APIv3 key.
    pub api_key: PathBuf,
    /// The channel's public keys or certificates, each with its number; two of them while they change.
    pub platform: Vec<PlatformKey>,
    /// Where the channel answers.
    #[serde(default = "wechat_base")]
    pub base: String,
    /// How long it may take.
    #[serde(default = "payment_timeout_ms")]
    pub timeout_ms: u64,
}

/// A key of the channel.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlatformKey {
    /// `PUB_KEY_ID_…`, or the serial number of a certificate.
    pub serial: String,
    /// Its file.
    pub file: PathBuf,
}

/// Alipay.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alipay {
    /// The application's number (`app_id`).
    pub app: String,
    /// The seller's (`seller_id`).
    pub seller: String,
    /// The file of the application's private key.
    pub key: PathBuf,
    /// The files of the channel's public keys; two of them while they change.
    pub alipay_keys: Vec<PathBuf>,
    /// Where the channel answers.
    #[serde(default = "alipay_gateway")]
    pub gateway: String,
    /// How long it may take.
    #[serde(default = "payment_timeout_ms")]
    pub timeout_ms: u64,
}

fn wechat_base() -> String {
    "https://api.mch.weixin.qq.com".into()
}

fn alipay_gateway() -> String {
    "https://openapi.alipay.com/gateway.do".into()
}

fn payment_timeout_ms() -> u64 {
    5_000
}

/// An identity provider that speaks OpenID Connect.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// Its issuer: `https://id.example.cn/realms/district`.
    pub issuer: String,
    /// What we are called there.
    pub client_id: String,
    /// The file that holds our secret there; none for a public client.
    pub client_secret: Option<PathBuf>,
    /// The claim that holds the login name here.
    #[serde(default = "preferred_username")]
    pub login_claim: String,
    /// What it is called on the sign-in page.
    #[serde(default = "identity_provider")]
    pub title: String,
    /// A certificate in PEM that vouches for it, where no public authority does.
    pub authority: Option<PathBuf>,
}

fn preferred_username() -> String {
    "preferred_username".into()
}

fn identity_provider() -> String {
    "统一身份认证".into()
}

impl Oidc {
    /// Our secret at the provider.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub fn secret(&self) -> Result<String, String> {
        let Some(file) = &self.client_secret else { return Ok(String::new()) };
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(text.trim().to_owned())
    }

    /// Whether it may be asked: in the clear only on this machine.
    ///
    /// # Errors
    /// When passwords would travel in the clear.
    fn check(&self) -> Result<(), String> {
        outward::check("oidc.issuer", &self.issuer)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8600)),
            public_url: String::new(),
            tls_certificate: None,
            tls_key: None,
            master_key: None,
            key_folder: PathBuf::from("./data"),
            cipher: "aes-256-gcm".into(),
            hash: "sha-256".into(),
            idle_minutes: 30,
            session_hours: 12,
            lock_after: 5,
            lock_minutes: 15,
            oidc: None,
            super_app: None,
            messages: Messages::default(),
            speech: None,
            parcels: Parcels::default(),
            turn: None,
            exchange: None,
            kitchens: Kitchens::default(),
            payment: Payment::default(),
            trusted_proxies: Vec::new(),
            per_address_minute: 60,
            at_once: 512,
            copies: 2,
            per_number_day: 20,
            proof_bits: 14,
            json_logs: false,
            logs: Logs::default(),
            factor_roles: Vec::new(),
            administrators_from: Vec::new(),
        }
    }
}

impl Config {
    /// Reads a configuration file; its defaults where there is none at the default place.
    ///
    /// # Errors
    /// File, line and what was expected.
    pub fn read(path: Option<&Path>) -> Result<Self, String> {
        let (path, must_exist) = path.map_or((Path::new("yizhan.toml"), false), |path| (path, true));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(_) if !must_exist => return Ok(Self::default()),
            Err(error) => return Err(format!("{}: {error}", path.display())),
        };
        let config: Self = toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        config.cipher()?;
        config.hash()?;
        config.tls()?;
        config.turn.iter().try_for_each(|turn| turn.secret().map(drop))?;
        config.exchange.iter().try_for_each(|exchange| exchange.secret().map(drop))?;
        config.oidc.iter().chain(&config.super_app).try_for_each(Oidc::check)?;
        if config.logs.days < LEAST_DAYS {
            return Err(format!("logs.days = {}: expected {LEAST_DAYS} or more, six months", config.logs.days));
        }
        if let Some(role) = config.factor_roles.iter().find(|role| Role::parse(role).is_none()) {
            return Err(format!("factor_roles: {role:?} is no role"));
        }
        config.outward().try_for_each(|(key, address)| outward::check(key, address))?;
        Ok(config)
    }

    /// The addresses to which people's details go, each with its key.
    fn outward(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let named = [
            ("messages.sms", self.messages.sms.as_deref()),
            ("messages.webhook", self.messages.webhook.as_deref()),
            ("parcels.carrier", self.parcels.carrier.as_deref()),
            ("payment.wechat.base", self.payment.wechat.as_ref().map(|channel| channel.base.as_str())),
            ("payment.alipay.gateway", self.payment.alipay.as_ref().map(|channel| channel.gateway.as_str())),
        ];
        named.into_iter().filter_map(|(key, address)| Some((key, address?)))
    }

    /// The cipher.
    ///
    /// # Errors
    /// When it is none we know.
    pub fn cipher(&self) -> Result<Cipher, String> {
        self.cipher.parse().map_err(|_| format!("cipher = {:?}: expected aes-256-gcm or sm4-gcm", self.cipher))
    }

    /// The hash function of the chain.
    ///
    /// # Errors
    /// When it is none we know.
    pub fn hash(&self) -> Result<HashKind, String> {
        self.hash.parse().map_err(|_| format!("hash = {:?}: expected sha-256 or sm3", self.hash))
    }

    /// The certificate and its key, when answers go under TLS.
    ///
    /// # Errors
    /// When there is one without the other.
    pub fn tls(&self) -> Result<Option<(&Path, &Path)>, String> {
        match (&self.tls_certificate, &self.tls_key) {
            (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
            (None, None) => Ok(None),
            _ => Err("tls_certificate and tls_key go together".into()),
        }
    }

    /// Whether people come by `https://`.
    pub fn answers_under_tls(&self) -> bool {
        self.public_url.starts_with("https:") || (self.public_url.is_empty() && self.tls_certificate.is_some())
    }

    /// The address people use.
    pub fn public_url(&self) -> String {
        if !self.public_url.is_empty() {
            return self.public_url.clone();
        }
        let scheme = if self.tls_certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.listen)
    }
}
