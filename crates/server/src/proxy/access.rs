//! Who may ask: which names of this machine, which pages.
//!
//! A page of the Internet can send requests to `127.0.0.1`. Browsers say whose page it is (`Origin`), and a page that
//! points its own name at `127.0.0.1` (DNS rebinding) still asks for that name (`Host`).

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue, header};

use super::ProxyError;

/// The rules.
#[derive(Debug)]
pub(super) struct Access {
    /// The address listened on.
    listen: IpAddr,
    /// Origins let in, as browsers write them.
    origins: Vec<HeaderValue>,
}

impl Access {
    pub(super) fn new(listen: IpAddr, origins: &[String]) -> Result<Self, ProxyError> {
        let origins = origins.iter().map(|text| origin(text).ok_or_else(|| ProxyError::Origin(text.clone())));
        Ok(Self { listen, origins: origins.collect::<Result<_, _>>()? })
    }

    /// The origin to answer to, if a page asks; or why it may not.
    pub(super) fn admit<'a>(&self, headers: &'a HeaderMap) -> Result<Option<&'a HeaderValue>, &'static str> {
        let hosts: Vec<&HeaderValue> = headers.get_all(header::HOST).iter().collect();
        let [host] = hosts[..] else { return Err("one Host header is needed") };
        if !host.to_str().is_ok_and(|host| self.is_ours(host)) {
            return Err("the Host header names another machine: ask by the address the proxy listens on");
        }
        let origins: Vec<&HeaderValue> = headers.get_all(header::ORIGIN).iter().collect();
        match origins[..] {
            [] => Ok(None),
            [origin] if self.origins.contains(origin) => Ok(Some(origin)),
            _ => Err("a page in a browser asks, and its origin was not let in (--origin)"),
        }
    }

    fn is_ours(&self, host: &str) -> bool {
        let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((name, rest)) => (name, rest.strip_prefix(':').unwrap_or(rest)),
            None => host.split_once(':').unwrap_or((host, "")),
        };
        if !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return false;
        }
        match name.parse::<IpAddr>() {
            // No page can have a number for a name, so on the network any number will do.
            Ok(ip) => ip.is_loopback() || ip == self.listen || !self.listen.is_loopback(),
            Err(_) => name.eq_ignore_ascii_case("localhost"),
        }
    }
}

/// The site an origin stands for, as sign-in messages name it. An extension stands for no site.
pub(super) fn site(origin: &HeaderValue) -> Option<String> {
    let (scheme, site) = origin.to_str().ok()?.split_once("://")?;
    ["http", "https"].contains(&scheme).then(|| site.to_owned())
}

/// An origin as browsers write it: scheme, host and port in lower case, nothing after.
fn origin(text: &str) -> Option<HeaderValue> {
    let (scheme, host) = text.split_once("://")?;
    let fine = |part: &str, also: &[u8]| {
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || also.contains(&byte);
        !part.is_empty() && part.bytes().all(letter)
    };
    (fine(scheme, b"+-.") && fine(host, b"-._:[]")).then(|| HeaderValue::from_str(text).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(listen: &str, host: &str) -> bool {
        Access::new(listen.parse().expect("an address"), &[]).expect("rules").is_ours(host)
    }

    #[test]
    fn only_names_of_this_machine_are_answered() {
        for host in ["localhost", "LOCALHOST:8550", "127.0.0.1:8550", "[::1]:8550", "[::1]"] {
            assert!(admits("127.0.0.1", host), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8550",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "192.168.1.5:8550",
            "localhost:8550@evil.example",
            "[::1]evil",
            "",
        ] {
            assert!(!admits("127.0.0.1", host), "{host}");
        }
        assert!(admits("0.0.0.0", "192.168.1.5:8550") && !admits("0.0.0.0", "evil.example"));
    }

    #[test]
    fn an_origin_is_taken_only_as_browsers_write_it() {
        for text in ["https://app.example.org", "http://localhost:3000", "chrome-extension://abcdef"] {
            assert!(origin(text).is_some(), "{text}");
        }
        for text in [
            "*",
            "null",
            "https://",
            "app.example.org",
            "https://a.example/",
            "https://A.example",
            "https://*.a",
        ] {
            assert!(origin(text).is_none(), "{text}");
        }
    }
}
