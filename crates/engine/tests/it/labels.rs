//! The label sets beside a checkout, packed and in force: what verdicts make of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use tracehound_engine::{
    DataFolder, Workspace,
    labels::{Input, Keys, Made, Plan, Predicate, Standing, make},
    policy::Policy,
    screen::{Question, Screening},
};
use tracehound_model::{BitcoinNetwork, Decision, Labelled, Verdict};
use tracehound_testkit::shared_data;

/// When the shipped lists are fresh.
const AS_OF: &str = "2025-11-20T12:00:00Z";
const HEADER: &str = "chain,address,label,entity,category,source,version,licence,confidence\n";

/// Each file with what its rows say of entity and address.
const FILES: &[(&str, Predicate)] = &[
    ("bridges.csv", Predicate::ContractOf),
    ("cex.csv", Predicate::Controls),
    ("contracts.csv", Predicate::ContractOf),
    ("exploited_contracts.csv", Predicate::ContractOf),
    ("exploiters.csv", Predicate::ContractOf),
    ("government.csv", Predicate::Controls),
    ("mining_pools.csv", Predicate::Controls),
    ("mixers.csv", Predicate::ContractOf),
    ("tokens_eth.csv", Predicate::ContractOf),
    ("treasuries.csv", Predicate::Controls),
];

