//! The first check: the caller's address against the allow-list.
//!
//! An address shows that Prelude calls, but not for which account. Therefore it never authenticates a delivery alone.

pub(crate) mod extent;

use std::net::{IpAddr, SocketAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::{
    inbound::{Headers, Inbound},
    rejection::Rejection,
};

/// Addresses that Prelude documents for Session webhooks
/// (`docs.prelude.so/session/documentation/webhooks/introduction`).
pub const PRELUDE_ADDRESSES: &str = "34.252.67.209,52.30.192.161,34.248.153.151";

/// Treatment of a caller that is not on the allow-list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IpCheck {
    /// The caller is refused.
    #[default]
    Enforce,
    /// The caller is logged and admitted.
    Report,
    /// The caller is admitted.
    Off,
}

/// The allow-list, and the proxies in front of it.
#[derive(Debug, Clone)]
pub struct Gate {
    /// Admitted addresses.
    pub allowed: Vec<IpNet>,
    /// Proxies in front of API Gateway whose `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<IpNet>,
    /// Treatment of other callers.
    pub check: IpCheck,
}

/// Caller of a request, by its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The address, when it is readable.
    pub address: Option<IpAddr>,
    /// The address comes from a trusted proxy's header.
    pub is_forwarded: bool,
    /// Rejection in `enforce` mode; `None` for a listed caller.
    pub refusal: Option<Rejection>,
}

impl Caller {
    /// Reports whether the address is on the allow-list, in every mode.
    #[must_use]
    pub const fn is_listed(&self) -> bool {
        self.refusal.is_none()
    }
}

impl Gate {
    /// Finds the caller, and looks for it in the allow-list.
    #[must_use]
    pub fn identify(&self, inbound: &Inbound) -> Caller {
        let peer = inbound.source_ip.as_deref().and_then(parse_address);
        let is_forwarded = peer.is_some_and(|peer| contains(&self.trusted_proxies, peer));
        let address = if is_forwarded { self.forwarded_for(&inbound.headers) } else { peer };
        let refusal = match address {
            None => Some(Rejection::AddressUnreadable),
            Some(address) if self.entry(address).is_some() => None,
            Some(_) => Some(Rejection::AddressNotAllowed),
        };
        Caller { address, is_forwarded, refusal }
    }

    /// First entry of the allow-list that contains this address.
    #[must_use]
    pub fn entry(&self, address: IpAddr) -> Option<&IpNet> {
        self.allowed.iter().find(|block| block.contains(&address))
    }

    /// Admits the caller, depending on the mode.
    ///
    /// # Errors
    /// The address is not listed or not readable, in `enforce` mode.
    pub const fn admit(&self, caller: &Caller) -> Result<(), Rejection> {
        match (self.check, caller.refusal) {
            (IpCheck::Enforce, Some(refusal)) => Err(refusal),
            _ => Ok(()),
        }
    }

    /// The rightmost address that is not a trusted proxy. The caller may have written everything to its left.
    fn forwarded_for(&self, headers: &Headers) -> Option<IpAddr> {
        for line in headers.all(X_FORWARDED_FOR).rev() {
            for entry in line.rsplit(',') {
                let address = parse_address(entry.trim())?;
                if !contains(&self.trusted_proxies, address) {
                    return Some(address);
                }
            }
        }
        None
    }
}

const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// Reads an address, with or without a port. An IPv4-mapped address counts as IPv4.
fn parse_address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = match bare {
        Some(v6) => IpAddr::V6(v6.parse().ok()?),
        None => text.parse().or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip())).ok()?,
    };
    Some(address.to_canonical())
}

fn contains(blocks: &[IpNet], address: IpAddr) -> bool {
    blocks.iter().any(|block| block.contains(&address))
}

/// Reads an address or a CIDR block. An IPv4-mapped one counts as IPv4.
pub(crate) fn parse_block(text: &str) -> Option<IpNet> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(IpNet::from(address.to_canonical()));
    }
    let block = text.parse::<IpNet>().ok()?;
    Some(mapped_to_v4(&block).map_or(block, IpNet::V4))
}

