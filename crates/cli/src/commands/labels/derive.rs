//! `tracehound labels derive`.

use std::{collections::BTreeMap, fs::File, io::Write, path::Path};

use jiff::civil::Date;
use miette::{IntoDiagnostic, Result, WrapErr, miette};
use tracehound_engine::{
    derive::{Checked, Derived, Question, Seen},
    labels::Input,
};
use tracehound_model::{
    Chain,
    text::{label, line},
};

use super::{super::screen, SHOWN, exit_code};
use crate::{
    args::{Common, DeriveArgs, DeriveRule, Output},
    folder::Folder,
    terminal,
};

pub(super) fn run(
    common: &Common,
    data: &Folder,
    args: &DeriveArgs,
    today: Date,
    out: &mut dyn Write,
) -> Result<u8> {
    let Some(file) = &args.file else {
        let chain = Chain::from_caip2(&args.chain);
        let (DeriveRule::Freezes, Some(Chain::Evm(chain_id))) = (args.rule, chain) else {
            return Err(miette!("--ledger is there for --rule freezes of an EVM chain: name a file"));
        };
        let day = args.on.unwrap_or(today);
        let derived = data.workspace().derive_freezes_of_ledger(chain_id, day).into_diagnostic()?;
        return told(common, &derived, args.rule, out);
    };
    let is_stdin = file == Path::new("-");
    let name = if is_stdin { screen::STDIN.to_owned() } else { file.display().to_string() };
    let wallets = match &args.wallets {
        None => None,
        Some(path) => {
            let name = path.display().to_string();
            let file = File::open(path).into_diagnostic().wrap_err_with(|| name.clone())?;
            Some(Input { name, bytes: Box::new(file), predicate: None })
        }
    };
    let question = Question {
        input: Box::new(screen::batch::file(file)?),
        name,
        chain: &args.chain,
        wallets,
        day: args.on.unwrap_or(today),
    };
    let (workspace, rule) = (data.workspace(), args.rule);
    let derived = match rule {
        DeriveRule::Deposits if args.paid_only => workspace.derive_deposits(question, Seen::PaidOnly),
        DeriveRule::Deposits => workspace.derive_deposits(question, Seen::PassedOn),
        DeriveRule::Imitations => workspace.derive_imitations(question),
        DeriveRule::Roles => workspace.derive_roles(question),
        DeriveRule::Freezes => workspace.derive_freezes(question),
        DeriveRule::Deployers => workspace.derive_deployers(question),
        DeriveRule::HotWallets => workspace.derive_hot_wallets(question),
        DeriveRule::Pools => workspace.derive_pools(question),
    }
    .into_diagnostic()?;
    told(common, &derived, rule, out)
}

fn told(common: &Common, derived: &Derived, rule: DeriveRule, out: &mut dyn Write) -> Result<u8> {
    derived.write(matches!(common.output, Output::Json | Output::Jsonl), out).into_diagnostic()?;
    if !common.quiet {
        say(derived, rule);
    }
    Ok(exit_code(derived.gaps.is_empty()))
}

fn say(derived: &Derived, rule: DeriveRule) {
    for row in derived.refused_rows.iter().take(SHOWN) {
        terminal::say(&format!("refused: {}:{}: {}", label(&row.file), row.line, line(&row.reason)));
    }
    if derived.refused > SHOWN as u64 {
        terminal::say(&format!("and {} more", derived.refused - SHOWN as u64));
    }
    let (labels, read) = (derived.labels.len(), derived.read);
    let found = match rule {
        DeriveRule::Deposits => {
            let wallets = derived.wallets.unwrap_or_default();
            format!("{labels} deposit addresses in {read} movements, by {wallets} wallets of exchanges")
        }
        DeriveRule::Imitations => {
            let alike = derived.alike.unwrap_or_default();
            format!(
                "{labels} imitations in {read} movements, among {alike} groups of addresses that look alike"
            )
        }
        DeriveRule::Roles => {
            let emitters = derived.emitters.unwrap_or_default();
            format!("{labels} roles in {read} logs of {emitters} contracts")
        }
        DeriveRule::Freezes => format!("{labels} freezes in {read} logs"),
        DeriveRule::Deployers => {
            let families = derived.families.unwrap_or_default();
            format!("{labels} contracts in {read} receipts and traces, among {families} families")
        }
        DeriveRule::HotWallets => format!("{labels} hot wallets in {read} movements"),
        DeriveRule::Pools => format!("{labels} pools in {read} movements"),
    };
    terminal::say(&found);
    if derived.left_out > 0 {
        terminal::say(&format!(
            "{} movements count for nothing: nobody knows their tokens as assets, and anybody can write such logs",
            derived.left_out
        ));
    }
    if derived.weaker > 0 {
        terminal::say(&format!("{} more pay one exchange alone: --paid-only", derived.weaker));
    }
    for (grade, Checked { right, wrong }) in derived.checked.iter().flatten() {
        let all = right + wrong;
        terminal::say(&format!(
            "{grade}: labels say the same of {right} of the {all} addresses here that have one, each judged without its own"
        ));
    }
    if derived.checked.as_ref().is_some_and(BTreeMap::is_empty) {
        terminal::say(
            "no address here that the rule speaks of has a label: how often it is right is not known",
        );
    }
    for gap in &derived.gaps {
        terminal::say(&format!("Gap: {}", line(gap)));
    }
}
