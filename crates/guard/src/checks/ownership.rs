//! G-OWN-01 and G-GAS-01.

use alloy_primitives::{Address, U256};

use crate::{
    case::{Case, EXECUTION},
    decode::{Act, Call, Placed, Power, Value, table},
    finding::{
        CheckId::{Gas01, Own01},
        Finding,
        Severity::{Block, Incomplete, Info, Review},
    },
    flow::{ADD_DELEGATE, ALLOWANCE, Allowance, SET_ALLOWANCE},
    policy::Role,
    typed::Meaning,
};

pub(super) fn power(case: &Case<'_>, out: &mut Vec<Finding>) {
    for placed in &case.acts {
        let Act::Power { over, function, holder, power } = &placed.act else { continue };
        let call = &case.unpacked.calls[placed.call];
        // Who may be paid may get an allowance of a Safe, where a person looks at it.
        let is_allowance = matches!(call.signature(), Some(SET_ALLOWANCE | ADD_DELEGATE));
        let is_booked = is_allowance
            && case.knows_contract(over)
            && holder.is_some_and(|holder| case.policy.books(&holder, case.chain_id));
        let (contract, over) = (over, case.show(over));
        // To act for somebody is less than to own: who is trusted for that is named by either.
        let roles: &[Role] = match power {
            Power::Operator => &[Role::Operator, Role::Admin],
            _ => &[Role::Admin],
        };
        let trusted = holder.is_some_and(|holder| {
            let is_own = || case.stays(case.holder_of(call), &holder);
            is_own() || case.trusts(&holder, roles) || case.facts.names_safe(&holder)
        });
        let to = holder.map_or_else(|| "somebody".to_owned(), |holder| case.show(&holder));
        let (severity, title) = match power {
            Power::Holder => (if trusted { Review } else { Block }, format!("Hands {over} over to {to}.")),
            Power::Code => (
                if trusted { Review } else { Block },
                format!("Exchanges the code of {over} for that of {to}."),
            ),
            Power::Role => (if trusted { Review } else { Block }, format!("Gives {to} a role over {over}.")),
            Power::GiveUp => (
                Review,
                format!(
                    "{}.",
                    super::approval::capital(&crate::intent::ended(function, holder.map(|_| &to[..]), &over))
                ),
            ),
            Power::Accept => (Review, format!("Accepts power over {over}.")),
            Power::Operator if holder.is_some() => (
                if trusted || is_booked || case.is_lent(call, contract, holder.as_ref()) {
                    Review
                } else {
                    Block
                },
                match Allowance::of(call) {
                    Some(given) => {
                        format!(
                            "Lets {to} take {} by {over}, without a signature of the owners.",
                            given.show(case)
                        )
                    }
                    None => format!("Lets {to} act for you at {over}."),
                },
            ),
            Power::Operator => {
                (Block, format!("Lets somebody act for you at {over}, and who cannot be seen."))
            }
            // At a contract that is known its name says what it does: as an allowance, it is taken back at any time.
            Power::NoOperator => (
                if case.ends_own(placed) { Info } else { Review },
                format!("Ends that {to} acts for you at {over}."),
            ),
            // In a theft it must not wait; it can cost its users a day, and takes nothing.
            Power::Rule if function.starts_with("pause()") && case.knows_contract(contract) => {
                (Review, format!("Stops {over}, for everybody who uses it."))
            }
            Power::Rule if holder.is_some() && trusted => (Review, format!("Changes a rule of {over}.")),
            Power::Rule => (Block, format!("Changes a rule that protects what is at {over}.")),
            Power::Vote => {
                let is_known = holder.is_none_or(|holder| trusted || case.may_vote(&holder));
                let severity = if is_known { Review } else { Incomplete };
                (severity, format!("Votes, or lets {to} vote, at {over}."))
            }
        };
        out.push(Finding::new(Own01, severity, &placed.path, title).because(format!("function {function}")));
    }
}