/// A workspace with packs of label files in force.
struct Desk {
    folder: tempfile::TempDir,
    workspace: Workspace,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let now = || AS_OF.parse().expect("a moment");
        let workspace = Workspace::new(DataFolder::at(folder.path().join("data")), now);
        Self { folder, workspace }
    }

    /// Every set that is there, as one pack.
    fn with_all() -> Option<Self> {
        let desk = Self::new();
        let mut files = Vec::new();
        for (file, predicate) in FILES {
            files.push((shared_data(&format!("labels/{file}"))?, *predicate));
        }
        let texts: Vec<(String, String, Predicate)> = files
            .into_iter()
            .map(|(path, predicate)| (name(&path), fs::read_to_string(path).expect("read"), predicate))
            .collect();
        let made = desk.apply("all", &texts);
        assert!(made.manifest.labels > 45_000, "{}", made.manifest.labels);
        Some(desk)
    }

    fn apply(&self, pack: &str, texts: &[(String, String, Predicate)]) -> Made {
        let mut licences = BTreeSet::new();
        for (_, text, _) in texts {
            let mut rows = csv::Reader::from_reader(text.as_bytes());
            let at = rows
                .headers()
                .expect("a header")
                .iter()
                .position(|name| name == "licence")
                .expect("a licence");
            licences.extend(rows.records().map(|row| row.expect("a row")[at].to_owned()));
        }
        let terms: Vec<String> =
            licences.iter().map(|licence| format!("[licences.{licence:?}]\nterms = \"as said\"\n")).collect();
        let plan = format!(
            "name = \"{pack}\"\nversion = 1\nissued = 2025-11-01\npublisher = \"A test\"\n{}",
            terms.concat()
        );
        let inputs = texts.iter().map(|(name, text, predicate)| Input {
            name: name.clone(),
            bytes: Box::new(text.as_bytes()),
            predicate: Some(*predicate),
        });
        let path = self.folder.path().join(format!("{pack}.labels"));
        let made = make(Plan::read(&plan).expect("a plan"), inputs.collect(), None, &path).expect("made");
        let today = "2025-11-20".parse().expect("a day");
        self.workspace.apply_labels(&path, None::<Keys>, today).expect("taken");
        self.workspace.refresh().expect("taken");
        made
    }

    fn screening<'p>(&self, policy: &'p Policy) -> Screening<'p> {
        let question = Question {
            policy,
            network: BitcoinNetwork::Mainnet,
            as_of: Some(AS_OF.parse().expect("a moment")),
            snapshot: None,
            prices: None,
        };
        self.workspace.snapshot().expect("taken").screening(&question).expect("ready")
    }

    fn screen(&self, subject: &str) -> Verdict {
        let policy = Policy::lists_only();
        self.screening(&policy).screener().screen(subject).expect("a subject")
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn rows(file: &str) -> Option<Vec<BTreeMap<String, String>>> {
    let mut reader = csv::Reader::from_path(shared_data(file)?).expect("opens");
    let header = reader.headers().expect("a header").clone();
    let row = |row: csv::StringRecord| {
        header.iter().map(str::to_owned).zip(row.iter().map(str::to_owned)).collect()
    };
    Some(reader.records().map(|record| row(record.expect("a row"))).collect())
}

/// A row of a label file.
fn statement(
    chain: &str,
    address: &str,
    entity: &str,
    category: &str,
    source: &str,
    confidence: u8,
) -> String {
    format!("{chain},{address},{entity},{entity},{category},{source},1/2025-01-01,CC0-1.0,{confidence}\n")
}

#[test]
fn the_sample_is_named_and_its_one_wrong_row_is_not_believed() {
    let (Some(desk), Some(sample)) = (Desk::with_all(), rows("labels/sample60.csv")) else { return };
    let held_out: Vec<&BTreeMap<String, String>> =
        sample.iter().filter(|row| row["file"] == "defi_adapters.csv").collect();
    let wrong: String = held_out
        .iter()
        .map(|row| statement(&row["chain"], &row["address"], &row["entity"], "defi", &row["source"], 20))
        .collect();
    desk.apply("adapters", &[("adapters.csv".to_owned(), format!("{HEADER}{wrong}"), Predicate::ContractOf)]);
    let mut named = 0;
    for row in sample.iter().filter(|row| row["verdict"] == "agrees" && !row["entity"].is_empty()) {
        let verdict = desk.screen(&row["address"]);
        let names = |verdict: &Verdict| verdict.exposures.iter().any(|known| known.label == row["entity"]);
        // A coin's own contract is shown, and is nobody.
        if names(&verdict) || verdict.summary.contains(&row["entity"]) {
            named += 1;
        } else {
            panic!("{row:?}: {}", verdict.summary);
        }
    }
    assert!(named >= 20, "{named}");
    let differs = sample.iter().find(|row| row["verdict"] == "differs").expect("the wrong one");
    let day = "2025-11-20".parse().expect("a day");
    let shown = desk.workspace.labelled(&differs["address"], day).expect("asked");
    let chain = shown.chains.iter().find(|chain| chain.chain == differs["chain"]).expect("its chain");
    let name = chain.name.as_ref().expect("a name");
    assert_eq!((name.entity.as_str(), name.standing), ("Aave", Standing::Disputed));
    let verdict = desk.screen(&differs["address"]);
    let believed = verdict.exposures.iter().find(|known| known.label == differs["entity"]).expect("shown");
    assert!(believed.labelled.as_ref().is_some_and(Labelled::is_disputed), "{believed:?}");
    assert!(verdict.decision < Decision::Block);
}

#[test]
fn lists_of_ofac_and_the_fbi_win_over_labels() {
    let Some(desk) = Desk::with_all() else { return };
    let fbi = [
        "3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG",
        "39idqitN9tYNmq3wYanwg3MitFB5TZCjWu",
        "3AAUBbKJorvNhEUFhKnep9YTwmZECxE4Nk",
        "3PjNaSeP8GzLjGeu51JR19Q2Lu8W2Te9oc",
        "3NbdrezMzAVVfXv5MTQJn4hWqKhYCTCJoB",
        "34VXKa5upLWVYMXmgid6bFM4BaQXHxSUoL",
    ];
    let chain = "bip122:000000000019d6689c085ae165831e93";
    let reddit: String = fbi
        .iter()
        .map(|address| statement(chain, address, "Reddit", "organization", "a/scrape", 100))
        .collect();
    desk.apply("scraped", &[("scraped.csv".to_owned(), format!("{HEADER}{reddit}"), Predicate::Controls)]);
    for address in fbi {
        let verdict = desk.screen(address);
        let reason = verdict.reason.as_ref().expect("a reason");
        assert_eq!(
            (verdict.decision, reason.source.0.as_str()),
            (Decision::Block, "fbi-notices"),
            "{address}"
        );
        let scraped = verdict.exposures.iter().find(|known| known.label == "Reddit").expect("shown");
        assert!(scraped.labelled.as_ref().is_some_and(Labelled::is_disputed));
    }
    // On OFAC's list, and in a seizure order of a label.
    let verdict = desk.screen("19D1iGzDr7FyAdiy3ZZdxMd6ttHj1kj6WW");
    let reason = verdict.reason.as_ref().expect("a reason");
    assert_eq!((verdict.decision, reason.source.0.as_str()), (Decision::Block, "ofac-sdn"));
    assert!(verdict.exposures.iter().any(|known| known.label.starts_with("NBCTF order")), "{verdict:?}");
    // Taken off OFAC's list on 2025-03-21: a mixer by a label, and no longer a sanction.
    let pool = desk.screen("0x07687e702b410fa43f4cb4af7fa097918ffd2730");
    assert_eq!(pool.decision, Decision::Review, "{}", pool.summary);
    assert_eq!(pool.reason.as_ref().and_then(|reason| reason.rule.as_deref()), Some("identified-mixer"));
}

#[test]
fn real_conflicts_are_counted_and_a_disputed_name_never_blocks() {
    let Some(conflicts) = rows("labels/conflicts.csv") else { return };
    let desk = Desk::new();
    let mut addresses = BTreeSet::new();
    let mut files: BTreeMap<bool, String> = BTreeMap::new();
    for row in &conflicts {
        addresses.insert((row["chain_class"].clone(), row["address"].clone()));
        // Without a chain of its own: an address of Ethereum and its kin.
        let chain = if row["chain_class"] == "eip155" { "eip155:1" } else { &row["chain_class"] };
        let cell = |text: &str| format!("\"{}\"", text.replace('"', "'"));
        files.entry(row["source"].starts_with("held:")).or_default().push_str(&statement(
            chain,
            &row["address"],
            &cell(&row["entity"]),
            &cell(&row["category"]),
            &cell(&row["source"]),
            50,
        ));
    }
    for (held, rows) in files {
        let pack = if held { "held" } else { "new" };
        desk.apply(pack, &[(format!("{pack}.csv"), format!("{HEADER}{rows}"), Predicate::Controls)]);
    }
    let policy = Policy::parse(
        "version = 2\nname = \"no exchange\"\nbasis = \"lists-only\"\n[require]\nsources = [\"ofac-sdn\"]\n[[rule]]\n\
         name = \"exchanges\"\nexposure = \"identified\"\ncategories = [\"exchange\"]\ndecision = \"block\"\nscore = 90\n",
    )
    .expect("a policy");
    let screening = desk.screening(&policy);
    let screener = screening.screener();
    let (mut disputed, mut agreed, mut single, mut blocked) = (0, 0, 0, 0);
    for (_, address) in &addresses {
        let verdict = screener.screen(address).expect("a subject");
        let standings: BTreeSet<Standing> =
            verdict.exposures.iter().filter_map(|known| Some(known.labelled.as_ref()?.standing)).collect();
        if standings.contains(&Standing::Disputed) {
            disputed += 1;
            let by_label = verdict.reason.as_ref().is_some_and(|reason| reason.labelled.is_some());
            assert!(!by_label || verdict.decision <= Decision::Review || standings.len() > 1, "{address}");
        } else if standings.contains(&Standing::Agreed) {
            agreed += 1;
        } else {
            single += 1;
        }
        blocked += u32::from(verdict.decision == Decision::Block);
    }
    assert_eq!(addresses.len(), 707);
    insta::assert_snapshot!(
        "conflicts",
        format!(
            "addresses {}\ndisputed {disputed}\nagreed {agreed}\nneither {single}\nblocked {blocked}\n",
            addresses.len()
        )
    );
    for address in [
        "3Kzh9qAqVWQhEsfQz7zEQL1EuSx5tyNLNS",
        "3MgEAFWu1HKSnZ5ZsC8qf61ZW18xrP5pgd",
        "bc1quq29mutxkgxmjfdr7ayj3zd9ad0ld5mrhh89l2",
    ] {
        let verdict = screener.screen(address).expect("a subject");
        let names: BTreeSet<&str> = verdict.exposures.iter().map(|known| known.label.as_str()).collect();
        assert!(names.contains("OKX") && names.contains("gemini"), "{names:?}");
        assert_eq!(verdict.decision, Decision::Review, "{address}: {}", verdict.summary);
        assert!(verdict.summary.contains("disputed"), "{}", verdict.summary);
    }
}

/// A public table of addresses that USDT's issuer blocked, as a pack: it holds the zero address, a wallet's router and coins.
#[test]
fn a_public_blacklist_flags_wallets_and_nothing_that_everybody_uses() {
    let Some(path) = shared_data("attribution/graphsense/usdt_blacklist.yaml") else { return };
    let text = fs::read_to_string(path).expect("read");
    let addresses: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("- address: '")?.strip_suffix('\'')).collect();
    assert!(addresses.len() > 700, "{}", addresses.len());
    let rows: String = addresses
        .iter()
        .map(|address| statement("eip155:1", address, "USDT blacklist", "black_list", "graphsense/usdt", 100))
        .collect();
    let desk = Desk::new();
    desk.apply("blacklist", &[("blacklist.csv".to_owned(), format!("{HEADER}{rows}"), Predicate::Controls)]);
    let everybodys = [
        "0x0000000000000000000000000000000000000000",
        "0x881d40237659c251811cec9c364ef91dc08d300c",
        "0x0000000000004946c0e9f43f4dee607b0ef1fa1c",
        "0x55d398326f99059ff775485246999027b3197955",
    ];
    for address in everybodys {
        assert!(addresses.contains(&address), "{address}");
    }
    let policy = Policy::lists_only();
    let screening = desk.screening(&policy);
    let screener = screening.screener();
    let unflagged: Vec<&str> = addresses
        .iter()
        .copied()
        .filter(|address| screener.screen(address).expect("a subject").decision == Decision::Allow)
        .collect();
    insta::assert_snapshot!("not_flagged", unflagged.join("\n"));
    assert!(everybodys.iter().all(|address| unflagged.contains(address)), "{unflagged:?}");
    // With packs that know what is there, the same: they dispute what is left.
    let Some(all) = Desk::with_all() else { return };
    all.apply("blacklist", &[("blacklist.csv".to_owned(), format!("{HEADER}{rows}"), Predicate::Controls)]);
    for address in everybodys {
        assert_eq!(
            all.screen(address).decision,
            Decision::Allow,
            "{address}: {}",
            all.screen(address).summary
        );
    }
    // No contract that an exploit touched is anything but a victim.
    let victims = rows_of_victims();
    assert!(victims.len() > 6_000);
    let screening = all.screening(&policy);
    let screener = screening.screener();
    let raised: Vec<(String, String)> = victims
        .iter()
        .map(|address| (address.clone(), screener.screen(address).expect("a subject")))
        .filter(|(_, verdict)| verdict.decision != Decision::Allow)
        .map(|(address, verdict)| (address, verdict.summary))
        .collect();
    insta::assert_snapshot!(
        "victims_raised",
        raised.iter().map(|(a, s)| format!("{a} {s}")).collect::<Vec<_>>().join("\n")
    );
}

