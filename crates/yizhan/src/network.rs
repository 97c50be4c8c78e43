//! Networks: addresses that begin alike, as `10.1.0.0/16`.

use serde::Deserialize;
use std::net::IpAddr;
use std::str::FromStr;

/// An address is 128 bits here, the older kind in the last 32.
const BITS: u8 = 128;

/// Of an IPv6 address of a caller only the network is known, which is its first half.
const KNOWN: u8 = 64;

/// Addresses that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    first: IpAddr,
    /// How many bits of 128 are alike.
    alike: u8,
}

impl Network {
    /// Whether an address lies in it.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        self.first.is_ipv4() == address.is_ipv4()
            && (bits(self.first) ^ bits(address)).leading_zeros() >= self.alike.into()
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

impl FromStr for Network {
    type Err = String;

    /// `10.1.0.0/16`, `2001:db8::/32`, or one address.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no network: expected 10.1.0.0/16 or an address");
        let (first, alike) = text.split_once('/').unwrap_or((text, ""));
        let first = first.parse::<IpAddr>().map_err(|_| wrong())?;
        let (all, most) = if first.is_ipv4() { (32, BITS) } else { (BITS, KNOWN) };
        let alike = if alike.is_empty() { all } else { alike.parse().map_err(|_| wrong())? };
        if alike > all {
            return Err(wrong());
        }
        Ok(Self { first, alike: (BITS - all + alike).min(most) })
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}
