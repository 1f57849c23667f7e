//! Families of contracts, from receipts and traces.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};
use sha2::{Digest, Sha256};
use tracehound_analysis::deployers::{Creation, Family, families};
use tracehound_labels::{Label, Predicate, Provenance};
use tracehound_model::{Address, Subject, caip::Caip2, text::label};

use super::{
    Checked, Derived, Question, Rejected, hint,
    known::{Known, Service},
    lines::{self, bytes, number, party},
    provenance,
};
use crate::{EngineError, Workspace};

/// Contracts that are held.
const MOST: usize = 5_000_000;
/// What a line is.
const WHAT: &str =
    "a receipt (transactionHash, logs, from, contractAddress, status) or a trace (trace_block or callTracer)";
/// Calls within calls that the chain allows.
const DEPTH: usize = 1_024;

/// A line, as nodes answer.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Trace(Trace),
    // A receipt has a type and whom it is from, as a call has.
    Receipt(Receipt),
    Traced { result: Frame },
    Frame(Frame),
}

/// A receipt.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    #[serde(rename = "logs")]
    _logs: IgnoredAny,
    /// A call that is traced with its logs has none.
    #[serde(rename = "transactionHash")]
    _transaction: IgnoredAny,
    from: String,
    contract_address: Option<String>,
    status: Option<String>,
}

/// A trace of `trace_block` and its kin: flat, each call after the one that it is in.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trace {
    action: Action,
    result: Option<Made>,
    error: Option<IgnoredAny>,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, rename = "traceAddress", alias = "trace_address")]
    place: Vec<u64>,
    #[serde(alias = "transaction_hash")]
    transaction_hash: Option<String>,
}

#[derive(Deserialize)]
struct Action {
    from: Option<String>,
    init: Option<String>,
}

#[derive(Deserialize)]
struct Made {
    address: Option<String>,
}

/// A call of `callTracer`, with those in it.
#[derive(Deserialize)]
struct Frame {
    #[serde(rename = "type")]
    kind: String,
    from: String,
    to: Option<String>,
    #[serde(default)]
    input: String,
    error: Option<IgnoredAny>,
    #[serde(default)]
    calls: Vec<Frame>,
}

/// The contracts that were made.
#[derive(Default)]
struct Creations {
    all: Vec<Creation<Subject>>,
    /// The calls that failed in the transaction whose traces are being read.
    failed: (String, Vec<Vec<u64>>),
    read: u64,
}

impl Workspace {
    /// Families of contracts that one account deployed, or that one factory made of one code: JSON lines of receipts and traces as nodes
    /// give them. A family has the name of whoever deployed it, or the one that two of its contracts have and none denies; without
    /// one its contracts are said to belong together. Contracts that the packs or the user's file say anything of are left to them.
    ///
    /// # Errors
    /// An input that breaks off or holds too much, or a pack in force that cannot be read.
    pub fn derive_deployers(&self, question: Question<'_>) -> Result<Derived, EngineError> {
        let Question { input, name, chain, wallets, day } = question;
        let (mut found, mut refused) = (Creations::default(), Rejected::default());
        let sha256 = lines::read(input, &name, WHAT, &mut refused, |line, row, refused| {
            found.read += 1;
            if let Err((row, reason)) = found.take(chain, row) {
                refused.add(&name, line, row, reason);
            }
            if found.all.len() > MOST {
                return Err(format!("more than {MOST} contracts: cut it"));
            }
            Ok(())
        })?;
        let known = Known::of(self, wallets, chain, day)?;
        let provenance = provenance("deployers", &sha256, Some(&known), day);
        let Creations { all, read, .. } = found;
        let (mut labels, mut checked) = (Vec::new(), BTreeMap::<_, Checked>::new());
        let families = families(all);
        for family in &families {
            let names = family.names(|by| known.controller(by), |contract| known.name_here(contract));
            for contract in &family.contracts {
                if matches!(contract, Subject::Address(address) if address.is_null_like()) {
                    continue;
                }
                let own = known.name_here(contract);
                if let (Some(own), Some(name)) = (&own, names.without(own.as_ref())) {
                    checked.entry(grade(family)).or_default().count(name == own);
                }
                if known.told_here(contract).is_empty() {
                    let name = names.without(None);
                    labels.extend(family_label(
                        family,
                        contract,
                        name,
                        names.is_of_deployer(),
                        chain,
                        &provenance,
                    ));
                }
            }
        }
        let derived = Derived::new(labels, Some(checked), provenance.version, read, refused, Some(&known))?;
        Ok(Derived {
            families: Some(families.iter().filter(|family| family.contracts.len() > 1).count() as u64),
            ..derived
        })
    }
}

