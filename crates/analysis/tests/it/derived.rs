//! What is derived from real movements, and how often that is right: the section "Derived from movements" of
//! docs/SCORECARD.md. `cargo xtask derived` runs this and rewrites the section.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Write as _,
    fs::{self, File},
    io::{BufRead, BufReader},
    path::Path,
};

use flate2::read::GzDecoder;
use serde_json::Value;
use sha3::{Digest, Keccak256};
use tracehound_analysis::{
    deployers::{Creation, families},
    deposits::{Seen, deposits, held_for_fees},
    hot_wallets::hot_wallets,
    imitations::imitations,
    pools::pools,
    roles::{Role, Roles},
};
use tracehound_attribution::import::{Options, read};
use tracehound_labels::{
    Label, Nature, Predicate,
    agreement::{Standing, named},
    file::{Defaults, Rows},
    identity,
    shared::Shared,
};
use tracehound_model::{Address, Amount, Chain, Subject, transfer::MovementKind};
use tracehound_testkit::shared_data;
use tracehound_transfers::{AccountNum, AssetNum, Transfer, TransferNum, TxNum};

const MARKS: (&str, &str) = ("<!-- derived -->", "<!-- /derived -->");
/// Selectors by which a contract is asked to move tokens: of the caller, and of somebody who allowed it.
const TRANSFER: &str = "0xa9059cbb";
const TRANSFER_FROM: &str = "0x23b872dd";
/// The event of a token that moved.
const TRANSFERRED: &str = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
/// Sets of names; tokens are assets and name nobody.
const NAMES: [&str; 8] = [
    "bridges.csv",
    "cex.csv",
    "contracts.csv",
    "exploiters.csv",
    "government.csv",
    "mining_pools.csv",
    "mixers.csv",
    "treasuries.csv",
];

/// Sets of names and of tokens that stand under a clear licence: without the wallets of exchanges, which are import-only.
const CLEAR: [&str; 8] = [
    "bridges.csv",
    "contracts.csv",
    "government.csv",
    "mining_pools.csv",
    "mixers.csv",
    "tokens_eth.csv",
    "tokens_other.csv",
    "treasuries.csv",
];

/// Movements of Ethereum with what their numbers stand for.
#[derive(Default)]
struct Movements {
    parties: BTreeSet<Address>,
    accounts: HashMap<Address, AccountNum>,
    addresses: Vec<Address>,
    /// Tokens by their contract; the chain's own coin has none.
    assets: HashMap<Option<Address>, AssetNum>,
    txs: HashMap<String, TxNum>,
    transfers: Vec<Transfer>,
}

impl Movements {
    fn party(&mut self, text: &str) {
        self.parties.insert(address(text));
    }

    fn account(&mut self, address: Address) -> AccountNum {
        let next = AccountNum(u32::try_from(self.addresses.len()).expect("few"));
        *self.accounts.entry(address).or_insert_with(|| {
            self.addresses.push(address);
            next
        })
    }

    fn add(&mut self, [from, to]: [Address; 2], token: Option<Address>, amount: Amount, tx: &str) {
        let next = u32::try_from(self.assets.len()).expect("few");
        let asset = *self.assets.entry(token).or_insert(AssetNum(next));
        let next = self.txs.len() as u64;
        let tx = *self.txs.entry(tx.to_owned()).or_insert(TxNum(next));
        let [from, to] = [from, to].map(|address| Some(self.account(address)));
        let num = TransferNum(self.transfers.len() as u64);
        let kind = if token.is_some() { MovementKind::Token } else { MovementKind::Native };
        self.transfers.push(Transfer { num, tx, from, to, asset, amount, kind, proved: false });
    }

