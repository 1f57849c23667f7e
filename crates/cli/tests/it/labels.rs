//! `labels`: from a spreadsheet to a name, and what is refused on the way.

use std::{fs, path::Path, process::Command};

use minisign::{KeyPair, sign};
use serde_json::Value;

use crate::{
    schemas::has_form,
    screen::{text, tracehound},
};

const HEADER: &str = "chain,address,label,entity,category,predicate,source,version,licence,confidence";
pub(crate) const WALLET: &str = "0x28C6c06298d514Db089934071355E5743bf21d60";
pub(crate) const TOKEN: &str = "0x6B175474E89094C44Da98b954EedeAC495271d0F";

/// A folder with label files and plans; days long ago, so that no test depends on the clock.
pub(crate) struct Desk(pub(crate) tempfile::TempDir);

impl Desk {
    pub(crate) fn new() -> Self {
        let desk = Self(tempfile::tempdir().expect("a folder"));
        let rows = |rows: &[String]| format!("{HEADER}\n{}\n", rows.join("\n"));
        let wallet = |entity: &str, source: &str, sure: u8| {
            format!(
                "eip155:1,{WALLET},{entity} 14,{entity},exchange,controls,{source},1/2025-01-02,CC0-1.0,{sure}"
            )
        };
        let token = format!("eip155:1,{TOKEN},DAI,DAI,defi_token,contract_of,owner/tokens,1,CC0-1.0,70");
        desk.write("one.csv", &rows(&[wallet("Binance", "first/list", 50), token.clone()]));
        desk.write(
            "two.csv",
            &rows(&[wallet("Binance", "first/list", 50), wallet("Kraken", "second/list", 50), token]),
        );
        desk.write(
            "mixed.csv",
            &rows(&[wallet("Binance", "first/list", 50), wallet("somebody.eth", "x/y", 50)]),
        );
        for version in 1..=3 {
            desk.write(
                &format!("plan-{version}.toml"),
                &format!(
                    "name = \"ours\"\nversion = {version}\nissued = 2025-01-0{version}\npublisher = \"Example agency\"\n\
                     [licences.\"CC0-1.0\"]\nterms = \"public domain\"\n"
                ),
            );
        }
        desk
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).expect("written");
    }

    /// Exit code, what was said, and the errors; paths are those of the folder.
    pub(crate) fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let folder = self.0.path().display().to_string();
        let named = |arg: &&str| match arg.strip_prefix('@') {
            Some(name) => self.path(name),
            None => (*arg).to_owned(),
        };
        let args: Vec<String> = args.iter().map(named).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = tracehound(&self.0.path().join("data"), &args, "");
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&folder, "FOLDER");
        (output.status.code(), shown(&output.stdout), shown(&output.stderr))
    }

    /// As [`run`](Self::run), with every file by its name in the folder.
    fn run_here(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let is_file = |arg: &str| arg.contains('.') && !arg.starts_with('/');
        let args: Vec<String> =
            args.iter().map(|arg| if is_file(arg) { format!("@{arg}") } else { (*arg).to_owned() }).collect();
        self.run(&args.iter().map(String::as_str).collect::<Vec<_>>())
    }

    pub(crate) fn pack(&self, version: u8, file: &str, after: Option<&str>) {
        let (plan, to) = (format!("@plan-{version}.toml"), format!("@ours-{version}.labels"));
        let mut args = vec!["labels", "pack", "--plan", &plan, "--to", &to, file];
        args.extend(after.iter().flat_map(|after| ["--after", after]));
        let (code, _, error) = self.run(&args);
        assert_eq!(code, Some(0), "{error}");
    }
}

fn signed(path: &Path, key: &KeyPair) {
    let bytes = fs::read(path).expect("read");
    let signature = sign(Some(&key.pk), &key.sk, &bytes[..], None, None).expect("signed").into_string();
    fs::write(format!("{}.minisig", path.display()), signature).expect("written");
}

#[test]
fn from_a_spreadsheet_to_a_name_and_its_dispute() {
    let desk = Desk::new();
    let (code, said, _) = desk.run(&["labels", "show", WALLET, "--on", "2025-06-01"]);
    assert_eq!(code, Some(30), "no pack is no answer: {said}");

    let (code, said, error) =
        desk.run(&["labels", "pack", "--plan", "@plan-1.toml", "--to", "@ours-1.labels", "@one.csv"]);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    insta::assert_snapshot!("labels_pack", said);
    assert_eq!(desk.run(&["labels", "apply", "@ours-1.labels"]).0, Some(0));
    let (code, said, _) = desk.run(&["labels", "show", WALLET, "--on", "2025-06-01"]);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!("labels_show", said);
    let (code, said, _) = desk.run(&["labels", "show", &format!("eth:{TOKEN}"), "--on", "2025-06-01"]);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!("labels_show_an_asset", said);

    // A second source that says otherwise, in a delta.
    desk.pack(2, "@two.csv", Some("@ours-1.labels"));
    let (_, said, _) =
        desk.run(&["labels", "diff", "@ours-1.labels", "@ours-2.labels", "--delta", "@1-2.delta"]);
    insta::assert_snapshot!("labels_diff", said);
    let (code, said, error) = desk.run(&["labels", "apply", "@1-2.delta"]);
    assert_eq!(code, Some(0), "{error}");
    assert!(said.starts_with("ours version 2 is in force: 3 labels of 2 addresses"), "{said}");
    let (code, said, _) = desk.run(&["labels", "show", WALLET, "--on", "2025-06-01"]);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!("labels_show_a_dispute", said);

    // What ended stays as history.
    desk.pack(3, "@one.csv", Some("@ours-2.labels"));
    assert_eq!(desk.run(&["labels", "apply", "@ours-3.labels"]).0, Some(0));
    let names = |day: &str| -> Vec<String> {
        let (_, said, _) = desk.run(&["labels", "show", WALLET, "--on", day, "--output", "json"]);
        let answer: Value = serde_json::from_str(&said).expect("JSON");
        let statements = answer["chains"][0]["statements"].as_array().expect("statements");
        statements.iter().map(|said| said["entity"].as_str().expect("an entity").to_owned()).collect()
    };
    assert_eq!(names("2025-01-02"), ["Binance", "Kraken"]);
    assert_eq!(names("2025-01-03"), ["Binance"]);
    let (_, list, _) = desk.run(&["labels", "list"]);
    insta::assert_snapshot!("labels_list", list);
    assert_eq!(desk.run(&["labels", "remove", "ours"]).0, Some(0));
    assert_eq!(desk.run(&["labels", "freshness"]).0, Some(30), "none is in force");
}

