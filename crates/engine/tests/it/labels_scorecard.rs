//! How much of real transactions the shipped packs of labels name: the section "Labels" of docs/SCORECARD.md.
//!
//! `cargo xtask coverage` runs this and rewrites the section.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs::{self, File},
    io::{BufRead, BufReader},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use flate2::read::GzDecoder;
use jiff::{Timestamp, civil::date};
use serde_json::Value;
use tracehound_attribution::import::{Options, read};
use tracehound_bitcoin::{Scratch, read_block};
use tracehound_engine::{
    DataFolder, Workspace,
    coverage::{Coverage, Share},
    labels::{Input, Plan, Predicate, make},
};
use tracehound_ingest::{BitcoinFiles, ingest_bitcoin_files};
use tracehound_labels::{
    coverage::{Item, coverage},
    label::chain_of,
    pool,
};
use tracehound_model::{Address, Amount, BitcoinNetwork, Subject, utxo::UtxoBlock};
use tracehound_testkit::{blocks::coinbase_script, shared_data};

/// An ERC-20 `Transfer`.
const TRANSFER: &str = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
/// The stablecoins of mainnet that are counted, with what makes one of their units a unit of 18 decimal places.
const STABLE: [(&str, u128); 3] = [
    ("0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", 1_000_000_000_000),
    ("0xdac17f958d2ee523a2206206994597c13d831ec7", 1_000_000_000_000),
    ("0x6b175474e89094c44da98b954eedeac495271d0f", 1),
];
/// Sets that only their importers may use, and those that are shipped, by how their rows belong to whom they name.
const FILES: &[(&str, Predicate)] = &[
    ("bridges.csv", Predicate::ContractOf),
    ("cex.csv", Predicate::Controls),
    ("contracts.csv", Predicate::ContractOf),
    ("exploiters.csv", Predicate::ContractOf),
    ("government.csv", Predicate::Controls),
    ("mining_pools.csv", Predicate::Controls),
    ("mixers.csv", Predicate::ContractOf),
    ("treasuries.csv", Predicate::Controls),
];
const MARKS: (&str, &str) = ("<!-- labels -->", "<!-- /labels -->");

/// Addresses of a set with what each weighs, on their chain.
#[derive(Default)]
struct Set(BTreeMap<(String, Subject), u128>);

impl Set {
    fn add(&mut self, chain: &str, address: &str, value: u128) {
        let address: Address = address.parse().expect("an address");
        *self.0.entry((chain.to_owned(), Subject::Address(address))).or_default() += value;
    }

    fn nonzero(mut self) -> Self {
        self.0.retain(|_, value| *value > 0);
        self
    }

    fn items(&self) -> impl Iterator<Item = Item> {
        self.0.iter().map(|((chain, subject), value)| Item {
            chain: Some(chain_of(chain).expect("a chain")),
            subject: subject.clone(),
            value: (*value).into(),
        })
    }
}

fn lines(path: &Path) -> impl Iterator<Item = Value> {
    let lines = BufReader::new(GzDecoder::new(File::open(path).expect("opens"))).lines();
    lines.map(|line| serde_json::from_str(&line.expect("a line")).expect("JSON"))
}

fn word<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value[key].as_str()
}

fn wei(value: &Value, key: &str) -> u128 {
    let hex = word(value, key).unwrap_or("0x0").trim_start_matches("0x");
    u128::from_str_radix(hex, 16).unwrap_or_default()
}

/// Whom a call asks a token's contract to take from and give to: of the caller, or of somebody who allowed it.
fn asked(from: &str, input: &str) -> Option<[String; 2]> {
    let party = |place: usize| Some(format!("0x{}", input.get(34 + place * 64..74 + place * 64)?));
    match input.get(..10)? {
        "0xa9059cbb" => Some([from.to_owned(), party(0)?]),
        "0x23b872dd" => Some([party(0)?, party(1)?]),
        _ => None,
    }
}

/// The sets of the real data, by the name that they have in shared/data/labels/coverage.csv.
fn sets() -> Option<Vec<(&'static str, Set)>> {
    let mut sets = transactions()?;
    sets.extend(traces()?);
    sets.extend(blocks()?);
    sets.extend(tron()?);
    Some(sets)
}

