//! Screening batches: addresses that nothing knows, and addresses of a ledger with listed ones among them.

use std::{collections::BTreeSet, fmt::Write as _, fs};

use super::{
    Bench, Builds, Row,
    build::Build,
    inputs::{Chain, grouped},
    measure::measure,
    ours::write,
};
use crate::run::{Failure, command, root};

/// Addresses screened from standard input.
const SCREENED: u64 = 1_000_000;
/// Addresses of a ledger that are screened: each is examined with its counterparties.
const EXAMINED: u64 = 20_000;
/// Names that are searched for in one batch.
const ASKED: u64 = 2_000;
/// Parties of the EU and the UK list in 2026.
const MADE_UP: u64 = 12_500;
/// Transactions of the trace that becomes a page: enough for ten million bytes.
const DIVIDED: u64 = 10_000;
/// Addresses that it begins with.
const SEEDS: usize = 200;
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
    spreadsheet(bench, build, chain, &data, &owners.stdout)?;
    page(bench, build, chain, &data, &owners.stdout)?;
    let _ = fs::remove_file(&input);
    let _ = fs::remove_file(&file);
    let _ = fs::remove_dir_all(&data);
    Ok(())
}

/// A spreadsheet of withdrawals beside a ledger: most addresses never occurred in it, one of [`LISTED`] did.
fn spreadsheet(
    bench: &mut Bench,
    build: &Build,
    chain: &Chain,
    data: &str,
    owners: &str,
) -> Result<(), Failure> {
    let made = measure(command(&build.example("measure_ingest"), &["addresses", &SCREENED.to_string()]))?;
    let mut table = String::from("row,address,amount\n");
    let mut known = owners.lines();
    let mut occurring = 0;
    for (row, unknown) in made.stdout.lines().enumerate() {
        let owner = if row % LISTED == 0 { known.next() } else { None };
        occurring += u64::from(owner.is_some());
        writeln!(table, "{row},{},0.01", owner.unwrap_or(unknown)).expect("writes to a text");
    }
    let input = bench.work_dir.join("withdrawals.csv");
    write(&input, &table)?;
    let line = format!(
        "'{}' --data '{data}' screen --network regtest '{}' --column address --output csv > /dev/null",
        build.tool("tracehound"),
        input.display()
    );
    // Some of them are listed: exit code 20 and no failure.
    let measured =
        measure(command("sh", &["-c", &format!("{line}; code=$?; [ $code = 20 ] || exit $code")]))?;
    bench.rows.push(Row {
        section: "Screening",
        subject: "Tracehound: screen FILE --column address --output csv, with a ledger".into(),
        input: format!("generated Bitcoin addresses, 1 of {LISTED} of the {}", chain.name),
        bytes: table.len() as u64,
        items: SCREENED,
        unit: "addresses",
        seconds: measured.seconds,
        whole: true,
        peak_mib: None,
        command: "tracehound screen --network regtest withdrawals.csv --column address --output csv".into(),
        note: format!(
            "whole process; {} addresses occur in the ledger and are examined with their counterparties, 1 of {LISTED} of \
             those is listed",
            grouped(occurring)
        ),
    });
    let _ = fs::remove_file(&input);
    Ok(())
}

/// A page about a long trace, from the ledger to the file.
fn page(bench: &mut Bench, build: &Build, chain: &Chain, data: &str, owners: &str) -> Result<(), Failure> {
    let seeds: Vec<&str> = owners.lines().take(SEEDS).collect();
    let (tool, file) = (build.tool("tracehound"), bench.work_dir.join("page.html"));
    let path = file.to_string_lossy().into_owned();
    let line = format!(
        "'{tool}' --data '{data}' report trace {} --network regtest --method poison --work {DIVIDED} --html '{path}'",
        seeds.join(" ")
    );
    // Cut short where it was told to be: exit code 30 and no failure.
    let measured =
        measure(command("sh", &["-c", &format!("{line}; code=$?; [ $code = 30 ] || exit $code")]))?;
    let bytes =
        fs::metadata(&file).map_err(|error| Failure::new(format!("cannot read {path}: {error}")))?.len();
    bench.rows.push(Row {
        section: "Reports",
        subject: "Tracehound: report trace --html".into(),
        input: format!("{} owners of the {}", seeds.len(), chain.name),
        bytes,
        items: DIVIDED,
        unit: "transactions",
        seconds: measured.seconds,
        whole: false,
        peak_mib: None,
        command: format!(
            "tracehound report trace ADDRESS... --method poison --work {DIVIDED} --html page.html"
        ),
        note: "whole process: opening, tracing, drawing and writing; MB are of the page".into(),
    });
    let _ = fs::remove_file(&file);
    Ok(())
}