#[test]
fn no_delta_is_written_that_nobody_could_apply() {
    let desk = Desk::new();
    desk.pack(1, "@one.csv", None);
    desk.pack(2, "@two.csv", None);
    let diff = ["labels", "diff", "@ours-1.labels", "@ours-2.labels"];
    let (code, _, error) = desk.run(&[&diff[..], &["--delta", "@1-2.delta"]].concat());
    assert_eq!(code, Some(1), "{error}");
    let error = error.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(error.contains("not made `--after` the first"), "{error}");
    assert!(!desk.0.path().join("1-2.delta").exists());
    // To look at what differs needs no delta.
    assert_eq!(desk.run(&diff).0, Some(0));
}

#[test]
fn what_is_refused_is_said_and_changes_nothing() {
    let desk = Desk::new();
    let (code, _, error) =
        desk.run(&["labels", "pack", "--plan", "@plan-1.toml", "--to", "@mixed.labels", "@mixed.csv"]);
    assert_eq!(code, Some(30), "{error}");
    assert!(error.contains("mixed.csv:3: `somebody.eth` is a name of a name service"), "{error}");
    desk.pack(1, "@one.csv", None);
    desk.pack(2, "@two.csv", None);
    assert_eq!(desk.run(&["labels", "apply", "@ours-2.labels"]).0, Some(0));
    let (code, _, error) = desk.run(&["labels", "apply", "@ours-1.labels"]);
    assert_eq!(code, Some(1));
    assert!(error.contains("ours version 1 is not newer than version 2"), "{error}");
    let (code, _, error) = desk.run(&["labels", "apply", "@one.csv"]);
    assert_eq!(code, Some(1));
    assert!(error.contains("does not begin as such a file does"), "{error}");
    let (code, _, error) = desk.run(&["labels", "show", "0x28C6c06298d514Db089934071355E5743bf21d61"]);
    assert_eq!(code, Some(1));
    assert!(error.contains("checksum"), "{error}");
    let (code, _, error) = desk.run(&["labels", "show", "nobody's"]);
    assert_eq!(code, Some(1));
    assert!(error.contains("it is no address"), "{error}");

    // A cut pack in force is an error, and no answer without it.
    let data = desk.0.path().join("data/labels");
    let file = fs::read_dir(&data).expect("a folder").map(|file| file.expect("a file").path());
    let file =
        file.into_iter().find(|path| path.extension().is_some_and(|end| end == "labels")).expect("a pack");
    let bytes = fs::read(&file).expect("read");
    fs::remove_file(&file).expect("removed");
    fs::write(&file, &bytes[..bytes.len() - 1]).expect("written");
    let (code, said, _) = desk.run(&["labels", "show", WALLET]);
    assert_eq!((code, said.as_str()), (Some(1), ""));
}

#[test]
fn a_signed_pack_needs_its_key_and_keeps_it() {
    let desk = Desk::new();
    let (ours, other) = (KeyPair::generate_unencrypted_keypair(), KeyPair::generate_unencrypted_keypair());
    let (ours, other) = (ours.expect("a key"), other.expect("a key"));
    desk.write("ours.pub", &format!("untrusted comment: ours\n{}\n", ours.pk.to_base64()));
    desk.pack(1, "@one.csv", None);
    desk.pack(2, "@two.csv", None);
    signed(Path::new(&desk.path("ours-1.labels")), &ours);
    let (code, _, error) = desk.run(&["labels", "apply", "@ours-1.labels"]);
    assert_eq!(code, Some(1));
    assert!(error.contains("no key is trusted for it yet"), "{error}");
    assert_eq!(desk.run(&["labels", "verify", "@ours-1.labels", "--key", "@ours.pub"]).0, Some(0));
    let (code, _, error) = desk.run(&["labels", "verify", "@ours-1.labels", "--key", &other.pk.to_base64()]);
    assert_eq!(code, Some(1));
    assert!(error.contains("0 of the keys that are trusted have signed"), "{error}");
    assert_eq!(desk.run(&["labels", "apply", "@ours-1.labels", "--key", "@ours.pub"]).0, Some(0));
    assert_eq!(desk.run(&["labels", "apply", "@ours-2.labels"]).0, Some(1), "unsigned");
    signed(Path::new(&desk.path("ours-2.labels")), &other);
    assert_eq!(desk.run(&["labels", "apply", "@ours-2.labels"]).0, Some(1), "another's key");
    signed(Path::new(&desk.path("ours-2.labels")), &ours);
    assert_eq!(desk.run(&["labels", "apply", "@ours-2.labels"]).0, Some(0));
}

