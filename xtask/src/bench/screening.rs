//! Screening batches: addresses that nothing knows, and addresses of a ledger with listed ones among them.

use std::{collections::BTreeSet, fmt::Write as _, fs};

use super::{
    Bench, Builds, Row,
    build::Build,
    inputs::{Chain, grouped},
    measure::measure,
    ours::write,
};
use crate::run::{Failure, command};

/// Addresses screened from standard input.
const SCREENED: u64 = 1_000_000;
/// Addresses of a ledger that are screened: each is examined with its counterparties.
const EXAMINED: u64 = 20_000;
/// One of so many of them is listed.
const LISTED: usize = 100;

/// Made-up addresses that no list names: the common case of a batch.
pub(super) fn unlisted(bench: &mut Bench, builds: &Builds) -> Result<(), Failure> {
    let input = bench.work_dir.join("addresses.txt");
    let made =
        measure(command(&builds.now.example("measure_ingest"), &["addresses", &SCREENED.to_string()]))?;
    write(&input, &made.stdout)?;
    for output in ["csv", "jsonl"] {
        bench.step(builds, |bench, build| {
            let data = data(bench, build);
            measure(command(&build.tool("tracehound"), &["--data", &data, "lists", "list"]))?;
            let line = format!(
                "'{}' --data '{data}' screen --stdin --output {output} --as-of 2025-11-20T00:00:00Z < '{}' > /dev/null",
                build.tool("tracehound"),
                input.display()
            );
            // Nothing here has a ledger: the answers are incomplete, which is exit code 30 and no failure.
            let measured = measure(command("sh", &["-c", &format!("{line}; code=$?; [ $code = 30 ] || exit $code")]))?;
            Ok(vec![Row {
                section: "Screening",
                subject: format!("Tracehound: screen --stdin --output {output}"),
                input: "generated Bitcoin addresses on no list".into(),
                bytes: made.stdout.len() as u64,
                items: SCREENED,
                unit: "addresses",
                seconds: measured.seconds,
                whole: true,
                peak_mib: None,
                command: format!("tracehound screen --stdin --output {output} < addresses.txt"),
                note: "whole process, shipped facts, no ledger".into(),
            }])
        })?;
    }
    let _ = fs::remove_file(&input);
    for build in builds.each() {
        let _ = fs::remove_dir_all(data(bench, build));
    }
    Ok(())
}

/// Addresses that occur in a ledger, a hundredth of them listed: every answer examines transactions, and many find
/// somebody. Of this tree alone: the ledger of an older build may not be this one's.
pub(super) fn of_a_ledger(bench: &mut Bench, build: &Build, chain: &Chain) -> Result<(), Failure> {
    let data = data(bench, build);
    let tool = build.tool("tracehound");
    let _ = fs::remove_dir_all(&data);
    let blocks = chain.node.join("blocks").to_string_lossy().into_owned();
    measure(command(&tool, &["--data", &data, "ingest", "bitcoin", "--network", "regtest", &blocks]))?;
    let ledger = format!("{data}/ledger/bitcoin-regtest");
    let owners =
        measure(command(&build.example("measure_ingest"), &["owners", &ledger, &EXAMINED.to_string()]))?;
    let addresses: BTreeSet<&str> = owners.stdout.lines().collect();
    let mut list = String::from("address,label,category\n");
    for address in addresses.iter().step_by(LISTED) {
        writeln!(list, "{address},Somebody,ransomware").expect("writes to a text");
    }
    let (input, file) = (bench.work_dir.join("owners.txt"), bench.work_dir.join("listed.csv"));
    write(&input, &owners.stdout)?;
    write(&file, &list)?;
    let listed = file.to_string_lossy().into_owned();
    measure(command(&tool, &["--data", &data, "lists", "import", &listed, "--published", "2025-11-19"]))?;
    let line = format!(
        "'{tool}' --data '{data}' screen --network regtest --stdin --output jsonl < '{}' > /dev/null",
        input.display()
    );
    // Some of them are listed: exit code 20 and no failure.
    let measured =
        measure(command("sh", &["-c", &format!("{line}; code=$?; [ $code = 20 ] || exit $code")]))?;
    let items = addresses.len() as u64;
    bench.rows.push(Row {
        section: "Screening",
        subject: "Tracehound: screen --stdin --output jsonl, with transactions".into(),
        input: format!("addresses of the {}, 1 of {LISTED} listed", chain.name),
        bytes: owners.stdout.len() as u64,
        items,
        unit: "addresses",
        seconds: measured.seconds,
        whole: true,
        peak_mib: None,
        command: "tracehound screen --network regtest --stdin --output jsonl < owners.txt".into(),
        note: format!(
            "whole process; counterparties and indirect exposure of each of {} addresses in a whole ledger",
            grouped(items)
        ),
    });
    let _ = fs::remove_file(&input);
    let _ = fs::remove_file(&file);
    let _ = fs::remove_dir_all(&data);
    Ok(())
}

/// Each build keeps its lists in a folder of its own.
fn data(bench: &Bench, build: &Build) -> String {
    bench.work_dir.join(format!("data-{}", build.name)).to_string_lossy().into_owned()
}
