//! Just enough of secp256k1 to restore a public key that was stored by its x coordinate.
//!
//! Numbers modulo p = 2^256 - 2^32 - 977, as four 64-bit limbs, least significant first. Nothing here is secret, so
//! nothing takes constant time. Source: SEC 2, section 2.4.1.

type Element = [u64; 4];

/// 2^256 - p.
const FOLD: u64 = 0x1_0000_03d1;

const P: Element = [0xffff_fffe_ffff_fc2f, u64::MAX, u64::MAX, u64::MAX];

/// The exponent of a square root, (p + 1) / 4.
const ROOT: Element = [0xffff_ffff_bfff_ff0c, u64::MAX, u64::MAX, 0x3fff_ffff_ffff_ffff];

/// The y coordinate that belongs to `x` (both big-endian) and is odd or even as asked; `None` when no point of the
/// curve has this x. About 500 multiplications.
pub(crate) fn lift_x(x: &[u8; 32], odd: bool) -> Option<[u8; 32]> {
    let x = from_bytes(x);
    if !below_p(&x) {
        return None;
    }
    let square = add_small(mul(&mul(&x, &x), &x), 7);
    let mut y = power(&square, &ROOT);
    if mul(&y, &y) != square {
        return None;
    }
    if (y[0] & 1 == 1) != odd {
        y = negate(&y)?;
    }
    Some(to_bytes(&y))
}

fn from_bytes(bytes: &[u8; 32]) -> Element {
    let (words, _) = bytes.as_chunks::<8>();
    std::array::from_fn(|i| u64::from_be_bytes(words[3 - i]))
}

fn to_bytes(element: &Element) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (word, limb) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(element.iter().rev()) {
        *word = limb.to_be_bytes();
    }
    bytes
}

fn below_p(element: &Element) -> bool {
    element.iter().rev().lt(P.iter().rev())
}

/// `value` plus `carry` × 2^256, modulo p; `carry` is small.
fn fold(mut value: Element, mut carry: u64) -> Element {
    while carry > 0 {
        let mut add = u128::from(carry) * u128::from(FOLD);
        for limb in &mut value {
            add += u128::from(*limb);
            *limb = add as u64;
            add >>= 64;
        }
        carry = add as u64;
    }
    if below_p(&value) {
        return value;
    }
    // Subtracting p is adding 2^256 - p and dropping the carry.
    let mut add = u128::from(FOLD);
    for limb in &mut value {
        add += u128::from(*limb);
        *limb = add as u64;
        add >>= 64;
    }
    value
}

fn add_small(mut value: Element, small: u64) -> Element {
    let mut add = u128::from(small);
    for limb in &mut value {
        add += u128::from(*limb);
        *limb = add as u64;
        add >>= 64;
    }
    fold(value, add as u64)
}

/// p - `value`; `None` for zero, which is its own negative.
fn negate(value: &Element) -> Option<Element> {
    let mut out = P;
    let mut borrow = false;
    for (limb, sub) in out.iter_mut().zip(value) {
        let (a, first) = limb.overflowing_sub(*sub);
        let (b, second) = a.overflowing_sub(u64::from(borrow));
        (*limb, borrow) = (b, first | second);
    }
    (*value != [0; 4]).then_some(out)
}

fn mul(a: &Element, b: &Element) -> Element {
    let mut wide = [0_u64; 8];
    for (i, a) in a.iter().enumerate() {
        let mut carry = 0_u128;
        for (j, b) in b.iter().enumerate() {
            carry += u128::from(*a) * u128::from(*b) + u128::from(wide[i + j]);
            wide[i + j] = carry as u64;
            carry >>= 64;
        }
        wide[i + 4] = carry as u64;
    }
    let (low, high) = wide.split_at(4);
    let mut out = [0; 4];
    let mut carry = 0_u128;
    for ((out, low), high) in out.iter_mut().zip(low).zip(high) {
        carry += u128::from(*high) * u128::from(FOLD) + u128::from(*low);
        *out = carry as u64;
        carry >>= 64;
    }
    fold(out, carry as u64)
}

fn power(base: &Element, exponent: &Element) -> Element {
    let mut out = [1, 0, 0, 0];
    for bit in (0..256).rev() {
        out = mul(&out, &out);
        if exponent[bit / 64] >> (bit % 64) & 1 == 1 {
            out = mul(&out, base);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use bitcoin::secp256k1::{PublicKey, Secp256k1, SecretKey};

    use super::*;

    #[test]
    fn keys_are_restored_as_libsecp256k1_has_them() {
        let secp = Secp256k1::new();
        for seed in 1..200_u8 {
            let secret = SecretKey::from_slice(&crate::hash::sha256(&[seed])).unwrap();
            let full = PublicKey::from_secret_key(&secp, &secret).serialize_uncompressed();
            let x: [u8; 32] = full[1..33].try_into().unwrap();
            assert_eq!(lift_x(&x, full[64] & 1 == 1).unwrap()[..], full[33..]);
        }
    }

    #[test]
    fn x_coordinates_of_no_point_are_refused_as_libsecp256k1_does() {
        let mut refused = 0;
        for seed in 0..200_u8 {
            let mut key = [2; 33];
            key[1..].copy_from_slice(&crate::hash::sha256(&[seed]));
            let ours = lift_x(key[1..].first_chunk().unwrap(), false);
            assert_eq!(ours.is_some(), PublicKey::from_slice(&key).is_ok());
            refused += u32::from(ours.is_none());
        }
        assert!((60..140).contains(&refused), "about half of all numbers");
        assert_eq!(lift_x(&[0xff; 32], false), None, "not below p");
        assert_eq!(lift_x(&to_bytes(&P), true), None);
    }
}