#[cfg(unix)]
#[test]
fn what_is_read_is_not_written_over_and_what_has_no_end_is_not_waited_for() {
    let desk = Desk::new();
    let before = |name: &str| fs::read(desk.path(name)).expect("read");
    desk.run_here(&["labels", "pack", "--plan", "plan-1.toml", "--to", "ours-1.labels", "one.csv"]);
    desk.run_here(&[
        "labels",
        "pack",
        "--plan",
        "plan-2.toml",
        "--to",
        "ours-2.labels",
        "--after",
        "ours-1.labels",
        "two.csv",
    ]);
    fs::copy(desk.path("one.csv"), desk.path("rows.tmp")).expect("copied");
    let pack = ["labels", "pack", "--plan", "plan-2.toml"];
    let diff = ["labels", "diff", "ours-1.labels", "ours-2.labels", "--delta"];
    let cases: [(&str, Vec<&str>); 6] = [
        ("one.csv", [&pack[..], &["--to", "one.csv", "one.csv"]].concat()),
        ("plan-2.toml", [&pack[..], &["--to", "plan-2.toml", "one.csv"]].concat()),
        (
            "ours-1.labels",
            [&pack[..], &["--to", "./ours-1.labels", "--after", "ours-1.labels", "one.csv"]].concat(),
        ),
        ("rows.tmp", [&pack[..], &["--to", "rows.labels", "rows.tmp"]].concat()),
        ("ours-1.labels", [&diff[..], &["ours-1.labels"]].concat()),
        ("ours-2.labels", [&diff[..], &["ours-2.labels"]].concat()),
    ];
    for (kept, args) in cases {
        let was = before(kept);
        let (code, _, said) = desk.run_here(&args);
        assert_eq!((code, said.contains("is read for it")), (Some(1), true), "{args:?}: {said}");
        assert!(before(kept) == was, "{args:?}");
    }
    // Nor does a file without rows make a pack.
    desk.write("head.csv", &format!("{HEADER}\n"));
    let (code, _, said) =
        desk.run_here(&["labels", "pack", "--plan", "plan-1.toml", "--to", "none.labels", "head.csv"]);
    assert_eq!((code, said.contains("no row")), (Some(1), true), "{said}");
    // A delta that cannot be made leaves the one that is there.
    desk.write("old.delta", "of before");
    let (code, ..) = desk.run_here(&["labels", "diff", "ours-1.labels", "one.csv", "--delta", "old.delta"]);
    assert_eq!((code, before("old.delta")), (Some(1), b"of before".to_vec()));
    assert_eq!(desk.run_here(&[&diff[..], &["old.delta"]].concat()).0, Some(0));
    assert!(before("old.delta").starts_with(b"{"));
    let names = fs::read_dir(desk.0.path()).expect("a folder").map(|file| file.expect("a file").file_name());
    assert!(names.into_iter().all(|name| !name.to_string_lossy().contains(".part")));
    assert!(Command::new("mkfifo").arg(desk.path("a.pipe")).status().expect("mkfifo").success());
    for device in ["/dev/zero", "a.pipe"] {
        for args in [
            vec!["labels", "apply", device],
            vec!["labels", "verify", device],
            vec!["labels", "pack", "--plan", "plan-1.toml", "--to", "x.labels", device],
            vec!["labels", "pack", "--plan", device, "--to", "x.labels", "one.csv"],
            vec!["labels", "pack", "--plan", "plan-2.toml", "--to", "x.labels", "--after", device, "one.csv"],
            vec!["labels", "diff", device, "ours-1.labels"],
            vec!["labels", "coverage", "--trace", device],
            vec!["labels", "apply", "ours-1.labels", "--key", device],
        ] {
            let (code, _, said) = desk.run_here(&args);
            assert_eq!((code, said.contains("plain file")), (Some(1), true), "{args:?}: {said}");
        }
    }
}