fn mapped_to_v4(block: &IpNet) -> Option<Ipv4Net> {
    let IpNet::V6(v6) = block else { return None };
    let prefix = v6.prefix_len().checked_sub(96)?;
    Ipv4Net::new(Ipv6Net::addr(v6).to_ipv4_mapped()?, prefix).ok()
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::inbound::{Body, Query};

    fn inbound(source_ip: Option<&str>, forwarded: &[&str]) -> Inbound {
        let headers = forwarded.iter().map(|line| ("X-Forwarded-For".into(), (*line).into()));
        Inbound {
            method: Method::POST,
            path: "/webhooks".into(),
            query: Query::Raw(String::new()),
            headers: Headers(headers.collect()),
            source_ip: source_ip.map(Into::into),
            body: Body::Text(String::new()),
        }
    }

    fn gate(allowed: &str, proxies: &str, check: IpCheck) -> Gate {
        let blocks =
            |list: &str| list.split(',').filter(|b| !b.is_empty()).map(|b| parse_block(b).unwrap()).collect();
        Gate { allowed: blocks(allowed), trusted_proxies: blocks(proxies), check }
    }

    #[test]
    fn an_address_is_admitted_in_every_spelling() {
        let gate = gate("34.252.67.209,10.1.0.0/16,2001:db8::/32", "", IpCheck::Enforce);
        for listed in [
            "34.252.67.209",
            "34.252.67.209:443",
            "::ffff:34.252.67.209",
            "[::ffff:34.252.67.209]:443",
            "10.1.255.255",
            "2001:db8::1",
            "[2001:db8::1]:8080",
            "[2001:db8::1]",
        ] {
            assert!(gate.identify(&inbound(Some(listed), &[])).is_listed(), "{listed}");
        }
        for other in ["34.252.67.210", "10.2.0.0", "2001:db9::1"] {
            let caller = gate.identify(&inbound(Some(other), &[]));
            assert_eq!(gate.admit(&caller), Err(Rejection::AddressNotAllowed), "{other}");
        }
        for unreadable in
            [None, Some(""), Some("unknown"), Some("34.252.67.209, 1.2.3.4"), Some("34.252.67.209:x")]
        {
            let caller = gate.identify(&inbound(unreadable, &[]));
            assert_eq!(gate.admit(&caller), Err(Rejection::AddressUnreadable), "{unreadable:?}");
        }
    }

    #[test]
    fn report_and_off_admit_but_do_not_list() {
        for check in [IpCheck::Report, IpCheck::Off] {
            let gate = gate("34.252.67.209", "", check);
            let caller = gate.identify(&inbound(Some("1.2.3.4"), &[]));
            assert_eq!(gate.admit(&caller), Ok(()));
            assert!(!caller.is_listed());
        }
    }

    #[test]
    fn forwarded_for_is_read_only_behind_a_trusted_proxy_and_from_the_right() {
        let gate = gate("34.252.67.209", "10.0.0.0/8", IpCheck::Enforce);
        let listed = |peer, lines: &[&str]| gate.identify(&inbound(Some(peer), lines)).refusal;
        assert_eq!(listed("1.2.3.4", &["34.252.67.209"]), Some(Rejection::AddressNotAllowed));
        assert_eq!(listed("10.0.0.1", &["34.252.67.209"]), None);
        assert_eq!(listed("10.0.0.1:9", &["6.6.6.6, 34.252.67.209:80 , 10.9.9.9"]), None);
        assert_eq!(listed("10.0.0.1", &["6.6.6.6", "34.252.67.209", "10.0.0.2"]), None);
        assert_eq!(listed("10.0.0.1", &["34.252.67.209, 6.6.6.6"]), Some(Rejection::AddressNotAllowed));
        assert_eq!(listed("10.0.0.1", &["34.252.67.209", "6.6.6.6"]), Some(Rejection::AddressNotAllowed));
        for lines in
            [&[][..], &[""], &["34.252.67.209, "], &["34.252.67.209, unknown"], &["10.0.0.2, 10.0.0.3"]]
        {
            assert_eq!(listed("10.0.0.1", lines), Some(Rejection::AddressUnreadable), "{lines:?}");
        }
        assert_eq!(listed("10.0.0.1", &["34.252.67.209, \u{e9}"]), Some(Rejection::AddressUnreadable));
        assert_eq!(
            listed("10.0.0.1", &["\u{e9}, 34.252.67.209"]),
            None,
            "what stands further left is not read"
        );
    }

    #[test]
    fn mapped_blocks_are_ipv4_blocks() {
        assert_eq!(parse_block("::ffff:10.0.0.0/104"), parse_block("10.0.0.0/8"));
        assert_eq!(parse_block("::ffff:10.0.0.1"), parse_block("10.0.0.1/32"));
        assert_eq!(parse_block("10.0.0.0/33"), None);
        assert_eq!(parse_block("prelude.so"), None);
    }
}
