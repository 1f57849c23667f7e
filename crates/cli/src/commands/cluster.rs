//! `tracehound cluster`.

use std::io::{self, Write};

use miette::{IntoDiagnostic, Result};
use tracehound_engine::{
    Answer,
    cluster::{Change, Cluster, Explained, LeftOut, Named, Question, Refused, Step},
};
use tracehound_model::{
    Chain,
    text::{label, line},
};
use tracehound_report::picture;

use super::{
    answered::{self, absent, exit_code, json},
    drawn, transfers,
};
use crate::{
    args::{ClusterArgs, Common, Output},
    folder::Folder,
    terminal,
};

pub(crate) fn run(common: &Common, data: &Folder, args: &ClusterArgs, out: &mut dyn Write) -> Result<u8> {
    if let Chain::Evm(chain_id) = data.chain(&args.whose, [&args.address]) {
        return transfers::cluster::run(common, data, args, chain_id, out);
    }
    let network = data.bitcoin(&args.whose, [&args.address], "cluster")?;
    let question = Question {
        network,
        moment: args.moment.asked(),
        address: args.address.clone(),
        explain: args.explain.clone(),
        change: args.change,
        members: args.members,
    };
    let snapshot = data.snapshot(network)?;
    let cluster = match snapshot.cluster(&question).into_diagnostic()? {
        Answer::Found(cluster) => cluster,
        Answer::Absent(nowhere) => return absent(common, &nowhere, out),
    };
    if let Some(path) = &args.svg {
        let named = cluster.names.iter().map(|named| named.address.as_str());
        let naming = snapshot.naming(network, question.moment, named).into_diagnostic()?;
        let pages = picture::cluster(&cluster, Chain::Bitcoin(network), &drawn::origin(&naming));
        drawn::write(common, path, &pages)?;
    }
    match common.output {
        Output::Text => text(out, &cluster).into_diagnostic()?,
        Output::Csv => table(out, &cluster)?,
        output => json(out, output, &cluster)?,
    }
    Ok(exit_code(cluster.is_complete()))
}

/// A row a member, with what it is called.
fn table(out: &mut dyn Write, answer: &Cluster) -> Result<()> {
    writeln!(out, "cluster,address,entity,category,labelled,disputed").into_diagnostic()?;
    for member in &answer.members {
        let named: Vec<&Named> = answer.names.iter().filter(|named| named.address == *member).collect();
        let names: Vec<&str> = named.iter().map(|named| named.label.as_str()).collect();
        let categories: Vec<String> = named.iter().map(|named| named.category.to_string()).collect();
        let labels = || named.iter().filter_map(|named| named.labelled.as_ref());
        let labelled: Vec<String> = labels().map(ToString::to_string).collect();
        let disputed: Vec<String> = labels().map(|by| by.is_disputed().to_string()).collect();
        let cells = [
            answer.cluster.clone(),
            member.clone(),
            names.join("; "),
            categories.join("; "),
            labelled.join("; "),
            disputed.join("; "),
        ];
        answered::row(out, cells)?;
    }
    if answer.size > answer.members.len() {
        let left = answer.size - answer.members.len();
        terminal::say(&format!("note: {left} more addresses are in it: --members COUNT lists them"));
    }
    answered::say_gaps(&answer.ledger, &answer.gaps);
    Ok(())
}

fn text(out: &mut dyn Write, answer: &Cluster) -> io::Result<()> {
    let size = answer.size;
    writeln!(out, "{}  {size} address{}", answer.cluster, if size == 1 { "" } else { "es" })?;
    for member in &answer.members {
        writeln!(out, "  {member}")?;
    }
    if size > answer.members.len() {
        writeln!(out, "  and {} more: --members COUNT lists them", size - answer.members.len())?;
    }
    if !answer.names.is_empty() {
        writeln!(out, "Known by name:")?;
    }
    for Named { address, label: name, category, labelled } in &answer.names {
        let by = labelled.as_ref().map_or_else(String::new, |labelled| format!("; {labelled}"));
        writeln!(out, "  {address}  {} ({category}{by})", label(name))?;
    }
    if let Some(explained) = &answer.explain {
        explanation(out, explained, &answer.address)?;
    }
    if let Some(change) = &answer.likely_change {
        writeln!(out, "Likely its change, by heuristics and not joined:")?;
        if change.is_empty() {
            writeln!(out, "  none")?;
        }
        for Change { txid, address, heuristics } in change {
            writeln!(out, "  {address}  in {txid}\n    {}", heuristics.join(", "))?;
        }
    }
    if !answer.refused.is_empty() {
        writeln!(out, "Not joined, though spent together:")?;
    }
    for Refused { txid, one, other, why } in &answer.refused {
        writeln!(out, "  {one} and {other}\n    in {txid}: {}", line(why))?;
    }
    let LeftOut { coinjoins, payjoin_suspects, refused_merges } = answer.left_out;
    writeln!(
        out,
        "Left out in the whole ledger: {coinjoins} CoinJoins, {payjoin_suspects} suspected PayJoins, {refused_merges} refused merges"
    )?;
    writeln!(out, "{}", answer.ledger.sentence())?;
    if !answer.gaps.is_empty() {
        writeln!(out, "Incomplete:")?;
    }
    answer.gaps.iter().try_for_each(|gap| writeln!(out, "  - {gap}"))
}

fn explanation(out: &mut dyn Write, explained: &Explained, address: &str) -> io::Result<()> {
    let other = &explained.other;
    if !explained.same_cluster {
        return writeln!(out, "Nothing joins {address} and {other}: they are in two clusters");
    }
    writeln!(out, "What joins {address} and {other}:")?;
    if explained.steps.is_empty() {
        writeln!(out, "  they are one address")?;
    }
    for (at, Step { txid, time, from, to, .. }) in explained.steps.iter().enumerate() {
        let at = at + 1;
        match (txid, time) {
            (Some(txid), Some(time)) => {
                writeln!(out, "  {at}. {txid} of {time}")?;
                writeln!(out, "     spends coins of {from}\n                 and {to}")?;
            }
            _ => writeln!(
                out,
                "  {at}. one key has the addresses {from}\n                             and {to}"
            )?,
        }
    }
    Ok(())
}
