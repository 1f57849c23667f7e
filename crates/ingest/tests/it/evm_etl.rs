//! Files of ethereum-etl into a ledger of transfers: real blocks, the same as a node tells, and files that are wrong.

use std::{collections::BTreeMap, fs, ops::ControlFlow, path::Path};

use serde_json::{Value, value::RawValue};
use tracehound_evm::{
    chains::Rules,
    node::{End, Node, NodeOptions},
};
use tracehound_ingest::{
    EtlReport, EtlSource, EvmNodeOptions, TransferIngestError, ingest_etl_files, ingest_evm_node,
};
use tracehound_model::{
    Chain,
    transfer::{MovementKind, Unseen},
};
use tracehound_testkit::shared_data;
use tracehound_transfers::{BlockNum, Transfer, TransferLedger, TransferNum, TransferRows, WriterOptions};

use crate::fake_node::{FakeNode, TRANSFERS, TXS, Told, chain};

const LENGTH: u64 = 12;

/// Tables by name: columns and rows.
type Tables = BTreeMap<&'static str, (Vec<&'static str>, Vec<Vec<String>>)>;

fn write(dir: &Path, tables: &Tables) {
    for (name, (columns, rows)) in tables {
        // As `export_all` lays them out.
        let folder = dir.join(name).join("start_block=00000000").join("end_block=00099999");
        fs::create_dir_all(&folder).expect("made");
        let quoted = |row: &Vec<String>| {
            let cells: Vec<String> =
                row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            cells.join(",")
        };
        let lines: Vec<String> = std::iter::once(columns.join(",")).chain(rows.iter().map(quoted)).collect();
        fs::write(folder.join(format!("{name}_00000000_00099999.csv")), lines.join("\r\n") + "\r\n")
            .expect("written");
    }
}

fn ingest(dir: &Path, from: &Path) -> Result<EtlReport, TransferIngestError> {
    let source = EtlSource {
        paths: vec![from.to_owned()],
        rules: Rules::ethereum(),
        writer: WriterOptions::default(),
    };
    ingest_etl_files(dir, &source, &|_| ControlFlow::Continue(()))
}

/// Ingests tables; the ledger and what was said of them.
fn taken(tables: &Tables) -> (tempfile::TempDir, Result<EtlReport, TransferIngestError>) {
    let files = tempfile::tempdir().expect("temporary folder");
    write(files.path(), tables);
    let dir = tempfile::tempdir().expect("temporary folder");
    let report = ingest(dir.path(), files.path());
    (dir, report)
}

fn open(dir: &Path) -> TransferLedger {
    TransferLedger::open(dir, Chain::Evm(1)).expect("opens")
}

fn transfers(ledger: &TransferLedger) -> Vec<Transfer> {
    (0..ledger.transfer_count()).filter_map(|num| ledger.transfer(TransferNum(num))).collect()
}

/// As ethereum-etl writes a cell.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().map(cell).collect::<Vec<_>>().join(",")
        }
        Value::Array(_) => value.to_string().replace('"', "'"),
        other => other.to_string(),
    }
}

/// A hexadecimal number of a node in decimal.
fn decimal(value: &Value) -> String {
    let digits = value.as_str().expect("a number").trim_start_matches("0x");
    u128::from_str_radix(digits, 16).expect("a number").to_string()
}