fn transactions() -> Option<Vec<(&'static str, Set)>> {
    let (mut all, mut called, mut native, mut emitters) =
        (Set::default(), Set::default(), Set::default(), Set::default());
    let mut stable = Set::default();
    for file in ["bridge", "misc", "swap", "wrap_lst_lend"] {
        for row in lines(&shared_data(&format!("evm_tx/{file}.jsonl.gz"))?) {
            let chain = format!("eip155:{}", row["chain"]);
            let tx = &row["tx"];
            for party in ["from", "to"].iter().filter_map(|key| word(tx, key)) {
                all.add(&chain, party, 1);
            }
            if let Some(to) = word(tx, "to") {
                called.add(&chain, to, 1);
                native.add(&chain, to, wei(tx, "value"));
            }
            for log in row["receipt"]["logs"].as_array().into_iter().flatten() {
                emitters.add(&chain, word(log, "address").expect("an emitter"), 1);
                let topics: Vec<&str> =
                    log["topics"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                if let [TRANSFER, from, to, ..] = topics[..] {
                    for party in [from, to] {
                        all.add(&chain, &format!("0x{}", &party[party.len() - 40..]), 1);
                    }
                    let is_it = |(token, _): &&(&str, u128)| {
                        chain == "eip155:1"
                            && word(log, "address").is_some_and(|at| at.eq_ignore_ascii_case(token))
                    };
                    if let Some((_, times)) = STABLE.iter().find(is_it) {
                        let value = wei(log, "data").saturating_mul(*times);
                        stable.add(&chain, &format!("0x{}", &to[to.len() - 40..]), value);
                    }
                }
            }
        }
    }
    Some(vec![
        ("evm_tx counterparties (weight = appearances)", all),
        ("evm_tx called contracts (weight = calls)", called),
        ("evm_tx native value by receiver", native.nonzero()),
        ("evm_tx log emitters (weight = logs)", emitters),
        ("evm_tx mainnet USDC/USDT/DAI by receiver", stable.nonzero()),
    ])
}

fn traces() -> Option<Vec<(&'static str, Set)>> {
    let (mut all, mut received, mut called, mut fees) =
        (Set::default(), Set::default(), Set::default(), Set::default());
    let mut tokens = Set::default();
    for block in lines(&shared_data("evm_blocks/mev_inspect_blocks.jsonl.gz")?) {
        fees.add("eip155:1", word(&block, "miner").expect("a miner"), 1);
        for trace in block["traces"].as_array().into_iter().flatten() {
            let action = &trace["action"];
            for party in ["from", "to"].iter().filter_map(|key| word(action, key)) {
                all.add("eip155:1", party, 1);
            }
            let (Some("call"), Some(to)) = (word(trace, "type"), word(action, "to")) else { continue };
            let moves = matches!(word(action, "callType"), Some("call") | None);
            if moves && word(action, "input").and_then(|input| asked(to, input)).is_some() {
                tokens.add("eip155:1", to, 1);
            }
            if moves && trace["error"].is_null() {
                received.add("eip155:1", to, wei(action, "value"));
            }
            if trace["trace_address"].as_array().is_some_and(Vec::is_empty) {
                called.add("eip155:1", to, 1);
            }
        }
    }
    Some(vec![
        ("mev blocks (16) counterparties", all),
        ("mev blocks ETH by receiver", received.nonzero()),
        ("mev blocks called (top-level)", called),
        ("mev blocks tokens moved", tokens),
        ("mev blocks fee recipients", fees),
    ])
}

fn blocks() -> Option<Vec<(&'static str, Set)>> {
    let (mut all, mut received, mut fees) = (Set::default(), Set::default(), Set::default());
    for block in lines(&shared_data("evm_blocks/pevm_fork_boundary_blocks.jsonl.gz")?) {
        fees.add("eip155:1", word(&block, "miner").expect("a miner"), 1);
        for tx in block["transactions"].as_array().into_iter().flatten() {
            let (from, input) = (word(tx, "from").expect("a sender"), word(tx, "input").unwrap_or("0x"));
            all.add("eip155:1", from, 1);
            if let Some(to) = word(tx, "to") {
                all.add("eip155:1", to, 1);
                received.add("eip155:1", to, wei(tx, "value"));
            }
            for party in asked(from, input).iter().flatten() {
                all.add("eip155:1", party, 1);
            }
        }
    }
    Some(vec![
        ("pevm blocks (23) counterparties", all),
        ("pevm blocks ETH by receiver", received.nonzero()),
        ("pevm fee recipients", fees),
    ])
}

fn tron() -> Option<Vec<(&'static str, Set)>> {
    let (mut all, mut receivers, mut senders) = (Set::default(), Set::default(), Set::default());
    let at = |hex: &str| format!("41{}", &hex[hex.len() - 40..]);
    for tx in lines(&shared_data("tron/graphsense_trx_transactions.jsonl.gz")?) {
        for party in ["from_address", "to_address"].iter().filter_map(|key| word(&tx, key)) {
            all.add("tron:mainnet", &at(party), 1);
        }
    }
    for log in lines(&shared_data("tron/graphsense_trx_logs.jsonl.gz")?) {
        let is_usdt = word(&log, "address") == Some("0xa614f803b6fd780986a42c78ec9c7f77e6ded13c");
        let topics: Vec<&str> =
            log["topics"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if let [TRANSFER, from, to, ..] = topics[..] {
            all.add("tron:mainnet", &at(from), 1);
            all.add("tron:mainnet", &at(to), 1);
        }
        let ([TRANSFER, from, to], true) = (&topics[..], is_usdt) else { continue };
        let value = wei(&log, "data");
        senders.add("tron:mainnet", &at(from), value);
        receivers.add("tron:mainnet", &at(to), value);
    }
    Some(vec![
        ("tron block counterparties", all),
        ("tron block USDT by receiver", receivers.nonzero()),
        ("tron block USDT by sender", senders.nonzero()),
    ])
}

/// Every address that the public lists beside a checkout speak of: what could be imported before there were packs.
fn listed() -> Option<BTreeSet<Subject>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in ["attribution", "attribution/graphsense", "attribution/btc_entities", "facts"] {
        let found = fs::read_dir(shared_data(folder)?).expect("a folder");
        files.extend(found.map(|file| file.expect("a file").path()).filter(|path| path.is_file()));
    }
    files.push(shared_data("sanctions/ofac_addresses_2025-11-19.json")?);
    files.push(shared_data("sanctions/fbi_dprk_btc_2023-08-22.csv")?);
    let mut subjects = BTreeSet::new();
    for path in files {
        let file_name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let options = Options { file_name, ..Options::default() };
        // What is no list (a licence, a table of changes) has no subjects.
        if let Ok(imported) = read(&mut File::open(&path).expect("opens"), &options) {
            subjects.extend(imported.snapshot.claims.iter().map(|claim| claim.subject));
        }
    }
    Some(subjects)
}

fn now() -> Timestamp {
    "2026-12-01T00:00:00Z".parse().expect("a moment")
}

/// A workspace with the shipped packs, and one with the sets for importers too.
fn workspaces(folder: &Path) -> Option<[Workspace; 2]> {
    let today = date(2026, 12, 1);
    let [shipped, imported] = ["shipped", "imported"].map(|name| {
        let workspace = Workspace::new(DataFolder::at(folder.join(name)), now);
        workspace.apply_shipped_labels(&[], today).expect("taken");
        workspace
    });
    let mut inputs = Vec::new();
    let mut licences = BTreeMap::new();
    for (name, predicate) in FILES {
        let path = shared_data(&format!("labels/{name}"))?;
        for label in tracehound_labels::file::Rows::of(
            File::open(&path).expect("opens"),
            tracehound_labels::file::Defaults { predicate: Some(*predicate) },
        )
        .expect("a label file")
        .flatten()
        {
            licences.insert(label.provenance.licence, tracehound_labels::pack::Licence::default());
        }
        let bytes = Box::new(File::open(&path).expect("opens"));
        inputs.push(Input { name: (*name).to_owned(), bytes, predicate: Some(*predicate) });
    }
    let plan = Plan {
        name: "import-only".to_owned(),
        version: 1,
        issued: date(2026, 11, 29),
        expires: None,
        publisher: "the scorecard".to_owned(),
        licences,
    };
    let file = folder.join("import-only.labels");
    make(plan, inputs, None, &file).expect("made");
    imported.apply_labels(&file, None, today).expect("taken");
    Some([shipped, imported])
}

/// Hundredths of a percent of addresses and of value.
type Parts = (u64, u64);

fn parts(share: Share) -> Parts {
    (share.of_addresses, share.of_value)
}

fn named(of: &Coverage) -> Share {
    Share {
        addresses: of.named.addresses + of.disputed.addresses,
        value: of.named.value.saturating_add(of.disputed.value),
        of_addresses: of.named.of_addresses + of.disputed.of_addresses,
        of_value: of.named.of_value + of.disputed.of_value,
    }
}

/// Hundredths of a number such as `5.4`.
fn hundredths(text: &str) -> u64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part = format!("{part:0<2}");
    whole.parse::<u64>().expect("a number") * 100 + part[..2].parse::<u64>().expect("a number")
}