#[test]
fn a_refresh_says_whom_it_accuses_no_more_and_other_damage_is_not_its_failure() {
    let desk = Desk::new();
    let gang = format!(
        "eip155:1,{WALLET},Gang 1,Gang,terrorism_financing,controls,first/list,1/2025-01-02,CC0-1.0,60"
    );
    let token = format!("eip155:1,{TOKEN},DAI,DAI,defi_token,contract_of,owner/tokens,1,CC0-1.0,70");
    desk.write("gang.csv", &format!("{HEADER}\n{gang}\n{token}\n"));
    desk.write("later.csv", &format!("{HEADER}\n{token}\n"));
    let plan = fs::read_to_string(desk.path("plan-1.toml")).expect("read");
    desk.write("other.toml", &plan.replace("\"ours\"", "\"other\""));
    for (plan, to, rows) in [
        ("plan-1.toml", "ours-1.labels", "gang.csv"),
        ("plan-2.toml", "ours-2.labels", "later.csv"),
        ("other.toml", "other-1.labels", "one.csv"),
    ] {
        assert_eq!(desk.run_here(&["labels", "pack", "--plan", plan, "--to", to, rows]).0, Some(0));
    }
    desk.run_here(&[
        "labels",
        "pack",
        "--plan",
        "plan-2.toml",
        "--to",
        "goes-on.labels",
        "--after",
        "ours-1.labels",
        "later.csv",
    ]);
    let (code, out, _) = desk.run_here(&["labels", "apply", "ours-1.labels"]);
    assert_eq!((code, out.lines().count()), (Some(0), 1), "nothing was before it: {out}");
    let (code, out, _) = desk.run_here(&["labels", "apply", "ours-2.labels"]);
    assert_eq!(code, Some(0));
    for told in [
        "1 accusations of version 1",
        &format!("{WALLET} as Gang, by first/list"),
        "was not made from the version 1",
    ] {
        assert!(out.contains(told), "{told}: {out}");
    }
    desk.run_here(&["labels", "remove", "ours"]);
    desk.run_here(&["labels", "apply", "ours-1.labels"]);
    let (_, out, _) = desk.run_here(&["labels", "apply", "goes-on.labels", "--output", "json"]);
    let json: Value = serde_json::from_str(&out).expect("JSON");
    let lost = &json["refreshed"];
    assert_eq!((lost["goes_on"].as_bool(), lost["cleared"].as_u64()), (Some(true), Some(1)), "{json}");

    // Another pack is gone: what is asked for is done, and said.
    desk.run_here(&["labels", "apply", "other-1.labels"]);
    let folder = desk.0.path().join("data/labels");
    let lost = fs::read_dir(&folder).expect("a folder").map(|file| file.expect("a file").path());
    let lost = lost.into_iter().find(|path| path.to_string_lossy().contains("/ours-")).expect("a pack");
    fs::remove_file(lost).expect("removed");
    assert_eq!(desk.run_here(&["labels", "apply", "other-1.labels"]).0, Some(0), "the same again");
    assert_eq!(desk.run_here(&["labels", "apply", "--shipped", "--only", "tracehound-constants"]).0, Some(0));
    let (code, _, said) = desk.run_here(&["labels", "list"]);
    assert_eq!((code, said.contains("ours version 2 cannot be read")), (Some(30), true), "{said}");
    // And what it says helps.
    assert_eq!(desk.run_here(&["labels", "apply", "goes-on.labels"]).0, Some(0));
    assert_eq!(desk.run_here(&["labels", "list"]).0, Some(0));
}

#[test]
fn a_pool_is_told_by_its_mark_and_nobody_by_none() {
    let desk = Desk::new();
    let (code, said, error) = desk.run(&["labels", "pool", "0393ba0a2f5669614254432f"]);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    assert!(
        said.starts_with("ViaBTC by its mark `/ViaBTC/`") && said.contains("anybody can write it"),
        "{said}"
    );
    let (code, said, _) = desk.run(&["labels", "pool", "0393ba0a"]);
    assert_eq!(code, Some(0));
    assert!(said.starts_with("no mark that is known"), "{said}");
    for wrong in ["", "zz", "00", &"00".repeat(101)] {
        assert_eq!(desk.run(&["labels", "pool", wrong]).0, Some(1), "{wrong}");
    }
}

#[test]
fn a_pack_goes_out_as_it_came_in() {
    let desk = Desk::new();
    desk.pack(1, "@one.csv", None);
    let data = desk.0.path().join("data");
    for form in ["csv", "jsonl"] {
        let output =
            tracehound(&data, &["labels", "export", &desk.path("ours-1.labels"), "--output", form], "");
        assert_eq!(output.status.code(), Some(0));
        desk.write("again", &text(&output));
        let (code, _, error) =
            desk.run(&["labels", "pack", "--plan", "@plan-1.toml", "--to", "@again.labels", "@again"]);
        assert_eq!(code, Some(0), "{error}");
        assert!(
            fs::read(desk.path("again.labels")).expect("read")
                == fs::read(desk.path("ours-1.labels")).expect("read")
        );
    }
}

#[test]
fn answers_about_labels_have_the_forms_that_are_described() {
    let desk = Desk::new();
    let (one, two, plan) =
        (desk.path("1.labels"), desk.path("2.labels"), |n| desk.path(&format!("plan-{n}.toml")));
    let (csv, more) = (desk.path("one.csv"), desk.path("two.csv"));
    for (name, args) in [
        ("labels-pack", &["labels", "pack", "--plan", &plan(1), "--to", &one, &csv][..]),
        ("labels-pack", &["labels", "pack", "--plan", &plan(2), "--to", &two, "--after", &one, &more]),
        ("labels-verify", &["labels", "verify", &one]),
        ("labels-diff", &["labels", "diff", &one, &two]),
        ("labels-list", &["labels", "apply", &one]),
        ("labels-list", &["labels", "list"]),
        ("labels-show", &["labels", "show", WALLET]),
        ("labels-list", &["labels", "apply", "--shipped", "--only", "tracehound-constants"]),
        ("labels-coverage", &["labels", "coverage", &csv, "--column", "address", "--chain-column", "chain"]),
        ("labels-show", &["labels", "show", "1BitcoinEaterAddressDontSendf59kuE"]),
        (
            "labels-correction",
            &[
                "labels",
                "correct",
                WALLET,
                "--chain",
                "eip155:1",
                "--not",
                "Kraken",
                "--evidence",
                "a letter",
            ],
        ),
        ("labels-correction", &["labels", "corrections"]),
        ("labels-pool", &["labels", "pool", "0393ba0a1b4d696e656420627920416e74506f6f6c"]),
        ("labels-show", &["labels", "show", WALLET]),
        ("labels-correction", &["labels", "withdraw", "1"]),
    ] {
        has_form(
            name,
            &tracehound(&desk.0.path().join("data"), &[args, &["--output", "jsonl"]].concat(), ""),
        );
    }
}