impl Case<'_> {
    /// Whether a call lets a contract that may take tokens borrow so much on the signer's account, and no more.
    fn is_lent(&self, call: &Call<'_>, debt: &Address, holder: Option<&Address>) -> bool {
        call.signature() == Some("approveDelegation(address,uint256)")
            && call.decoded.as_ref().and_then(|it| it.uint(1)).is_some_and(|amount| amount < U256::MAX >> 1)
            && self.knows_contract(debt)
            && holder.is_some_and(|holder| self.trusts(holder, &[Role::Spender]))
    }

    /// Whether somebody may vote with the signer's tokens: he is the signer, in the address book, or trusted to act.
    fn may_vote(&self, who: &Address) -> bool {
        self.is_own(who)
            || self.policy.books(who, self.chain_id)
            || self.trusts(who, &[Role::Operator, Role::Admin])
    }

    /// Whether a right that whoever calls has given himself ends, at a contract that is known: not one of somebody whose signature
    /// is handed in, or of an account that the call names.
    fn ends_own(&self, placed: &Placed) -> bool {
        let Act::Power { over, holder: Some(_), .. } = &placed.act else { return false };
        let call = &self.unpacked.calls[placed.call];
        let named = call.signature().and_then(table::named);
        // Whoever calls is not named.
        named.and_then(|named| named.who.as_ref()).is_some_and(|who| who.path() == [0])
            && call
                .decoded
                .as_ref()
                .is_some_and(|decoded| decoded.args.iter().filter_map(Value::address).count() == 1)
            && self.knows_contract(over)
            && call.value.is_zero()
            && call.from.is_some_and(|from| self.is_own(&from))
    }
}

/// Whom a signature lets act for the signer.
pub(super) fn operators(case: &Case<'_>, out: &mut Vec<Finding>) {
    let Some((data, Meaning::Known(known))) = case.typed() else { return };
    let contract = data.domain.address("verifyingContract");
    let at = match contract {
        // Whoever takes it looks at no contract of the domain.
        _ if known.any_domain => "Hyperliquid".to_owned(),
        Some(contract) => case.show(&contract),
        None => "a contract that is not named".to_owned(),
    };
    for who in &known.operators {
        // What a contract that nobody knows calls votes may be anything.
        let votes = known.votes && contract.is_some_and(|contract| case.knows_contract(&contract));
        let trusted = case.is_own(who)
            || case.trusts(who, &[Role::Operator, Role::Admin])
            || votes && case.may_vote(who);
        let who = case.show(who);
        let title = if votes {
            format!("Gives your votes at {at} to {who}; no tokens move.")
        } else {
            format!("Lets {who} act for you at {at}, with all that you have there.")
        };
        let severity = match trusted {
            true => Review,
            // No tokens move.
            false if votes => Incomplete,
            false => Block,
        };
        out.push(Finding::new(Own01, severity, "message", title));
    }
}

/// Gas that a call without a limit of its own is taken to use, to have a figure.
pub(super) const LIKELY_GAS: u64 = 100_000;

/// A refund of gas as a Safe's transaction sets it up.
pub(super) struct Refund {
    safe_tx_gas: U256,
    base_gas: U256,
    /// For each unit of gas, in base units of the token.
    pub(super) price: U256,
    /// Zero for the coin.
    pub(super) token: Address,
    /// Zero for whoever sends it.
    pub(super) to: Address,
}

impl Refund {
    fn of(tx: &crate::safe::SafeTx) -> Self {
        let (safe_tx_gas, base_gas, price) = (tx.safe_tx_gas, tx.base_gas, tx.gas_price);
        Self { safe_tx_gas, base_gas, price, token: tx.gas_token, to: tx.refund_receiver }
    }

    /// That of a Safe that a call makes to act.
    pub(super) fn of_call(call: &Call<'_>) -> Option<Self> {
        let decoded = call.decoded.as_ref().filter(|it| it.signature() == EXECUTION && !call.delegate)?;
        Some(Self {
            safe_tx_gas: decoded.uint(4)?,
            base_gas: decoded.uint(5)?,
            price: decoded.uint(6)?,
            token: decoded.address(7)?,
            to: decoded.address(8)?,
        })
    }

    /// Every refund that is set up, that of the Safe first.
    pub(super) fn all(case: &Case<'_>) -> Vec<Self> {
        let own = case.safe().map(|safe| Self::of(&safe.entry.tx));
        own.into_iter().chain(case.unpacked.calls.iter().filter_map(Self::of_call)).collect()
    }

    /// What is paid for the gas that is named. Source: `GnosisSafe.handlePayment`.
    fn amount(&self) -> U256 {
        self.price.saturating_mul(self.safe_tx_gas.saturating_add(self.base_gas))
    }

    /// Whether the gas that is used is paid for too, however much it is: no limit of its own is named. Source: `GnosisSafe.sol`,
    /// `execTransaction`.
    pub(super) fn is_open(&self) -> bool {
        self.safe_tx_gas.is_zero() && !self.price.is_zero()
    }

