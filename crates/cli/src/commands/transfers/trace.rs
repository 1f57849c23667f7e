//! `tracehound trace` of an EVM chain.

use std::io::{self, Write};

use miette::{IntoDiagnostic, Result, miette};
use tracehound_analysis::words::permille;
use tracehound_engine::{
    Answer,
    transfers::{
        compare::Comparison,
        trace::{End, Question, Step, Trace},
    },
};
use tracehound_report::picture;

use super::{cells, end, refuse, source, tx::party};
use crate::{
    args::{Common, Output, TraceArgs, TraceQuestion},
    commands::{
        answered::{self, absent, exit_code, json},
        drawn,
    },
    folder::Folder,
    output::CUT_SHORT,
    terminal,
};

/// Answers about movements on the chain of this id.
pub(in crate::commands) fn run(
    common: &Common,
    data: &Folder,
    args: &TraceArgs,
    chain_id: u64,
    out: &mut dyn Write,
) -> Result<u8> {
    refuse(&[("--dot", args.dot.is_some())])?;
    let question = question(chain_id, &args.question)?;
    let source = source::of(&args.fetched)?;
    if args.compare {
        if question.backward {
            return Err(miette!("backward there is one rule, haircut: leave --compare out, or --backward"));
        }
        if source.is_some() {
            return Err(miette!("--compare is there for ledgers alone: leave --source out, or --compare"));
        }
        return compare(common, data, &question, out);
    }
    // Nothing but what is fetched is read of a chain that is asked of a server.
    let snapshot = if source.is_some() { data.claims()? } else { data.evm_snapshot()? };
    let answer = match source {
        Some(source) => match source::trace_by(common, &snapshot, &question, &source)? {
            Some(answer) => answer,
            None => return Ok(CUT_SHORT),
        },
        None => snapshot.transfers_trace(&question).into_diagnostic()?,
    };
    let trace = match answer {
        Answer::Found(trace) => trace,
        Answer::Absent(nowhere) => return absent(common, &nowhere, out),
    };
    for missing in &trace.not_in_the_ledger {
        terminal::say(&format!("note: `{missing}` is not in the ledger, or received nothing there"));
    }
    if let Some(path) = &args.svg {
        let naming = snapshot.transfers_naming(chain_id, question.moment, trace.named());
        drawn::write(common, path, &picture::account_trace(&trace, &drawn::origin(&naming)))?;
    }
    match common.output {
        Output::Text => text(out, &trace, args.lines).into_diagnostic()?,
        Output::Csv => table(out, &trace)?,
        output => json(out, output, &trace)?,
    }
    let stopped = trace.coverage.as_ref().is_some_and(|coverage| coverage.stopped);
    Ok(if stopped { CUT_SHORT } else { exit_code(trace.complete) })
}

/// The question that the command line asks.
pub(in crate::commands) fn question(chain_id: u64, asked: &TraceQuestion) -> Result<Question> {
    let options = [
        ("--named", asked.named.is_some()),
        ("--through-mixes", asked.through_mixes),
        ("--through-fees", asked.through_fees),
    ];
    refuse(&options)?;
    Ok(Question {
        chain_id,
        moment: asked.moment.asked(),
        from: asked.from.clone(),
        backward: asked.backward,
        method: asked.method,
        hops: asked.hops,
        dust: asked.dust.into(),
        work: asked.work,
    })
}

/// All rules side by side.
fn compare(common: &Common, data: &Folder, question: &Question, out: &mut dyn Write) -> Result<u8> {
    let compared = match data.evm_snapshot()?.transfers_compare(question).into_diagnostic()? {
        Answer::Found(compared) => compared,
        Answer::Absent(nowhere) => return absent(common, &nowhere, out),
    };
    for missing in &compared.not_in_the_ledger {
        terminal::say(&format!("note: `{missing}` is not in the ledger, or received nothing there"));
    }
    match common.output {
        Output::Text => side_by_side(out, &compared).into_diagnostic()?,
        output => json(out, output, &compared)?,
    }
    Ok(exit_code(compared.complete))
}

fn side_by_side(out: &mut dyn Write, compared: &Comparison) -> io::Result<()> {
    let plural = if compared.seeds == 1 { "" } else { "s" };
    writeln!(out, "Where it went, by every rule: from {} movement{plural}", compared.seeds)?;
    for by in &compared.methods {
        writeln!(out, "\n{}", by.method)?;
        for sums in &by.sums {
            writeln!(out, "  {}", sums.asset.money(sums.seeded))?;
            for (name, amount) in sums.parts().into_iter().filter(|(_, amount)| !amount.is_zero()) {
                let money = sums.asset.money(amount).to_string();
                writeln!(out, "    {name:<34} {money:>30} {:>8}", permille(amount, sums.seeded))?;
            }
        }
    }
    writeln!(out)?;
    end(out, &compared.ledger, &compared.gaps)
}