#[test]
fn the_packs_of_the_release_are_taken_in_told_apart_and_taken_out() {
    let desk = Desk::new();
    let (code, _, error) = desk.run(&["labels", "apply", "--shipped", "--only", "tracehound-everything"]);
    assert_eq!(code, Some(1));
    assert!(error.contains("no pack of this release is called tracehound-everything"), "{error}");
    let (code, said, error) = desk.run(&["labels", "apply", "--shipped"]);
    assert_eq!(code, Some(0), "{error}");
    insta::assert_snapshot!("labels_apply_shipped", said);
    let (code, again, _) = desk.run(&["labels", "apply", "--shipped"]);
    assert_eq!(code, Some(0));
    assert_eq!(again.matches("was in force already").count(), said.lines().count());
    let (_, list, _) = desk.run(&["labels", "list"]);
    // Whether they are too old is the clock's.
    assert_eq!(
        list.matches("shipped with this release, signed by nobody").count(),
        said.lines().count(),
        "{list}"
    );

    let show = |address: &str| desk.run(&["labels", "show", address, "--on", "2026-12-01"]).1;
    let listed = show("3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG");
    assert!(listed.contains("controlled by Lazarus Group (service_hack)"), "{listed}");
    let router = show("0x7a250d5630B4cF539739dF2C5dAcb4c659F2488D");
    assert!(router.contains("contract of Uniswap (defi_dex)"), "{router}");
    let stablecoin = show("0xdAC17F958D2ee523a2206206994597C13D831ec7");
    assert!(stablecoin.contains("nobody is named") && stablecoin.contains("an asset"), "{stablecoin}");
    // Nobody is named at the zero address, whatever a list says.
    let zero = show("0x0000000000000000000000000000000000000000");
    assert!(zero.contains("no pack in force says anything") || zero.contains("nobody is named"), "{zero}");

    assert_eq!(desk.run(&["labels", "remove", "tracehound-spellbook"]).0, Some(0));
    let router = show("0x7a250d5630B4cF539739dF2C5dAcb4c659F2488D");
    assert!(!router.contains("tracehound-spellbook"), "{router}");
}