fn percent(parts: u64) -> String {
    format!("{}.{:02}", parts / 100, parts % 100)
}

/// The figures of the reference for a set: with lists, with all sets read (the ones for importers too), assets apart.
fn reference() -> Option<BTreeMap<String, (String, String)>> {
    let text = fs::read_to_string(shared_data("labels/coverage.csv")?).expect("read");
    let mut figures = BTreeMap::new();
    for line in text.lines().skip(1) {
        // Names with commas are quoted, and are of sets that are not here.
        let cells: Vec<&str> = line.split(',').collect();
        if let [name, _, _, addresses, _, _, _, _, value, ..] = cells[..] {
            figures.insert(name.to_owned(), (addresses.to_owned(), value.to_owned()));
        }
    }
    Some(figures)
}

struct Line {
    name: String,
    addresses: u64,
    /// Lists; packs; both; both with assets; both with the sets for importers.
    shares: [Parts; 5],
    /// As the reference counts: with all of its sets, and with those alone that are shipped.
    its_way: [Parts; 2],
    /// What the sets of the reference have and lists and packs do not name, by why, in the order of `WHY`.
    lacking: [Parts; WHY.len()],
    reference: Option<(String, String)>,
}

/// Why what the sets of the reference have is not named by lists and packs.
const WHY: [&str; 5] = ["for importers", "an asset", "nobody's", "not whose", "on another chain"];