    /// How much it is, and to whom.
    fn told(&self, case: &Case<'_>) -> String {
        let to = if self.to.is_zero() { "whoever sends it".to_owned() } else { case.show(&self.to) };
        let amount = |amount: U256| case.amount(amount, &self.token);
        if !self.is_open() {
            let gas = self.safe_tx_gas.saturating_add(self.base_gas);
            return format!("up to {} to {to} as a refund of gas ({gas} units)", amount(self.amount()));
        }
        let base = if self.base_gas.is_zero() {
            String::new()
        } else {
            format!("{} for {} units, and ", amount(self.amount()), self.base_gas)
        };
        format!(
            "{base}{} for every unit of gas that the call uses, without a bound, to {to} as a refund of gas: {} where it uses \
             {LIKELY_GAS}",
            amount(self.price),
            amount(self.likely())
        )
    }

    /// What may be paid: where the gas has no limit, for as much as many calls take.
    pub(super) fn likely(&self) -> U256 {
        let open = if self.is_open() { U256::from(LIKELY_GAS) } else { U256::ZERO };
        self.amount().saturating_add(self.price.saturating_mul(open))
    }
}

/// The coin is judged by the policy's bounds; a known token by its whole units, ten and a thousand, which is a bound for the
/// dearest too; of another token nobody knows what it is worth.
pub(super) fn refund_severity(case: &Case<'_>, refund: U256, token: &Address) -> crate::finding::Severity {
    if token.is_zero() || case.wraps(token) {
        return if refund > case.policy.bounds.block_fee.0 { Block } else { Review };
    }
    let Some(known) = case.token(token) else { return Block };
    let units = |count: u64| {
        U256::from(count).saturating_mul(U256::from(10).saturating_pow(U256::from(known.decimals)))
    };
    if refund > units(1_000) { Block } else { Review }
}

pub(super) fn gas_refund(case: &Case<'_>, out: &mut Vec<Finding>) {
    if let Some(safe) = case.safe() {
        out.extend(refunded(case, &Refund::of(&safe.entry.tx), &case.path));
    }
    for call in &case.unpacked.calls {
        out.extend(Refund::of_call(call).and_then(|refund| refunded(case, &refund, &call.path)));
        if let Some((token, amount)) = payment(call) {
            let title = format!("Pays {} to whoever executes it.", case.amount(amount, &token));
            out.push(Finding::new(Gas01, refund_severity(case, amount, &token), &call.path, title));
        }
    }
}

/// What whoever executes a transfer of the allowance module gets for it, the coin as zero.
pub(super) fn payment(call: &Call<'_>) -> Option<(Address, U256)> {
    let decoded = call.decoded.as_ref().filter(|it| it.signature() == ALLOWANCE && !call.delegate)?;
    let amount = decoded.uint(5).filter(|amount| !amount.is_zero())?;
    Some((decoded.address(4)?, amount))
}

/// The refunds that are paid, for the sentence.
pub(crate) fn refunds(case: &Case<'_>) -> Vec<String> {
    let paid = Refund::all(case).into_iter().filter(|refund| !refund.price.is_zero());
    let handed = case.unpacked.calls.iter().filter_map(payment);
    let handed =
        handed.map(|(token, amount)| format!("pays {} to whoever executes it", case.amount(amount, &token)));
    paid.map(|refund| format!("pays {}", refund.told(case)))
        .chain(handed)
        .chain(super::unread::payment_told(case))
        .collect()
}

fn refunded(case: &Case<'_>, refund: &Refund, path: &str) -> Option<Finding> {
    let set = [
        (!refund.price.is_zero(), format!("gasPrice {}", refund.price)),
        (!refund.token.is_zero(), format!("gasToken {}", refund.token)),
        (!refund.to.is_zero(), format!("refundReceiver {}", refund.to)),
    ];
    if !set.iter().any(|(set, _)| *set) {
        return None;
    }
    let (severity, title) = if refund.price.is_zero() {
        (Info, "A refund is set up, but its price is zero: nothing is paid.".to_owned())
    } else {
        let severity = refund_severity(case, refund.likely(), &refund.token);
        (severity, format!("Pays {}.", refund.told(case)))
    };
    let mut finding = Finding::new(Gas01, severity, path, title);
    for (_, text) in set.iter().filter(|(set, _)| *set) {
        finding = finding.because(text.clone());
    }
    Some(finding)
}
