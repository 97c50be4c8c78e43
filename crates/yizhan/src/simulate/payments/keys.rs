//! Keys for playing both sides of a payment: made when they are needed, kept in a folder, good for nothing else. Nobody's money
//! hangs on them, so they are made simply; a real merchant's keys come from the channels' own tools.

use crate::cashier::crypt::{Signer, Verifier, shared_key};
use crate::config::{Alipay, Payment, PlatformKey, WeChatPay};
use data_encoding::BASE64;
use num_bigint::BigUint;
use std::fs;
use std::path::{Path, PathBuf};
use yizhan_kit::id::{Entropy, SystemEntropy, base32, random};

/// The merchant's number at the played channels.
pub const MERCHANT: &str = "1900000109";
/// Our application's number at WeChat's.
pub const WECHAT_APP: &str = "wx0000000000000109";
/// The serial number of our certificate there.
pub const SERIAL: &str = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";
/// Our application's number at Alipay's.
pub const ALIPAY_APP: &str = "2021000000000109";
/// The seller's.
pub const SELLER: &str = "2088000000000109";
/// The channel's two keys at WeChat's: the second comes into use in the middle.
pub const PLATFORM: [&str; 2] =
    ["PUB_KEY_ID_0119000001092021010100000000000001", "PUB_KEY_ID_0119000001092021020100000000000002"];

/// The channels' side of the keys.
pub struct Keys {
    /// The folder they lie in.
    pub folder: PathBuf,
    /// What WeChat signs with, before and after its change.
    pub platform: [Signer; 2],
    /// What it knows of us.
    pub merchant: Verifier,
    /// What it shares with us.
    pub api_key: [u8; 32],
    /// What Alipay signs with.
    pub alipay: Signer,
    /// What it knows of us.
    pub app: Verifier,
}

impl Keys {
    /// Opens the keys of a folder, making those that are not there.
    ///
    /// # Errors
    /// When the folder cannot be written or a file is no key.
    pub fn open(folder: &Path) -> Result<Self, String> {
        let said = |error: std::io::Error| format!("{}: {error}", folder.display());
        fs::create_dir_all(folder).map_err(said)?;
        let pair = |name: &str| -> Result<Signer, String> {
            let (own, public) = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.pub.pem")));
            if !own.exists() || !public.exists() {
                let (private, shared) = made(&SystemEntropy);
                write(&own, &private)?;
                write(&public, &shared)?;
            }
            Signer::open(&own)
        };
        let api = folder.join("wechat-api-key.txt");
        if !api.exists() {
            write(&api, &base32(&random::<20>(&SystemEntropy))[..32])?;
        }
        let (merchant, app) = (pair("wechat-merchant")?, pair("alipay-app")?);
        Ok(Self {
            platform: [pair("wechat-platform-1")?, pair("wechat-platform-2")?],
            merchant: merchant.verifier(),
            api_key: shared_key(&api)?,
            alipay: pair("alipay-platform")?,
            app: app.verifier(),
            folder: folder.to_owned(),
        })
    }

    /// The configuration by which we speak to channels that are played at an address.
    pub fn payment(&self, base: &str, timeout_ms: u64) -> Payment {
        let file = |name: &str| self.folder.join(name);
        let platform = PLATFORM.iter().enumerate().map(|(n, serial)| PlatformKey {
            serial: (*serial).to_owned(),
            file: file(&format!("wechat-platform-{}.pub.pem", n + 1)),
        });
        Payment {
            wechat: Some(WeChatPay {
                merchant: MERCHANT.into(),
                app: WECHAT_APP.into(),
                serial: SERIAL.into(),
                key: file("wechat-merchant.pem"),
                api_key: file("wechat-api-key.txt"),
                platform: platform.collect(),
                base: base.to_owned(),
                timeout_ms,
            }),
            alipay: Some(Alipay {
                app: ALIPAY_APP.into(),
                seller: SELLER.into(),
                key: file("alipay-app.pem"),
                alipay_keys: vec![file("alipay-platform.pub.pem")],
                gateway: format!("{base}/gateway.do"),
                timeout_ms,
            }),
        }
    }