/// What ethereum-etl makes of blocks that a node tells.
fn tables(blocks: &[Told]) -> Tables {
    let mut tables = Tables::new();
    let mut put = |name: &'static str, columns: &[&'static str], row: Vec<String>| {
        tables.entry(name).or_insert_with(|| (columns.to_vec(), Vec::new())).1.push(row);
    };
    for told in blocks {
        let block = &told.block;
        let (number, hash) = (decimal(&block["number"]), cell(&block["hash"]));
        let txs = block["transactions"].as_array().expect("a list");
        put(
            "blocks",
            &[
                "number",
                "hash",
                "parent_hash",
                "sha3_uncles",
                "logs_bloom",
                "miner",
                "difficulty",
                "timestamp",
                "transaction_count",
                "base_fee_per_gas",
            ],
            vec![
                number.clone(),
                hash.clone(),
                cell(&block["parentHash"]),
                cell(&block["sha3Uncles"]),
                cell(&block["logsBloom"]),
                cell(&block["miner"]),
                decimal(&block["difficulty"]),
                decimal(&block["timestamp"]),
                txs.len().to_string(),
                decimal(&block["baseFeePerGas"]),
            ],
        );
        for (index, (tx, receipt)) in txs.iter().zip(&told.receipts).enumerate() {
            let index = index.to_string();
            put(
                "transactions",
                &[
                    "hash",
                    "nonce",
                    "block_hash",
                    "block_number",
                    "transaction_index",
                    "from_address",
                    "to_address",
                    "value",
                    "gas",
                    "gas_price",
                    "input",
                    "transaction_type",
                ],
                vec![
                    cell(&tx["hash"]),
                    decimal(&tx["nonce"]),
                    hash.clone(),
                    number.clone(),
                    index.clone(),
                    cell(&tx["from"]),
                    cell(&tx["to"]),
                    decimal(&tx["value"]),
                    "100000".to_owned(),
                    "1000".to_owned(),
                    "0x".to_owned(),
                    "0".to_owned(),
                ],
            );
            put(
                "receipts",
                &[
                    "transaction_hash",
                    "transaction_index",
                    "block_hash",
                    "block_number",
                    "cumulative_gas_used",
                    "gas_used",
                    "contract_address",
                    "root",
                    "status",
                    "effective_gas_price",
                ],
                vec![
                    cell(&receipt["transactionHash"]),
                    index.clone(),
                    hash.clone(),
                    number.clone(),
                    decimal(&receipt["cumulativeGasUsed"]),
                    decimal(&receipt["gasUsed"]),
                    String::new(),
                    String::new(),
                    "1".to_owned(),
                    decimal(&receipt["effectiveGasPrice"]),
                ],
            );
            for log in receipt["logs"].as_array().expect("a list") {
                put(
                    "logs",
                    &[
                        "log_index",
                        "transaction_hash",
                        "transaction_index",
                        "block_hash",
                        "block_number",
                        "address",
                        "data",
                        "topics",
                    ],
                    vec![
                        index.clone(),
                        cell(&tx["hash"]),
                        index.clone(),
                        hash.clone(),
                        number.clone(),
                        cell(&log["address"]),
                        cell(&log["data"]),
                        cell(&log["topics"]),
                    ],
                );
                put(
                    "token_transfers",
                    &[
                        "token_address",
                        "from_address",
                        "to_address",
                        "value",
                        "transaction_hash",
                        "log_index",
                        "block_number",
                    ],
                    vec![
                        cell(&log["address"]),
                        String::new(),
                        String::new(),
                        "7".to_owned(),
                        cell(&tx["hash"]),
                        index.clone(),
                        number.clone(),
                    ],
                );
            }
        }
        for trace in &told.flat {
            let index =
                txs.iter().position(|tx| tx["hash"] == trace["transactionHash"]).expect("its transaction");
            let place = trace["traceAddress"].as_array().expect("a list");
            let failed = !trace["error"].is_null() || place.len() == 2;
            put(
                "traces",
                &[
                    "block_number",
                    "transaction_hash",
                    "transaction_index",
                    "from_address",
                    "to_address",
                    "value",
                    "trace_type",
                    "call_type",
                    "reward_type",
                    "trace_address",
                    "error",
                    "status",
                ],
                vec![
                    number.clone(),
                    cell(&trace["transactionHash"]),
                    index.to_string(),
                    cell(&trace["action"]["from"]),
                    cell(&trace["action"]["to"]),
                    decimal(&trace["action"]["value"]),
                    "call".to_owned(),
                    "call".to_owned(),
                    String::new(),
                    place.iter().map(Value::to_string).collect::<Vec<_>>().join(","),
                    cell(&trace["error"]),
                    u8::from(!failed).to_string(),
                ],
            );
        }
    }
    tables
}

