//! Which addresses a file is fetched from.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use ureq::{
    Error,
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::NextTimeout,
    },
};

/// Where a fetch may go: to public addresses, or, for a file on a loopback address, nowhere but to loopback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Public addresses, by HTTPS.
    Public,
    /// This machine, by HTTP too.
    Loopback,
}

impl Reach {
    /// The reach of a file at `url`.
    pub(crate) fn of(url: &Uri) -> Self {
        let name = url.host().is_some_and(|host| host.eq_ignore_ascii_case("localhost"));
        if name || literal(url).is_some_and(|ip| ip.is_loopback()) { Self::Loopback } else { Self::Public }
    }

    /// Says why `url` is not fetched, judged by its text alone.
    pub(crate) fn check(self, url: &Uri) -> Result<(), String> {
        let Some(host) = url.host().filter(|host| !host.is_empty()) else {
            return Err("it names no host".to_owned());
        };
        if url.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err("it carries a user name".to_owned());
        }
        let encrypted = match url.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("only https is fetched".to_owned()),
        };
        if !encrypted && (self, Self::of(url)) != (Self::Loopback, Self::Loopback) {
            return Err("plain http can be altered on the way; only https is fetched".to_owned());
        }
        literal(url).map_or(Ok(()), |ip| self.check_ip(host, ip))
    }

    fn check_ip(self, host: &str, ip: IpAddr) -> Result<(), String> {
        let allowed = match self {
            Self::Public => is_public(ip),
            Self::Loopback => ip.is_loopback(),
        };
        let kind = if self == Self::Public { "a public" } else { "a loopback" };
        if allowed { Ok(()) } else { Err(format!("{host} is {ip}, which is not {kind} address")) }
    }
}

/// Resolves names as usual and refuses addresses out of reach, at the moment of connecting: a name that changes between
/// a check and the connection gains nothing.
#[derive(Debug)]
pub(crate) struct GuardedResolver {
    pub(crate) reach: Reach,
    pub(crate) resolver: DefaultResolver,
}

/// Why a name was not resolved; carried through the client inside an I/O error.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct OutOfReach(pub(crate) String);

impl Resolver for GuardedResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let addresses = self.resolver.resolve(uri, config, timeout)?;
        // The user's own proxy may well have a private address.
        if config.proxy().is_some_and(|proxy| Some(proxy.host()) == uri.host()) {
            return Ok(addresses);
        }
        for address in &addresses {
            self.reach
                .check_ip(uri.host().unwrap_or_default(), address.ip())
                .map_err(|reason| Error::Io(io::Error::other(OutOfReach(reason))))?;
        }
        Ok(addresses)
    }
}

/// The address that a URL states as its host.
fn literal(url: &Uri) -> Option<IpAddr> {
    url.host()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Whether an address is of the public internet (IANA special-purpose address registries, RFC 6890).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || (a, b & 0xc0) == (100, 64)
        || (a, b, c) == (192, 0, 0)
        || (a, b & 0xfe) == (198, 18);
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match ip.segments() {
        // IPv4 written as IPv6, compatible, mapped or translated (NAT64), and 6to4.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => is_public_v4(embedded(high, low)),
        // Documentation, Teredo, benchmarking and the like.
        [0x2001, 0..0x200 | 0xdb8, ..] | [0x3fff, 0..0x1000, ..] => false,
        // All that is given out is in 2000::/3.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_in_every_guise_are_not_public() {
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "fc00::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn only_https_to_public_hosts_or_loopback_from_loopback() {
        let check = |list: &str, url: &str| Reach::of(&list.parse().unwrap()).check(&url.parse().unwrap());
        let public = "https://example.org/list.xml";
        let local = "http://127.0.0.1:8000/list.xml";
        assert_eq!(check(public, public), Ok(()));
        assert_eq!(check(local, local), Ok(()));
        for (list, url) in [
            (public, "http://example.org/list.xml"),
            (public, "https://127.0.0.1/"),
            (public, "https://[::1]/"),
            (public, "https://[::ffff:10.0.0.1]/"),
            (public, "https://192.168.0.1/"),
            (public, "https://user@example.org/"),
            (public, "ftp://example.org/"),
            (public, "http://127.0.0.1:8000/"),
            (local, "http://example.org/"),
            (local, "http://10.0.0.1/"),
        ] {
            assert!(check(list, url).is_err(), "{list} -> {url}");
        }
    }
}
