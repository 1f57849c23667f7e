//! Writes docs/BENCHMARKS.md and docs/benchmarks.json.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "rates for people, of positive numbers"
)]

use std::{fmt::Write as _, fs};

use super::{Bench, Row, against::Compared, inputs::grouped, machine::Machine};
use crate::run::{Failure, root};

pub(crate) fn write(machine: &Machine, bench: &Bench) -> Result<(), Failure> {
    let json = serde_json::json!({ "machine": machine, "rows": bench.rows, "compared": bench.compared, "skipped": bench.skipped });
    let json = serde_json::to_string_pretty(&json).map_err(|error| Failure::new(error.to_string()))? + "\n";
    fs::create_dir_all(root().join("docs"))
        .map_err(|error| Failure::new(format!("cannot make docs/: {error}")))?;
    for (name, text) in [
        ("docs/BENCHMARKS.md", markdown(machine, &bench.rows, &bench.compared, &bench.skipped)),
        ("docs/benchmarks.json", json),
    ] {
        let path = root().join(name);
        fs::write(&path, text).map_err(|error| Failure::new(format!("cannot write {name}: {error}")))?;
        println!("wrote {name}");
    }
    Ok(())
}

fn markdown(machine: &Machine, rows: &[Row], compared: &[Compared], skipped: &[String]) -> String {
    let mut text = format!(
        "# Benchmarks\n\nWritten by `cargo xtask bench`; do not edit.\n\n\
         * Date: {}, commit {}\n* Machine: {}, {} cores, {} MiB of memory, {}; load {} at the start\n* Its memory, one core, \
         when the run began and when it ended: {}\n* Compiler: {}\n\n\
         Times are wall-clock, on files that lie in the page cache. MB is 10^6 bytes, MiB is 2^20. Peak memory is the\n\
         process's largest resident set (`VmHWM`).\n",
        machine.date,
        machine.commit,
        machine.cpu,
        machine.cores,
        grouped(machine.memory_mib),
        machine.kernel,
        machine.load,
        memory(machine),
        machine.rustc,
    );
    let mut sections: Vec<&str> = Vec::new();
    for row in rows {
        if !sections.contains(&row.section) {
            sections.push(row.section);
        }
    }
    for section in sections {
        let head = "| what | input | size | time | rate | peak memory |\n|---|---|---|---|---|---|\n";
        write!(text, "\n## {section}\n\n{head}").expect("a string takes every write");
        for row in rows.iter().filter(|row| row.section == section) {
            table_row(&mut text, row);
        }
        text.push('\n');
        let mut told: Vec<String> = Vec::new();
        for row in rows.iter().filter(|row| row.section == section) {
            let note = format!("* {}: `{}`. {}\n", row.subject, row.command, row.note);
            if !told.contains(&note) {
                text.push_str(&note);
                told.push(note);
            }
        }
    }
    text.push_str(&comparison(compared));
    text.push_str(&growth(rows));
    if !skipped.is_empty() {
        text.push_str("\n## Not measured in this run\n\n");
        for line in skipped {
            writeln!(text, "* {line}").expect("a string takes every write");
        }
    }
    text
}

/// This tree beside an older commit.
fn comparison(compared: &[Compared]) -> String {
    let Some(first) = compared.first() else { return String::new() };
    let mut text = format!(
        "\n## Beside commit {}\n\nBoth builds on the same files in the same run, one after the other, {} pairs. The ratio is \
         this tree's time over the older\nbuild's, taken pair by pair: above 1 is slower. Peaks are the largest of all runs.\n\n\
         | what | input | before | now | ratio, median (least to most) | peak memory before, now |\n|---|---|---|---|---|---|\n",
        first.against,
        first.pairs.len(),
    );
    for row in compared {
        let ((before, now), (least, median, most)) = (row.medians(), row.ratios());
        let peak = match row.peak_mib {
            (0, 0) => String::new(),
            (before, now) => format!("{} MiB, {} MiB", grouped(before), grouped(now)),
        };
        writeln!(
            text,
            "| {} | {} | {} | {} | {median:.2} ({least:.2} to {most:.2}) | {peak} |",
            row.subject,
            row.input,
            seconds(before),
            seconds(now),
        )
        .expect("a string takes every write");
    }
    text
}

fn memory(machine: &Machine) -> String {
    let told = machine.memory.iter().map(|memory| {
        format!("{} ns a random read, {} MB/s copied", memory.read_ns, grouped(memory.copy_mb_s))
    });
    told.collect::<Vec<_>>().join("; ")
}

/// Transactions of the whole of Bitcoin's chain, about the end of 2025.
const WHOLE_CHAIN: u64 = 1_250_000_000;