    /// What people pay with, and movements of it: as `labels derive` has it the coin, and tokens that are known.
    fn in_money(&self, tokens: &HashMap<Address, Vec<Label>>) -> (BTreeSet<AssetNum>, Vec<Transfer>) {
        let is_money = |token: &Address| {
            tokens.contains_key(token) || Shared::of(&Subject::Address(*token)) == Some(Shared::Coin)
        };
        let assets = self.assets.iter().filter(|(token, _)| token.as_ref().is_none_or(is_money));
        let assets: BTreeSet<AssetNum> = assets.map(|(_, number)| *number).collect();
        let moved =
            self.transfers.iter().copied().filter(|transfer| assets.contains(&transfer.asset)).collect();
        (assets, moved)
    }

    /// What a call moves: its own value, and what it asks a token's contract to move.
    fn call(&mut self, from: &str, to: &str, value: Amount, input: &str, tx: &str) {
        let [from, token] = [from, to].map(address);
        if !value.is_zero() {
            self.add([from, token], None, value, tx);
        }
        let word = |place: usize| input.get(10 + place * 64..74 + place * 64);
        let party = |place: usize| word(place).map(|word| address(&format!("0x{}", &word[24..])));
        let number = |place: usize| word(place).map(units);
        let moved = match input.get(..10) {
            Some(TRANSFER) => Some(from).zip(party(0)).zip(number(1)),
            Some(TRANSFER_FROM) => party(0).zip(party(1)).zip(number(2)),
            _ => None,
        };
        if let Some(((from, to), amount)) = moved {
            self.add([from, to], Some(token), amount, tx);
        }
    }
}

fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

/// A number in hexadecimal, as nodes write it.
fn units(text: &str) -> Amount {
    let digits = text.trim_start_matches("0x");
    digits.bytes().fold(Amount::ZERO, |sum, digit| {
        let digit = char::from(digit).to_digit(16).expect("a digit");
        sum.checked_mul_div(16_u64.into(), 1_u64.into())
            .map_or(Amount::MAX, |sum| sum.saturating_add(u64::from(digit).into()))
    })
}

fn lines(path: &Path) -> impl Iterator<Item = Value> {
    let lines = BufReader::new(GzDecoder::new(File::open(path).expect("opens"))).lines();
    lines.map(|line| serde_json::from_str(&line.expect("a line")).expect("JSON"))
}

fn word<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value[key].as_str()
}

fn value(of: &Value) -> Amount {
    word(of, "value").map_or(Amount::ZERO, units)
}

/// 16 blocks with every inner call; calls that failed, or are inside of one that did, move nothing.
fn traced() -> Option<Movements> {
    let mut all: Vec<Value> = lines(&shared_data("evm_blocks/mev_inspect_blocks.jsonl.gz")?).collect();
    all.sort_by_key(|block| block["block_number"].as_u64());
    let mut found = Movements::default();
    for block in &all {
        let mut failed: BTreeSet<(&str, Vec<u64>)> = BTreeSet::new();
        for trace in block["traces"].as_array().into_iter().flatten() {
            let action = &trace["action"];
            for party in ["from", "to"].iter().filter_map(|key| word(action, key)) {
                found.party(party);
            }
            let Some(tx) = word(trace, "transaction_hash") else { continue };
            let place = trace["trace_address"].as_array().into_iter().flatten();
            let place: Vec<u64> = place.filter_map(Value::as_u64).collect();
            if !trace["error"].is_null() {
                failed.insert((tx, place.clone()));
            }
            let is_failed = (0..=place.len()).any(|end| failed.contains(&(tx, place[..end].to_vec())));
            let is_call = [word(trace, "type"), word(action, "callType")] == [Some("call"); 2];
            if let (Some(from), Some(to), true, false) =
                (word(action, "from"), word(action, "to"), is_call, is_failed)
            {
                found.call(from, to, value(action), word(action, "input").unwrap_or("0x"), tx);
            }
        }
    }
    Some(found)
}