    /// The same as lines of `yizhan.toml`.
    pub fn toml(&self, base: &str) -> String {
        let at = |name: &str| self.folder.join(name).display().to_string();
        format!(
            "[payment.wechat]\nmerchant = {MERCHANT:?}\napp = {WECHAT_APP:?}\nserial = {SERIAL:?}\nkey = {:?}\napi_key = {:?}\nplatform = [\n  {{serial = {:?}, file = {:?}}},\n  {{serial = {:?}, file = {:?}}},\n]\nbase = {base:?}\n\n[payment.alipay]\napp = {ALIPAY_APP:?}\nseller = {SELLER:?}\nkey = {:?}\nalipay_keys = [{:?}]\ngateway = \"{base}/gateway.do\"\n",
            at("wechat-merchant.pem"),
            at("wechat-api-key.txt"),
            PLATFORM[0],
            at("wechat-platform-1.pub.pem"),
            PLATFORM[1],
            at("wechat-platform-2.pub.pem"),
            at("alipay-app.pem"),
            at("alipay-platform.pub.pem"),
        )
    }
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let own = fs::Permissions::from_mode(0o600);
        fs::set_permissions(file, own).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}

/// An RSA key of 2048 bits: the private key as PKCS#1, the public one as a SubjectPublicKeyInfo, both in PEM.
pub fn made(chance: &dyn Entropy) -> (String, String) {
    let exponent = BigUint::from(65_537_u32);
    let one = BigUint::from(1_u32);
    loop {
        let (mut p, mut q) = (prime(chance), prime(chance));
        if p < q {
            std::mem::swap(&mut p, &mut q);
        }
        let modulus = &p * &q;
        let (p1, q1) = (&p - &one, &q - &one);
        let Some(secret) = exponent.modinv(&(&p1 * &q1)) else { continue };
        let Some(inverse) = q.modinv(&p) else { continue };
        if modulus.bits() != 2048 || p == q {
            continue;
        }
        let numbers =
            [&BigUint::from(0_u32), &modulus, &exponent, &secret, &p, &q, &(&secret % &p1), &(&secret % &q1), &inverse];
        let private = der(0x30, &numbers.map(integer).concat());
        let public = der(0x30, &[integer(&modulus), integer(&exponent)].concat());
        // rsaEncryption, without parameters.
        let algorithm = der(0x30, &[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 0x05, 0]);
        let info = der(0x30, &[algorithm, der(0x03, &[vec![0], public].concat())].concat());
        return (pem("RSA PRIVATE KEY", &private), pem("PUBLIC KEY", &info));
    }
}

fn pem(kind: &str, der: &[u8]) -> String {
    let text = BASE64.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap_or_default()).collect();
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", lines.join("\n"))
}

fn der(tag: u8, inner: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match u8::try_from(inner.len()) {
        Ok(short) if short < 0x80 => bytes.push(short),
        _ => {
            let length = inner.len().to_be_bytes();
            let from = length.iter().position(|byte| *byte != 0).unwrap_or(length.len() - 1);
            bytes.push(0x80 | u8::try_from(length.len() - from).unwrap_or(8));
            bytes.extend(&length[from..]);
        }
    }
    bytes.extend(inner);
    bytes
}

fn integer(number: &BigUint) -> Vec<u8> {
    let mut bytes = number.to_bytes_be();
    if bytes[0] & 0x80 != 0 {
        bytes.insert(0, 0);
    }
    der(0x02, &bytes)
}

/// A prime of 1024 bits whose two highest bits are set.
fn prime(chance: &dyn Entropy) -> BigUint {
    let small: Vec<u32> = (3..2000).step_by(2).filter(|n| (3..*n).step_by(2).all(|d| n % d != 0)).collect();
    loop {
        let mut bytes = random::<128>(chance);
        bytes[0] |= 0xc0;
        bytes[127] |= 1;
        let number = BigUint::from_bytes_be(&bytes);
        if small.iter().all(|prime| &number % prime != BigUint::from(0_u32)) && is_prime(&number, chance) {
            return number;
        }
    }
}

/// Miller and Rabin's test; of numbers of this size a composite passes twelve rounds less often than a machine errs.
fn is_prime(number: &BigUint, chance: &dyn Entropy) -> bool {
    let one = BigUint::from(1_u32);
    let less = number - &one;
    let twos = less.trailing_zeros().unwrap_or(0);
    let odd = &less >> twos;
    (0..12).all(|_| {
        let base = BigUint::from_bytes_be(&random::<64>(chance)) + 2_u32;
        let mut power = base.modpow(&odd, number);
        if power == one || power == less {
            return true;
        }
        (1..twos).any(|_| {
            power = &power * &power % number;
            power == less
        })
    })
}