/// Every address that the sets of the reference have, whatever their chain.
fn gathered() -> Option<BTreeSet<Subject>> {
    let mut subjects = BTreeSet::new();
    for (name, predicate) in FILES {
        let file = File::open(shared_data(&format!("labels/{name}"))?).expect("opens");
        let defaults = tracehound_labels::file::Defaults { predicate: Some(*predicate) };
        let rows = tracehound_labels::file::Rows::of(file, defaults).expect("a label file");
        subjects.extend(rows.flatten().map(|label| label.subject));
    }
    Some(subjects)
}

/// Every address that a shipped pack names, whatever its chain; tokens are assets.
fn shipped_subjects(shipped: &Workspace) -> BTreeSet<Subject> {
    let packs = shipped.shelf().open().expect("opens");
    let named = packs.iter().filter(|(entry, _)| !entry.name.starts_with("tracehound-tokens"));
    named.flat_map(|(_, pack)| pack.labels().map(|label| label.subject).collect::<Vec<_>>()).collect()
}

/// The share of a set that is in one of these, each address once, whatever its chain.
fn its_way(set: &[Item], among: [&BTreeSet<Subject>; 2]) -> Parts {
    let mut weights: BTreeMap<&Subject, Amount> = BTreeMap::new();
    for item in set {
        let weight = weights.entry(&item.subject).or_insert(Amount::ZERO);
        *weight = weight.saturating_add(item.value);
    }
    let sum = |weights: &[Amount]| weights.iter().fold(Amount::ZERO, |sum, one| sum.saturating_add(*one));
    let is_in = |subject: &Subject| among.iter().any(|subjects| subjects.contains(subject));
    let found: Vec<Amount> =
        weights.iter().filter(|(subject, _)| is_in(subject)).map(|(_, weight)| *weight).collect();
    let all: Vec<Amount> = weights.values().copied().collect();
    let of_value = sum(&found).checked_mul_div(10_000_u64.into(), sum(&all));
    let of_addresses = (found.len() * 10_000).checked_div(all.len()).unwrap_or_default() as u64;
    (of_addresses, of_value.and_then(Amount::to_u64).unwrap_or_default())
}

