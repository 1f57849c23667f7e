//! What verdicts promise, as a user meets it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Output,
};

use jiff::Timestamp;
use minisign::{KeyPair, sign};
use serde_json::Value;
use tracehound_ledger::{AddrNum, Ledger, TxNum};
use tracehound_model::{Address, BitcoinNetwork};
use tracehound_testkit::shared_data;

use crate::screen::{text, tracehound};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("temporary folder")
}

fn batch(data: &Path, subjects: &[&str], args: &[&str]) -> Vec<Value> {
    let args = [&["screen", "--stdin", "--output", "jsonl"], args].concat();
    let output = tracehound(data, &args, &subjects.join("\n"));
    let said = text(&output);
    assert!(!said.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn file(data: &Path, name: &str, content: &str) -> String {
    let path = data.join(name);
    std::fs::write(&path, content).expect("written");
    path.to_string_lossy().into_owned()
}

fn done(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// FBI 6 + 51, MSMT 148, from the published tables; on any day after, by strict and by lists alone.
#[test]
fn the_shipped_advisories_are_never_allowed_by_strict() {
    let tables = [
        "sanctions/fbi_dprk_btc_2023-08-22.csv",
        "facts/fbi_bybit_51_2025-02-26.csv",
        "facts/msmt_annex6_hk_broker_btc_148.csv",
    ];
    let mut named = Vec::new();
    for table in tables {
        let Some(path) = shared_data(table) else { return };
        let table = std::fs::read_to_string(path).expect("read");
        let cells = table.lines().skip(1).flat_map(|line| line.split(','));
        named.extend(cells.filter(|cell| Address::parse(cell).is_ok()).map(str::to_owned));
    }
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    assert_eq!(named.len(), 6 + 51 + 148);
    let data = folder();
    for args in [&[][..], &["--as-of", "2025-11-01"], &["--policy", "lists-only"]] {
        for verdict in batch(data.path(), &named, args) {
            assert_eq!(verdict["decision"], "block", "{verdict}");
            let source = verdict["exposures"][0]["source"].as_str().expect("a source");
            assert!(["fbi-notices", "msmt-reports"].contains(&source), "{verdict}");
        }
    }
}

/// Every address that a government published about a theft, but for one that a court named after the pack's day.
#[test]
fn every_published_address_of_an_incident_is_known() {
    let Some(path) = shared_data("heists/incident_addresses.csv") else { return };
    let later = "3JB9jkioXqmKS9AbGZFhFyVPPR35PLa43x";
    let table = std::fs::read_to_string(path).expect("read");
    let cells = table.lines().skip(1).filter_map(|line| line.split(',').nth(2));
    let named: BTreeSet<&str> = cells.filter(|cell| Address::parse(cell).is_ok()).collect();
    assert!(named.len() > 250 && named.contains(later), "{}", named.len());
    let named: Vec<&str> = named.into_iter().filter(|address| *address != later).collect();
    let data = folder();
    for verdict in batch(data.path(), &named, &["--as-of", "2025-11-19"]) {
        let decision = verdict["decision"].as_str().expect("a word");
        assert!(["block", "review"].contains(&decision), "{verdict}");
    }
}

#[test]
fn a_name_on_no_list_is_incomplete_where_a_required_list_is_missing_or_old() {
    let Some(policy) = shared_data("cases/screening/px.toml") else { return };
    let data = folder();
    let policy = policy.to_string_lossy().into_owned();
    let ask =
        |args: &[&str]| tracehound(data.path(), &[&["screen", "--name", "Acme GmbH"], args].concat(), "");
    let missing = ask(&["--policy", &policy]);
    assert_eq!(missing.status.code(), Some(30), "{}", text(&missing));
    assert!(
        text(&missing).contains("eu-fsf") && text(&missing).contains("ofac-sdn 2025-11-19"),
        "{}",
        text(&missing)
    );
    assert_eq!(ask(&[]).status.code(), Some(30), "a list of last year clears nobody");
    let csv = text(&ask(&["--output", "csv"]));
    assert!(csv.contains("ofac-sdn@2025-11-19") && csv.contains("Acme GmbH,,,,,,,incomplete,"), "{csv}");
    let json: Value = serde_json::from_str(&text(&ask(&["--output", "json"]))).expect("JSON");
    assert_eq!(json[0]["decision"], "incomplete");
    let sources = json[0]["coverage"]["sources"].as_array().expect("sources");
    assert!(sources.iter().any(|source| source["id"] == "ofac-sdn" && source["published"] == "2025-11-19"));
}

#[test]
fn lists_without_a_category_allow_nobody_they_name() {
    let data = folder();
    let unnamed = "1BitcoinEaterAddressDontSendf59kuE";
    let list = file(
        data.path(),
        "ransom.csv",
        "address,label\n1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa,Some Group\n12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S,Other\n",
    );
    done(&tracehound(
        data.path(),
        &["lists", "import", &list, "--source", "ransom", "--published", "2025-11-01"],
        "",
    ));
    let named = ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S"];
    for policy in ["strict", "lists-only"] {
        for verdict in batch(data.path(), &named, &["--as-of", "2025-11-20", "--policy", policy]) {
            assert_eq!(verdict["decision"], "review", "{verdict}");
            assert_eq!(verdict["exposures"][0]["source"], "ransom", "{verdict}");
        }
    }
    let other = batch(data.path(), &[unnamed], &["--as-of", "2025-11-20", "--policy", "lists-only"]);
    assert_eq!(other[0]["decision"], "allow");
}

/// Wallets of exchanges, those that thefts were from among them, as published: by tag packs (which are imported too), by
/// lists of reserves, clusters, bankruptcies and claims, all whole. Two of the addresses are on OFAC's list themselves.
#[test]
fn exchanges_and_victims_are_not_blocked() {
    let Some(attribution) = shared_data("attribution") else { return };
    let Some(wallets) = shared_data("labels/cex.csv") else { return };
    let sanctioned = ["1EYitrwBYNWuTBcjZFbEUdqHppe2raLpaF", "3E6ZCKRrsdPc35chA9Eftp1h3DLW18NFNV"];
    let data = folder();
    let mut import = vec!["lists".to_owned(), "import".to_owned()];
    let mut sets = vec![wallets];
    for folder in ["graphsense", "btc_entities"] {
        for entry in std::fs::read_dir(attribution.join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            if name.starts_with("exchange-wallets-") {
                import.push(path.to_string_lossy().into_owned());
            }
            if ["exchange", "reserves", "p2p"].iter().any(|kind| name.contains(kind)) {
                sets.push(path);
            }
        }
    }
    let mut subjects = BTreeSet::new();
    for set in &sets {
        let text = std::fs::read_to_string(set).expect("read");
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        subjects
            .extend(words.filter(|word| word.len() > 25 && Address::parse(word).is_ok()).map(str::to_owned));
    }
    assert!(sets.len() >= 19 && subjects.len() > 7_000, "{} in {}", subjects.len(), sets.len());
    let args: Vec<&str> = import.iter().map(String::as_str).collect();
    let imported = tracehound(data.path(), &args, "");
    assert_eq!(imported.status.code(), Some(30), "some of their rows are refused, and the rest is taken");
    let subjects: Vec<&str> = subjects.iter().map(String::as_str).collect();
    let verdicts = batch(data.path(), &subjects, &[]);
    let blocked: Vec<&Value> = verdicts.iter().filter(|verdict| verdict["decision"] == "block").collect();
    let names: BTreeSet<&str> = blocked.iter().filter_map(|verdict| verdict["subject"].as_str()).collect();
    assert_eq!(names, BTreeSet::from(sanctioned), "of {}", subjects.len());
    assert!(blocked.iter().all(|verdict| verdict["exposures"][0]["source"] == "ofac-sdn"));
}

/// A chain of November 2023, asked about as of its last block.
struct Generated {
    data: tempfile::TempDir,
    ledger: Ledger,
    as_of: String,
    addresses: Vec<String>,
}

fn generated() -> Generated {
    let data = folder();
    let blocks = data.path().join("blocks").to_string_lossy().into_owned();
    done(&tracehound(data.path(), &["range", "generate", &blocks, "--txs", "1000", "--heists", "1"], ""));
    done(&tracehound(data.path(), &["ingest", "bitcoin", "--network", "regtest", &blocks], ""));
    let ledger = Ledger::open(&data.path().join("ledger/bitcoin-regtest")).expect("a ledger");
    let info = ledger.info();
    let last = i64::from(info.tip.expect("blocks").header.time());
    let as_of = Timestamp::from_second(last).expect("a moment").to_string();
    assert!(as_of.starts_with("2023-11"), "{as_of}");
    let address = |number| {
        let key = ledger.script_key(AddrNum(number))?;
        Address::from_script(BitcoinNetwork::Regtest, &key).map(|address| address.to_string())
    };
    let addresses = (0..info.addresses).filter_map(address).collect();
    Generated { data, ledger, as_of, addresses }
}

impl Generated {
    fn strict(&self) -> BTreeMap<&str, String> {
        let subjects: Vec<&str> = self.addresses.iter().map(String::as_str).collect();
        let verdicts = batch(self.data.path(), &subjects, &["--network", "regtest", "--as-of", &self.as_of]);
        let decisions =
            verdicts.iter().map(|verdict| verdict["decision"].as_str().expect("a word").to_owned());
        subjects.into_iter().zip(decisions).collect()
    }

    /// Who stood on the other side of a listed address in a transaction; outputs below the dust limit do not count. And who paid
    /// in one beside it; and who paid beside any that dealt with one at any amount, and so on.
    fn dealt_with(&self, listed: &BTreeSet<String>) -> [BTreeSet<String>; 3] {
        let name = |owner: AddrNum| {
            let key = self.ledger.script_key(owner).expect("an owner");
            Address::from_script(BitcoinNetwork::Regtest, &key).map(|address| address.to_string())
        };
        let (mut found, mut beside) = (BTreeSet::new(), BTreeSet::new());
        let (mut kin, mut together) = (BTreeSet::new(), Vec::<BTreeSet<String>>::new());
        for number in 0..self.ledger.info().txs {
            let Some(tx) = self.ledger.tx(TxNum(number)) else { continue };
            let payers: BTreeSet<String> = self
                .ledger
                .inputs(&tx)
                .filter_map(|input| self.ledger.input_owner(&input).and_then(name))
                .collect();
            let all = self.ledger.outputs(&tx).filter_map(|output| output.owner.and_then(name));
            let all: BTreeSet<String> = all.chain(payers.iter().cloned()).collect();
            if !all.is_disjoint(listed) {
                kin.extend(all);
            }
            let paid = self.ledger.outputs(&tx).filter(|output| output.value >= 10_000);
            let payees: BTreeSet<String> = paid.filter_map(|output| output.owner.and_then(name)).collect();
            if payers.iter().any(|payer| listed.contains(payer)) {
                // Who pays along with a listed one gets change back, not its money.
                found.extend(payees.difference(&payers).cloned());
                beside.extend(payers.iter().cloned());
            }
            if payees.iter().any(|payee| listed.contains(payee)) {
                found.extend(payers.iter().cloned());
            }
            together.push(payers);
        }
        loop {
            let before = kin.len();
            for payers in &together {
                if !payers.is_disjoint(&kin) {
                    kin.extend(payers.iter().cloned());
                }
            }
            if kin.len() == before {
                return [found, beside, kin];
            }
        }
    }
}

#[test]
fn on_a_whole_fresh_chain_strict_allows_all_but_the_listed_and_those_they_dealt_with() {
    let chain = generated();
    let before = chain.strict();
    let allowed = before.values().filter(|decision| *decision == "allow").count();
    assert_eq!((allowed, before.len()), (1_876, 1_876), "nobody on this chain is listed");

    let listed: BTreeSet<String> = chain.addresses.iter().step_by(97).take(8).cloned().collect();
    let quoted: Vec<String> = listed.iter().map(|address| format!("\"{address}\"")).collect();
    let list = format!(
        "[source]\nid = \"test-advisories\"\nkind = \"law_enforcement\"\ntitle = \"A test\"\npublisher = \"a test\"\n\
         published = 2023-11-01\n[[claim]]\nlabel = \"Thief\"\ncategory = \"service_hack\"\naddresses = [{}]\n",
        quoted.join(", ")
    );
    let list = file(chain.data.path(), "listed.toml", &list);
    done(&tracehound(chain.data.path(), &["lists", "import", &list], ""));
    let [dealt, beside, kin] = chain.dealt_with(&listed);
    assert!(dealt.len() > listed.len(), "{}", dealt.len());
    assert!(kin.len() < chain.addresses.len() / 2, "{}", kin.len());
    let after = chain.strict();
    for (address, decision) in after {
        if listed.contains(address) {
            assert_eq!(decision, "block", "{address}");
        } else if dealt.contains(address) {
            assert_eq!(decision, "review", "{address}");
        } else if beside.contains(address) {
            // The inputs of a transaction are usually one owner's.
            assert!(decision == "incomplete" || decision == "review", "{address} {decision}");
        } else {
            // Who got much of it at second hand is for a person to look at, and who signed with those who dealt with a listed one
            // is theirs as well, as it seems.
            let is_theirs = kin.contains(address) && decision == "incomplete";
            assert!(decision == "allow" || decision == "review" || is_theirs, "{address} {decision}");
        }
    }
}

#[test]
fn a_policy_says_what_it_promises_and_what_it_would_have_decided() {
    let data = folder();
    let list = text(&tracehound(data.path(), &["policy", "list"], ""));
    assert!(
        list.contains("strict\n  allow means: of ofac-sdn all that the publisher had within 7 days"),
        "{list}"
    );
    assert!(list.contains("lists-only\n"), "{list}");
    let show = text(&tracehound(data.path(), &["policy", "show", "lists-only"], ""));
    let mine =
        file(data.path(), "mine.toml", &show.replace("checked_within_days = 7", "checked_within_days = 900"));
    let diff = text(&tracehound(data.path(), &["policy", "diff", "lists-only", &mine], ""));
    assert_eq!(diff, "checked within days: 7 -> 900\n");
    let args = ["screen", "--stdin", "--output", "jsonl", "--policy", "lists-only", "--as-of", "2026-01-01"];
    let subjects = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa\n3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG\nno address\n";
    let decisions = file(data.path(), "decisions.jsonl", &text(&tracehound(data.path(), &args, subjects)));
    let over = tracehound(data.path(), &["policy", "diff", "lists-only", &mine, "--over", &decisions], "");
    let said = text(&over);
    assert!(said.contains("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa: incomplete -> allow"), "{said}");
    assert!(said.contains("2 decisions: 1 would change"), "{said}");
    assert!(said.contains("1 refused lines"), "{said}");
}

#[test]
fn a_signed_pack_makes_old_advisories_complete_and_an_unsigned_one_is_refused() {
    let data = folder();
    let pack = "[pack]\nname = \"notices\"\ncomplete_as_of = 2026-06-01\n[[advisory]]\n[advisory.source]\n\
                id = \"police-advisories\"\nkind = \"law_enforcement\"\ntitle = \"An advisory\"\npublisher = \"The police\"\n\
                published = 2026-03-01\n[[advisory.claim]]\nlabel = \"A thief\"\ncategory = \"service_hack\"\n\
                addresses = [\"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa\"]\n";
    let path = file(data.path(), "pack.toml", pack);
    let unsigned = tracehound(data.path(), &["lists", "import", &path], "");
    assert_eq!(unsigned.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&unsigned.stderr).contains("pack.toml.minisig"));
    let pair = KeyPair::generate_unencrypted_keypair().expect("keys");
    let signature =
        sign(Some(&pair.pk), &pair.sk, pack.as_bytes(), None, None).expect("signed").into_string();
    file(data.path(), "pack.toml.minisig", &signature);
    let key = pair.pk.to_base64();
    let taken = tracehound(data.path(), &["lists", "import", &path, "--key", &key], "");
    assert!(text(&taken).contains("complete as of 2026-06-01"), "{}", String::from_utf8_lossy(&taken.stderr));
    let verdict =
        batch(data.path(), &["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"], &["--as-of", "2026-06-02"]).remove(0);
    assert_eq!(verdict["decision"], "block", "{verdict}");
    // It speaks for the police alone.
    assert_eq!(verdict["coverage"]["advisories_complete_as_of"], "2025-11-19");
    let advisories = verdict["coverage"]["advisories"].as_array().expect("a list");
    assert_eq!(advisories.len(), 4);
    let police = advisories.iter().find(|one| one["id"] == "police-advisories").expect("there");
    assert_eq!(police["complete_as_of"], "2026-06-01");
}

#[test]
fn a_policy_that_asks_for_nothing_is_refused_and_what_a_file_promises_is_not_believed() {
    let data = folder();
    let ask = |name: &str, content: &str| {
        let path = file(data.path(), name, content);
        let screened =
            tracehound(data.path(), &["screen", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "--policy", &path], "");
        (screened, tracehound(data.path(), &["policy", "show", &path], ""))
    };
    let (screened, shown) =
        ask("empty.toml", "version = 2\nname = \"mine\"\nbasis = \"lists-only\"\n[require]\nsources = []\n");
    for output in [screened, shown] {
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            said.contains("empty.toml")
                && said.contains("[require] sources")
                && said.contains("names no list"),
            "{said}"
        );
    }
    let promise = "promise = \"everything is clean\"";
    let (_, shown) = ask(
        "old.toml",
        &format!("version = 2\nname = \"mine\"\n{promise}\n[require]\nsources = [\"ofac-sdn\"]\n"),
    );
    let said = text(&shown);
    assert!(
        said.starts_with("# allow means: a list version of ofac-sdn, of whatever age, was searched;"),
        "{said}"
    );
    let copy = file(data.path(), "copy.toml", &said);
    done(&tracehound(data.path(), &["policy", "check", &copy], ""));
}

/// For whoever fetches lists with a browser: the day of the list says nothing about what was published since.
#[test]
fn a_list_fetched_by_hand_is_whole_on_a_persons_word() {
    let data = folder();
    let policy = file(
        data.path(),
        "policy.toml",
        "version = 2\nname = \"mine\"\nbasis = \"lists-only\"\n[require]\nsources = [\"house\"]\nchecked_within_days = 7\n",
    );
    let list = file(
        data.path(),
        "house.toml",
        "[source]\nid = \"house\"\nkind = \"sanctions\"\ntitle = \"t\"\npublisher = \"p\"\npublished = 2025-01-01\n[[claim]]\n\
         label = \"x\"\ncategory = \"sanction\"\naddresses = [\"3AAUBbKJorvNhEUFhKnep9YTwmZECxE4Nk\"]\n",
    );
    let code = |as_of: &str| {
        let args = ["screen", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "--policy", &policy, "--as-of", as_of];
        tracehound(data.path(), &args, "").status.code()
    };
    done(&tracehound(data.path(), &["lists", "import", &list], ""));
    assert_eq!((code("2025-01-05"), code("2025-03-01")), (Some(0), Some(30)));
    let vouch = |at: &str| tracehound(data.path(), &["lists", "import", &list, "--checked-at", at], "");
    assert_eq!(vouch("2999-01-01").status.code(), Some(2), "nobody has been there");
    let early = vouch("2024-12-31");
    assert_eq!(early.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&early.stderr).contains("before the day of the list"));
    assert_eq!(code("2025-03-01"), Some(30));
    let taken = vouch("2025-02-27");
    done(&taken);
    assert!(text(&taken).contains("on your word"), "{}", text(&taken));
    assert_eq!((code("2025-03-01"), code("2025-03-08")), (Some(0), Some(30)));
    let fresh = text(&tracehound(data.path(), &["lists", "freshness"], ""));
    assert!(fresh.contains("checked 2025-02-27T00:00:00Z by a person's word"), "{fresh}");
    // A list of which a row is not read is a part of one, too: "allow" would rest on what nobody looked at.
    let whole = "address,label\n3AAUBbKJorvNhEUFhKnep9YTwmZECxE4Nk,x\n";
    let day = ["--source", "house", "--published", "2025-02-28", "--kind", "sanctions"];
    let imported = |name: &str, rows: &str| {
        let path = file(data.path(), name, &format!("{whole}{rows}"));
        tracehound(data.path(), &[&["lists", "import", &path][..], &day].concat(), "").status.code()
    };
    assert_eq!((imported("lame.csv", ",Somebody\n"), code("2025-02-28T12:00:00Z")), (Some(30), Some(30)));
    let lame = data.path().join("lame.csv").to_string_lossy().into_owned();
    let word = [&["lists", "import", &lame][..], &day, &["--checked-at", "2025-02-28T13:00:00Z"]].concat();
    let word = tracehound(data.path(), &word, "");
    assert_eq!(word.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&word.stderr).contains("not all was read"));
    assert_eq!((imported("mended.csv", ""), code("2025-02-28T12:00:00Z")), (Some(0), Some(0)));
    // A part of a list stays a part.
    let part = file(data.path(), "part.csv", "address\n3AAUBbKJorvNhEUFhKnep9YTwmZECxE4Nk\n");
    let args = [
        "lists",
        "import",
        &part,
        "--source",
        "ofac-sdn",
        "--published",
        "2025-12-01",
        "--checked-at",
        "2025-12-01",
    ];
    let part = tracehound(data.path(), &args, "");
    assert_eq!(part.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&part.stderr).contains("a part of a list"));
}
