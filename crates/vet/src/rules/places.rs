//! Places in a text that say what it is after: wallets, keys, servers without a name, hosts that loaders use.

use crate::{
    code::dialect,
    finding::{CheckId, Finding, Severity},
    source::Source,
};

/// Where wallets, passwords and keys lie. One alone is in many honest files.
const STEAL: &[&str] = &[
    "nkbihfbeogaeaoehlefnkodbefgpgknn",
    "bfnaelmomeimhlpmgjnjophhpkkoljpa",
    "ibnejdfjmmkpcnlpebklmnkoeoihofec",
    "hnfanknocfeofbddgcijnmhnfnkdnaad",
    "fhbohimaelbohpjbbldcngcnapndodjp",
    "aeachknmefphepccionboohckonoeemg",
    "ejbalbakoplchlghecdalmeeeajnimhm",
    "egjidjbpglichdcondbcbdnbeeppgdph",
    "Local Extension Settings",
    "Login Data",
    "key4.db",
    "logins.json",
    "login.keychain",
    ".config/solana/id.json",
    "solana/id.json",
    "exodus.wallet",
    "Library/Keychains",
    "wallet.dat",
    "Ethereum/keystore",
    "Electrum/wallets",
    "atomic/Local Storage",
    "Cookies.binarycookies",
    "BraveSoftware",
    ".electrum",
    "Coinomi/wallets",
    "Bitcoin/wallets",
    "Web Data",
];

/// Ports that loaders of these campaigns were seen at.
const PORTS: &[&str] = &["1224", "1244", "1245", "2245", "5918", "1249", "8637"];

/// Hosts where a text can be left under an address and changed later.
const PASTES: &[&str] = &[
    "jsonkeeper.com",
    "npoint.io",
    "mocki.io",
    "pastebin.com/raw",
    "hastebin",
    "rentry.co",
    "jsonbin.io",
    "paste.ee",
    "ghostbin",
    "0bin.net",
    "controlc.com",
    "api.jsonsilo.com",
    "jsonsilo.com",
    "beeceptor.com",
    "run.mocky.io",
    "mockapi.io",
    "webhook.site",
    "pipedream.net",
    "telegra.ph",
    "transfer.sh",
];

pub(super) fn read(source: &Source<'_>, findings: &mut Vec<Finding>) {
    let code =
        dialect(&source.ending()).is_some() || matches!(&source.ending()[..], "sh" | "bat" | "ps1" | "");
    if !code {
        return;
    }
    let found: Vec<&str> = STEAL.iter().filter(|word| source.text.contains(**word)).copied().collect();
    let wallets =
        found.iter().any(|word| word.len() == 32 || word.contains("wallet") || word.contains("solana"));
    let sends = [
        "upload",
        "FormData",
        "axios.post",
        "requests.post",
        "http.request",
        "https.request",
        "fetch(",
        "sendDocument",
        ".post(",
    ]
    .iter()
    .any(|word| source.text.contains(word));
    if found.len() >= 3 && wallets && sends || found.len() >= 5 && wallets {
        let at = found.iter().filter_map(|word| source.text.find(*word)).min().unwrap_or(0);
        let title = format!(
            "It names {} places where wallets, passwords and keys lie, and sends files.",
            found.len()
        );
        findings.push(
            Finding::new(CheckId::Steal01, Severity::Critical, source.path, title)
                .at(source.line_at(at))
                .showing(&found.join(", "))
                .attack(&["T1555", "T1005", "T1041"]),
        );
    } else if found.len() >= 2 {
        let at = found.iter().filter_map(|word| source.text.find(*word)).min().unwrap_or(0);
        let title = "It names places where wallets, passwords or keys lie.";
        findings.push(
            Finding::new(CheckId::Steal01, Severity::Low, source.path, title)
                .at(source.line_at(at))
                .showing(&found.join(", "))
                .attack(&["T1555"]),
        );
    }
    for (line, number) in source.text.lines().zip(1_u32..) {
        if line.len() > 4000 {
            continue;
        }
        if let Some(server) = nameless_server(line) {
            let title = "A server without a name at a port that such loaders use is written in the code.";
            findings.push(
                Finding::new(CheckId::Net01, Severity::High, source.path, title)
                    .at(number)
                    .showing(server)
                    .attack(&["T1571"]),
            );
        }
        if let Some(host) = PASTES.iter().find(|host| line.contains(**host)) {
            let title = format!("It names {host}, where what is fetched can be changed at any time.");
            findings.push(
                Finding::new(CheckId::Load02, Severity::Low, source.path, title)
                    .at(number)
                    .showing(line.trim())
                    .attack(&["T1102.001"]),
            );
        }
        if findings.len() > 200 {
            return;
        }
    }
}

/// `http://192.0.2.10:1224/…`: an address that is not of the machine or its own network.
fn nameless_server(line: &str) -> Option<&str> {
    for (at, _) in line.match_indices("://") {
        let rest = &line[at + 3..];
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':')).unwrap_or(rest.len());
        let (host, port) = rest[..end].split_once(':')?;
        let parts: Vec<u8> = host.split('.').filter_map(|part| part.parse().ok()).collect();
        let public = match parts[..] {
            [10 | 127 | 0, ..] | [192, 168, ..] | [169, 254, ..] => false,
            [172, second, ..] => !(16..32).contains(&second),
            [_, _, _, _] => true,
            _ => false,
        };
        if public && PORTS.contains(&port) {
            return Some(&rest[..end]);
        }
    }
    None
}