/// How the cost of what goes over a whole chain grows with the chain, and what that would mean for all of Bitcoin.
fn growth(rows: &[Row]) -> String {
    let mut subjects: Vec<&str> = Vec::new();
    for row in rows {
        if !subjects.contains(&row.subject.as_str()) {
            subjects.push(&row.subject);
        }
    }
    let mut text = String::new();
    for subject in subjects {
        let sizes: Vec<(u64, &Row)> = rows
            .iter()
            .filter(|row| row.subject == subject && row.whole)
            .filter_map(|row| Some((chain_txs(&row.input)?, row)))
            .collect();
        let [_, .., (most, last)] = &sizes[..] else { continue };
        let costs: Vec<String> = sizes
            .iter()
            .map(|(txs, row)| format!("{:.0} ns at {}", row.seconds * 1e9 / *txs as f64, grouped(*txs)))
            .collect();
        let whole = last.seconds * (WHOLE_CHAIN as f64 / *most as f64);
        writeln!(text, "| {subject} | {} | {} |", costs.join(", "), duration(whole))
            .expect("a string takes every write");
    }
    if text.is_empty() {
        return text;
    }
    format!(
        "\n## How cost grows with the chain\n\nNanoseconds a transaction of the generated chains above. **The last column is \
         extrapolated, not measured:** the\nlargest chain's cost times {} transactions, about Bitcoin's at the end of 2025; it \
         leaves out that real\ntransactions are larger and that the whole does not fit into memory.\n\n\
         | what | cost a transaction | whole chain, extrapolated |\n|---|---|---|\n{text}",
        grouped(WHOLE_CHAIN)
    )
}

/// The size of a generated chain, from its name.
fn chain_txs(input: &str) -> Option<u64> {
    let size = input.strip_prefix("generated chain, ")?.strip_suffix(" transactions")?;
    size.replace(',', "").parse().ok()
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7_200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3_600.0),
    }
}

fn table_row(text: &mut String, row: &Row) {
    let mut rates = Vec::new();
    if row.bytes > 0 {
        rates.push(format!("{:.0} MB/s", row.bytes as f64 / 1e6 / row.seconds));
    }
    if row.items > 0 {
        rates.push(format!("{} {}/s", grouped((row.items as f64 / row.seconds) as u64), row.unit));
    }
    let size = if row.bytes > 0 { format!("{:.1} MB", row.bytes as f64 / 1e6) } else { String::new() };
    let peak = row.peak_mib.map_or_else(String::new, |mib| format!("{} MiB", grouped(mib)));
    let cells = [&row.subject, &row.input, &size, &seconds(row.seconds), &rates.join(", "), &peak];
    writeln!(text, "| {} |", cells.map(String::as_str).join(" | ")).expect("a string takes every write");
}

/// With three digits that mean something.
fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 0.001 => format!("{:.2} us", s * 1e6),
        s if s < 1.0 => format!("{:.1} ms", s * 1e3),
        s if s < 100.0 => format!("{s:.2} s"),
        s => format!("{s:.0} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_tables_by_section_with_their_notes() {
        let machine = Machine {
            cpu: "A CPU".into(),
            cores: 2,
            memory_mib: 24_000,
            kernel: "Linux 6".into(),
            rustc: "rustc 1.95".into(),
            date: "2026-01-02 03:04 UTC".into(),
            commit: "abc".into(),
            load: "0.01".into(),
            memory: vec![super::super::machine::Memory { read_ns: 100, copy_mb_s: 9_000 }],
        };
        let row = Row {
            section: "Reading",
            subject: "reader 1".into(),
            input: "a chain".into(),
            bytes: 600_000_000,
            items: 1_000_000,
            unit: "tx",
            seconds: 2.0,
            whole: true,
            peak_mib: Some(1_234),
            command: "reader DIR".into(),
            note: "One thread.".into(),
        };
        let compared = Compared {
            subject: "reader 1".into(),
            input: "a chain".into(),
            against: "0ld".into(),
            pairs: vec![(2.0, 2.1), (2.0, 2.2), (2.0, 1.9)],
            peak_mib: (1_000, 1_234),
        };
        let text = markdown(&machine, &[row.clone(), row], &[compared], &["peer x: gone".into()]);
        assert!(text.contains("A CPU, 2 cores, 24,000 MiB of memory"));
        let line = "| reader 1 | a chain | 600.0 MB | 2.00 s | 300 MB/s, 500,000 tx/s | 1,234 MiB |";
        assert_eq!(text.matches(line).count(), 2);
        assert_eq!(text.matches("* reader 1: `reader DIR`. One thread.").count(), 1);
        let line = "| reader 1 | a chain | 2.00 s | 2.10 s | 1.05 (0.95 to 1.10) | 1,000 MiB, 1,234 MiB |";
        assert!(text.contains(line) && text.contains("## Beside commit 0ld"), "{text}");
        assert!(text.ends_with("## Not measured in this run\n\n* peer x: gone\n"));
    }

    #[test]
    fn growth_is_shown_from_two_sizes_on_and_marked_as_extrapolated() {
        let row = |txs: &str, seconds, whole| Row {
            section: "Ledger",
            subject: if whole { "ingest" } else { "one trace" }.into(),
            input: format!("generated chain, {txs} transactions"),
            bytes: 0,
            items: 1,
            unit: "tx",
            seconds,
            whole,
            peak_mib: None,
            command: String::new(),
            note: String::new(),
        };
        let two = [
            row("1,000", 0.001, true),
            row("10,000", 0.02, true),
            row("1,000", 1.0, false),
            row("10,000", 1.0, false),
        ];
        let text = growth(&two);
        assert!(text.contains("| ingest | 1000 ns at 1,000, 2000 ns at 10,000 | 42 min |"), "{text}");
        assert!(text.contains("extrapolated, not measured") && !text.contains("one trace"));
        assert_eq!(growth(&two[..1]), "");
    }

    #[test]
    fn short_times_are_shown_in_small_units() {
        assert_eq!([0.000_001_5, 0.25, 2.0, 250.0].map(seconds), ["1.50 us", "250.0 ms", "2.00 s", "250 s"]);
    }
}