/// 23 blocks with their transactions alone: no inner call, and whether one failed is not there.
fn plain() -> Option<Movements> {
    let mut all: Vec<Value> = lines(&shared_data("evm_blocks/pevm_fork_boundary_blocks.jsonl.gz")?).collect();
    all.sort_by_key(|block| units(word(block, "number").expect("a number")));
    let mut found = Movements::default();
    for tx in all.iter().flat_map(|block| block["transactions"].as_array().into_iter().flatten()) {
        if let (Some(from), Some(to), Some(hash)) = (word(tx, "from"), word(tx, "to"), word(tx, "hash")) {
            found.party(from);
            found.party(to);
            found.call(from, to, value(tx), word(tx, "input").unwrap_or("0x"), hash);
        }
    }
    Some(found)
}

/// Transactions of mainnet with their logs, in order of their blocks: value, and what tokens say that moved.
fn logged() -> Option<Movements> {
    let mut rows = Vec::new();
    for file in ["bridge", "misc", "swap", "wrap_lst_lend"] {
        rows.extend(lines(&shared_data(&format!("evm_tx/{file}.jsonl.gz"))?).filter(|row| row["chain"] == 1));
    }
    let place = |row: &Value, key: &str| word(&row["tx"], key).map(units);
    rows.sort_by_key(|row| (place(row, "blockNumber"), place(row, "transactionIndex")));
    let mut found = Movements::default();
    for row in &rows {
        let (tx, hash) = (&row["tx"], word(row, "hash").expect("a hash"));
        if let (Some(from), Some(to)) = (word(tx, "from"), word(tx, "to")) {
            found.party(from);
            found.party(to);
            found.call(from, to, value(tx), "0x", hash);
        }
        for log in row["receipt"]["logs"].as_array().into_iter().flatten() {
            let topics: Vec<&str> =
                log["topics"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let ([TRANSFERRED, from, to], Some(amount)) = (&topics[..], word(log, "data")) else { continue };
            let (Some(token), 66) = (word(log, "address"), amount.len()) else { continue };
            let [from, to] = [from, to].map(|topic| address(&format!("0x{}", &topic[26..])));
            found.parties.extend([from, to]);
            found.add([from, to], Some(address(token)), units(amount), hash);
        }
    }
    Some(found)
}

/// The contracts that 16 blocks made, in calls that did not fail; the code stands for its hash where it fits.
fn creations() -> Option<Vec<Creation<Address>>> {
    let mut found = Vec::new();
    for block in lines(&shared_data("evm_blocks/mev_inspect_blocks.jsonl.gz")?) {
        let mut failed: BTreeSet<(&str, Vec<u64>)> = BTreeSet::new();
        for trace in block["traces"].as_array().into_iter().flatten() {
            let Some(tx) = word(trace, "transaction_hash") else { continue };
            let place = trace["trace_address"].as_array().into_iter().flatten();
            let place: Vec<u64> = place.filter_map(Value::as_u64).collect();
            if !trace["error"].is_null() {
                failed.insert((tx, place.clone()));
            }
            let is_failed = (0..=place.len()).any(|end| failed.contains(&(tx, place[..end].to_vec())));
            let (Some("create"), Some(contract), false) =
                (word(trace, "type"), word(&trace["result"], "address"), is_failed)
            else {
                continue;
            };
            let code = word(&trace["action"], "init").filter(|_| !place.is_empty());
            found.push(Creation {
                contract: address(contract),
                by: address(word(&trace["action"], "from").expect("a maker")),
                code: code.map(|code| Keccak256::digest(code).into()),
            });
        }
    }
    Some(found)
}

/// What the public sets say of addresses of Ethereum.
fn labels(files: &[&str]) -> Option<HashMap<Address, Vec<Label>>> {
    let found = labels_of_chains(files)?.into_iter();
    Some(
        found.filter(|((chain, _), _)| *chain == 1).map(|((_, address), labels)| (address, labels)).collect(),
    )
}

/// What the public sets say of addresses of Ethereum and its kin, chain by chain.
fn labels_of_chains(files: &[&str]) -> Option<HashMap<(u64, Address), Vec<Label>>> {
    let mut found: HashMap<(u64, Address), Vec<Label>> = HashMap::new();
    for file in files {
        let file = File::open(shared_data(&format!("labels/{file}"))?).expect("opens");
        let rows = Rows::of(file, Defaults { predicate: Some(Predicate::Controls) }).expect("a label file");
        for label in rows.flatten() {
            let id = label.chain.to_string();
            let chain = id.strip_prefix("eip155:").and_then(|number| number.parse().ok());
            if let (Some(chain), Subject::Address(address)) = (chain, &label.subject) {
                found.entry((chain, *address)).or_default().push(label);
            }
        }
    }
    Some(found)
}

/// What public lists of labels beside a checkout call addresses of Ethereum: names copied from explorers and exchanges' own, which no rule
/// was made with. As in "Binance 14" and "Uniswap V2: DAI", the name is what stands before a number or a colon; the whole text stands beside it.
fn listed() -> Option<HashMap<Address, [String; 2]>> {
    let mut found = HashMap::new();
    for file in fs::read_dir(shared_data("attribution/graphsense")?).expect("a folder") {
        let path = file.expect("a file").path();
        let file_name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let options = Options { file_name, ..Options::default() };
        let Ok(imported) = read(&mut File::open(&path).expect("opens"), &options) else { continue };
        for claim in imported.snapshot.claims.iter() {
            if let Subject::Address(address @ Address::Evm(_)) = claim.subject {
                let label = claim.statement.label;
                let name = label.split(':').next().unwrap_or_default();
                let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ');
                found.entry(address).or_insert_with(|| [identity(name), label.to_lowercase()]);
            }
        }
    }
    Some(found)
}

/// The logs of an answer, by whom they were written on which chain.
fn take_logs(roles: &mut Roles<(u64, Address)>, chain: u64, logs: &Value) {
    for log in logs.as_array().into_iter().flatten() {
        let topics = log["topics"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let topics: Vec<[u8; 32]> = topics
            .map(|topic| hex::decode(&topic[2..]).expect("digits").try_into().expect("32 bytes"))
            .collect();
        let data = word(log, "data").map_or(0, |data| data.len() / 2 - 1);
        roles.take((chain, address(word(log, "address").expect("an address"))), &topics, data);
    }
}

/// Logs of real transactions of nine chains, on which nothing was tried but which signatures occur.
fn logs_of_transactions() -> Option<Roles<(u64, Address)>> {
    let mut roles = Roles::default();
    for file in ["bridge", "misc", "swap", "wrap_lst_lend"] {
        for row in lines(&shared_data(&format!("evm_tx/{file}.jsonl.gz"))?) {
            take_logs(&mut roles, row["chain"].as_u64().expect("a chain"), &row["receipt"]["logs"]);
        }
    }
    Some(roles)
}

/// All logs of three blocks of mainnet.
fn logs_of_blocks() -> Option<Roles<(u64, Address)>> {
    let mut roles = Roles::default();
    for file in ["b13000000_logs", "b18000000_receipts", "b20000010_receipts"] {
        let opened = File::open(shared_data(&format!("evm_rpc/{file}.json.gz"))?).expect("opens");
        let answer: Value = serde_json::from_reader(GzDecoder::new(opened)).expect("JSON");
        let result = &answer["response"]["result"];
        // Logs by themselves, or receipts with theirs.
        take_logs(&mut roles, 1, if file.ends_with("logs") { result } else { &Value::Null });
        for receipt in result.as_array().into_iter().flatten() {
            take_logs(&mut roles, 1, &receipt["logs"]);
        }
    }
    Some(roles)
}

/// The exchange that an address is said to be of, where nobody disputes it.
fn exchange(labels: &[Label]) -> Option<String> {
    entity(labels, |first| first.concept == "exchange")
}

/// Who an address is said to be of, where nobody disputes it.
fn entity(labels: &[Label], counts: impl Fn(&Label) -> bool) -> Option<String> {
    let name = named(labels).filter(|name| name.standing != Standing::Disputed)?;
    let first = &labels[*name.by.first()?];
    let entity = first.entity.as_ref().filter(|_| counts(first))?;
    Some(identity(entity))
}

fn percent(part: usize, whole: usize) -> String {
    let hundredths = part * 10_000 / whole.max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[test]
#[ignore = "rewrites docs/SCORECARD.md: cargo xtask derived"]
fn derived_scorecard() {
    let (Some(traced), Some(plain), Some(logged)) = (traced(), plain(), logged()) else { return };
    let (Some(names), Some(tokens)) = (labels(&NAMES), labels(&["tokens_eth.csv"])) else { return };
    let Some(listed) = listed() else { return };
    let mut page = String::from(include_str!("derived/head.md"));
    let mut say = |text: String| writeln!(page, "{text}").expect("a string takes every write");
    let sets = [
        ("16 blocks of mainnet, with inner calls", &traced),
        ("23 blocks at forks, without", &plain),
        ("transactions of mainnet with logs", &logged),
    ];
    let mut of_accounts = Vec::new();
    for (what, set) in &sets {
        let service = |account: AccountNum| exchange(names.get(&set.addresses[account.0 as usize])?);
        let is_named = |address: &Address| {
            names.contains_key(address) || listed.contains_key(address) || tokens.contains_key(address)
        };
        let calls = |name: &String, entity: &str| name.starts_with(&identity(entity));
        // Whether the lists call the wallet that is paid after the exchange that the sets name.
        let mut payees: BTreeMap<AccountNum, bool> = BTreeMap::new();
        for transfer in set.transfers.iter().filter(|transfer| !transfer.amount.is_zero()) {
            let (Some(from), Some(to)) = (transfer.from, transfer.to) else { continue };
            let told = listed.get(&set.addresses[to.0 as usize]);
            if let (Some([told, _]), Some(service)) = (told, service(to)) {
                *payees.entry(from).or_insert(true) &= calls(told, &service);
            }
        }
        let (_, money) = set.in_money(&tokens);
        let coin = set.assets.get(&None).copied();
        let for_fees = |asset| if coin == Some(asset) { held_for_fees(Chain::Evm(1)) } else { Amount::ZERO };
        let (mut in_relation, mut by_payee) = ([0; 2], [0; 2]);
        let mut found: BTreeMap<Seen, [usize; 3]> = BTreeMap::new();
        for deposit in deposits(&money, service, for_fees) {
            let address = &set.addresses[deposit.account.0 as usize];
            if !address.is_null_like() && !is_named(address) {
                in_relation[usize::from(deposit.seen == Seen::PaidOnly)] += 1;
            }
            if let (Seen::PaidOnly, Some(same)) = (deposit.seen, payees.get(&deposit.account)) {
                by_payee[0] += usize::from(*same);
                by_payee[1] += 1;
            }
            let known = names.get(address).or_else(|| tokens.get(address));
            let place = match known {
                _ if address.is_null_like() => continue,
                None => 0,
                Some(known) if exchange(known).as_ref() == Some(&deposit.service) => 1,
                Some(_) => 2,
            };
            found.entry(deposit.seen).or_default()[place] += 1;
        }
        let [passed, paid] =
            [Seen::PassedOn, Seen::PaidOnly].map(|seen| found.get(&seen).copied().unwrap_or_default());
        let known = set.parties.iter().filter(|party| names.contains_key(party)).count();
        let (all, wallets) = (
            set.parties.len(),
            set.addresses
                .iter()
                .filter(|address| names.get(address).and_then(|known| exchange(known)).is_some())
                .count(),
        );
        let accounts = set.addresses.len();
        let with_name = set.addresses.iter().filter(|address| names.contains_key(address)).count();
        let account = |number: AccountNum| match set.addresses[number.0 as usize] {
            Address::Evm(bytes) => Some(bytes),
            _ => None,
        };
        let contracts: BTreeMap<AssetNum, [u8; 20]> = set
            .assets
            .iter()
            .filter_map(|(token, number)| match token {
                Some(Address::Evm(bytes)) => Some((*number, *bytes)),
                _ => None,
            })
            .collect();
        let (mut pools_found, mut pools_right) = (0, [0; 2]);
        for pool in pools(1, set.transfers.iter().copied(), account, |asset| contracts.get(&asset).copied()) {
            let address = &set.addresses[pool.account.0 as usize];
            pools_found += usize::from(!is_named(address));
            let known = names.get(address).into_iter().chain(tokens.get(address)).flatten();
            let known = known.map(|label| label.label.to_lowercase());
            let texts: Vec<String> =
                listed.get(address).into_iter().map(|[_, text]| text.clone()).chain(known).collect();
            // What a pool's shares are called.
            let shares = match pool.factory.entity.as_str() {
                "Uniswap" => ["uniswap", "univ2", "uni-v2", "uni-v3"].as_slice(),
                _ => ["sushi", "slp"].as_slice(),
            };
            if !texts.is_empty() {
                let says = |text: &String| shares.iter().any(|name| text.contains(name));
                pools_right[0] += usize::from(texts.iter().any(says));
                pools_right[1] += 1;
            }
        }
        let with_list = set
            .addresses
            .iter()
            .filter(|address| names.contains_key(address) || listed.contains_key(address))
            .count();
        let labelled = set.addresses.iter().filter(|address| is_named(address)).count();
        let [passed_on, paid_only] = in_relation;
        of_accounts.push(format!(
            "| {what} | {accounts} | {} | {} | {} | {} | {} | {} | {} of {} | {} of {} |",
            percent(with_name, accounts),
            percent(with_list, accounts),
            percent(labelled, accounts),
            percent(labelled + pools_found, accounts),
            percent(labelled + pools_found + passed_on, accounts),
            percent(labelled + pools_found + passed_on + paid_only, accounts),
            pools_right[0],
            pools_right[1],
            by_payee[0],
            by_payee[1],
        ));
        let right = |[_, right, wrong]: [usize; 3]| format!("{right} of {}", right + wrong);
        say(format!(
            "| {what} | {all} | {} | {wallets} | {} | {} | {} | {} | {} | {} | {} |",
            set.transfers.len(),
            passed[0],
            paid[0],
            percent(known, all),
            percent(known + passed[0], all),
            percent(known + passed[0] + paid[0], all),
            right(passed),
            right(paid),
        ));
    }
    say(include_str!("derived/accounts.md").trim_end().to_owned());
    of_accounts.into_iter().for_each(&mut say);
    say(include_str!("derived/imitations.md").trim_end().to_owned());
    for (what, set) in &sets {
        let digits = |account: AccountNum| {
            let Address::Evm(bytes) = set.addresses[account.0 as usize] else { return None };
            (!Address::Evm(bytes).is_null_like()).then(|| hex::encode(bytes).into_bytes())
        };
        let (money, _) = set.in_money(&tokens);
        let found = imitations(&set.transfers, 16, digits, |asset| money.contains(&asset));
        let parties = set.addresses.len() as u128;
        let thousandths = parties * (parties - 1) / 2 * 1_000 / 16_u128.pow(7);
        let mistaken = found.imitations.iter().filter(|imitation| {
            let address = &set.addresses[imitation.account.0 as usize];
            names.contains_key(address) || tokens.contains_key(address)
        });
        let mistaken = mistaken.count();
        say(format!(
            "| {what} | {parties} | {} | {}.{:03} | {} | {mistaken} |",
            found.groups.len(),
            thousandths / 1_000,
            thousandths % 1_000,
            found.imitations.len(),
        ));
    }
    let (Some(clear), Some(transactions), Some(blocks)) =
        (labels_of_chains(&CLEAR), logs_of_transactions(), logs_of_blocks())
    else {
        return;
    };
    say(include_str!("derived/roles.md").trim_end().to_owned());
    for (what, roles) in [("transactions of nine chains", transactions), ("three blocks of mainnet", blocks)]
    {
        let (mut all, mut labelled, mut with_role, mut either) = (0, 0, 0, 0);
        let mut said: BTreeMap<Role, [usize; 2]> = BTreeMap::new();
        for (emitter, roles) in roles.found() {
            let labels = clear.get(&emitter);
            all += 1;
            labelled += usize::from(labels.is_some());
            with_role += usize::from(!roles.is_empty());
            either += usize::from(labels.is_some() || !roles.is_empty());
            for role in labels.iter().flat_map(|_| roles.keys()) {
                let [same, labelled] = said.entry(*role).or_default();
                *same += usize::from(labels.is_some_and(|labels| {
                    labels.iter().any(|label| role.is_said(&label.concept, label.nature == Nature::Asset))
                }));
                *labelled += 1;
            }
        }
        let said = Role::ALL.map(|role| {
            let [same, all] = said.get(&role).copied().unwrap_or_default();
            format!("{same} of {all}")
        });
        let (labelled, with_role) = (percent(labelled, all), percent(with_role, all));
        say(format!(
            "| {what} | {all} | {labelled} | {with_role} | {} | {} |",
            percent(either, all),
            said.join(" | ")
        ));
    }
    say(include_str!("derived/hot-wallets.md").trim_end().to_owned());
    for (what, set) in &sets {
        let (_, money) = set.in_money(&tokens);
        let found = hot_wallets(money);
        let label = |account: AccountNum| {
            let address = &set.addresses[account.0 as usize];
            names.get(address).or_else(|| tokens.get(address))
        };
        let labelled: Vec<_> = found.iter().filter_map(|wallet| label(wallet.account)).collect();
        let right = labelled.iter().filter(|labels| exchange(labels).is_some()).count();
        say(format!(
            "| {what} | {} | {} | {right} of {} |",
            set.addresses.len(),
            found.len(),
            labelled.len()
        ));
    }
    let Some(creations) = creations() else { return };
    say(include_str!("derived/deployers.md").trim_end().to_owned());
    let families = families(creations);
    for (what, of_factory) in [("one account deployed", false), ("one factory made, of one code", true)] {
        let (mut contracts, mut several, mut labelled, mut right, mut judged) = (0, 0, 0, 0, 0);
        for family in families.iter().filter(|family| family.code.is_some() == of_factory) {
            contracts += family.contracts.len();
            several += usize::from(family.contracts.len() > 1);
            let own = |address: &Address| entity(names.get(address)?, |_| true);
            let told = family.names(own, own);
            for name in family.contracts.iter().filter_map(own) {
                labelled += 1;
                let by_family = told.without(Some(&name));
                judged += usize::from(by_family.is_some());
                right += usize::from(by_family == Some(&name));
            }
        }
        say(format!("| {what} | {contracts} | {several} | {labelled} | {right} of {judged} |"));
    }
    let card = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/SCORECARD.md");
    let old = fs::read_to_string(&card).expect("the scorecard is there");
    let (before, after) = match old.split_once(MARKS.0) {
        Some((before, rest)) => (before, rest.split_once(MARKS.1).map_or("", |(_, after)| after)),
        None => (old.as_str(), "\n"),
    };
    let page = format!("{}\n\n{}\n{}\n{}{after}", before.trim_end(), MARKS.0, page.trim_end(), MARKS.1);
    fs::write(&card, page).expect("written");
}