#[test]
fn coverage_counts_names_apart_from_the_rest_and_says_when_it_is_no_answer() {
    let desk = Desk::new();
    let other = "0x21a31Ee1afC51d94C2eFcCAa2092aD1028285549";
    let list = format!("to,amount\n{WALLET},2.5\n{TOKEN},1\n{other},0.5\n{WALLET},1\n");
    desk.write("payments.csv", &list);
    let asked = [
        "labels",
        "coverage",
        "@payments.csv",
        "--column",
        "to",
        "--value-column",
        "amount",
        "--on",
        "2025-06-01",
    ];
    let (code, said, _) = desk.run(&asked);
    assert_eq!(code, Some(30), "no pack is no answer: {said}");
    assert!(said.contains("no pack of labels is in force"), "{said}");
    desk.pack(2, "@two.csv", None);
    assert_eq!(desk.run(&["labels", "apply", "@ours-2.labels"]).0, Some(0));
    let (code, said, error) = desk.run(&asked);
    assert_eq!((code, error.as_str()), (Some(0), ""), "{said}");
    insta::assert_snapshot!("labels_coverage", said);
    let (code, table, _) = desk.run(&[&asked[..], &["--output", "csv"]].concat());
    assert_eq!(code, Some(0));
    insta::assert_snapshot!("labels_coverage_csv", table);
    // On another chain than the one that is meant, a contract is somebody else's.
    let (_, said, _) = desk.run(&[&asked[..], &["--chain", "eip155:56", "--output", "csv"]].concat());
    assert!(
        said.contains("part,not labelled,3,5.0,100.00,100.00") || said.contains("part,not labelled,3,50,"),
        "{said}"
    );

    // What cannot be read is no address that is nobody's.
    desk.write(
        "broken.csv",
        &format!("to,amount\n{WALLET},1\n{WALLET},-1\n0x28C6c06298d514Db089934071355E5743bf21d61,1\n"),
    );
    let (code, said, error) =
        desk.run(&["labels", "coverage", "@broken.csv", "--column", "to", "--value-column", "amount"]);
    assert_eq!(code, Some(30));
    assert!(
        error.contains("broken.csv:3: its value `-1` is no number") && error.contains("broken.csv:4:"),
        "{error}"
    );
    assert!(said.contains("2 rows could not be read"), "{said}");
    desk.write("empty.csv", "to,amount\n");
    let (code, said, _) = desk.run(&["labels", "coverage", "@empty.csv", "--column", "to"]);
    assert_eq!(code, Some(30), "nothing to count is no full coverage: {said}");

    // Where a trace ended, by what was followed to it.
    let node = |address: &str, dirty: u64, next: &str| {
        format!(r#"{{"address":"{address}","dirty":"{dirty}"{next}}}"#)
    };
    let (first, last) = ("3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG", "12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S");
    let nodes = [node(last, 5, r#","next":0"#), node(first, 300_000_000, ""), node(last, 100_000_000, "")];
    desk.write(
        "case.json",
        &format!(
            r#"{{"schema":2,"chain":"bip122:000000000019d6689c085ae165831e93","complete":true,"nodes":[{}]}}"#,
            nodes.join(",")
        ),
    );
    let (code, _, error) = desk.run(&["labels", "apply", "--shipped", "--only", "tracehound-government"]);
    assert_eq!(code, Some(0), "{error}");
    let (code, said, error) =
        desk.run(&["labels", "coverage", "--trace", "@case.json", "--on", "2026-12-01"]);
    assert_eq!((code, error.as_str()), (Some(0), ""), "{said}");
    insta::assert_snapshot!("labels_coverage_trace", said);
    let (code, _, error) = desk.run(&["labels", "coverage", "--trace", "@payments.csv"]);
    assert_eq!(code, Some(1));
    assert!(error.contains("no answer of `trace --output json`"), "{error}");
}

#[test]
fn a_new_user_loads_packs_asks_for_coverage_corrects_a_label_refreshes_and_the_correction_stays() {
    let desk = Desk::new();
    let ok = |args: &[&str]| {
        let (code, said, error) = desk.run(args);
        assert_eq!(code, Some(0), "{args:?}: {said}{error}");
        said
    };
    ok(&["demo", "--keep", "@data", "--quiet"]);
    ok(&["labels", "apply", "--shipped"]);
    // The demo's real block, and its generated case, which nobody has labelled.
    let of_block = ["labels", "coverage", "--ledger", "--network", "mainnet", "--on", "2026-12-01"];
    let (code, of_block, _) = desk.run(&of_block);
    assert_eq!(code, Some(30), "one block is no chain: {of_block}");
    insta::assert_snapshot!("labels_coverage_of_the_demo", of_block);
    let of_case = ok(&[
        "labels",
        "coverage",
        "--ledger",
        "--network",
        "regtest",
        "--on",
        "2026-12-01",
        "--output",
        "csv",
    ]);
    assert!(of_case.contains("part,named,0,0,0.00,0.00"), "{of_case}");

    // Somebody knows better than a pack.
    desk.pack(1, "@one.csv", None);
    ok(&["labels", "apply", "@ours-1.labels"]);
    let made = ok(&[
        "labels",
        "correct",
        WALLET,
        "--chain",
        "eip155:1",
        "--entity",
        "Bitstamp",
        "--category",
        "exchange",
        "--evidence",
        "https://example.org/wallets",
        "--from",
        "2025-01-01",
    ]);
    assert!(made.contains("by the operator: eip155:1:") && made.contains("is Bitstamp"), "{made}");
    let show = || {
        let said = ok(&["labels", "show", WALLET, "--on", "2025-06-01"]);
        // The day on which it was made is today's.
        let dated = |line: &str| line.contains("operator's correction of");
        said.lines()
            .map(|line| if dated(line) { "    (the correction)" } else { line })
            .collect::<Vec<_>>()
            .join("\n")
    };
    let corrected = show();
    insta::assert_snapshot!("labels_show_a_correction", corrected);

    // A refresh of every pack: the correction stays, and what packs say is shown beside it.
    desk.pack(2, "@one.csv", Some("@ours-1.labels"));
    ok(&["labels", "apply", "@ours-2.labels"]);
    ok(&["labels", "apply", "--shipped"]);
    assert_eq!(show().replace("ours version 2", "ours version 1"), corrected);
    ok(&["labels", "remove", "ours"]);
    assert!(show().contains("controlled by Bitstamp"), "{}", show());

    let listed = ok(&["labels", "corrections"]);
    assert!(
        listed.starts_with("correction 1 of ") && listed.contains("; in force from 2025-01-01 on"),
        "{listed}"
    );
    ok(&["labels", "withdraw", "1"]);
    assert!(!show().contains("Bitstamp"));
    let (code, _, error) = desk.run(&["labels", "withdraw", "1"]);
    assert_eq!(code, Some(1));
    assert!(error.contains("no correction in force has the number 1"), "{error}");
    let (code, _, error) = desk.run(&["labels", "correct", WALLET, "--not", "Binance", "--evidence", "x"]);
    assert_eq!(code, Some(1));
    assert!(error.contains("say --chain"), "{error}");

    // One that holds from a day that has not come says nothing yet, and says so.
    let later = [
        "labels",
        "correct",
        WALLET,
        "--chain",
        "eip155:1",
        "--entity",
        "Bitstamp",
        "--category",
        "exchange",
    ];
    let later = ok(&[&later[..], &["--evidence", "a contract", "--from", "9000-01-01"]].concat());
    assert!(later.trim_end().ends_with("; says nothing before 9000-01-01"), "{later}");
    assert!(!show().contains("Bitstamp"));
    let listed = ok(&["labels", "corrections"]);
    assert!(listed.contains("says nothing before 9000-01-01") && !listed.contains("in force"), "{listed}");
}

/// What the lines of docs/LABELS.md that turn a set into a label file are given, in the form that their source has, and the entities
/// and categories that come of it.
const SETS: [(&str, &str, &str, &[&str]); 4] = [
    (
        "etherscan",
        "combinedAccountLabels.json",
        r#"{"0x28c6c06298d514db089934071355e5743bf21d60":{"name":"Binance 14","labels":["binance"]},
            "0x21a31ee1afc51d94c2efccaa2092ad1028285549":{"name":"Binance 15","labels":["binance","exchange"]},
            "0x7d655c57f71464b6f83811c55d84009cd9f5221c":{"name":"Gitcoin: Bulk Checkout","labels":["gitcoin-grants"]},
            "0xe592427a0aece92de3edee1f18e0157c05861564":{"name":"Uniswap V3: Router","labels":["uniswap","dex"]},
            "0xb3764761e297d6f121e79c32a65829cd1ddb4d32":{"name":"MultisigExploit-Hacker","labels":["parity","exploit"]},
            "0x3fe1c91e0bd6a2e1cb17c2b51a58b3a4c7a9f2aa":{"name":"Fake_Phishing12","labels":["phish-hack"]}}"#,
        &[
            "Binance 14,Binance,,contract_of,",
            "Binance 15,Binance,exchange,controls,",
            "Gitcoin: Bulk Checkout,Gitcoin,,contract_of,",
            "Uniswap V3: Router,Uniswap,defi_dex,contract_of,",
            "MultisigExploit-Hacker,,hack,controls,",
            "Fake_Phishing12,,phishing,controls,",
        ],
    ),
    (
        "eth-labels",
        "accounts.csv",
        "address,chainId,label,nameTag\n0x28c6c06298d514db089934071355e5743bf21d60,1,exchange,Binance 14\n\
         0x7d655c57f71464b6f83811c55d84009cd9f5221c,56,gitcoin-grants,\"Foo, Inc: Pay\"\n",
        &["Binance 14,Binance,exchange,controls,", "\"Foo, Inc: Pay\",\"Foo, Inc\",,contract_of,"],
    ),
    (
        "spellbook",
        "cex_ethereum_addresses.sql",
        "SELECT * FROM (VALUES\n    (0x28c6c06298d514db089934071355e5743bf21d60, 'Binance', 'Binance 14', 'x', date '2022-08-28')\n  \
         , (0x21a31ee1afc51d94c2efccaa2092ad1028285549, 'Binance', 'Binance 15', 'x', date '2022-08-28')\n",
        &["Binance 14,Binance,exchange,controls,"],
    ),
    (
        "trueblocks",
        "names.tab",
        "tags\taddress\tname\tsymbol\n90-Individuals:Other\t0x21a31ee1afc51d94c2efccaa2092ad1028285549\tJane\t\n\
         50-Exchanges\t0x28c6c06298d514db089934071355e5743bf21d60\tBinance 14\t\n\
         31-Gitcoin:Grants\t0x7d655c57f71464b6f83811c55d84009cd9f5221c\tGitcoin \"Grants\", all\t\n",
        &[
            "Binance 14,Binance,exchange,controls,",
            "\"Gitcoin \"\"Grants\"\", all\",\"Gitcoin \"\"Grants\"\", all\",,contract_of,",
        ],
    ),
];

/// A block of a language of docs/LABELS.md by its name.
fn block<'p>(page: &'p str, language: &str, name: &str) -> &'p str {
    let (_, rest) = page.split_once(&format!("```{language} import-{name}\n")).expect("the lines");
    rest.split_once("\n```").expect("their end").0
}

