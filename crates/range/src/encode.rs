//! What scripts and transactions are both made of: counts and filler.

use crate::dice::Dice;

/// Appends a count as Bitcoin writes it, in 1 to 9 bytes.
pub(crate) fn put_varint(out: &mut Vec<u8>, number: u64) {
    match number {
        0..0xfd => out.push(number as u8),
        0xfd..=0xffff => {
            out.push(0xfd);
            out.extend_from_slice(&(number as u16).to_le_bytes());
        }
        0x1_0000..=0xffff_ffff => {
            out.push(0xfe);
            out.extend_from_slice(&(number as u32).to_le_bytes());
        }
        _ => {
            out.push(0xff);
            out.extend_from_slice(&number.to_le_bytes());
        }
    }
}

/// Appends bytes that mean nothing.
pub(crate) fn put_filler(out: &mut Vec<u8>, len: usize, dice: &mut Dice) {
    let start = out.len();
    out.resize(start + len, 0);
    dice.fill(&mut out[start..]);
}
