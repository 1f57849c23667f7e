//! Keys in addresses: whatever a server does, nothing of them is printed or kept.

use std::{fs, io::Write, net::TcpListener, path::Path, process::Output};

use tracehound_testkit::http::{Response, Server};

use crate::screen::tracehound;

const KEY: &str = "s3cr3t-k3y";
const ADDRESS: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";
const BITCOIN: &str = "3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG";
const CALL: &str = r#"{"from":"0xb7AD6e4069d5C9A7BAA3Feb1db645A8032434aE3","to":"0xF946445B497Fc21617cc9bBf3606167aD8c5CEeB","value":"0x1","chainId":"0x1"}"#;

/// Servers that fail, each in its own way, and repeat what they were asked.
fn servers() -> Vec<Server> {
    let redirect = |to: String| Response { headers: vec![("Location", to)], ..Response::status(302, "") };
    vec![
        Server::start(|request| Some(Response::status(401, &format!("who asks for {}?", request.path)))),
        Server::start(|request| Some(Response::status(500, &format!("Cannot GET {}", request.path)))),
        Server::start(|request| Some(Response::ok(format!("<html>{}</html>", request.path)))),
        Server::start(|request| {
            let body = serde_json::json!({
                "jsonrpc": "2.0", "id": 1, "result": null, "chain": request.path,
                "error": {"code": -32000, "message": format!("no project {}", request.path)},
            });
            Some(Response::ok(body.to_string()))
        }),
        Server::start(move |request| Some(redirect(format!("https://elsewhere.example{}", request.path)))),
    ]
}

fn without_the_key(output: &Output, what: &str) {
    for bytes in [&output.stdout, &output.stderr] {
        let said = String::from_utf8_lossy(bytes);
        assert!(!said.to_lowercase().contains(KEY), "{what}: {said}");
        assert!(!said.contains("Diagnostic {") && !said.contains("panicked"), "{what}: {said}");
    }
}

fn nothing_kept(folder: &Path) {
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            nothing_kept(&path);
        } else {
            let bytes = fs::read(&path).expect("readable");
            let found = bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
}

fn ask(data: &Path, url: &str) {
    let cookie = data.join("cookie");
    fs::write(&cookie, "me:word").expect("written");
    let cookie = cookie.to_string_lossy().into_owned();
    for (args, input) in [
        (&["ingest", "node", url, "--rest"][..], ""),
        (&["ingest", "node", url, "--cookie", &cookie, "--output", "json"], ""),
        (&["screen", BITCOIN, "--esplora", url, "--output", "json"], ""),
        (&["guard", "safe", url], ""),
        (&["guard", "watch", url, "--looks", "1"], ""),
        (&["guard", "tx", "-", "--rpc", url, "--no-lists"], CALL),
        (&["guard", "tx", "-", "--rpc", url, "--no-lists", "--output", "json"], CALL),
        (&["wallet", "check", "--address", ADDRESS, "--rpc", url, "--output", "json"], ""),
        // Slips: a file where none is, an argument too many.
        (&["lists", "import", url], ""),
        (&["ingest", "node", "http://127.0.0.1:1", url, "--rest"], ""),
    ] {
        // All that could be told is.
        let output = tracehound(data, &[&["--log", "trace:json"], args].concat(), input);
        assert_ne!(output.status.code(), Some(0), "{args:?}");
        without_the_key(&output, &format!("{args:?}"));
    }
    nothing_kept(data);
}

#[test]
fn whatever_a_server_answers_no_key_is_printed_or_kept() {
    for server in servers() {
        let data = tempfile::tempdir().expect("folder");
        ask(data.path(), &format!("{}/{KEY}/v3?token={KEY}-2", server.url()));
    }
}

#[test]
fn addresses_that_cannot_be_used_are_not_repeated() {
    let gone = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
    for url in [format!("https://me:{KEY}@{gone}/"), format!("http:///{KEY}"), format!("ftp://{gone}/{KEY}")]
    {
        let data = tempfile::tempdir().expect("folder");
        for args in [
            &["ingest", "node", &url, "--rest"][..],
            &["screen", BITCOIN, "--esplora", &url],
            &["guard", "tx", "-", "--rpc", &url],
            &["wallet", "check", "--address", ADDRESS, "--rpc", &url],
            &["guard", "proxy", "--upstream", &url, "--origin", "nonsense"],
        ] {
            let output = tracehound(data.path(), args, CALL);
            assert_ne!(output.status.code(), Some(0), "{args:?}");
            without_the_key(&output, &format!("{args:?}"));
        }
    }
}