#[test]
fn files_tell_what_a_node_tells_and_nothing_is_proved() {
    let blocks = chain(LENGTH, 0, 0);
    let mut tables = tables(&blocks);
    // As several workers write: the last come first, and a block's rows are mixed.
    for name in ["transactions", "receipts", "logs", "traces"] {
        tables.get_mut(name).expect("a table").1.reverse();
    }
    let (dir, report) = taken(&tables);
    let report = report.expect("taken");
    assert_eq!((report.report.blocks, report.report.transfers), (LENGTH + 1, LENGTH * TRANSFERS));
    assert_eq!(report.passed_over.len(), 1, "{:?}", report.passed_over);
    assert!(report.passed_over[0].ends_with("token_transfers_00000000_00099999.csv"));
    assert_eq!(
        report.report.gaps.keys().copied().collect::<Vec<_>>(),
        [Unseen::SOME_ISSUES],
        "what genesis allots"
    );
    let ours = open(dir.path());
    ours.verify().expect("right");

    let theirs = tempfile::tempdir().expect("temporary folder");
    let served = FakeNode::start(blocks);
    let asked = NodeOptions { senders: false, ..NodeOptions::default() };
    let mut node = Node::connect(&served.url(), Rules::ethereum(), asked).expect("a node");
    let latest = EvmNodeOptions { end: End::Depth(0), ..EvmNodeOptions::default() };
    ingest_evm_node(theirs.path(), &mut node, &latest, &|_| ControlFlow::Continue(())).expect("taken");
    let theirs = open(theirs.path());
    let unproved = |moved: Transfer| Transfer { proved: false, ..moved };
    assert_eq!(transfers(&ours), transfers(&theirs).into_iter().map(unproved).collect::<Vec<_>>());

    // Once more changes nothing.
    let snapshot = ours.snapshot_id();
    drop(ours);
    let files = tempfile::tempdir().expect("temporary folder");
    write(files.path(), &tables);
    let again = ingest(dir.path(), files.path()).expect("known");
    assert_eq!((again.report.blocks, again.report.known), (0, LENGTH + 1));
    assert_eq!(open(dir.path()).snapshot_id(), snapshot);
}

#[test]
fn what_there_is_no_table_of_is_a_gap_of_every_block() {
    let all = tables(&chain(LENGTH, 0, 0));
    let without = |names: &[&str]| {
        let mut tables = all.clone();
        tables.retain(|name, _| !names.contains(name));
        let (dir, report) = taken(&tables);
        let report = report.expect("taken").report;
        let ledger = open(dir.path());
        assert_eq!(report.blocks, LENGTH + 1);
        (ledger.block(BlockNum(5)).expect("held").unseen, report.transfers)
    };
    assert_eq!(without(&["traces"]), (Unseen::TRACES, LENGTH * (TRANSFERS - TXS)));
    // Without receipts the traces alone tell: neither fees nor tokens.
    let [receipts, logs] = [without(&["receipts"]), without(&["logs"])];
    assert_eq!(receipts, (Unseen::RECEIPTS, LENGTH * (2 * TXS + 1)));
    assert_eq!(logs, receipts, "tokens are not known, whatever token_transfers says");
    for table in ["blocks", "transactions"] {
        let mut tables = all.clone();
        tables.remove(table);
        let refused = taken(&tables).1.expect_err("nothing is known without").to_string();
        assert!(refused.contains(&format!("no file of {table}")), "{refused}");
    }
}