#[test]
fn the_lines_that_the_documentation_gives_make_label_files() {
    if Command::new("python3").arg("--version").output().is_err() {
        tracehound_testkit::skipped("python3 is not installed");
        return;
    }
    let desk = Desk::new();
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/LABELS.md"));
    let page = page.expect("the page");
    let licence = |name: &str| format!("[licences.\"{name}\"]\nterms = \"-\"\n");
    let licences = ["terms of Etherscan", "BSL-1.1", "GPL-3.0"].map(licence).concat();
    desk.write(
        "own.toml",
        &format!("name = \"own\"\nversion = 1\nissued = 2025-01-01\npublisher = \"us\"\n{licences}"),
    );
    desk.write("explorer.py", block(&page, "python", "explorer"));
    let make = |mark: &str| {
        let lines = block(&page, "bash", mark);
        let output =
            Command::new("bash").args(["-c", lines]).current_dir(desk.0.path()).output().expect("bash");
        assert!(output.status.success(), "{mark}: {}", String::from_utf8_lossy(&output.stderr));
        let made = String::from_utf8(output.stdout).expect("text");
        desk.write("made.csv", &made);
        let packed =
            desk.run(&["labels", "pack", "--plan", "@own.toml", "--to", "@made.labels", "@made.csv"]);
        assert_eq!(packed.0, Some(0), "{mark}: {}", packed.2);
        made
    };
    for (mark, file, content, rows) in SETS {
        desk.write(file, content);
        let made = make(mark);
        for row in rows {
            assert!(made.contains(row), "{mark} lacks {row}: {made}");
        }
        assert!(!made.contains("Jane"), "{mark}: {made}");
    }

    // Whom an explorer names has a name, and is no suspect for it; what it accuses is one.
    make("etherscan");
    assert_eq!(desk.run(&["labels", "apply", "@made.labels"]).0, Some(0));
    let screened = |address: &str| {
        desk.run(&["screen", address, "--policy", "lists-only", "--as-of", "2025-11-20T12:00:00Z"])
    };
    for (address, wanted) in [
        ("0x28c6c06298d514db089934071355e5743bf21d60", 0),
        ("0x21a31ee1afc51d94c2efccaa2092ad1028285549", 0),
        ("0x7d655c57f71464b6f83811c55d84009cd9f5221c", 0),
        ("0xe592427a0aece92de3edee1f18e0157c05861564", 0),
        ("0xb3764761e297d6f121e79c32a65829cd1ddb4d32", 10),
        ("0x3fe1c91e0bd6a2e1cb17c2b51a58b3a4c7a9f2aa", 10),
    ] {
        let (code, said, error) = screened(address);
        assert!(
            code == Some(wanted) || (wanted == 10 && code == Some(20)),
            "{address}: {code:?} {said}{error}"
        );
    }
    let (_, said, _) = screened("0x28c6c06298d514db089934071355e5743bf21d60");
    assert!(said.contains("it is a name alone, and says nothing of the kind of actor"), "{said}");
    desk.write(
        "asked.txt",
        "0x28c6c06298d514db089934071355e5743bf21d60\n0x7d655c57f71464b6f83811c55d84009cd9f5221c\n",
    );
    let (_, said, _) =
        desk.run(&["labels", "coverage", "@asked.txt", "--on", "2025-06-01", "--output", "csv"]);
    assert!(said.contains("part,named,2,2,100.00,100.00"), "{said}");
}

