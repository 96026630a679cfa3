//! Number of addresses in a list of blocks. An address helps to authenticate only while few callers have it.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
    ops::RangeInclusive,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Number of addresses of a list. An address in several blocks counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    /// IPv4 addresses.
    ipv4: u128,
    /// IPv6 /64 networks, because the holder of one address usually has its whole network. A smaller block counts as
    /// the network that it is in.
    ipv6: u128,
}

impl Extent {
    /// Largest list whose addresses help to authenticate.
    pub(crate) const MAX: Self = Self { ipv4: 256, ipv6: 4 };

    /// Counts the addresses of blocks.
    pub(crate) fn of<'a>(blocks: impl IntoIterator<Item = &'a IpNet>) -> Self {
        let (mut ipv4, mut ipv6) = (Vec::new(), Vec::new());
        for block in blocks {
            match block {
                IpNet::V4(block) => {
                    ipv4.push(block.network().to_bits().into()..=block.broadcast().to_bits().into());
                }
                IpNet::V6(block) => {
                    ipv6.push(block.network().to_bits() >> 64..=block.broadcast().to_bits() >> 64);
                }
            }
        }
        Self { ipv4: count(ipv4), ipv6: count(ipv6) }
    }

    /// Reports whether the list has more addresses than [`MAX`](Self::MAX).
    pub(crate) const fn is_too_wide(self) -> bool {
        self.ipv4 > Self::MAX.ipv4 || self.ipv6 > Self::MAX.ipv6
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} IPv4 addresses and {} IPv6 /64 networks", self.ipv4, self.ipv6)
    }
}

/// Reports whether every address of the block is private (RFC 1918, RFC 6598, RFC 4193). No stranger calls from these.
pub(crate) fn is_private(block: &IpNet) -> bool {
    match block {
        IpNet::V4(block) => PRIVATE_V4.iter().any(|private| private.contains(block)),
        IpNet::V6(block) => PRIVATE_V6.contains(block),
    }
}

const PRIVATE_V4: [Ipv4Net; 4] = [
    Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(172, 16, 0, 0), 12),
    Ipv4Net::new_assert(Ipv4Addr::new(192, 168, 0, 0), 16),
    Ipv4Net::new_assert(Ipv4Addr::new(100, 64, 0, 0), 10),
];
const PRIVATE_V6: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7);

/// Counts the numbers in ranges.
fn count(mut ranges: Vec<RangeInclusive<u128>>) -> u128 {
    ranges.sort_unstable_by_key(|range| *range.start());
    // First number above all earlier ranges.
    let mut next = 0;
    let mut sum = 0;
    for range in ranges {
        let end = range.end() + 1;
        sum += end.saturating_sub(next.max(*range.start()));
        next = next.max(end);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::parse_block;

    fn blocks(list: &str) -> Vec<IpNet> {
        list.split(',').map(|block| parse_block(block).unwrap()).collect()
    }

    #[test]
    fn overlapping_blocks_are_counted_once_and_nothing_overflows() {
        for (list, ipv4, ipv6) in [
            ("34.252.67.209,52.30.192.161,34.248.153.151", 3, 0),
            ("10.0.0.0/25,10.0.0.128/25,10.0.0.7,10.0.0.0/24,10.0.0.255/32", 256, 0),
            ("10.0.0.9/24,10.0.1.0/24,10.0.0.0/23", 512, 0),
            ("10.0.1.0,10.0.0.0/24", 257, 0),
            ("0.0.0.0/0,255.255.255.255,0.0.0.0/1", 1 << 32, 0),
            ("255.255.255.255,255.255.255.254", 2, 0),
            ("::ffff:10.0.0.0/120,10.0.0.1,::ffff:10.0.0.2", 256, 0),
            ("2001:db8::1,2001:db8::2,2001:db8::/64,2001:db8::/127", 0, 1),
            ("2001:db8::1,2001:db8:0:1::1", 0, 2),
            ("2001:db8::/62,2001:db8:0:3::1", 0, 4),
            ("2001:db8::/62,2001:db8:0:4::1", 0, 5),
            ("::/0,ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0, 1 << 64),
            ("::/0,0.0.0.0/0", 1 << 32, 1 << 64),
        ] {
            assert_eq!(Extent::of(&blocks(list)), Extent { ipv4, ipv6 }, "{list}");
        }
        assert_eq!(Extent::of([]), Extent { ipv4: 0, ipv6: 0 });
    }

    #[test]
    fn each_kind_of_address_has_its_limit() {
        for (ipv4, ipv6, too_wide) in
            [(0, 0, false), (256, 4, false), (257, 0, true), (0, 5, true), (1 << 32, 1 << 64, true)]
        {
            assert_eq!(Extent { ipv4, ipv6 }.is_too_wide(), too_wide, "{ipv4} {ipv6}");
        }
    }

    #[test]
    fn a_block_is_private_when_all_of_it_is() {
        for list in [
            "10.0.0.0/8,10.255.255.255,172.16.0.0/12,172.31.255.0/24,192.168.0.0/16,100.64.0.0/10,100.127.255.255",
            "fc00::/7,fd12:3456::/32,::ffff:10.0.0.0/104",
        ] {
            assert!(blocks(list).iter().all(is_private), "{list}");
        }
        for list in [
            "0.0.0.0/0,10.0.0.0/7,9.255.255.255,11.0.0.0,172.15.255.255,172.32.0.0,172.16.0.0/11,192.167.0.0/16",
            "100.63.255.255,100.128.0.0,100.64.0.0/9,127.0.0.1,169.254.0.1,::/0,fe80::/10,fb00::/8,fc00::/6,::1",
        ] {
            assert!(!blocks(list).iter().any(is_private), "{list}");
        }
    }
}
