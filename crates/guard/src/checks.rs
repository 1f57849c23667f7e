//! The checks. Each is a function from a case to findings; none knows of another.

mod address;
mod approval;
mod behind;
mod bridge;
mod config;
mod costs;
mod delegate;
mod effects;
mod ether;
mod facts;
mod format;
mod hash;
mod history;
mod impostor;
mod labelled;
mod leaving;
mod left;
mod limits;
mod memo;
mod message;
mod name;
mod operation;
mod order;
mod ownership;
mod price;
mod queue;
mod route;
mod router;
mod sign;
mod signatures;
mod speaker;
mod swap;
mod told_abi;
mod turns;
mod unread;
mod vouched;
mod whom;
mod worth;

pub use self::{leaving::Leaving, limits::together, queue::queue};
pub(crate) use self::{leaving::leaving_together, ownership::refunds, worth::dearest};
use crate::{
    case::Case,
    finding::{CheckId, Finding},
};

type Check = fn(&Case<'_>, &mut Vec<Finding>);

/// Every check of a single case, by the identifier it reports under.
pub const CHECKS: &[(CheckId, Check)] = &[
    (CheckId::Hash01, hash::claimed),
    (CheckId::Sig01, signatures::owners_signed_this),
    (CheckId::Sig02, signatures::set_and_order),
    (CheckId::Sig03, signatures::signed_before),
    (CheckId::Sig04, signatures::replayable),
    (CheckId::Dc01, delegate::foreign_code),
    (CheckId::Dc02, delegate::misused),
    (CheckId::Dc03, delegate::disguised),
    (CheckId::Cfg01, config::owners),
    (CheckId::Cfg02, config::threshold),
    (CheckId::Cfg03, config::modules),
    (CheckId::Cfg04, config::guard),
    (CheckId::Cfg05, config::module_guard),
    (CheckId::Cfg06, config::handler),
    (CheckId::Cfg03, facts::standing),
    (CheckId::Auth7702, facts::delegates),
    (CheckId::Cfg07, config::code),
    (CheckId::Act01, vouched::acts),
    (CheckId::Act01, vouched::instructed),
    (CheckId::Act01, unread::named_by_context),
    (CheckId::Act01, unread::strangers),
    (CheckId::Act01, unread::either_way),
    (CheckId::Act01, operation::operations),
    (CheckId::Act01, told_abi::contradicted),
    (CheckId::Gas01, unread::typed),
    (CheckId::Sim01, bridge::bridges),
    (CheckId::Sim01, router::commands),
    (CheckId::Sim01, ether::sent_along),
    (CheckId::Gas01, costs::of_one),
    (CheckId::Own01, ownership::power),
    (CheckId::Own01, ownership::operators),
    (CheckId::Gas01, ownership::gas_refund),
    (CheckId::App01, approval::allowance),
    (CheckId::App02, approval::all),
    (CheckId::App03, approval::permit),
    (CheckId::Ord01, order::orders),
    (CheckId::Sign01, sign::blind),
    (CheckId::Sign01, memo::memos),
    (CheckId::Sign01, speaker::in_whose_name),
    (CheckId::Act01, speaker::strangers),
    (CheckId::Auth7702, sign::account_code),
    (CheckId::Addr01, address::look_alike),
    (CheckId::Addr02, address::bad_recipient),
    (CheckId::Addr02, behind::marked),
    (CheckId::Addr02, labelled::named),
    (CheckId::Name01, name::names),
    (CheckId::Wrap01, format::cut),
    (CheckId::Fmt01, format::encoding),
    (CheckId::Fmt01, format::sending),
    (CheckId::Fact01, facts::tokens),
    (CheckId::Fact01, facts::safes),
    (CheckId::Fact01, facts::other_code),
    (CheckId::Fact01, impostor::impostors),
    (CheckId::Fact01, facts::no_code),
    (CheckId::Sim01, history::unseen),
    (CheckId::Sim01, effects::executed),
    (CheckId::Sim01, left::unnamed),
    (CheckId::Sim01, left::made),
    (CheckId::Addr02, left::marked),
    (CheckId::Hist01, history::unprecedented),
    (CheckId::Pol01, limits::amounts),
    (CheckId::Pol02, limits::second_person),
    (CheckId::Pol03, limits::required),
];

/// Runs every check on one case. What the policy acknowledges is told, and does not count.
pub fn run(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, check) in CHECKS {
        check(case, &mut findings);
    }
    let acknowledged = |finding: Finding| match case.policy.acknowledges(&finding, case.actor, case.facts.now)
    {
        Some(why) => finding.acknowledged(why),
        None => finding,
    };
    findings.into_iter().map(acknowledged).collect()
}
