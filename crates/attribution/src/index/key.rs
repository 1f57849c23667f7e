//! From canonical bytes back to a subject.

use tracehound_model::{Address, Subject, TxId};

use crate::{FAMILY_OPAQUE, FAMILY_TX, subject_key};

/// The subject with these canonical bytes; `None` when [`subject_key`] makes no such bytes.
pub(super) fn subject_of_key(key: &[u8]) -> Option<Subject> {
    let (&family, rest) = key.split_first()?;
    let subject = match family {
        FAMILY_TX => {
            let (txid, chain) = rest.split_first_chunk::<32>()?;
            Subject::Tx { chain: std::str::from_utf8(chain).ok()?.parse().ok()?, txid: TxId(*txid) }
        }
        FAMILY_OPAQUE => Subject::Opaque(std::str::from_utf8(rest).ok()?.to_owned()),
        _ => {
            let address = Address::from_key(key)?;
            return (address.key().as_ref() == key).then_some(Subject::Address(address));
        }
    };
    (subject_key(&subject) == key).then_some(subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_come_back_from_their_bytes() {
        let subjects = [
            Subject::Address("3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG".parse().unwrap()),
            Subject::Address("0x098B716B8Aaf21512996dC57EB0615e2383E2f96".parse().unwrap()),
            Subject::Address("TUCsTq7TofTCJRRoHk6RvhMoS2mJLm5Yzq".parse().unwrap()),
            Subject::Tx { chain: "btc".parse().unwrap(), txid: TxId([7; 32]) },
            Subject::Tx { chain: "eip155:1".parse().unwrap(), txid: TxId([7; 32]) },
            Subject::Opaque("a payment id".to_owned()),
        ];
        for subject in subjects {
            assert_eq!(subject_of_key(&subject_key(&subject)).as_ref(), Some(&subject));
        }
    }

    #[test]
    fn other_bytes_are_no_subject() {
        for key in
            [&[][..], &[FAMILY_TX], &[FAMILY_OPAQUE, b' '], &[FAMILY_OPAQUE, 0xff], &[4, 0, 1], &[0xee, 0]]
        {
            assert_eq!(subject_of_key(key), None, "{key:?}");
        }
    }
}
