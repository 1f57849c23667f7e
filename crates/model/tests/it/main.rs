//! Tests of the vocabulary through its public face.

mod accounts;
mod amounts;
mod assets;
mod caip;
mod claims;
mod damage;
mod key_forms;
mod lists;
mod properties;
mod slips;
mod vectors;

/// One address of each form, in canonical text.
pub(crate) const FORMS: [(&str, &str); 29] = [
    ("P2PKH", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
    ("P2SH", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"),
    ("test P2PKH", "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn"),
    ("test P2SH", "2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc"),
    ("P2WPKH", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
    ("test P2WSH", "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7"),
    ("P2TR", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"),
    ("regtest P2WPKH", "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"),
    ("P2PK", "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
    (
        "P2PK uncompressed",
        "04678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5f",
    ),
    ("EVM", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
    ("Tron", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"),
    ("LTC P2PKH", "LNf2JDiuunBz7GMDKFYHN4rq5meXWxiwfb"),
    ("LTC P2SH", "M8yFL6SFC6TreATegTyuSYkDfDRbisdpT3"),
    ("LTC segwit", "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9"),
    ("BCH P2PKH", "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"),
    ("BCH P2SH", "bitcoincash:ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq"),
    ("BTG", "GPwg61XoHqQPNmAucFACuQ5H9sGCDv9TpS"),
    ("BTG P2SH", "ASpCXHFL6nxSTTZuwib1iPrx9jwuia5HLQ"),
    ("DASH", "XnPFsRWTaSgiVauosEwQ6dEitGYXgwznz2"),
    ("ZEC", "t1MMXtBrSp1XG38Lx9cePcNUCJj5vdWfUWL"),
    ("ZEC P2SH", "t3Vz22vK5z2LcKEdg16Yv4FFneEL1zg9ojd"),
    ("ZEC Sapling", "zs1z7rejlpsa98s2rrrfkwmaxu53e4ue0ulcrw0h4x5g8jl04tak0d3mm47vdtahatqrlkngh9slya"),
    (
        "XMR",
        "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A",
    ),
    (
        "XMR subaddress",
        "84AwzjeFWXNEuhj8LWinXo93AqYr6wS8ZcnaBCoGhrL7EtvBMBovdhiUSV9xLhjrPA8t64hYSaMc8bHtWXoV9129EHUjU62",
    ),
    ("XRP", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"),
    ("SOL", "42RLPACwZPx3vYYmxSueqsogfynBDqXK298EDsNoyoHi"),
    ("XVG", "DFFJhnQNZf8rf67tYnesPu7MuGUpYtzv7Z"),
    ("BNB", "bnb136ns6lfw4zs5hg4n85vdthaad7hq5m4gtkgf23"),
];