impl Creations {
    /// Takes what a line says was made; an error has what it is about, and why nothing is known of it.
    fn take(&mut self, chain: &Caip2, line: Line) -> Result<(), (String, String)> {
        match line {
            Line::Receipt(receipt) => self.receipt(chain, &receipt),
            Line::Trace(trace) => self.trace(chain, &trace),
            Line::Frame(frame) | Line::Traced { result: frame } => self.frame(chain, &frame, 0),
        }
    }

    fn receipt(&mut self, chain: &Caip2, receipt: &Receipt) -> Result<(), (String, String)> {
        let Receipt { from, contract_address: Some(made), status, .. } = receipt else { return Ok(()) };
        match status.as_deref().map(number) {
            Some(Some(0)) => Ok(()),
            Some(Some(1)) => self.add(chain, from, made, None),
            _ => {
                let reason = "it does not say whether it failed (`status`): give its trace";
                Err((label(made).into_owned(), reason.to_owned()))
            }
        }
    }

    fn trace(&mut self, chain: &Caip2, trace: &Trace) -> Result<(), (String, String)> {
        let Trace { action, result, error, kind, place, transaction_hash } = trace;
        let Some(tx) = transaction_hash else { return Ok(()) };
        if self.failed.0 != *tx {
            self.failed = (tx.clone(), Vec::new());
        }
        if error.is_some() {
            self.failed.1.push(place.clone());
        }
        let is_failed = self.failed.1.iter().any(|failed| place.starts_with(failed));
        let made = result.as_ref().and_then(|made| made.address.as_deref());
        let (true, false, Some(made)) = (kind == "create", is_failed, made) else { return Ok(()) };
        let wrong = |reason: &str| (label(made).into_owned(), reason.to_owned());
        let from = action.from.as_deref().ok_or_else(|| wrong("it does not say who made it"))?;
        let code = action.init.as_deref().filter(|_| !place.is_empty());
        if code.is_none() && !place.is_empty() {
            return Err(wrong("it does not say of which code it was made (`init`)"));
        }
        self.add(chain, from, made, code)
    }

    fn frame(&mut self, chain: &Caip2, frame: &Frame, depth: usize) -> Result<(), (String, String)> {
        let Frame { kind, from, to, input, error, calls } = frame;
        if error.is_some() || depth > DEPTH {
            return Ok(());
        }
        if let ("CREATE" | "CREATE2", Some(made)) = (kind.as_str(), to) {
            self.add(chain, from, made, Some(input.as_str()).filter(|_| depth > 0))?;
        }
        calls.iter().try_for_each(|call| self.frame(chain, call, depth + 1))
    }

    fn add(
        &mut self,
        chain: &Caip2,
        by: &str,
        made: &str,
        code: Option<&str>,
    ) -> Result<(), (String, String)> {
        let wrong = |reason: String| (label(made).into_owned(), reason);
        let code = match code {
            None => None,
            Some(code) => {
                let code = bytes(code).ok_or_else(|| wrong("its code is not hexadecimal".to_owned()))?;
                Some(Sha256::digest(code).into())
            }
        };
        let [contract, by] = [made, by].map(|text| party(chain, text));
        self.all.push(Creation { contract: contract.map_err(wrong)?, by: by.map_err(wrong)?, code });
        Ok(())
    }
}

/// What a kind of family is called.
const fn grade<A>(family: &Family<A>) -> &'static str {
    if family.code.is_none() { "account" } else { "factory" }
}

/// What is said of a contract of a family; nothing of one that stands alone and has no name.
fn family_label(
    family: &Family<Subject>,
    contract: &Subject,
    name: Option<&Service>,
    is_of_deployer: bool,
    chain: &Caip2,
    provenance: &Provenance,
) -> Option<Label> {
    let count = family.contracts.len();
    if name.is_none() && count < 2 {
        return None;
    }
    let by = match &family.by {
        Subject::Address(address) => Address::to_string(address),
        Subject::Opaque(text) => text.clone(),
        Subject::Tx { txid, .. } => txid.to_string(),
    };
    let one = match family.code {
        None if count == 1 => format!("deployed by {by}"),
        None => format!("one of {count} contracts here that {by} deployed"),
        Some(_) => format!("one of {count} contracts here of one code, made by {by}"),
    };
    let label = match name {
        None => one,
        Some(Service { name, .. }) if is_of_deployer => format!("{one}, who is {name} by its label"),
        Some(Service { name, .. }) => format!("{one}, others of which are of {name} by their labels"),
    };
    let provenance =
        Provenance { source: format!("{}/{}", provenance.source, grade(family)), ..provenance.clone() };
    Some(Label {
        entity: name.map(|name| name.name.clone()),
        predicate: Predicate::ContractOf,
        ..hint(chain, contract, &provenance, label, "smart_contract")
    })
}