#[test]
fn files_that_contradict_themselves_are_refused_and_what_came_before_is_kept() {
    let honest = tables(&chain(LENGTH, 0, 0));
    // The place of a column, and of the rows of block 6.
    let column = |table: &str, name: &str| {
        honest[table].0.iter().position(|column| *column == name).expect("a column")
    };
    let rows = |table: &str| -> Vec<usize> {
        let block = column(table, if table == "blocks" { "number" } else { "block_number" });
        honest[table].1.iter().enumerate().filter(|(_, row)| row[block] == "6").map(|(at, _)| at).collect()
    };
    let mut lies: Vec<(&str, &str, Tables)> = Vec::new();
    for (table, says) in [
        ("transactions", "counts 3 transactions, and there are rows of 2"),
        ("receipts", "rows of 2 receipts"),
        ("traces", "the tracer tells of another one there"),
        ("blocks", "block 6: no row tells of it, and the next one is of block 7"),
    ] {
        let mut tables = honest.clone();
        let (gone, more) = (rows(table)[0], if table == "traces" { 4 } else { 1 });
        tables.get_mut(table).expect("a table").1.drain(gone..gone + more);
        lies.push(("a row is missing", says, tables));
    }
    let mut logs = honest.clone();
    logs.get_mut("logs").expect("a table").1.drain(rows("logs")[0]..rows("logs")[0] + 3);
    lies.push(("all logs are missing", "has logs, of which there is no row", logs));
    for (table, says) in
        [("logs", "a log stands in it twice"), ("transactions", "rows of 4"), ("receipts", "rows of 4")]
    {
        let mut tables = honest.clone();
        let again = tables[table].1[rows(table)[1]].clone();
        tables.get_mut(table).expect("a table").1.push(again);
        lies.push(("a row twice", says, tables));
    }
    for (table, name, value, says) in [
        (
            "receipts",
            "transaction_hash",
            "0x1111111111111111111111111111111111111111111111111111111111111111",
            "receipts that are theirs",
        ),
        ("receipts", "status", "2", "`status` is neither 0 nor 1"),
        ("receipts", "status", "", "`status` is empty"),
        ("transactions", "value", "1e18", "`value` is no whole number of 256 bits"),
        ("transactions", "value", "-1", "`value` is no whole number of 256 bits"),
        ("transactions", "from_address", "0x12", "`from_address` is no such hash or account"),
        ("transactions", "transaction_index", "7", "indexes of its transactions are not 0, 1, 2"),
        ("logs", "transaction_index", "2", "of another transaction than"),
        ("logs", "transaction_index", "9", "out of order"),
        ("logs", "data", "0x1", "`data` is not hexadecimal"),
        ("logs", "topics", "0x01", "no list of topics"),
        ("traces", "trace_address", "0,x", "no list of places"),
        ("traces", "trace_type", "teleport", "of a kind that is not known"),
        ("blocks", "number", "18446744073709551616", "no number of 64 bits"),
    ] {
        let mut tables = honest.clone();
        let place = column(table, name);
        tables.get_mut(table).expect("a table").1[rows(table)[0]][place] = value.to_owned();
        lies.push((name, says, tables));
    }
    for (what, says, tables) in lies {
        let (dir, report) = taken(&tables);
        let error = report.map(|_| ()).expect_err(what).to_string();
        assert!(error.contains(says), "{what}: {error}");
        assert!(open(dir.path()).info().tip.is_none_or(|block| block.height < 6), "{what}");
        open(dir.path()).verify().expect("right as far as it goes");
    }
}

#[test]
fn a_row_that_comes_too_late_is_an_error_and_no_gap() {
    let mut tables = tables(&chain(2_100, 0, 0));
    let rows = &mut tables.get_mut("logs").expect("a table").1;
    let late = rows.remove(3);
    rows.push(late);
    let error = taken(&tables).1.map(|_| ()).expect_err("too late").to_string();
    // By then the block it is of had been found to lack it, or it is seen to be late: either way nothing is passed over.
    assert!(
        error.contains("sort the file by blocks") || error.contains("has logs, of which there is no row"),
        "{error}"
    );
}