/// Names against the lists of OFAC and the UN and as many made-up parties as the EU and the UK list: a batch, and one by itself.
/// Of this tree alone: an older build may compare them in another way.
pub(super) fn names(bench: &mut Bench, build: &Build) -> Result<(), Failure> {
    let lists = root().join("../shared/data/sanctions");
    let (ofac, un) =
        (lists.join("ofac_sdn_advanced_2025-11-19.xml.bz2"), lists.join("un_consolidated_2026-02-27.xml"));
    let Ok(text) = fs::read_to_string(&un) else {
        bench.skipped.push("names: the lists are not there".into());
        return Ok(());
    };
    let listed = people(&text);
    if listed.len() < 2 {
        bench.skipped.push("names: the UN list names nobody".into());
        return Ok(());
    }
    let tool = build.tool("tracehound");
    let data = data(bench, build);
    let _ = fs::remove_dir_all(&data);
    let made_up = bench.work_dir.join("made-up.ftm.json");
    write(&made_up, &like_eu_and_uk(&listed))?;
    for (file, more) in [(&ofac, &[][..]), (&un, &[]), (&made_up, &["--source", "own-eu-uk"])] {
        let file = file.to_string_lossy();
        let arguments = ["--data", &data, "lists", "import", &file, "--published", "2026-02-27"];
        let arguments = if *file == *made_up.to_string_lossy() { &arguments[..] } else { &arguments[..5] };
        measure(command(&tool, &[arguments, more].concat()))?;
    }
    // Every other one is listed; the rest are given names of one beside family names of the next.
    let mut asked = String::new();
    for pair in listed.windows(2).cycle().take(ASKED as usize / 2) {
        let ((first, last), (_, next)) = (&pair[0], &pair[1]);
        writeln!(asked, "{first} {last}\n{first} {next}").expect("writes to a text");
    }
    let input = bench.work_dir.join("names.txt");
    write(&input, &asked)?;
    let one = format!("--name '{}'", listed.first().map_or("Nobody", |(first, _)| first).replace('\'', ""));
    for (how, items, redirect, note) in [
        ("--name --stdin", ASKED, format!("< '{}'", input.display()), "whole process, all cores"),
        (
            &one,
            1,
            String::new(),
            "whole process: opening the lists and the names that were prepared when they were taken in",
        ),
    ] {
        let line = format!(
            "'{tool}' --data '{data}' screen {how} --output jsonl --as-of 2026-02-28T00:00:00Z {redirect} > /dev/null"
        );
        // Some are found: exit code 10; others are not, and advisories are old: 30. Neither is a failure.
        let measured = measure(command(
            "sh",
            &["-c", &format!("{line}; code=$?; [ $code = 10 ] || [ $code = 30 ] || exit $code")],
        ))?;
        let how = if items == 1 { "--name NAME" } else { how };
        bench.rows.push(Row {
            section: "Screening",
            subject: format!("Tracehound: screen {how} --output jsonl"),
            input: "names of the UN list, and of nobody".into(),
            bytes: if items == 1 { 0 } else { asked.len() as u64 },
            items,
            unit: "names",
            seconds: measured.seconds,
            whole: true,
            peak_mib: None,
            command: format!("tracehound screen {how} --output jsonl"),
            note: format!(
                "OFAC of 2025-11-19, UN of 2026-02-27, {} made-up parties; {note}",
                grouped(MADE_UP)
            ),
        });
    }
    for file in [&input, &made_up] {
        let _ = fs::remove_file(file);
    }
    let _ = fs::remove_dir_all(&data);
    Ok(())
}

/// First and second names of the people of a UN list.
fn people(list: &str) -> Vec<(String, String)> {
    let between = |text: &str, name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        let (inner, _) = rest.split_once(&format!("</{name}>"))?;
        (!inner.trim().is_empty() && !inner.contains('&')).then(|| inner.trim().to_owned())
    };
    let all = list.split("<INDIVIDUAL>").skip(1);
    all.filter_map(|person| Some((between(person, "FIRST_NAME")?, between(person, "SECOND_NAME")?))).collect()
}

/// As many parties as the EU and the UK list have together, three names each, of the words of real ones.
fn like_eu_and_uk(people: &[(String, String)]) -> String {
    let mut list = String::new();
    for party in 0..MADE_UP as usize {
        let name = |turn: usize| {
            let first = &people[(party * 7 + turn) % people.len()].0;
            let last = &people[(party * 13 + turn * 5) % people.len()].1;
            serde_json::Value::from(format!("{first} {last}")).to_string()
        };
        writeln!(
            list,
            "{{\"id\":\"p{party}\",\"schema\":\"Person\",\"target\":true,\"datasets\":[\"made_up\"],\"properties\":{{\"name\":[{}],\
             \"alias\":[{},{}],\"topics\":[\"sanction\"]}}}}",
            name(0),
            name(1),
            name(2)
        )
        .expect("writes to a text");
    }
    list
}

/// Each build keeps its lists in a folder of its own.
fn data(bench: &Bench, build: &Build) -> String {
    bench.work_dir.join(format!("data-{}", build.name)).to_string_lossy().into_owned()
}