#[test]
fn an_address_where_a_file_belongs_is_an_error_at_once_and_not_repeated() {
    let data = tempfile::tempdir().expect("folder");
    for (url, shown) in [
        (format!("127.0.0.1/{KEY}"), "127.0.0.1/…"),
        (format!("127.0.0.1:8545/{KEY}"), "127.0.0.1:8545/…"),
        (format!("node.example/{KEY}"), "node.example/…"),
        (format!("me:{KEY}@node.example"), "node.example/…"),
        (format!("htp://node.example/{KEY}"), "htp://node.example/…"),
        (format!("htp://{KEY}"), "htp://…"),
        (format!("http:/node.example/{KEY}"), "http://node.example/…"),
    ] {
        let held = format!("@{url}");
        for args in [
            &["guard", "watch", &url, "--looks", "1"][..],
            &["guard", "safe", &url],
            &["guard", "tx", "-", "--policy", &url],
            &["guard", "tx", "-", "--facts", &url],
            &["guard", "tx", "-", "--erc7730", &url],
            &["guard", "tx", "-", "--rpc", &held],
            &["guard", "policy", "check", &url],
            &["lists", "import", &url],
            &["ingest", "bitcoin", &url],
            &["ingest", "node", "http://127.0.0.1:1", "--cookie", &url],
            &["policy", "diff", "strict", &url],
            &["policy", "diff", "strict", "lists-only", "--over", &url],
            &["screen", BITCOIN, "--policy", &url],
            &["wallet", "check", "--answers", &url],
        ] {
            let output = tracehound(data.path(), args, CALL);
            assert_eq!(output.status.code(), Some(2), "{args:?}");
            without_the_key(&output, &format!("{args:?}"));
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                said.matches(shown).count() == 1 && said.contains("address of a server"),
                "{args:?}: {said}"
            );
        }
        // An argument too many, and one of another kind.
        for args in [&["policy", "check", "a", &url][..], &["guard", "watch", "x", "--every", &url]] {
            let output = tracehound(data.path(), args, CALL);
            assert_eq!(output.status.code(), Some(2), "{args:?}");
            without_the_key(&output, &format!("{args:?}"));
        }
        // In a file that holds an address it is one too.
        let file = data.path().join("address");
        fs::write(&file, &url).expect("written");
        let output = tracehound(
            data.path(),
            &["guard", "watch", &format!("@{}", file.display()), "--looks", "1"],
            CALL,
        );
        assert_eq!(output.status.code(), Some(1));
        without_the_key(&output, "in a file");
    }
    // A file that is there is a file.
    fs::create_dir(data.path().join("node.example")).expect("made");
    let file = data.path().join("node.example/policy.toml");
    let output = tracehound(data.path(), &["policy", "check", &file.to_string_lossy()], "");
    assert!(String::from_utf8_lossy(&output.stderr).contains("node.example/policy.toml"));
}

#[test]
fn an_address_may_lie_in_a_file_or_in_the_environment() {
    let server = Server::start(|request| Some(Response::status(500, &format!("at {}", request.path.len()))));
    let data = tempfile::tempdir().expect("folder");
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    writeln!(file, "{}/{KEY}", server.url()).expect("written");
    let given = format!("@{}", file.path().display());
    for args in [
        &["ingest", "node", &given, "--rest"][..],
        &["screen", BITCOIN, "--esplora", &given],
        &["guard", "safe", &given],
        &["wallet", "check", "--address", ADDRESS, "--rpc", &given],
    ] {
        let output = tracehound(data.path(), args, "");
        let said = [&output.stdout[..], &output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains(&server.url()) && said.contains("HTTP 500"), "{args:?}: {said}");
        without_the_key(&output, &format!("{args:?}"));
    }
    let output = tracehound(data.path(), &["ingest", "node", "env:NOBODY_SETS_THIS", "--rest"], "");
    assert!(String::from_utf8_lossy(&output.stderr).contains("NOBODY_SETS_THIS is not set"));
    let args = ["ingest", "node", "http://127.0.0.1:1", "--user", "me", "--password", KEY];
    let output = tracehound(data.path(), &args, "");
    assert_eq!(output.status.code(), Some(1));
    without_the_key(&output, "--password");
}

#[cfg(unix)]
#[test]
fn a_new_data_folder_is_its_owners_alone_and_an_older_wider_one_is_named() {
    use std::os::unix::fs::PermissionsExt;

    fn modes(folder: &Path, most: u32) {
        for entry in fs::read_dir(folder).expect("readable") {
            let path = entry.expect("an entry").path();
            let mode = fs::metadata(&path).expect("there").permissions().mode() & 0o777;
            assert_eq!(mode & !most, 0, "{} is {mode:o}", path.display());
            if path.is_dir() {
                modes(&path, most);
            }
        }
    }
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    let home = tempfile::tempdir().expect("folder");
    for (name, args, wanted) in [("own", &[][..], 0o700), ("team", &["--group"][..], 0o750)] {
        let data = home.path().join(name);
        let output = tracehound(&data, &[args, &["screen", BITCOIN]].concat(), "");
        assert_eq!(mode(&data), wanted);
        assert!(!String::from_utf8_lossy(&output.stderr).contains("chmod"));
        // The second time without the flag: the folder says it.
        let output = tracehound(&data, &["lists", "list"], "");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("chmod"));
        modes(&data, wanted);
    }
    let wide = home.path().join("wide");
    fs::create_dir_all(wide.join("attribution")).expect("made");
    for folder in [wide.clone(), wide.join("attribution")] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("set");
    }
    let output = tracehound(&wide, &["lists", "list"], "");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(said.matches(&format!("chmod -R go= '{}'", wide.display())).count(), 1, "{said}");
    let output = tracehound(&wide, &["lists", "list", "--quiet"], "");
    assert!(output.stderr.is_empty());
}