fn rows_of_victims() -> Vec<String> {
    let rows = rows("labels/exploited_contracts.csv").unwrap_or_default();
    rows.into_iter().map(|row| row["address"].clone()).collect()
}

/// What a package of npm publishes is not beside a checkout: its line says which package, in which version, under which licence.
#[test]
fn every_address_that_everybody_uses_stands_in_the_sets() {
    let mut held = String::new();
    for file in [
        "labels/tokens_eth.csv",
        "labels/tokens_other.csv",
        "labels/contracts.csv",
        "guard/signing/default_entries.tsv",
        "guard/signing/erc7730_index_calldata.json",
    ] {
        let Some(path) = shared_data(file) else { return };
        held.push_str(&fs::read_to_string(path).expect("reads").to_lowercase());
    }
    let mut missing = Vec::new();
    let mut source = "";
    for line in include_str!("../../../labels/src/data/shared.toml").lines() {
        if let Some(named) = line.strip_prefix("source = ") {
            source = named.trim_matches('"');
            let is_package = source.starts_with("npm ");
            assert!(!is_package || source.ends_with("(MIT)") || source.ends_with("(Apache-2.0)"), "{source}");
        }
        let address = line.trim().strip_prefix('"').and_then(|line| line.split_once("\","));
        if let Some((address, _)) = address.filter(|_| !source.starts_with("npm ")) {
            missing.extend((!held.contains(&address.to_lowercase())).then_some(address));
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}