/// Why an item of the reference's sets has no name; `None` where it has one.
fn why(
    item: &Item,
    on: impl Fn(&Workspace, Vec<Item>) -> Coverage,
    [shipped, imported]: &[Workspace; 2],
) -> Option<usize> {
    let is_named = |of: &Coverage| named(of).addresses > 0;
    let told = on(shipped, vec![item.clone()]);
    let is_null = matches!(&item.subject, Subject::Address(address) if address.is_null_like());
    match () {
        () if is_named(&told) => None,
        () if is_null => Some(2),
        () if is_named(&on(imported, vec![item.clone()])) => Some(0),
        () if told.assets.addresses > 0 => Some(1),
        () if told.described.addresses + told.victims.addresses > 0 => Some(3),
        () => Some(4),
    }
}

fn line(
    name: &str,
    set: &[Item],
    [listed, gathered, clear]: [&BTreeSet<Subject>; 3],
    workspaces: &[Workspace; 2],
) -> Line {
    let [shipped, imported] = workspaces;
    let day = date(2026, 12, 1);
    let on = |workspace: &Workspace, items: Vec<Item>| {
        coverage(&workspace.shelf().open().expect("opens"), items, day)
    };
    let all = on(shipped, set.to_vec());
    let (held, rest): (Vec<Item>, Vec<Item>) =
        set.iter().cloned().partition(|item| listed.contains(&item.subject));
    let held = Share {
        addresses: held.len() as u64,
        value: held.iter().fold(Amount::ZERO, |sum, item| sum.saturating_add(item.value)),
        ..Share::default()
    };
    let with = |others: &[Share]| {
        let addresses = held.addresses + others.iter().map(|share| share.addresses).sum::<u64>();
        let value = others.iter().fold(held.value, |sum, share| sum.saturating_add(share.value));
        let of_value = value.checked_mul_div(10_000_u64.into(), all.all.value);
        let of_value = of_value.and_then(Amount::to_u64).unwrap_or_default();
        ((addresses * 10_000).checked_div(all.all.addresses).unwrap_or_default(), of_value)
    };
    let mut lacking = [Share::default(); WHY.len()];
    for item in rest.iter().filter(|item| gathered.contains(&item.subject)) {
        if let Some(place) = why(item, on, workspaces) {
            lacking[place].addresses += 1;
            lacking[place].value = lacking[place].value.saturating_add(item.value);
        }
    }
    let lacking = lacking.map(|share| {
        let value = share.value.checked_mul_div(10_000_u64.into(), all.all.value);
        let addresses = (share.addresses * 10_000).checked_div(all.all.addresses).unwrap_or_default();
        (addresses, value.and_then(Amount::to_u64).unwrap_or_default())
    });
    let beside = on(shipped, rest.clone());
    let everything = on(imported, rest);
    Line {
        name: name.to_owned(),
        addresses: all.all.addresses,
        lacking,
        its_way: [its_way(set, [listed, gathered]), its_way(set, [listed, clear])],
        shares: [
            with(&[]),
            parts(named(&all)),
            with(&[named(&beside)]),
            with(&[named(&beside), beside.assets]),
            with(&[named(&everything)]),
        ],
        reference: None,
    }
}