/// A row a movement of something followed, then one a place where something ended; amounts in base units.
fn table(out: &mut dyn Write, trace: &Trace) -> Result<()> {
    writeln!(
        out,
        "what,hop,tx,index,height,time,from,from_entity,from_category,to,to_entity,to_category,asset,amount,followed,vouched_by,reason"
    )
    .into_diagnostic()?;
    for step in &trace.steps {
        let moved = &step.movement;
        let [from, from_entity, from_category] = cells(moved.from.as_ref());
        let [to, to_entity, to_category] = cells(moved.to.as_ref());
        let row = [
            "movement".to_owned(),
            step.hop.to_string(),
            step.tx.to_string(),
            moved.index.to_string(),
            step.height.to_string(),
            step.time.to_string(),
            from,
            from_entity,
            from_category,
            to,
            to_entity,
            to_category,
            moved.asset.to_string(),
            moved.amount.to_string(),
            step.dirty.to_string(),
            moved.vouched_by.to_owned(),
            String::new(),
        ];
        answered::row(out, row)?;
    }
    for place in &trace.ends {
        let [to, to_entity, to_category] = cells(place.party.as_ref());
        let mut row: [String; 17] = Default::default();
        (row[0], row[1]) = ("end".to_owned(), place.hop.to_string());
        row[2] = place.txid.clone().unwrap_or_default();
        (row[9], row[10], row[11]) = (to, to_entity, to_category);
        (row[12], row[14]) = (place.asset.to_string(), place.dirty.to_string());
        place.reason.clone_into(&mut row[16]);
        answered::row(out, row)?;
    }
    for exchange in &trace.exchanges {
        let (given, taken) =
            (exchange.given.money(exchange.given_dirty), exchange.taken.money(exchange.taken_dirty));
        terminal::say(&format!("note: {given} was given for {taken} in {}", exchange.tx));
    }
    trace.gaps.iter().for_each(|gap| terminal::say(&format!("note: {gap}")));
    Ok(())
}

fn text(out: &mut dyn Write, trace: &Trace, lines: usize) -> io::Result<()> {
    let plural = if trace.seeds == 1 { "" } else { "s" };
    let back = trace.direction == "backward";
    let way = if back { "Where it came from" } else { "Where it went" };
    let from = if back { "back from" } else { "from" };
    writeln!(out, "{way}, by {}: {from} {} movement{plural}", trace.method, trace.seeds)?;
    for sums in &trace.sums {
        writeln!(out, "\n  {}", sums.asset.money(sums.seeded))?;
        for (name, amount) in sums.parts().into_iter().filter(|(_, amount)| !amount.is_zero()) {
            let money = sums.asset.money(amount).to_string();
            writeln!(out, "    {name:<34} {money:>30} {:>8}", permille(amount, sums.seeded))?;
        }
    }
    writeln!(out, "\n{}, largest first", if back { "Whose it was before" } else { "Where it is now" })?;
    for place in trace.ends.iter().take(lines) {
        ended(out, place)?;
    }
    more(out, trace.ends.len(), lines)?;
    writeln!(out, "\nThe way, in the order of the chain")?;
    for step in trace.steps.iter().take(lines) {
        stepped(out, step)?;
    }
    more(out, trace.steps.len(), lines)?;
    for exchange in trace.exchanges.iter().take(lines) {
        let (given, taken) =
            (exchange.given.money(exchange.given_dirty), exchange.taken.money(exchange.taken_dirty));
        writeln!(out, "  {given} was given for {taken} in {}", exchange.tx)?;
    }
    writeln!(out)?;
    end(out, &trace.ledger, &trace.gaps)
}

fn more(out: &mut dyn Write, count: usize, lines: usize) -> io::Result<()> {
    let left = count.saturating_sub(lines);
    if left > 0 {
        writeln!(out, "  and {left} more (--lines N shows more; --output json all)")?;
    }
    Ok(())
}

fn ended(out: &mut dyn Write, place: &End) -> io::Result<()> {
    let limit = place.limit.map_or_else(String::new, |limit| format!(" ({limit})"));
    let why = place.why.as_deref().map_or_else(String::new, |why| format!(": {why}"));
    let reason = place.reason.replace('_', " ");
    writeln!(
        out,
        "  {} {} -> {reason}{limit}{why}",
        place.asset.money(place.dirty),
        party(place.party.as_ref(), "nobody")
    )?;
    place.txid.iter().try_for_each(|txid| writeln!(out, "      by {txid}"))
}

fn stepped(out: &mut dyn Write, step: &Step) -> io::Result<()> {
    let moved = &step.movement;
    let part = if step.dirty < moved.amount {
        format!(" ({} of {})", permille(step.dirty, moved.amount), moved.asset.money(moved.amount))
    } else {
        String::new()
    };
    let indent = "  ".repeat(step.hop.min(12) as usize + 1);
    writeln!(
        out,
        "{indent}{}{part} {} {}:{}",
        moved.asset.money(step.dirty),
        step.time,
        step.tx,
        moved.index
    )?;
    writeln!(out, "{indent}  from {}", party(moved.from.as_ref(), "nobody: it was issued"))?;
    writeln!(out, "{indent}    to {}", party(moved.to.as_ref(), "nobody: it was destroyed"))
}
