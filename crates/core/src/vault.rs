//! Keys and what they seal: a master key from a file wraps the zone's key, the zone's key wraps one key for each person
//! and purpose. Blind digests find a person without showing them; receipts prove that somebody holds them.

use crate::act::NewKey;
use crate::keyring::{self, Ring};
use crate::row::{KeyRow, SubjectId};
use ed25519_dalek::SigningKey;
use std::path::Path;
use std::sync::Arc;
use yizhan_kit::digest::{hmac16, hmac32};
use yizhan_kit::id::{base32, random};
use yizhan_kit::seal::{self, Cipher, Key, MasterKey};
use yizhan_kit::{Digest16, Entropy, Moment};

/// The file in the key folder that holds the zone's key, wrapped.
pub const ZONE_KEY_FILE: &str = "zone.key";

/// The file in a zone's folder that holds the master key, unless the configuration names another.
pub const MASTER_KEY_FILE: &str = "master.key";

/// What can seal, open, find and prove in one zone.
pub struct Vault {
    cipher: Cipher,
    zone: Key,
    /// What wraps people's keys, the newest first.
    wrapping: Vec<Key>,
    blind: [u8; 32],
    receipt: [u8; 32],
    entropy: Arc<dyn Entropy>,
}

/// Why something sealed stays closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Closed {
    /// Its key was destroyed.
    Forgotten,
    /// It is damaged, or was sealed for something else.
    Damaged,
}

impl Vault {
    /// A vault on a zone key that the caller keeps.
    pub fn new(cipher: Cipher, zone: Key, entropy: Arc<dyn Entropy>) -> Self {
        Self::on(cipher, Ring::of(zone), entropy)
    }

    fn on(cipher: Cipher, ring: Ring, entropy: Arc<dyn Entropy>) -> Self {
        let Ring { zone, wrapping } = ring;
        let raw = |label: &str| *zone.derive(label).bytes();
        Self { cipher, blind: raw("blind index"), receipt: raw("receipt"), zone, wrapping, entropy }
    }

    /// Opens the vault of a zone, making its master key and zone key where there are none yet.
    ///
    /// # Errors
    /// When a key file cannot be read, is open to others, or does not fit.
    pub fn open(cipher: Cipher, master: &Path, keys: &Path, entropy: Arc<dyn Entropy>) -> Result<Self, String> {
        std::fs::create_dir_all(keys).map_err(|error| format!("{}: {error}", keys.display()))?;
        let file = keys.join(ZONE_KEY_FILE);
        if !master.exists() && !keyring::next(master).exists() {
            if file.exists() {
                return Err(format!("{} is missing, and the zone's key cannot be opened without it", master.display()));
            }
            MasterKey::create_file(master, &*entropy).map_err(|error| format!("{}: {error}", master.display()))?;
        }
        if !file.exists() {
            let master_key = MasterKey::read_file(master).map_err(|error| format!("{}: {error}", master.display()))?;
            let zone = Key::random(&*entropy);
            let wrapped = seal::wrap(cipher, &master_key, random(&*entropy), b"zone", &zone);
            keyring::write_private(&file, &wrapped).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        keyring::open(master, keys).map(|(_, ring)| Self::on(cipher, ring, entropy))
    }

    /// Whether people's keys lie under more than one wrapping key: they are being wrapped anew.
    pub fn is_rotating(&self) -> bool {
        self.wrapping.len() > 1
    }

    /// A stored key wrapped under the newest wrapping key; nothing when it is already.
    ///
    /// # Errors
    /// When it was changed, or wrapped for another purpose.
    pub fn rewrap(&self, row: &KeyRow) -> Result<Option<Arc<[u8]>>, Closed> {
        let newest = self.newest();
        if seal::unwrap(newest, row.purpose.as_bytes(), &row.wrapped).is_ok() {
            return Ok(None);
        }
        let key = self.key(row)?;
        Ok(Some(seal::wrap(self.cipher, newest, random(&*self.entropy), row.purpose.as_bytes(), &key).into()))
    }

    /// A new key for a person and purpose, with the digests by which the person may be found.
    pub fn new_key(&self, purpose: &str, digests: &[Digest16]) -> (NewKey, Key) {
        let key = Key::random(&*self.entropy);
        let wrapped = seal::wrap(self.cipher, self.newest(), random(&*self.entropy), purpose.as_bytes(), &key);
        let blind: Vec<u8> = digests.iter().flat_map(|digest| digest.0).collect();
        (NewKey { purpose: purpose.into(), wrapped: wrapped.into(), blind: blind.into() }, key)
    }

    /// Opens a stored key.
    ///
    /// # Errors
    /// When it was changed, or wrapped for another purpose.
    pub fn key(&self, row: &KeyRow) -> Result<Key, Closed> {
        let opened = self.wrapping.iter().find_map(|key| seal::unwrap(key, row.purpose.as_bytes(), &row.wrapped).ok());
        opened.ok_or(Closed::Damaged)
    }

    /// Seals bytes under a key.
    pub fn seal(&self, key: &Key, purpose: &str, plain: &[u8]) -> Arc<[u8]> {
        seal::seal(self.cipher, key, random(&*self.entropy), purpose.as_bytes(), plain).into()
    }

    /// Opens bytes sealed under a stored key, which is absent once destroyed.
    ///
    /// # Errors
    /// See [`Closed`].
    pub fn unseal(&self, key: Option<&KeyRow>, sealed: &[u8]) -> Result<Vec<u8>, Closed> {
        let row = key.ok_or(Closed::Forgotten)?;
        let plain = seal::open(&self.key(row)?, row.purpose.as_bytes(), sealed).map_err(|_| Closed::Damaged)?;
        Ok(plain.to_vec())
    }

    /// The blind digest of an identifying value, `citizen-number` or `mobile`, which must be in its canonical text.
    pub fn blind(&self, name: &str, value: &str) -> Digest16 {
        hmac16(&self.blind, &[name.as_bytes(), value.as_bytes()])
    }

    /// The secret in the receipt of a case: derived, never stored. Twenty characters, a hundred bits.
    pub fn receipt(&self, case: SubjectId, opened: Moment) -> String {
        let digest = hmac32(&self.receipt, &[&case.0.to_le_bytes(), &opened.0.to_le_bytes()]);
        base32(&digest.0)[..20].to_owned()
    }

    /// A digest for something that must not be guessed, such as a session's token as it is kept.
    pub fn digest(&self, what: &str, value: &[u8]) -> Digest16 {
        hmac16(&self.receipt, &[what.as_bytes(), value])
    }

    /// Seals a secret of working state, such as what somebody's authenticator shares with us.
    pub fn seal_working(&self, what: &str, plain: &[u8]) -> Vec<u8> {
        seal::seal(self.cipher, &self.zone.derive("working"), random(&*self.entropy), what.as_bytes(), plain)
    }

    /// Opens what [`Vault::seal_working`] sealed.
    ///
    /// # Errors
    /// When it is damaged, or was sealed for something else.
    pub fn open_working(&self, what: &str, sealed: &[u8]) -> Result<Vec<u8>, Closed> {
        seal::open(&self.zone.derive("working"), what.as_bytes(), sealed)
            .map(|plain| plain.to_vec())
            .map_err(|_| Closed::Damaged)
    }

    /// The key that signs heads of the chain.
    pub fn signing_key(&self) -> SigningKey {
        SigningKey::from_bytes(self.zone.derive("signed heads").bytes())
    }

    fn newest(&self) -> &Key {
        self.wrapping.first().expect("a ring has a wrapping key")
    }

    /// Where chance comes from.
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.entropy
    }
}