/// The real Bitcoin blocks, in a ledger: each address by what it received.
fn bitcoin(folder: &Path) -> Option<Vec<Item>> {
    let found = fs::read_dir(shared_data("bitcoin")?).expect("a folder");
    let mut paths: Vec<PathBuf> = found.map(|file| file.expect("a file").path()).collect();
    // One is a file of several networks, one an undo file.
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        path.is_file() && !name.contains("multinet") && !name.contains("rev")
    });
    paths.sort();
    let workspace = Workspace::new(DataFolder::at(folder.join("bitcoin")), now);
    let ledger = workspace.folder().ledger(BitcoinNetwork::Mainnet);
    let files = BitcoinFiles { paths, network: Some(BitcoinNetwork::Mainnet), ..BitcoinFiles::default() };
    ingest_bitcoin_files(&ledger, &files, &|_| ControlFlow::Continue(())).expect("ingested");
    let snapshot = workspace.snapshot().expect("taken");
    Some(snapshot.received(BitcoinNetwork::Mainnet).expect("a ledger"))
}

/// The block of a file that begins with Bitcoin's blocks, or has one among those of other networks: in block files each has its
/// network's number and its length before it.
fn mainnet_block(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let [m0, m1, m2, m3, a, b, c, d, after @ ..] = rest {
        let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
        let Some((block, more)) = after.split_at_checked(length) else { break };
        if [*m0, *m1, *m2, *m3] == [0xf9, 0xbe, 0xb4, 0xd9] {
            return block;
        }
        rest = more;
    }
    bytes
}

/// Blocks of 2013 to 2021, each with the pool that its mark names, and the one that its payout address does.
fn pools(shipped: &Workspace) -> Option<Vec<(String, [Option<String>; 2])>> {
    let packs = shipped.shelf().open().expect("opens");
    let mut found = Vec::new();
    for file in [
        "bitcoinj_block227835.dat",
        "btcd_277647.dat",
        "hcl_multinet.blk",
        "bitcoinj_block363703.dat",
        "bitcoinj_block383616.dat",
        "core_block413567.raw",
        "bitcoinj_block481815.dat",
        "hcl_scriptwitness.blk",
        "hcl_block2019Jan.blk",
        "rb_702861.raw",
    ] {
        let bytes = fs::read(shared_data(&format!("bitcoin/{file}"))?).expect("read");
        let bytes = mainnet_block(&bytes);
        let mut block = UtxoBlock::default();
        read_block(bytes, &mut block, &mut Scratch::default()).expect("a block");
        let mark = pool::marks_in(coinbase_script(bytes)).first().map(|mark| mark.entity.clone());
        let outputs = &block.outputs[..block.txs[0].output_count as usize];
        let paid = outputs.iter().find_map(|output| {
            let address = Address::from_script(BitcoinNetwork::Mainnet, &block.script_key(output))?;
            let about = packs.about(&Subject::Address(address), date(2026, 12, 1));
            about.into_iter().find_map(|found| found.label.entity)
        });
        found.push((file.to_owned(), [mark, paid]));
    }
    Some(found)
}

