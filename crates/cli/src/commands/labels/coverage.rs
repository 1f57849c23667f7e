//! `tracehound labels coverage`.

use std::{io::Write, path::Path};

use jiff::civil::Date;
use miette::{IntoDiagnostic, Result, WrapErr, miette};
use tracehound_engine::{
    coverage::{Band, Covered, List, Share},
    screen::batch::Subjects,
};
use tracehound_model::text::{csv_cell, label, line};

use super::{super::screen, SHOWN, exit_code, json};
use crate::{
    args::{Common, CoverageArgs, Output},
    files,
    folder::Folder,
    terminal,
};

pub(super) fn run(
    common: &Common,
    data: &Folder,
    args: &CoverageArgs,
    today: Date,
    out: &mut dyn Write,
) -> Result<u8> {
    let covered = covered(data, args, args.on.unwrap_or(today))?;
    for row in covered.refused_rows.iter().take(SHOWN) {
        terminal::say(&format!("refused: {}:{}: {}", label(&row.file), row.line, line(&row.reason)));
    }
    if covered.refused > SHOWN as u64 {
        terminal::say(&format!("and {} more", covered.refused - SHOWN as u64));
    }
    match common.output {
        Output::Text => text(&covered, out).into_diagnostic()?,
        Output::Csv => table(&covered, out).into_diagnostic()?,
        Output::Json | Output::Jsonl => json(out, common.output, &covered)?,
    }
    Ok(exit_code(covered.gaps.is_empty()))
}

fn covered(data: &Folder, args: &CoverageArgs, day: Date) -> Result<Covered> {
    if args.ledger {
        let network = data.network(args.network, None::<&str>);
        return data.snapshot(network)?.coverage_of_ledger(network, day).into_diagnostic();
    }
    if let Some(path) = &args.trace {
        let name = path.display().to_string();
        let file = files::plain(path).into_diagnostic().wrap_err_with(|| name.clone())?;
        return data
            .workspace()
            .coverage_of_trace(&name, std::io::BufReader::new(file), day)
            .into_diagnostic();
    }
    let path = args.file.as_deref().unwrap_or(Path::new("-"));
    let name = if path == Path::new("-") { screen::STDIN.to_owned() } else { path.display().to_string() };
    let input = screen::batch::file(path)?;
    let subjects = match &args.column {
        None => Subjects::lines(input),
        Some(column) => {
            let beside: Vec<&str> =
                [&args.value_column, &args.chain_column].into_iter().flatten().map(String::as_str).collect();
            let subjects = Subjects::column(input, column).and_then(|subjects| subjects.beside(&beside));
            subjects.map_err(|error| miette!("{name}: {error}"))?
        }
    };
    let value = args.value_column.as_ref().map(|_| 0);
    let chain = args.chain_column.as_ref().map(|_| usize::from(value.is_some()));
    let list = List { name, value, chain, on: args.chain.clone() };
    data.workspace().coverage_of_list(subjects, &list, day).into_diagnostic()
}

/// The rows of the table: what is counted, and how much of it there is.
fn rows(covered: &Covered) -> Vec<(&'static str, String, Share)> {
    let of = &covered.coverage;
    let shares = [
        ("all", "", of.all),
        ("part", "named", of.named),
        ("part", "disputed name", of.disputed),
        ("part", "asset, nobody named", of.assets),
        ("part", "victim of an exploit, nobody named", of.victims),
        ("part", "described, nobody named", of.described),
        ("part", "not labelled", of.unlabelled),
    ];
    let mut rows: Vec<_> =
        shares.into_iter().map(|(kind, name, share)| (kind, name.to_owned(), share)).collect();
    rows.extend(of.by_predicate.iter().map(|(name, share)| ("predicate", (*name).to_owned(), *share)));
    rows.extend(of.by_family.iter().map(|(name, share)| ("family", name.clone(), *share)));
    rows.extend(
        of.by_confidence
            .iter()
            .map(|Band { from, to, share }| ("confidence", format!("{from} to {to}"), *share)),
    );
    rows.retain(|(kind, _, share)| matches!(*kind, "all" | "part") || share.addresses > 0);
    rows
}

fn text(covered: &Covered, out: &mut dyn Write) -> std::io::Result<()> {
    let Covered { of, day, coverage, decimals, .. } = covered;
    let all = coverage.all;
    writeln!(
        out,
        "{}: {} addresses, value {}; labels of {day}",
        label(of),
        all.addresses,
        all.value.display(*decimals, "").to_string().trim_end()
    )?;
    let mut last = "all";
    for (kind, name, share) in rows(covered) {
        if kind == "all" {
            continue;
        }
        if kind != last {
            writeln!(
                out,
                "{}",
                match kind {
                    "part" => "  Of all",
                    "predicate" => "  Names by how they belong together",
                    "family" => "  Names by family of sources (a name can rest on several)",
                    _ => "  Names by confidence",
                }
            )?;
            last = kind;
        }
        writeln!(
            out,
            "    {:<36}{:>9} {:>9} of addresses {:>9} of value",
            label(&name),
            share.addresses,
            percent(share.of_addresses),
            percent(share.of_value)
        )?;
    }
    if !covered.packs.is_empty() {
        let packs: Vec<String> =
            covered.packs.iter().map(|pack| format!("{} version {}", pack.name, pack.version)).collect();
        writeln!(out, "  Searched: {}", packs.join(", "))?;
    }
    covered.gaps.iter().try_for_each(|gap| writeln!(out, "  Gap: {}", line(gap)))
}

fn table(covered: &Covered, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "kind,name,addresses,value,percent_of_addresses,percent_of_value")?;
    for (kind, name, share) in rows(covered) {
        let cells = [
            kind.to_owned(),
            name,
            share.addresses.to_string(),
            share.value.to_string(),
            hundredths(share.of_addresses),
            hundredths(share.of_value),
        ];
        writeln!(out, "{}", cells.map(|cell| csv_cell(&cell)).join(","))?;
    }
    covered.gaps.iter().for_each(|gap| terminal::say(&format!("note: {}", line(gap))));
    Ok(())
}

fn hundredths(parts: u64) -> String {
    format!("{}.{:02}", parts / 100, parts % 100)
}

fn percent(parts: u64) -> String {
    format!("{} %", hundredths(parts))
}