#[test]
fn what_genesis_allots_stands_among_its_traces() {
    let mut tables = tables(&chain(3, 0, 0));
    let (columns, rows) = tables.get_mut("traces").expect("a table");
    let row = |kind: &str, to: &str, value: &str| {
        let cell = |name: &&str| match *name {
            "block_number" => "0",
            "to_address" => to,
            "value" => value,
            "trace_type" => kind,
            "status" => "1",
            _ => "",
        };
        columns.iter().map(|name| cell(name).to_owned()).collect::<Vec<String>>()
    };
    rows.push(row("genesis", "0x000000000000000000000000000000000acc0000", "1000000"));
    let (dir, report) = taken(&tables);
    assert_eq!(report.expect("taken").report.gaps, BTreeMap::new());
    let ledger = open(dir.path());
    let first = ledger.transfer(TransferNum(0)).expect("the allocation");
    assert_eq!((first.kind, first.from, first.amount.to_u64()), (MovementKind::Issue, None, Some(1_000_000)));
    assert!(ledger.info().from_genesis);
}

#[test]
fn real_blocks_come_to_the_token_transfers_that_ethereum_etl_found() {
    // Numbers as they are written: they have more digits than a float.
    let read = |name: &str| -> Option<Vec<BTreeMap<String, Box<RawValue>>>> {
        let path = shared_data(&format!("ethereum/etl_17173049_expected_{name}.json"))?;
        let text = fs::read_to_string(path).expect("reads");
        Some(text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect())
    };
    let written = |raw: &RawValue| match raw.get() {
        number if number.starts_with(|first: char| first.is_ascii_digit()) => number.to_owned(),
        other => cell(&serde_json::from_str(other).expect("JSON")),
    };
    let mut tables = Tables::new();
    let columns: [(&'static str, &[&'static str]); 3] = [
        (
            "blocks",
            &[
                "number",
                "hash",
                "parent_hash",
                "sha3_uncles",
                "logs_bloom",
                "miner",
                "difficulty",
                "timestamp",
                "transaction_count",
                "base_fee_per_gas",
                "withdrawals_root",
                "withdrawals",
            ],
        ),
        (
            "transactions",
            &[
                "hash",
                "nonce",
                "block_number",
                "transaction_index",
                "from_address",
                "to_address",
                "value",
                "gas",
                "gas_price",
                "input",
                "transaction_type",
                "receipt_cumulative_gas_used",
                "receipt_gas_used",
                "receipt_contract_address",
                "receipt_root",
                "receipt_status",
                "receipt_effective_gas_price",
            ],
        ),
        (
            "logs",
            &[
                "log_index",
                "transaction_hash",
                "transaction_index",
                "block_number",
                "address",
                "data",
                "topics",
            ],
        ),
    ];
    for (name, columns) in columns {
        let Some(rows) = read(name) else { return };
        let rows =
            rows.iter().map(|row| columns.iter().map(|column| written(&row[*column])).collect()).collect();
        tables.insert(name, (columns.to_vec(), rows));
    }
    let (dir, report) = taken(&tables);
    let report = report.expect("taken").report;
    assert_eq!((report.blocks, report.gaps.keys().copied().collect::<Vec<_>>()), (2, vec![Unseen::TRACES]));
    let ledger = open(dir.path());
    let mut ours: BTreeMap<(String, String), u64> = BTreeMap::new();
    for moved in transfers(&ledger).iter().filter(|moved| moved.kind == MovementKind::Token) {
        assert!(!moved.proved);
        let tx = ledger.tx(moved.tx).expect("held");
        *ours.entry((format!("0x{}", hex::encode(tx.hash)), moved.amount.to_string())).or_default() += 1;
    }
    // Its `value` is a number where the token is one of a kind; nothing and to himself are no movements; wrapping has none.
    let mut theirs = 0;
    for row in read("token_transfers").expect("beside the others") {
        let [value, tx, from, to] =
            ["value", "transaction_hash", "from_address", "to_address"].map(|name| written(&row[name]));
        if value == "0" || from == to {
            continue;
        }
        let is_one = |amount: &str| ours.contains_key(&(tx.clone(), amount.to_owned()));
        assert!(is_one(&value) || is_one("1"), "{value} in {tx}");
        theirs += 1;
    }
    let withdrawn = transfers(&ledger).iter().filter(|moved| moved.kind == MovementKind::Issue).count();
    assert_eq!((theirs, withdrawn), (275, 32));
}