#[test]
#[ignore = "rewrites docs/SCORECARD.md: cargo xtask coverage"]
fn labels_scorecard() {
    let (Some(sets), Some(listed), Some(reference), Some(gathered)) =
        (sets(), listed(), reference(), gathered())
    else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let (Some(workspaces), Some(bitcoin)) = (workspaces(folder.path()), bitcoin(folder.path())) else {
        return;
    };
    let clear = shipped_subjects(&workspaces[0]);
    let known = [&listed, &gathered, &clear];
    let mut found: Vec<Line> = sets
        .iter()
        .map(|(name, set)| line(name, &set.items().collect::<Vec<_>>(), known, &workspaces))
        .collect();
    found.push(line("bitcoin outputs (all blocks)", &bitcoin, known, &workspaces));
    for line in &mut found {
        line.reference = reference.get(&line.name).cloned();
    }
    let mut page = String::from("## Labels\n\n");
    let mut say = |text: &str| writeln!(page, "{text}").expect("a string takes every write");
    say(&format!(
        "Written by `cargo xtask coverage`; do not edit. How much of real transactions has a name, in percent: of the addresses, and\n\
         of what they weigh. **Lists**: the public lists beside a checkout ({} subjects), as before there were packs. **Packs**: those\n\
         of this release alone (`labels apply --shipped`), and a token's contract is not a name. **Both** is before and after together. **With\n\
         assets** counts tokens' contracts too. **With sets for importers** adds those that docs/LABELS.md names and that are not shipped (wallets\n\
         of exchanges, and what stands under a package file's licence). **Reference**: what was computed for all those sets when they\n\
         were gathered, the wallets of exchanges among them, which are not shipped here. The Bitcoin blocks lack a file of several networks.\n\
         The graph of the ByBit theft is not beside a checkout, so its figures are not made anew.\n",
        listed.len()
    ));
    for (what, of) in [("Addresses", 0), ("Value", 1)] {
        say(&format!(
            "| {what} | addresses | lists | packs | both | with assets | with sets for importers | reference |\n|---|--:|--:|--:|--:|--:|--:|--:|"
        ));
        for Line { name, addresses, shares, reference, .. } in &found {
            let cells = shares.map(|(addresses, value)| percent(if of == 0 { addresses } else { value }));
            let reference = reference
                .clone()
                .map_or_else(String::new, |(addresses, value)| if of == 0 { addresses } else { value });
            say(&format!("| {name} | {addresses} | {} | {reference} |", cells.join(" | ")));
        }
        say("");
    }
    say(&format!(
        "Where *both* is below the reference, row by row. **Its way**: the reference counts an address once, whatever its chain, as named where it is in any list or set, the null\n\
         address too; so it is made anew here with all of its sets, and with what is **shipped** alone. Where the first is higher **it counts import-only sets**, which docs/LABELS.md\n\
         tells how to import; **imported** is *both* with them. Then what its sets have that lists and packs do not name, in percent of all addresses, and of\n\
         all value. **For importers**: it is in a set that is not shipped. **An asset**: a token's contract, which a set names after its issuer.\n\
         **Nobody's**: null and burn addresses, which are never named. **Not whose**: it is said what it is, and not whose. **On another chain**: here an\n\
         address counts on its own chain alone: code is on one. What is left is another count of the addresses, or lists read another way: *its way* made anew differs by it.\n\n\
         | set | of | both | reference | its way | its way, shipped | counts import-only sets | imported | {} |\n|---|---|--:|--:|--:|--:|---|--:|{}",
        WHY.join(" | "),
        "--:|".repeat(WHY.len())
    ));
    for Line { name, shares, reference, lacking, its_way, .. } in &found {
        let Some((addresses, value)) = reference else { continue };
        for (of, reference) in [("addresses", addresses), ("value", value)] {
            let part = |(addresses, value): Parts| if of == "addresses" { addresses } else { value };
            let both = part(shares[2]);
            let wanted = hundredths(reference);
            if both < wanted {
                let cells = lacking.map(|parts| percent(part(parts)));
                let [all, clear] = its_way.map(part);
                let counts = if part(lacking[0]) > 0 { "yes" } else { "no" };
                say(&format!(
                    "| {name} | {of} | {} | {reference} | {} | {} | {counts} | {} | {} |",
                    percent(both),
                    percent(all),
                    percent(clear),
                    percent(part(shares[4])),
                    cells.join(" | ")
                ));
            }
        }
    }
    say("");
    let Some(pools) = pools(&workspaces[0]) else { return };
    let named = pools.iter().filter(|(_, by)| by.iter().any(Option::is_some)).count();
    say(&format!(
        "The pools of real Bitcoin blocks, by the mark in the coinbase (`labels pool`) and by the address it pays: {named} of {} are named.\n\n\
         | block | mark | payout address |\n|---|---|---|",
        pools.len()
    ));
    for (file, by) in &pools {
        let cell = |name: &Option<String>| name.clone().unwrap_or_else(|| "-".to_owned());
        say(&format!("| {file} | {} | {} |", cell(&by[0]), cell(&by[1])));
    }
    let card = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/SCORECARD.md");
    let old = fs::read_to_string(&card).expect("the scorecard is there");
    fs::write(&card, with_section(&old, page.trim_end())).expect("written");
}

/// The scorecard with this section in place of the one between the marks, or at its end.
fn with_section(card: &str, section: &str) -> String {
    let (before, after) = match card.split_once(MARKS.0) {
        Some((before, rest)) => (before, rest.split_once(MARKS.1).map_or("", |(_, after)| after)),
        None => (card, "\n"),
    };
    format!("{}\n\n{}\n{section}\n{}{after}", before.trim_end(), MARKS.0, MARKS.1)
}