/// What can be read is shown, and what cannot is told.
#[test]
fn a_damaged_or_lost_pack_hides_no_other_and_is_never_nothing() {
    let desk = Desk::new();
    desk.pack(1, "@one.csv", None);
    assert_eq!(desk.run(&["labels", "apply", "@ours-1.labels"]).0, Some(0));
    assert_eq!(desk.run(&["labels", "apply", "--shipped", "--only", "tracehound-mining-pools"]).0, Some(0));
    let folder = desk.0.path().join("data/labels");
    let files: Vec<_> =
        fs::read_dir(&folder).expect("a folder").map(|file| file.expect("a file").path()).collect();
    let file = files.iter().find(|file| file.to_string_lossy().contains("ours-")).expect("the pack");
    let whole = fs::read(file).expect("read");
    fs::write(file, "no pack").expect("written");
    desk.write("asked.csv", &format!("to\n{WALLET}\n"));
    for command in ["list", "freshness"] {
        let (code, said, error) = desk.run(&["labels", command]);
        assert_eq!(code, Some(30), "{command}: {said}");
        assert!(said.starts_with("tracehound-mining-pools version "), "{command}: {said}");
        assert!(error.contains("Gap: ours version 1 cannot be read: "), "{command}: {error}");
    }
    let coverage = ["labels", "coverage", "@asked.csv", "--column", "to", "--on", "2026-11-30"];
    let (code, said, error) = desk.run(&coverage);
    assert_eq!(code, Some(30), "{error}");
    assert!(said.contains("Gap: ours version 1 cannot be read: "), "{said}");
    assert!(said.contains("Searched: tracehound-mining-pools"), "{said}");
    fs::write(file, &whole).expect("written");
    assert_eq!(desk.run(&["labels", "list"]).0, Some(0));

    // A folder that is gone is not a folder without packs.
    fs::rename(&folder, desk.0.path().join("away")).expect("gone");
    let (code, said, error) = desk.run(&["labels", "list"]);
    assert_eq!((code, said.as_str()), (Some(30), ""), "{error}");
    assert!(error.contains("ours version 1 was in force here, by "), "{error}");
    for asked in [&coverage[..], &["labels", "show", WALLET], &["labels", "freshness"]] {
        assert_ne!(desk.run(asked).0, Some(0), "{asked:?}");
    }
    let (_, verdict, _) =
        desk.run(&["screen", WALLET, "--policy", "lists-only", "--as-of", "2025-06-02T00:00:00Z"]);
    assert!(verdict.starts_with("INCOMPLETE"), "{verdict}");
}

#[test]
fn a_pack_of_a_day_that_has_not_come_is_not_verified() {
    let desk = Desk::new();
    let plan = "name = \"late\"\nversion = 1\nissued = 2999-01-01\npublisher = \"us\"\n[licences.\"CC0-1.0\"]\nterms = \"-\"\n";
    desk.write("late.toml", plan);
    let made = ["labels", "pack", "--plan", "@late.toml", "--to", "@late.labels", "@one.csv"];
    assert_eq!(desk.run(&made).0, Some(0));
    let (code, said, error) = desk.run(&["labels", "verify", "@late.labels"]);
    assert_eq!((code, said.as_str()), (Some(1), ""));
    assert!(error.contains("late version 1 is of 2999-01-01, which has not come"), "{error}");
}
