//! What an `allow` of a policy promises, in a sentence made from the policy itself. Pure.

use tracehound_model::{SourceId, verdict::Basis};

use super::Policy;

impl Policy {
    /// What its `allow` promises.
    pub fn words(&self) -> String {
        let mut parts = vec![self.lists()];
        if let Some(days) = self.require.advisories_within_days {
            parts.push(format!(
                "the advisories of {} are complete to within {days} days of it",
                and(self.require.publishers())
            ));
        }
        parts.push(self.transactions());
        parts.push(self.objections());
        let only = if self.basis == Basis::ListsOnly { "no more than" } else { "" };
        let means = format!("allow means {only}").trim_end().to_owned();
        format!("{means}: {}", parts.join("; "))
    }

    fn lists(&self) -> String {
        let lists = and(&self.require.sources);
        match self.require.checked_within_days {
            Some(days) => format!(
                "of {lists} all that the publisher had within {days} days of the moment asked about was searched"
            ),
            None => format!("a list version of {lists}, of whatever age, was searched"),
        }
    }

    fn transactions(&self) -> String {
        let dust = match self.dust.incoming_below {
            0 => String::new(),
            below => format!(
                " (outputs below {below} base units that come to less than that in all count for nothing)"
            ),
        };
        match (self.require.transactions_within_hours, self.require.ledger, self.basis) {
            (Some(hours), _, _) => format!(
                "the subject's own transactions were examined in a whole ledger up to a block of the {hours} hours before \
                 it{dust}"
            ),
            (None, true, _) => format!(
                "the subject's own transactions were examined in a whole ledger, whenever that ends{dust}"
            ),
            (None, false, Basis::ListsOnly) => "transactions are not examined".to_owned(),
            (None, false, _) if self.require.counterparties_within_hours.is_some() => format!(
                "whom the subject paid and was paid by was looked at on one chain at least, as far as a ledger or the server that \
                 was asked tells, up to a block of the {} hours before it{dust}",
                self.require.counterparties_within_hours.unwrap_or_default()
            ),
            (None, false, _) => {
                format!("transactions are examined only as far as there is a ledger{dust}")
            }
        }
    }

    fn objections(&self) -> String {
        match self.rules.len() {
            0 => "there is no rule, so that only an address that a list or an authority accuses is for a person".to_owned(),
            1 => "the one rule objects to nothing that was found".to_owned(),
            count => format!("none of {count} rules objects to anything that was found"),
        }
    }
}

/// `a, b and c`.
fn and(ids: &[SourceId]) -> String {
    match ids {
        [] => "no list".to_owned(),
        [one] => one.to_string(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(|id| id.0.as_str()).collect();
            format!("{} and {last}", first.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_asks_for_little_says_so_whatever_its_own_promise_is() {
        let text = "version = 2\nname = \"x\"\npromise = \"everything is clean\"\n[require]\nsources = [\"un-sc\"]\n";
        let words = Policy::parse(text).expect("a policy").words();
        assert_eq!(
            words,
            "allow means: a list version of un-sc, of whatever age, was searched; transactions are examined only as far as there \
             is a ledger; there is no rule, so that only an address that a list or an authority accuses is for a person"
        );
    }
}
